"""Batches (spec §12), written a second time: single contracts, and whole batches in one file.

It takes what cbor2 decodes, inflates with zlib and hashes with hashlib. Roots of whole batches are
built from the leaves up, and roots of single contracts by the algorithm of RFC 9162 §2.1.3.2, so
that neither follows the recursive definition by which the generator makes them.
"""

import zlib
from collections.abc import Iterator, Mapping
from hashlib import sha256
from itertools import pairwise
from typing import Any

import cbor2

from faults import (
    FINE,
    Claims,
    Faults,
    Rule,
    a_map,
    contract_faults,
    header_faults,
    integer,
    map_faults,
    string_of,
    whole,
)
from form import CONTRACT, REFUSED, check_item, decode, passes_step_1

OURS = -1455000947
HEAD_KIND = 12
MAX_SIZE = 131_072
MAX_LEAF = 16_384
MAX_FILE, MAX_INFLATED = 67_108_864, 268_435_456

HEAD: dict[object, Rule] = {0: integer(0), 1: integer(2, MAX_SIZE), 2: string_of(32)}
HEAD_CLAIMS: dict[object, Rule] = {OURS: a_map(HEAD, {0, 1, 2})}
Refusal = tuple[str, int]


def kind_of(claims: Claims) -> object:
    """Return the kind in a claims set; None if there is none."""
    contract = claims.get(OURS)
    return contract.get(0) if isinstance(contract, Mapping) else None


def is_head(claims: Claims) -> bool:
    """Whether the claims are those of the head of a batch."""
    return type(kind_of(claims)) is int and kind_of(claims) == HEAD_KIND


# --- one contract of a batch ---


def faults_with_batches(protected: Claims, unprotected: Any, claims: Claims) -> Faults:  # noqa: ANN401
    """Return which of the tests c to g a contract fails, to a verifier with batches."""
    if not is_head(claims):
        return contract_faults(protected, unprotected, claims)
    return batch_faults(protected, unprotected, claims)


def batch_faults(protected: Claims, unprotected: Any, claims: Claims) -> Faults:  # noqa: ANN401
    """Return which of the tests d to g of §12.3 a file of kind 12 fails."""
    beside = {label: value for label, value in unprotected.items() if label != OURS}
    found = as_g(map_faults(claims, HEAD_CLAIMS, {OURS}) | header_faults(protected, beside))
    place = unprotected.get(OURS)
    if not is_place(place, claims[OURS].get(1)):
        found = found | {"d"}
    leaf = leaf_of(unprotected)
    kind = kind_of(leaf) if leaf is not None else None
    if leaf is None or not whole(kind, 0) or kind == HEAD_KIND:
        return found | {"d"}
    of_leaf = contract_faults({label: protected.get(label) for label in (1, 4, 16)}, {}, leaf)
    found = found | ({"e"} if kind != 1 else FINE) | ({"g"} if "e" in of_leaf else FINE)
    return found | ({"f"} if "d" in of_leaf or 7 not in leaf else FINE)


def as_g(found: Faults) -> Faults:
    """Return the faults of a head: what is test e of §3.9 is test g here."""
    return {"g" if fault == "e" else fault for fault in found}


def is_place(place: Any, size: object) -> bool:  # noqa: ANN401  # whatever was decoded
    """Whether *place* is that of a contract in a batch of that size."""
    if not isinstance(place, list | tuple) or len(place) != 3 or not whole(size, 2, MAX_SIZE):
        return False
    leaf, index, path = place
    return (
        isinstance(leaf, bytes)
        and len(leaf) <= MAX_LEAF
        and whole(index, 0, size - 1)  # type: ignore[operator]  # an int, see above
        and isinstance(path, list | tuple)
        and all(isinstance(one, bytes) and len(one) == 32 for one in path)
        and len(path) == length_of_path(index, size)  # type: ignore[arg-type]
    )


def leaf_of(unprotected: Claims) -> Claims | None:
    """Return the claims of the contract beside a head, if it is one canonical map."""
    try:
        leaf = decode(unprotected[OURS][0])
        check_item(leaf, CONTRACT)
    except (*REFUSED, KeyError, IndexError):
        return None
    return leaf if isinstance(leaf, Mapping) else None


def leaf_hash(payload: bytes) -> bytes:
    """Return the hash of a leaf."""
    return sha256(b"\0" + payload).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node."""
    return sha256(b"\1" + left + right).digest()


def length_of_path(index: int, size: int) -> int:
    """Return how many levels on the way up have a neighbour."""
    length, last = 0, size - 1
    while last:
        length += index % 2 == 1 or index != last
        index, last = index // 2, last // 2
    return length


def root_by_path(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Return the root that a path leads to (RFC 9162 §2.1.3.2)."""
    found, last = leaf_hash(leaf), size - 1
    for neighbour in path:
        if index % 2 or index == last:
            found = node_hash(neighbour, found)
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            found = node_hash(found, neighbour)
        index, last = index // 2, last // 2
    return found


