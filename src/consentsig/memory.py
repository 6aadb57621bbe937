"""Status lists once seen, which a verifier remembers so as not to be talked back (spec §7.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from consentsig.database import HomeError, seconds
from consentsig.errors import RefusedError
from consentsig.status import verify_status_list

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from consentsig.home import Home
    from consentsig.status import StatusList


def known(home: Home, uri: str) -> list[StatusList]:
    """The lists with this address that were seen before, oldest first."""
    rows = home.rows("SELECT data FROM lists WHERE uri = ? ORDER BY issued", uri)
    return [_read(home, data) for (data,) in rows]


def _read(home: Home, data: bytes) -> StatusList:
    try:
        return verify_status_list(data)
    except RefusedError as error:
        raise HomeError(f"{home.database} is damaged: a list in it is {error.code}") from error


def remember(home: Home, lists: Iterable[StatusList]) -> None:
    """Keep lists for every later question.

    None is ever forgotten: an older one decides nothing about now, and is what an audit
    needs that asks about then.
    """
    old = {object_id for (object_id,) in home.rows("SELECT object_id FROM lists")}
    new = [seen for seen in lists if seen.object_id not in old]
    if new:
        with home.writing() as db:
            for seen in new:
                keep(db, seen)


def keep(db: sqlite3.Connection, seen: StatusList) -> None:
    """Keep one list in the transaction *db*."""
    terms = seen.terms
    db.execute(
        "INSERT OR IGNORE INTO lists VALUES (?, ?, ?, ?, ?)",
        (seen.object_id, terms.uri, terms.signer.thumbprint, seconds(terms.issued), seen.data),
    )
