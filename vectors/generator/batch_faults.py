"""Contracts of a batch that are refused for their form or their signature (spec §12.3)."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from hashlib import sha256

import ed25519 as ed
import merkle
from batch_build import (
    UNSUPPORTED,
    Tree,
    everyday,
    head_claims,
    head_of,
    many,
    placed,
    salt,
    salted,
    series,
    tree_of,
)
from batches import MOST_OF_A_PAYLOAD, long_leaf, padded_path, padded_root
from build import (
    ABSENT,
    ANA,
    BEN,
    CONTRACT,
    ENDS,
    SIGNED,
    STATUS,
    TYP,
    File,
    Key,
    Map,
    Vector,
    claims,
    header,
    merged,
    sign,
    status_claim,
)
from build import bad_signature as bad_signature_of
from build import malformed as malformed_of
from build import unsupported as unsupported_of
from cbor_writer import UINT, Raw, encode, long_head, pairs

malformed = partial(malformed_of, without_batches=UNSUPPORTED)
unsupported = partial(unsupported_of, without_batches=UNSUPPORTED)
bad_signature = partial(bad_signature_of, without_batches=UNSUPPORTED)

NULL, HALF_ONE = Raw(b"\xf6"), Raw(b"\xf9\x3c\x00")
TRUE = True
SPEC = "§12.3"


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from envelopes()
    yield from kinds()
    yield from kind_1()
    yield from heads()
    yield from head_headers()
    yield from places()
    yield from indexes()
    yield from paths()
    yield from leaf_encodings()
    yield from leaf_kinds()
    yield from nodes_as_leaves()
    yield from leaf_rules()
    yield from unknown_parts()
    yield from signatures()
    yield from wrong_paths()
    yield from wrong_roots()
    yield from other_hashes()


def bad(name: str, text: str, file: File, flags: str = "batch") -> Vector:
    """Return a scenario of test d."""
    return malformed(f"batch/{name}", text, "§12.3 test d", flags, file)


def envelopes() -> Iterator[Vector]:
    """Tests a and b apply as ever; here a verifier without batches gives the same answer."""
    tree = everyday()
    refused = partial(malformed_of, step=1, without_batches="malformed")
    text, long = "The index has a longer head than necessary.", Raw(long_head(UINT, 1, 1))
    file: File = placed(tree, 1, index=long)
    yield refused("batch/long_head_index", text, "§12.3 test a", "encoding batch", file)
    text = "The size has a longer head than necessary."
    file = placed(tree, 1, own={1: Raw(long_head(UINT, 3, 1))})
    yield refused("batch/long_head_size", text, "§12.3 test a", "encoding batch", file)
    text = "The claims of the head are followed by a byte inside their byte string."
    file = placed(tree, 1, payload=encode(head_claims(tree)) + b"\0")
    yield refused("batch/head_byte_after", text, "§12.3 test a", "encoding batch", file)
    text = "The index is 1.0."
    file = placed(tree, 1, index=HALF_ONE)
    yield refused("batch/index_1_0", text, "§12.3 test a", "data-model look-alike batch", file)
    text = "The path is null."
    file = placed(tree, 1, path=NULL)
    yield refused("batch/path_null", text, "§12.3 test a", "data-model batch", file)
    text = "The place is in the unprotected header twice."
    place = encode([tree.payloads[1], 1, tree.path(1)])
    label = encode(CONTRACT)
    twice = b"\xa2" + (label + place) * 2
    file = sign(head_claims(tree), unprotected=twice)
    yield refused("batch/place_twice", text, "§12.3 test a", "duplicate batch", file)
    text = "The labels of the unprotected header are not in order."
    back = b"\xa2" + label + place + encode(270) + encode(b"")
    file = sign(head_claims(tree), unprotected=back)
    yield refused("batch/labels_unsorted", text, "§12.3 test a", "encoding batch", file)
    text = "The root is in the head twice."
    own = pairs((0, 12), (1, 3), (2, tree.root), (2, tree.root))
    file = placed(tree, 1, payload=encode({CONTRACT: own}))
    yield refused("batch/root_twice", text, "§12.3 test a", "duplicate batch", file)
    text = "The typ is that of a status list."
    file = placed(tree, 1, protected={16: "application/statuslist+cwt"})
    yield refused("batch/typ_of_a_list", text, "§12.3 test b", "typ batch", file)


def kinds() -> Iterator[Vector]:
    """Test c: the kind of the head."""
    tree, spec = everyday(), "§12.3 test c"
    for kind in (0, 2, 11, 13, 268, 2**32 + 12):
        text = f"The head has kind {kind}; all else is that of a batch."
        file = placed(tree, 1, own={0: kind})
        flags = "unknown look-alike batch" if kind > 255 else "unknown batch"
        yield unsupported(f"batch/head_kind_{kind}", text, spec, flags, file)
    for name, wrong_kind, words in (
        ("text", "12", "the text 12"),
        ("bytes", b"\x0c", "a byte string"),
        ("true", TRUE, "true"),
        ("negative", -12, "-12"),
        ("missing", ABSENT, "missing"),
    ):
        text = f"The kind of the head is {words}."
        file = placed(tree, 1, own={0: wrong_kind})
        flags = "missing batch" if wrong_kind is ABSENT else "look-alike batch"
        base = malformed_of(f"batch/head_kind_{name}", text, spec, flags, file)
        yield without(base)
    text = "The kind of the head is under the text 0."
    file = placed(tree, 1, own={0: ABSENT, "0": 12})
    name = "batch/head_kind_under_text"
    yield without(malformed_of(name, text, spec, "look-alike batch", file))
    text = "The claims of the head are under the text of their label."
    file = placed(tree, 1, payload=encode({str(CONTRACT): {0: 12, 1: 3, 2: tree.root}}))
    name = "batch/head_label_text"
    yield without(malformed_of(name, text, spec, "look-alike batch", file))
    text = "The claims of the head are an array."
    file = placed(tree, 1, payload=encode({CONTRACT: [12, 3, tree.root]}))
    yield without(malformed_of("batch/head_array", text, spec, "field batch", file))


def without(vector: Vector) -> Vector:
    """Return the scenario, to which a verifier without batches gives the same answer."""
    return replace(vector, without_batches=vector.expect)


def kind_1() -> Iterator[Vector]:
    """In a contract of kind 1, the label of the place is an unknown label in either header."""
    tree, flags = everyday(), "unknown headers batch"
    payload = tree.payloads[1]
    place = [payload, 1, tree.path(1)]
    text = "A contract signed alone has the place of a batch beside it."
    file = sign(payload, unprotected={CONTRACT: place})
    yield unsupported("batch/kind_1_with_place", text, SPEC, flags, file)
    text = "A contract signed alone has the place of a batch in its protected header."
    file = sign(payload, header({CONTRACT: place}))
    yield unsupported("batch/kind_1_place_protected", text, SPEC, flags, file)
    text = "A contract signed alone has another contract under the label of the place."
    file = sign(payload, unprotected={CONTRACT: [encode(salted(5)), 0, [bytes(32)]]})
    yield unsupported("batch/kind_1_with_another", text, SPEC, flags, file)
    text = "A contract signed alone has an integer under the label of the place."
    file = sign(payload, unprotected={CONTRACT: 1})
    yield unsupported("batch/kind_1_with_integer", text, SPEC, flags, file)
    text = "A contract signed alone has size and root as unknown fields 16 and 17, and a place."
    own = claims({7: salt(1)}, {16: 3, 17: tree.root})
    file = sign(own, unprotected={CONTRACT: place})
    yield unsupported("batch/kind_1_like_a_head", text, SPEC, flags, file)


def heads() -> Iterator[Vector]:
    """Test d: the form of the head."""
    tree = everyday()
    for name, size, words in (
        ("0", 0, "0"),
        ("1", 1, "1"),
        ("131073", 131_073, "131,073"),
        ("2_32", 2**32 + 3, "4,294,967,299, which is 3 in 32 bits"),
        ("negative", -3, "-3"),
        ("text", "3", "the text 3"),
        ("true", TRUE, "true"),
        ("array", [3], "an array"),
        ("missing", ABSENT, "missing"),
    ):
        flags = {"2_32": "look-alike batch", "missing": "missing batch"}.get(name, "field batch")
        flags += " boundary" if name in {"1", "131073"} else ""
        file = placed(tree, 1, own={1: size})
        yield bad(f"size_{name}", f"The size is {words}.", file, flags)
    text = (
        "The size is 131,073, and the last leaf has the path of one hash that this size requires."
    )
    leaf, first = encode(salted(1)), bytes(32)
    own = {1: 131_073, 2: merkle.node(first, merkle.leaf(leaf))}
    file = placed(tree, 1, leaf=leaf, index=131_072, path=[first], own=own)
    yield bad("size_131073_path_fits", text, file, "boundary batch")
    text = "A batch of one contract, with an empty path and the hash of the leaf as root."
    one = salted(0)
    tree_1 = tree_of(one)
    yield bad("one_contract", text, placed(tree_1, 0), "boundary batch")
    root = tree.root
    for name, value, words in (
        ("31_bytes", root[:31], "31 bytes"),
        ("33_bytes", root + b"\0", "33 bytes"),
        ("no_bytes", b"", "no bytes"),
        ("text", root.hex(), "text"),
        ("array", [root], "an array"),
        ("missing", ABSENT, "missing"),
    ):
        flags = "missing batch" if value is ABSENT else "field batch"
        yield bad(f"root_{name}", f"The root is {words}.", placed(tree, 1, own={2: value}), flags)
    text = "The root is under the text 2."
    file = placed(tree, 1, own={2: ABSENT, "2": root})
    yield bad("root_under_text", text, file, "look-alike batch")
    text = "The size is under key 257."
    file = placed(tree, 1, own={1: ABSENT, 257: 3})
    yield bad("size_under_257", text, file, "look-alike batch")


def head_headers() -> Iterator[Vector]:
    """Test d: the headers have their form."""
    tree = everyday()
    changes: tuple[tuple[str, str, Map, Map], ...] = (
        ("alg_text", "alg is text.", {1: "EdDSA"}, {}),
        ("alg_missing", "alg is missing.", {1: ABSENT}, {}),
        ("kid_7_bytes", "kid has 7 bytes.", {4: ANA.kid[:7]}, {}),
        ("kid_missing", "kid is missing.", {4: ABSENT}, {}),
        ("receipts_empty", "The receipts are an empty array.", {}, {394: []}),
        ("x5chain_array_of_one", "A chain of one is an array.", {}, {33: [b"\x30"]}),
        ("timestamp_text", "The time-stamp token is text.", {}, {270: "0"}),
    )
    for name, text, protected, beside in changes:
        file = placed(tree, 1, protected=protected, beside=beside)
        yield bad(f"head_{name}", text, file, "headers batch")


def places() -> Iterator[Vector]:
    """Test d: the place in the unprotected header."""
    tree = everyday()
    leaf, path = tree.payloads[1], tree.path(1)
    text = "The head alone: it permits nothing."
    yield bad("head_alone", text, head_of(tree), "missing batch")
    text = "The head alone, and the contract beside it as a receipt."
    yield bad("contract_as_receipt", text, head_of(tree, beside={394: [leaf]}), "missing batch")
    text = "The place is in the protected header only."
    moved = head_of(tree, protected={CONTRACT: [leaf, 1, path]})
    yield bad("place_protected", text, moved, "headers batch")
    for label, name, words in (
        (str(CONTRACT), "text", "the text of its label"),
        (CONTRACT - 2**32, "wrapped", "a label that is the right one in 32 bits"),
        (-CONTRACT, "positive", "the positive number of its label"),
        (CONTRACT + 1, "next", "the next label"),
    ):
        file = head_of(tree, beside={label: [leaf, 1, path]})
        flags = "look-alike batch"
        yield bad(f"place_under_{name}", f"The place is under {words}.", file, flags)
    others: tuple[tuple[str, object, str], ...] = (
        ("empty", [], "is an empty array"),
        ("of_1", [leaf], "has the contract alone"),
        ("of_2", [leaf, 1], "has no path"),
        ("of_4", [leaf, 1, path, 3], "has a fourth item"),
        ("flat", [leaf, 1, *path], "has the hashes beside the index, without an array"),
        ("map", {0: leaf, 1: 1, 2: path}, "is a map"),
        ("bytes", encode([leaf, 1, path]), "is a byte string that holds the array"),
        ("true", TRUE, "is true"),
        ("reordered", [1, leaf, path], "has the index first"),
        ("leaf_text", [leaf[:10].hex(), 1, path], "has text in place of the contract"),
        ("leaf_map", [tree.claims_of(1), 1, path], "has the claims themselves, not in bytes"),
        ("path_bytes", [leaf, 1, b"".join(path)], "has the hashes joined in one byte string"),
        ("path_map", [leaf, 1, dict(enumerate(path))], "has a map of hashes"),
        ("path_empty", [leaf, 1, []], "has an empty path"),
        ("path_integer", [leaf, 1, [path[0], 1]], "has an integer as second hash"),
        ("path_text", [leaf, 1, [path[0].hex(), path[1]]], "has a hash as text"),
        ("path_nested", [leaf, 1, [path]], "has the path in a further array"),
    )
    for name, place, words in others:
        file = placed(tree, 1, place=place)
        yield bad(f"place_{name}", f"The place {words}.", file, "field batch")


def indexes() -> Iterator[Vector]:
    """Test d: the index."""
    tree = everyday()
    for name, index, words in (
        ("size", 3, "3, the size"),
        ("over", 4, "4, in a batch of 3"),
        ("131072", 131_072, "131,072"),
        ("2_32", 2**32, "4,294,967,296"),
        ("wrapped", 2**32 + 1, "4,294,967,297, which is 1 in 32 bits"),
        ("257", 257, "257, which is 1 in one byte"),
        ("negative", -1, "-1"),
        ("minus_2", -2, "-2, which counts from the end in some languages"),
        ("true", TRUE, "true"),
        ("text", "1", "the text 1"),
        ("bytes", b"\x01", "a byte string"),
        ("array", [1], "an array"),
    ):
        flags = "boundary batch" if name == "size" else "look-alike batch"
        yield bad(f"index_{name}", f"The index is {words}.", placed(tree, 1, index=index), flags)
    text = "The index is that of another leaf whose path has another length."
    yield bad("index_of_shorter_path", text, placed(tree, 1, index=2), "path batch")
    largest = many(131_072)
    text = "The index is 131,072 in a batch of that size."
    file = placed(largest, 131_071, index=131_072)
    yield bad("index_of_largest_size", text, file, "boundary batch")


def paths() -> Iterator[Vector]:
    """Test d: the length of the path and of its hashes."""
    tree = everyday()
    path = tree.path(1)
    for name, other, words in (
        ("one_less", path[:1], "has one hash less than needed"),
        ("one_more", [*path, bytes(32)], "has one hash more than needed"),
        ("with_root", [*path, tree.root], "has the root at its end"),
        ("with_itself", [tree.hashes[1], *path], "begins with the hash of the leaf itself"),
        ("hash_31", [path[0][:31], path[1]], "has a hash of 31 bytes"),
        ("hash_33", [path[0] + b"\0", path[1]], "has a hash of 33 bytes"),
        ("last_hash_31", [path[0], path[1][:31]], "has a last hash of 31 bytes"),
        ("last_hash_33", [path[0], path[1] + b"\0"], "has a last hash of 33 bytes"),
        ("hashes_31_33", [path[0][:31], path[1] + b"\0"], "has hashes of 31 and of 33 bytes"),
        ("hash_64", [path[0] + path[1], path[1]], "has a hash of 64 bytes"),
        ("hash_empty", [path[0], b""], "has an empty hash"),
        ("of_18", [*path, *[bytes(32)] * 16], "has 18 hashes"),
    ):
        file = placed(tree, 1, path=other)
        flags = "length batch" if "hash_" in name else "path batch"
        yield bad(f"path_{name}", f"The path {words}.", file, flags)
    text = "The first hash of the path is a text of 32 bytes that leads to the root."
    root = merkle.node(merkle.node(b"a" * 32, tree.hashes[1]), path[1])
    file = placed(tree, 1, path=["a" * 32, path[1]], own={2: root})
    yield bad("path_text_of_32", text, file, "look-alike batch")
    last = series(3, 2)
    text = "The last of three leaves has a path as long as the others: its node is repeated."
    own = {2: padded_root()}
    first, second, third = last.hashes
    repeated = [third, merkle.node(first, second)]
    file = placed(last, 2, path=repeated, own=own)
    yield bad("last_repeated_index_2", text, file, "path batch")
    text = "The head says 4 and the tree has 3 leaves: the path of the last one is too short."
    yield bad("size_one_more_last", text, placed(last, 2, own={1: 4}), "path batch")
    text = "The head says 3 and the tree has 4 leaves: the path of the third one is too long."
    yield bad("size_one_less_third", text, placed(series(4, 2), 2, own={1: 3}), "path batch")
    text = "The head says 2 and the tree has 3 leaves: the path of the first one is too long."
    yield bad("size_2_of_3", text, placed(series(3, 0), 0, own={1: 2}), "path batch")
    five = series(5, 3)
    middle = merkle.node(*five.hashes[3:]), merkle.root(five.hashes[:3])
    text = "The tree is split in the middle: the fourth of five leaves has too short a path."
    file = placed(five, 3, path=[five.hashes[4], middle[1]], own={2: merkle.node(*middle[::-1])})
    yield bad("split_in_the_middle", text, file, "path batch")
    text = "The last of 65,537 leaves has the path of a tree that is filled up: 17 hashes."
    tall = many(65_537)
    file = placed(tall, 65_536, path=[bytes(32)] * 16 + tall.path(65_536))
    yield bad("path_filled_up", text, file, "path batch")


def with_leaf(leaf: Map | bytes) -> File:
    """Return the second contract of three, in a tree that holds this leaf."""
    data = leaf if isinstance(leaf, bytes) else encode(leaf)
    first, _, third = everyday().payloads
    return placed(Tree((first, data, third)), 1)


def spoilt(name: str, text: str, leaf: Map | bytes, flags: str = "encoding batch") -> Vector:
    """Return the scenario of a leaf that fails test d."""
    return bad(f"leaf_{name}", text, with_leaf(leaf), flags)


def nested(levels: int) -> object:
    """Return arrays in arrays, *levels* of them."""
    item: object = 1
    for _ in range(levels):
        item = [item]
    return item


def leaf_encodings() -> Iterator[Vector]:
    """Test d: the contract is one canonical map. A fault here is no fault of the file itself."""
    good = encode(salted(1))
    yield spoilt("empty", "The contract is an empty byte string.", b"")
    yield spoilt("array", "The contract is an array.", encode([1, 2]))
    yield spoilt("bytes", "The contract is in a further byte string.", encode(good))
    yield spoilt("tagged", "The contract is tagged.", b"\xd2" + good)
    yield spoilt(
        "tagged_55799", "The contract begins with the tag of CBOR.", b"\xd9\xd9\xf7" + good
    )
    yield spoilt("trailing_byte", "A byte follows the contract.", good + b"\0")
    yield spoilt("cut_short", "The contract ends one byte early.", good[:-1])
    yield spoilt("twice", "The contract follows itself.", good + good)
    text = "exp has a longer head than necessary."
    yield spoilt("long_head", text, salted(1, {4: Raw(long_head(UINT, ENDS, 8))}))
    body = salted(1)
    back = encode(pairs(*sorted(body.items(), key=lambda pair: -abs(pair[0]))))
    yield spoilt("unsorted", "The claims are not in order.", back)
    twice = encode(pairs((4, ENDS), *((k, body[k]) for k in (4, 6, 7, CONTRACT))))
    yield spoilt("duplicate_key", "exp occurs twice.", twice, "duplicate batch")
    endless = b"\xbf" + good[1:] + b"\xff"
    yield spoilt("indefinite", "The claims are a map of indefinite length.", endless)
    text = "An unknown claim is null."
    yield spoilt("null", text, salted(1, {8: NULL}), "data-model batch")
    text = "iat is a float."
    yield spoilt(
        "float",
        text,
        salted(1, {6: Raw(b"\xfb\x41\xda\x55\x6e\x40\x00\x00\x00")}),
        "data-model batch",
    )
    text = "An unknown claim is 2^53."
    yield spoilt("integer_2_53", text, salted(1, {8: 2**53}), "data-model boundary batch")
    text = "A title is not UTF-8."
    broken = salted(1, work={1: Raw(b"\x62\xc3\x28")})
    yield spoilt("utf8", text, broken, "utf8 batch")
    for levels, name in ((7, "8"), (8, "9")):
        leaf = salted(1, {8: nested(levels)})
        text = f"An unknown claim makes the contract nested {name} deep."
        if levels == 8:
            yield spoilt("nested_9", text, leaf, "limit boundary batch")
            continue
        flags = "limit boundary unknown batch"
        file = with_leaf(leaf)
        yield unsupported("batch/leaf_nested_8", text, "§12.3 test g", flags, file)
    text = "The contract has 16,385 bytes."
    yield spoilt("16385", text, long_leaf(MOST_OF_A_PAYLOAD + 1), "limit boundary batch")


def leaf_kinds() -> Iterator[Vector]:
    """Test d: the contract has a kind that is not 12; test e: the kind is 1."""
    tree = everyday()
    text = "The contract is the head of a batch, so one batch is inside another."
    yield spoilt("kind_12", text, head_claims(tree), "batch")
    text = "The contract has every field of a contract and kind 12."
    yield spoilt("kind_12_of_a_contract", text, salted(1, terms={0: 12}), "batch")
    text = "The contract is a whole file of one contract of another batch."
    yield spoilt("whole_file", text, placed(tree, 1).data, "batch")
    text = "The contract is a whole file of a contract signed alone."
    yield spoilt("whole_file_alone", text, sign(salted(1)).data, "batch")
    text = "The contract is a place in another batch."
    place = [tree.payloads[1], 1, tree.path(1)]
    yield spoilt("a_place", text, encode(place), "batch")
    text = "The contract is the head of another batch with a place under an unknown field."
    inner = merged(head_claims(tree), {CONTRACT: {0: 12, 1: 3, 2: tree.root, 3: place}})
    yield spoilt("kind_12_with_place", text, inner, "batch")
    for name, kind, words in (
        ("text", "1", "the text 1"),
        ("true", TRUE, "true"),
        ("negative", -1, "-1"),
        ("missing", ABSENT, "missing"),
    ):
        flags = "missing batch" if kind is ABSENT else "look-alike batch"
        text = f"The kind of the contract is {words}."
        yield spoilt(f"kind_{name}", text, salted(1, terms={0: kind}), flags)
    text = "The contract has no contract map."
    yield spoilt("no_contract_map", text, salted(1, {CONTRACT: ABSENT}), "missing batch")
    text = "The contract map is an array."
    yield spoilt("contract_map_array", text, salted(1, {CONTRACT: [1]}), "field batch")
    text = "The claims are an empty map."
    yield spoilt("empty_map", text, b"\xa0", "missing batch")
    spec, flags = "§12.3 test e", "unknown batch"
    for kind in (0, 2, 11, 13, 257):
        text = f"The contract has kind {kind}."
        file = with_leaf(salted(1, terms={0: kind}))
        yield unsupported(f"batch/leaf_kind_{kind}", text, spec, flags, file)
    text = "The contract has kind 2 and no other field, no exp and no salt: none is looked at."
    file = with_leaf({CONTRACT: {0: 2}})
    yield unsupported("batch/leaf_kind_2_alone", text, spec, f"{flags} order", file)
    text = "The contract has kind 2, and its creator is another key than that of kid."
    file = with_leaf(salted(1, terms={0: 2}, key=BEN))
    yield unsupported("batch/leaf_kind_2_kid", text, spec, f"{flags} order", file)


def nodes_as_leaves() -> Iterator[Vector]:
    """Nodes of the tree in place of a contract."""
    tree = everyday()
    first, second, third = tree.hashes
    own: Map = {1: 2}
    for name, data, words in (
        ("64_bytes", first + second, "the two hashes of an inner node"),
        ("65_bytes", b"\x01" + first + second, "all bytes that an inner node is hashed from"),
        ("32_bytes", merkle.node(first, second), "the hash of an inner node"),
    ):
        text = f"In place of a contract, there are {words}; the size fits the shorter path."
        file = placed(tree, 0, leaf=data, path=[third], own=own)
        yield bad(f"node_{name}", text, file, "path batch")


def leaf_rules() -> Iterator[Vector]:
    """Test f: the contract passes test d of §3.9, with the kid of the head, and has a salt."""
    spec = "§12.3 test f"

    def rule(name: str, text: str, leaf: Map, flags: str = "field batch") -> Vector:
        return malformed(f"batch/leaf_{name}", text, spec, flags, with_leaf(leaf))

    yield rule("no_salt", "The contract has no salt.", claims(), "missing batch")
    for size in (0, 15, 17):
        text = f"The salt has {size} bytes."
        yield rule(f"salt_{size}_bytes", text, claims({7: bytes(size)}), "field boundary batch")
    yield rule("salt_text", "The salt is text.", claims({7: "0" * 16}))
    text = "The salt is under the text 7."
    yield rule("salt_under_text", text, claims({"7": salt(1)}), "look-alike batch")
    yield rule("no_exp", "exp is missing.", salted(1, {4: ABSENT}), "missing batch")
    yield rule("exp_at_iat", "exp is iat.", salted(1, {4: SIGNED}), "field boundary batch")
    yield rule("report_13", "A report is due every 13 months.", salted(1, terms={14: 13}))
    text = "The payments are not in order."
    payments = [[2, 5, 0, "EUR"], [1, 5, 0, "EUR"]]
    yield rule("payments_unsorted", text, salted(1, terms={5: payments}), "unsorted batch")
    text = "The contract has no work."
    yield rule("no_work", text, salted(1, terms={2: ABSENT}), "missing batch")
    text = "The title has two spaces in a row."
    yield rule("title_spaces", text, salted(1, work={1: "Harbour  at dawn"}), "spaces batch")
    text = "The contract cannot be revoked and has a position in a list."
    yield rule("status_in_mode_0", text, salted(1, {STATUS: status_claim()}), "redundant batch")
    text = "The recovery key is the creator's key."
    yield rule("recovery_of_creator", text, salted(1, creator={3: ANA.thumbprint}))
    text = "The contract has two creators."
    two = salted(1)
    two[CONTRACT][1] = [{0: ANA.cose}, {0: BEN.cose}]
    yield rule("two_creators", text, two)
    text = "The contract is Ben's; kid and signature of the head are Ana's, who is believed."
    yield rule("of_another_creator", text, salted(1, key=BEN), "kid batch")
    tree = everyday()
    text = "The contract is Ana's; kid and signature of the head are Ben's."
    file = placed(tree, 1, key=BEN)
    yield malformed("batch/head_of_another_creator", text, spec, "kid batch", file)
    text = "The kid of the head is another key's; the signature is the creator's."
    file = placed(tree, 1, protected={4: BEN.kid})
    yield malformed("batch/head_kid_of_another_key", text, spec, "kid batch", file)
    text = "The last bit of the kid of the head differs."
    near = ANA.kid[:7] + bytes([ANA.kid[7] ^ 1])
    file = placed(tree, 1, protected={4: near})
    yield malformed("batch/head_kid_last_bit", text, spec, "kid batch", file)


def unknown_parts() -> Iterator[Vector]:
    """Test g: nothing is unknown in the head, its headers and the contract."""
    spec, tree = "§12.3 test g", everyday()

    def unknown(name: str, text: str, file: File, flags: str = "unknown batch") -> Vector:
        return unsupported(f"batch/{name}", text, spec, flags, file)

    in_head: tuple[tuple[str, Map, Map, str], ...] = (
        ("key_3", {3: 1}, {}, "an unknown key 3 in its map"),
        ("key_4_uses", {4: 1023}, {}, "every use, under the key of a contract"),
        ("key_9_territory", {9: ["ES"]}, {}, "a territory, under the key of a contract"),
        ("key_text", {"2": tree.root}, {}, "a second root under the text 2"),
        ("key_negative", {-1: 1}, {}, "an unknown key -1 in its map"),
        ("exp", {}, {4: ENDS}, "the exp of its contracts"),
        ("exp_past", {}, {4: 1}, "an exp that is long past"),
        ("exp_text", {}, {4: "2027"}, "an exp that is text, which is not examined"),
        ("iat", {}, {6: SIGNED}, "the iat of its contracts"),
        ("salt", {}, {7: salt(0)}, "a salt"),
        ("status", {}, {STATUS: status_claim()}, "a position in a list"),
        ("claim_8", {}, {8: 1}, "an unknown claim 8"),
        ("claim_text", {}, {"exp": ENDS}, "an unknown claim that is text"),
    )
    for name, own, top, words in in_head:
        file = placed(tree, 1, own=own, top=top)
        yield unknown(f"head_with_{name}", f"The head has {words}.", file)
    headers: tuple[tuple[str, Map, Map, str], ...] = (
        ("protected_99", {99: 1}, {}, "The protected header has an unknown label"),
        ("protected_text", {"note": 1}, {}, "The protected header has a text label"),
        ("protected_crit", {2: [16]}, {}, "The protected header has crit"),
        ("unprotected_99", {}, {99: 1}, "The unprotected header has an unknown label"),
        ("unprotected_typ", {}, {16: TYP}, "typ is in both headers"),
        ("alg_esp256", {1: -9}, {}, "alg is ESP256"),
        ("place_text_too", {}, {str(CONTRACT): 1}, "The text of the label is beside the label"),
        ("place_wrapped_too", {}, {CONTRACT - 2**32: 1}, "A label equal in 32 bits is beside it"),
    )
    for name, protected, beside, words in headers:
        file = placed(tree, 1, protected=protected, beside=beside)
        yield unknown(f"head_{name}", f"{words}.", file, "unknown headers batch")
    text = "The place is in both headers."
    place = [tree.payloads[1], 1, tree.path(1)]
    file = placed(tree, 1, protected={CONTRACT: place})
    yield unknown("place_in_both_headers", text, file, "unknown headers batch")
    in_leaf: tuple[tuple[str, Map, str], ...] = (
        ("field_16", salted(1, terms={16: TRUE}), "an unknown field 16"),
        ("claim_8", salted(1, {8: 1}), "an unknown claim 8"),
        ("use_11", salted(1, terms={4: 1025}), "an unknown use"),
        ("payment_7", salted(1, terms={5: [[7]]}), "a payment of an unknown type"),
        ("template", salted(1, terms={7: "en-2"}), "another template"),
        ("mode_3", salted(1, terms={6: [3, 0]}), "an unknown mode of revocation"),
        ("kty_2", salted(1, creator={0: {1: 2}}), "a key of an unknown type"),
        ("text_key", salted(1, terms={"10": TRUE}), "an unknown field that is text"),
    )
    for name, leaf, words in in_leaf:
        yield unknown(f"leaf_unknown_{name}", f"The contract has {words}.", with_leaf(leaf))
    first, _, third = tree.payloads
    text = "The contract has a key of an unknown type, and kid is Ben's: it is not compared."
    data = encode(salted(1, creator={0: {1: 2}}))
    file = placed(Tree((first, data, third)), 1, protected={4: BEN.kid})
    yield unknown("leaf_kty_other_kid", text, file, "unknown order batch")


def signatures() -> Iterator[Vector]:
    """Step 3: the signature of the head."""
    tree = everyday()
    good = placed(tree, 1)

    def faulty(name: str, text: str, file: File, flags: str = "signature batch") -> Vector:
        return bad_signature(f"batch/{name}", text, "§12.3", flags, file)

    zeros = placed(tree, 1, signature=bytes(64))
    yield faulty("signature_zeros", "The signature is 64 zero bytes.", zeros)
    text = "The signature has 63 bytes."
    short = placed(tree, 1, signature=bytes(63))
    yield faulty("signature_63_bytes", text, short, "length batch")
    text = "Ana signed the contract alone, and not the head."
    alone = ANA.sign(sign(tree.payloads[1]).sig_structure)
    yield faulty("signature_of_the_contract", text, placed(tree, 1, signature=alone))
    text = "Ana signed the root alone."
    yield faulty("signature_of_the_root", text, placed(tree, 1, signature=ANA.sign(tree.root)))
    text = "Ana signed the payload of the head without the Sig_structure."
    bare = ANA.sign(good.payload)
    yield faulty("signature_of_the_payload", text, placed(tree, 1, signature=bare))
    text = "Ana signed the head of another batch."
    other = ANA.sign(head_of(series(3, 2)).sig_structure)
    yield faulty("signature_of_another_head", text, placed(tree, 1, signature=other))
    text = "Ben signed the head; kid and the contract are Ana's."
    ben = BEN.sign(good.sig_structure)
    yield faulty("signature_of_another_key", text, placed(tree, 1, signature=ben))
    text = "The contract and kid are Ben's, and Ana signed the head: her key is believed."
    first, _, third = tree.payloads
    his = Tree((first, encode(salted(1, key=BEN)), third))
    signed = ANA.sign(head_of(his, protected={4: BEN.kid}).sig_structure)
    file = placed(his, 1, protected={4: BEN.kid}, signature=signed)
    yield faulty("signature_of_believed", text, file)
    text = "The size was changed after signing; the path fits both sizes."
    from_four = ANA.sign(head_of(series(4, 0)).sig_structure)
    four = series(4, 0)
    yield faulty("size_changed", text, placed(four, 0, own={1: 3}, signature=from_four))
    text = "The root was changed after signing, to that of a tree with this contract."
    mine = series(3, 0)
    stolen = ANA.sign(head_of(tree).sig_structure)
    yield faulty("root_changed", text, placed(mine, 0, signature=stolen))
    text = "alg was changed after signing, from -8 to -19."
    alg = ANA.sign(good.sig_structure)
    yield faulty("alg_changed", text, placed(tree, 1, protected={1: -19}, signature=alg))
    yield from hostile()


def hostile() -> Iterator[Vector]:
    """Keys and signatures that looser rules accept."""
    neutral = ed.SMALL_ORDER[2]  # the neutral point: R and S of one signature fit every message
    small = Key(neutral, lambda _: neutral + bytes(32))
    first, _, third = everyday().payloads
    tree = Tree((first, encode(salted(1, key=small)), third))
    file = placed(tree, 1, key=small)
    rules = ed.Rules(no_small_order=False)
    signature = small.sign(b"")
    assert ed.accepts(neutral, file.sig_structure, signature, rules)
    assert not ed.accepts(neutral, file.sig_structure, signature)
    text = "The creator's key is of small order; one signature fits every head."
    flags = "ed25519-small-order batch"
    name = "batch/key_of_small_order"
    yield bad_signature(name, text, "§4.2 step 4", flags, file, keys=(small,))
    good = placed(everyday(), 1)
    right = ANA.sign(good.sig_structure)
    large = int.from_bytes(right[32:], "little") + ed.L
    signature = right[:32] + large.to_bytes(32, "little")
    assert ed.accepts(ANA.public, good.sig_structure, signature, ed.Rules(reduced_s=False))
    text = "L was added to S of the signature of the head."
    file = placed(everyday(), 1, signature=signature)
    name, flags = "batch/large_s", "ed25519-large-s batch"
    yield bad_signature(name, text, "§4.2 step 2", flags, file)


def wrong(name: str, text: str, file: File) -> Vector:
    """Return a scenario in which the root is not that of the head."""
    return bad_signature(f"batch/{name}", text, SPEC, "path batch", file)


def wrong_paths() -> Iterator[Vector]:
    """Step 3: a path, index or contract that leads to another root."""
    tree = everyday()
    path = tree.path(1)

    flipped = path[0][:31] + bytes([path[0][31] ^ 1])
    text = "One bit of the first hash differs."
    yield wrong("path_first_bit", text, placed(tree, 1, path=[flipped, path[1]]))
    top = bytes([path[1][0] ^ 0x80]) + path[1][1:]
    text = "One bit of the last hash differs."
    yield wrong("path_last_bit", text, placed(tree, 1, path=[path[0], top]))
    text = "The hashes of the path are in the other order."
    yield wrong("path_reversed", text, placed(tree, 1, path=path[::-1]))
    text = "The path is that of the neighbour, which is as long."
    yield wrong("path_of_neighbour", text, placed(tree, 1, path=tree.path(0)))
    text = "The index is that of the neighbour, whose path is as long: left and right change."
    yield wrong("index_of_neighbour", text, placed(tree, 1, index=0))
    text = "Index and path are those of the neighbour."
    yield wrong("place_of_neighbour", text, placed(tree, 1, index=0, path=tree.path(0)))
    text = "The path is that of another batch of the same size."
    yield wrong("path_of_another_batch", text, placed(tree, 1, path=series(3, 0).path(1)))
    text = "The head is that of another batch of the same size, and its signature is good."
    yield wrong("root_of_another_batch", text, placed(tree, 1, own={2: series(3, 0).root}))
    text = "The path is that of the eighth leaf of eight, for the first."
    eight = series(8, 0)
    yield wrong("index_mirrored", text, placed(eight, 0, index=7))
    text = "The contract differs from the one in the tree: another use."
    other = encode(salted(1, terms={4: 3}))
    yield wrong("contract_changed", text, placed(tree, 1, leaf=other))
    text = "The contract is in no tree of this head."
    yield wrong("contract_foreign", text, placed(tree, 1, leaf=encode(salted(77))))


def wrong_roots() -> Iterator[Vector]:
    """Step 3: a head whose root is another."""
    tree = everyday()
    root = bytes([tree.root[0] ^ 1]) + tree.root[1:]
    text = "One bit of the signed root differs."
    yield wrong("root_first_bit", text, placed(tree, 1, own={2: root}))
    text = "The root is 32 zero bytes."
    yield wrong("root_zeros", text, placed(tree, 1, own={2: bytes(32)}))
    text = "The root has its bytes in the other order."
    yield wrong("root_reversed", text, placed(tree, 1, own={2: tree.root[::-1]}))
    text = "The root is the hash of the contract itself."
    yield wrong("root_is_the_leaf", text, placed(tree, 1, own={2: tree.hashes[1]}))
    text = "The root is the contract id."
    plain = sha256(tree.payloads[1]).digest()
    yield wrong("root_is_the_id", text, placed(tree, 1, own={2: plain}))
    text = "The root is right and the signature is that of another message."
    file = placed(tree, 1, signature=ANA.sign(b"another message"))
    yield wrong("root_good_signature_bad", text, file)
    text = "The root is wrong and the signature is bad."
    file = placed(tree, 1, own={2: bytes(32)}, signature=bytes(64))
    yield wrong("root_and_signature_bad", text, file)
    text = "The last leaf is repeated to make the tree even, and the root is that of this tree."
    last = series(3, 2)
    yield wrong("last_repeated", text, placed(last, 2, own={2: padded_root()}))
    text = "The first of three leaves has its path, under the root of a tree that repeats the last."
    file = placed(series(3, 0), 0, own={2: padded_root()})
    assert padded_path() != series(3, 0).path(0)
    yield wrong("last_repeated_own_path", text, file)
    five = series(5, 0)
    halves = merkle.root(five.hashes[:3]), merkle.root(five.hashes[3:])
    text = "The root is that of a tree that is split in the middle."
    yield wrong("split_in_the_middle_root", text, placed(five, 0, own={2: merkle.node(*halves)}))


def digest_of(data: bytes) -> bytes:
    """Return the SHA-256 of *data*."""
    return sha256(data).digest()


def other_hashes() -> Iterator[Vector]:
    """Trees whose leaves or nodes are hashed in another way."""
    payloads = everyday().payloads
    ways: tuple[tuple[str, Tree, str], ...] = (
        ("leaf_without_00", Tree(payloads, leaf=digest_of), "leaves are hashed without 00"),
        (
            "node_without_01",
            Tree(payloads, node=lambda a, b: digest_of(a + b)),
            "nodes are hashed without 01",
        ),
        (
            "neither_prefix",
            Tree(payloads, leaf=digest_of, node=lambda a, b: digest_of(a + b)),
            "neither leaves nor nodes have their byte",
        ),
        (
            "prefixes_swapped",
            Tree(
                payloads,
                leaf=lambda data: digest_of(b"\1" + data),
                node=lambda a, b: digest_of(b"\0" + a + b),
            ),
            "leaves are hashed with 01 and nodes with 00",
        ),
        (
            "leaf_with_head",
            Tree(payloads, leaf=lambda data: digest_of(b"\0" + encode(data))),
            "leaves are hashed with the head of their byte string",
        ),
        (
            "leaf_of_id",
            Tree(payloads, leaf=lambda data: digest_of(b"\0" + digest_of(data))),
            "leaves are hashes of the contract id",
        ),
        (
            "hashed_twice",
            Tree(
                payloads,
                leaf=lambda data: digest_of(digest_of(b"\0" + data)),
                node=lambda a, b: digest_of(digest_of(b"\1" + a + b)),
            ),
            "every hash is taken twice, as in Bitcoin",
        ),
        (
            "right_before_left",
            Tree(payloads, node=lambda a, b: digest_of(b"\1" + b + a)),
            "the right part is hashed before the left",
        ),
        (
            "sorted_pairs",
            Tree(payloads, node=lambda a, b: digest_of(b"\1" + min(a, b) + max(a, b))),
            "the lesser hash of a pair comes first",
        ),
        (
            "node_of_text",
            Tree(payloads, node=lambda a, b: digest_of(b"\1" + (a.hex() + b.hex()).encode())),
            "nodes are hashed as text",
        ),
    )
    right = everyday().root
    for name, tree, words in ways:
        assert tree.root != right, name
        text = f"In this tree {words}; path and root are those of this tree."
        yield bad_signature(f"batch/tree_{name}", text, "§12.1", "path batch", placed(tree, 1))
