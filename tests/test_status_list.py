import tracemalloc
import zlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consentsig import (
    BadSignatureError,
    Creator,
    ListTerms,
    MalformedError,
    PrivateKey,
    RevokedError,
    StatusBook,
    StatusList,
    StatusUnknownError,
    SuspendedError,
    Terms,
    UnsupportedError,
    UnverifiedStatusList,
    pack_statuses,
    parse_status_list,
    sign_status_list,
    verify_status_list,
)
from consentsig.format.cbor import encode, head
from consentsig.format.common import CONSENTSIG
from consentsig.format.cose import _parse, _parse_usual
from consentsig.status_book import why_not_acceptable
from consentsig.status_list import (
    MAX_INFLATED_LEN,
    REVOKED,
    STATUS_LIST,
    SUSPENDED,
    VALID,
)
from lists import revoked_in
from strategies import (
    ANA,
    ASKED,
    DAY,
    LIST_KEY,
    LIST_URI,
    RECOVERY,
    SECOND,
    STRANGER,
    Value,
    code_of,
    list_terms,
    mutated,
    revocable,
    status_list,
    terms,
    vector_lists,
    wrapped,
)

IDX = 5  # the position of revocable()
FOUND = list_terms()

# --- packing: the draft's own examples ---

ONE_BIT = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
TWO_BITS = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]


def decided(
    these: Terms, lists: Iterable[StatusList], at: datetime, max_age: timedelta | None = None
) -> StatusList | None:
    """Return the list that decides."""
    return StatusBook(lists, at=at, max_age=max_age).decide(these)


@pytest.mark.parametrize(
    ("values", "bits", "packed"),
    [
        (ONE_BIT, 1, "b9a3"),
        (TWO_BITS, 2, "c944f9"),
        ([1, 2, 0, 15], 4, "21f0"),
        ([0, 1, 2, 255], 8, "000102ff"),
    ],
)
def test_values_are_packed_from_the_least_significant_bit(
    values: list[int], bits: int, packed: str
) -> None:
    assert pack_statuses(len(values), dict(enumerate(values)), bits).hex() == packed
    said = list_terms(statuses=bytes.fromhex(packed), bits=bits)
    assert [said.value_at(idx) for idx in range(said.size)] == values


def test_the_compressed_list_of_the_draft_inflates_to_its_bytes() -> None:
    lst = bytes.fromhex("78dadbb918000217015d")
    data = wrapped(list_payload({65533: {"bits": 1, "lst": lst}}), STATUS_LIST)
    assert verify_status_list(data).terms.statuses.hex() == "b9a3"


packings = st.sampled_from([1, 2, 4, 8]).flatmap(
    lambda bits: st.tuples(
        st.just(bits),
        st.lists(st.integers(0, 2**bits - 1), min_size=8, max_size=64).filter(
            lambda values: len(values) * bits % 8 == 0
        ),
    )
)


@given(packings)
def test_packing_value_at_count_and_revoked_in_agree(packing: tuple[int, list[int]]) -> None:
    bits, values = packing
    said = list_terms(statuses=pack_statuses(len(values), dict(enumerate(values)), bits), bits=bits)
    assert said.size == len(values)
    assert [said.value_at(idx) for idx in range(said.size)] == values
    assert said.value_at(-1) is None
    assert said.value_at(said.size) is None
    for value in range(min(2**bits, 4)):
        assert said.count(value) == values.count(value)
    assert revoked_in(said) == {idx for idx, value in enumerate(values) if value == REVOKED}


