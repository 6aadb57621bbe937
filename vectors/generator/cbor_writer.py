"""A CBOR writer for the vectors: good items by value, malformed ones spelled as bytes.

It knows only what contracts and status lists need. The scenarios spell what a strict writer
would refuse to write as ``Raw`` bytes, or as ``Pairs`` in an order of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass

UINT, NEGATIVE, BYTES, TEXT, ARRAY, MAP = range(6)

INFO = {1: 24, 2: 25, 4: 26, 8: 27}  # the additional information for that many bytes


class Raw(bytes):
    """An encoding written by hand and included unchanged."""

    __slots__ = ()


@dataclass(frozen=True)
class Pairs:
    """A map whose keys stay in the order given, repeated ones too."""

    items: tuple[tuple[object, object], ...]


def pairs(*items: tuple[object, object]) -> Pairs:
    """Return a map with these *items* in this order."""
    return Pairs(items)


def head(major: int, value: int) -> bytes:
    """Return the shortest head."""
    if value < 24:
        return bytes([major << 5 | value])
    size = next(size for size in INFO if value < 1 << 8 * size)
    return long_head(major, value, size)


def long_head(major: int, value: int, size: int) -> bytes:
    """Return a head with *size* bytes of argument, whether it needs them or not."""
    return bytes([major << 5 | INFO[size]]) + value.to_bytes(size, "big")


def encode(item: object) -> bytes:
    """Return the encoding of *item*; the keys of a plain map come out sorted bytewise."""
    match item:
        case Raw():
            return bytes(item)
        case bool():
            return b"\xf5" if item else b"\xf4"
        case int():
            return head(UINT, item) if item >= 0 else head(NEGATIVE, -1 - item)
        case bytes():
            return head(BYTES, len(item)) + item
        case str():
            return head(TEXT, len(item.encode())) + item.encode()
    return _encode_container(item)


def _encode_container(item: object) -> bytes:
    match item:
        case list():
            return head(ARRAY, len(item)) + b"".join(map(encode, item))
        case Mapping():
            parts = sorted((encode(key), encode(value)) for key, value in item.items())
        case Pairs():
            parts = [(encode(key), encode(value)) for key, value in item.items]
        case _:
            raise TypeError(type(item))
    return head(MAP, len(parts)) + b"".join(key + value for key, value in parts)


def to_json(item: object) -> object:
    """Return *item* in the lossless JSON form that README.md describes."""
    match item:
        case bytes():
            return {"hex": item.hex()}
        case list():
            return [to_json(part) for part in item]
        case Mapping():
            ordered = sorted(item.items(), key=lambda pair: encode(pair[0]))
            return {"map": [[key, to_json(value)] for key, value in ordered]}
    return item
