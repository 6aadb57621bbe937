"""The exception tree and the result codes, one closed set (spec §6).

    ConsentsigError
    ├── KeyFileError            a key cannot be read or written as asked
    ├── MalformedError          malformed          not an object of this format
    ├── UnsupportedError        unsupported        well made, with a part we do not know
    └── VerificationError       it is one, but the answer is no; a leaf per code:
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
        ├── NotAcceptedError        not-accepted
        ├── NoTimestampError        no-timestamp
        └── NoReceiptError          no-receipt

Every leaf carries ``code``, ``step`` (of spec §5) and the facts of both sides as
attributes; the message is built from those. Arguments reach ``super()``, so errors
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
    NOT_ACCEPTED = "not-accepted"
    NO_TIMESTAMP = "no-timestamp"
    NO_RECEIPT = "no-receipt"


class ConsentsigError(Exception):
    """Base of everything this library raises on purpose."""


class KeyFileError(ConsentsigError):
    """A key cannot be used as asked: unreadable, of another kind, or locked."""


class RefusedError(ConsentsigError):
    """Base of every refusal that has a result code (spec §6)."""

    code: ClassVar[ResultCode]
    step: int


class MalformedError(RefusedError):
    """The bytes are not an object of this format (spec §3.9, §7.1).

    Attributes:
        reason: What is wrong, with both sides.
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
    """The bytes are well made and hold a part this version does not know (spec §3.9).

    Attributes:
        reason: Which part, and what is known.
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
    """It is a contract, and the answer is no; the first failed step says why."""


class BadSignatureError(VerificationError):
    """The signature does not fit the key and the bytes (spec §4.2, §5 step 3).

    Attributes:
        thumbprint: The key that should have signed.
    """

    code = ResultCode.BAD_SIGNATURE
    step = 3

    def __init__(self, thumbprint: bytes) -> None:
        super().__init__(thumbprint)
        self.thumbprint = thumbprint

    def __str__(self) -> str:
        return f"the signature is not by key {self.thumbprint.hex()} over these bytes"


class IncompleteError(VerificationError):
    """A co-creator's signature is missing (spec §5 step 3; not yet)."""

    code = ResultCode.INCOMPLETE
    step = 3


class UnknownCreatorError(VerificationError):
    """The caller does not believe the key that signed (spec §5 step 4).

    Attributes:
        thumbprint: The key that signed.
        name: What the contract calls its creator; only a claim.
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
            return (
                f"key {self.thumbprint.hex()} is believed for {self.other_works} other works, "
                "not for this one"
            )
        claim = f" (calls itself {quoted(self.name)})" if self.name else ""
        return f"signed by key {self.thumbprint.hex()}{claim}, which is not among the believed keys"


class KeyRevokedError(VerificationError):
    """The key was given up (spec §5 step 5; not yet)."""

    code = ResultCode.KEY_REVOKED
    step = 5


class DisputedError(VerificationError):
    """Believed keys contradict each other about the work (spec §5 step 6; not yet)."""

    code = ResultCode.DISPUTED
    step = 6


_MEASURES: Final = {
    "sha256": "fingerprint (SHA-256)",
    "size": "a size in bytes of",
    "sha384": "fingerprint (SHA-384)",
    "sha512": "fingerprint (SHA-512)",
}


class WrongWorkError(VerificationError):
    """The contract is about other bytes (spec §5 step 7).

    Attributes:
        what: ``sha256``, ``size``, ``sha384`` or ``sha512``.
        contract: The contract's value.
        asked: The value measured.
    """

    code = ResultCode.WRONG_WORK
    step = 7

    def __init__(self, what: str, contract: bytes | int, asked: bytes | int) -> None:
        super().__init__(what, contract, asked)
        self.what = what
        self.contract = contract
        self.asked = asked

    def __str__(self) -> str:
        return (
            f"the contract is for a work with {_MEASURES[self.what]} {_shown(self.contract)}, "
            f"asked about one with {_shown(self.asked)}"
        )


class WrongGranteeError(VerificationError):
    """The contract names someone else (spec §5 step 8).

    Attributes:
        contract: Address and key the contract names.
        asked: Address and key asked about.
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
    """The contract does not name this use (spec §5 step 9).

    Attributes:
        granted: Names of the uses granted.
        asked: Name of the use asked about.
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
        granted: The country codes the contract names.
        asked: The code asked about; None if none was given.
    """

    code = ResultCode.WRONG_TERRITORY
    step = 10

    def __init__(self, granted: tuple[str, ...], asked: str | None) -> None:
        super().__init__(granted, asked)
        self.granted = granted
        self.asked = asked

    def __str__(self) -> str:
        asked = "no place was named" if self.asked is None else f"asked about {self.asked}"
        return f"granted in {', '.join(self.granted)} only, {asked}"