@pytest.mark.parametrize(
    ("size", "values", "bits", "reason"),
    [
        (0, {}, 1, "0 positions of 1 bits do not fill whole bytes"),
        (-8, {}, 1, "-8 positions"),
        (7, {}, 1, "7 positions of 1 bits do not fill whole bytes"),
        (3, {}, 2, "3 positions of 2 bits do not fill whole bytes"),
        (8, {}, 3, "8 positions of 3 bits do not"),
        (8, {}, 0, "8 positions of 0 bits do not"),
        (8, {}, 16, "8 positions of 16 bits do not"),
        (8, {8: 1}, 1, "value 1 at 8 does not fit 8 positions of 1 bits"),
        (8, {-1: 1}, 1, "value 1 at -1 does not fit"),
        (8, {0: 2}, 1, "value 2 at 0 does not fit"),
        (8, {0: -1}, 1, "value -1 at 0 does not fit"),
        (8, {0: 256}, 8, "value 256 at 0 does not fit"),
    ],
)
def test_what_does_not_fit_is_not_packed(
    size: int, values: dict[int, int], bits: int, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        pack_statuses(size, values, bits)


# --- signing and reading ---

instants = st.integers(0, 250_000_000_000).map(lambda n: datetime.fromtimestamp(n, UTC))


@given(
    st.builds(
        list_terms,
        issued=instants,
        statuses=st.binary(min_size=1, max_size=50),
        bits=st.sampled_from([1, 2, 4, 8]),
        ttl=st.none() | st.integers(1, 2**53 - 1),
        previous=st.none() | st.binary(min_size=32, max_size=32),
    ),
    st.integers(1, 366 * 86_400),
)
def test_any_list_survives_signing_and_reading(said: ListTerms, life: int) -> None:  # drawn
    said = replace(said, expires=said.issued + timedelta(seconds=life))
    data = sign_status_list(said, ANA)
    known = verify_status_list(data)
    assert known.terms == said
    assert known.data == data
    payload = cbor2.loads(data).value[2]
    assert encode(cbor2.loads(payload)) == payload
    claims = cbor2.loads(payload)
    assert (claims[2], claims[4], claims[6]) == (
        LIST_URI,
        said.expires.timestamp(),
        said.issued.timestamp(),
    )
    assert zlib.decompress(claims[65533]["lst"]) == said.statuses


def test_another_key_than_the_signers_does_not_sign() -> None:
    with pytest.raises(ValueError, match=r"terms name .*, signing with "):
        sign_status_list(FOUND, STRANGER)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"uri": "http://ana.example/"}, "sub is 'http://ana.example/', expected an https, did or"),
        ({"uri": ""}, "sub is '', expected"),
        ({"expires": FOUND.issued}, "is not after iat"),
        ({"expires": FOUND.issued - DAY}, "is not after iat"),
        ({"expires": FOUND.issued + 366 * DAY + SECOND}, "366 days after"),
        ({"issued": datetime(1969, 12, 31, tzinfo=UTC)}, "iat is -86400, expected 0 to"),
        ({"statuses": b""}, "lst holds nothing"),
        ({"statuses": bytes(MAX_INFLATED_LEN + 1)}, "lst inflates to more than 16777216 bytes"),
        ({"bits": 3}, "bits is 3, expected 1, 2, 4 or 8"),
        ({"bits": True}, "bits is missing or not of type int"),
        ({"ttl": 0}, "ttl is 0, expected at least 1"),
        ({"ttl": True}, "ttl is missing or not of type int"),
        ({"previous": bytes(31)}, "previous list's id is 31 bytes, expected 32"),
    ],
)
def test_list_terms_that_break_a_rule_are_not_signed(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(MalformedError, match=reason) as caught:
        sign_status_list(list_terms(**changes), ANA)
    assert len(str(caught.value).splitlines()) == 1


def test_a_list_is_not_signed_for_a_fraction_of_a_second() -> None:
    between = FOUND.issued + timedelta(milliseconds=500)
    with pytest.raises(MalformedError, match="whole second"):
        sign_status_list(list_terms(issued=between), ANA)


def test_the_longest_list_is_signed_and_read() -> None:
    said = list_terms(statuses=bytes(MAX_INFLATED_LEN), expires=FOUND.issued + 366 * DAY)
    assert verify_status_list(sign_status_list(said, ANA)).terms.size == MAX_INFLATED_LEN * 8


def list_payload(changes: dict[Any, Any]) -> bytes:
    claims: dict[Any, Any] = {
        2: LIST_URI,
        4: int(FOUND.expires.timestamp()),
        6: int(FOUND.issued.timestamp()),
        65533: {"bits": 1, "lst": zlib.compress(bytes(8))},
        CONSENTSIG: {2: {1: 1, -1: 6, -2: ANA.public.x}},
    }
    return encode(claims | changes)


def test_a_list_of_the_drafts_order_is_read() -> None:
    claims = cbor2.loads(list_payload({}))
    unsorted = cbor2.dumps(dict(reversed(claims.items())))
    assert unsorted != list_payload({})
    assert verify_status_list(wrapped(unsorted, STATUS_LIST)).terms == replace(FOUND, ttl=None)


SIGNED = sign_status_list(FOUND, ANA)


def answer(data: bytes) -> UnverifiedStatusList | str:
    try:
        return parse_status_list(data)
    except (MalformedError, UnsupportedError) as error:
        return code_of(error)


def test_any_flipped_bit_of_a_list_is_refused() -> None:
    for bit in range(len(SIGNED) * 8):
        flipped = bytearray(SIGNED)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises((MalformedError, UnsupportedError, BadSignatureError)):
            verify_status_list(bytes(flipped))


def test_a_truncated_or_longer_list_is_malformed() -> None:
    damaged = [SIGNED[:length] for length in range(len(SIGNED))]
    damaged += [SIGNED + bytes([byte]) for byte in range(256)]
    assert {answer(data) for data in damaged} == {"malformed"}


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_no_list(data: bytes) -> None:
    for attempt in (data, b"\xd2\x84" + data, wrapped(data, STATUS_LIST)):
        assert answer(attempt) in {"malformed", "unsupported"}


@settings(max_examples=500)
@given(mutated([SIGNED, *(data for data in vector_lists("valid") if len(data) < 2000)]))
def test_a_damaged_list_is_refused_or_has_another_meaning_of_its_own(data: bytes) -> None:
    parsed = answer(data)
    if isinstance(parsed, UnverifiedStatusList):
        assert parsed.terms.size > 0
        assert parsed.terms.issued < parsed.terms.expires


@settings(max_examples=300)
@given(mutated([SIGNED, *(data for data in vector_lists() if len(data) < 2000)]))
def test_the_fast_envelope_reader_agrees_on_damaged_lists(data: bytes) -> None:
    try:
        usual = _parse_usual(data, STATUS_LIST)
    except IndexError:
        return
    notes: list[str] = []
    assert usual is None or (usual == _parse(data, STATUS_LIST, notes) and not notes)


# --- limits ---


def peak_of_refusing(data: bytes) -> int:
    tracemalloc.start()
    try:
        with pytest.raises(MalformedError):
            verify_status_list(data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_an_inflation_bomb_is_stopped_at_16_mib() -> None:
    squeeze = zlib.compressobj(9)
    lst = b"".join(squeeze.compress(bytes(2**20)) for _ in range(256)) + squeeze.flush()
    assert len(lst) < 300_000  # for 256 MiB
    data = wrapped(list_payload({65533: {"bits": 1, "lst": lst}}), STATUS_LIST)
    with pytest.raises(MalformedError, match="lst inflates to more than 16777216 bytes"):
        verify_status_list(data)
    assert peak_of_refusing(data) < 3 * MAX_INFLATED_LEN


def padded(length: int) -> bytes:
    """Make a list payload of *length* bytes, by an aggregation_uri."""
    entry = {"bits": 1, "lst": zlib.compress(bytes(8)), "aggregation_uri": ""}
    room = length - len(list_payload({65533: entry})) - 4  # a head of five bytes, not one
    return list_payload({65533: entry | {"aggregation_uri": "a" * room}})


def test_a_payload_of_exactly_a_mebibyte_is_read_and_not_a_byte_more() -> None:
    payload = padded(1_048_576)
    assert len(payload) == 1_048_576
    assert verify_status_list(wrapped(payload, STATUS_LIST)).terms.size == 64
    with pytest.raises(MalformedError, match="payload is 1048577 bytes, at most 1048576"):
        verify_status_list(wrapped(padded(1_048_577), STATUS_LIST))


def test_a_file_of_exactly_two_mebibytes_is_read_and_not_a_byte_more() -> None:
    # Only the signature can be so long: its length is for the verifier of signatures to judge.
    long = SIGNED[:-66] + b"\x5a" + (2_097_152 - len(SIGNED) + 61).to_bytes(4, "big")
    data = long.ljust(2_097_152, b"\0")
    assert parse_status_list(data).terms == FOUND
    with pytest.raises(BadSignatureError):
        verify_status_list(data)
    with pytest.raises(MalformedError, match="2097153 bytes, at most 2097152"):
        parse_status_list(data + b"\0")


@pytest.mark.parametrize(
    "data",
    [
        b"\x81" * 100_000,
        b"\xd2" + b"\x81" * 100_000,
        wrapped(b"\x81" * 100_000, STATUS_LIST),
        wrapped(b"\xa1\x00" * 50_000, STATUS_LIST),
        wrapped(bytes.fromhex("bb001fffffffffffff"), STATUS_LIST),
        bytes.fromhex("d284 5bffffffffffffffff"),
        bytes(2_097_153),
    ],
    ids=["arrays", "tag", "payload", "maps", "map of 2^53 - 1", "2^64 - 1 bytes", "2 MiB and 1"],
)
def test_a_bomb_is_malformed_with_little_memory(data: bytes) -> None:
    assert peak_of_refusing(data) < 2 * len(data) + 200_000


def test_reading_many_empty_items_takes_less_than_a_hundred_times_their_bytes() -> None:
    payload = b"\xa1\x01" + head(4, 200_000) + b"\xa0" * 200_000
    assert peak_of_refusing(wrapped(payload, STATUS_LIST)) < 100 * len(payload)


# --- who may speak ---

WITH_ALL_KEYS = revocable(
    creator=Creator(ANA.public, "Ana Liu", RECOVERY.public.thumbprint),
    list_key=LIST_KEY.public.thumbprint,
)


def saying(value: int, key: PrivateKey = ANA, issued: datetime = ASKED - DAY) -> StatusList:
    """Make a list of 4-bit values that says *value* of the position, and of no other."""
    return status_list(
        key,
        issued=issued,
        expires=issued + 30 * DAY,
        statuses=pack_statuses(64, {IDX: value}, 4),
        bits=4,
    )


def says(these: Terms, lists: Iterable[StatusList], at: datetime = ASKED, **options: Value) -> str:
    """Return the code that the status gives."""
    try:
        return "valid" if decided(these, lists, at, **options) else "irrevocable"
    except (RevokedError, SuspendedError, StatusUnknownError) as error:
        return error.code


# Per key: what its list means when it says 0, 1, 2 and 3.
SPEAKERS = {
    "list key": (LIST_KEY, ("valid", "revoked", "suspended", "status-unknown")),
    "creator": (ANA, ("status-unknown", "revoked", "status-unknown", "status-unknown")),
    "recovery": (RECOVERY, ("status-unknown", "revoked", "status-unknown", "status-unknown")),
    "stranger": (STRANGER, ("status-unknown",) * 4),
}


@pytest.mark.parametrize(("key", "codes"), SPEAKERS.values(), ids=SPEAKERS)
def test_each_key_says_what_it_may_and_nothing_else(
    key: PrivateKey, codes: tuple[str, ...]
) -> None:
    assert tuple(says(WITH_ALL_KEYS, [saying(value, key)]) for value in range(4)) == codes


@pytest.mark.parametrize("key", [ANA, RECOVERY], ids=["creator", "recovery"])
def test_a_key_beside_the_list_key_may_revoke_but_not_clear(key: PrivateKey) -> None:
    newer, older = ASKED - DAY, ASKED - 2 * DAY
    assert says(WITH_ALL_KEYS, [saying(0, LIST_KEY, newer), saying(1, key, older)]) == "revoked"
    assert says(WITH_ALL_KEYS, [saying(1, LIST_KEY, older), saying(0, key, newer)]) == "revoked"
    assert says(WITH_ALL_KEYS, [saying(2, LIST_KEY, older), saying(0, key, newer)]) == "suspended"
    assert says(WITH_ALL_KEYS, [saying(0, LIST_KEY, older), saying(2, key, newer)]) == "valid"


def test_without_a_list_key_the_creator_speaks() -> None:
    assert says(revocable(), [saying(0)]) == "valid"
    assert says(revocable(), [saying(0, RECOVERY)]) == "status-unknown"
    assert says(revocable(), [saying(1, RECOVERY)]) == "status-unknown"  # the contract names none


def test_why_a_list_is_not_acceptable_names_both_sides() -> None:
    these = revocable()
    reference = these.status
    assert reference is not None
    assert why_not_acceptable(these, reference, saying(0)) is None
    stranger = STRANGER.public.thumbprint.hex()
    reasons = [
        why_not_acceptable(these, reference, known)
        for known in (
            status_list(uri="urn:ab:c"),
            saying(0, STRANGER),
        )
    ]
    assert reasons == [
        f"it is list urn:ab:c, the contract names {LIST_URI}",
        f"it is signed by {stranger}, which may not speak for this contract",
    ]


def test_an_address_is_compared_byte_for_byte() -> None:
    for uri in (f"{LIST_URI}/", f"{LIST_URI}?a", LIST_URI.replace("list", "List"), LIST_URI[:-1]):
        assert says(revocable(), [status_list(uri=uri)]) == "status-unknown"


# --- the status at an instant ---


def test_an_irrevocable_contract_needs_no_list() -> None:
    assert decided(terms(), [], ASKED) is None
    assert decided(terms(), [saying(1)], ASKED) is None


def test_no_list_is_no_yes() -> None:
    with pytest.raises(StatusUnknownError) as caught:
        decided(revocable(), [], ASKED)
    assert (caught.value.uri, caught.value.idx) == (LIST_URI, IDX)
    assert ANA.public.thumbprint.hex() in caught.value.reason


def test_the_issue_time_of_the_deciding_list_is_returned() -> None:
    older, newer = saying(0, issued=ASKED - 2 * DAY), saying(0, issued=ASKED - DAY)
    for lists in ([older, newer], [newer, older], [older, newer, older]):
        assert decided(revocable(), lists, ASKED) == newer


def test_revoked_gives_the_earliest_list_that_said_so() -> None:
    times = [ASKED - days * DAY for days in (1, 3, 2)]
    with pytest.raises(RevokedError) as caught:
        decided(revocable(), [saying(1, issued=at) for at in times], ASKED)
    assert caught.value.since == ASKED - 3 * DAY


def test_suspended_gives_the_list_that_says_so() -> None:
    with pytest.raises(SuspendedError) as caught:
        decided(revocable(), [saying(0, issued=ASKED - 2 * DAY), saying(2)], ASKED)
    assert caught.value.as_of == ASKED - DAY


NEVER, SOON = timedelta(0), timedelta(seconds=300)


@pytest.mark.parametrize(
    ("value", "ahead", "code"),
    [
        (VALID, NEVER, "valid"),
        (VALID, SECOND, "status-unknown"),
        (SUSPENDED, NEVER, "suspended"),
        (SUSPENDED, SECOND, "status-unknown"),
        (REVOKED, NEVER, "revoked"),
        (REVOKED, SECOND, "revoked"),
        (REVOKED, SOON, "revoked"),
        (REVOKED, SOON + SECOND, "status-unknown"),
    ],
)
def test_a_list_of_the_future_says_nothing_but_revoked_within_300_seconds(
    value: int, ahead: timedelta, code: str
) -> None:
    assert says(revocable(), [saying(value, issued=ASKED + ahead)]) == code


def test_a_list_decides_until_the_second_before_it_ends() -> None:
    for value, ended in (
        (VALID, "status-unknown"),
        (SUSPENDED, "status-unknown"),
        (REVOKED, "revoked"),
    ):
        known = saying(value)
        before = says(revocable(), [known], known.terms.expires - SECOND)
        assert before == {0: "valid", 1: "revoked", 2: "suspended"}[value]
        assert says(revocable(), [known], known.terms.expires) == ended


def test_a_list_that_ended_is_not_replaced_by_an_older_one_that_did_not() -> None:
    short = status_list(issued=ASKED - DAY, expires=ASKED)
    long = status_list(issued=ASKED - 2 * DAY, expires=ASKED + DAY)
    assert says(revocable(), [long]) == "valid"
    assert says(revocable(), [long, short]) == "status-unknown"


@pytest.mark.parametrize(
    ("max_age", "code"), [(DAY, "valid"), (DAY - SECOND, "status-unknown"), (None, "valid")]
)
def test_a_list_may_be_as_old_as_the_caller_says(max_age: timedelta | None, code: str) -> None:
    assert says(revocable(), [saying(0)], max_age=max_age) == code


def test_no_age_is_too_great_for_a_revocation() -> None:
    assert says(revocable(), [saying(1)], max_age=SECOND) == "revoked"


def test_two_lists_of_one_instant_say_nothing_until_a_newer_one_comes() -> None:
    one = saying(0)
    other = status_list(statuses=pack_statuses(64, {IDX + 1: 1}))
    assert one.terms.issued == other.terms.issued
    assert says(revocable(), [one]) == says(revocable(), [other]) == "valid"
    assert says(revocable(), [one, one]) == "valid"
    for lists in (
        [one, other],
        [other, one],
        [one, other, one],
        [saying(0, issued=ASKED - 2 * DAY), one, other],
    ):
        assert says(revocable(), lists) == "status-unknown"
        assert says(revocable(), [*lists, saying(0, issued=ASKED)]) == "valid"
        assert says(revocable(), [saying(0, issued=ASKED), *lists]) == "valid"


def test_the_same_list_in_another_envelope_is_no_second_list() -> None:
    with_timestamp = SIGNED.replace(b"\xa0\x58", b"\xa1\x19\x01\x0e\x41\x00\x58", 1)
    lists = [verify_status_list(SIGNED), verify_status_list(with_timestamp)]
    assert lists[0].data != lists[1].data
    assert lists[0].object_id == lists[1].object_id
    assert says(revocable(), lists) == "valid"


def test_equivocation_of_another_key_does_not_matter() -> None:
    one, other = saying(0, RECOVERY), saying(2, RECOVERY)
    assert says(WITH_ALL_KEYS, [one, other, saying(0, LIST_KEY)]) == "valid"


def test_an_unknown_value_is_no_statement() -> None:
    for value in range(3, 16):
        with pytest.raises(StatusUnknownError, match=f"unknown value {value}"):
            decided(revocable(), [saying(value)], ASKED)


def test_a_newest_list_that_is_too_short_says_nothing_and_no_older_one_speaks_for_it() -> None:
    known = status_list(statuses=b"\0", bits=2, issued=ASKED)
    assert known.terms.size == 4 < IDX
    assert says(revocable(), [known]) == "status-unknown"
    assert says(revocable(), [known, saying(0)]) == "status-unknown"
    assert says(revocable(), [known, saying(1)]) == "revoked"


# --- what a verifier remembers (spec §7.5): every list once seen, at every later question ---


def test_a_verifier_that_keeps_what_it_saw_is_not_talked_back() -> None:
    seen: list[StatusList] = []

    def ask(at: datetime, *shown: StatusList) -> str:
        seen.extend(shown)
        return says(revocable(), seen, at)

    first, second, third = (ASKED + days * DAY for days in range(3))
    assert ask(first) == "status-unknown"
    assert ask(first, saying(0, issued=first)) == "valid"
    assert ask(second, saying(2, issued=second)) == "suspended"
    assert (
        ask(second + SECOND, saying(0, issued=first - DAY)) == "suspended"
    )  # older: decides nothing
    assert ask(second + SECOND, saying(0, issued=second)) == "status-unknown"  # two of one instant
    assert ask(third, saying(0, issued=third)) == "valid"
    assert ask(third + SECOND, saying(1, issued=first - 2 * DAY)) == "revoked"  # however old
    assert ask(third + DAY, saying(0, issued=third + DAY)) == "revoked"  # for ever
    assert ask(third + 300 * DAY) == "revoked"


def test_a_question_about_the_past_is_answered_by_the_list_of_then() -> None:
    lists = [saying(0, issued=ASKED - 3 * DAY), saying(2, issued=ASKED - DAY)]
    assert says(revocable(), lists, ASKED) == "suspended"
    assert says(revocable(), lists, ASKED - 2 * DAY) == "valid"
    assert says(revocable(), lists, ASKED - 4 * DAY) == "status-unknown"


values = st.integers(0, 3)
some_lists = st.lists(
    st.builds(
        saying,
        values,
        st.sampled_from([ANA, RECOVERY, LIST_KEY, STRANGER]),
        st.integers(-3, 1).map(lambda days: ASKED + days * DAY),
    ),
    max_size=6,
)


@given(some_lists, some_lists)
def test_more_evidence_never_clears_a_revocation_and_order_does_not_matter(
    lists: list[StatusList], more: list[StatusList]
) -> None:
    before = says(WITH_ALL_KEYS, lists)
    assert says(WITH_ALL_KEYS, reversed(lists)) == before
    assert says(WITH_ALL_KEYS, [*lists, *lists]) == before
    if before == "revoked":
        assert says(WITH_ALL_KEYS, [*more, *lists]) == "revoked"


@given(some_lists)
def test_a_list_made_after_the_instant_turns_no_no_into_a_yes(lists: list[StatusList]) -> None:
    if says(WITH_ALL_KEYS, lists) != "valid":
        assert says(WITH_ALL_KEYS, [*lists, saying(0, LIST_KEY, ASKED + SECOND)]) != "valid"
