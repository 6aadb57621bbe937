"""Signing the next list of an address, so that nothing an earlier one revoked comes back (§7.6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from consentsig.errors import ConsentsigError, utc
from consentsig.status_book import SKEW, StatusBook
from consentsig.status_list import (
    DEFAULT_LIFE,
    MAX_INFLATED_LEN,
    REVOKED,
    VALID,
    ListTerms,
    pack_statuses,
    sign_status_list,
    verify_status_list,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from consentsig.keys import Signer
    from consentsig.status_book import Shelf
    from consentsig.status_list import StatusList

# An instant by which every list has been made, whatever it is dated.
EVER: Final = datetime.max.replace(tzinfo=UTC, microsecond=0) - SKEW
MAX_POSITIONS: Final = 8 * MAX_INFLATED_LEN  # one bit each
_SECOND: Final = timedelta(seconds=1)


class PublishError(ConsentsigError):
    """A list cannot be signed without clearing or hiding what an earlier one says."""


class Publisher:
    """Signs the lists of one address by one key (spec §7.6).

    Every list it knows of is continued: those in *store*, which has to hold all that this key
    ever signed here, and those in *shown*, such as the one that is online now.

    Args:
        uri: The address (``sub``).
        signer: The key.
        store: Lists signed or seen before.
        shown: Further lists.
        continues: Thumbprints of other keys whose revocations are carried over, such as the
            recovery key's, or a lost key's.
    """

    def __init__(
        self,
        uri: str,
        signer: Signer,
        store: Shelf,
        *,
        shown: Sequence[StatusList] = (),
        continues: Iterable[bytes] = (),
    ) -> None:
        self.uri = uri
        self._signer = signer
        self._own = signer.public.thumbprint
        self._keys = {self._own, *continues}
        self._store = store
        self._shown = tuple(each for each in shown if each.terms.uri == uri)

    def _newest(self, at: datetime, keys: Iterable[bytes]) -> list[StatusList]:
        book = StatusBook(self._shown, at=at, shelves=(self._store,))
        pages = [book.page(self.uri, key) for key in keys]
        return [each for page in pages if page is not None for each in page.newest]

    def revoked_before(self) -> set[int]:
        """Every position that a list known here revokes."""
        book = StatusBook(self._shown, at=EVER, shelves=(self._store,))
        pages = [book.page(self.uri, key) for key in self._keys]
        return set().union(*(page.revoked.positions() for page in pages if page is not None))

    def earliest(self, now: datetime) -> datetime:
        """The first second at which the next list may be dated.

        Later than every list of this key, and than every one of the others that is not dated
        ahead of *now*: a thief may date a lost key's lists ahead, and must not stop the
        recovery key with that.
        """
        before = [*self._newest(EVER, [self._own]), *self._newest(now, self._keys)]
        return max(
            (each.terms.issued + _SECOND for each in before), default=now.replace(microsecond=0)
        )

    def sign(
        self,
        revoked: Iterable[int],
        *,
        now: datetime,
        size: int,
        life: timedelta = DEFAULT_LIFE,
    ) -> StatusList:
        """The next list: *revoked* and everything revoked before.

        Args:
            revoked: Positions to revoke.
            now: The clock. A list is never dated ahead of it.
            size: The least number of positions; a multiple of 8.
            life: How long the list counts.

        Raises:
            PublishError: The clock is not past the last list, or that list says something that
                one bit for each position cannot.
            MalformedError: The list would break a rule of its profile.
            ValueError: A position is negative or too high, or *life* reaches past the year 9999.
        """
        issued = now.replace(microsecond=0)
        earliest = self.earliest(now)
        if issued < earliest:
            raise PublishError(
                f"the last list is of {utc(earliest - _SECOND)}, and the clock says {utc(issued)}"
            )
        own = self._newest(EVER, [self._own])
        # Of lists that are shown also those that others have replaced.
        known = [*self._newest(EVER, self._keys), *self._shown]
        for each in known:
            if each.terms.signer == self._signer.public:
                _check_can_be_said_again(each.terms)
        positions = self.revoked_before().union(revoked)
        size = max([size, *(each.terms.size for each in known), _room_for(positions)])
        if size > MAX_POSITIONS or min(positions, default=0) < 0:
            raise ValueError(
                f"positions are {min(positions, default=0)} to {size - 1}, "
                f"expected 0 to {MAX_POSITIONS - 1}"
            )
        if life > EVER - issued:
            raise ValueError(f"the list would last {life}, past the year 9999")
        terms = ListTerms(
            self.uri,
            self._signer.public,
            issued,
            issued + life,
            pack_statuses(size, dict.fromkeys(positions, REVOKED)),
            previous=own[0].object_id if own else None,
        )
        made = verify_status_list(sign_status_list(terms, self._signer))
        self._shown = (*self._shown, made)  # the next one continues it, kept or not
        return made


def _room_for(positions: set[int]) -> int:
    return -(-(max(positions, default=-1) + 1) // 8) * 8


def _check_can_be_said_again(terms: ListTerms) -> None:
    if terms.count(VALID) + terms.count(REVOKED) != terms.size:
        raise PublishError(
            f"the list {terms.uri} of {utc(terms.issued)} has positions that are neither valid "
            "nor revoked, which cannot be carried over"
        )