class NotYetValidError(VerificationError):
    """The contract begins later than the instant asked about (spec §5 step 11).

    Attributes:
        not_before: First instant at which the contract holds.
        at: The instant asked about.
    """

    code = ResultCode.NOT_YET_VALID
    step = 11

    def __init__(self, not_before: datetime, at: datetime) -> None:
        super().__init__(not_before, at)
        self.not_before = not_before
        self.at = at

    def __str__(self) -> str:
        return f"begins {utc(self.not_before)}, asked about {utc(self.at)}"


class ExpiredError(VerificationError):
    """The contract ended before the instant asked about (spec §5 step 12).

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
        return f"ended {utc(self.expires)}, asked about {utc(self.at)}"


class StatusError(VerificationError):
    """Base of what a status list, or its absence, can say no with (spec §5 step 13).

    Attributes:
        uri: Address of the list the contract names.
        idx: Position in it.
    """

    step = 13

    def __init__(self, uri: str, idx: int, *facts: object) -> None:
        super().__init__(uri, idx, *facts)
        self.uri = uri
        self.idx = idx


class RevokedError(StatusError):
    """A status list says that the contract was taken back (spec §7.4 rule 1).

    Attributes:
        since: Issue time of the earliest list at hand that says so.
    """

    code = ResultCode.REVOKED

    def __init__(self, uri: str, idx: int, since: datetime) -> None:
        super().__init__(uri, idx, since)
        self.since = since

    def __str__(self) -> str:
        return f"taken back, says position {self.idx} of {self.uri} since {utc(self.since)}"


class SuspendedError(StatusError):
    """The deciding list says that the contract does not hold for now (spec §7.4 rule 3).

    Attributes:
        as_of: Issue time of that list.
    """

    code = ResultCode.SUSPENDED

    def __init__(self, uri: str, idx: int, as_of: datetime) -> None:
        super().__init__(uri, idx, as_of)
        self.as_of = as_of

    def __str__(self) -> str:
        return f"suspended, says position {self.idx} of {self.uri} as of {utc(self.as_of)}"


class StatusUnknownError(StatusError):
    """No current list says that the contract holds (spec §7.4 rules 2 and 3).

    Attributes:
        reason: What is missing or wrong.
    """

    code = ResultCode.STATUS_UNKNOWN

    def __init__(self, uri: str, idx: int, reason: str) -> None:
        super().__init__(uri, idx, reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.reason} (position {self.idx} of {self.uri})"


class NotAcceptedError(VerificationError):
    """The grantee's acceptance was asked for and is missing (spec §5 step 14; not yet)."""

    code = ResultCode.NOT_ACCEPTED
    step = 14


class NoTimestampError(VerificationError):
    """A time-stamp was asked for and is missing (spec §5 step 14; not yet)."""

    code = ResultCode.NO_TIMESTAMP
    step = 14


class NoReceiptError(VerificationError):
    """A receipt was asked for and is missing (spec §5 step 14; not yet)."""

    code = ResultCode.NO_RECEIPT
    step = 14


def utc(at: datetime) -> str:
    """An instant as messages and texts write it: ``2026-01-01 00:00:00 UTC``."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def quoted(text: str) -> str:
    """A signed text in quotes, so that it cannot pose as a term or as a message."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def brief(value: object) -> str:
    """*value* as a message shows it: a hostile one may be long."""
    text = repr(value)
    return text if len(text) <= _BRIEF_LEN else f"{text[:_BRIEF_LEN]}…"


_BRIEF_LEN: Final = 100


def _shown(value: bytes | int) -> str:
    return str(value) if isinstance(value, int) else value.hex()


def _party(party: tuple[str | None, bytes | None]) -> str:
    uri, key = party
    named = ([uri] if uri else []) + ([f"key {key.hex()}"] if key else [])
    return " or ".join(named) or "nobody"
