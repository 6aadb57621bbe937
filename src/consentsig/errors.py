"""The exceptions and the result codes, one closed set (spec §6).

    ConsentsigError
    ├── KeyFileError            a key file cannot be read or unlocked
    ├── MalformedError          malformed          not a valid object of this format
    ├── UnsupportedError        unsupported        well formed, but uses an unknown feature
    └── VerificationError       a contract that does not hold; one leaf per code:
        ├── BadSignatureError       bad-signature
        ├── IncompleteError         incomplete
        ├── UnknownCreatorError     unknown-creator
        ├── KeyRevokedError         key-revoked
        ├── DisputedError           disputed
        ├── WrongWorkError          wrong-work
        ├── WrongGranteeError       wrong-grantee
        ├── UseNotGrantedError      use-not-granted
        ├── WrongTerritoryError     wrong-territory
        ├── NotYetValidError        not-yet-valid
        ├── ExpiredError            expired
        ├── RevokedError            revoked
        ├── SuspendedError          suspended
        ├── StatusUnknownError      status-unknown
        ├── StatusDisputedError     status-disputed
        ├── NotAcceptedError        not-accepted
        ├── NoTimestampError        no-timestamp
        └── NoReceiptError          no-receipt

Every leaf has a ``code``, a ``step`` (of spec §5) and, as attributes, what the contract says
and what was asked. The message is built from those. Arguments reach ``super()``, so errors
survive pickling and process pools.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar, Final


class ResultCode(StrEnum):
    """The closed set of answers (spec §6): two that hold, and why something does not."""

    VALID = "valid"
    AUTHENTIC = "authentic"
    MALFORMED = "malformed"
    UNSUPPORTED = "unsupported"
    BAD_SIGNATURE = "bad-signature"
    INCOMPLETE = "incomplete"
    UNKNOWN_CREATOR = "unknown-creator"
    KEY_REVOKED = "key-revoked"
    DISPUTED = "disputed"
    WRONG_WORK = "wrong-work"
    WRONG_GRANTEE = "wrong-grantee"
    USE_NOT_GRANTED = "use-not-granted"
    WRONG_TERRITORY = "wrong-territory"
    NOT_YET_VALID = "not-yet-valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    STATUS_UNKNOWN = "status-unknown"
    STATUS_DISPUTED = "status-disputed"
    NOT_ACCEPTED = "not-accepted"
    NO_TIMESTAMP = "no-timestamp"
    NO_RECEIPT = "no-receipt"


class ConsentsigError(Exception):
    """Base of every error this library raises on purpose."""


class KeyFileError(ConsentsigError):
    """A key cannot be used: it is unreadable, of another type, or locked."""


class RefusedError(ConsentsigError):
    """Base of every refusal that has a result code (spec §6)."""

    code: ClassVar[ResultCode]
    step: int


class MalformedError(RefusedError):
    """The bytes are not a valid object of this format (spec §3.9, §7.1).

    Attributes:
        reason: What was found and what was expected.
        step: 1 for the envelope and encoding, 2 for a field.
    """

    code = ResultCode.MALFORMED

    def __init__(self, reason: str, step: int = 2) -> None:
        super().__init__(reason, step)
        self.reason = reason
        self.step = step

    def __str__(self) -> str:
        return self.reason


class UnsupportedError(RefusedError):
    """The bytes are well formed but use a feature this version does not know (spec §3.9).

    Attributes:
        reason: The unknown feature, and the known ones.
        step: 1 for the envelope, 2 for a field.
    """

    code = ResultCode.UNSUPPORTED

    def __init__(self, reason: str, step: int = 2) -> None:
        super().__init__(reason, step)
        self.reason = reason
        self.step = step

    def __str__(self) -> str:
        return self.reason


class VerificationError(RefusedError):
    """A well-formed contract does not hold. The first failed step gives the code."""


class BadSignatureError(VerificationError):
    """The signature does not match the key and the bytes (spec §4.2, §5 step 3).

    Attributes:
        thumbprint: The key that should have signed; None for a batch file, which names none.
        root: The signed root of a batch that this does not belong to; None if it is the
            signature itself that does not fit (spec §12).
    """

    code = ResultCode.BAD_SIGNATURE
    step = 3

    def __init__(self, thumbprint: bytes | None, root: bytes | None = None) -> None:
        super().__init__(thumbprint, root)
        self.thumbprint = thumbprint
        self.root = root

    def __str__(self) -> str:
        if self.root is not None:
            return f"not in the batch that was signed, whose root is {self.root.hex()}"
        assert self.thumbprint is not None  # noqa: S101  # only a batch file has none, and a root
        return f"the signature over these bytes is not by key {self.thumbprint.hex()}"


class IncompleteError(VerificationError):
    """A co-creator's signature is missing (spec §5 step 3; not used yet)."""

    code = ResultCode.INCOMPLETE
    step = 3


