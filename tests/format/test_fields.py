from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentsig import MalformedError
from consentsig.format.cbor import encode
from consentsig.format.fields import (
    Fixed,
    Formed,
    Notes,
    Read,
    Text,
    Time,
    Uint,
    read_ascending,
    read_fields,
    read_true,
    write_ascending,
)

LAST_TIME = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
MONTHS = Uint("the months", 1, 12)


@pytest.mark.parametrize("n", [1, 12])
def test_an_integer_in_its_range_is_read_and_written(n: int) -> None:
    assert MONTHS.write(n) == encode(n)
    assert MONTHS.read(b"\0" + encode(n), 1, []) == (n, 2)


@pytest.mark.parametrize("n", [0, 13, 24, 2**53 - 1])
def test_an_integer_out_of_its_range_is_refused_with_both_sides(n: int) -> None:
    for attempt in (lambda: MONTHS.write(n), lambda: MONTHS.read(encode(n), 0, [])):
        with pytest.raises(MalformedError, match=f"^the months is {n}, expected 1 to 12$"):
            attempt()


@pytest.mark.parametrize("value", [True, 1.0, "1", None], ids=repr)
def test_what_only_equals_an_integer_is_not_written_as_one(value: int) -> None:
    with pytest.raises(TypeError, match=f"is {value!r}, expected an int"):
        MONTHS.write(value)


@pytest.mark.parametrize("data", ["20", "41 31", "61 31", "81 01", "a0", "f5", "f9 3c00", "18 01"])
def test_another_item_is_not_read_as_an_integer(data: str) -> None:
    with pytest.raises(MalformedError, match="the months"):
        MONTHS.read(bytes.fromhex(data), 0, [])


@given(st.integers(0, 253_402_300_799))
def test_any_time_is_read_as_it_was_written(seconds: int) -> None:
    at, end = Time("exp").read(encode(seconds), 0, [])
    assert at.tzinfo is UTC
    assert at == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert end == len(encode(seconds))
    assert Time("exp").write(at) == encode(seconds)


def test_an_instant_is_written_the_same_from_every_time_zone() -> None:
    lisbon = datetime(2026, 7, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    assert Time("exp").write(lisbon) == encode(int(lisbon.timestamp()))


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), "exp is -1, expected 0 to 253402300799"),
        (LAST_TIME.replace(microsecond=1), "expected a whole second"),
        (datetime(2026, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC), "expected a whole second"),
    ],
)
def test_an_instant_that_is_no_time_of_the_format_is_refused(at: datetime, reason: str) -> None:
    with pytest.raises(MalformedError, match=reason):
        Time("exp").write(at)


def test_a_time_without_a_zone_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        Time("exp").write(datetime(2026, 1, 1))  # noqa: DTZ001  # what is refused  # what is refused


def test_a_time_after_the_year_9999_is_malformed() -> None:
    assert Time("exp").read(encode(253_402_300_799), 0, [])[0] == LAST_TIME
    with pytest.raises(MalformedError, match="is 253402300800, expected 0 to 253402300799"):
        Time("exp").read(encode(253_402_300_800), 0, [])


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_byte_string_of_another_length_is_refused_with_both_sides(length: int) -> None:
    key = Fixed("the key", 32)
    for attempt in (
        lambda: key.write(bytes(length)),
        lambda: key.read(encode(bytes(length)), 0, []),
    ):
        with pytest.raises(MalformedError, match=f"^the key is {length} bytes, expected 32$"):
            attempt()


@pytest.mark.parametrize("text", ["a" * 8, "é" * 4, "あa€"])
def test_a_text_is_measured_in_bytes(text: str) -> None:
    title = Text("the title", 8)
    fits = len(text.encode()) <= 8
    assert fits
    assert title.read(title.write(text), 0, []) == (text, len(text.encode()) + 1)


def test_a_text_over_its_limit_is_refused_before_it_is_looked_at() -> None:
    title = Text("the title", 8)
    for attempt in (
        lambda: title.write("ééééa"),
        lambda: title.read(encode("ééééa"), 0, []),
        lambda: title.read(b"\x69" + b"\xff" * 9, 0, []),
    ):
        with pytest.raises(MalformedError, match=r"^the title is 9 bytes, at most 8 are allowed$"):
            attempt()


def test_a_formed_string_is_refused_with_its_form() -> None:
    code = Formed("a code", 2, str.isupper, "upper case")
    assert code.read(code.write("PT"), 0, []) == ("PT", 3)
    for attempt in (lambda: code.write("pt"), lambda: code.read(encode("pt"), 0, [])):
        with pytest.raises(MalformedError, match=r"^a code is 'pt', expected upper case$"):
            attempt()


@pytest.mark.parametrize("data", [b"\xf4", b"\x01", b"\xf6", b"\x61t"])
def test_a_flag_is_true_or_not_there(data: bytes) -> None:
    assert read_true(b"\xf5", 0, []) == (True, 1)
    with pytest.raises(MalformedError, match="false is said by leaving it out"):
        read_true(data, 0, [])


# --- maps and arrays ---

TABLE: dict[int, Read] = {0: MONTHS.read, 2: MONTHS.read}


def test_known_fields_are_read_and_unknown_ones_noted() -> None:
    notes: Notes = []
    data = encode({0: 1, 1: ["?"], 2: 3, 600: {}, -1: 0, "x": 0})
    assert read_fields(data, 0, TABLE, "it", notes) == ({0: 1, 2: 3}, len(data))
    assert notes == [f"it has the unknown key {key}" for key in ("1", "600", "-1", "'x'")]


@pytest.mark.parametrize("data", ["a2 0001 0001", "a2 0201 0001", "a2 0100 0001", "a2 2000 0001"])
def test_a_field_twice_or_out_of_order_is_malformed(data: str) -> None:
    with pytest.raises(MalformedError, match="twice or out of order"):
        read_fields(bytes.fromhex(data), 0, TABLE, "it", [])


def test_a_list_ascends_bytewise() -> None:
    code = Text("a code", 8)
    assert read_ascending(encode(["b", "c", "aa"]), 0, code.read, "it", []) == (("b", "c", "aa"), 8)
    for wrong in (["c", "b"], ["b", "b"], ["aa", "b"]):
        with pytest.raises(MalformedError, match="it has an item twice or out of order"):
            read_ascending(encode(wrong), 0, code.read, "it", [])


def test_a_list_is_written_in_order_and_without_repetition() -> None:
    items = [encode(item) for item in ("aa", "c", "b")]
    assert write_ascending(items, "it") == encode(["b", "c", "aa"])
    with pytest.raises(MalformedError, match="it has an item twice"):
        write_ascending([*items, items[0]], "it")
