"""The terms of a contract, as values (spec §3.2 to §3.6).

These types check nothing. :mod:`consentsig.contract` reads them from bytes and applies every
rule of the format. :mod:`consentsig.sign` writes them and reads the result back.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from consentsig.vocabulary import WORLD

if TYPE_CHECKING:
    from consentsig.keys import PublicKey
    from consentsig.vocabulary import Division, Erase, PaymentKind, Revocability, Use

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MAX_TERM: Final = timedelta(days=18_263)
MAX_TIME: Final = 253_402_300_799  # 9999-12-31T23:59:59Z


def seconds(at: datetime) -> int:
    """*at* in whole seconds since 1970; a fraction is dropped."""
    return (at - EPOCH) // timedelta(seconds=1)


class Creator(NamedTuple):
    """The creator, who signs (spec §3.4).

    Attributes:
        key: The signing key.
        name: The creator's name. Nobody has checked it.
        recovery: Thumbprint of the recovery key, which may revoke.
        acts_for: Whom the signer signs for, such as an estate's author. Nobody has checked it.
    """

    key: PublicKey
    name: str | None = None
    recovery: bytes | None = None
    acts_for: str | None = None


class Work(NamedTuple):
    """The one work, by its exact bytes (spec §3.5).

    Attributes:
        sha256: SHA-256 of the bytes. Only this identifies the work.
        title: Its title, at most 200 bytes of text.
        media_type: ``type/subtype`` in lower case.
        size: Number of bytes.
        sha384: SHA-384 of the same bytes, for lookups.
        sha512: SHA-512 of the same bytes, for lookups.
        iscc: ISCC codes. They can block a use but never permit one.
    """

    sha256: bytes
    title: str | None = None
    media_type: str | None = None
    size: int | None = None
    sha384: bytes | None = None
    sha512: bytes | None = None
    iscc: tuple[str, ...] = ()

    @property
    def further(self) -> tuple[str, ...]:
        """The digests beside SHA-256 that are named, for a :class:`Digest` to measure as well."""
        named = (("sha384", self.sha384), ("sha512", self.sha512))
        return tuple([name for name, digest in named if digest is not None])


class Grantee(NamedTuple):
    """The one grantee (spec §3.6). At least one of *uri* and *key* is set.

    Attributes:
        name: A name for people. It never decides.
        uri: https or did URI, compared byte for byte.
        key: Whole thumbprint of a key.
    """

    name: str = ""
    uri: str | None = None
    key: bytes | None = None


class Payment(NamedTuple):
    """One payment that is due (spec §3.6).

    Attributes:
        kind: How it is counted.
        amount: An integer; *amount* / 10^*decimals* is due. For a share of revenue, basis points.
        decimals: Number of decimals, 0 to 9. For a share of revenue, 0.
        currency: Three letters. For a share of revenue, empty.
        division: How a pool is divided; None for what is no pool.
    """

    kind: PaymentKind
    amount: int
    decimals: int = 0
    currency: str = ""
    division: Division | None = None


class Revocation(NamedTuple):
    """Whether the creator can revoke the contract (spec §3.3 field 6).

    Attributes:
        mode: Not before the end, at will, or for breach.
        days: Days within which running uses must stop; 0 with ``NOT_BEFORE_END``.
    """

    mode: Revocability
    days: int = 0


class Erasure(NamedTuple):
    """What must be erased after the end or a revocation, and when (spec §3.3 field 8).

    Attributes:
        days: Days within which it must be erased.
        what: What must be erased.
    """

    days: int
    what: Erase


class StatusReference(NamedTuple):
    """Where revocation is looked up (spec §3.2).

    Attributes:
        uri: URI of the status list.
        idx: Position in the list.
    """

    uri: str
    idx: int


class Terms(NamedTuple):
    """All terms of a contract (spec §3.2, §3.3).

    Times are timezone-aware whole seconds. ``payments``, ``territory`` and ``work.iscc`` are in
    the order of the wire; :func:`sign_contract` sorts them.

    Attributes:
        creator: Who signs.
        work: The one work.
        issued: When it was signed, by the signer's clock (``iat``).
        expires: First instant at which it no longer holds (``exp``).
        grantee: The one grantee.
        uses: Exactly the uses permitted.
        payments: All payments due. Empty means that no payment is due.
        revocation: Whether and how the creator can revoke it.
        territory: Country codes, or ``("001",)`` for the whole world.
        erasure: What must be erased, and when.
        exclusive: Whether the creator grants these uses to nobody else until the end.
        pass_on: Whether the grantee may sign narrower sub-licences.
        purpose: The only purpose permitted, in the creator's words.
        credit: The credit line that must appear.
        report_months: Months from one report to the next.
        list_key: Thumbprint of the key whose status list decides, if not the creator's.
        not_before: The start, only if later than *issued* (``nbf``).
        status: Where revocation is looked up. None if and only if it cannot be revoked.
        salt: 16 random bytes that make the contents hard to guess (``cti``).
    """

    creator: Creator
    work: Work
    issued: datetime
    expires: datetime
    grantee: Grantee
    uses: tuple[Use, ...]
    payments: tuple[Payment, ...]
    revocation: Revocation
    territory: tuple[str, ...]
    erasure: Erasure | None = None
    exclusive: bool = False
    pass_on: bool = False
    purpose: str | None = None
    credit: str | None = None
    report_months: int | None = None
    list_key: bytes | None = None
    not_before: datetime | None = None
    status: StatusReference | None = None
    salt: bytes | None = None

    @property
    def starts(self) -> datetime:
        """First instant at which the contract holds."""
        return self.not_before or self.issued

    @property
    def is_worldwide(self) -> bool:
        """Whether the use may take place anywhere."""
        return self.territory == (WORLD,)