class UnknownCreatorError(VerificationError):
    """The key that signed is not among the caller's believed keys (spec §5 step 4).

    Attributes:
        thumbprint: The key that signed.
        name: The creator's name in the contract, which is only a claim.
        other_works: How many other works the key is believed for.
    """

    code = ResultCode.UNKNOWN_CREATOR
    step = 4

    def __init__(self, thumbprint: bytes, name: str | None, other_works: int = 0) -> None:
        super().__init__(thumbprint, name, other_works)
        self.thumbprint = thumbprint
        self.name = name
        self.other_works = other_works

    def __str__(self) -> str:
        if self.other_works:
            works = "work" if self.other_works == 1 else "works"
            return (
                f"key {self.thumbprint.hex()} is believed for {self.other_works} other {works}, "
                "but not for this one"
            )
        claim = f" (calls itself {quoted(self.name)})" if self.name else ""
        return f"signed by key {self.thumbprint.hex()}{claim}, which is not among the believed keys"


class KeyRevokedError(VerificationError):
    """The creator's key was revoked (spec §5 step 5; not used yet)."""

    code = ResultCode.KEY_REVOKED
    step = 5


class DisputedError(VerificationError):
    """Believed keys contradict each other about the work (spec §5 step 6; not used yet)."""

    code = ResultCode.DISPUTED
    step = 6


_MEASURES: Final = {
    "sha256": "with SHA-256 {}",
    "size": "of {} bytes",
    "sha384": "with SHA-384 {}",
    "sha512": "with SHA-512 {}",
}


class WrongWorkError(VerificationError):
    """The contract is for other bytes (spec §5 step 7).

    Attributes:
        what: ``sha256``, ``size``, ``sha384`` or ``sha512``.
        contract: The value in the contract.
        asked: The value of the work asked about.
    """

    code = ResultCode.WRONG_WORK
    step = 7

    def __init__(self, what: str, contract: bytes | int, asked: bytes | int) -> None:
        super().__init__(what, contract, asked)
        self.what = what
        self.contract = contract
        self.asked = asked

    def __str__(self) -> str:
        work = _MEASURES[self.what]
        return (
            f"the contract is for a work {work.format(_shown(self.contract))}, "
            f"asked about one {work.format(_shown(self.asked))}"
        )


class WrongGranteeError(VerificationError):
    """The contract names someone else (spec §5 step 8).

    Attributes:
        contract: URI and key thumbprint in the contract.
        asked: URI and key thumbprint asked about.
    """

    code = ResultCode.WRONG_GRANTEE
    step = 8

    def __init__(
        self,
        contract: tuple[str | None, bytes | None],
        asked: tuple[str | None, bytes | None],
    ) -> None:
        super().__init__(contract, asked)
        self.contract = contract
        self.asked = asked

    def __str__(self) -> str:
        return f"granted to {_party(self.contract)}, asked for {_party(self.asked)}"


class UseNotGrantedError(VerificationError):
    """The contract does not permit this use (spec §5 step 9).

    Attributes:
        granted: Labels of the uses granted.
        asked: Label of the use asked about.
    """

    code = ResultCode.USE_NOT_GRANTED
    step = 9

    def __init__(self, granted: tuple[str, ...], asked: str) -> None:
        super().__init__(granted, asked)
        self.granted = granted
        self.asked = asked

    def __str__(self) -> str:
        return f"granted for {', '.join(self.granted)}, asked about {self.asked}"


class WrongTerritoryError(VerificationError):
    """The contract does not cover this place (spec §5 step 10).

    Attributes:
        granted: The contract's country codes.
        asked: The code asked about, or None.
    """

    code = ResultCode.WRONG_TERRITORY
    step = 10

    def __init__(self, granted: tuple[str, ...], asked: str | None) -> None:
        super().__init__(granted, asked)
        self.granted = granted
        self.asked = asked

    def __str__(self) -> str:
        asked = "no territory" if self.asked is None else self.asked
        return f"granted in {', '.join(self.granted)} only, asked about {asked}"


class NotYetValidError(VerificationError):
    """The contract starts after the instant asked about (spec §5 step 11).

    Attributes:
        starts: First instant at which the contract holds.
        at: The instant asked about.
    """

    code = ResultCode.NOT_YET_VALID
    step = 11

    def __init__(self, starts: datetime, at: datetime) -> None:
        super().__init__(starts, at)
        self.starts = starts
        self.at = at

    def __str__(self) -> str:
        return f"starts at {utc(self.starts)}, asked about {utc(self.at)}"


