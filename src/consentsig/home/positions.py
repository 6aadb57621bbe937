"""Positions in the creator's own status lists: drawn at random, none used twice (spec §7.6)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from consentsig.home.database import Database, Hint, HomeError
from consentsig.status_list import MAX_POSITIONS
from consentsig.terms import seconds

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from consentsig.status_book import Revocations

EVERY_LIST: Final = "*"  # closed in a restored home, which cannot know what was used meanwhile
_TRIES: Final = 64  # with half of a list free, so many are never needed
FIRST_LIST_SIZE: Final = 4096  # positions; with so many nobody can count contracts (spec §7.6)


class PositionTakenError(HomeError):
    """Another contract was recorded at a position since it was drawn."""


class Positions(Database):
    """The part of a home that knows which positions are used, and where none may be drawn."""

    def draw_positions(self, uri: str, count: int) -> list[int]:
        """*count* free positions of the list *uri*, at random (spec §7.6).

        They are used from when :meth:`record` keeps the contracts they were drawn for.

        Raises:
            HomeError: The list is closed.
        """
        self.check_is_open(uri)
        revoked = self.revoked_in_lists(uri)
        size = _size_for(self._used(uri)[0] + count, self.list_size(uri))
        drawn: dict[int, None] = {}
        tries = 0
        while len(drawn) < count:
            if size > MAX_POSITIONS:
                raise HomeError(
                    f"the list {uri} is full; continue with a list that is new",
                    Hint.CHOOSE_NEW_LIST,
                )
            # Contracts known here use at most half, so this takes two tries on average. Only
            # where lists made elsewhere revoke nearly all does it take more.
            idx = secrets.randbelow(size)
            if idx in drawn or self._is_used(uri, idx) or revoked.since(idx) is not None:
                tries += 1
                if tries == _TRIES:
                    size, tries = 2 * size, 0
            else:
                drawn[idx], tries = None, 0
        return list(drawn)

    def _is_used(self, uri: str, idx: int) -> bool:
        return bool(self.rows("SELECT 1 FROM positions WHERE uri = ? AND idx = ?", uri, idx))

    def _used(self, uri: str) -> tuple[int, int]:
        """How many positions of *uri* are used by contracts known here, and the highest."""
        sql = "SELECT COUNT(*), COALESCE(MAX(idx), 0) FROM positions WHERE uri = ?"
        return next(((used, highest) for used, highest in self.rows(sql, uri)), (0, 0))

    def revoked_in_lists(self, uri: str) -> Revocations:
        """What lists of *uri* that are continued here revoke, of whichever contracts."""
        raise NotImplementedError

    def list_size(self, uri: str) -> int:
        """How many positions the list *uri* has here: it doubles when half of it is used."""
        rows = self.rows("SELECT size FROM list_sizes WHERE uri = ?", uri)
        size = int(rows[0][0]) if rows else FIRST_LIST_SIZE
        used, highest = self._used(uri)
        return _size_for(max(used, highest // 2 + 1), size)

    @staticmethod
    def keep_size(db: sqlite3.Connection, uri: str, size: int) -> None:
        """Keep in the transaction *db* that a list of *uri* was published with *size* positions.

        What it revokes is read from the list itself, which the home keeps: it can be all of 134
        million positions, and be written in 16 KB.
        """
        db.execute("INSERT OR REPLACE INTO list_sizes VALUES (?, ?)", (uri, size))

    def check_is_open(self, uri: str) -> None:
        """Refuse a list of which no position is drawn here any more.

        Raises:
            HomeError: The list is closed.
        """
        if self.is_closed(uri):
            raise HomeError(
                f"this home was restored from a backup, and positions of {uri} may have been used "
                "since then, so none is drawn there; continue with a list that is new",
                Hint.CHOOSE_NEW_LIST,
            )

    def is_closed(self, uri: str) -> bool:
        """Whether no position of the list *uri* is drawn here any more.

        Another copy of this home may have used some, and published later lists. A backup may
        be older than a list's address, so a restored home takes every one for used that
        nobody has said to be new.
        """
        return bool(
            self.rows(
                "SELECT 1 FROM closed WHERE uri IN (?1, ?2)"
                " AND NOT EXISTS (SELECT 1 FROM said_new WHERE uri = ?1)",
                uri,
                EVERY_LIST,
            )
        )

    def is_known_list(self, uri: str) -> bool:
        """Whether a contract known here names the list *uri*, or one was published or seen."""
        return bool(
            self.rows(
                "SELECT 1 FROM (SELECT uri FROM contracts UNION SELECT uri FROM positions"
                " UNION SELECT uri FROM lists) WHERE uri = ?",
                uri,
            )
        )

    def say_new(self, uri: str, at: datetime) -> None:
        """Keep that no list was ever published at *uri*, and that no contract names it."""
        with self.writing() as db:
            db.execute("INSERT OR IGNORE INTO said_new VALUES (?, ?)", (uri, seconds(at)))

    def close_lists(self, at: datetime) -> list[str]:
        """Close every list, as after a restore; return those that are known here."""
        with self.writing() as db:
            # What was new when the backup was made may have been used since.
            db.execute("DELETE FROM said_new")
            db.execute("INSERT OR IGNORE INTO closed VALUES (?, ?)", (EVERY_LIST, seconds(at)))
            # Nor does the backup know what was published since: every address is asked again.
            db.execute("UPDATE fetched SET checked = 0, etag = NULL, last_modified = NULL")
            db.execute(
                "INSERT OR IGNORE INTO closed SELECT uri, ? FROM ("
                " SELECT list_uri AS uri FROM keys UNION SELECT uri FROM list_sizes"
                " UNION SELECT uri FROM positions UNION SELECT uri FROM contracts)"
                " WHERE uri IS NOT NULL",
                (seconds(at),),
            )
        known = self.rows("SELECT uri FROM closed WHERE uri <> ? ORDER BY uri", EVERY_LIST)
        return [uri for (uri,) in known]


def take_position(db: sqlite3.Connection, uri: str, idx: int | None, *, must_be_free: bool) -> None:
    """Mark a position as used in the transaction *db*.

    Raises:
        PositionTakenError: It is used already, and must not be.
    """
    taken = db.execute("INSERT OR IGNORE INTO positions VALUES (?, ?)", (uri, idx)).rowcount
    if must_be_free and not taken:
        raise PositionTakenError(f"position {idx} of {uri} was taken meanwhile; try again")


def _size_for(used: int, size: int) -> int:
    while 2 * used > size:
        size *= 2
    return size
