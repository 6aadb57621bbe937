import json
import math
import re
import struct
from collections.abc import Callable, Mapping
from typing import Any

import cbor2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consentsig import Work, open_batch, sign_batch, sign_contract
from consentsig.format.cbor import encode
from consentsig.format.common import CONSENTSIG
from consentsig.format.read_batch import _HEAD
from consentsig.format.read_contract import _CLAIMS, _CONTRACT, _CREATOR, _GRANTEE, _WORK
from consentsig.inspect import part_names
from consentsig.inspect.diag import MAX_DEPTH, MAX_ITEMS, MAX_STRING_LEN, diagnose
from strategies import (
    ANA,
    all_terms,
    contract,
    everything,
    mutated,
    status_list,
    vector_contracts,
    vector_lists,
    wrapped,
)

CONTRACT = sign_contract(everything(), ANA)
BATCH = sign_batch(
    [everything()._replace(work=Work(bytes((n,)) * 32), salt=bytes((n,)) * 16) for n in range(3)],
    ANA,
)
OF_BATCH = open_batch(BATCH).file(0)
WITH_LISTS = (*vector_contracts("valid", "authentic"), *vector_lists("valid"), CONTRACT)


# --- an independent reader of the notation, as far as it is needed here ---

TOKEN = re.compile(
    r"""/[^/]*/ | \s+ | (?P<text>"(?:[^"\\]|\\.)*")
    | (?P<bytes>h'(?:[0-9a-f\s]|/[^/]*/)*')
    | (?P<number>-?(?:Infinity|\d+(?:\.\d+)?(?:e[+-]?\d+)?))
    | (?P<word>NaN|true|false|null|undefined|simple)
    | (?P<mark><<|>>|\(_|[\[\]{}(),:]) | _[0-3]?""",
    re.VERBOSE,
)


