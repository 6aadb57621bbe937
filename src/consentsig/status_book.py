"""What all lists at hand say of a contract at an instant (spec §7.2 to §7.5).

A :class:`StatusBook` is made once for an instant and answers for any number of contracts. It
has a page for each address and signer: the newest lists there, and what was ever revoked. So a
contract costs a few look-ups, however many lists there are and however old they get.

What a verifier must remember (spec §7.5) needs no rule of its own: put every list once seen
into the book, and an older list decides nothing, a revoked position stays revoked, and two
lists of one instant cancel each other.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeVar

from consentsig.asked import in_utc
from consentsig.errors import (
    RevokedError,
    StatusDisputedError,
    StatusError,
    StatusUnknownError,
    SuspendedError,
    utc,
)
from consentsig.status_list import REVOKED, SUSPENDED, VALID, StatusList, revoked_bits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from consentsig.terms import StatusReference, Terms

    _Pages = Callable[[str, bytes], "Page | None"]  # by address and signer

SKEW: Final = timedelta(seconds=300)  # how far clocks may differ (spec §5, §7.4)
Instant = TypeVar("Instant", datetime, int)


class Revocations(Protocol):
    """What was revoked, as far as somebody knows."""

    def since(self, idx: int) -> datetime | None:
        """The least issue time of a list that says position *idx* is revoked."""

    def bits(self) -> int:
        """Every position that is revoked, as the bits of one number.

        There can be 134 million of them, and a file that says so takes 16 KB.
        """


class Page(NamedTuple):
    """What the lists of one signer for one address say at one instant.

    Attributes:
        newest: The lists with the greatest issue time up to then; several equivocate.
        revoked: What any of them revoked, those included that are dated at most 300 s later.
    """

    newest: tuple[StatusList, ...]
    revoked: Revocations


class Shelf(Protocol):
    """Where a book finds its pages."""

    def page(self, uri: str, signer: bytes, at: datetime) -> Page | None:
        """What the lists of *signer* (a thumbprint) for *uri* say at *at*; None if none do."""

    def shown_page(self, uri: str, signer: bytes, at: datetime) -> Page | None:
        """The same of those lists alone that can be shown to have existed at *at*.

        They were seen at most 300 s later, or another list, seen by then, names them as the one
        before it (spec §7.4 rule 4).
        """


class StatusBook:
    """What lists say at one instant, for any number of contracts (spec §7.4).

    Args:
        lists: All lists at hand, and all once seen; those for other contracts are ignored.
        at: The instant asked about; timezone-aware.
        max_age: Greatest age of a list that decides, if the caller wants one.
        shelves: Further places to look for lists, such as a store of those seen before.
        seen: For a question about the past: since when each of *lists* can be shown to have
            existed, by object id; those left out cannot. Lists that can then outweigh a no of
            those that cannot (spec §7.4 rule 4). None asks nothing of the kind.

    Raises:
        ValueError: *lists* holds something else, *at* has no time zone, or *max_age* is
            negative.
        TypeError: *at* is no instant.
    """

    __slots__ = ("_at", "_desks", "_max_age", "_pages", "_seen", "_shelves", "_shown")

    def __init__(
        self,
        lists: Iterable[StatusList] = (),
        *,
        at: datetime,
        max_age: timedelta | None = None,
        shelves: Sequence[Shelf] = (),
        seen: Mapping[bytes, datetime] | None = None,
    ) -> None:
        at = in_utc(at)
        if max_age is not None and max_age < timedelta(0):
            raise ValueError(f"the greatest age of a list is {max_age}, expected 0 or more")
        self._at = at
        self._max_age = max_age
        self._seen = None if seen is None else {key: in_utc(since) for key, since in seen.items()}
        self._shelves: tuple[Shelf, ...] = (_Lists(lists, self._seen or {}), *shelves)
        self._pages: dict[tuple[str, bytes], Page | None] = {}
        self._shown: dict[tuple[str, bytes], Page | None] = {}
        self._desks: dict[tuple[str, bytes, bytes | None, bytes | None], Desk] = {}

    @property
    def at(self) -> datetime:
        """The instant asked about, in UTC."""
        return self._at

    @property
    def max_age(self) -> timedelta | None:
        """Greatest age of a list that decides."""
        return self._max_age

    def __reduce__(self) -> tuple[Callable[..., StatusBook], tuple[object, ...]]:
        lists, *shelves = self._shelves
        return _same_book, (lists, self._at, self._max_age, shelves, self._seen)

    def decide(self, terms: Terms) -> StatusList | None:
        """The list that says the contract holds.

        Args:
            terms: A contract's terms, its signature checked.

        Returns:
            None for a contract that cannot be revoked.

        Raises:
            RevokedError, SuspendedError, StatusUnknownError, StatusDisputedError: It does not
                hold, or nobody can say.
        """
        reference = terms.status
        if reference is None:
            return None
        try:
            return self.desk(terms).decided(reference.idx)
        except StatusError as error:
            # spec §7.4 rule 4.
            held = self._shown_to_hold(terms, reference)
            if held is None:
                raise
            against = error.with_traceback(None)
        issued = held.terms.issued
        raise StatusDisputedError(*reference, against, issued, held.object_id)

    def _shown_to_hold(self, terms: Terms, reference: StatusReference) -> StatusList | None:
        """The list by which the contract holds, of lists shown to have existed alone."""
        if self._seen is None:
            return None
        try:
            return self._new_desk(terms, reference.uri, self._shown_page).decided(reference.idx)
        except StatusError:
            return None

    def desk(self, terms: Terms) -> Desk:
        """What the lists say of all contracts that name the same keys and address as *terms*.

        Raises:
            ValueError: The contract cannot be revoked.
        """
        if terms.status is None:
            raise ValueError("the contract names no status list")
        uri, creator = terms.status.uri, terms.creator
        key = (uri, creator.key.thumbprint, creator.recovery, terms.list_key)
        found = self._desks.get(key)
        if found is None:
            found = self._desks[key] = self._new_desk(terms, uri, self.page)
        return found

    def _new_desk(self, terms: Terms, uri: str, pages: _Pages) -> Desk:
        by_signer = {signer: pages(uri, signer) for signer in speakers(terms)}
        revoked = tuple(page.revoked for page in by_signer.values() if page is not None)
        signer = list_key(terms)
        page = by_signer[signer]
        newest = () if page is None else page.newest
        if len(newest) == 1 and not (why := self._why_outdated(newest[0])):
            return Desk(uri, revoked, newest[0])
        if not newest:
            why = f"no list by key {signer.hex()} up to {utc(self.at)}"
        elif len(newest) > 1:
            why = f"different lists were signed for {utc(newest[0].terms.issued)}"
        return Desk(uri, revoked, None, why)

    def _why_outdated(self, newest: StatusList) -> str:
        said = newest.terms
        if self.at >= said.expires:
            return f"the newest list is of {utc(said.issued)} and ended {utc(said.expires)}"
        if self.max_age is not None and self.at - said.issued > self.max_age:
            return f"the newest list is of {utc(said.issued)}, older than {self.max_age}"
        return ""

    def revoked_since(self, terms: Terms) -> datetime | None:
        """The least issue time of a list that revokes the contract (spec §7.4 rule 1)."""
        return None if terms.status is None else self.desk(terms).revoked_since(terms.status.idx)

    def page(self, uri: str, signer: bytes) -> Page | None:
        """What the lists of *signer* (a thumbprint) for *uri* say; None if there are none."""
        key = (uri, signer)
        if key not in self._pages:
            found = [shelf.page(uri, signer, self.at) for shelf in self._shelves]
            self._pages[key] = _checked(found, key)
        return self._pages[key]

    def _shown_page(self, uri: str, signer: bytes) -> Page | None:
        key = (uri, signer)
        if key not in self._shown:
            found = [shelf.shown_page(uri, signer, self.at) for shelf in self._shelves]
            self._shown[key] = _checked(found, key)
        return self._shown[key]


class Desk(NamedTuple):
    """What lists say of all contracts that name the same keys and address.

    Attributes:
        uri: The address.
        revoked: What may revoke any of them.
        newest: The list that decides, if one does (spec §7.4 rule 2).
        why: Why none does.
    """

    uri: str
    revoked: tuple[Revocations, ...]
    newest: StatusList | None
    why: str = ""

    def revoked_since(self, idx: int) -> datetime | None:
        """The least issue time of a list that revokes position *idx* (spec §7.4 rule 1)."""
        first: datetime | None = None
        for each in self.revoked:
            since = each.since(idx)
            if since is not None and (first is None or since < first):
                first = since
        return first

    def decided(self, idx: int) -> StatusList:
        """The list that says the contract at position *idx* holds (spec §7.4 rules 1 to 3).

        Raises:
            RevokedError, SuspendedError, StatusUnknownError: It does not, or nobody can say.
        """
        since = self.revoked_since(idx)
        if since is not None:
            raise RevokedError(self.uri, idx, since)
        newest = self.newest
        if newest is None:
            raise StatusUnknownError(self.uri, idx, self.why)
        value = newest.terms.value_at(idx)
        if value == VALID:
            return newest
        if value == SUSPENDED:
            raise SuspendedError(self.uri, idx, newest.terms.issued)
        if value is None:
            why = f"the newest list has {newest.terms.size} positions"
            raise StatusUnknownError(self.uri, idx, why)
        raise StatusUnknownError(self.uri, idx, f"the list has the unknown value {value}")


def _checked(found: Sequence[Page | None], key: tuple[str, bytes]) -> Page | None:
    """What pages for one address and signer say together; a shelf can be anybody's."""
    page = found[0] if len(found) == 1 else _merged(found)
    for each in () if page is None else page.newest:
        check_is_list(each)
        if (each.terms.uri, each.terms.signer.thumbprint) != key:
            found_there = f"{each.terms.uri} by {each.terms.signer.thumbprint.hex()}"
            raise ValueError(
                f"a shelf gave list {found_there}, asked for {key[0]} by {key[1].hex()}"
            )
    return page


