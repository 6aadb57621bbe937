"""Merkle trees over payloads, with SHA-256 (spec §12.1, RFC 9162 §2.1).

A level of a tree is a list of hashes, its leaves the first. Where a level has a last hash without
a partner, that goes up unchanged, which gives the tree of RFC 9162 for any number of leaves.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HASH_LEN: Final = 32
_LEAF, _NODE = b"\x00", b"\x01"


class Tree:
    """The tree over *payloads*, in their order.

    Attributes:
        root: The hash over all of them.
        size: How many there are.
    """

    __slots__ = ("_levels", "root", "size")

    def __init__(self, payloads: Iterable[bytes]) -> None:
        sha256 = hashlib.sha256
        level = [sha256(_LEAF + payload).digest() for payload in payloads]
        self.size = len(level)
        self._levels = [level]
        while len(level) > 1:
            pairs = zip(level[::2], level[1::2], strict=False)
            above = [sha256(_NODE + left + right).digest() for left, right in pairs]
            if len(level) % 2:
                above.append(level[-1])
            level = above
            self._levels.append(level)
        self.root = level[0]

    def path(self, index: int) -> tuple[bytes, ...]:
        """The hashes that lead from the leaf at *index* to the root, the lowest first."""
        path = []
        for level in self._levels:
            sibling = index ^ 1
            if sibling < len(level):
                path.append(level[sibling])
            index >>= 1
        return tuple(path)


def path_len(index: int, size: int) -> int:
    """How many hashes lead from the leaf at *index* to the root of *size* leaves."""
    inside, outside = _parts(index, size)
    return inside + outside


def _parts(index: int, size: int) -> tuple[int, int]:
    """How many hashes come before the path meets that of the last leaf, and how many after."""
    inside = (index ^ size - 1).bit_length()
    return inside, (index >> inside).bit_count()


def root_of(payload: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root of a tree that has *payload* at *index* (RFC 9162 §2.1.3.2).

    The *path* has :func:`path_len` hashes.
    """
    sha256 = hashlib.sha256
    found = sha256(_LEAF + payload).digest()
    inside, _ = _parts(index, size)
    for sibling in path[:inside]:
        pair = sibling + found if index & 1 else found + sibling
        found = sha256(_NODE + pair).digest()
        index >>= 1
    for sibling in path[inside:]:  # on the right edge all that is left is on the left
        found = sha256(_NODE + sibling + found).digest()
    return found
