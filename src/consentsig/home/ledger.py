"""What was granted and what was kept, as this home remembers it, and how each stands.

How a contract stands here is for looking at: it asks about no work, grantee or use. Only
:mod:`consentsig.verify` says whether one permits anything.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from consentsig.contract import parse_contract
from consentsig.errors import RefusedError, RevokedError, StatusUnknownError, SuspendedError
from consentsig.home.database import HomeError
from consentsig.status_book import list_key, speakers
from consentsig.terms import EPOCH, seconds

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from consentsig.contract import UnverifiedContract
    from consentsig.home.home import Home
    from consentsig.status import ListTerms
    from consentsig.status_book import StatusBook
    from consentsig.terms import Terms
    from consentsig.verify import SignedContract, Verdict


class State(Enum):
    """How a contract stands, by what is known here; the value is its name for programs."""

    HOLDS = "holds"
    NOT_BEGUN = "not-begun"
    ENDED = "ended"
    TAKEN_BACK = "taken-back"
    NOT_PUBLISHED = "not-published"
    NEEDS_LIST = "needs-list"
    STATUS_UNKNOWN = "status-unknown"
    SUSPENDED = "suspended"
    UNKNOWN_CREATOR = "unknown-creator"


class ListState(Enum):
    """Whether the list that a contract depends on is up to date."""

    NOT_NEEDED = "not-needed"
    NONE = "none"
    TOO_OLD = "too-old"
    ENDED = "ended"
    CURRENT = "current"


class Kept(NamedTuple):
    """What was found when a copy was kept.

    Attributes:
        since: When it was kept first.
        result: A code of spec §6, of the question that asks for nothing but authenticity.
        as_of: Issue time of the list that said so.
        evidence: Object ids of the lists that spoke for it.
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
        file: Where it was written or read; it may have moved since.
        revoked: When it was taken back here, published or not.
        reason: Why.
        kept: What was found when it was kept; None for one that was granted.
    """

    contract: UnverifiedContract
    contract_id: bytes
    data: bytes
    file: Path | None
    revoked: datetime | None = None
    reason: str | None = None
    kept: Kept | None = None


class Standing(NamedTuple):
    """How a contract stands at an instant.

    Attributes:
        state: In one word.
        list_state: Whether its list is up to date.
        newest: The newest list by its list key.
    """

    state: State
    list_state: ListState
    newest: ListTerms | None = None


def granted(home: Home) -> list[Entry]:
    """The contracts made here, or by a key that lives here, newest first."""
    rows = home.rows(
        "SELECT contract_id, data, file, revoked, reason FROM contracts"
        " WHERE made IS NOT NULL OR creator IN (SELECT thumbprint FROM keys)"
    )
    return _newest_first(
        Entry(_parsed(home, data), contract_id, data, _path(file), _instant(revoked), reason)
        for contract_id, data, file, revoked, reason in rows
    )


def received(home: Home) -> list[Entry]:
    """The contracts that were kept, newest first."""
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
    return Standing(_state(home, entry, book), list_state, newest)


def _state(home: Home, entry: Entry, book: StatusBook) -> State:
    terms, at = entry.contract.terms, book.at
    said = _said(terms, book)
    if said is State.HOLDS and _went_back(home, terms, at):
        said = State.STATUS_UNKNOWN
    if said is not State.TAKEN_BACK and entry.kept is None and _is_replaced(terms, book):
        said = State.STATUS_UNKNOWN
    if said is State.TAKEN_BACK:
        return said
    if at >= terms.expires:  # then nothing needs to be published any more
        return State.ENDED
    if entry.revoked is not None:
        return State.NOT_PUBLISHED
    if at < terms.starts and said is not State.STATUS_UNKNOWN:
        return State.NOT_BEGUN
    return said


def _went_back(home: Home, terms: Terms, at: datetime) -> bool:
    """Whether lists of the contract were relied on that are dated later than the clock."""
    reference = terms.status
    if reference is None:
        return False
    return home.lists.seen_later(reference.uri, speakers(terms), at) is not None


def _is_replaced(terms: Terms, book: StatusBook) -> bool:
    """Whether the newest list is by the recovery key, which confirms nothing (spec §7.3).

    Whoever still has the last list of the list key may rely on that until it ends, and so may
    a grantee; but its creator can count on none who asks anew.
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
        return State.TAKEN_BACK
    except SuspendedError:
        return State.SUSPENDED
    except StatusUnknownError:
        return State.NEEDS_LIST
    return State.HOLDS


def _newest_by(terms: Terms, key: bytes, book: StatusBook) -> ListTerms | None:
    page = None if terms.status is None else book.page(terms.status.uri, key)
    return page.newest[0].terms if page is not None and page.newest else None


def _list_state(terms: Terms, newest: ListTerms | None, at: datetime) -> ListState:
    if terms.status is None:
        return ListState.NOT_NEEDED
    if newest is None:
        return ListState.NONE
    if at >= newest.expires:
        return ListState.ENDED
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
        evidence: Object ids of the lists that may speak for it; none unless its creator is
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
        lists_added: How many lists speak for it that were not kept with it before.
    """

    is_new: bool
    lists_added: int


def keep(home: Home, copies: Sequence[Copy], at: datetime) -> list[Outcome]:
    """Keep copies with the lists that speak for them: all of it, or nothing.

    A copy kept before keeps its bytes. Its result gives way only to one that goes further
    (spec §5), rests on a later list, or says that the contract was taken back.
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
    """Issue time of the list that decided, for or against."""
    match verdict.error:
        case RevokedError(since=as_of) | SuspendedError(as_of=as_of):
            return seconds(as_of)
    return None if verdict.as_of is None else seconds(verdict.as_of)


def _rank(result: str, as_of: int | None) -> tuple[bool, int, int]:
    """How far a result goes: taken back is for ever, and any yes goes beyond every step."""
    return result == RevokedError.code, _STEPS.get(result, 99), as_of or 0


def _steps(base: type[RefusedError]) -> dict[str, int]:
    own: dict[str, int] = (
        {base.code: base.step} if "code" in vars(base) and hasattr(base, "step") else {}
    )
    for leaf in base.__subclasses__():
        own |= _steps(leaf)
    return own


_STEPS: Final = _steps(RefusedError)
