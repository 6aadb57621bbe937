"""The contracts this home granted and kept, and the state of each.

A state is only an overview: it asks about no work, grantee or use. Only
:mod:`consentsig.verify` decides whether a contract permits anything.
"""

from __future__ import annotations

import os
import re
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from consentsig.contract import parse_contract
from consentsig.errors import (
    ExpiredError,
    NotYetValidError,
    RefusedError,
    ResultCode,
    RevokedError,
    StatusUnknownError,
    SuspendedError,
    UnknownCreatorError,
)
from consentsig.home.database import HomeError
from consentsig.status_book import list_key, speakers
from consentsig.terms import EPOCH, seconds

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from consentsig.contract import UnverifiedContract
    from consentsig.home.home import Home
    from consentsig.status_book import StatusBook
    from consentsig.status_list import ListTerms
    from consentsig.terms import Terms
    from consentsig.verify import SignedContract, Verdict


class State(Enum):
    """The state of a contract, as far as this home knows.

    The value is a result code of spec §6. The values that begin with ``needs-`` are not codes:
    they say what is missing here, and ``verify`` never returns them.
    """

    AUTHENTIC = ResultCode.AUTHENTIC
    NOT_YET_VALID = NotYetValidError.code
    EXPIRED = ExpiredError.code
    REVOKED = RevokedError.code
    NEEDS_PUBLISHING = "needs-publishing"
    NEEDS_LIST = "needs-list"
    STATUS_UNKNOWN = StatusUnknownError.code
    SUSPENDED = SuspendedError.code
    UNKNOWN_CREATOR = UnknownCreatorError.code


class ListState(Enum):
    """Whether the list that a contract depends on is up to date."""

    NOT_NEEDED = "not-needed"
    NONE = "none"
    TOO_OLD = "too-old"
    EXPIRED = "expired"
    CURRENT = "current"


class Kept(NamedTuple):
    """The result of checking a copy when it was kept.

    Attributes:
        since: When it was first kept.
        result: A code of spec §6. The question asked for authenticity alone.
        as_of: Issue time of the list that decided.
        evidence: Object ids of the lists kept with it.
    """

    since: datetime
    result: str
    as_of: datetime | None
    evidence: tuple[bytes, ...]


class Entry(NamedTuple):
    """A contract that this home remembers.

    Attributes:
        contract: What it says.
        contract_id: SHA-256 of its payload.
        data: The file's bytes.
        file: Where it was written or read. It may have moved since.
        revoked_at: When it was revoked here, published or not.
        reason: Why it was revoked.
        kept: The result when it was kept; None for a granted contract.
    """

    contract: UnverifiedContract
    contract_id: bytes
    data: bytes
    file: Path | None
    revoked_at: datetime | None = None
    reason: str | None = None
    kept: Kept | None = None


class Standing(NamedTuple):
    """The state of a contract at an instant.

    Attributes:
        state: The state.
        list_state: Whether its list is up to date.
        newest: The newest list by its list key.
        is_replaced: Whether a list by the recovery key is newer than that.
    """

    state: State
    list_state: ListState
    newest: ListTerms | None = None
    is_replaced: bool = False


def granted(home: Home) -> list[Entry]:
    """Return the contracts signed here, or by a key kept here, newest first."""
    rows = home.rows(
        "SELECT contract_id, data, file, revoked, reason FROM contracts"
        " WHERE made IS NOT NULL OR creator IN (SELECT thumbprint FROM keys)"
    )
    return _newest_first(
        Entry(_parsed(home, data), contract_id, data, _path(file), _instant(revoked), reason)
        for contract_id, data, file, revoked, reason in rows
    )


