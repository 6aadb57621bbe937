"""Builds batches: trees of contracts, their heads, and single contracts of them (spec §12)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Any

import merkle
from build import ABSENT, ANA, CONTRACT, POEM, File, Key, Map, claims, header, merged, sign
from cbor_writer import encode

UNSUPPORTED = "unsupported"  # what a verifier without batches says of most of these files


@dataclass(frozen=True)
class Placed(File):
    """The file of one contract of a batch; its claims are those of the contract."""

    leaf: bytes = b""

    @property
    def contract_payload(self) -> bytes:
        """The payload whose digest is the contract id."""
        return self.leaf


@dataclass(frozen=True)
class Tree:
    """The payloads of a batch in their order, and how a leaf and a node are hashed."""

    payloads: tuple[bytes, ...]
    claims_of: Callable[[int], Map] = field(default=lambda _: {})
    leaf: Callable[[bytes], bytes] = merkle.leaf
    node: merkle.Join = merkle.node

    @property
    def size(self) -> int:
        """The number of leaves."""
        return len(self.payloads)

    @property
    def hashes(self) -> list[bytes]:
        """The hashes of the leaves."""
        return [self.leaf(payload) for payload in self.payloads]

    @property
    def root(self) -> bytes:
        """The hash over all leaves."""
        return merkle.root(self.hashes, self.node)

    def path(self, index: int) -> list[bytes]:
        """Return the path of a leaf."""
        return merkle.path(index, self.hashes)


def salt(number: int) -> bytes:
    """Return the salt of a leaf; those of greater numbers are greater."""
    return number.to_bytes(3, "big") + sha256(b"salt %d" % number).digest()[:13]


def other_work(number: int) -> Map:
    """Return the changes that make it another work."""
    text = b"Poem %d" % number
    return {0: [-16, sha256(text).digest()], 1: text.decode(), 3: len(text)}


def tree_of(*leaves: Map) -> Tree:
    """Return the tree of these contracts in the order given."""
    return Tree(tuple(map(encode, leaves)), lambda index: leaves[index])


def salted(number: int, top: Map | None = None, terms: Map | None = None, **parts: Any) -> Map:  # noqa: ANN401
    """Return the everyday claims with the salt of a *number*."""
    return claims({7: salt(number), **(top or {})}, terms, **parts)


def series(size: int, about: int = 0, leaf: Map | None = None) -> Tree:
    """Return a batch of poems; the everyday one is at the index *about*, or *leaf* is."""
    everyday = salted(about) if leaf is None else leaf
    leaves = [salted(n, work=other_work(n)) if n != about else everyday for n in range(size)]
    return tree_of(*leaves)


@cache
def many(size: int) -> Tree:
    """Return a batch of *size* contracts, all about the everyday poem; only salts differ."""
    before, after = encode(salted(0)).split(salt(0))
    payloads = tuple(before + salt(number) + after for number in range(size))
    return Tree(payloads, salted)


def head_claims(tree: Tree, own: Map | None = None, top: Map | None = None) -> Map:
    """Return the claims of the head of a *tree*, with changes to its map and beside it."""
    return merged({CONTRACT: merged({0: 12, 1: tree.size, 2: tree.root}, own)}, top)


def head_of(
    tree: Tree,
    *,
    own: Map | None = None,
    top: Map | None = None,
    payload: bytes | None = None,
    protected: Map | None = None,
    beside: Map | None = None,
    key: Key = ANA,
    signature: bytes | None = None,
) -> File:
    """Return the head of a *tree* alone, with changes."""
    body = head_claims(tree, own, top) if payload is None else payload
    return sign(body, header(protected, key=key), beside, key=key, signature=signature)


def placed(
    tree: Tree,
    number: int,
    *,
    leaf: bytes | None = None,
    index: object = ABSENT,
    path: object = ABSENT,
    place: object = ABSENT,
    own: Map | None = None,
    top: Map | None = None,
    payload: bytes | None = None,
    protected: Map | None = None,
    beside: Map | None = None,
    key: Key = ANA,
    signature: bytes | None = None,
) -> Placed:
    """Return the file of one contract of a *tree*, with changes to any part."""
    leaf = tree.payloads[number] if leaf is None else leaf
    index = number if index is ABSENT else index
    path = tree.path(number) if path is ABSENT else path
    place = [leaf, index, path] if place is ABSENT else place
    unprotected = merged({CONTRACT: place}, beside)
    body = head_claims(tree, own, top) if payload is None else payload
    file = sign(body, header(protected, key=key), unprotected, key=key, signature=signature)
    known = tree.claims_of(number)
    return Placed(file.data, file.protected, file.payload, known, leaf)


def everyday() -> Tree:
    """Return three poems, of which the second is the everyday one."""
    return series(3, 1)


POEM_2 = b"Poem 2"
assert other_work(2)[0][1] == sha256(POEM_2).digest() != sha256(POEM).digest()
