"""Status lists once seen, and what of them a verifier has to remember (spec §7.5).

A :class:`ListStore` gives a :class:`~consentsig.StatusBook` its pages. :class:`MemoryStore` keeps
what questions about now need and forgets the rest; :class:`~consentsig.evidence.SqliteStore` keeps
it in a file, and older lists too where an audit may ask for them. Anything else that has these
methods will do.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from consentsig.evidence.fetch import Validators
from consentsig.status_book import (
    AnyOf,
    Page,
    RevokedIn,
    Shelf,
    check_is_list,
    counted_until,
    newest_of,
    shown_at,
)
from consentsig.status_list import bits_of, positions_of, revoked_bits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from consentsig.status_list import StatusList

# A list can revoke 134 million positions in 16 KB. One that revokes more than these at once is
# kept whole, and its positions are not written out.
MOST_AT_ONCE: Final = 65_536


@dataclass(frozen=True, slots=True)
class LastFetch:
    """The last time an address was asked for its list.

    Attributes:
        uri: The address.
        status_list: What was there.
        validators: What the server called that version.
        checked: When it was asked; the epoch where the list came another way, as from ``publish``.
    """

    uri: str
    status_list: StatusList
    validators: Validators
    checked: datetime


class ListStore(Shelf, Protocol):
    """Where a verifier keeps the lists it has seen. Times are timezone-aware."""

    def add(self, lists: Iterable[StatusList], at: datetime) -> None:
        """Keep lists, seen at *at*, for every later question.

        Raises:
            ValueError: One of them was not verified.
        """

    def last_fetch(self, uri: str) -> LastFetch | None:
        """The last time that *uri* was asked, if its list was kept."""

    def keep_fetch(self, fetch: LastFetch) -> None:
        """Keep a list and that its address was asked for it."""

    def note_now(self, uri: str, now: datetime) -> None:
        """Keep that *uri* was asked about at *now*, if a list there is dated since the last time.

        That is what :meth:`seen_later` rests on.
        """

    def seen_later(self, uri: str, signers: Collection[bytes], now: datetime) -> datetime | None:
        """The later instant at which a list was relied on that is dated after *now*.

        Such a list counted then: it was in force, or what it revokes counted already. So the
        clock went back since. Left to itself the list would count for nothing, and an older
        one would speak again. A list that has never counted is no evidence, nor is a clock
        alone, which may have been wrong then and right now.
        """


class MemoryStore:
    """Lists in memory, for as long as the program runs.

    For each address and signer it keeps the newest list, every one dated later, and for each
    position ever revoked the least issue time that said so. It knows when it first saw each. A
    question about the past is answered as far as that goes: a list that was replaced no longer says
    that a contract holds. Several threads may use it.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._speakers: dict[tuple[str, bytes], _Speaker] = {}
        self._fetches: dict[str, LastFetch] = {}
        self._latest: dict[str, datetime] = {}

    def page(self, uri: str, signer: bytes, at: datetime) -> Page | None:
        """What the lists of *signer* for *uri* say at *at*."""
        with self._lock:
            found = self._speakers.get((uri, signer))
            return None if found is None else found.page(at)

    def shown_page(self, uri: str, signer: bytes, at: datetime) -> Page | None:
        """What those lists of *signer* for *uri* say that can be shown to have existed at *at*."""
        with self._lock:
            found = self._speakers.get((uri, signer))
            return None if found is None else found.shown_page(at)

    def add(self, lists: Iterable[StatusList], at: datetime) -> None:
        """Keep lists, seen at *at*, and forget those they replace."""
        for each in lists:
            check_is_list(each)
            terms = each.terms
            key = (terms.uri, terms.signer.thumbprint)
            with self._lock:
                self._speakers.setdefault(key, _Speaker()).add(each, at)
                self._latest[terms.uri] = max(at, self._latest.get(terms.uri, at))

    def last_fetch(self, uri: str) -> LastFetch | None:
        """The last time that *uri* was asked."""
        return self._fetches.get(uri)

    def keep_fetch(self, fetch: LastFetch) -> None:
        """Keep a list and that its address was asked for it."""
        self.add([fetch.status_list], fetch.checked)
        self._fetches[fetch.uri] = fetch

    def note_now(self, uri: str, now: datetime) -> None:
        """Keep that *uri* was asked about at *now*."""
        with self._lock:
            if uri in self._latest:
                self._latest[uri] = max(now, self._latest[uri])

    def seen_later(self, uri: str, signers: Collection[bytes], now: datetime) -> datetime | None:
        """The later instant at which a list was relied on that is dated after *now*."""
        with self._lock:
            latest = self._latest.get(uri)
            if latest is None:
                return None
            speakers = [self._speakers.get((uri, signer)) for signer in signers]
            dates = [date for each in speakers if each is not None for date in each.dates]
        # In force then, or revoking then; and not so now.
        until, ahead = counted_until(latest), counted_until(now)
        counted = any(now < date <= latest or ahead < date <= until for date in dates)
        return latest if counted else None


