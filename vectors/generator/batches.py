"""Contracts of a batch that hold, and what holds or fails after their form (spec §12.3)."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import merkle
import one_line
from batch_build import (
    POEM_2,
    UNSUPPORTED,
    Placed,
    Tree,
    everyday,
    many,
    placed,
    salt,
    salted,
    series,
    tree_of,
)
from build import (
    ABSENT,
    ACME,
    ACME_URI,
    ANA,
    BEN,
    CONTRACT,
    ENDS,
    LIST_KEY,
    RECOVERY,
    SIGNED,
    STATUS,
    Map,
    Vector,
    claims,
    for_works,
    malformed,
    revocable,
    status_claim,
    valid,
)
from cbor_writer import encode
from rendered_texts import PLAIN
from status_rules import IDX, LISTED, listed

SPEC = "§12.3"
FLAGS = "accepted batch"
MOST_OF_A_PAYLOAD, MOST_OF_A_HEADER = 16_384, 65_536

ok = partial(valid, without_batches=UNSUPPORTED)
answer = partial(Vector, without_batches=UNSUPPORTED)


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from sizes()
    yield from headers()
    yield from same_contract()
    yield from what_one_alone_cannot_show()
    yield from limits()
    yield from lines()
    yield from after_the_signature()
    yield from statuses()


def sizes() -> Iterator[Vector]:
    """Trees of several sizes; at the right edge paths are shorter."""
    small = ((2, 0), (2, 1), (3, 0), (3, 1), (3, 2), (4, 1), (4, 3), (5, 0), (5, 3), (5, 4))
    more = ((6, 4), (6, 5), (7, 3), (7, 4), (7, 6), (8, 0), (8, 5), (8, 7), (9, 8), (13, 12))
    for size, index in (*small, *more):
        yield in_tree(series(size, index), index)
    large = {
        1000: (0, 1, 511, 512, 767, 768, 959, 960, 991, 992, 999),
        65_537: (65_535, 65_536),
        131_071: (131_068, 131_070),
        131_072: (0, 65_535, 65_536, 131_071),
    }
    for size, indexes in large.items():
        for index in indexes:
            yield in_tree(many(size), index)


def in_tree(tree: Tree, index: int) -> Vector:
    """Return the scenario of one good contract of a tree."""
    file = placed(tree, index)
    steps = len(tree.path(index))
    hashes = "1 hash" if steps == 1 else f"{steps} hashes"
    text = f"The contract at index {index} of {tree.size}; its path has {hashes}."
    edge = tree.size == 131_072 or (tree.size, index) == (2, 0)
    flags = f"{FLAGS} path boundary" if edge else f"{FLAGS} path"
    return ok(f"batch/size_{tree.size}_index_{index}", text, SPEC, flags, file)


def headers() -> Iterator[Vector]:
    """What else the headers may hold."""
    tree = everyday()
    text = "alg of the head is -19, which means the same as -8."
    file = placed(tree, 1, protected={1: -19})
    yield ok("batch/alg_minus_19", text, SPEC, f"{FLAGS} headers", file)
    good: tuple[tuple[str, Map, str], ...] = (
        ("x5chain", {33: b"\x30\x00"}, "an X.509 chain"),
        ("x5chain_two", {33: [b"\x30\x00", b"\x30\x00"]}, "an X.509 chain of two"),
        ("timestamp", {270: b"\x30\x00"}, "a time-stamp token"),
        ("receipts", {394: [b"\xd2\x00"]}, "a receipt"),
        ("all_three", {33: b"\x30", 270: b"", 394: [b"", b"\xd2"]}, "everything it may have"),
    )
    for name, beside, words in good:
        file = placed(tree, 1, beside=beside)
        text = f"Beside the place, the unprotected header has {words}."
        yield ok(f"batch/with_{name}", text, SPEC, f"{FLAGS} headers", file)


SALT = bytes.fromhex("00112233445566778899aabbccddeeff")  # of the vector text/salt
SALTED_TEXT = PLAIN.replace("ABOUT THIS TEXT\n", f"ABOUT THIS TEXT\nSalt: {SALT.hex()}\n")


def same_contract() -> Iterator[Vector]:
    """One payload, signed alone and in batches: one contract."""
    leaf = claims({7: SALT})
    tree = tree_of(salted(0, work={1: "Poem"}), leaf, salted(2**23))
    text = (
        "The payload of text/salt, which is signed alone: in a batch it has the same id and text."
    )
    file = placed(tree, 1)
    yield ok("batch/also_signed_alone", text, SPEC, FLAGS, file, text=SALTED_TEXT)
    text = "The same payload in a second batch, of two: the id is the same again."
    file = placed(tree_of(leaf, salted(2**23)), 0)
    yield ok("batch/also_in_another_batch", text, SPEC, FLAGS, file, text=SALTED_TEXT)
    leaves = (salted(0), salted(1, grantee={0: "Basic Labs", 1: "https://basic.example/"}))
    text = "The grantee of the other contract is somebody else, which is allowed."
    yield ok("batch/grantees_differ", text, SPEC, FLAGS, placed(tree_of(*leaves), 0))
    text = "The contract names another grantee than the others of the batch."
    file = placed(tree_of(*leaves), 1)
    flags = "grantee batch"
    yield answer("batch/grantee_of_neighbour", text, SPEC, flags, file, "wrong-grantee", 8)
    text = "The other contract is Ben's, signed by Ana: that one is refused, this one is not."
    file = placed(tree_of(salted(0), salted(1, key=BEN)), 0)
    yield ok("batch/neighbour_of_another_creator", text, SPEC, FLAGS, file)


def what_one_alone_cannot_show() -> Iterator[Vector]:
    """Trees in which the signer lied; a contract alone does not show it and is not spoilt by it."""
    spec, flags = "§12.6", f"{FLAGS} path"
    twice = tree_of(salted(0), salted(0))
    for index in (0, 1):
        text = f"Both leaves are the same payload; this is the one at index {index}."
        yield ok(f"batch/twice_index_{index}", text, spec, flags, placed(twice, index))
    wrong_order = tree_of(salted(2), salted(0), salted(1))
    text = "The payloads are not in ascending order."
    yield ok("batch/out_of_order", text, spec, flags, placed(wrong_order, 1))
    three = series(3, 0)
    text = "The head says 4 and the tree has 3 leaves; the path is one of both sizes."
    yield ok("batch/size_one_more", text, spec, flags, placed(three, 0, own={1: 4}))
    four = series(4, 1)
    text = "The head says 3 and the tree has 4 leaves; the path is one of both sizes."
    yield ok("batch/size_one_less", text, spec, flags, placed(four, 1, own={1: 3}))
    seven = series(7, 6)
    text = "The head says 6, and the last of 7 leaves says index 5: the path is one of both."
    file = placed(seven, 6, own={1: 6}, index=5)
    yield ok("batch/size_and_index_less", text, spec, flags, file)
    first = everyday()
    made = merkle.root([first.hashes[1], bytes(32)])
    text = "The neighbour is no hash of anything: 32 zero bytes under a root that fits."
    file = placed(first, 1, index=0, path=[bytes(32)], own={1: 2, 2: made})
    yield ok("batch/neighbour_of_nothing", text, spec, flags, file)
    padded = placed(series(3, 0), 0, path=padded_path(), own={2: padded_root()})
    text = (
        "The tree repeats its last leaf to be even; for the first leaf that is a path of the size."
    )
    yield ok("batch/last_repeated_index_0", text, spec, flags, padded)


def padded_path() -> list[bytes]:
    """Return the path of the first of three leaves where the last one is repeated."""
    _, second, third = series(3, 0).hashes
    return [second, merkle.node(third, third)]


def padded_root() -> bytes:
    """Return the root of three leaves where the last one is repeated."""
    first, second, third = series(3, 0).hashes
    return merkle.root([first, second, third, third])


def long_leaf(size: int) -> Map:
    """Return a contract whose payload has *size* bytes: hundreds of payments and a purpose."""
    payments = [[1, n, 0, "EUR"] for n in range(100_001, 100_001 + 1264)]
    leaf = salted(1, terms={5: payments, 12: "a" * 300})
    rest = size - len(encode(leaf))
    leaf[CONTRACT][12] = "a" * (300 + rest)
    assert len(encode(leaf)) == size, (len(encode(leaf)), rest)
    return leaf


def limits() -> Iterator[Vector]:
    """The greatest payload and the greatest header beside it."""
    text = "The contract has 16,384 bytes."
    file = placed(series(3, 1, long_leaf(MOST_OF_A_PAYLOAD)), 1)
    yield ok("batch/leaf_16384", text, "§2.2", f"{FLAGS} limit boundary", file)
    for size in (MOST_OF_A_HEADER, MOST_OF_A_HEADER + 1):
        file = with_header_of(size)
        name, text = f"batch/unprotected_{size}", f"The unprotected header has {size} bytes."
        if size == MOST_OF_A_HEADER:
            yield ok(name, text, "§2.2", f"{FLAGS} limit boundary", file)
            continue
        flags = "limit boundary batch"
        yield malformed(name, text, "§2.2", flags, file, step=1, without_batches="malformed")


def with_header_of(size: int) -> Placed:
    """Return the everyday contract of a batch with an unprotected header of *size* bytes."""
    tree = everyday()
    place = [tree.payloads[1], 1, tree.path(1)]
    rest = size - len(encode({270: b"", CONTRACT: place})) - 2
    beside = {270: bytes(rest)}
    assert len(encode({**beside, CONTRACT: place})) == size
    return placed(tree, 1, beside=beside)


def lines() -> Iterator[Vector]:
    """One contract of a batch as a line (§3.10)."""
    file, spec = placed(everyday(), 1), "§3.10"
    line = one_line.line(file)
    text = "The line of a contract of a batch, with a line end."
    yield ok("batch/as_a_line", text, spec, f"{FLAGS} line", file, line=line + "\n")


def after_the_signature() -> Iterator[Vector]:
    """Steps 4 to 12 are about the contract."""
    spec, tree = SPEC, everyday()
    file = placed(tree, 1)
    for name in ("work", "grantee", "use", "territory"):
        change: dict[str, Any] = {name: None}
        text = f"Everything holds; the {name} was not asked."
        base = ok(f"batch/not_asked_{name}", text, spec, f"{FLAGS} not-asked", file)
        yield replace(base, expect="authentic", **change)
    text = "The key is believed for this work only."
    digest = hashlib.sha256(b"Harbour at dawn").digest()
    keys = (for_works(ANA, digest),)
    yield ok("batch/believed_for_the_work", text, spec, f"{FLAGS} belief", file, keys=keys)
    text = "The key is believed for the work of the neighbour only."
    neighbour = hashlib.sha256(POEM_2).digest()
    keys = (for_works(ANA, neighbour),)
    name, flags = "batch/believed_for_another_work", "belief batch"
    yield answer(name, text, spec, flags, file, "unknown-creator", 4, keys=keys)
    text = "The signer of the head is not believed."
    name = "batch/signer_not_believed"
    yield answer(name, text, spec, flags, file, "unknown-creator", 4, keys=(BEN,))
    text = "The question is about the work of the neighbour."
    work = {"sha256": neighbour.hex()}
    name, flags = "batch/work_of_neighbour", "work batch"
    yield answer(name, text, spec, flags, file, "wrong-work", 7, work=work)
    text = "The question is about another grantee."
    other = {"uri": ACME_URI + "labs"}
    name, flags = "batch/another_grantee", "grantee batch"
    yield answer(name, text, spec, flags, file, "wrong-grantee", 8, grantee=other)
    text = "The contract names its grantee by key alone, and that key asks."
    leaf = salted(1, grantee={1: ABSENT, 2: ACME.thumbprint})
    keyed = placed(series(3, 1, leaf), 1)
    asked = {"key": ACME.thumbprint.hex()}
    yield ok("batch/grantee_by_key", text, spec, FLAGS, keyed, grantee=asked)
    text = "The use is not among those of the contract."
    flags = "use batch"
    yield answer("batch/another_use", text, spec, flags, file, "use-not-granted", 9, use="index")
    spain = placed(series(3, 1, salted(1, terms={9: ["ES"]})), 1)
    text = "The contract is for Spain; the neighbours are for the whole world."
    flags = "territory batch"
    yield answer("batch/territory_of_its_own", text, spec, flags, spain, "wrong-territory", 10)
    text, flags = "The contract has not begun.", "time boundary batch"
    early = SIGNED - 1
    yield answer("batch/before_start", text, spec, flags, file, "not-yet-valid", 11, at=early)
    text = "The contract has ended."
    yield answer("batch/at_exp", text, spec, flags, file, "expired", 12, at=ENDS)


def with_status(number: int, idx: int, terms: Map | None = None, creator: Map | None = None) -> Map:
    """Return a contract of a batch that can be revoked, at a position of its own."""
    top = {7: salt(number), STATUS: status_claim(idx)}
    return revocable(top, terms, creator=creator)


def statuses() -> Iterator[Vector]:
    """Each contract has its own position."""
    spec, flags = "§12.3", f"{FLAGS} status"
    tree = tree_of(with_status(0, IDX), with_status(1, IDX + 1), with_status(2, IDX + 2))
    revoked = listed({IDX: 1})
    text = "The contract at index 0 was revoked; the others of the batch were not."
    lists: tuple[bytes, ...] = (revoked,)
    file = placed(tree, 0)
    name = "batch/one_revoked"
    yield answer(name, text, spec, "status batch", file, "revoked", 13, lists=lists, since=LISTED)
    text = "The contract beside the revoked one holds, by the same list."
    file = placed(tree, 1)
    yield ok("batch/beside_one_revoked", text, spec, flags, file, lists=lists, as_of=LISTED)
    text = "No list is at hand."
    yield answer("batch/no_list", text, spec, "status batch", file, "status-unknown", 13)
    text = "The contract is suspended."
    two = listed({IDX + 1: 2}, bits=2)
    yield answer("batch/suspended", text, spec, "status batch", file, "suspended", 13, lists=(two,))
    text = "It cannot be revoked, so the revocation of its neighbour's position does not matter."
    mixed = tree_of(salted(0), with_status(1, IDX))
    yield ok("batch/irrevocable", text, spec, flags, placed(mixed, 0), lists=lists)
    yield from other_speakers()


def other_speakers() -> Iterator[Vector]:
    """The list key and the recovery key are those of the contract."""
    spec, flags = "§12.3", f"{FLAGS} status-signer"
    own = with_status(1, IDX, terms={15: LIST_KEY.thumbprint})
    tree = tree_of(with_status(0, IDX + 1), own)
    file = placed(tree, 1)
    lists: tuple[bytes, ...] = (listed(key=LIST_KEY),)
    text = "The contract names a list key, and that key's list says valid."
    yield ok("batch/list_key", text, spec, flags, file, lists=lists, as_of=LISTED)
    text = "The contract names a list key, and only the creator's list says valid."
    name, words, lists = "batch/list_key_silent", "status-signer batch", (listed(),)
    yield answer(name, text, spec, words, file, "status-unknown", 13, lists=lists)
    text = "The neighbour names a list key; this contract's list is the creator's."
    file = placed(tree, 0)
    name, lists = "batch/list_key_of_neighbour", (listed(key=LIST_KEY),)
    yield answer(name, text, spec, words, file, "status-unknown", 13, lists=lists)
    recovered = with_status(0, IDX, creator={3: RECOVERY.thumbprint})
    tree = tree_of(recovered, with_status(1, IDX))
    lists = (listed(), listed({IDX: 1}, key=RECOVERY))
    text = "The list of the contract's recovery key says revoked."
    file = placed(tree, 0)
    name = "batch/revoked_by_recovery_key"
    yield answer(name, text, spec, words, file, "revoked", 13, lists=lists, since=LISTED)
    text = "A list of the neighbour's recovery key says revoked; this contract names no such key."
    file = placed(tree, 1)
    yield ok("batch/recovery_key_of_neighbour", text, spec, flags, file, lists=lists, as_of=LISTED)
