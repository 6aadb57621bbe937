"""What a contract says, as values (spec §3.2 to §3.6).

These types hold no rules: :mod:`consentsig.contract` reads them from bytes under every
rule of the format, :mod:`consentsig.sign` writes them and reads them back.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from consentsig.vocabulary import WORLD

if TYPE_CHECKING:
    from consentsig.keys import PublicKey
    from consentsig.vocabulary import Erase, PaymentKind, Revocability, Use

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MAX_TERM: Final = timedelta(days=18_263)
MAX_TIME: Final = 253_402_300_799  # 9999-12-31T23:59:59Z


def seconds(at: datetime) -> int:
    """*at* in whole seconds since 1970; a fraction is dropped."""
    return (at - EPOCH) // timedelta(seconds=1)


class Creator(NamedTuple):
    """Who signs (spec §3.4).

    Attributes:
        key: The key that signs.
        name: What the signer calls itself; nobody has checked it.
        recovery: Thumbprint of a key kept apart that may revoke.
    """

    key: PublicKey
    name: str | None = None
    recovery: bytes | None = None


class Work(NamedTuple):
    """The one work, by its exact bytes (spec §3.5).

    Attributes:
        sha256: SHA-256 of the bytes; it alone authorises.
        title: Its title, at most 200 bytes of text.
        media_type: ``type/subtype`` in lower case.
        size: Number of bytes.
        sha384: SHA-384 of the same bytes, to help finding.
        sha512: SHA-512 of the same bytes, to help finding.
        iscc: ISCC codes, which may block and never permit.
    """

    sha256: bytes
    title: str | None = None
    media_type: str | None = None
    size: int | None = None
    sha384: bytes | None = None
    sha512: bytes | None = None
    iscc: tuple[str, ...] = ()


class Grantee(NamedTuple):
    """The one party permitted (spec §3.6). At least one of *uri* and *key* stands.

    Attributes:
        name: For people; it never matches.
        uri: https or did address, which matches byte for byte.
        key: Thumbprint, which matches whole.
    """

    name: str = ""
    uri: str | None = None
    key: bytes | None = None


class Payment(NamedTuple):
    """One thing that is due (spec §3.6).

    Attributes:
        kind: What it is counted by.
        amount: *amount* / 10^*decimals* of the currency; for a revenue share, basis points.
        decimals: 0 to 9.
        currency: Three letters; empty for a revenue share.
    """

    kind: PaymentKind
    amount: int
    decimals: int = 0
    currency: str = ""


class Revocation(NamedTuple):
    """Whether the creator can take the contract back (spec §3.3 field 6).

    Attributes:
        mode: Not before the end, at will, or for breach.
        days: Within which running uses must stop; 0 with ``NOT_BEFORE_END``.
    """

    mode: Revocability
    days: int = 0


class Erasure(NamedTuple):
    """What must go after the end or a revocation, within how many days (spec §3.3 field 8)."""

    days: int
    what: Erase


class StatusReference(NamedTuple):
    """Where revocation is looked up: position *idx* of the list called *uri* (spec §3.2)."""

    uri: str
    idx: int


class Terms(NamedTuple):
    """All a contract says (spec §3.2, §3.3).

    Times are whole seconds, timezone-aware. ``payments``, ``territory`` and ``work.iscc``
    are in the order of the wire, which :func:`sign_contract` makes.

    Attributes:
        creator: Who signs.
        work: The one work.
        issued: When it was signed, by the signer's clock (``iat``).
        expires: First instant at which it no longer holds (``exp``).
        grantee: The one party permitted.
        uses: Exactly the uses permitted.
        payments: All of these are due; empty says that no payment is due.
        revocation: Whether and how the creator can take it back.
        territory: Country codes, or ``("001",)`` for the whole world.
        erasure: What must be erased, and by when.
        exclusive: Whether nobody else gets these uses meanwhile.
        pass_on: Whether narrower sub-licences are allowed.
        purpose: In the creator's words; it only narrows.
        credit: The credit line that must appear.
        report_months: A report is due every so many months.
        list_key: Thumbprint of the key whose status list decides, if not the creator's.
        not_before: The start, only where later than *issued* (``nbf``).
        status: Where revocation is looked up; None exactly when it cannot be revoked.
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