def list_key(terms: Terms) -> bytes:
    """Thumbprint of the key whose lists decide (spec §7.3)."""
    return terms.list_key or terms.creator.key.thumbprint


def speakers(terms: Terms) -> tuple[bytes, ...]:
    """Thumbprints of the keys whose lists may speak for a contract (spec §7.3)."""
    key, _, recovery, _ = terms.creator
    keys = (key.thumbprint,) if recovery is None else (key.thumbprint, recovery)
    return keys if terms.list_key is None else (*keys, terms.list_key)


def why_not_acceptable(terms: Terms, reference: StatusReference, known: StatusList) -> str | None:
    """Why a list says nothing about a contract (spec §7.2); None if it is acceptable."""
    if known.terms.uri != reference.uri:
        return f"it is list {known.terms.uri}, the contract names {reference.uri}"
    thumbprint = known.terms.signer.thumbprint
    if thumbprint not in speakers(terms):
        return f"it is signed by {thumbprint.hex()}, which may not speak for this contract"
    return None


def newest_of(lists: Iterable[StatusList], at: datetime) -> tuple[StatusList, ...]:
    """Of lists by one signer for one address, those with the greatest issue time up to *at*."""
    lists = tuple(lists)
    if len(lists) == 1:
        return lists if lists[0].terms.issued <= at else ()
    newest: dict[bytes, StatusList] = {}  # by object id, since one list can come twice
    last: datetime | None = None
    for each in lists:
        issued = each.terms.issued
        if issued > at or (last is not None and issued < last):
            continue
        if last is None or issued > last:
            newest, last = {}, issued
        newest[each.object_id] = each
    return tuple(newest.values())


