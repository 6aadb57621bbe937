import contextlib
import hashlib
import re
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consentsig import (
    BadSignatureError,
    Erase,
    MalformedError,
    RefusedError,
    Revocability,
    Terms,
    UnsupportedError,
    UnverifiedContract,
    Work,
    check_terms,
    parse_contract,
    sign_contract,
    verify_contract,
)
from consentsig.contract import CONTRACT
from consentsig.format import read_contract as reader
from consentsig.format.cbor import Item, decode, encode, head
from consentsig.format.common import CONSENTSIG
from consentsig.format.cose import _parse, _parse_usual
from consentsig.sign import write_payload
from strategies import (
    ANA,
    ASKED,
    ENDS,
    SIGNED,
    Pairs,
    all_terms,
    as_pairs,
    code_of,
    contract,
    everything,
    mutated,
    question,
    revocable,
    terms,
    vector_contracts,
    wrapped,
    write_pairs,
)

SHORT = contract()
FULL = sign_contract(everything(), ANA)
# Several that differ in shape, to damage and to join: short, full, bound to a list, with labels.
SEEDS = (SHORT, FULL, sign_contract(revocable(), ANA), *vector_contracts("valid")[::8])


def payload_of(data: bytes) -> bytes:
    return parse_contract(data).payload


PAYLOADS = tuple(dict.fromkeys(map(payload_of, SEEDS)))


def answer(data: bytes) -> UnverifiedContract | str:
    """Parse *data*; the result code if it is refused. Any other exception is a test's failure."""
    try:
        return parse_contract(data)
    except (MalformedError, UnsupportedError) as error:
        return code_of(error)


# --- what is written is what is read ---


@given(all_terms())
def test_any_terms_survive_signing_and_reading(these: Terms) -> None:
    parsed = parse_contract(sign_contract(these, ANA))
    assert parsed.terms == check_terms(these)
    assert check_terms(parsed.terms) == parsed.terms
    assert write_payload(parsed.terms) == parsed.payload
    assert encode(decode(parsed.payload)) == parsed.payload
    assert parsed.contract_id == hashlib.sha256(parsed.payload).digest()


@given(all_terms())
def test_what_is_read_is_what_was_asked_for_but_for_the_order_of_arrays(these: Terms) -> None:
    read = check_terms(these)
    for changed in ("uses", "payments", "territory"):
        assert sorted(getattr(read, changed)) == sorted(getattr(these, changed))
    assert sorted(read.work.iscc) == sorted(these.work.iscc)
    in_that_order = {name: getattr(read, name) for name in ("uses", "payments", "territory")}
    assert these._replace(work=these.work._replace(iscc=read.work.iscc), **in_that_order) == read


@given(all_terms())
def test_cbor2_reads_the_same_values_from_the_payload(these: Terms) -> None:
    payload = write_payload(these)
    assert cbor2.loads(payload) == as_specified(check_terms(these))


def as_specified(these: Terms) -> dict[int, Any]:
    """Put *these* into maps and arrays as spec §3.2 to §3.6 say, with nothing of the library."""
    work = these.work
    further = [[-43, work.sha384]] * (work.sha384 is not None)
    further += [[-44, work.sha512]] * (work.sha512 is not None)
    erasure = these.erasure and [these.erasure.days, int(these.erasure.what)]
    fields = {
        0: 1,
        1: [
            present(
                {
                    0: {1: 1, -1: 6, -2: these.creator.key.x},
                    1: these.creator.name,
                    3: these.creator.recovery,
                    4: these.creator.acts_for,
                }
            )
        ],
        2: present(
            {
                0: [-16, work.sha256],
                1: work.title,
                2: work.media_type,
                3: work.size,
                4: further or None,
                5: list(work.iscc) or None,
            }
        ),
        3: present({0: these.grantee.name, 1: these.grantee.uri, 2: these.grantee.key}),
        4: sum(1 << use - 1 for use in these.uses),
        5: [
            [
                int(due.kind),
                *([due.amount] if due.kind in {4, 5} else due[1:4]),
                *([int(due.division)] if due.division else []),
            ]
            for due in these.payments
        ],
        6: [int(these.revocation.mode), these.revocation.days],
        7: "en-1",
        8: erasure,
        9: list(these.territory),
        10: these.exclusive or None,
        11: these.pass_on or None,
        12: these.purpose,
        13: these.credit,
        14: these.report_months,
        15: these.list_key,
    }
    status = these.status and {"status_list": {"idx": these.status.idx, "uri": these.status.uri}}
    return present(
        {
            4: these.expires.timestamp(),
            5: these.not_before and these.not_before.timestamp(),
            6: these.issued.timestamp(),
            7: these.salt,
            65535: status,
            CONSENTSIG: present(fields),
        }
    )