class Reader:
    """Turns notation into values as cbor2 has them; ``<<x>>`` becomes the item x."""

    def __init__(self, notation: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        place = 0
        while place < len(notation):
            found = TOKEN.match(notation, place)
            assert found, notation[place : place + 40]
            if found.lastgroup:
                self.tokens.append((found.lastgroup, found[0]))
            place = found.end()

    def whole(self) -> Any:  # noqa: ANN401  # any item
        value = self.item()
        assert not self.tokens
        return value

    def take(self, *marks: str) -> str:
        kind, text = self.tokens.pop(0)
        assert kind == "mark"
        assert text in marks, (text, marks)
        return text

    def upto(self, closing: str) -> bool:
        return self.tokens[0] != ("mark", closing)

    def item(self) -> Any:  # noqa: ANN401  # any item
        kind, text = self.tokens.pop(0)
        match kind:
            case "text":
                return json.loads(text)
            case "bytes":
                return bytes.fromhex(re.sub("/[^/]*/", "", text[2:-1]))
            case "number":
                return self.number(text)
            case "word":
                words = {"true": True, "false": False, "null": None, "NaN": math.nan}
                is_simple = text == "simple"
                return self.inside(cbor2.CBORSimpleValue) if is_simple else words[text]
        return self.group(text)

    def number(self, text: str) -> Any:  # noqa: ANN401  # any item
        if not re.fullmatch(r"-?\d+", text):
            return float(text.replace("Infinity", "inf"))
        if self.tokens[:1] == [("mark", "(")]:
            return self.inside(lambda value: cbor2.CBORTag(int(text), value))
        return int(text)

    def inside(self, make: Callable[[Any], Any]) -> Any:  # noqa: ANN401  # any item
        self.take("(")
        value = make(self.item())
        self.take(")")
        return value

    def group(self, opening: str) -> Any:  # noqa: ANN401  # any item
        closing = {"[": "]", "{": "}", "<<": ">>", "(_": ")"}[opening]
        items: list[Any] = []
        while self.upto(closing):
            if items:
                self.take(",")
            item = self.item()
            if opening == "{":
                self.take(":")
                item = (item, self.item())
            items.append(item)
        self.take(closing)
        if opening == "<<":
            (item,) = items
            return item
        if opening == "(_":
            return (b"" if not items or isinstance(items[0], bytes) else "").join(items)
        return dict(items) if opening == "{" else items


def read(data: bytes) -> Any:  # noqa: ANN401  # any item
    found = diagnose(data)
    assert found.faults == []
    return Reader("\n".join(found.lines)).whole()


def beside(lines: list[str]) -> str:
    """All bytes on the left, in hex; each stands at the position that its line names."""
    shown = ""
    for line in lines:
        if found := re.match(r"/ +(\d+) ([0-9a-f ]+?) */", line):
            assert int(found[1]) == len(shown) // 2
            shown += found[2].replace(" ", "")
    return shown


# --- whole files ---


def plain(item: Any) -> Any:  # noqa: ANN401  # any item
    """Turn what cbor2 freezes within tags into lists and dicts."""
    if isinstance(item, cbor2.CBORTag):
        return ["tag", item.tag, plain(item.value)]
    if isinstance(item, Mapping):
        return {key: plain(value) for key, value in item.items()}
    return [plain(value) for value in item] if isinstance(item, list | tuple) else item


@pytest.mark.parametrize("data", [data for data in WITH_LISTS if len(data) < MAX_STRING_LEN])
def test_it_says_what_an_independent_reader_reads_and_shows_every_byte(data: bytes) -> None:
    tag = cbor2.loads(data)
    protected, unprotected, payload, signature = tag.value
    if CONSENTSIG in unprotected:  # a contract of a batch, and its place
        contract, *place = unprotected[CONSENTSIG]
        unprotected = {**unprotected, CONSENTSIG: [cbor2.loads(contract), *place]}
    inside = [cbor2.loads(protected), unprotected, cbor2.loads(payload), signature]
    assert plain(read(data)) == plain(cbor2.CBORTag(18, inside))
    assert beside(diagnose(data).lines) == data.hex()


@given(all_terms())
def test_any_contract_reads_back(terms: Any) -> None:  # noqa: ANN401  # of strategies
    data = sign_contract(terms, ANA)
    assert cbor2.loads(cbor2.loads(data).value[2]) == read(data).value[2]
    assert beside(diagnose(data).lines) == data.hex()


def test_labels_times_and_codes_are_named() -> None:
    text = "\n".join(diagnose(CONTRACT).lines)
    for part in (
        "1: -8,  / alg: EdDSA /",
        "4: 1798761600,  / exp: 2027-01-01 00:00:00 UTC /",
        "65535: {  / status /",
        "4: 1023,  / uses: pretrain, finetune, ",
        "-16,  / alg: SHA-256 /",
        "1,  / mode: at-will /",
        "/ what: copies, retire /",
        '13: "Photo: Ana Liu",  / credit /',
        '"idx": 5,  / position /',
    ):
        assert part in text
    text = "\n".join(diagnose(status_list().data).lines)
    for part in ('"lst": h\'', "/ zlib stream /", "/ sub, the list's address /", "/ ttl, in sec"):
        assert part in text
    assert all(len(line) <= 110 for line in diagnose(contract()).lines)


def test_one_contract_of_a_batch_is_shown_inside_its_envelope() -> None:
    found = diagnose(OF_BATCH)
    assert not found.faults
    assert beside(found.lines) == OF_BATCH.hex()
    payload, index, path = cbor2.loads(OF_BATCH).value[1][CONSENTSIG]
    shown = read(OF_BATCH).value
    assert plain(shown[1][CONSENTSIG]) == plain([cbor2.loads(payload), index, path])
    text = "\n".join(found.lines)
    for part in (
        "-1455000947: [  / the contract, and its place in the batch /",
        "<<  / payload of the contract: ",
        "/ kind: contract /",
        "4: 1023,  / uses: pretrain, finetune, ",
        "0,  / index, counted from 0 /",
        "[  / path to the root, the lowest hash first /",
        "0: 12,  / kind: head of a batch /",
        "1: 3,  / size, how many contracts /",
        "2: h'  / root of the tree over them /",
    ):
        assert part in text


def test_a_batch_file_is_its_head_and_a_stream() -> None:
    found = diagnose(BATCH)
    assert not found.faults
    assert beside(found.lines) == BATCH.hex()
    head, stream = cbor2.loads(BATCH)
    shown = read(BATCH)
    assert (shown[0].tag, shown[1]) == (cbor2.loads(head).tag, stream)
    text = "\n".join(found.lines)
    for part in ("[  / batch file /", "<<  / head of the batch: ", "/ kind: head of a batch /",
                 "h'  / zlib stream of the contracts' payloads /"):  # fmt: skip
        assert part in text
    cut = diagnose(BATCH[:100])
    assert cut.faults
    assert "/ kind: head of a batch /" in "\n".join(cut.lines)
    assert "batch" not in "\n".join(diagnose(b"\x82\1\2").lines)


def test_every_key_that_the_format_has_is_named() -> None:
    assert part_names.BATCH.keys.keys() == _HEAD.keys()
    assert part_names.CONTRACT.keys.keys() == _CONTRACT.keys()
    assert part_names.CREATOR.keys.keys() == _CREATOR.keys()
    assert part_names.WORK.keys.keys() == _WORK.keys()
    assert part_names.GRANTEE.keys.keys() == _GRANTEE.keys()
    assert {encode(key)[0] for key in part_names.CLAIMS.keys} == _CLAIMS.keys()


def test_a_payload_alone_is_named_too() -> None:
    payload = cbor2.loads(CONTRACT).value[2]
    lines = diagnose(payload).lines
    assert lines[0].endswith("{  / claims /")
    assert "/ exp: 2027-01-01 00:00:00 UTC /" in "\n".join(lines)


# --- what is CBOR, and not allowed ---


@pytest.mark.parametrize(
    ("data", "notation"),
    [
        ("1817", "23_0  / the head is longer than needed /"),
        ("1b0000000000000001", "1_3  / the head is longer than needed /"),
        ("1bffffffffffffffff", "18446744073709551615"),
        ("3bffffffffffffffff", "-18446744073709551616"),
        ("58020102", "h'0102'_0  / the head is longer than needed /"),
        ("f93c00", "1.0_1"),
        ("fa47c35000", "100000.0_2"),
        ("fb7e37e43c8800759c", "1e+300_3"),
        ("f97e00", "NaN_1"),
        ("f9fc00", "-Infinity_1"),
        ("f4", "false"),
        ("f6", "null"),
        ("f7", "undefined"),
        ("f0", "simple(16)"),
        ("f8ff", "simple(255)"),
        ("40", "h''"),
        ("60", '""'),
        ("80", "[]"),
        ("a0", "{}  / claims /"),
        ("9fff", "[_"),
        ("6122", '"\\""'),
        ("615c", '"\\\\"'),
        ("611b", '"\\u001b"'),
        ("63e280ae", '"\\u202e"'),
    ],
)
def test_other_cbor_is_shown_as_what_it_is(data: str, notation: str) -> None:
    found = diagnose(bytes.fromhex(data))
    assert found.faults == []
    assert found.lines[0].partition(" / ")[2] == notation
    assert beside(found.lines) == data


@pytest.mark.parametrize(
    "data",
    [
        "9f018202039f0405ffff",
        "bf61610161629f0203ffff",
        "5f42010243030405ff",
        "7f657374726561646d696e67ff",
        "d818456449455446",
        "a201020304",
        "a1820102820304",
        "a142010203",
        "8301820203820405",
        "d862840001f5f4",
        "82f8fff0",
        "83fb3ff199999999999af93c00fa7f800000",
    ],
)
def test_it_reads_as_cbor2_reads_it(data: str) -> None:
    raw = bytes.fromhex(data)
    assert beside(diagnose(raw).lines) == data
    if data != "a1820102820304":  # Python has no lists as keys
        assert plain(read(raw)) == plain(cbor2.loads(raw))
    else:
        assert "]:" in "".join(diagnose(raw).lines)


def test_keys_that_repeat_or_are_out_of_order_are_remarked_on() -> None:
    assert "2: 0  / this key is out of order /" in "\n".join(diagnose(b"\xa2\3\0\2\0").lines)
    assert "3: 1  / this key stands twice /" in "\n".join(diagnose(b"\xa2\3\0\3\1").lines)
    assert "out of order" not in "\n".join(diagnose(status_list().data).lines)


# --- what is no CBOR ---


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ("", "byte 0: the bytes end where an item should begin"),
        ("82", "byte 1: the bytes end where an item should begin"),
        ("19ff", "byte 0: the bytes end inside the head of an item"),
        ("4401", "byte 0: a byte string of 4 bytes has only 1"),
        ("64", "byte 0: a text string of 4 bytes has only 0"),
        ("1c", "byte 0: no item begins with 1c"),
        ("1f", "byte 0: no item begins with 1f"),
        ("ff", "byte 0: a break stands outside of an indefinite length"),
        ("82ff01", "byte 1: a break stands outside of an indefinite length"),
        ("f810", "byte 0: simple value 16 has two bytes"),
        ("0001", "byte 1: 1 bytes follow the item"),
        ("5f6161ff", "byte 1: a chunk is no byte string with a length"),
        ("61ff", "byte 1: the text is not valid UTF-8"),
        ("bf01ff", "byte 2: a break stands outside of an indefinite length"),
    ],
)
def test_where_and_why_reading_stops_is_said(data: str, fault: str) -> None:
    found = diagnose(bytes.fromhex(data))
    assert found.faults == [fault]
    assert beside(found.lines) == data


