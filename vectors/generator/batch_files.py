"""Whole batches in one file: opening one, and the answer of each contract in it (spec §12.4)."""

import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import combinations

import merkle
import recipes
from batch_build import (
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
from batches import MOST_OF_A_HEADER, with_status
from build import (
    ABSENT,
    ACME_URI,
    ANA,
    BEN,
    CONTRACT,
    ENDS,
    NOW,
    SHA256,
    SIGNED,
    STATUS,
    File,
    Key,
    Map,
    bstr_head,
    claims,
    rfc3339,
    sign,
    status_claim,
)
from cbor_writer import BYTES, UINT, Raw, encode, head, long_head
from deflate import (
    END,
    FIXED,
    HEADER,
    block,
    fixed,
    raw_stored,
    repeat,
    stored,
    stream,
)
from status_rules import IDX, listed

SPEC = "§12.4"
MOST_OF_A_FILE, MOST_INFLATED = 67_108_864, 268_435_456

Answer = tuple[str, int | None]
VALID: Answer = ("valid", None)
WRONG_WORK: Answer = ("wrong-work", 7)
BAD_SIGNATURE: Answer = ("bad-signature", 3)
MALFORMED: Answer = ("malformed", 2)
UNSUPPORTED: Answer = ("unsupported", 2)
# The question is about the second of three works.
USUAL: tuple[Answer, ...] = (WRONG_WORK, VALID, WRONG_WORK)


@dataclass(frozen=True)
class FileVector:
    """One batch file, a question about each contract in it, and the answers written by hand."""

    name: str
    comment: str
    spec: str
    flags: str
    batch: bytes | list[tuple[bytes, int]]  # or pieces, and how often each is repeated
    expect: str = "valid"
    step: int | None = None
    contracts: tuple[bytes, ...] = ()
    answers: tuple[Answer, ...] = ()
    keys: tuple[Key | str, ...] = (ANA,)
    work: Mapping[str, object] | None = field(default_factory=lambda: {"sha256": SHA256.hex()})
    at: int = NOW
    lists: tuple[bytes, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return the vector in the form of its file."""
        out: dict[str, object] = {
            "name": self.name,
            "comment": self.comment,
            "spec": self.spec,
            "flags": self.flags.split(),
            "batch": self._recipe(),
            "keys": [key.did if isinstance(key, Key) else key for key in self.keys],
            "work": self.work,
            "grantee": {"uri": ACME_URI},
            "use": "pretrain",
            "territory": "PT",
            "at": rfc3339(self.at),
            "status_lists": [recipes.of_bytes(data) for data in self.lists],
            "list_results": ["valid"] * len(self.lists),
            "expect": self.expect,
            "step": self.step,
        }
        if self.expect == "valid":
            out["answers"] = [
                {"contract_id": hashlib.sha256(data).hexdigest(), "expect": code, "step": step}
                for data, (code, step) in zip(self.contracts, self.answers, strict=True)
            ]
        return out

    def _recipe(self) -> object:
        if isinstance(self.batch, bytes):
            return recipes.of_bytes(self.batch)
        return [[data.hex(), times] if times > 1 else data.hex() for data, times in self.batch]


refused = partial(FileVector, expect="malformed", step=2)


def vectors() -> Iterator[FileVector]:
    """Yield every scenario of this file."""
    yield from opened()
    yield from single_contracts()
    yield from questions()
    yield from containers()
    yield from heads()
    yield from streams()
    yield from strings()
    yield from roots()
    yield from limits()
    yield from two_faults()


def plain_of(tree: Tree) -> bytes:
    """Return the byte strings of a tree, before they are compressed."""
    return b"".join(map(encode, tree.payloads))


def file_of(first: File | bytes, second: bytes) -> bytes:
    """Return the batch file of a head and a stream."""
    return encode([first.data if isinstance(first, File) else first, second])


def whole(tree: Tree, **changes: object) -> bytes:
    """Return the batch file of a *tree*, with changes to its head."""
    return file_of(head_of(tree, **changes), stored(plain_of(tree)))  # type: ignore[arg-type]


def opens(
    name: str, text: str, data: bytes, tree: Tree, answers: tuple[Answer, ...] = USUAL
) -> FileVector:
    """Return the scenario of a file that opens."""
    base = FileVector(f"batch_file/{name}", text, SPEC, "accepted batch", data)
    return replace(base, contracts=tree.payloads, answers=answers)


def bad(name: str, text: str, data: bytes, flags: str = "batch", step: int = 2) -> FileVector:
    """Return the scenario of a malformed file."""
    test = 1 if step == 1 else 3
    return refused(f"batch_file/{name}", text, f"§12.4 test {test}", flags, data, step=step)


def opened() -> Iterator[FileVector]:
    """Sizes, headers and compressions."""
    for size, about in ((2, 0), (3, 1), (4, 3), (5, 4), (7, 6), (8, 2), (33, 32)):
        tree = series(size, about)
        answers = tuple(VALID if n == about else WRONG_WORK for n in range(size))
        text = f"A batch of {size}; the question is about the work at index {about}."
        yield opens(f"size_{size}", text, whole(tree), tree, answers)
    tree = many(100)
    text = "A hundred contracts for one work: each of them holds."
    yield opens("one_work", text, whole(tree), tree, (VALID,) * 100)
    tree = everyday()
    text = "alg of the head is -19."
    yield opens("alg_minus_19", text, whole(tree, protected={1: -19}), tree)
    text = "The head has receipts and a time-stamp token beside it."
    data = whole(tree, beside={270: b"\x30\x00", 394: [b"\xd2\x00"]})
    yield opens("with_receipts", text, data, tree)
    plain = plain_of(tree)
    for name, words, second in compressions(plain):
        yield opens(name, f"{words}: as good as any.", file_of(head_of(tree), second), tree)


def compressions(plain: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Yield streams that inflate to the same bytes."""
    literals = "".join(map(fixed, plain))
    yield "fixed_codes", "Fixed codes", stream("1" + FIXED + literals + fixed(END), plain)
    yield "squeezed", "What repeats is not written twice", squeezed(plain)
    lengths = {symbol: 8 if symbol < 226 else 9 for symbol in range(286)}

    def code(symbol: int) -> str:
        return f"{symbol:08b}" if symbol < 226 else f"{2 * 226 + symbol - 226:09b}"

    bits = "".join(map(code, plain)) + code(END)
    yield "own_codes", "A block with codes of its own", stream(block(lengths, {}, bits), plain)
    tail = zlib.adler32(plain).to_bytes(4, "big")
    pieces = [plain[i : i + 100] for i in range(0, len(plain), 100)]
    cut = b"".join(b"\0" + raw_stored(piece)[1:] for piece in pieces[:-1])
    cut += raw_stored(pieces[-1])
    yield "many_blocks", "A block for every hundred bytes", HEADER + cut + tail
    empty = b"\0\0\0\xff\xff" * 50
    yield "empty_blocks", "Fifty empty blocks first", HEADER + empty + raw_stored(plain) + tail
    yield "other_level", "FLEVEL 3", b"\x78\xda" + raw_stored(plain) + tail
    yield "small_window", "A window of 256 bytes is declared", b"\x08\x1d" + stored(plain)[2:]


def squeezed(plain: bytes) -> bytes:
    """Return a stream in which each piece of three bytes or more that repeats is a repetition."""
    bits, place = "1" + FIXED, 0
    while place < len(plain):
        length, start = 2, -1
        while length < 258 and place + length < len(plain):
            found = plain.rfind(plain[place : place + length + 1], 0, place + length)
            if found < 0:
                break
            length, start = length + 1, found
        if start < 0:
            bits, place = bits + fixed(plain[place]), place + 1
        else:
            bits, place = bits + repeat(length, place - start), place + length
    return stream(bits + fixed(END), plain)


def single_contracts() -> Iterator[FileVector]:
    """One contract that is refused does not spoil the others."""
    first, second, third = everyday().payloads
    last = 2**23
    cases: tuple[tuple[str, bytes, Answer, str], ...] = (
        ("malformed", encode(salted(last, terms={14: 13})), MALFORMED, "has a field out of range"),
        ("unsupported", encode(salted(last, terms={16: 1})), UNSUPPORTED, "has an unknown field"),
        ("of_kind_2", encode(salted(last, terms={0: 2})), UNSUPPORTED, "has kind 2"),
        ("of_kind_12", encode(salted(last, terms={0: 12})), MALFORMED, "has kind 12"),
        ("without_salt", encode(claims({4: ENDS + 1, 5: SIGNED + 1})), MALFORMED, "has no salt"),
        ("of_another_creator", encode(salted(last, key=BEN)), MALFORMED, "is Ben's"),
        ("not_canonical", encode(salted(last)) + b"\0", MALFORMED, "has a byte too many"),
        ("no_cbor", b"\xff", MALFORMED, "is a single byte"),
        ("a_node", b"\xff" * 64, MALFORMED, "is 64 bytes, as of two hashes"),
        ("longest", b"\xff" * 16_384, MALFORMED, "is 16,384 bytes that are no contract"),
        ("of_unknown_key", unknown_key(last), UNSUPPORTED, "has a key of an unknown type"),
    )
    for name, data, answer, words in cases:
        tree = Tree((first, second, third, data))
        text = f"The last contract {words}; the others get their answers."
        yield opens(f"one_{name}", text, whole(tree), tree, (*USUAL, answer))
    text = "Every contract is malformed, and the file opens."
    tree = Tree((b"\x00", b"\x00\x00", b"\x01"))
    yield opens("all_malformed", text, whole(tree), tree, (MALFORMED,) * 3)


def unknown_key(number: int) -> bytes:
    """Return a contract whose creator has a key of an unknown type."""
    return encode(salted(number, creator={0: {1: 2}}))


def questions() -> Iterator[FileVector]:
    """Keys, instants and lists apply to each contract."""
    tree = everyday()
    usual = opens("usual", "The everyday batch.", whole(tree), tree)
    text = "The signature of the head is that of another message."
    other = whole(tree, signature=ANA.sign(b"another message"))
    yield opens("signature_bad", text, other, tree, (BAD_SIGNATURE,) * 3)
    text = "The signature of the head has 63 bytes."
    short = whole(tree, signature=bytes(63))
    yield opens("signature_63_bytes", text, short, tree, (BAD_SIGNATURE,) * 3)
    text = "Ben signed the head and his kid is in it; the contracts are Ana's."
    yield opens("head_of_another", text, whole(tree, key=BEN), tree, (MALFORMED,) * 3)
    text = "A bad signature, and one contract that is malformed before it matters."
    mixed = Tree((*tree.payloads, b"\xff"))
    data = whole(mixed, signature=bytes(64))
    mixed_answers = (*(BAD_SIGNATURE,) * 3, MALFORMED)
    yield opens("signature_and_leaf_bad", text, data, mixed, mixed_answers)
    base = replace(usual, name="batch_file/not_believed", comment="Nobody believes the key.")
    yield replace(base, keys=(), answers=(("unknown-creator", 4),) * 3)
    base = replace(usual, name="batch_file/work_not_asked", comment="The work was not asked.")
    yield replace(base, work=None, answers=(("authentic", None),) * 3)
    base = replace(usual, name="batch_file/ended", comment="All contracts have ended.")
    yield replace(base, work=None, at=ENDS, answers=(("expired", 12),) * 3)
    tree = tree_of(*(with_status(n, IDX + n) for n in range(3)))
    status_answers = (("revoked", 13), VALID, ("suspended", 13))
    text = "One contract was revoked, one is suspended, and the one between them holds."
    base = opens("one_revoked", text, whole(tree), tree, status_answers)
    lists = (listed({IDX: 1, IDX + 2: 2}, bits=2),)
    yield replace(base, lists=lists, flags="accepted batch status")
    text = "No list is at hand; one of the contracts cannot be revoked and holds."
    tree = tree_of(salted(0), with_status(1, IDX))
    data = whole(tree)
    yield opens("no_list", text, data, tree, (VALID, ("status-unknown", 13)))


def containers() -> Iterator[FileVector]:
    """Test 1: the file."""
    tree = everyday()
    good, first, second = whole(tree), head_of(tree).data, stored(plain_of(tree))
    assert good[:1] == b"\x82"
    parts = good[1:]
    for name, data, words in (
        ("tagged", b"\xd2" + good, "under tag 18"),
        ("tagged_55799", b"\xd9\xd9\xf7" + good, "under the tag of CBOR"),
        ("tag_98", b"\xd8\x62" + good, "under tag 98"),
        ("array_of_1", encode([first]), "an array with the head alone"),
        ("array_of_3", encode([first, second, b""]), "an array of three byte strings"),
        ("array_empty", encode([]), "an empty array"),
        ("reversed", encode([second, first]), "an array with the stream first"),
        ("head_bare", b"\x82" + first + encode(second), "an array with the head as an item"),
        ("head_text", encode(["head", second]), "an array with text in place of the head"),
        ("head_empty", encode([b"", second]), "an array with an empty head"),
        ("contracts_in_array", encode([first, [second]]), "an array with the stream in an array"),
        ("contracts_bare", encode([first, list(tree.payloads)]), "an array with bare contracts"),
        ("contracts_text", encode([first, "stream"]), "an array with text in place of the stream"),
        ("map", encode({0: first, 1: second}), "a map"),
        ("wrapped", encode(good), "in a further byte string"),
        ("one_contract", placed(tree, 1).data, "the file of one contract"),
        ("head_alone", first, "the head alone"),
        ("no_bytes", b"", "empty"),
        ("trailing_byte", good + b"\0", "followed by a byte"),
        ("twice", good + good, "there twice"),
        ("cut_short", good[:-1], "one byte short"),
        ("line", b"consentsig1:" + good, "behind the prefix of a line"),
    ):
        flags = "envelope batch"
        yield bad(name, f"The file is {words}.", data, flags, 1)
    for name, data, words in (
        ("long_head_array", b"\x98\x02" + parts, "The array"),
        (
            "long_head_head",
            b"\x82" + long(first, 4) + encode(second),
            "The byte string of the head",
        ),
        (
            "long_head_contracts",
            b"\x82" + encode(first) + long(second, 4),
            "The byte string of the stream",
        ),
    ):
        text = f"{words} has a longer head than necessary."
        yield bad(name, text, data, "encoding batch", 1)
    text = "The array has indefinite length."
    yield bad("indefinite", text, b"\x9f" + parts + b"\xff", "encoding batch", 1)
    text = "The stream is a byte string in two chunks."
    chunks = b"\x5f" + encode(second[:50]) + encode(second[50:]) + b"\xff"
    yield bad("chunks", text, b"\x82" + encode(first) + chunks, "encoding batch", 1)


def long(data: bytes, size: int) -> bytes:
    """Return a byte string with a head of *size* bytes of argument."""
    return long_head(BYTES, len(data), size) + data


def heads() -> Iterator[FileVector]:
    """Tests 1 to 4: the head."""
    tree = everyday()
    second = stored(plain_of(tree))
    text = "The head has the typ of a status list."
    typ = whole(tree, protected={16: "application/statuslist+cwt"})
    yield bad("head_typ", text, typ, "typ batch", 1)
    text = "The size in the head has a longer head than necessary."
    long_size = whole(tree, own={1: Raw(long_head(UINT, 3, 1))})
    yield bad("head_not_canonical", text, long_size, "encoding batch", 1)
    text = "The claims of the head are followed by a byte inside their byte string."
    after = whole(tree, payload=encode(head_claims(tree)) + b"\0")
    yield bad("head_byte_after", text, after, "encoding batch", 1)
    text = "The head is followed by a byte inside its byte string."
    yield bad(
        "head_and_byte", text, file_of(head_of(tree).data + b"\0", second), "envelope batch", 1
    )
    text = "The head has no tag."
    yield bad("head_untagged", text, file_of(head_of(tree).data[1:], second), "envelope batch", 1)
    text = "The head has tag 98: test b is not passed."
    tag_98 = b"\xd8\x62" + head_of(tree).data[1:]
    yield bad("head_tag_98", text, file_of(tag_98, second), "envelope batch", 1)
    unknown = partial(FileVector, expect="unsupported", step=2)
    for kind in (0, 1, 2, 13, 268):
        data = whole(tree, own={0: kind})
        name, text = f"batch_file/head_kind_{kind}", f"The head has kind {kind}."
        yield unknown(name, text, "§12.4 test 2", "unknown batch", data)
    name, text = "batch_file/head_is_a_contract", "The head is a contract, signed alone."
    data = file_of(sign(tree.payloads[1]), second)
    yield unknown(name, text, "§12.4 test 2", "unknown batch", data)
    place = [tree.payloads[1], 1, tree.path(1)]
    forms: tuple[tuple[str, str, dict[str, Map]], ...] = (
        ("kind_text", "The kind of the head is text.", {"own": {0: "12"}}),
        ("kind_missing", "The head has no kind.", {"own": {0: ABSENT}}),
        ("kind_true", "The kind of the head is true.", {"own": {0: True}}),
        ("no_map", "The head has no map under its label.", {"top": {CONTRACT: 1}}),
        ("size_0", "The size is 0.", {"own": {1: 0}}),
        ("size_1", "The size is 1.", {"own": {1: 1}}),
        ("size_131073", "The size is 131,073.", {"own": {1: 131_073}}),
        ("size_missing", "The size is missing.", {"own": {1: ABSENT}}),
        ("root_31_bytes", "The root has 31 bytes.", {"own": {2: tree.root[:31]}}),
        ("root_missing", "The root is missing.", {"own": {2: ABSENT}}),
        ("kid_7_bytes", "kid has 7 bytes.", {"protected": {4: ANA.kid[:7]}}),
        ("alg_text", "alg is text.", {"protected": {1: "EdDSA"}}),
        ("receipts_empty", "The receipts are an empty array.", {"beside": {394: []}}),
        ("place", "The head has a contract and its place.", {"beside": {CONTRACT: place}}),
        ("label", "The label of the place has an integer.", {"beside": {CONTRACT: 1}}),
        ("label_protected", "The label is in the protected header.", {"protected": {CONTRACT: 1}}),
    )
    for name, text, changes in forms:
        yield bad(f"head_{name}", text, whole(tree, **changes))
    more: tuple[tuple[str, str, dict[str, Map]], ...] = (
        ("key_3", "The head has an unknown key 3.", {"own": {3: 1}}),
        ("key_4", "The head has uses, which are the contracts'.", {"own": {4: 1}}),
        ("exp", "The head has exp.", {"top": {4: ENDS}}),
        ("salt", "The head has a salt.", {"top": {7: salt(0)}}),
        ("status", "The head has a position in a list.", {"top": {STATUS: status_claim()}}),
        ("alg_9", "alg is ESP256.", {"protected": {1: -9}}),
        ("protected_99", "The protected header has an unknown label.", {"protected": {99: 1}}),
        ("unprotected_99", "The unprotected header has an unknown label.", {"beside": {99: 1}}),
        ("typ_twice", "typ is in both headers.", {"beside": {16: "application/cwt"}}),
        ("label_text", "The label is there as text.", {"beside": {str(CONTRACT): 1}}),
    )
    for name, text, changes in more:
        data = whole(tree, **changes)
        yield unknown(f"batch_file/head_{name}", text, "§12.4 test 4", "unknown batch", data)


def streams() -> Iterator[FileVector]:
    """Test 3: one zlib stream by the rules of §7.1."""
    tree = everyday()
    plain = plain_of(tree)
    good = stored(plain)
    assert good[:2] == HEADER
    body, tail = good[2:-4], good[-4:]
    far = "1" + FIXED + fixed(0x59) + repeat(3, 2)
    for name, data, words in (
        ("empty", b"", "is empty"),
        ("plain", plain, "is not compressed at all"),
        ("raw", body, "is deflate without zlib's header and checksum"),
        ("gzip", bytes.fromhex("1f8b08000000000000ff") + body + bytes(8), "is gzip"),
        ("no_adler", good[:-4], "has no checksum"),
        ("adler_short", good[:-1], "has a checksum of three bytes"),
        ("adler_wrong", good[:-1] + bytes([good[-1] ^ 1]), "has a wrong checksum"),
        ("adler_reversed", good[:-4] + tail[::-1], "has its checksum in the other order"),
        ("cut", good[: len(good) // 2], "ends in the middle"),
        ("header_alone", HEADER, "ends after its header"),
        ("byte_after", good + b"\0", "is followed by a byte"),
        ("two", good + stored(b""), "is followed by a second, empty one"),
        ("twice", good + good, "is there twice"),
        ("split", stored(plain[:100]) + stored(plain[100:]), "is split into two streams"),
        ("dictionary", with_dictionary(body, tail), "needs a preset dictionary"),
        ("check", b"\x78\x02" + good[2:], "has a header whose check fails"),
        ("method", b"\x77\x09" + good[2:], "names compression method 7"),
        ("window", b"\x88\x1c" + good[2:], "declares a window of 64 KiB"),
        ("no_last_block", HEADER + b"\0" + body[1:] + tail, "has no last block"),
        ("length_check", HEADER + body[:3] + b"\0\0" + body[5:] + tail, "has a wrong NLEN"),
        ("block_type_3", HEADER + b"\x07" + body[1:] + tail, "has a block of type 3"),
        ("far", stream(far + fixed(END), b""), "repeats what is before its beginning"),
    ):
        text = f"The stream {words}."
        flags = "inflate batch"
        yield bad(f"stream_{name}", text, file_of(head_of(tree), data), flags)


def with_dictionary(body: bytes, tail: bytes) -> bytes:
    """Return a stream whose header asks for the dictionary with no bytes."""
    flags = 0x20 | (31 - (0x7820 % 31)) % 31
    assert (0x7800 + flags) % 31 == 0
    return bytes([0x78, flags]) + b"\0\0\0\1" + body + tail


def strings() -> Iterator[FileVector]:
    """Test 3: what the stream inflates to."""
    tree = everyday()
    first, second, third = tree.payloads
    good = plain_of(tree)
    one, two, three = map(encode, tree.payloads)
    indefinite = b"\x5f" + three + b"\xff"

    def case(name: str, words: str, plain: bytes, flags: str = "batch") -> FileVector:
        text = f"Inflated, {words}."
        return bad(f"inflated_{name}", text, file_of(head_of(tree), stored(plain)), flags)

    yield case("nothing", "there is nothing", b"")
    yield case("one_less", "there is one contract less than the size", one + two)
    yield case("one_more", "there is one contract more than the size", good + encode(b"\xff"))
    yield case("byte_after", "a byte follows the last contract", good + b"\0")
    yield case("head_after", "the beginning of a further byte string follows", good + b"\x59")
    yield case("cut", "the last contract is one byte short", good[:-1])
    yield case("cut_head", "the last contract ends inside its head", one + two + b"\x59\x01")
    long_one = long(first, 4)
    yield case("long_head", "a byte string has a longer head", long_one + two + three, "encoding batch")  # fmt: skip  # noqa: E501
    yield case("indefinite", "a byte string has chunks", one + two + indefinite, "encoding batch")
    text = head(3, len(third)) + third
    yield case("text", "the last item is a text string", one + two + text)
    yield case("bare", "the contracts have no heads", first + second + third)
    yield case("array", "an array surrounds the contracts", b"\x83" + good)
    yield case("tagged", "the first contract is tagged", b"\xd2" + good)
    yield from orders()
    for name, payload, words in (
        ("empty", b"", "The first payload is empty"),
        ("16385", b"\xff" * 16_385, "The last payload has 16,385 bytes"),
    ):
        payloads = (payload, *tree.payloads) if not payload else (*tree.payloads, payload)
        flags = "boundary limit batch" if payload else "empty batch"
        other = Tree(payloads)
        yield bad(f"payload_{name}", f"{words}; the root fits.", whole(other), flags)


def orders() -> Iterator[FileVector]:
    """Test 3: the payloads ascend. The root is that of the order in the file."""
    first, second, third = everyday().payloads
    beginning = first[:100]
    for name, payloads, words in (
        ("descending", (third, second, first), "descend"),
        ("first_two", (second, first, third), "ascend but for the first two"),
        ("last_two", (first, third, second), "ascend but for the last two"),
        ("twice", (first, second, second, third), "have one twice"),
        ("all_the_same", (second, second), "are twice the same"),
        ("by_length", (b"\x02", b"\x01\x00"), "are in the order of their lengths"),
        ("longer_first", (first, beginning, third), "have one before its own beginning"),
        ("signed_bytes", (b"\x80", b"\x7f"), "are in the order of signed bytes"),
    ):
        data = whole(Tree(payloads))
        flags = "duplicate batch" if "same" in words or "twice" in words else "unsorted batch"
        yield bad(f"order_{name}", f"The payloads {words}.", data, flags)
    tree = Tree((b"\x01", b"\x01\x00", b"\x7f", b"\x80"))
    text = "The payloads ascend by unsigned bytes, and a beginning comes first."
    yield opens("order_bytewise", text, whole(tree), tree, (MALFORMED,) * 4)


def roots() -> Iterator[FileVector]:
    """Test 5: the root over all payloads."""
    tree = everyday()
    wrong = partial(FileVector, expect="bad-signature", step=3)
    first, second, third = tree.hashes
    repeated = merkle.root([first, second, third, third])
    other = Tree(tree.payloads, leaf=lambda data: hashlib.sha256(data).digest()).root
    for name, root, words in (
        ("zeros", bytes(32), "32 zero bytes"),
        ("first_bit", bytes([tree.root[0] ^ 1]) + tree.root[1:], "wrong in one bit"),
        ("of_another", series(3, 0).root, "that of another batch"),
        ("last_repeated", repeated, "that of a tree that repeats its last leaf"),
        ("leaf_without_00", other, "that of leaves hashed without 00"),
        ("of_two", merkle.node(first, second), "that of the first two contracts"),
        ("reversed", merkle.root([third, second, first]), "that of the other order"),
    ):
        data = whole(tree, own={2: root})
        text = f"The root is {words}; the signature is good."
        yield wrong(f"batch_file/root_{name}", text, "§12.4 test 5", "path batch", data)
    text = "One payload was changed after signing."
    changed = Tree((tree.payloads[0], encode(salted(1, terms={4: 3})), tree.payloads[2]))
    data = file_of(head_of(tree), stored(plain_of(changed)))
    yield wrong("batch_file/payload_changed", text, "§12.4 test 5", "path batch", data)
    text = "The size and all else fit; the contracts are those of another batch."
    data = file_of(head_of(tree), stored(plain_of(series(3, 0))))
    yield wrong("batch_file/contracts_of_another", text, "§12.4 test 5", "path batch", data)


def limits() -> Iterator[FileVector]:
    """The limits of the file, of its head, and of what it inflates to."""
    spec, flags = "§2.2", "limit boundary batch"
    tree = everyday()
    for size in (MOST_OF_A_FILE, MOST_OF_A_FILE + 1):
        text = f"A file of {size:,} bytes, nearly all of them empty blocks of its stream."
        pieces, name = file_of_size(tree, size), f"file_{size}"
        if size == MOST_OF_A_FILE:
            base = replace(opens(name, text, b"", tree), spec=spec, flags=f"accepted {flags}")
            yield replace(base, batch=pieces)
        else:
            base = replace(bad(name, text, b"", flags, 1), spec=spec)
            yield replace(base, batch=pieces)
    yield from inflated(spec)
    usual = len(head_of(tree).data) - 64 - 2
    for size in (1_048_576, 1_048_577):
        first = head_of(tree, signature=bytes(size - usual - 5))
        assert len(first.data) == size
        data = file_of(first, stored(plain_of(tree)))
        text = f"The head has {size:,} bytes, nearly all of them its signature"
        if size == 1_048_577:
            yield replace(bad(f"head_{size}", f"{text}.", data, flags, 1), spec=spec)
            continue
        text += ": with a contract beside it, a file would be too large."
        base = opens(f"head_{size}", text, data, tree, (("malformed", 1),) * 3)
        yield replace(base, spec=spec, flags=f"accepted {flags}")
    text = "The unprotected header is so full that a contract of a batch has no place beside it."
    rest = MOST_OF_A_HEADER - len(encode({270: b""})) - 2
    data = whole(tree, beside={270: bytes(rest)})
    base = opens("head_unprotected_65536", text, data, tree, (("malformed", 1),) * 3)
    yield replace(base, spec=spec, flags=f"accepted {flags}")
    text = "The unprotected header of the head has 65,537 bytes."
    data = whole(tree, beside={270: bytes(rest + 1)})
    yield replace(bad("head_unprotected_65537", text, data, flags, 1), spec=spec)


def file_of_size(tree: Tree, size: int) -> list[tuple[bytes, int]]:
    """Return a good file of *size* bytes: its stream begins with empty blocks, of five or six."""
    plain = plain_of(tree)
    end = raw_stored(plain) + zlib.adler32(plain).to_bytes(4, "big")
    first = b"\x82" + encode(head_of(tree).data)
    rest = size - len(first) - 5
    fives, sixes = divmod(rest - len(HEADER) - len(end), 5)
    begin = first + bstr_head(rest) + HEADER
    five, six = bytes.fromhex("000000ffff"), bytes.fromhex("02000000ffff")
    pieces = [(begin + six * sixes, 1), (five, fives - sixes), (end, 1)]
    assert sum(len(data) * times for data, times in pieces) == size
    return pieces


LONGEST = 16_384  # a payload
STRING = LONGEST + 3  # with its head
STRINGS = 16_381  # so many fill the limit but for 9 bytes


def inflated(spec: str) -> Iterator[FileVector]:
    """Files that inflate to the limit, and to one byte more.

    The first 16,381 payloads have 16,384 bytes: the first is all zeros, and in each of the others
    one byte more is 01. Each is the one before, one byte later, so that all of them are written
    with the same bits.
    """
    assert MOST_INFLATED == STRINGS * STRING + 9
    flags = "limit boundary batch"
    for over in (0, 1):
        last = b"\xff" * (8 + over)
        data = over_and_over(last, all_in(last) if over else bytes(32))
        text = f"The payloads inflate to {MOST_INFLATED + over:,} bytes"
        if over:
            text += ", and the root is theirs."
            yield replace(bad("inflated_over_limit", text, b"", f"{flags} inflate"), batch=data, spec=spec)  # fmt: skip  # noqa: E501
            continue
        text += ", and the root is another: the limit is not what refuses them."
        name = "batch_file/inflated_at_limit"
        yield FileVector(name, text, spec, flags, data, "bad-signature", 3)


def payload_of(number: int) -> bytes:
    """Return a long payload: *number* bytes 01, and then zeros."""
    return b"\x01" * number + bytes(LONGEST - number)


def all_in(last: bytes) -> bytes:
    """Return the root over all long payloads and the last one."""
    return merkle.root([*(merkle.leaf(payload_of(n)) for n in range(STRINGS)), merkle.leaf(last)])


def over_and_over(last: bytes, root: bytes) -> list[tuple[bytes, int]]:
    """Return the file of the long payloads and the *last* one."""
    adler = 1
    for number in range(STRINGS):
        adler = zlib.adler32(bstr_head(LONGEST) + payload_of(number), adler)
    adler = zlib.adler32(encode(last), adler)
    start = "".join(map(fixed, bstr_head(LONGEST)))
    tiled = repeat(258, 1) * 63 + repeat(129, 1)
    before = "1" + FIXED + start + fixed(0) + tiled
    far = STRING + 1
    again = start + fixed(1) + repeat(258, far) * 63 + repeat(129, far)
    eight = again * 8
    times, rest = divmod(STRINGS - 1, 8)
    split = -len(before) % 8  # so that what is repeated begins with a whole byte
    after = eight[split:] + again * rest + "".join(map(fixed, encode(last))) + fixed(END)
    middle = bits_of(eight[split:] + eight[:split])
    begin, end = bits_of(before + eight[:split]), bits_of(after) + adler.to_bytes(4, "big")
    size = len(HEADER) + len(begin) + len(middle) * (times - 1) + len(end)
    tree = Tree((b"\0", last))
    first = encode(head_of(tree, own={1: STRINGS + 1, 2: root}).data)
    opening = b"\x82" + first + bstr_head(size) + HEADER + begin
    return [(opening, 1), (middle, times - 1), (end, 1)]


def bits_of(bits: str) -> bytes:
    """Return the bytes of *bits*, the lowest first."""
    return int(bits[::-1], 2).to_bytes(-(-len(bits) // 8), "little")


@dataclass
class Case:
    """The everyday batch, into which faults are put one by one."""

    changes: dict[str, Map] = field(default_factory=dict)
    spoilt: bool = False
    third: bool = False
    signature: bytes | None = None

    def add(self, part: str, changes: Map) -> None:
        """Change a part of the head."""
        self.changes[part] = {**self.changes.get(part, {}), **changes}

    def data(self) -> bytes:
        """Return the file."""
        tree = everyday()
        first = head_of(tree, signature=self.signature, **self.changes)  # type: ignore[arg-type]
        second = stored(plain_of(tree))
        second = second[:-1] + bytes([second[-1] ^ self.spoilt])
        return encode([first.data, second, b""] if self.third else [first.data, second])


def third(case: Case) -> None:
    """Add a third item."""
    case.third = True


def spoil(case: Case) -> None:
    """Spoil the checksum of the stream."""
    case.spoilt = True


def resign(case: Case) -> None:
    """Take the signature of another message."""
    case.signature = ANA.sign(b"another message")


def change(part: str, changes: Map) -> Callable[[Case], None]:
    """Return a fault of the head."""
    return lambda case: case.add(part, changes)


Point = tuple[str, str, Callable[[Case], None], str, int]

POINTS: tuple[Point, ...] = (
    ("array", "a third item", third, "malformed", 1),
    ("typ", "the wrong typ", change("protected", {16: "application/cwt"}), "malformed", 1),
    ("kind", "an unknown kind", change("own", {0: 13}), "unsupported", 2),
    ("form", "a kid of 7 bytes", change("protected", {4: ANA.kid[:7]}), "malformed", 2),
    ("stream", "a wrong checksum", spoil, "malformed", 2),
    ("unknown", "an unknown claim in the head", change("top", {8: 1}), "unsupported", 2),
    ("root", "another root", change("own", {2: bytes(32)}), "bad-signature", 3),
    ("signature", "the signature of another message", resign, "", 0),
)


def two_faults() -> Iterator[FileVector]:
    """Two faults at a time: the first test that fails gives the code."""
    for (one, words, do_one, expect, step), (two, more, do_two, *_) in combinations(POINTS, 2):
        case = Case()
        do_one(case)
        do_two(case)
        text = f"Two faults: {words}; {more}."
        name = f"batch_file/pair_{one}_{two}"
        yield FileVector(name, text, SPEC, "order batch", case.data(), expect, step)
