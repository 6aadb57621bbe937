"""Deterministic CBOR: encode, and decode nothing else (spec §2.1, RFC 8949 §4.2.1).

:func:`decode` gives Python objects for any item of the data model. The functions that take
``data, pos`` read one item whose kind the caller knows and return its value and the
position behind it; formats are read with them, each rule where its field stands
(:mod:`consentsig.format.fields`). Both refuse long heads, indefinite lengths, unsorted or
repeated keys, floats, tags, and what follows the item.

Reading behind the end raises IndexError, or gives a position behind the end, which
whoever owns the bytes turns into ``malformed``.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from consentsig.errors import MalformedError, brief

MAX_INT: Final = 2**53 - 1
MAX_DEPTH: Final = 8

Item: TypeAlias = Any  # int, bytes, str, True, list of Item, dict of int or str to Item

UINT, NINT, BSTR, TSTR, ARRAY, MAP, TAG, SIMPLE = range(8)
TRUE: Final = 0xF5
_NAMES: Final = (
    "a non-negative integer", "a negative integer", "a byte string", "a text string",
    "an array", "a map", "a tag", "a float or simple value",
)  # fmt: skip


def head(major: int, n: int) -> bytes:
    """The shortest head of *major* type with argument *n* (RFC 8949 §3, §4.2.1)."""
    if n < 24:
        return _SHORT_HEADS[major << 5 | n]
    if n < 0x100:
        return bytes((major << 5 | 24, n))
    if n < 0x10000:
        return bytes((major << 5 | 25,)) + n.to_bytes(2, "big")
    if n < 0x100000000:
        return bytes((major << 5 | 26,)) + n.to_bytes(4, "big")
    return bytes((major << 5 | 27,)) + n.to_bytes(8, "big")


_SHORT_HEADS: Final = tuple(bytes((first,)) for first in range(256))


def encode(item: Item) -> bytes:
    """Encode ints, bytes, str, bools, lists, tuples and dicts, keys in bytewise order.

    Raises:
        TypeError: Something else is in *item*.
        OverflowError: An integer needs more than 64 bits.
    """
    # bool first: in Python True is an int.
    if isinstance(item, bool):
        return b"\xf5" if item else b"\xf4"
    if isinstance(item, int):
        return head(UINT, item) if item >= 0 else head(NINT, -1 - item)
    if isinstance(item, bytes):
        return head(BSTR, len(item)) + item
    if isinstance(item, str):
        data = item.encode()
        return head(TSTR, len(data)) + data
    if isinstance(item, list | tuple):
        return head(ARRAY, len(item)) + b"".join(map(encode, item))
    if isinstance(item, dict):
        pairs = sorted((encode(key), encode(value)) for key, value in item.items())
        return head(MAP, len(pairs)) + b"".join(key + value for key, value in pairs)
    raise TypeError(f"{type(item).__name__} has no encoding here")


def decode(data: bytes, *, any_key_order: bool = False) -> Item:
    """The one item of the data model that *data* canonically encodes (spec §2.1).

    Args:
        data: The encoding, whole.
        any_key_order: Let map keys stand in any order, as in status lists (spec §7.1).

    Raises:
        MalformedError: Not canonical, outside the data model, or nested deeper than 8.
    """
    try:
        item, end = read_item(data, 0, any_key_order=any_key_order)
    except IndexError:
        raise MalformedError("the data ends inside an item", 1) from None
    except MalformedError as error:
        raise MalformedError(error.reason, 1) from None
    if end < len(data):
        raise MalformedError(f"{len(data) - end} bytes follow the item", 1)
    return item


def read_head(data: bytes, pos: int, major: int, what: str) -> tuple[int, int]:
    """The argument of a head of *major* type at *pos*, at most 2^53 - 1."""
    first = data[pos]
    n = first - (major << 5)
    if 0 <= n < 24:
        return n, pos + 1
    if n == 24 and (length := data[pos + 1]) >= 24:  # as most texts, here for speed
        return length, pos + 2
    if first >> 5 != major:
        raise MalformedError(f"{what} is {_NAMES[first >> 5]}, expected {_NAMES[major]}")
    return _read_long_head(data, pos, what)


def _read_long_head(data: bytes, pos: int, what: str) -> tuple[int, int]:
    info = data[pos] & 31
    if info == 24:
        n, end, least = data[pos + 1], pos + 2, 24
    elif info <= 27:
        end = pos + 1 + (1 << info - 24)
        if end > len(data):
            raise IndexError
        n, least = int.from_bytes(data[pos + 1 : end]), _LEAST[info]
    else:
        raise MalformedError(f"{what} has an indefinite or reserved length")
    if n < least:
        raise MalformedError(f"{what} has a head of {end - pos} bytes, longer than needed")
    if n > MAX_INT:
        raise MalformedError(f"{what} has {n}, more than 2^53 - 1")
    return n, end


_LEAST: Final = {25: 0x100, 26: 0x10000, 27: 0x100000000}


def read_int(data: bytes, pos: int, what: str) -> tuple[int, int]:
    """An integer of either sign."""
    if data[pos] >> 5 != NINT:
        return read_head(data, pos, UINT, what)
    n, end = read_head(data, pos, NINT, what)
    if n == MAX_INT:
        raise MalformedError(f"{what} is -2^53, less than -(2^53 - 1)")
    return -1 - n, end


def read_bytes(data: bytes, pos: int, what: str) -> tuple[bytes, int]:
    """A byte string."""
    n, start = read_head(data, pos, BSTR, what)
    return _take(data, start, n)


def read_text(data: bytes, pos: int, what: str) -> tuple[str, int]:
    """A text string, valid UTF-8."""
    n, start = read_head(data, pos, TSTR, what)
    raw, end = _take(data, start, n)
    try:
        return raw.decode(), end
    except UnicodeDecodeError:
        raise MalformedError(f"{what} is not valid UTF-8") from None


def _take(data: bytes, start: int, n: int) -> tuple[bytes, int]:
    end = start + n
    if end > len(data):
        raise IndexError
    return data[start:end], end


def read_key(data: bytes, pos: int, what: str) -> tuple[int | str, int]:
    """A map key: an integer or a text string."""
    if data[pos] >> 5 == TSTR:
        return read_text(data, pos, f"a key of {what}")
    return read_int(data, pos, f"a key of {what}")


def read_item(
    data: bytes, pos: int, depth: int = 0, *, any_key_order: bool = False
) -> tuple[Item, int]:
    """Any item of the data model; *depth* arrays and maps are open around it."""
    major = data[pos] >> 5
    if major in (ARRAY, MAP) and depth == MAX_DEPTH:
        raise MalformedError(f"arrays and maps are nested more than {MAX_DEPTH} deep")
    match major:
        case 0 | 1:
            return read_int(data, pos, "an integer")
        case 2:
            return read_bytes(data, pos, "a byte string")
        case 3:
            return read_text(data, pos, "a text string")
        case 4:
            return _read_array(data, pos, depth, any_key_order)
        case 5:
            return _read_map(data, pos, depth, any_key_order)
    if data[pos] != TRUE:
        raise MalformedError("a tag, float, or simple value other than true is not allowed")
    return True, pos + 1


def _read_array(data: bytes, pos: int, depth: int, any_order: bool) -> tuple[list[Item], int]:  # noqa: FBT001  # internal
    values = []
    n, pos = read_head(data, pos, ARRAY, "an array")
    for _ in range(n):
        value, pos = read_item(data, pos, depth + 1, any_key_order=any_order)
        values.append(value)
    return values, pos


def _read_map(data: bytes, pos: int, depth: int, any_order: bool) -> tuple[dict[Any, Item], int]:  # noqa: FBT001  # internal
    values: dict[Any, Item] = {}
    before = b""
    n, pos = read_head(data, pos, MAP, "a map")
    for _ in range(n):
        key, end = read_key(data, pos, "a map")
        encoded = data[pos:end]
        if key in values or not (any_order or encoded > before):
            raise MalformedError(f"a map has key {brief(key)} twice or out of order")
        before = encoded
        values[key], pos = read_item(data, end, depth + 1, any_key_order=any_order)
    return values, pos