def present(values: dict[Any, Any]) -> dict[Any, Any]:
    return {key: value for key, value in values.items() if value is not None}


@given(st.permutations(list(everything().payments)), st.permutations(["PT", "ES", "DE"]))
def test_the_order_of_arrays_in_terms_does_not_change_the_contract(
    payments: list[Any], territory: list[str]
) -> None:
    one = everything()._replace(territory=("PT", "ES", "DE"))
    other = one._replace(payments=tuple(payments), territory=tuple(territory))
    assert sign_contract(other, ANA) == sign_contract(one, ANA)


# --- nothing else is accepted ---


def test_any_flipped_bit_is_refused() -> None:
    data = sign_contract(revocable(), ANA)
    assert len(data) > 400
    for bit in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises((MalformedError, UnsupportedError, BadSignatureError)):
            verify_contract(bytes(flipped), **question())


@pytest.mark.parametrize("data", [SHORT, FULL], ids=["short", "full"])
def test_a_truncated_contract_is_malformed(data: bytes) -> None:
    for length in range(len(data)):
        with pytest.raises(MalformedError) as caught:
            parse_contract(data[:length])
        assert caught.value.step == 1


def test_any_byte_behind_a_contract_is_malformed() -> None:
    for byte in range(256):
        with pytest.raises(MalformedError) as caught:
            parse_contract(FULL + bytes([byte]))
        assert caught.value.step == 1


@given(st.binary(max_size=400))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    assert answer(data) in {"malformed", "unsupported"}
    assert answer(b"\xd2\x84" + data) in {"malformed", "unsupported"}


@given(st.binary(max_size=400))
def test_arbitrary_bytes_in_a_good_envelope_are_refused(payload: bytes) -> None:
    assert answer(wrapped(payload)) in {"malformed", "unsupported"}


def accepted_only_in_its_one_encoding(data: bytes) -> None:
    parsed = answer(data)
    if isinstance(parsed, UnverifiedContract):
        assert write_payload(parsed.terms) == parsed.payload
        assert decode(parsed.payload) is not None


@settings(max_examples=600)
@given(mutated(SEEDS))
def test_a_damaged_contract_is_refused_or_in_its_one_encoding(data: bytes) -> None:
    accepted_only_in_its_one_encoding(data)


@settings(max_examples=600)
@given(mutated(PAYLOADS))
def test_a_damaged_payload_is_refused_or_in_its_one_encoding(payload: bytes) -> None:
    accepted_only_in_its_one_encoding(wrapped(payload))


@settings(max_examples=300)
@given(mutated(vector_contracts("malformed", "unsupported")))
def test_a_damaged_refused_vector_is_refused_or_in_its_one_encoding(data: bytes) -> None:
    accepted_only_in_its_one_encoding(data)


def test_a_changed_byte_anywhere_is_refused_or_in_its_one_encoding() -> None:
    payload = payload_of(FULL)
    for place in range(len(payload)):
        for byte in HEADS[::4]:
            accepted_only_in_its_one_encoding(wrapped(replaced(payload, place, byte)))


# Bytes that change the shape where a head or key stands; elsewhere they are as good as any.
HEADS = (
    *(*range(0x19), 0x1A, 0x1B, 0x1F, 0x20, 0x39, 0x3A, 0x40, 0x57, 0x58, 0x59, 0x60, 0x61, 0x69),
    *(0x77, 0x78, 0x79, *range(0x80, 0x86), *range(0xA0, 0xA8), 0xAF, 0xB0, 0xF5, 0xFF),
)


def replaced(data: bytes, place: int, byte: int) -> bytes:
    return data[:place] + bytes([byte]) + data[place + 1 :]


# --- maps: a key stands once, and in its place ---


