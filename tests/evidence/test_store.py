"""Stores of lists: what they keep, what they forget, and that neither changes an answer."""

import contextlib
import gc
import sqlite3
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line import MEASURED
from consentsig import (
    ListTerms,
    PrivateKey,
    RefusedError,
    StatusBook,
    StatusList,
    StatusReference,
    Terms,
    pack_statuses,
    parse_status_list,
    sign_status_list,
    verify_status_list,
)
from consentsig.evidence import (
    LastFetch,
    ListStore,
    MemoryStore,
    Page,
    SqliteStore,
    StoreError,
    Validators,
)
from consentsig.home.home import Home
from consentsig.status_book import RevokedIn
from strategies import ANA, RECOVERY, revocable

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
URI = "https://ana.example/list"
OTHER_URI = "urn:example:other"


def make_list(
    hours: float,
    *revoked: int,
    key: PrivateKey = ANA,
    size: int = 64,
    previous: bytes | None = None,
) -> StatusList:
    issued = NOW + timedelta(hours=hours)
    statuses = pack_statuses(size, dict.fromkeys(revoked, 1))
    expires = issued + timedelta(days=1)
    terms = ListTerms(URI, key.public, issued, expires, statuses, previous=previous)
    return verify_status_list(sign_status_list(terms, key))


def terms_at(idx: int) -> Terms:
    these = revocable(status=StatusReference(URI, idx))
    return these._replace(creator=these.creator._replace(recovery=RECOVERY.public.thumbprint))


def said(store: ListStore | None, idx: int, at: datetime, *lists: StatusList) -> str:
    book = StatusBook(lists, at=at, shelves=() if store is None else (store,))
    try:
        return "valid" if book.decide(terms_at(idx)) else "irrevocable"
    except RefusedError as error:
        return str(error)


@contextlib.contextmanager
def in_a_file(folder: Path, **options: Any) -> Iterator[ListStore]:  # noqa: ANN401  # of open
    with SqliteStore.open(folder / "lists.db", **options) as store:
        yield store


@contextlib.contextmanager
def in_a_home(folder: Path) -> Iterator[ListStore]:
    with Home(folder / "home") as home:
        yield home.lists


@contextlib.contextmanager
def in_memory(_: Path) -> Iterator[ListStore]:
    yield MemoryStore()


STORES: dict[str, Callable[[Path], contextlib.AbstractContextManager[ListStore]]] = {
    "memory": in_memory,
    "file": in_a_file,
    "home": in_a_home,
}


