"""Roots and paths of Merkle trees, by the recursive definitions of RFC 9162 §2.1.1 and §2.1.3.1."""

from collections.abc import Callable, Sequence
from hashlib import sha256

Join = Callable[[bytes, bytes], bytes]


def leaf(payload: bytes) -> bytes:
    """Return the hash of a leaf."""
    return sha256(b"\x00" + payload).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node."""
    return sha256(b"\x01" + left + right).digest()


def left_part(count: int) -> int:
    """Return the greatest power of two that is less than *count*."""
    part = 1
    while part * 2 < count:
        part *= 2
    return part


def root(hashes: Sequence[bytes], join: Join = node) -> bytes:
    """Return the hash over all leaves, given by their *hashes*."""
    if len(hashes) == 1:
        return hashes[0]
    part = left_part(len(hashes))
    return join(root(hashes[:part], join), root(hashes[part:], join))


def path(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    """Return the hashes beside the way from a leaf to the root, the lowest first."""
    if len(hashes) == 1:
        return []
    part = left_part(len(hashes))
    if index < part:
        return [*path(index, hashes[:part]), root(hashes[part:])]
    return [*path(index - part, hashes[part:]), root(hashes[:part])]
