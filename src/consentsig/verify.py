"""Verification: the numbered steps of spec §5, and the only maker of verified contracts.

No files, no network, no clock: everything a decision depends on is an argument. The
first step that fails raises; what is returned has passed them all.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from enum import Enum
from types import NoneType
from typing import TYPE_CHECKING, Final, NamedTuple, NotRequired, TypedDict, Unpack

from consentsig.contract import parse_contract
from consentsig.errors import (
    AUTHENTIC,
    VALID,
    ExpiredError,
    NotYetValidError,
    RefusedError,
    UnknownCreatorError,
    UseNotGrantedError,
    WrongGranteeError,
    WrongTerritoryError,
    WrongWorkError,
)
from consentsig.keys import KeySet
from consentsig.status import status_at
from consentsig.terms import Grantee
from consentsig.vocabulary import WORLD, Use

if TYPE_CHECKING:
    from collections.abc import Iterable

    from consentsig.status import StatusList
    from consentsig.terms import Terms, Work


class NotAsked(Enum):
    """The type of :data:`NOT_ASKED`."""

    NOT_ASKED = "not asked"


NOT_ASKED: Final = NotAsked.NOT_ASKED


class Digest(NamedTuple):
    """What was measured of a work's exact bytes (spec §5).

    Attributes:
        sha256: SHA-256, 32 bytes.
        size: Number of bytes, where known.
        sha384: SHA-384, where computed.
        sha512: SHA-512, where computed.
    """

    sha256: bytes
    size: int | None = None
    sha384: bytes | None = None
    sha512: bytes | None = None

    @classmethod
    def of(cls, work: bytes) -> Digest:
        """Everything there is to measure of *work*."""
        sha256, sha384, sha512 = hashlib.sha256, hashlib.sha384, hashlib.sha512
        return cls(sha256(work).digest(), len(work), sha384(work).digest(), sha512(work).digest())


class VerifiedContract(NamedTuple):
    """A contract that passed every step that was asked. Made by :func:`verify_contract` only.

    It says nothing about who presents it. One that was built or changed by hand says nothing.

    Attributes:
        terms: What it says, covered by a believed signature.
        payload: The bytes that say it.
        result: ``valid``, or ``authentic`` where something was not asked.
        as_of: Issue time of the status list that decided; None if it cannot be revoked.
        not_asked: Which of work, grantee, use and territory were not asked.
    """

    terms: Terms
    payload: bytes
    result: str
    as_of: datetime | None
    not_asked: tuple[str, ...]

    @property
    def contract_id(self) -> bytes:
        """SHA-256 of the payload (spec §3.1)."""
        return hashlib.sha256(self.payload).digest()

    @property
    def conditions(self) -> dict[str, object]:
        """What the contract asks for and no software can check; a person must keep it."""
        terms = self.terms
        found = {
            "purpose": terms.purpose,
            "payments": terms.payments or None,
            "credit": terms.credit,
            "report_months": terms.report_months,
            "erasure": terms.erasure,
            "stop_within_days": terms.revocation.days or None,
            "exclusive": terms.exclusive or None,
            "pass_on": terms.pass_on or None,
        }
        return {name: value for name, value in found.items() if value is not None}


def verify_contract(
    data: bytes,
    *,
    keys: KeySet,
    work: Digest | NotAsked,
    grantee: Grantee | NotAsked,
    use: Use | NotAsked,
    territory: str | NotAsked | None,
    at: datetime,
    status: Iterable[StatusList],
    max_status_age: timedelta | None = None,
) -> VerifiedContract:
    """Return the contract in *data* if every step of spec §5 passes.

    Args:
        data: The contract file, whole.
        keys: The keys the caller believes.
        work: What was measured of the work in hand.
        grantee: Who wants to use it: an address, a key, or both; a name alone never matches.
        use: For what.
        territory: Where: a country code, ``"001"`` for the whole world, or None for no
            place in particular, which fits a worldwide contract only.
        at: The instant asked about; timezone-aware. Do not ask about later than now.
        status: The lists at hand and all seen before. Empty is enough only for a contract
            that cannot be revoked.
        max_status_age: Greatest age of the status list that decides.

    Returns:
        The contract, ``valid``; or ``authentic`` if any of *work*, *grantee*, *use* and
        *territory* is NOT_ASKED, which no gate may take for a yes.

    Raises:
        MalformedError: *data* is not a contract (steps 1 and 2).
        UnsupportedError: It has a part this version does not know (steps 1 and 2).
        VerificationError: It is one and does not hold; the first failed step says why.
        ValueError: The question itself is not well formed.
        TypeError: An argument has the wrong type; nothing like it is taken for it.
    """
    at = _check_question(data, keys, work, grantee, use, territory, at, max_status_age)
    # spec §5 steps 1 and 2.
    terms, sign1 = parse_contract(data)
    key = terms.creator.key
    # spec §5 step 3. Before any claim decides: what is not signed means nothing.
    key.verify(sign1.signature, sign1.sig_structure)
    # spec §5 step 4. The whole thumbprint; kid is only a hint.
    if not keys.believes(key.thumbprint, terms.work.sha256):
        others = len(keys.works_of(key) or ())
        raise UnknownCreatorError(key.thumbprint, terms.creator.name, others)
    # spec §5 steps 5 and 6 are kept for key records, refusals and notices.
    # spec §5 step 7.
    if work is not NOT_ASKED:
        _check_work(terms.work, work)
    # spec §5 step 8. By address or key; anyone can be called Acme.
    if grantee is not NOT_ASKED:
        _check_grantee(terms.grantee, grantee)
    # spec §5 step 9.
    if use is not NOT_ASKED and use not in terms.uses:
        raise UseNotGrantedError(tuple(granted.label for granted in terms.uses), use.label)
    # spec §5 step 10.
    if (
        territory is not NOT_ASKED
        and not terms.is_worldwide
        and (territory is None or territory not in terms.territory)
    ):
        raise WrongTerritoryError(terms.territory, territory)
    # spec §5 step 11. No tolerance here or in step 12.
    if at < terms.starts:
        raise NotYetValidError(terms.starts, at)
    # spec §5 step 12.
    if at >= terms.expires:
        raise ExpiredError(terms.expires, at)
    # spec §5 step 13. Step 14 is kept for acceptances, time-stamps and receipts.
    as_of = status_at(terms, status, at, max_status_age)
    not_asked = _not_asked(work, grantee, use, territory)
    result = AUTHENTIC if not_asked else VALID
    return VerifiedContract(terms, sign1.payload, result, as_of, not_asked)


class Verdict(NamedTuple):
    """One row of a bulk answer: the same as the exception or the contract, as data.

    Attributes:
        result: A code of spec §6.
        step: The step that failed; None if none did.
        message: One line with both sides.
        contract: The contract if it holds, else None.
        error: What was raised if not, with its facts.
        contract_id: SHA-256 of the payload, where the file could be read as a contract.
        as_of: Issue time of the status list that decided.
        not_asked: What was not asked.
    """

    result: str
    step: int | None
    message: str
    contract: VerifiedContract | None
    error: RefusedError | None
    contract_id: bytes | None
    as_of: datetime | None
    not_asked: tuple[str, ...]


class Question(TypedDict):
    """What :func:`verify_contract` is asked, but for the contract."""

    keys: KeySet
    work: Digest | NotAsked
    grantee: Grantee | NotAsked
    use: Use | NotAsked
    territory: str | NotAsked | None
    at: datetime
    status: Iterable[StatusList]
    max_status_age: NotRequired[timedelta | None]


def judge_contract(data: bytes, **question: Unpack[Question]) -> Verdict:
    """Ask :func:`verify_contract` and return the answer as a row, for bulk work.

    Only ``result == "valid"`` is a yes.

    Raises:
        ValueError: The question itself is not well formed.
    """
    try:
        contract = verify_contract(data, **question)
    except RefusedError as error:
        not_asked = _not_asked(
            question["work"], question["grantee"], question["use"], question["territory"]
        )
        contract_id = _contract_id(data) if error.step > 2 else None
        return Verdict(
            error.code, error.step, str(error), None, error, contract_id, None, not_asked
        )
    message = "every step passed" + ("" if contract.result == VALID else " of those asked")
    return Verdict(
        contract.result, None, message, contract, None, contract.contract_id,
        contract.as_of, contract.not_asked,
    )  # fmt: skip


def _check_question(  # noqa: PLR0917  # in the order of the question
    data: bytes,
    keys: KeySet,
    work: Digest | NotAsked,
    grantee: Grantee | NotAsked,
    use: Use | NotAsked,
    territory: str | NotAsked | None,
    at: datetime,
    max_status_age: timedelta | None,
) -> datetime:
    """Refuse a question that only resembles one; return the instant in UTC.

    Python takes much for equal: 1 for pretrain, a bytearray for a hash. A verdict must
    not rest on that.
    """
    if type(data) is not bytes or type(keys) is not KeySet:
        raise TypeError("data must be bytes, and keys a KeySet")
    if work is not NOT_ASKED and not _is_digest(work):
        raise TypeError("work must be a Digest of bytes and an int, or NOT_ASKED")
    if grantee is not NOT_ASKED and not _is_grantee(grantee):
        raise TypeError("grantee must be a Grantee of str and bytes, or NOT_ASKED")
    if use is not NOT_ASKED and type(use) is not Use:
        raise TypeError(f"use is {use!r}, expected a Use or NOT_ASKED")
    if type(max_status_age) not in (timedelta, NoneType):
        raise TypeError(f"max_status_age is {max_status_age!r}, expected a timedelta or None")
    _check_territory(territory)
    return _in_utc(at)


def _is_digest(work: Digest) -> bool:
    return (
        type(work) is Digest
        and type(work.sha256) is bytes
        and type(work.size) in (int, NoneType)
        and type(work.sha384) in (bytes, NoneType)
        and type(work.sha512) in (bytes, NoneType)
    )


def _is_grantee(grantee: Grantee) -> bool:
    if type(grantee) is not Grantee:
        return False
    if grantee.uri is None and grantee.key is None:
        raise ValueError("the grantee asked about has no address and no key; a name never matches")
    return type(grantee.uri) in (str, NoneType) and type(grantee.key) in (bytes, NoneType)


def _check_territory(territory: str | NotAsked | None) -> None:
    if territory is None or territory is NOT_ASKED:
        return
    if type(territory) is not str:
        raise TypeError(f"territory is {territory!r}, expected a str, None or NOT_ASKED")
    if territory != WORLD and not _is_country(territory):
        raise ValueError(f"the territory asked about is {territory!r}, expected two letters A-Z")


def _in_utc(at: datetime) -> datetime:
    if not isinstance(at, datetime):
        raise TypeError(f"at is {at!r}, expected a datetime")
    if at.utcoffset() is None:
        raise ValueError("the instant asked about has no time zone")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("the instant asked about is outside the years 1 to 9999") from None


def _is_country(code: str) -> bool:
    return len(code) == 2 and code.isascii() and code.isalpha() and code.isupper()


def _check_work(granted: Work, asked: Digest) -> None:
    if granted.sha256 != asked.sha256:
        raise WrongWorkError("sha256", granted.sha256, asked.sha256)
    for what, contract, measured in (
        ("size", granted.size, asked.size),
        ("sha384", granted.sha384, asked.sha384),
        ("sha512", granted.sha512, asked.sha512),
    ):
        if contract is not None and measured is not None and contract != measured:
            raise WrongWorkError(what, contract, measured)


def _check_grantee(granted: Grantee, asked: Grantee) -> None:
    by_uri = granted.uri is not None and granted.uri == asked.uri
    by_key = granted.key is not None and granted.key == asked.key
    if not (by_uri or by_key):
        raise WrongGranteeError((granted.uri, granted.key), (asked.uri, asked.key))


def _not_asked(work: object, grantee: object, use: object, territory: object) -> tuple[str, ...]:
    if (
        work is not NOT_ASKED
        and grantee is not NOT_ASKED
        and use is not NOT_ASKED
        and territory is not NOT_ASKED
    ):
        return ()
    asked = (("work", work), ("grantee", grantee), ("use", use), ("territory", territory))
    return tuple([name for name, value in asked if value is NOT_ASKED])


def _contract_id(data: bytes) -> bytes:
    return parse_contract(data).contract_id