@pytest.fixture(params=list(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ListStore]:
    with STORES[request.param](tmp_path) as store:
        yield store


def test_the_newest_list_decides_and_what_was_revoked_stays_so(store: ListStore) -> None:
    store.add([make_list(0, 7)], NOW)
    store.add([make_list(1)], NOW + HOUR)  # which clears a bit, as none may
    assert said(store, 7, NOW + 2 * HOUR) not in ("valid", "irrevocable")
    assert said(store, 8, NOW + 2 * HOUR) == "valid"
    assert "and ended" in said(store, 8, NOW + 26 * HOUR)


def test_a_list_that_comes_late_adds_what_it_revokes_with_its_own_time(store: ListStore) -> None:
    store.add([make_list(5, 7)], NOW + 5 * HOUR)
    store.add([make_list(1, 7, 8)], NOW + 6 * HOUR)
    book = StatusBook(at=NOW + 6 * HOUR, shelves=(store,))
    assert book.revoked_since(terms_at(7)) == NOW + HOUR
    assert book.revoked_since(terms_at(8)) == NOW + HOUR
    assert book.revoked_since(terms_at(9)) is None


# --- the past: since when a list was seen ---


def disputes(store: ListStore, idx: int, at: datetime, *lists: StatusList) -> str:
    """What the store says about the past, beside *lists* that nobody saw."""
    try:
        StatusBook(lists, at=at, shelves=(store,), seen={}).decide(terms_at(idx))
    except RefusedError as error:
        return error.code
    return "valid"


def test_a_store_shows_since_when_it_saw_a_list(store: ListStore) -> None:
    store.add([make_list(0)], NOW + HOUR)
    dated_back = make_list(1, 7)
    assert disputes(store, 7, NOW + 2 * HOUR, dated_back) == "status-disputed"
    assert disputes(store, 8, NOW + 2 * HOUR, dated_back) == "valid"
    early = NOW + HOUR - timedelta(seconds=301)
    assert disputes(store, 7, early, make_list(0.2, 7)) == "revoked"  # nothing was seen by then
    early += timedelta(seconds=1)
    assert disputes(store, 7, early, make_list(0.2, 7)) == "status-disputed"


def test_what_a_store_saw_revoked_is_shown_since_then(store: ListStore) -> None:
    store.add([make_list(0)], NOW)
    store.add([make_list(1, 7)], NOW + 10 * HOUR)  # it is seen long after its date
    dated_back = make_list(0.5, 7)
    for hours, code in ((2, "status-disputed"), (9.9, "status-disputed"), (10, "revoked")):
        at = NOW + hours * HOUR
        kept = disputes(store, 7, at, dated_back)
        # A store in memory has forgotten the first list, so that nothing is left to dispute.
        forgets = isinstance(store, MemoryStore) or not getattr(store, "_keep_all", True)
        assert kept == (code if not forgets else "revoked")


SIGHTS = st.lists(
    st.tuples(
        st.integers(0, 20),  # hours of its date
        st.sampled_from([(), (3,), (5,), (3, 5)]),
        st.sampled_from([ANA, RECOVERY]),
        st.integers(0, 3),  # hours until the next is seen
        st.booleans(),  # whether it names the list seen before
    ),
    min_size=1,
    max_size=5,
)


@given(SIGHTS, st.integers(0, 30))
def test_a_home_answers_about_the_past_as_lists_with_their_sights(
    sights: list[tuple[int, tuple[int, ...], PrivateKey, int, bool]], hours: int
) -> None:
    seen: dict[bytes, datetime] = {}
    lists: list[StatusList] = []
    now = NOW
    with tempfile.TemporaryDirectory() as folder, in_a_home(Path(folder)) as store:
        for date, revoked, key, later, names in sights:
            previous = lists[-1].object_id if names and lists else None
            one = make_list(date, *revoked, key=key, previous=previous)
            store.add([one], now)
            lists.append(one)
            seen.setdefault(one.object_id, now)
            now += later * HOUR
        at = NOW + hours * HOUR
        book = StatusBook(lists, at=at, seen=seen)
        for idx in (3, 4):
            try:
                book.decide(terms_at(idx))
                expected = "valid"
            except RefusedError as error:
                expected = error.code
            assert disputes(store, idx, at) == expected


def test_two_lists_of_one_instant_are_both_kept(store: ListStore) -> None:
    for one in (make_list(0), make_list(0, 3)):
        store.add([one, one], NOW)
    assert "different lists" in said(store, 9, NOW + HOUR)


def test_a_recovery_key_adds_and_confirms_nothing(store: ListStore) -> None:
    store.add([make_list(0, 5, key=RECOVERY)], NOW)
    assert "no list by key" in said(store, 6, NOW)
    store.add([make_list(0)], NOW)
    assert said(store, 6, NOW) == "valid"
    assert said(store, 5, NOW) != "valid"


def test_a_list_dated_ahead_counts_when_its_time_has_come(store: ListStore) -> None:
    store.add([make_list(0), make_list(3, 7)], NOW)
    assert said(store, 7, NOW) == "valid"
    assert said(store, 7, NOW + 3 * HOUR - timedelta(seconds=301)) == "valid"
    assert said(store, 7, NOW + 3 * HOUR - timedelta(seconds=300)) != "valid"


def test_other_addresses_have_nothing(store: ListStore) -> None:
    store.add([make_list(0)], NOW)
    book = StatusBook(at=NOW, shelves=(store,))
    page = book.page(OTHER_URI, ANA.public.thumbprint)
    assert page is None or (page.newest == () and page.revoked.bits() == 0)


def test_what_was_fetched_is_asked_for_with_its_validators(store: ListStore) -> None:
    assert store.last_fetch(URI) is None
    for hours, etag in ((0, '"a"'), (1, None)):
        known = make_list(hours)
        fetch = LastFetch(URI, known, Validators(etag), NOW + hours * HOUR)
        store.keep_fetch(fetch)
        assert store.last_fetch(URI) == fetch
    assert said(store, 1, NOW + HOUR) == "valid"


EVENTS = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.sets(st.integers(0, 3)),
        st.sampled_from([ANA, RECOVERY]),
    ),
    max_size=7,
)