def maps_in(item: Item, path: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """Give the path of every map within *item*, as indices of pairs and array items."""
    if isinstance(item, Pairs):
        yield path
    if isinstance(item, list):
        for index, value in enumerate(item):
            yield from maps_in(value[1] if isinstance(item, Pairs) else value, (*path, index))


def at_path(item: Item, path: tuple[int, ...]) -> Pairs:  # any item
    for index in path:
        item = item[index][1] if isinstance(item, Pairs) else item[index]
    assert isinstance(item, Pairs)
    return item


FULL_TREE = as_pairs(decode(payload_of(FULL)))
PLACES = [
    (path, place) for path in maps_in(FULL_TREE) for place in range(len(at_path(FULL_TREE, path)))
]


def changed(path: tuple[int, ...], change: Callable[[Pairs], None]) -> bytes:
    tree = as_pairs(decode(payload_of(FULL)))
    change(at_path(tree, path))
    return wrapped(write_pairs(tree))


def test_every_map_of_the_format_is_among_those_changed_here() -> None:
    assert (
        len({path for path, _ in PLACES}) == 8
    )  # claims, status 2, contract, creator 2, work, grantee
    assert len(PLACES) == 6 + 1 + 2 + 16 + 4 + 3 + 6 + 3


@pytest.mark.parametrize(("path", "place"), PLACES, ids=str)
def test_a_key_that_stands_twice_is_malformed(path: tuple[int, ...], place: int) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_contract(changed(path, lambda pairs: pairs.insert(place, pairs[place])))
    assert caught.value.step == 1


@pytest.mark.parametrize(
    ("path", "place"), [(path, place) for path, place in PLACES if place], ids=str
)
def test_a_key_before_its_place_is_malformed(path: tuple[int, ...], place: int) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_contract(changed(path, lambda pairs: pairs.insert(place - 1, pairs.pop(place))))
    assert caught.value.step == 1


@pytest.mark.parametrize("path", {path: None for path, _ in PLACES}, ids=str)
@pytest.mark.parametrize("key", [30, 40, 65534, 65536, -4, "a"], ids=str)
def test_an_unknown_key_is_unsupported_in_every_map(path: tuple[int, ...], key: object) -> None:
    def put(pairs: Pairs) -> None:
        pairs.append((key, 0))
        pairs.sort(key=lambda pair: encode(pair[0]))

    assert answer(changed(path, put)) == "unsupported"


@pytest.mark.parametrize("key", [65535, CONSENTSIG])
def test_an_unknown_key_that_begins_as_a_known_one_does_not_hide_it(key: int) -> None:
    def put(pairs: Pairs) -> None:
        for other in (key - 1, key + 1):
            pairs.append((other, 0))
        pairs.sort(key=lambda pair: encode(pair[0]))

    assert answer(changed((), put)) == "unsupported"

    def put_instead(pairs: Pairs) -> None:
        pairs[:] = [(key - 1 if known == key else known, value) for known, value in pairs]

    assert answer(changed((), put_instead)) == "malformed"


# --- what the reader remembers changes no answer ---


READ_BEFORE = tuple(map(write_payload, (terms(), revocable(), revocable(credit="Ana Liu"))))


def forget() -> None:
    for function in vars(reader).values():
        if hasattr(function, "cache_clear") and not isinstance(function, type):
            function.cache_clear()


def read(payload: bytes) -> str:
    """Read *payload* as the reader's memory has it; every type shows in the answer."""
    notes: list[str] = []
    try:
        found = reader.terms_of(reader.read_claims(payload, notes))
    except (MalformedError, IndexError) as error:
        return repr(error)
    return repr((found, notes))


def check_memory_changes_nothing(payload: bytes) -> None:
    """Assert that a reader that has read others before says what one says that has not."""
    forget()
    for _ in range(2):  # the second time it has read this one too
        for earlier in READ_BEFORE:
            read(earlier)
        remembering = read(payload)
        forget()
        assert read(payload) == remembering


def test_what_was_read_before_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    forget()
    read(READ_BEFORE[1])
    table: dict[Any, Any] = reader._CONTRACT  # noqa: SLF001  # to put in it what must not be called
    for key in (3, 5, 6, 7, 9):
        monkeypatch.setitem(table, key, refuse)
    assert "Another" in read(write_payload(revocable(work=Work(bytes(32), "Another"))))
    with pytest.raises(AssertionError):
        read(write_payload(revocable(credit="somebody else")))


def test_memory_changes_nothing_of_the_usual_shapes() -> None:
    for these in (terms(), revocable(), terms(creator=terms().creator._replace(name=None))):
        check_memory_changes_nothing(write_payload(these))


@given(all_terms())
def test_memory_changes_nothing_of_any_contract(these: Terms) -> None:
    check_memory_changes_nothing(write_payload(these))


@settings(max_examples=1500)
@given(mutated(PAYLOADS))
def test_memory_changes_nothing_of_damaged_payloads(payload: bytes) -> None:
    check_memory_changes_nothing(payload)


def test_memory_changes_nothing_wherever_one_byte_is_changed() -> None:
    payload = write_payload(revocable(salt=bytes(range(16)), credit="Ana Liu"))
    for place in range(len(payload)):
        for byte in HEADS:
            check_memory_changes_nothing(replaced(payload, place, byte))


def test_memory_changes_nothing_wherever_one_byte_is_added_or_removed() -> None:
    payload = write_payload(revocable())
    for place in range(len(payload)):
        check_memory_changes_nothing(payload[:place] + payload[place + 1 :])
        for byte in (0, 1, 2, 3, 4, 0x17, 0x18, 0x1A, 0x20, 0x3A, 0x61, 0x78, 0x80, 0xA1, 0xFF):
            check_memory_changes_nothing(payload[:place] + bytes([byte]) + payload[place:])


def test_memory_changes_nothing_wherever_two_payloads_are_joined() -> None:
    one, other = write_payload(terms()), write_payload(revocable())
    for place in range(len(one)):
        for behind in range(place - 4, place + 60):
            check_memory_changes_nothing(one[:place] + other[max(behind, 0) :])


def text_lengths() -> Iterator[bytes]:
    """Give payloads whose texts have each length around those where heads grow."""
    for length in (1, 22, 23, 24, 25, 199, 200, 201, 254, 255, 256, 257):
        for title in ("a" * length, "é" * (length // 2), "a" * (length - 1) + "\x1f"):
            yield payload_with_title(title)


def payload_with_title(title: str) -> bytes:
    tree = as_pairs(decode(write_payload(terms())))
    work = at_path(tree, (2, 2))
    work[1] = (1, title)
    return write_pairs(tree)


def test_memory_changes_nothing_of_texts_of_every_length() -> None:
    for payload in text_lengths():
        check_memory_changes_nothing(payload)


# Integers of each length, with the bytes before them.
INTEGERS = {
    "exp": b"\x04" + encode(int(ENDS.timestamp())),
    "nbf": b"\x05" + encode(int(ASKED.timestamp())),
    "iat": b"\x06" + encode(int(SIGNED.timestamp())),
    "idx": b"cidx\x05",
    "size": b"text/plain\x03\x0f",
}
WIDTHS = {24: 1, 25: 2, 26: 4, 27: 8}


@pytest.mark.parametrize("field", INTEGERS.values(), ids=INTEGERS)
def test_memory_changes_nothing_of_every_head_of_an_integer(field: bytes) -> None:
    payload = write_payload(revocable(not_before=ASKED))
    assert payload.count(field) == 1
    value_len = 1 if field[-5] != 0x1A else 5
    for n in (0, 23, 24, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**53 - 1):
        heads = [bytes([info]) + n.to_bytes(w, "big") for info, w in WIDTHS.items() if n < 256**w]
        for item in (encode(n), *heads):
            check_memory_changes_nothing(payload.replace(field, field[:-value_len] + item))


def test_memory_is_not_led_by_what_looks_like_fields_inside_a_text() -> None:
    for inside in (b"\x02jtext/plain", b"\x3a\x56\xb9\x8d\x72\xa9", b"\x03\x0f", b"\x02\xa4\0\x82"):
        for title in (b"a" + inside, inside, inside + b"b", b"a" + inside + b"b" + inside):
            tree = write_payload(terms())
            at = tree.index(b"\x01\x6fHarbour at dawn")
            for length in (len(title), len(title) - 1, len(title) + 1, 1):
                named = b"\x01" + head(3, length) + title
                check_memory_changes_nothing(tree[:at] + named + tree[at + 17 :])


def test_memory_changes_nothing_of_the_vectors() -> None:
    payloads = list(payloads_of_vectors())
    assert len(payloads) > 100
    for payload in payloads:
        check_memory_changes_nothing(payload)


def payloads_of_vectors() -> Iterator[bytes]:
    for data in vector_contracts():
        with contextlib.suppress(cbor2.CBORDecodeError):
            match cbor2.loads(data):
                case cbor2.CBORTag(value=[_, _, bytes(payload), *_]):
                    yield payload


def both_envelope_readers_agree(data: bytes) -> bool:
    """Assert that the fast reader says nothing or the same; return whether it spoke."""
    try:
        usual = _parse_usual(data, CONTRACT)
    except IndexError:
        usual = None
    if usual is None:
        return False
    notes: list[str] = []
    assert usual == _parse(data, CONTRACT, notes)
    assert not notes
    return True


@settings(max_examples=600)
@given(mutated(SEEDS))
def test_the_fast_envelope_reader_agrees_on_damaged_contracts(data: bytes) -> None:
    both_envelope_readers_agree(data)


def test_the_fast_envelope_reader_agrees_on_the_vectors() -> None:
    assert sum(map(both_envelope_readers_agree, vector_contracts())) > 100


def test_the_fast_envelope_reader_agrees_wherever_one_byte_is_changed() -> None:
    behind_typ = SHORT.index(b"+cwt") + 10
    ends = [*range(behind_typ), *range(len(SHORT) - 70, len(SHORT))]
    assert both_envelope_readers_agree(SHORT)
    for place in ends:
        for byte in range(256):
            both_envelope_readers_agree(replaced(SHORT, place, byte))


@pytest.mark.parametrize("length", [0, 1, 22, 23, 24, 255, 256, 16384, 16385, 65535, 65536, 70000])
def test_the_fast_envelope_reader_agrees_on_payloads_of_every_length(length: int) -> None:
    said = both_envelope_readers_agree(wrapped(bytes(length)))
    assert said or not 24 <= length <= 16384


# --- limits: bounded time and memory ---


def labelled(unprotected: bytes, payload: bytes, signature: bytes = bytes(64)) -> bytes:
    """Build a contract file whose parts from the unprotected header on are these."""
    protected = SHORT[: SHORT.index(b"+cwt") + 4]
    body = head(2, len(payload)) + payload
    return protected + unprotected + body + head(2, len(signature)) + signature


HUGE = "ff" * 8
BOMBS = {
    "100 000 nested arrays": b"\x81" * 100_000,
    "nested arrays behind the tag": b"\xd2" + b"\x81" * 100_000,
    "nested maps behind the tag": b"\xd2" + b"\xa1\x00" * 100_000,
    "nested arrays under tag 98": b"\xd8\x62" + b"\x81" * 100_000,
    "nested tags": b"\xd2" * 100_000,
    "nested arrays as unprotected header": labelled(b"\x81" * 60_000, b"\xa0"),
    "nested arrays in the unprotected header": labelled(b"\xa1\x00" + b"\x81" * 60_000, b"\xa0"),
    "nested arrays as payload": wrapped(b"\x81" * 16_000),
    "nested maps as payload": wrapped(b"\xa1\x00" * 8_000),
    "a byte string of 2^64 - 1": bytes.fromhex("d284 5b" + HUGE),
    "a byte string of 2^53 - 1": bytes.fromhex("d284 5b001fffffffffffff"),
    "a text of 2^53 - 1": bytes.fromhex("d284 7b001fffffffffffff"),
    "an array of 2^53 - 1": bytes.fromhex("d2 9b001fffffffffffff"),
    "an array of 2^53 - 1 under tag 98": bytes.fromhex("d862 9b001fffffffffffff"),
    "a map of 2^53 - 1": bytes.fromhex("d284 40 bb001fffffffffffff"),
    "a map of 2^53 - 1 as payload": wrapped(bytes.fromhex("bb001fffffffffffff")),
    "an array of 2^53 - 1 in the payload": wrapped(bytes.fromhex("a1009b001fffffffffffff")),
    "a payload of 2^53 - 1": labelled(b"\xa0", b"")[:-67] + bytes.fromhex("5b001fffffffffffff"),
    "a file of 1 MiB and a byte": labelled(b"\xa0", payload_of(SHORT)).ljust(1_048_577, b"\0"),
    "an unprotected header of 64 KiB and a byte": labelled(
        b"\xa1\x19\x01\x0e" + head(2, 65_537 - 7) + bytes(65_537 - 7), payload_of(SHORT)
    ),
    "an unprotected header of a mebibyte": labelled(
        b"\xa1\x19\x01\x0e" + head(2, 1_000_000) + bytes(1_000_000), payload_of(SHORT)
    ),
    "a payload of 16 KiB and a byte": wrapped(bytes(16_385)),
    "a payload of a mebibyte": wrapped(bytes(1_048_000)),
}


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_malformed_at_once_and_with_little_memory(data: bytes) -> None:
    tracemalloc.start()
    began = time.perf_counter()
    try:
        with pytest.raises(MalformedError) as caught:
            parse_contract(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.step == 1
    assert peak < 2 * len(data) + 200_000
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("a file of 1 MiB and a byte", "1048577 bytes, at most 1048576"),
        ("an unprotected header of 64 KiB and a byte", "at most 65536"),
        ("a payload of 16 KiB and a byte", "16385 bytes, at most 16384"),
        ("a payload of 2^53 - 1", "9007199254740991 bytes, at most 16384"),
    ],
)
def test_over_a_limit_both_numbers_are_named(what: str, reason: str) -> None:
    with pytest.raises(MalformedError, match=reason):
        parse_contract(BOMBS[what])


def test_a_contract_of_exactly_a_mebibyte_is_read() -> None:
    # Only the signature can be so long: its length is for step 3 to judge.
    short = labelled(b"\xa0", payload_of(SHORT), b"")
    filler = bytes(1_048_576 - len(short) - 4)
    data = labelled(b"\xa0", payload_of(SHORT), filler)
    assert len(data) == 1_048_576
    assert parse_contract(data).terms == check_terms(terms())
    with pytest.raises(BadSignatureError):
        verify_contract(data, **question())


def test_an_unprotected_header_of_exactly_64_kib_is_read() -> None:
    unprotected = b"\xa1\x19\x01\x0e" + head(2, 65_536 - 7) + bytes(65_536 - 7)
    assert len(unprotected) == 65_536
    signature = SHORT[-64:]
    data = labelled(unprotected, payload_of(SHORT), signature)
    assert verify_contract(data, **question()).result == "valid"


# --- the reader's other promises ---


def test_the_header_may_carry_alg_19_and_receipts_and_keeps_its_id() -> None:
    data = sign_contract(terms(), ANA, alg=-19)
    assert data != SHORT
    assert parse_contract(data).contract_id == parse_contract(SHORT).contract_id


def test_an_earlier_fault_hides_a_later_one() -> None:
    later = changed((5,), lambda pairs: pairs.append((30, 0)))  # unknown: e
    assert answer(later) == "unsupported"
    both = changed((5,), lambda pairs: pairs.extend([(30, 0), (30, 0)]))  # and twice: a
    assert answer(both) == "malformed"
    kind = changed((5,), lambda pairs: pairs.__setitem__(0, (0, 2)))  # another kind: c
    assert answer(kind) == "unsupported"
    missing = changed((5,), lambda pairs: pairs.__delitem__(-2))  # report
    assert isinstance(answer(missing), UnverifiedContract)


def test_every_refusal_of_a_vector_is_one_line_in_lower_case() -> None:
    for data in vector_contracts("malformed", "unsupported"):
        with pytest.raises(RefusedError) as caught:
            parse_contract(data)
        message = str(caught.value)
        assert re.fullmatch(r"[^\n\r\u2028\u2029\x85]+", message)
        assert not message.endswith(".")


def test_enumerations_come_back_as_enumerations() -> None:
    read = parse_contract(FULL).terms
    assert type(read.revocation.mode) is Revocability
    assert read.erasure is not None
    assert type(read.erasure.what) is Erase
    assert {type(use).__name__ for use in read.uses} == {"Use"}
    assert {type(due.kind).__name__ for due in read.payments} == {"PaymentKind"}


def test_a_hostile_file_makes_no_long_message() -> None:
    envelope = bytes.fromhex("d284")
    header = encode({1: -8, 4: bytes(8), 16: "x" * 60_000})
    with pytest.raises(MalformedError) as caught:
        parse_contract(
            envelope + encode(header) + bytes.fromhex("a0") + encode(encode({})) + b"\x40"
        )
    assert len(str(caught.value)) < 300


def test_a_protected_header_over_its_limit_is_malformed_before_it_is_read() -> None:
    data = bytes.fromhex("d284") + encode(bytes(65_537))
    with pytest.raises(MalformedError, match="65537 bytes, at most 65536") as caught:
        parse_contract(data)
    assert caught.value.step == 1
