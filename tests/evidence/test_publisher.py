"""The next list of an address: nothing that was revoked comes back."""

import contextlib
import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentsig import StatusList
from consentsig.evidence import MemoryStore, Publisher, PublishError, SqliteStore
from consentsig.status_list import MAX_INFLATED_LEN, MAX_POSITIONS, REVOKED
from lists import revoked_in
from strategies import ANA, ASKED, DAY, LIST_URI, RECOVERY, SECOND, STRANGER, status_list

HOUR = timedelta(hours=1)


def sign(store: MemoryStore, *revoked: int, hours: int = 0, **options: object) -> StatusList:
    now = ASKED + hours * HOUR
    made = Publisher(LIST_URI, ANA, store, **options).sign(revoked, now=now, size=64)  # type: ignore[arg-type]
    store.add([made], now)
    return made


def test_the_first_list_says_what_is_revoked() -> None:
    made = sign(MemoryStore(), 3)
    assert revoked_in(made.terms) == {3}
    assert (made.terms.uri, made.terms.issued, made.terms.previous) == (LIST_URI, ASKED, None)
    assert made.terms.expires == ASKED + 90 * DAY


def test_each_list_names_the_one_before_and_carries_over_what_that_revoked() -> None:
    store = MemoryStore()
    first, second = sign(store, 3), sign(store, 5, hours=1)
    assert second.terms.previous == first.object_id
    assert revoked_in(second.terms) == {3, 5}
    assert revoked_in(sign(store, hours=2).terms) == {3, 5}


@given(st.lists(st.sets(st.integers(0, 63), max_size=4), max_size=6))
def test_no_order_of_lists_clears_a_bit(steps: list[set[int]]) -> None:
    store, before = MemoryStore(), set[int]()
    for hours, revoked in enumerate(steps):
        before |= revoked
        assert revoked_in(sign(store, *revoked, hours=hours).terms) == before


def test_a_list_that_is_shown_counts_even_if_another_replaced_it() -> None:
    store = MemoryStore()
    sign(store, 1, hours=3)
    shown = status_list(issued=ASKED + HOUR, statuses=b"\x80" + bytes(15))
    made = sign(store, hours=4, shown=[shown])
    assert revoked_in(made.terms) == {1, 7}
    assert made.terms.size == 128


def test_what_the_recovery_key_revoked_is_carried_over_only_where_it_is_continued() -> None:
    shown = [status_list(RECOVERY, statuses=b"\xff" * 8)]
    assert revoked_in(sign(MemoryStore(), shown=shown).terms) == set()
    keys = [RECOVERY.public.thumbprint]
    assert len(revoked_in(sign(MemoryStore(), shown=shown, continues=keys).terms)) == 64


def test_a_publisher_continues_the_list_it_signed_before_even_if_nobody_kept_it() -> None:
    publisher = Publisher(LIST_URI, ANA, MemoryStore())
    first = publisher.sign([3], now=ASKED, size=64)
    with pytest.raises(PublishError):
        publisher.sign([5], now=ASKED, size=64)
    second = publisher.sign([5], now=ASKED + SECOND, size=64)
    assert revoked_in(second.terms) == {3, 5}
    assert second.terms.previous == first.object_id


@pytest.mark.parametrize("idx", [-1, 8 * MAX_INFLATED_LEN, 1 << 60])
def test_a_position_that_no_list_has_is_refused_at_once(idx: int) -> None:
    publisher = Publisher(LIST_URI, ANA, MemoryStore())
    with pytest.raises(ValueError, match="expected 0 to 134217727"):
        publisher.sign([idx], now=ASKED, size=64)
    with pytest.raises(ValueError, match="past the year 9999"):
        publisher.sign([], now=ASKED, size=64, life=timedelta.max)


@pytest.mark.parametrize("in_a_file", [False, True])
def test_a_list_that_revokes_everything_is_carried_over_in_little_memory(
    tmp_path: Path, *, in_a_file: bool
) -> None:
    """It takes 16 KB; its 134 million positions would take gigabytes."""
    everything = status_list(RECOVERY, statuses=b"\xff" * MAX_INFLATED_LEN)
    keys = [RECOVERY.public.thumbprint]
    with contextlib.ExitStack() as stack:
        store = (
            stack.enter_context(SqliteStore.open(tmp_path / "db")) if in_a_file else MemoryStore()
        )
        tracemalloc.start()
        store.add([everything], ASKED)
        made = Publisher(LIST_URI, ANA, store, continues=keys).sign([3], now=ASKED, size=64)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert made.terms.count(REVOKED) == made.terms.size == MAX_POSITIONS
    assert most < 8 * MAX_INFLATED_LEN


def test_a_list_of_another_address_says_nothing() -> None:
    other = status_list(uri="https://ana.example/other", statuses=b"\xff" * 8)
    assert revoked_in(sign(MemoryStore(), shown=[other]).terms) == set()


def test_no_two_lists_have_one_time_and_none_is_dated_ahead() -> None:
    store = MemoryStore()
    sign(store)
    publisher = Publisher(LIST_URI, ANA, store)
    assert publisher.earliest(ASKED) == ASKED + SECOND
    for now in (ASKED, ASKED - DAY):
        with pytest.raises(PublishError, match=r"the last list is of .*, and the clock says"):
            publisher.sign([], now=now, size=64)
    assert publisher.sign([], now=ASKED + SECOND, size=64).terms.issued == ASKED + SECOND


def test_a_list_of_another_key_that_is_dated_ahead_stops_nobody() -> None:
    """A thief may date a lost key's lists ahead; the recovery key still speaks."""
    ahead = status_list(STRANGER, issued=ASKED + 9 * DAY, statuses=b"\x01" + bytes(7))
    publisher = Publisher(
        LIST_URI, RECOVERY, MemoryStore(), shown=[ahead], continues=[STRANGER.public.thumbprint]
    )
    assert publisher.earliest(ASKED) == ASKED
    assert revoked_in(publisher.sign([9], now=ASKED, size=64).terms) == {0, 9}


def test_what_one_bit_cannot_say_is_not_passed_over() -> None:
    suspended = status_list(bits=2, statuses=b"\x02" + bytes(15))
    with pytest.raises(PublishError, match="neither valid nor revoked"):
        sign(MemoryStore(), shown=[suspended])


def test_the_list_grows_to_hold_what_is_revoked() -> None:
    assert sign(MemoryStore(), 1000).terms.size == 1008