@given(EVENTS, st.integers(0, 8))
def test_a_store_says_what_all_lists_ever_seen_say(
    events: list[tuple[int, set[int], PrivateKey]], hours: int
) -> None:
    """Asked about any time from the last it was given something, forgetting changes nothing."""
    lists = [make_list(when, *revoked, key=key) for when, revoked, key in events]
    now = NOW + hours * HOUR
    store = MemoryStore()
    for each in lists:
        store.add([each], now)
    for idx in range(5):
        for at in (now, now + 3 * HOUR):
            assert said(store, idx, at) == said(None, idx, at, *lists)


@given(events=EVENTS, hours=st.integers(0, 8), keep_all=st.booleans())
def test_a_file_says_what_all_lists_ever_seen_say(
    tmp_path_factory: pytest.TempPathFactory,
    events: list[tuple[int, set[int], PrivateKey]],
    hours: int,
    *,
    keep_all: bool,
) -> None:
    lists = [make_list(when, *revoked, key=key) for when, revoked, key in events]
    now = NOW + hours * HOUR
    with in_a_file(tmp_path_factory.mktemp("store"), keep_all=keep_all) as store:
        for each in lists:
            store.add([each], now)
        for idx in range(5):
            for at in (now, now + 3 * HOUR, *([now - 2 * HOUR] if keep_all else [])):
                assert said(store, idx, at) == said(None, idx, at, *lists)


def test_replaced_lists_are_forgotten_unless_all_are_kept(tmp_path: Path) -> None:
    for keep_all, expected in ((False, 1), (True, 20)):
        path = tmp_path / f"{keep_all}.db"
        with SqliteStore.open(path, keep_all=keep_all) as store:
            for hours in range(20):
                store.add([make_list(hours, hours)], NOW + hours * HOUR)
            assert len(list(store.lists(URI))) == expected
            assert said(store, 3, NOW + 20 * HOUR) != "valid"
            assert said(store, 30, NOW + 20 * HOUR) == "valid"


def test_a_list_that_nobody_entered_counts_all_the_same(tmp_path: Path) -> None:
    with Home(tmp_path / "home") as home:
        home.lists.add([make_list(0)], NOW)
        late = make_list(1, 9)
        row = (late.object_id, URI, ANA.public.thumbprint, int((NOW + HOUR).timestamp()), late.data)
        with home.writing() as db:
            columns = "object_id, uri, signer, issued, data"
            db.execute(f"INSERT INTO lists ({columns}) VALUES (?, ?, ?, ?, ?)", row)  # noqa: S608
        assert said(home.lists, 9, NOW + 2 * HOUR) != "valid"
        assert said(home.lists, 8, NOW + 2 * HOUR) == "valid"


