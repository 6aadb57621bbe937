"""Verification: the numbered steps of spec §5, and the only maker of verified contracts.

No files, no network, no clock: everything a decision depends on is an argument. The
first step that fails raises; what is returned has passed them all.

    bytes ─verify_signature─▶ SignedContract            steps 1 to 3, once for a file
    SignedContract ─Question.verify─▶ VerifiedContract  steps 4 to 13, once for each question
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import NoneType
from typing import TYPE_CHECKING

from consentsig import json_values
from consentsig.asked import (
    NOT_ASKED,
    NotAsked,
    check_digest,
    check_party,
    check_territory,
    in_utc,
)
from consentsig.contract import parse_contract
from consentsig.digest import Digest
from consentsig.errors import (
    ExpiredError,
    NotYetValidError,
    RefusedError,
    ResultCode,
    StatusDisputedError,
    UnknownCreatorError,
    UseNotGrantedError,
    WrongGranteeError,
    WrongTerritoryError,
    WrongWorkError,
)
from consentsig.keys import KeySet
from consentsig.sealed import Sealed
from consentsig.status_book import StatusBook
from consentsig.terms import Grantee
from consentsig.vocabulary import Use

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from consentsig.contract import UnverifiedContract
    from consentsig.keys import PublicKey
    from consentsig.status_list import StatusList
    from consentsig.terms import Creator, Terms, Work


class SignedContract(Sealed):
    """A contract with a good signature by the creator it names, whoever that is.

    :func:`verify_signature` makes it and nothing else does. Nothing is believed yet: what it
    permits is for :meth:`Question.verify` to say, as often as is asked. It pickles as its file,
    which is verified again when it is loaded.

    Attributes:
        terms: What it says.
        payload: The bytes that say it.
    """

    __slots__ = ("_file", "payload", "terms")
    MADE_BY = "verify_signature"

    _file: bytes | Callable[[], bytes]
    payload: bytes
    terms: Terms

    @property
    def data(self) -> bytes:
        """The file; of a contract that was read from a batch file, the one for it alone."""
        return self._file if isinstance(self._file, bytes) else self._file()

    @property
    def contract_id(self) -> bytes:
        """SHA-256 of the payload (spec §3.1)."""
        return hashlib.sha256(self.payload).digest()

    def __reduce__(self) -> tuple[Callable[[bytes], SignedContract], tuple[bytes]]:
        return verify_signature, (self.data,)

    def __repr__(self) -> str:
        return f"SignedContract({self.contract_id.hex()})"


def verify_signature(data: bytes) -> SignedContract:
    """The contract in *data*, its signature good (spec §5 steps 1 to 3).

    Args:
        data: The contract file, whole.

    Raises:
        MalformedError: *data* is not a contract (steps 1 and 2).
        UnsupportedError: It has a part this version does not know (steps 1 and 2).
        BadSignatureError: The signature does not fit (step 3).
        TypeError: *data* is not bytes.
    """
    # spec §5 steps 1 and 2.
    parsed = parse_contract(data)
    # spec §5 step 3. Before any claim decides: what is not signed means nothing.
    parsed.check_signature()
    return SignedContract._make(data, parsed.payload, parsed.terms)  # its maker


class VerifiedContract(Sealed):
    """A contract that passed every step that was asked.

    :meth:`Question.verify` makes it and nothing else does. It says nothing about who presents
    it. It pickles as its file, the question and the list that decided, and is verified again
    when it is loaded. ``bool()`` of it raises: ask :attr:`permitted`.

    Attributes:
        signed: The contract.
        question: What was asked.
        status_list: The list that decided; None if the contract cannot be revoked.
    """

    __slots__ = ("question", "signed", "status_list")
    MADE_BY = "verify_contract"

    question: Question
    signed: SignedContract
    status_list: StatusList | None

    @property
    def permitted(self) -> bool:
        """Whether the use is permitted. Everything was asked, and it holds."""
        return not self.question.not_asked

    @property
    def result(self) -> ResultCode:
        """``valid``, or ``authentic`` where something was not asked."""
        return ResultCode.AUTHENTIC if self.question.not_asked else ResultCode.VALID

    @property
    def terms(self) -> Terms:
        """What it says, covered by a believed signature."""
        return self.signed.terms

    @property
    def payload(self) -> bytes:
        """The bytes that say it."""
        return self.signed.payload

    @property
    def contract_id(self) -> bytes:
        """SHA-256 of the payload (spec §3.1)."""
        return self.signed.contract_id

    @property
    def as_of(self) -> datetime | None:
        """Issue time of the list that decided; None if the contract cannot be revoked."""
        return None if self.status_list is None else self.status_list.terms.issued

    @property
    def status_list_id(self) -> bytes | None:
        """Object id of the list that decided; None if the contract cannot be revoked."""
        return None if self.status_list is None else self.status_list.object_id

    @property
    def not_asked(self) -> tuple[str, ...]:
        """Which of work, grantee, use and territory were not asked."""
        return self.question.not_asked

    @property
    def conditions(self) -> dict[str, object]:
        """What the contract asks for and no software can check; a person must keep it."""
        return conditions_of(self.terms)

    def __bool__(self) -> bool:
        raise TypeError("a contract can hold without permitting the use; ask .permitted")

    def __reduce__(self) -> tuple[Callable[..., VerifiedContract], tuple[object, ...]]:
        asked, lists = self.question, [] if self.status_list is None else [self.status_list]
        # Of the keys only the one that counts: a set of all can hold millions.
        creator, work = self.terms.creator.key.thumbprint, self.terms.work.sha256
        believed = (asked.work, asked.grantee, asked.use, asked.territory, asked.at)
        return _verified_again, (
            *(self.signed, {creator: [work]}, *believed, lists, asked.max_status_age),
        )

    def __repr__(self) -> str:
        return f"VerifiedContract({self.contract_id.hex()}: {self.result})"


def conditions_of(terms: Terms) -> dict[str, object]:
    """What *terms* ask for and no software can check (spec §5.3)."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of a contract: this work, this grantee, this use, this place, this instant.

    One question is checked once and may be asked of any number of contracts;
    ``dataclasses.replace(question, work=…)`` asks about another work.

    Attributes:
        keys: The keys the caller believes.
        work: What was measured of the work in hand.
        grantee: Who wants to use it: an address, a key, or both; a name alone never matches.
        use: For what.
        territory: Where: a country code, ``"001"`` for the whole world, or None for no
            place in particular, which fits a worldwide contract only.
        at: The instant asked about; timezone-aware. Do not ask about later than now.
        status: The lists at hand and all seen before, or a :class:`StatusBook` made of them
            for this instant and greatest age. No lists are enough only for a contract that
            cannot be revoked.
        max_status_age: Greatest age of the status list that decides.

    Raises:
        ValueError: The question is not well formed: a hash of another length, an address in
            another spelling, something else than verified lists.
        TypeError: An argument has the wrong type; nothing like it is taken for it.
    """

    keys: KeySet
    work: Digest | NotAsked
    grantee: Grantee | NotAsked
    use: Use | NotAsked
    territory: str | NotAsked | None
    at: datetime
    status: Iterable[StatusList] | StatusBook
    max_status_age: timedelta | None = None

    def __post_init__(self) -> None:
        # Python takes much for equal: 1 for pretrain, a bytearray for a hash. A verdict must
        # not rest on that.
        if type(self.keys) is not KeySet:
            raise TypeError(f"keys is a {type(self.keys).__name__}, expected a KeySet")
        if self.work is not NOT_ASKED:
            check_digest(self.work)
        if self.grantee is not NOT_ASKED:
            check_party(self.grantee)
        if self.use is not NOT_ASKED and type(self.use) is not Use:
            raise TypeError(f"use is {self.use!r}, expected a Use or NOT_ASKED")
        if type(self.max_status_age) not in (timedelta, NoneType):
            raise TypeError(f"max_status_age is {self.max_status_age!r}, expected a timedelta")
        check_territory(self.territory)
        object.__setattr__(self, "at", in_utc(self.at))
        object.__setattr__(self, "status", self._book())

    def _book(self) -> StatusBook:
        status = self.status
        if not isinstance(status, StatusBook):
            return StatusBook(status, at=self.at, max_age=self.max_status_age)
        if (status.at, status.max_age) != (self.at, self.max_status_age):
            raise ValueError(
                f"the status book is for {status.at} and a greatest age of {status.max_age}, "
                f"asked about {self.at} and {self.max_status_age}"
            )
        return status

    @property
    def book(self) -> StatusBook:
        """What the lists say at the instant asked about."""
        assert isinstance(self.status, StatusBook)  # noqa: S101  # made so above
        return self.status

    @property
    def not_asked(self) -> tuple[str, ...]:
        """Which of work, grantee, use and territory are not asked."""
        work, grantee, use, territory = self.work, self.grantee, self.use, self.territory
        if (
            work is not NOT_ASKED
            and grantee is not NOT_ASKED
            and use is not NOT_ASKED
            and territory is not NOT_ASKED
        ):
            return ()
        asked = (("work", work), ("grantee", grantee), ("use", use), ("territory", territory))
        return tuple([name for name, value in asked if value is NOT_ASKED])

    def check_before_status(self, terms: Terms) -> None:
        """Make steps 4 to 12: all that can be said before any status list is looked at.

        Raises:
            VerificationError: The first step that fails.
        """
        # spec §5 step 4. The whole thumbprint; kid is only a hint.
        key = terms.creator.key
        if not self.keys.believes(key.thumbprint, terms.work.sha256):
            others = len(self.keys.works_of(key) or ())
            raise UnknownCreatorError(key.thumbprint, terms.creator.name, others)
        # spec §5 steps 5 and 6 are kept for key records, refusals and notices.
        # spec §5 step 7.
        if self.work is not NOT_ASKED:
            _check_work(terms.work, self.work)
        # spec §5 step 8. By address or key; anyone can be called Acme.
        if self.grantee is not NOT_ASKED:
            _check_grantee(terms.grantee, self.grantee)
        # spec §5 step 9.
        if self.use is not NOT_ASKED and self.use not in terms.uses:
            raise UseNotGrantedError(tuple(use.label for use in terms.uses), self.use.label)
        # spec §5 step 10.
        territory = self.territory
        if (
            territory is not NOT_ASKED
            and not terms.is_worldwide
            and (territory is None or territory not in terms.territory)
        ):
            raise WrongTerritoryError(terms.territory, territory)
        # spec §5 step 11. No tolerance here or in step 12.
        if self.at < terms.starts:
            raise NotYetValidError(terms.starts, self.at)
        # spec §5 step 12.
        if self.at >= terms.expires:
            raise ExpiredError(terms.expires, self.at)

    def verify(self, contract: bytes | SignedContract) -> VerifiedContract:
        """Return the contract if every step of spec §5 passes.

        Args:
            contract: The file, whole; or, to ask several questions of one contract for one
                signature check, what :func:`verify_signature` made of it.

        Raises:
            MalformedError, UnsupportedError, VerificationError: As :func:`verify_contract`.
        """
        if not isinstance(contract, SignedContract):
            contract = verify_signature(contract)
        self.check_before_status(contract.terms)
        # spec §5 step 13. Step 14 is kept for acceptances, time-stamps and receipts.
        decided = self.book.decide(contract.terms)
        return VerifiedContract._make(self, contract, decided)  # its maker

    def judge(self, contract: bytes | SignedContract) -> Verdict:
        """Ask :meth:`verify` and return the answer as a row, for bulk work."""
        try:
            held = self.verify(contract)
        except RefusedError as error:
            known: SignedContract | UnverifiedContract | None = None
            if isinstance(contract, SignedContract):
                known = contract
            elif error.step > 2:
                known = parse_contract(contract)
            contract_id = None if known is None else known.contract_id
            creator = None if known is None else known.terms.creator
            return Verdict(None, _bare(error), contract_id, creator, self.not_asked)
        signed = held.signed
        return Verdict(held, None, signed.contract_id, signed.terms.creator, self.not_asked)


def verify_contract(
    data: bytes,
    *,
    keys: KeySet,
    work: Digest | NotAsked,
    grantee: Grantee | NotAsked,
    use: Use | NotAsked,
    territory: str | NotAsked | None,
    at: datetime,
    status: Iterable[StatusList] | StatusBook,
    max_status_age: timedelta | None = None,
) -> VerifiedContract:
    """Return the contract in *data* if every step of spec §5 passes.

    The arguments are those of :class:`Question`, which is the way to ask several questions
    of one contract, or one question of many.

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
    return Question(
        keys=keys, work=work, grantee=grantee, use=use, territory=territory,
        at=at, status=status, max_status_age=max_status_age,
    ).verify(data)  # fmt: skip