def root_holds(unprotected: Claims, claims: Claims) -> bool:
    """Whether the contract is under the root of the head."""
    leaf, index, path = unprotected[OURS][:3]
    return bool(root_by_path(leaf, index, claims[OURS][1], path) == claims[OURS][2])


# --- the whole batch ---


def refusal_of_file(data: bytes) -> Refusal | None:
    """Return code and step where a batch file is not opened."""
    parts = parts_of(data)
    if parts is None or not passes_step_1(parts[0], CONTRACT):
        return "malformed", 1
    first, second = parts
    protected, unprotected, payload, _ = cbor2.loads(first).value
    protected, claims = cbor2.loads(protected), cbor2.loads(payload)
    if whole(kind_of(claims), 0) and not is_head(claims):
        return "unsupported", 2
    found = map_faults(claims, HEAD_CLAIMS, {OURS}) | header_faults(protected, unprotected)
    if "d" in found or OURS in protected or OURS in unprotected or not is_head(claims):
        return "malformed", 2
    payloads = payloads_of(second, claims[OURS][1])
    if payloads is None:
        return "malformed", 2
    if found:
        return "unsupported", 2
    return None if root_of(payloads) == claims[OURS][2] else ("bad-signature", 3)


def parts_of(data: bytes) -> tuple[bytes, bytes] | None:
    """Return the two byte strings of a batch file."""
    try:
        assert len(data) <= MAX_FILE
        first, second = items = decode(data)
        assert isinstance(items, list)
        assert type(first) is type(second) is bytes
    except REFUSED:
        return None
    return first, second


def payloads_of(stream: bytes, size: int) -> list[bytes] | None:
    """Return the payloads that a stream inflates to, if they are as they must be."""
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(stream, MAX_INFLATED)
        more = inflater.decompress(inflater.unconsumed_tail, 1)
        found = list(split(plain))
    except (zlib.error, ValueError):
        return None
    fits = inflater.eof and not inflater.unused_data and not more and len(found) == size
    ascend = all(one < two for one, two in pairwise(found))
    return found if fits and ascend else None


def split(plain: bytes) -> Iterator[bytes]:
    """Yield the byte strings that follow one another; raise ValueError for anything else."""
    place = 0
    while place < len(plain):
        first = plain[place]
        extra = {0x58: 1, 0x59: 2}.get(first, 0)
        length = first - 0x40
        if extra:
            length = int.from_bytes(plain[place + 1 : place + 1 + extra], "big")
        start = place + 1 + extra
        place = start + length
        shortest = {0: 1, 1: 24, 2: 256}[extra]
        if not shortest <= length <= (MAX_LEAF if extra else 23) or place > len(plain):
            raise ValueError
        yield plain[start:place]


def levels(payloads: list[bytes]) -> list[list[bytes]]:
    """Return the hashes level by level, the leaves first; an odd one goes up as it is."""
    rows = [[leaf_hash(payload) for payload in payloads]]
    while len(rows[-1]) > 1:
        row = rows[-1]
        above = [node_hash(*row[n : n + 2]) for n in range(0, len(row) - 1, 2)]
        rows.append(above + row[len(row) // 2 * 2 :])
    return rows


def root_of(payloads: list[bytes]) -> bytes:
    """Return the root over all payloads."""
    return levels(payloads)[-1][0]


def single_files(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the payload of each contract of a batch file, and the file of it alone (§12.3)."""
    first, second = parts_of(data) or (b"", b"")
    protected, unprotected, payload, signature = cbor2.loads(first).value
    payloads = payloads_of(second, cbor2.loads(payload)[OURS][1]) or []
    rows = levels(payloads)
    for index, leaf in enumerate(payloads):
        beside = {**unprotected, OURS: [leaf, index, path_in(rows, index)]}
        ordered = dict(sorted(beside.items(), key=lambda pair: cbor2.dumps(pair[0])))
        items = [protected, ordered, payload, signature]
        yield leaf, cbor2.dumps(cbor2.CBORTag(18, items))


def path_in(rows: list[list[bytes]], index: int) -> list[bytes]:
    """Return the neighbours on the way up."""
    path = []
    for row in rows[:-1]:
        if index ^ 1 < len(row):
            path.append(row[index ^ 1])
        index //= 2
    return path
