import sqlite3
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consentsig import PrivateKey, Revocability, Revocation, StatusReference, parse_contract
from consentsig.evidence import LastFetch, Validators
from consentsig.evidence.refresh import is_fresh
from consentsig.home.database import _MIGRATIONS, Hint, HomeError
from consentsig.home.home import Home, Key
from consentsig.home.positions import FIRST_LIST_SIZE, PositionTakenError, take_position
from consentsig.status_list import MAX_INFLATED_LEN, MAX_POSITIONS
from strategies import contract, status_list

NOW = datetime(2026, 1, 1, tzinfo=UTC)
URI = "https://ana.example/list"
REVOCABLE = {
    "revocation": Revocation(Revocability.AT_WILL, 30),
    "status": StatusReference(URI, 7),
}
KEY, OTHER = PrivateKey(bytes([1]) * 32), PrivateKey(bytes([2]) * 32)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Home(tmp_path / "home") as home:
        yield home


def use(home: Home, positions: list[int], uri: str = URI) -> list[int]:
    with home.writing() as db:
        for idx in positions:
            take_position(db, uri, idx, must_be_free=True)
    return positions


def publish(home: Home, revoked: int, size: int, key: PrivateKey = KEY) -> None:
    """Have *home* know a list of *key*, which revokes the positions of the bits of *revoked*."""
    home.lists.add([status_list(key, uri=URI, statuses=revoked.to_bytes(size // 8, "little"))], NOW)
    with home.writing() as db:
        home.keep_size(db, URI, size)


def test_none_is_drawn_twice_and_the_list_doubles_when_half_full(home: Home) -> None:
    drawn: list[int] = []
    for count in (1, 2047, 1, 2047, 1):
        drawn += use(home, home.draw_positions(URI, count))
    assert len(set(drawn)) == len(drawn) == 4097
    assert max(drawn[:2048]) < FIRST_LIST_SIZE
    assert max(drawn[:4096]) < 8192
    assert home.list_size(URI) == 16_384


def test_they_are_spread_over_the_list(home: Home) -> None:
    drawn = home.draw_positions(URI, 256)
    assert min(drawn) < 1024
    assert max(drawn) >= 3072
    assert drawn != sorted(drawn)


def test_each_address_has_its_own(home: Home) -> None:
    use(home, home.draw_positions(URI, 2048))
    use(home, home.draw_positions("urn:example:other", 1), "urn:example:other")
    assert home.list_size("urn:example:other") == FIRST_LIST_SIZE


def test_a_list_is_as_long_as_its_highest_position_asks(home: Home) -> None:
    use(home, [FIRST_LIST_SIZE])
    assert home.list_size(URI) == 2 * FIRST_LIST_SIZE


def test_drawing_alone_uses_nothing_up(home: Home) -> None:
    for _ in range(10):
        home.draw_positions(URI, 2000)
    assert home.list_size(URI) == FIRST_LIST_SIZE


def test_what_a_published_list_revokes_is_never_drawn(home: Home) -> None:
    """Of contracts that were made elsewhere, nothing else may be known."""
    home.add_key(Key(KEY.public, None, None, None, signs=True), KEY.to_pem(None), NOW)
    publish(home, (1 << 2000) - 1, FIRST_LIST_SIZE)
    assert min(home.draw_positions(URI, 48)) >= 2000
    assert home.list_size(URI) == FIRST_LIST_SIZE


def test_a_list_of_a_stranger_takes_no_position(home: Home) -> None:
    home.add_key(Key(KEY.public, None, None, None, signs=True), KEY.to_pem(None), NOW)
    publish(home, (1 << FIRST_LIST_SIZE) - 1, FIRST_LIST_SIZE, OTHER)
    assert max(home.draw_positions(URI, 100)) < FIRST_LIST_SIZE


def test_where_a_list_revokes_everything_the_next_are_drawn_behind_it(home: Home) -> None:
    home.add_key(Key(KEY.public, None, None, None, signs=True), KEY.to_pem(None), NOW)
    publish(home, (1 << FIRST_LIST_SIZE) - 1, FIRST_LIST_SIZE)
    drawn = home.draw_positions(URI, 100)
    assert min(drawn) >= FIRST_LIST_SIZE
    assert max(drawn) < 2 * FIRST_LIST_SIZE


def test_where_nothing_is_left_a_new_list_is_asked_for(home: Home) -> None:
    home.add_key(Key(KEY.public, None, None, None, signs=True), KEY.to_pem(None), NOW)
    tracemalloc.start()
    publish(home, (1 << MAX_POSITIONS) - 1, MAX_POSITIONS)
    with pytest.raises(HomeError, match="is full; continue with a list that is new") as raised:
        home.draw_positions(URI, 1)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert raised.value.hints == (Hint.CHOOSE_NEW_LIST,)
    assert most < 8 * MAX_INFLATED_LEN


def test_drawing_does_not_read_all_that_are_used(home: Home) -> None:
    use(home, list(range(0, 2 * 20_000, 2)))
    tracemalloc.start()
    home.draw_positions(URI, 1)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 200_000


def test_a_position_that_another_contract_took_meanwhile_is_refused(home: Home) -> None:
    first, second = (contract(**REVOCABLE, credit=credit) for credit in ("a", "b"))
    with home.writing() as db:
        home.record(db, parse_contract(first), first, Path("first"))
    with pytest.raises(PositionTakenError, match="was taken meanwhile"), home.writing() as db:
        home.record(db, parse_contract(second), second, Path("second"))
    assert home.rows("SELECT data FROM contracts") == [(first,)]


def test_revoking_never_takes_a_position_that_another_contract_took_meanwhile(home: Home) -> None:
    first, second = (contract(**REVOCABLE, credit=credit) for credit in ("a", "b"))
    with home.writing() as db:
        home.record(db, parse_contract(first), first, Path("first"))
    with pytest.raises(HomeError, match="was taken meanwhile by another contract"):
        home.revoke([(parse_contract(second), second)], None, NOW)
    assert home.rows("SELECT data, revoked FROM contracts") == [(first, None)]


def test_one_signs_and_the_last_added_does(home: Home) -> None:
    for name, key in (("one", KEY), ("two", OTHER)):
        home.add_key(Key(key.public, name, None, None, signs=True), key.to_pem(None), NOW)
    assert [(key.name, key.signs) for key in home.own_keys()] == [("two", True), ("one", False)]
    home.use_key(home.own_keys()[1])
    assert [(key.name, key.signs) for key in home.own_keys()] == [("one", True), ("two", False)]


def test_a_key_file_is_never_overwritten(home: Home) -> None:
    path = home.key_file(KEY.public)
    use(home, [1])
    path.parent.mkdir()
    for n in range(1, 3):
        path.write_text(f"left over {n}")
        home.add_key(Key(KEY.public, None, None, None, signs=True), KEY.to_pem(None), NOW)
        assert path.with_name(f"{path.name}.{n}").read_text() == f"left over {n}"
        assert path.read_bytes() == KEY.to_pem(None)
        with home.writing() as db:
            db.execute("DELETE FROM keys")


def test_a_key_that_cannot_be_recorded_leaves_no_file(home: Home) -> None:
    key = Key(KEY.public, None, None, None, signs=True)
    home.add_key(key, KEY.to_pem(None), NOW)
    home.key_file(KEY.public).unlink()
    with pytest.raises(HomeError, match="UNIQUE"):
        home.add_key(key, KEY.to_pem(None), NOW)
    assert not home.key_file(KEY.public).exists()


def test_reading_makes_nothing(home: Home) -> None:
    assert home.own_keys() == ()
    assert not home.is_revoked(bytes(32))
    assert not home.folder.exists()


def test_a_transaction_that_fails_leaves_nothing(home: Home) -> None:
    use(home, [1])

    def interrupted() -> None:
        with home.writing() as db:
            home.keep_size(db, URI, 8192)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert home.list_size(URI) == FIRST_LIST_SIZE


def test_it_shares_no_memory_and_has_a_version(home: Home) -> None:
    use(home, [1])
    database = sqlite3.connect(home.database)
    assert database.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert home.rows("PRAGMA mmap_size") == [(0,)]
    assert database.execute("PRAGMA user_version").fetchone() == (5,)
    database.close()


def test_one_of_an_earlier_version_keeps_what_it_holds(home: Home) -> None:
    home.folder.mkdir()
    database = sqlite3.connect(home.database)
    database.execute("PRAGMA journal_mode = WAL")
    for statement in _MIGRATIONS[0]:
        database.execute(statement)
    database.execute("PRAGMA user_version = 1")
    database.execute("INSERT INTO positions VALUES (?, 7)", (URI,))
    database.commit()
    database.close()
    assert home.rows("SELECT idx FROM positions") == [(7,)]
    assert home.rows("SELECT * FROM kept") == []
    assert home.rows("PRAGMA journal_mode") == [("delete",)]
    assert list(home.folder.iterdir()) == [home.database]


def test_lists_of_an_earlier_version_were_seen_when_their_address_was_last_asked_about(
    home: Home,
) -> None:
    known = status_list(uri=URI)
    home.folder.mkdir()
    database = sqlite3.connect(home.database)
    for statement in [each for version in _MIGRATIONS[:3] for each in version]:
        database.execute(statement)
    database.execute("PRAGMA user_version = 3")
    signer, issued = known.terms.signer.thumbprint, int(known.terms.issued.timestamp())
    row = (known.object_id, URI, signer, issued, known.data)
    database.execute("INSERT INTO lists VALUES (?, ?, ?, ?, ?)", row)
    database.execute("INSERT INTO seen VALUES (?, ?)", (URI, issued + 3600))
    database.execute("INSERT INTO speakers VALUES (1, ?, ?)", (URI, signer))
    database.execute("INSERT INTO revocations VALUES (1, 7, ?)", (issued,))
    database.execute("INSERT INTO entered VALUES (?)", (known.object_id,))
    database.commit()
    database.close()
    assert home.rows("SELECT seen, previous FROM lists") == [(issued + 3600, None)]
    assert home.rows("SELECT since, shown FROM revocations") == [(issued, issued)]
    for minutes, newest in ((54, ()), (56, (known,))):
        at = known.terms.issued + timedelta(minutes=minutes)
        page = home.lists.shown_page(URI, signer, at)
        assert page is not None
        assert page.newest == newest
        assert page.revoked.since(7) == known.terms.issued


def test_a_database_that_was_emptied_is_not_taken_for_a_new_one(home: Home) -> None:
    home.folder.mkdir()
    home.database.write_bytes(b"")
    with pytest.raises(HomeError, match="damaged: it is empty"):
        home.own_keys()
    assert home.database.read_bytes() == b""


def test_a_database_that_is_gone_is_not_begun_anew(home: Home) -> None:
    home.add_key(Key(KEY.public, None, None, None, signs=True), KEY.to_pem(None), NOW)
    home.__exit__()
    home.database.unlink()
    with pytest.raises(HomeError, match="is gone"):
        home.own_keys()
    with pytest.raises(HomeError, match="is gone"):
        home.draw_positions(URI, 1)
    assert not home.database.exists()


def test_what_a_restored_home_fetched_is_fetched_again(home: Home) -> None:
    known = status_list(uri=URI)
    home.lists.keep_fetch(LastFetch(URI, known, Validators('"a"', "then"), NOW))
    home.close_lists(NOW)
    last = home.lists.last_fetch(URI)
    assert last is not None
    assert (last.status_list, last.validators) == (known, Validators(None, None))
    assert not is_fresh(home.lists.last_fetch(URI), NOW)


def test_no_position_of_a_closed_list_is_drawn(home: Home) -> None:
    use(home, [1])
    assert not home.is_closed(URI)
    assert home.close_lists(NOW) == [URI]
    assert home.is_closed(URI)
    other = "urn:example:other"
    for uri in (URI, other):
        with pytest.raises(HomeError, match="with a list that is new") as raised:
            home.draw_positions(uri, 1)
        assert raised.value.hints == (Hint.CHOOSE_NEW_LIST,)
    home.say_new(other, NOW)
    assert home.draw_positions(other, 1)


def test_a_transaction_that_sqlite_ended_itself_is_told_with_its_reason(home: Home) -> None:
    use(home, [1])
    home.rows("PRAGMA max_page_count = 1")  # as small as it can be now

    def keep_too_many() -> None:
        with home.writing() as db:
            for idx in range(100_000):
                take_position(db, URI, idx, must_be_free=False)

    with pytest.raises(HomeError, match="disk is full"):
        keep_too_many()
    assert home.list_size(URI) == FIRST_LIST_SIZE
    with home.writing() as db:
        assert db.in_transaction