def judge_contract(
    data: bytes,
    *,
    keys: KeySet,
    work: Digest | NotAsked,
    grantee: Grantee | NotAsked,
    use: Use | NotAsked,
    territory: str | NotAsked | None,
    at: datetime,
    status: Iterable[StatusList] | StatusBook,
    max_status_age: timedelta | None = None,
) -> Verdict:
    """Ask :func:`verify_contract` and return the answer as a row, for bulk work.

    Only :attr:`Verdict.permitted` is a yes.

    Raises:
        ValueError: The question itself is not well formed.
        TypeError: An argument has the wrong type; nothing like it is taken for it.
    """
    return Question(
        keys=keys, work=work, grantee=grantee, use=use, territory=territory,
        at=at, status=status, max_status_age=max_status_age,
    ).judge(data)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """One row of a bulk answer: the same as the contract or the exception, as data.

    ``bool()`` of it raises: ask :attr:`permitted`.

    Attributes:
        contract: The contract if it holds, else None.
        error: What was raised if not, with its facts; without a traceback.
        contract_id: SHA-256 of the payload, where the file could be read as a contract.
        creator: Who signed, by the contract's own word, where it could be read as one.
        not_asked: What was not asked.
    """

    contract: VerifiedContract | None
    error: RefusedError | None
    contract_id: bytes | None
    creator: Creator | None
    not_asked: tuple[str, ...]

    def __post_init__(self) -> None:
        if (self.contract is None) == (self.error is None):
            raise ValueError("a verdict has a contract that holds or an error, one of the two")

    @property
    def permitted(self) -> bool:
        """Whether the use asked about is permitted. Nothing else is a yes."""
        return self.contract is not None and self.contract.permitted

    @property
    def result(self) -> ResultCode:
        """A code of spec §6."""
        if self.error is not None:
            return self.error.code
        assert self.contract is not None  # noqa: S101  # one of the two is there
        return self.contract.result

    @property
    def step(self) -> int | None:
        """The step of spec §5 that failed; None if none did."""
        return None if self.error is None else self.error.step

    @property
    def message(self) -> str:
        """One line with both sides."""
        if self.error is not None:
            return str(self.error)
        return "every step passed" + (" of those asked" if self.not_asked else "")

    @property
    def as_of(self) -> datetime | None:
        """Issue time of the status list that decided for the contract.

        With ``status-disputed``, that of the list by which it held.
        """
        if isinstance(self.error, StatusDisputedError):
            return self.error.as_of
        return None if self.contract is None else self.contract.as_of

    @property
    def status_list_id(self) -> bytes | None:
        """Object id of the list that :attr:`as_of` is about."""
        if isinstance(self.error, StatusDisputedError):
            return self.error.status_list_id
        return None if self.contract is None else self.contract.status_list_id

    def to_dict(self) -> dict[str, object]:
        """The row as plain values, ready for JSON: what ``consentsig verify --json`` prints.

        Instants are RFC 3339 in UTC, ids and thumbprints hexadecimal. What only a contract
        that holds can say is None in a refusal.
        """
        held = self.contract
        return {
            "result": str(self.result),
            "permitted": self.permitted,
            "step": self.step,
            "message": self.message,
            "contract_id": json_values.hexadecimal(self.contract_id),
            "not_asked": list(self.not_asked),
            "creator": None if self.creator is None else json_values.creator(self.creator),
            "as_of": json_values.instant(self.as_of),
            "status_list": json_values.hexadecimal(self.status_list_id),
            "expires": None if held is None else json_values.instant(held.terms.expires),
            "conditions": None if held is None else json_values.conditions(held.conditions),
        }

    def __bool__(self) -> bool:
        raise TypeError("a verdict is neither yes nor no by itself; ask .permitted")


def _bare(error: RefusedError) -> RefusedError:
    """Return *error* without its traceback, whose frames would keep every list alive."""
    error.__traceback__ = error.__context__ = error.__cause__ = None
    return error


def _verified_again(  # noqa: PLR0917  # what a pickle of a verified contract holds
    signed: SignedContract,
    works: dict[PublicKey | bytes, list[bytes]],
    work: Digest | NotAsked,
    grantee: Grantee | NotAsked,
    use: Use | NotAsked,
    territory: str | NotAsked | None,
    at: datetime,
    lists: list[StatusList],
    max_status_age: timedelta | None,
) -> VerifiedContract:
    question = Question(
        keys=KeySet(works=works), work=work, grantee=grantee, use=use, territory=territory,
        at=at, status=lists, max_status_age=max_status_age,
    )  # fmt: skip
    return question.verify(signed)


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