def test_lists_of_a_home_come_oldest_first_and_each_once(tmp_path: Path) -> None:
    lists = [make_list(0), make_list(1, 7), make_list(2, 7), make_list(100)]
    with Home(tmp_path / "home") as home:
        for each in [*reversed(lists), *lists]:
            home.lists.add([each], NOW)
        assert list(home.lists.lists(URI)) == lists
        assert list(home.lists.lists(URI, [RECOVERY.public.thumbprint])) == []
        assert home.lists.ids(URI, [ANA.public.thumbprint]) == [one.object_id for one in lists]


@pytest.mark.parametrize("damage", ["UPDATE lists SET data = x'00'", "DELETE FROM lists"])
def test_a_damaged_store_is_never_taken_for_an_empty_one(tmp_path: Path, damage: str) -> None:
    with in_a_home(tmp_path) as store:
        store.add([make_list(0)], NOW)
    with Home(tmp_path / "home") as home:
        seen = home.lists.lists(URI)
        with home.writing() as db:
            db.execute(damage)
        with pytest.raises(StoreError, match=r"is damaged: malformed|is gone"):
            list(seen)


def test_a_file_that_is_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lists.db").write_text("not a database, but a text of some length" * 100)
    with pytest.raises(StoreError, match="not a database"), in_a_file(tmp_path):
        pass


# --- the clock ---


def test_a_list_that_counted_tells_of_a_clock_that_went_back(store: ListStore) -> None:
    signers = [ANA.public.thumbprint]
    store.add([make_list(0), make_list(22, 7)], NOW + 22 * HOUR)
    assert store.seen_later(URI, signers, NOW + 22 * HOUR) is None
    assert store.seen_later(URI, signers, NOW + HOUR) == NOW + 22 * HOUR
    assert store.seen_later(URI, [RECOVERY.public.thumbprint], NOW + HOUR) is None
    assert store.seen_later(OTHER_URI, signers, NOW + HOUR) is None


def test_so_does_one_that_was_dated_a_little_ahead(store: ListStore) -> None:
    """Within 300 s it counted when it came, although it was dated later."""
    store.add([make_list(0), make_list(22, 7)], NOW + 22 * HOUR - timedelta(seconds=250))
    found = store.seen_later(URI, [ANA.public.thumbprint], NOW + HOUR)
    assert found == NOW + 22 * HOUR - timedelta(seconds=250)


def test_so_does_one_that_came_long_before_its_date_once_it_was_asked_about(
    store: ListStore,
) -> None:
    signers = [ANA.public.thumbprint]
    store.add([make_list(0), make_list(22, 7)], NOW)
    store.note_now(URI, NOW + HOUR)
    assert store.seen_later(URI, signers, NOW + HOUR) is None
    store.note_now(URI, NOW + 22 * HOUR - timedelta(seconds=200))
    assert store.seen_later(URI, signers, NOW + HOUR) is not None


def test_so_does_one_that_is_a_minute_old_when_the_clock_goes_back_by_two(
    store: ListStore,
) -> None:
    """It was in force. Now it is dated ahead, and the one before would speak again."""
    store.add([make_list(0), make_list(22, 7)], NOW + 22 * HOUR + timedelta(seconds=60))
    signers = [ANA.public.thumbprint]
    assert store.seen_later(URI, signers, NOW + 22 * HOUR - timedelta(seconds=60)) is not None
    assert store.seen_later(URI, signers, NOW + 22 * HOUR) is None


# --- what is no list, and what was changed beneath ---


def test_only_verified_lists_are_kept(store: ListStore) -> None:
    unverified = parse_status_list(make_list(0).data)
    with pytest.raises(ValueError, match="UnverifiedStatusList, expected StatusList"):
        store.add([unverified], NOW)  # type: ignore[list-item]  # what is asserted
    with pytest.raises(ValueError, match="UnverifiedStatusList, expected StatusList"):
        store.keep_fetch(LastFetch(URI, unverified, Validators(None), NOW))  # type: ignore[arg-type]
    assert "no list by key" in said(store, 1, NOW)