_LAST: Final = datetime.max.replace(tzinfo=UTC) - SKEW


def counted_until(at: datetime) -> datetime:
    """Up to which issue time lists can revoke at *at* (spec §7.4)."""
    return at + SKEW if at < _LAST else at


def check_is_list(found: object) -> None:
    """Refuse what was not verified; an ``UnverifiedStatusList`` looks much the same.

    Raises:
        ValueError: It is something else than a StatusList.
    """
    if type(found) is not StatusList:
        raise ValueError(  # a question that cannot be asked, like others
            f"status holds a {type(found).__name__}, expected StatusList"
        )


class _Lists:
    """Lists in memory, sorted by address and signer."""

    __slots__ = ("_by_speaker", "_seen")

    def __init__(self, lists: Iterable[StatusList], seen: Mapping[bytes, datetime]) -> None:
        self._seen = seen
        self._by_speaker: dict[tuple[str, bytes], list[StatusList]] = {}
        for each in lists:
            check_is_list(each)
            key = (each.terms.uri, each.terms.signer.thumbprint)
            self._by_speaker.setdefault(key, []).append(each)

    def __reduce__(self) -> tuple[type[_Lists], tuple[object, ...]]:
        return _Lists, (self.all(), self._seen)

    def all(self) -> list[StatusList]:
        return list(chain.from_iterable(self._by_speaker.values()))

    def page(self, uri: str, signer: bytes, at: datetime) -> Page | None:
        return page_of(self._by_speaker.get((uri, signer), ()), at)

    def shown_page(self, uri: str, signer: bytes, at: datetime) -> Page | None:
        found = self._by_speaker.get((uri, signer), ())
        return page_of(shown_at(found, self._seen, at), at)