class ExpiredError(VerificationError):
    """The contract expired before the instant asked about (spec §5 step 12).

    Attributes:
        expires: First instant at which the contract no longer holds.
        at: The instant asked about.
    """

    code = ResultCode.EXPIRED
    step = 12

    def __init__(self, expires: datetime, at: datetime) -> None:
        super().__init__(expires, at)
        self.expires = expires
        self.at = at

    def __str__(self) -> str:
        return f"expired at {utc(self.expires)}, asked about {utc(self.at)}"


class StatusError(VerificationError):
    """Base of the refusals for a status list or the lack of one (spec §5 step 13).

    Attributes:
        uri: URI of the contract's status list.
        idx: The contract's position in it.
    """

    step = 13

    def __init__(self, uri: str, idx: int, *facts: object) -> None:
        super().__init__(uri, idx, *facts)
        self.uri = uri
        self.idx = idx


class RevokedError(StatusError):
    """A status list says that the contract is revoked (spec §7.4 rule 1).

    Attributes:
        since: Issue time of the earliest known list that says so.
    """

    code = ResultCode.REVOKED

    def __init__(self, uri: str, idx: int, since: datetime) -> None:
        super().__init__(uri, idx, since)
        self.since = since

    def __str__(self) -> str:
        return f"revoked at {utc(self.since)} (position {self.idx} of {self.uri})"


class SuspendedError(StatusError):
    """The deciding list says that the contract is suspended (spec §7.4 rule 3).

    Attributes:
        as_of: Issue time of that list.
    """

    code = ResultCode.SUSPENDED

    def __init__(self, uri: str, idx: int, as_of: datetime) -> None:
        super().__init__(uri, idx, as_of)
        self.as_of = as_of

    def __str__(self) -> str:
        return f"suspended as of {utc(self.as_of)} (position {self.idx} of {self.uri})"


class StatusUnknownError(StatusError):
    """No current list confirms the contract (spec §7.4 rules 2 and 3).

    Attributes:
        reason: What is missing or wrong.
    """

    code = ResultCode.STATUS_UNKNOWN

    def __init__(self, uri: str, idx: int, reason: str) -> None:
        super().__init__(uri, idx, reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.reason} (position {self.idx} of {self.uri})"


class StatusDisputedError(StatusError):
    """Lists that nobody can show to have existed then say no; those that did say yes (spec §7.4).

    Attributes:
        against: What all lists at hand say: revoked, suspended or unknown, with its facts.
        as_of: Issue time of the list, shown to have existed, that says the contract held.
        status_list_id: Its object id.
    """

    code = ResultCode.STATUS_DISPUTED

    def __init__(  # as every error: what it is about, then its facts
        self, uri: str, idx: int, against: StatusError, as_of: datetime, status_list_id: bytes
    ) -> None:
        super().__init__(uri, idx, against, as_of, status_list_id)
        self.against = against
        self.as_of = as_of
        self.status_list_id = status_list_id

    def __str__(self) -> str:
        return (
            f"{self.against}, by lists that cannot be shown to have existed then; the list of "
            f"{utc(self.as_of)} can, and by it the contract held"
        )


class NotAcceptedError(VerificationError):
    """The grantee's acceptance is required but missing (spec §5 step 14; not used yet)."""

    code = ResultCode.NOT_ACCEPTED
    step = 14


class NoTimestampError(VerificationError):
    """A timestamp is required but missing (spec §5 step 14; not used yet)."""

    code = ResultCode.NO_TIMESTAMP
    step = 14


class NoReceiptError(VerificationError):
    """A receipt is required but missing (spec §5 step 14; not used yet)."""

    code = ResultCode.NO_RECEIPT
    step = 14


def utc(at: datetime) -> str:
    """Format an instant for messages and texts: ``2026-01-01 00:00:00 UTC``."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def quoted(text: str) -> str:
    """Quote a signed text, so that it cannot pose as a term or as a message."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def brief(value: object) -> str:
    """Format an untrusted value for a message, shortened if it is long."""
    text = repr(value)
    return text if len(text) <= _BRIEF_LEN else f"{text[:_BRIEF_LEN]}…"


_BRIEF_LEN: Final = 100


def _shown(value: bytes | int) -> str:
    return str(value) if isinstance(value, int) else value.hex()


def _party(party: tuple[str | None, bytes | None]) -> str:
    uri, key = party
    named = ([uri] if uri else []) + ([f"key {key.hex()}"] if key else [])
    return " or ".join(named) or "nobody"