def test_a_list_that_was_forgotten_counts_again_once_the_clock_went_back(tmp_path: Path) -> None:
    with in_a_file(tmp_path) as store:
        old = make_list(0, 7)
        store.add([old], NOW)
        store.add([make_list(1, 7)], NOW + HOUR)
        assert "no list by key" in said(store, 8, NOW)
        store.add([old], NOW)
        assert said(store, 8, NOW) == "valid"
        assert said(store, 7, NOW) != "valid"


BO = "https://bo.example/list"


@pytest.mark.parametrize(
    ("change", "uri", "signer"),
    [
        ("data = (SELECT max(data) FROM lists)", URI, ANA.public.thumbprint),
        ("data = (SELECT min(data) FROM lists)", URI, ANA.public.thumbprint),
        (f"uri = '{BO}'", BO, ANA.public.thumbprint),
        ("signer = zeroblob(32)", URI, bytes(32)),
    ],
)
def test_a_list_in_the_place_of_another_is_damage(
    tmp_path: Path, change: str, uri: str, signer: bytes
) -> None:
    with in_a_file(tmp_path, keep_all=True) as store:
        store.add([make_list(0), make_list(1)], NOW)
    with contextlib.closing(sqlite3.connect(tmp_path / "lists.db")) as db:
        db.execute(f"UPDATE lists SET {change}")  # noqa: S608  # one of the above
        db.commit()

    def ask_both() -> None:
        with in_a_file(tmp_path) as store:
            for at in (NOW, NOW + HOUR):
                store.page(uri, signer, at)

    with pytest.raises(StoreError, match="is damaged"):
        ask_both()


def test_the_database_of_a_home_is_no_store(tmp_path: Path) -> None:
    with in_a_home(tmp_path) as store:
        store.add([make_list(0)], NOW)
    database = next((tmp_path / "home").glob("*.db"))
    with pytest.raises(StoreError, match="database of something else"), SqliteStore.open(database):
        pass


def test_a_shelf_that_gives_an_unverified_list_is_refused() -> None:
    class Careless(MemoryStore):
        def page(self, uri: str, signer: bytes, at: datetime) -> Page | None:
            del uri, signer, at
            unverified: Any = parse_status_list(make_list(0).data)
            return Page((unverified,), RevokedIn([]))

    with pytest.raises(ValueError, match="expected StatusList"):
        said(Careless(), 1, NOW)


@pytest.mark.parametrize(("uri", "key"), [(OTHER_URI, ANA), (URI, RECOVERY)])
def test_a_shelf_that_gives_a_list_of_something_else_is_refused(uri: str, key: PrivateKey) -> None:
    class Careless(MemoryStore):
        def page(self, uri: str, signer: bytes, at: datetime) -> Page | None:
            del uri, signer, at
            return Page((make_list(0),), RevokedIn([]))

    book = StatusBook(at=NOW, shelves=(Careless(),))
    with pytest.raises(ValueError, match="a shelf gave list"):
        book.page(uri, key.public.thumbprint)


def test_threads_share_a_store_in_memory() -> None:
    store = MemoryStore()
    lists = [make_list(hours / 100, hours % 64) for hours in range(200)]

    def add_and_ask(turn: int) -> None:
        for each in lists[turn::8]:
            store.add([each], NOW + 3 * HOUR)
            said(store, 1, NOW + 3 * HOUR)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_and_ask, range(8)))
    assert said(store, 63, NOW + 3 * HOUR) != "valid"
    page = store.page(URI, ANA.public.thumbprint, NOW + 3 * HOUR)
    assert page is not None
    assert page.newest == (lists[-1],)


def test_the_last_instant_there_is_can_be_asked_about(store: ListStore) -> None:
    end = datetime.max.replace(tzinfo=UTC, microsecond=0)
    store.add([make_list(0, 7)], NOW)
    assert "revoked" in said(store, 7, end)
    store.note_now(URI, end)
    assert store.seen_later(URI, [ANA.public.thumbprint], end) is None


