"""Status lists once seen, which a verifier remembers so as not to be talked back (spec §7.5)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from consentsig.errors import RefusedError
from consentsig.home.database import HomeError, seconds
from consentsig.status import verify_status_list
from consentsig.terms import EPOCH

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from consentsig.home.home import Home
    from consentsig.status import StatusList


ROOM: Final = 4_194_304  # bytes of inflated lists at hand: some hundreds, of the usual sizes


class Remembered:
    """The lists seen before, for as many questions as one command asks, as of when it began.

    Whoever signs lists makes many, of 16 MiB each, so they are not held all at once: those for
    which there is :data:`ROOM` stay at hand, each other one is read when its turn comes.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._ids: dict[str, list[bytes]] = {}
        self._at_hand: dict[bytes, StatusList] = {}
        self._room = ROOM

    def known(self, uri: str) -> Iterator[StatusList]:
        """The lists with this address, oldest first, one by one."""
        if uri not in self._ids:
            sql = "SELECT object_id FROM lists WHERE uri = ? ORDER BY issued"
            self._ids[uri] = [object_id for (object_id,) in self._home.rows(sql, uri)]
        return map(self._list, self._ids[uri])

    def _list(self, object_id: bytes) -> StatusList:
        found = self._at_hand.get(object_id) or _read(self._home, object_id)
        size = len(found.terms.statuses)
        if size <= self._room and object_id not in self._at_hand:
            self._at_hand[object_id] = found
            self._room -= size
        return found


def known(home: Home, uri: str) -> Iterator[StatusList]:
    """The lists with this address that were seen before, oldest first, one by one."""
    return Remembered(home).known(uri)


def of_id(home: Home, uri: str, object_id: bytes) -> StatusList | None:
    """One list with this address that was seen before."""
    sql = "SELECT object_id FROM lists WHERE uri = ? AND object_id = ?"
    return _read(home, object_id) if home.rows(sql, uri, object_id) else None


def _read(home: Home, object_id: bytes) -> StatusList:
    for (data,) in home.rows("SELECT data FROM lists WHERE object_id = ?", object_id):
        try:
            return verify_status_list(data)
        except RefusedError as error:
            raise HomeError(f"{home.database} is damaged: a list in it is {error.code}") from error
    raise HomeError(f"{home.database} is damaged: a list in it is gone")  # none is ever forgotten


def latest(home: Home, uri: str) -> datetime | None:
    """The latest instant at which a list with this address was remembered."""
    for (found,) in home.rows("SELECT latest FROM seen WHERE uri = ?", uri):
        return EPOCH + timedelta(seconds=found)
    return None


def remember(home: Home, lists: Iterable[StatusList], at: datetime) -> None:
    """Keep lists, seen at *at*, for every later question.

    None is ever forgotten: an older one decides nothing about now, and is what an audit
    needs that asks about then.
    """
    old = {object_id for (object_id,) in home.rows("SELECT object_id FROM lists")}
    new = [seen for seen in lists if seen.object_id not in old]
    if new:
        with home.writing() as db:
            for seen in new:
                keep(db, seen, at)


def keep(db: sqlite3.Connection, seen: StatusList, at: datetime) -> None:
    """Keep one list, seen at *at*, in the transaction *db*."""
    terms = seen.terms
    db.execute(
        "INSERT OR IGNORE INTO lists VALUES (?, ?, ?, ?, ?)",
        (seen.object_id, terms.uri, terms.signer.thumbprint, seconds(terms.issued), seen.data),
    )
    db.execute(
        "INSERT INTO seen VALUES (?, ?)"
        " ON CONFLICT (uri) DO UPDATE SET latest = max(latest, excluded.latest)",
        (terms.uri, seconds(at)),
    )
