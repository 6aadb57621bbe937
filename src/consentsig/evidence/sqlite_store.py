"""Status lists in a SQLite file: a store of its own, or the part of a home's database.

Every list is kept as it came. What a question needs is found by address and signer: the newest
list by an index, revoked positions in a table that has each once, with the least issue time that
says so. So a question costs the same however many lists there are.
"""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from consentsig.errors import ConsentsigError, RefusedError
from consentsig.evidence.fetch import Validators
from consentsig.evidence.list_tables import FETCHES, LISTS, REVOCATIONS, SIGHTS, TABLES
from consentsig.evidence.store import MOST_AT_ONCE, LastFetch, SinceTable
from consentsig.status_book import SKEW, AnyOf, Page, RevokedIn, check_is_list, existed_since
from consentsig.status_list import bits_of, positions_of, revoked_bits, verify_status_list
from consentsig.terms import EPOCH, MAX_TIME, seconds

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime
    from os import PathLike

    from consentsig.status_book import Revocations
    from consentsig.status_list import StatusList

_COUNTED: Final = "FROM revocations WHERE speaker = ? AND since <= ? AND shown <= ?"
# After so many look-ups as many rows as here are read at once, which takes about as long as those.
_READ_ALL: Final = {16: 512, 64: 2_048, 256: 8_192, 2_048: MOST_AT_ONCE}
_ROOM: Final = 33_554_432  # bytes of inflated lists at hand
_BUSY_SECONDS: Final = 5


class StoreError(ConsentsigError):
    """The file of a store cannot be read or written, or is damaged."""