# --- many lists, and large ones ---

MIB = 1 << 20


def test_a_list_that_revokes_everything_takes_the_space_of_its_file(store: ListStore) -> None:
    """Millions of positions fit into a file of 16 KB; in a table they would take gigabytes."""
    everything = make_list(0, *range(200_000), size=8 * MIB)
    for each in (everything, make_list(1, 7), make_list(2, 7, 300_000, size=8 * MIB)):
        store.add([each], each.terms.issued)
    tracemalloc.start()
    page = StatusBook(at=NOW + 3 * HOUR, shelves=(store,)).page(URI, ANA.public.thumbprint)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert page is not None
    first, last = NOW, NOW + 2 * HOUR
    assert [page.revoked.since(idx) for idx in (0, 7, 199_999)] == [first] * 3
    assert page.revoked.since(300_000) == last
    assert page.revoked.since(200_000) is None
    assert most < 8 * MIB


@pytest.mark.parametrize("revoked", [0, 400, 1_000, 5_000, 10_000])
def test_any_number_of_questions_get_the_same_answers(store: ListStore, revoked: int) -> None:
    """However many are asked about: few are looked up one by one, many read at once."""
    store.add([make_list(0, *range(0, 2 * revoked, 2), size=32_768)], NOW)
    page = StatusBook(at=NOW + HOUR, shelves=(store,)).page(URI, ANA.public.thumbprint)
    assert page is not None
    for idx in range(2 * revoked + 1_200):
        expected = NOW if idx % 2 == 0 and idx < 2 * revoked else None
        assert page.revoked.since(idx) == expected
    assert page.revoked.bits() == sum(1 << idx for idx in range(0, 2 * revoked, 2))


def test_one_question_does_not_read_all_that_is_revoked(tmp_path: Path) -> None:
    with in_a_file(tmp_path) as store:
        store.add([make_list(0, *range(60_000), size=65_536)], NOW)
        tracemalloc.start()
        assert "revoked" in said(store, 7, NOW + HOUR)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert most < 500_000


def test_only_the_first_list_that_repeats_many_revocations_is_kept_whole(tmp_path: Path) -> None:
    with in_a_file(tmp_path) as store:
        for hours in range(9):
            store.add([make_list(hours, *range(70_000 + hours), size=MIB)], NOW + hours * HOUR)
        assert said(store, 8, NOW + 9 * HOUR) != "valid"
        assert said(store, 70_007, NOW + 9 * HOUR) != "valid"
        assert said(store, 70_008, NOW + 9 * HOUR) == "valid"
    with contextlib.closing(sqlite3.connect(tmp_path / "lists.db")) as db:
        (kept,) = db.execute("SELECT count(*) FROM lists").fetchone()
    assert kept == 2  # the first, and the newest


def test_forty_lists_of_one_instant_are_read_as_two(store: ListStore) -> None:
    for idx in range(40):
        store.add([make_list(0, idx)], NOW)
    page = store.page(URI, ANA.public.thumbprint, NOW)
    assert page is not None
    assert len(page.newest) == 2
    assert page.revoked.bits() == (1 << 40) - 1


def test_large_lists_do_not_add_up(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with in_a_home(tmp_path) as store:
        for hours in range(40):
            store.add([make_list(hours, *([7] * (hours == 38)), size=8 * MIB)], NOW + 40 * HOUR)
    gc.collect()
    with in_a_home(tmp_path) as store:
        tracemalloc.start()
        before = said(store, 7, NOW + 9 * HOUR)
        after = said(store, 7, NOW + 48 * HOUR)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert before == "valid" != after
    assert most < 8 * MIB  # two lists are looked at, of 40
    record_property(MEASURED, f"40 remembered lists of 1 MiB: {most / MIB:.1f} MiB at once")