def running(home: Home, at: datetime, works: Collection[bytes] | None = None) -> Iterator[Entry]:
    """Yield the contracts granted here that have not ended at *at* and were not revoked here.

    With *works*, SHA-256 digests, only the contracts for these.
    """
    own = {key.public.thumbprint for key in home.own_keys()}
    columns = "contract_id, data, file, made, creator, expires, revoked"
    for contract_id, data, file, made, creator, expires, revoked in home.each("contracts", columns):
        is_granted = made is not None or creator in own
        if not is_granted or revoked is not None or expires <= seconds(at):
            continue
        if works is not None and not _may_be_for(works, data):
            continue
        contract = _parsed(home, data)
        if works is None or contract.terms.work.sha256 in works:
            yield Entry(contract, contract_id, data, _path(file))


# A digest as the format encodes it. What has none of the wanted ones need not be parsed, so that
# granting does not take longer with every contract of a large home.
_DIGEST: Final = re.compile(rb"(?=\x82\x2f\x58\x20(.{32}))", re.DOTALL)


def _may_be_for(works: Collection[bytes], data: bytes) -> bool:
    return any(digest in works for digest in _DIGEST.findall(data))


def received(home: Home) -> list[Entry]:
    """Return the contracts that were kept, newest first."""
    evidence: dict[bytes, list[bytes]] = {}
    for contract_id, object_id in home.rows(
        "SELECT contract_id, object_id FROM evidence ORDER BY contract_id, object_id"
    ):
        evidence.setdefault(contract_id, []).append(object_id)
    rows = home.rows("SELECT contract_id, data, file, kept, result, as_of FROM kept")
    return _newest_first(
        Entry(
            _parsed(home, data),
            contract_id,
            data,
            _path(file),
            kept=Kept(
                EPOCH + timedelta(0, kept),
                result,
                _instant(as_of),
                tuple(evidence.get(contract_id, ())),
            ),
        )
        for contract_id, data, file, kept, result, as_of in rows
    )