def page_of(lists: Sequence[StatusList], at: datetime) -> Page | None:
    """What *lists* by one signer for one address say at *at*; None if none does."""
    latest = counted_until(at)
    counted = [each for each in lists if each.terms.issued <= latest]
    return Page(newest_of(counted, at), RevokedIn(counted)) if counted else None


def shown_at(
    lists: Sequence[StatusList], seen: Mapping[bytes, datetime], at: datetime
) -> list[StatusList]:
    """Those of *lists* by one signer for one address that can be shown to have existed at *at*."""
    latest = counted_until(at)
    since = existed_since(
        (each.object_id, each.terms.previous, seen.get(each.object_id)) for each in lists
    )
    return [each for each in lists if each.object_id in since and since[each.object_id] <= latest]


def existed_since(
    lists: Iterable[tuple[bytes, bytes | None, Instant | None]],
) -> dict[bytes, Instant]:
    """Since when lists by one signer for one address can be shown to have existed (spec §7.4).

    Args:
        lists: Object id, object id of the list before, and when it was first seen, if ever.

    Returns:
        The instants by object id. A list is at least as old as one that names it.
    """
    before: dict[bytes, bytes | None] = {}
    since: dict[bytes, Instant] = {}
    for object_id, previous, seen in lists:
        before[object_id] = previous
        if seen is not None:
            since[object_id] = seen
    for object_id in sorted(since, key=since.__getitem__):  # the earliest settles the most
        seen, each = since[object_id], before[object_id]
        while each is not None and each in before and (each not in since or since[each] > seen):
            since[each] = seen
            each = before[each]
    return since


def _same_book(
    lists: _Lists,
    at: datetime,
    max_age: timedelta | None,
    shelves: Sequence[Shelf],
    seen: Mapping[bytes, datetime] | None,
) -> StatusBook:
    """A book as it was pickled; its pages are looked up again."""
    return StatusBook(lists.all(), at=at, max_age=max_age, shelves=shelves, seen=seen)


class RevokedIn:
    """What some lists by one signer for one address revoke."""

    __slots__ = ("_ever", "_lists")

    def __init__(self, lists: Sequence[StatusList]) -> None:
        self._lists = lists
        self._ever: bytes | None = None  # a bit for each position, once it is needed

    def since(self, idx: int) -> datetime | None:
        """The least issue time of a list that says position *idx* is revoked."""
        if len(self._lists) == 1:
            only = self._lists[0].terms
            return only.issued if only.value_at(idx) == REVOKED else None
        if not self._ever_revoked(idx):
            return None
        terms = (each.terms for each in self._lists)
        return min((said.issued for said in terms if said.value_at(idx) == REVOKED), default=None)

    def bits(self) -> int:
        """Every position that is revoked, as the bits of one number."""
        union = 0
        for each in self._lists:
            union |= revoked_bits(each.terms)
        return union

    def _ever_revoked(self, idx: int) -> bool:
        if self._ever is None:
            union = self.bits()
            self._ever = union.to_bytes(-(-union.bit_length() // 8), "little")
        byte = idx >> 3
        return byte < len(self._ever) and bool(self._ever[byte] >> (idx & 7) & 1)


class AnyOf:
    """What any of several says is revoked."""

    __slots__ = ("_all",)

    def __init__(self, every: Sequence[Revocations]) -> None:
        self._all = every

    def since(self, idx: int) -> datetime | None:
        """The least issue time of a list that says position *idx* is revoked."""
        found = (each.since(idx) for each in self._all)
        return min((since for since in found if since is not None), default=None)

    def bits(self) -> int:
        """Every position that is revoked, as the bits of one number."""
        union = 0
        for each in self._all:
            union |= each.bits()
        return union


def _merged(found: Sequence[Page | None]) -> Page | None:
    """What pages of one address and signer say together."""
    pages = [page for page in found if page is not None]
    if len(pages) < 2:
        return pages[0] if pages else None
    lists = chain.from_iterable(page.newest for page in pages)
    newest = newest_of(lists, datetime.max.replace(tzinfo=UTC))
    return Page(newest, AnyOf([page.revoked for page in pages]))