class _Speaker:
    """What is kept of the lists of one signer for one address."""

    def __init__(self) -> None:
        self._lists: dict[bytes, StatusList] = {}
        self._whole: dict[bytes, StatusList] = {}
        self._since: dict[int, datetime] = {}
        self._shown: dict[int, datetime] = {}  # since when a list that counts was seen to say so
        self._seen: dict[bytes, datetime] = {}

    @property
    def dates(self) -> list[datetime]:
        """The issue times of the lists kept."""
        return [each.terms.issued for each in self._lists.values()]

    def add(self, new: StatusList, at: datetime) -> None:
        """Keep *new*, seen at *at*, and forget what it replaces."""
        if new.object_id in self._lists:
            return
        seen = self._seen.setdefault(new.object_id, at)
        issued = new.terms.issued
        before = newest_of(self._lists.values(), issued)
        known = revoked_bits(before[0].terms) if before else 0
        added = revoked_bits(new.terms) & ~known
        if added.bit_count() > MOST_AT_ONCE:
            self._whole[new.object_id] = new
        else:
            for idx in positions_of(added):
                self._since[idx] = min(issued, self._since.get(idx, issued))
                shown = max(issued, seen)
                self._shown[idx] = min(shown, self._shown.get(idx, shown))
        self._lists[new.object_id] = new
        newest = newest_of(self._lists.values(), at)
        later = [each for each in self._lists.values() if each.terms.issued > at]
        # Two are enough to say that a key signed different lists for one instant.
        self._lists = {each.object_id: each for each in (*newest[:2], *later)}
        kept = self._lists.keys() | self._whole.keys()
        self._seen = {object_id: self._seen[object_id] for object_id in kept}

    def page(self, at: datetime) -> Page:
        until = counted_until(at)
        whole = [each for each in self._whole.values() if each.terms.issued <= until]
        revoked = AnyOf([SinceTable(self._since, until), RevokedIn(whole)])
        return Page(newest_of(self._lists.values(), at), revoked)

    def shown_page(self, at: datetime) -> Page:
        shown = shown_at([*(self._lists | self._whole).values()], self._seen, at)
        until = counted_until(at)
        counted = [each for each in shown if each.terms.issued <= until]
        revoked = AnyOf([SinceTable(self._shown, until), RevokedIn(counted)])
        return Page(newest_of(shown, at), revoked)


class SinceTable:
    """Revoked positions with the least issue time that says so, as of an instant."""

    __slots__ = ("_since", "_until")

    def __init__(self, since: dict[int, datetime], until: datetime) -> None:
        self._since = since
        self._until = until

    def since(self, idx: int) -> datetime | None:
        """The least issue time of a list that says position *idx* is revoked."""
        found = self._since.get(idx)
        return found if found is not None and found <= self._until else None

    def bits(self) -> int:
        """Every position that is revoked, as the bits of one number."""
        return bits_of(idx for idx, since in self._since.items() if since <= self._until)
