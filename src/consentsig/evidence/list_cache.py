"""The list that is online now: fetched from its address, checked, and not fetched again too soon.

Nothing is kept by asking: whoever asks knows whether the list may speak for a contract that is
worth one, and calls :func:`keep` if so.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from consentsig.errors import RefusedError
from consentsig.evidence.fetch import LIMITS, FetchError, Validators, fetch_list
from consentsig.home import seen_lists
from consentsig.home.database import seconds
from consentsig.status import DEFAULT_TTL, SKEW, verify_status_list
from consentsig.terms import EPOCH

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import datetime

    from consentsig.evidence.fetch import Limits
    from consentsig.home.home import Home
    from consentsig.status import Said, StatusList

MAX_FRESH: Final = DEFAULT_TTL  # seconds; a list may name fewer, and more are not granted


class Current(NamedTuple):
    """The list at an address, its signature good under the key it carries, whoever's that is.

    Attributes:
        known: The list; it says of itself that it belongs there.
        validators: What the server calls this version.
    """

    known: StatusList
    validators: Validators


class _Last(NamedTuple):
    """What was kept of the last time an address was asked."""

    object_id: bytes
    validators: Validators
    checked: datetime


def ask(home: Home, uri: str, *, allow_private: bool, limits: Limits = LIMITS) -> Current:
    """The list that is now at *uri*; only asked whether there is a newer one, where it was kept.

    Raises:
        FetchError: There is none to be had, or what is there is no list for this address.
    """
    last = _last(home, uri)
    at_hand = last and seen_lists.of_id(home, uri, last.object_id)
    earlier = last.validators if last and at_hand else None
    answer = fetch_list(uri, earlier=earlier, allow_private=allow_private, limits=limits)
    if answer is not None:
        return Current(_read(uri, answer.data), answer.validators)
    if at_hand is None or earlier is None:  # never: only asked so with both
        raise FetchError(uri, "there is no newer list than one that is not at hand")
    return Current(at_hand, earlier)


def _read(uri: str, data: bytes) -> StatusList:
    try:
        known = verify_status_list(data)
    except RefusedError as error:
        raise FetchError(uri, f"what is there is no status list: {error.code}: {error}") from None
    if known.terms.uri != uri:
        raise FetchError(uri, f"what is there is a list for another address, {known.terms.uri}")
    return known


def is_fresh(home: Home, uri: str, at: datetime) -> bool:
    """Whether *uri* was asked so lately that it need not be asked again at *at*.

    A fresh list may have ended all the same; then it decides nothing.

    Args:
        home: The home folder.
        uri: The address.
        at: The clock. Where it went back, nothing is fresh.
    """
    last = _last(home, uri)
    found = last and seen_lists.of_id(home, uri, last.object_id)
    if last is None or found is None:
        return False
    life = timedelta(seconds=min(found.terms.ttl or DEFAULT_TTL, MAX_FRESH))
    return last.checked <= at < last.checked + life


def seen_later(home: Home, uri: str, known: Iterable[Said], at: datetime) -> datetime | None:
    """The later instant at which a list of *uri* was remembered, if one of them is of after *at*.

    Such a list was of the past when it was remembered, so the clock went back since. Left to
    itself it would count for nothing, and the older ones would speak again (spec §7.5). A
    list that was dated ahead when it came is no evidence, nor is a clock alone, which may have
    been wrong then and right now.

    Args:
        home: The home folder.
        uri: The address.
        known: What the lists remembered of it say of the contract.
        at: The clock.
    """
    latest = seen_lists.latest(home, uri)
    if latest is None:
        return None
    return latest if any(at + SKEW < each.issued <= latest for each in known) else None


def keep(db: sqlite3.Connection, current: Current, at: datetime) -> None:
    """Remember a list, and that its address was asked at *at*, in the transaction *db*."""
    known = current.known
    seen_lists.keep(db, known, at)
    db.execute(
        "INSERT OR REPLACE INTO fetched VALUES (?, ?, ?, ?, ?)",
        (
            *(known.terms.uri, known.object_id),
            *(current.validators.etag, current.validators.last_modified),
            seconds(at),
        ),
    )


def _last(home: Home, uri: str) -> _Last | None:
    sql = "SELECT object_id, etag, last_modified, checked FROM fetched WHERE uri = ?"
    for object_id, etag, last_modified, checked in home.rows(sql, uri):
        return _Last(object_id, Validators(etag, last_modified), EPOCH + timedelta(seconds=checked))
    return None
