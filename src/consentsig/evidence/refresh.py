"""When the address of a list is asked again, for how long, and what to make of the answer."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from consentsig.errors import RefusedError
from consentsig.evidence.fetch import LIMITS, FetchError, Limits
from consentsig.evidence.store import LastFetch
from consentsig.status_list import DEFAULT_TTL, verify_status_list

if TYPE_CHECKING:
    from datetime import datetime

    from consentsig.evidence.fetch import Fetched

MAX_FRESH: Final = DEFAULT_TTL  # seconds; a list may name fewer, and more are not granted


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """Whether and how lists are fetched.

    Attributes:
        allow_private: Whether this computer and private networks may be asked.
        refresh: Whether to ask again although the list at hand is fresh.
        limits: How much one server may ask of us.
        total: Seconds for all addresses of one call together.
    """

    allow_private: bool = False
    refresh: bool = False
    limits: Limits = LIMITS
    total: float = 60


Found: TypeAlias = LastFetch | FetchError


def is_fresh(last: LastFetch | None, now: datetime) -> bool:
    """Whether an address was asked so lately that it need not be asked again (its ttl)."""
    if last is None:
        return False
    ttl = last.status_list.terms.ttl or DEFAULT_TTL
    # Where the clock went back, nothing is fresh.
    return last.checked <= now < last.checked + timedelta(seconds=min(ttl, MAX_FRESH))


def list_in(uri: str, fetched: Fetched | None, last: LastFetch | None, now: datetime) -> LastFetch:
    """What came from *uri*, checked to be a list for that address; *last* is what came before.

    Raises:
        FetchError: It is something else.
    """
    if fetched is None:  # what was there before is still there
        if last is None:
            raise FetchError(uri, "there is no newer list than one that is not at hand")
        return replace(last, checked=now)
    try:
        known = verify_status_list(fetched.data)
    except RefusedError as error:
        reason = f"what is there is no status list: {error.code}: {error}"
        raise FetchError(uri, reason) from None
    if known.terms.uri != uri:
        reason = f"what is there is a list for another address, {known.terms.uri}"
        raise FetchError(uri, reason)
    return LastFetch(uri, known, fetched.validators, now)


class Waits:
    """How long is left for the addresses of one call; a slow host is asked once."""

    def __init__(self, policy: FetchPolicy) -> None:
        self._policy = policy
        self._end = time.monotonic() + policy.total
        self._slow: set[str] = set()

    def limits(self, uri: str) -> Limits:
        """The limits for the next address.

        Raises:
            FetchError: It is not to be asked.
        """
        if _host(uri) in self._slow:
            reason = "its host did not answer in time before, so it was not asked again"
            raise FetchError(uri, reason)
        left = self._end - time.monotonic()
        if left <= 0:
            reason = f"the {self._policy.total:g} seconds for all lists together were over before"
            raise FetchError(uri, reason)
        return replace(self._policy.limits, total=round(min(self._policy.limits.total, left), 1))

    def note(self, error: FetchError) -> FetchError:
        """Keep that the host of *error* was slow, if it was."""
        if error.slow:
            self._slow.add(_host(error.uri))
        return error


def _host(uri: str) -> str:
    return uri.partition("://")[2].partition("/")[0].lower()