def _newest_first(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(
        entries, key=lambda each: (each.contract.terms.issued, each.contract_id), reverse=True
    )


def _parsed(home: Home, data: bytes) -> UnverifiedContract:
    try:
        return parse_contract(data)
    except RefusedError as error:
        raise HomeError(f"{home.database} is damaged: a contract in it is {error.code}") from error


def _path(file: bytes | None) -> Path | None:
    return None if file is None else Path(os.fsdecode(file))


def _instant(since: int | None) -> datetime | None:
    return None if since is None else EPOCH + timedelta(0, since)


def standing(home: Home, entry: Entry, book: StatusBook) -> Standing:
    """How a contract of a believed creator stands at the instant of *book*."""
    terms = entry.contract.terms
    newest = _newest_by(terms, list_key(terms), book)
    list_state = _list_state(terms, newest, book.at)
    return Standing(_state(home, entry, book), list_state, newest, is_replaced(terms, book))


def _state(home: Home, entry: Entry, book: StatusBook) -> State:
    terms, at = entry.contract.terms, book.at
    said = _said(terms, book)
    if said is State.AUTHENTIC and _went_back(home, terms, at):
        said = State.STATUS_UNKNOWN
    if said is not State.REVOKED and entry.kept is None and is_replaced(terms, book):
        said = State.STATUS_UNKNOWN
    if said is State.REVOKED:
        return said
    if at >= terms.expires:  # an expired contract needs no publishing
        return State.EXPIRED
    if entry.revoked_at is not None:
        return State.NEEDS_PUBLISHING
    if at < terms.starts and said is not State.STATUS_UNKNOWN:
        return State.NOT_YET_VALID
    return said


def _went_back(home: Home, terms: Terms, at: datetime) -> bool:
    """Whether lists of the contract were relied on that are dated later than the clock."""
    reference = terms.status
    if reference is None:
        return False
    return home.lists.seen_later(reference.uri, speakers(terms), at) is not None


def is_replaced(terms: Terms, book: StatusBook) -> bool:
    """Whether the newest list is by the recovery key, which confirms nothing (spec §7.3).

    A verifier that still has the list key's last list accepts that until it expires. A verifier
    that fetches the list now gets no confirmation, so the creator must not count on one.
    """
    recovery = terms.creator.recovery
    if recovery is None or recovery == list_key(terms):
        return False
    newest, replaced = (_newest_by(terms, key, book) for key in (list_key(terms), recovery))
    return replaced is not None and (newest is None or replaced.issued >= newest.issued)


def _said(terms: Terms, book: StatusBook) -> State:
    """What the lists say of a contract."""
    try:
        book.decide(terms)
    except RevokedError:
        return State.REVOKED
    except SuspendedError:
        return State.SUSPENDED
    except StatusUnknownError:
        return State.NEEDS_LIST
    return State.AUTHENTIC


def _newest_by(terms: Terms, key: bytes, book: StatusBook) -> ListTerms | None:
    page = None if terms.status is None else book.page(terms.status.uri, key)
    return page.newest[0].terms if page is not None and page.newest else None


def _list_state(terms: Terms, newest: ListTerms | None, at: datetime) -> ListState:
    if terms.status is None:
        return ListState.NOT_NEEDED
    if newest is None:
        return ListState.NONE
    if at >= newest.expires:
        return ListState.EXPIRED
    if newest.issued < terms.issued or terms.status.idx >= newest.size:
        return ListState.TOO_OLD
    return ListState.CURRENT


# --- keeping copies ---


class Copy(NamedTuple):
    """A contract to keep.

    Attributes:
        file: Where it was read.
        contract: What it says, its signature good.
        verdict: Whether it is authentic now.
        evidence: Object ids of the lists that apply to it; empty unless its creator is
            believed.
    """

    file: Path
    contract: SignedContract
    verdict: Verdict
    evidence: tuple[bytes, ...]


class Outcome(NamedTuple):
    """What keeping a copy changed.

    Attributes:
        is_new: Whether the contract was not kept before.
        lists_added: How many lists were added to its evidence.
    """

    is_new: bool
    lists_added: int


def keep(home: Home, copies: Sequence[Copy], at: datetime) -> list[Outcome]:
    """Keep all copies with the lists that apply to them, or keep nothing.

    A contract that was kept before keeps its bytes. A new result replaces the old one only if
    it passed more steps (spec §5), rests on a later list, or is ``revoked``.
    """
    with home.writing() as db:
        return [_keep(db, copy, at) for copy in copies]


def _keep(db: sqlite3.Connection, copy: Copy, at: datetime) -> Outcome:
    contract_id = copy.contract.contract_id
    before = db.execute(
        "SELECT result, as_of FROM kept WHERE contract_id = ?", (contract_id,)
    ).fetchone()
    result, as_of = copy.verdict.result, _said_as_of(copy.verdict)
    if before is None:
        values = (
            contract_id,
            copy.contract.data,
            os.fsencode(copy.file),
            seconds(at),
            result,
            as_of,
        )
        db.execute("INSERT INTO kept VALUES (?, ?, ?, ?, ?, ?)", values)
    elif _rank(result, as_of) > _rank(*before):
        sql = "UPDATE kept SET result = ?, as_of = ? WHERE contract_id = ?"
        db.execute(sql, (result, as_of, contract_id))
    added = 0
    for object_id in copy.evidence:
        pair = (contract_id, object_id)
        added += db.execute("INSERT OR IGNORE INTO evidence VALUES (?, ?)", pair).rowcount
    return Outcome(before is None, added)


def _said_as_of(verdict: Verdict) -> int | None:
    """Return the issue time of the list that decided, for or against."""
    match verdict.error:
        case RevokedError(since=as_of) | SuspendedError(as_of=as_of):
            return seconds(as_of)
    return None if verdict.as_of is None else seconds(verdict.as_of)


def _rank(result: str, as_of: int | None) -> tuple[bool, int, int]:
    """Rank a result: ``revoked`` is final, and a yes ranks above every failed step."""
    return result == RevokedError.code, _STEPS.get(result, 99), as_of or 0


def _steps(base: type[RefusedError]) -> dict[str, int]:
    own: dict[str, int] = (
        {base.code: base.step} if "code" in vars(base) and hasattr(base, "step") else {}
    )
    for leaf in base.__subclasses__():
        own |= _steps(leaf)
    return own


_STEPS: Final = _steps(RefusedError)
