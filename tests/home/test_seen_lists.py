import gc
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from command_line import MEASURED
from consentsig import (
    ListTerms,
    PrivateKey,
    StatusList,
    StatusReference,
    judge_contract,
    pack_statuses,
    parse_contract,
    sign_status_list,
    verify_status_list,
)
from consentsig.home import ledger, seen_lists
from consentsig.home.database import HomeError
from consentsig.home.home import Home
from strategies import ANA, contract, question, revocable

NOW = datetime(2026, 1, 1, tzinfo=UTC)
URI = "https://ana.example/list"
KEY, OTHER = PrivateKey(bytes([1]) * 32), PrivateKey(bytes([2]) * 32)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Home(tmp_path / "home") as home:
        yield home


def make_list(hours: int, *revoked: int, key: PrivateKey = KEY, size: int = 64) -> StatusList:
    issued = NOW + timedelta(hours=hours)
    statuses = pack_statuses(size, dict.fromkeys(revoked, 1))
    terms = ListTerms(URI, key.public, issued, issued + timedelta(days=1), statuses)
    return verify_status_list(sign_status_list(terms, key))


def test_every_list_is_kept_once_oldest_first(home: Home) -> None:
    lists = [make_list(0), make_list(1, 7), make_list(2, 7), make_list(100)]
    for seen in [*reversed(lists), *lists]:
        seen_lists.remember(home, [seen], NOW)
    assert list(seen_lists.known(home, URI)) == lists


def test_lists_of_one_instant_are_both_kept(home: Home) -> None:
    seen_lists.remember(home, [make_list(0)], NOW)
    seen_lists.remember(home, [make_list(0, 3)], NOW)
    assert len(list(seen_lists.known(home, URI))) == 2


def test_signers_and_addresses_are_kept_apart(home: Home) -> None:
    seen_lists.remember(home, [make_list(0), make_list(1, key=OTHER)], NOW)
    assert len(list(seen_lists.known(home, URI))) == 2
    assert list(seen_lists.known(home, "urn:example:other")) == []


def test_a_damaged_database_is_never_taken_for_an_empty_one(home: Home) -> None:
    seen_lists.remember(home, [make_list(0)], NOW)
    with home.writing() as db:
        db.execute("UPDATE lists SET data = x'00'")
    with pytest.raises(HomeError, match="damaged"):
        list(seen_lists.known(home, URI))


# --- many lists, and large ones ---

MIB = 1 << 20


@pytest.fixture
def crowded(home: Home) -> Home:
    """A home that remembers 40 lists of 1 MiB each, of which the last but one takes 7 back."""
    signed = [
        make_list(hours, *([7] if hours == 38 else []), key=ANA, size=8 * MIB)
        for hours in range(40)
    ]
    seen_lists.remember(home, signed, NOW)
    return home


def peak(do: Callable[[], object]) -> int:
    """The most bytes that were held at once, beyond what was held before."""
    gc.collect()
    tracemalloc.start()
    try:
        do()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("room", [0, seen_lists.ROOM])
def test_large_lists_do_not_add_up(
    crowded: Home,
    room: int,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    monkeypatch.setattr(seen_lists, "ROOM", room)
    data = contract(**revocable(status=StatusReference(URI, 7))._asdict())
    seen = seen_lists.Remembered(crowded).known
    results: list[str] = []

    def ask() -> None:
        for at in (NOW + timedelta(hours=9, minutes=1), NOW + timedelta(days=2)):
            verdict = judge_contract(data, **question(at=at, status=seen(URI)))
            entry = ledger.Entry(parse_contract(data), b"", data, None)
            state = ledger.standing(entry, seen(URI), at).state
            results.extend((verdict.result, state.value))

    most = peak(ask)
    assert results == ["valid", "authentic", "revoked", "revoked"]
    assert most < room + 3 * MIB  # one is made at a time, in pieces of growing size
    record_property(MEASURED, f"40 remembered lists of 1 MiB: {most / MIB:.1f} MiB at once")


def test_a_list_is_the_same_each_time_it_is_handed_over(
    crowded: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = [known.object_id for known in seen_lists.known(crowded, URI)]
    for room in (0, seen_lists.ROOM, 64 * MIB):
        monkeypatch.setattr(seen_lists, "ROOM", room)
        seen = seen_lists.Remembered(crowded).known
        assert [known.object_id for known in seen(URI)] == whole
        assert [known.object_id for known in seen(URI)] == whole


def test_a_list_that_is_lost_meanwhile_is_told(home: Home) -> None:
    seen_lists.remember(home, [make_list(0)], NOW)
    seen = seen_lists.known(home, URI)
    with home.writing() as db:
        db.execute("DELETE FROM lists")
    with pytest.raises(HomeError, match="a list in it is gone"):
        list(seen)
