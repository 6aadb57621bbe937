"""Signing the next list of an address, so that nothing an earlier one revoked comes back (§7.6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from consentsig.errors import ConsentsigError, utc
from consentsig.status_book import SKEW, AnyOf, StatusBook
from consentsig.status_list import (
    DEFAULT_LIFE,
    MAX_POSITIONS,
    REVOKED,
    VALID,
    ListTerms,
    bits_of,
    sign_status_list,
    verify_status_list,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from consentsig.keys import Signer
    from consentsig.status_book import Page, Revocations, Shelf
    from consentsig.status_list import StatusList

# An instant by which every list has been made, whatever it is dated.
EVER: Final = datetime.max.replace(tzinfo=UTC, microsecond=0) - SKEW
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
        pages = _pages(keys, self.uri, self._store, self._shown, at)
        return [each for page in pages for each in page.newest]

    def revoked_before(self) -> int:
        """Every position that a list known here revokes, as the bits of one number."""
        return revoked_by(self._keys, self.uri, self._store, self._shown).bits()

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
            size: The least number of positions.
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
        bits = bits_of(revoked) | self.revoked_before()
        # As many positions as any list had, and as the highest one needs, in whole bytes.
        lengths = (size, *(each.terms.size for each in known), bits.bit_length())
        size = -(-max(lengths) // 8) * 8
        if size > MAX_POSITIONS:
            raise ValueError(f"the list would have {size} positions, at most {MAX_POSITIONS} fit")
        if life > EVER - issued:
            raise ValueError(f"the list would last {life}, past the year 9999")
        terms = ListTerms(
            self.uri,
            self._signer.public,
            issued,
            issued + life,
            bits.to_bytes(size // 8, "little"),
            previous=own[0].object_id if own else None,
        )
        made = verify_status_list(sign_status_list(terms, self._signer))
        self._shown = (*self._shown, made)  # the next one continues it, kept or not
        return made


def revoked_by(
    keys: Iterable[bytes], uri: str, store: Shelf, shown: Iterable[StatusList] = ()
) -> Revocations:
    """What any list of *uri* by one of *keys* revokes, whenever it is dated."""
    return AnyOf([page.revoked for page in _pages(keys, uri, store, shown, EVER)])


def _pages(
    keys: Iterable[bytes], uri: str, store: Shelf, shown: Iterable[StatusList], at: datetime
) -> list[Page]:
    book = StatusBook(shown, at=at, shelves=(store,))
    pages = (book.page(uri, key) for key in keys)
    return [page for page in pages if page is not None]


def _check_can_be_said_again(terms: ListTerms) -> None:
    if terms.bits > 1 and terms.count(VALID) + terms.count(REVOKED) != terms.size:
        raise PublishError(
            f"the list {terms.uri} of {utc(terms.issued)} has positions that are neither valid "
            "nor revoked, which cannot be carried over"
        )