def test_damage_inside_the_payload_does_not_hide_the_signature() -> None:
    data = wrapped(b"\xa2\4\x1a\x6b\x36\xec\x80\6\x1c\1\2")
    found = diagnose(data)
    assert found.faults == ["byte 60: no item begins with 1c"]
    text = "\n".join(found.lines)
    assert "4: 1798761600,  / exp: 2027-01-01 00:00:00 UTC /" in text
    assert "/ reading stops at byte 60: no item begins with 1c /" in text
    assert "h'  / signature /" in text
    assert beside(found.lines) == data.hex()


def test_a_contract_cut_short_is_read_as_far_as_it_goes() -> None:
    found = diagnose(CONTRACT[:200])
    assert found.faults[-1].startswith("byte 200: a byte string of ")
    assert "/ kind: contract /" in "\n".join(found.lines)
    assert beside(found.lines) == CONTRACT[:200].hex()


# --- bounds, and hostile input ---


def test_depth_items_and_lengths_are_bounded() -> None:
    for deep in (b"\x81" * 100_000, b"\xd2" * 100_000, b"\x9f" * 100_000, b"\xa1\0" * 100_000):
        (fault,) = diagnose(deep).faults
        assert fault.endswith(f"nested more than {MAX_DEPTH} deep")
    found = diagnose(b"\x9a\0\xff\xff\xff" + b"\0" * 2_000_000)
    assert found.faults == [f"byte {MAX_ITEMS + 4}: there are more than {MAX_ITEMS} items"]
    assert len(found.lines) < MAX_ITEMS + 500
    for head in (b"\x5a\0\x1e\x84\x80", b"\x7a\0\x1e\x84\x80"):
        found = diagnose(head + b"a" * 2_000_000)
        assert found.faults == []
        assert f"/ {2_000_000 - MAX_STRING_LEN} more bytes are not shown /" in found.lines[-1]
        assert len(found.lines) < 300
    assert diagnose(b"\x9b" + b"\xff" * 8).faults == [
        "byte 9: the bytes end where an item should begin"
    ]
    assert diagnose(b"\x5b" + b"\xff" * 8 + b"a").faults == [
        f"byte 0: a byte string of {2**64 - 1} bytes has only 1"
    ]


@given(
    st.binary(max_size=200)
    | mutated((CONTRACT, BATCH, OF_BATCH, status_list().data))
    | st.binary().map(wrapped)
)
@example(struct.pack(">B", 0xD2))
def test_arbitrary_bytes_are_shown_whole_in_printable_lines(data: bytes) -> None:
    found = diagnose(data)
    assert beside(found.lines) == data.hex()
    assert "".join(found.lines).isprintable()


@given(st.binary(max_size=100))
def test_what_cbor2_refuses_has_a_fault(data: bytes) -> None:
    try:
        cbor2.loads(data)
    except cbor2.CBORDecodeEOF:
        assert diagnose(data).faults
    except Exception:  # noqa: BLE001  # what tags mean, which is not looked at here
        diagnose(data)