class Tables(Protocol):
    """A database with the tables above."""

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The answer to a question; nothing where there is no database yet."""

    def writing(self) -> AbstractContextManager[sqlite3.Connection]:
        """One transaction: all of the block is kept, or nothing. It may stand in another."""


class SqliteStore:
    """Lists in the tables of *tables*; :meth:`open` makes a file for them.

    Args:
        tables: The database.
        keep_all: Keep lists that were replaced, for audits that ask about the past. Otherwise
            only what questions about now need is kept.
    """

    def __init__(self, tables: Tables, *, keep_all: bool = True) -> None:
        self._tables = tables
        self._keep_all = keep_all
        self._at_hand: dict[bytes, StatusList] = {}
        self._room = _ROOM

    @classmethod
    @contextlib.contextmanager
    def open(cls, path: str | PathLike[str], *, keep_all: bool = False) -> Iterator[Self]:
        """The store in the file at *path*, which is made if it is not there. Use ``with``.

        Raises:
            StoreError: The file is something else, damaged, or in use for too long.
        """
        with contextlib.closing(_File(path)) as tables:
            yield cls(tables, keep_all=keep_all)

    # --- what a book asks for ---

    def page(self, uri: str, signer: bytes, at: datetime) -> Page | None:
        """What the lists of *signer* for *uri* say at *at*."""
        until, latest = seconds(at), min(seconds(at) + SKEW.seconds, MAX_TIME)
        newest = self._tables.rows(
            "SELECT object_id, data FROM lists WHERE uri = ?1 AND signer = ?2 AND issued ="
            " (SELECT max(issued) FROM lists WHERE uri = ?1 AND signer = ?2 AND issued <= ?3)"
            " LIMIT 2",  # which say already that they differ
            *(uri, signer, until),
        )
        revoked = [self._revocations(uri, signer, latest), self._not_entered(uri, signer, latest)]
        found = tuple(self._verified(object_id, data) for object_id, data in newest)
        _check_speaker(found, uri, signer)
        return Page(found, AnyOf(revoked))

    def shown_page(self, uri: str, signer: bytes, at: datetime) -> Page | None:
        """What those lists of *signer* for *uri* say that can be shown to have existed at *at*."""
        until, latest = seconds(at), min(seconds(at) + SKEW.seconds, MAX_TIME)
        rows = self._tables.rows(
            "SELECT object_id, previous, seen, issued, object_id IN (SELECT object_id FROM entered)"
            " FROM lists WHERE uri = ? AND signer = ?",
            *(uri, signer),
        )
        since = existed_since((object_id, before, seen) for object_id, before, seen, *_ in rows)
        shown = [row for row in rows if since.get(row[0], MAX_TIME) <= latest]
        last = max((issued for *_, issued, _ in shown if issued <= until), default=-1)
        newest = [object_id for object_id, *_, issued, _ in shown if issued == last]
        # What is in the table counts there since it was seen, which is later than another list
        # may show.
        read = [
            object_id
            for object_id, _, seen, issued, is_entered in shown
            if issued <= latest and not (is_entered and seen is not None and seen <= latest)
        ]
        revoked = [
            self._revocations(uri, signer, latest, shown=latest),
            RevokedIn([self.list_of_id(object_id) for object_id in read]),
        ]
        return Page(tuple(self.list_of_id(each) for each in newest[:2]), AnyOf(revoked))

    def _revocations(
        self, uri: str, signer: bytes, latest: int, shown: int = MAX_TIME
    ) -> Revocations:
        rows = self._tables.rows(
            "SELECT id FROM speakers WHERE uri = ? AND signer = ?", uri, signer
        )
        if not rows:
            return SinceTable({}, EPOCH)
        return _Rows(self._tables, rows[0][0], latest, shown)

    def _not_entered(self, uri: str, signer: bytes, latest: int) -> Revocations:
        rows = self._tables.rows(
            "SELECT object_id, data FROM lists WHERE uri = ? AND signer = ? AND issued <= ?"
            " AND object_id NOT IN (SELECT object_id FROM entered)",
            *(uri, signer, latest),
        )
        found = [self._verified(object_id, data) for object_id, data in rows]
        _check_speaker(found, uri, signer)
        return RevokedIn(found)

    # --- lists ---

    def add(self, lists: Iterable[StatusList], at: datetime) -> None:
        """Keep lists, seen at *at*, for every later question."""
        lists = list(lists)
        for each in lists:
            check_is_list(each)
        new = [each for each in lists if not self._is_entered(each)]
        if new:
            with self._tables.writing() as db:
                for each in new:
                    self._add(db, each, at)

    def _is_entered(self, known: StatusList) -> bool:
        # One that was forgotten since is entered again, so that an older one never replaces it.
        sql = "SELECT 1 FROM entered JOIN lists USING (object_id) WHERE object_id = ?"
        return bool(self._tables.rows(sql, known.object_id))

    def _add(self, db: sqlite3.Connection, new: StatusList, at: datetime) -> None:
        terms = new.terms
        uri, signer, issued = terms.uri, terms.signer.thumbprint, seconds(terms.issued)
        db.execute(
            "INSERT OR IGNORE INTO lists (object_id, uri, signer, issued, data, seen, previous)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (new.object_id, uri, signer, issued, new.data, seconds(at), terms.previous),
        )
        db.execute("INSERT OR IGNORE INTO speakers (uri, signer) VALUES (?, ?)", (uri, signer))
        (speaker,) = db.execute(
            "SELECT id FROM speakers WHERE uri = ? AND signer = ?", (uri, signer)
        ).fetchone()
        # What the list before says is known with an earlier time: from the table, or, if it is
        # not entered there, from the list itself, which is then never forgotten.
        before = db.execute(
            "SELECT object_id FROM lists"
            " WHERE uri = ? AND signer = ? AND issued < ? ORDER BY issued DESC LIMIT 1",
            (uri, signer, issued),
        ).fetchone()
        known = revoked_bits(self.list_of_id(before[0]).terms) if before else 0
        added = revoked_bits(terms) & ~known
        if added.bit_count() <= MOST_AT_ONCE:
            db.executemany(
                "INSERT INTO revocations (speaker, idx, since, shown) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET since = min(since, excluded.since),"
                " shown = min(shown, excluded.shown)",
                ((speaker, idx, issued, max(issued, seconds(at))) for idx in positions_of(added)),
            )
            db.execute("INSERT OR IGNORE INTO entered VALUES (?)", (new.object_id,))
        db.execute(
            "INSERT INTO seen VALUES (?, ?)"
            " ON CONFLICT (uri) DO UPDATE SET latest = max(latest, excluded.latest)",
            (uri, seconds(at)),
        )
        if not self._keep_all:
            self._forget_replaced(db, uri, signer, seconds(at))

    @staticmethod
    def _forget_replaced(db: sqlite3.Connection, uri: str, signer: bytes, at: int) -> None:
        """Drop the lists before the newest that is not dated later than now (spec §7.5)."""
        old = db.execute(
            "SELECT object_id FROM lists JOIN entered USING (object_id)"
            " WHERE uri = ?1 AND signer = ?2 AND issued <"
            " (SELECT max(issued) FROM lists WHERE uri = ?1 AND signer = ?2 AND issued <= ?3)",
            (uri, signer, at),
        ).fetchall()
        # What they revoked stays in the table of revocations.
        db.executemany("DELETE FROM lists WHERE object_id = ?", old)

    def list_of_id(self, object_id: bytes) -> StatusList:
        """A list that was kept.

        Raises:
            StoreError: It is not there, or damaged.
        """
        if object_id in self._at_hand:
            return self._at_hand[object_id]
        rows = self._tables.rows("SELECT data FROM lists WHERE object_id = ?", object_id)
        if not rows:
            raise StoreError(f"list {object_id.hex()} is gone")
        return self._verified(object_id, rows[0][0])

    def _verified(self, object_id: bytes, data: bytes) -> StatusList:
        if object_id in self._at_hand:
            return self._at_hand[object_id]
        try:
            found = verify_status_list(data)
        except RefusedError as error:
            raise StoreError(f"list {object_id.hex()} is damaged: {error.code}") from error
        if found.object_id != object_id:
            raise StoreError(
                f"list {object_id.hex()} is damaged: in its place is {found.object_id.hex()}"
            )
        size = len(found.terms.statuses)
        if size > self._room:
            self._at_hand.clear()
            self._room = _ROOM
        self._at_hand[object_id] = found
        self._room -= size
        return found

    def lists(self, uri: str, signers: Collection[bytes] | None = None) -> Iterator[StatusList]:
        """Every list of *uri* that was kept, oldest first, one by one; of *signers* only."""
        rows = self._tables.rows(
            "SELECT object_id, signer FROM lists WHERE uri = ? ORDER BY issued", uri
        )
        return (
            self.list_of_id(object_id)
            for object_id, signer in rows
            if signers is None or signer in signers
        )

    def ids(self, uri: str, signers: Collection[bytes]) -> list[bytes]:
        """The object ids of the lists of *uri* by *signers*, oldest first."""
        rows = self._tables.rows(
            "SELECT object_id, signer FROM lists WHERE uri = ? ORDER BY issued", uri
        )
        return [object_id for object_id, signer in rows if signer in signers]

    # --- what was fetched, and the clock ---

    def last_fetch(self, uri: str) -> LastFetch | None:
        """The last time that *uri* was asked, if its list was kept."""
        sql = (
            "SELECT object_id, etag, last_modified, checked FROM fetched"
            " JOIN lists USING (object_id, uri) WHERE uri = ?"
        )
        for object_id, etag, last_modified, checked in self._tables.rows(sql, uri):
            known = self.list_of_id(object_id)
            _check_address(known, uri)
            when = EPOCH + timedelta(0, checked)
            return LastFetch(uri, known, Validators(etag, last_modified), when)
        return None

    def keep_fetch(self, fetch: LastFetch) -> None:
        """Keep a list and that its address was asked for it."""
        known, validators = fetch.status_list, fetch.validators
        check_is_list(known)
        with self._tables.writing() as db:
            self._add(db, known, fetch.checked)
            db.execute(
                "INSERT OR REPLACE INTO fetched VALUES (?, ?, ?, ?, ?)",
                (
                    *(fetch.uri, known.object_id, validators.etag, validators.last_modified),
                    seconds(fetch.checked),
                ),
            )

    def note_now(self, uri: str, now: datetime) -> None:
        """Keep that *uri* was asked about at *now*, if a list is dated since the last time."""
        rows = self._tables.rows(
            "SELECT 1 FROM seen WHERE uri = ?1 AND latest < ?2 AND EXISTS"
            " (SELECT 1 FROM lists WHERE uri = ?1 AND issued > latest AND issued <= ?3)",
            *(uri, seconds(now), seconds(now) + SKEW.seconds),
        )
        if rows:
            with self._tables.writing() as db:
                sql = "UPDATE seen SET latest = max(latest, ?) WHERE uri = ?"
                db.execute(sql, (seconds(now), uri))

    def seen_later(self, uri: str, signers: Collection[bytes], now: datetime) -> datetime | None:
        """The later instant at which a list was relied on that is dated after *now*."""
        # In force then, or revoking then; and not so now.
        rows = self._tables.rows(
            "SELECT latest, signer FROM seen JOIN lists USING (uri) WHERE uri = ?1 AND"
            " (issued > ?2 AND issued <= latest OR issued > ?2 + ?3 AND issued <= latest + ?3)",
            *(uri, seconds(now), SKEW.seconds),
        )
        for latest, signer in rows:
            if signer in signers:
                return EPOCH + timedelta(0, latest)
        return None


def _check_address(found: StatusList, uri: str) -> None:
    if found.terms.uri != uri:
        raise StoreError(f"the list of {uri} is damaged: it is one of {found.terms.uri}")


def _check_speaker(found: Iterable[StatusList], uri: str, signer: bytes) -> None:
    for each in found:
        _check_address(each, uri)
        if each.terms.signer.thumbprint != signer:
            by = each.terms.signer.thumbprint.hex()
            raise StoreError(f"the list of {uri} by {signer.hex()} is damaged: it is one by {by}")


class _Rows:
    """The revoked positions of one speaker in the table.

    Each is looked up by itself, until so many were asked about that all can be read for it.
    """

    __slots__ = ("_about", "_all", "_asked", "_tables")

    def __init__(self, tables: Tables, speaker: int, latest: int, shown: int) -> None:
        self._tables = tables
        self._about = (speaker, latest, shown)
        self._asked = 0
        self._all: dict[int, int] | None = None

    def since(self, idx: int) -> datetime | None:
        self._asked += 1
        if self._all is None and self._asked in _READ_ALL:
            self._all = self._few(_READ_ALL[self._asked])
        since = self._one(idx) if self._all is None else self._all.get(idx)
        return None if since is None else EPOCH + timedelta(0, since)

    def _one(self, idx: int) -> int | None:
        sql = f"SELECT since {_COUNTED} AND idx = ?"
        return next((since for (since,) in self._tables.rows(sql, *self._about, idx)), None)

    def _few(self, most: int) -> dict[int, int] | None:
        """All of them; None if they are more than *most*."""
        sql = f"SELECT idx, since {_COUNTED} LIMIT ?"
        found = self._tables.rows(sql, *self._about, most + 1)
        return dict(found) if len(found) <= most else None

    def bits(self) -> int:
        return bits_of(self._each())

    def _each(self) -> Iterator[int]:
        sql = f"SELECT idx {_COUNTED} AND idx > ? ORDER BY idx LIMIT ?"
        last = -1
        while found := self._tables.rows(sql, *self._about, last, MOST_AT_ONCE):
            yield from (idx for (idx,) in found)
            last = found[-1][0]


class _File:
    """A SQLite file with the tables of a store and nothing else."""

    def __init__(self, path: str | PathLike[str]) -> None:
        import sqlite3

        self._path = path
        with self._reported():
            self._db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            self._set_up()
        except BaseException:
            self._db.close()
            raise

    def _set_up(self) -> None:
        with self.writing() as db:
            sql = "SELECT name FROM sqlite_master WHERE type <> 'index'"
            found = {name for (name,) in db.execute(sql)}
            if not found:
                for statement in (*LISTS, *FETCHES, *REVOCATIONS, *SIGHTS):
                    db.execute(statement)
            elif found != TABLES:
                raise StoreError(f"{self._path} is a database of something else; name another file")

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self._reported():
            return self._db.execute(sql, values).fetchall()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        with self._reported():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # SQLite itself ends it if the disk is full
                    self._db.execute("ROLLBACK")
                raise

    def close(self) -> None:
        self._db.close()

    @contextlib.contextmanager
    def _reported(self) -> Iterator[None]:
        import sqlite3

        try:
            yield
        except (sqlite3.Error, UnicodeError) as error:  # text that is no text is damage too
            raise StoreError(f"{self._path}: {error}") from error
