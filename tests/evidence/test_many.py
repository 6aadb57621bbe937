"""Many contracts, each asked about its own work."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import pytest

from consentsig import NOT_ASKED, Digest, Grantee, KeySet, NotAsked, Use, Work, sign_contract
from consentsig.evidence import (
    FetchError,
    FetchPolicy,
    MemoryStore,
    NotRememberedError,
    StoreError,
    Verifier,
    many,
    verify_many,
)
from consentsig.evidence.refresh import Found
from strategies import ANA, ASKED, WORK, revocable, status_list, terms

QUESTION: dict[str, Any] = {
    "grantee": Grantee(uri="https://acme.example/"),
    "use": Use.PRETRAIN,
    "territory": "PT",
}


class Counting(Verifier):
    """Counts what is fetched, in vain."""

    def __init__(self, store: MemoryStore | None = None) -> None:
        super().__init__(
            KeySet([ANA.public]), store or MemoryStore(), fetch=FetchPolicy(), clock=lambda: ASKED
        )
        self.asked: list[str] = []

    def fetch(self, uris: Iterable[str], now: datetime | None = None) -> dict[str, Found]:
        del now
        self.asked += (uris := list(uris))
        return {uri: FetchError(uri, "no answer") for uri in uris}


def contract(n: int) -> bytes:
    these = terms()
    return sign_contract(these._replace(work=Work(Digest.of(b"%d" % n).sha256)), ANA)


def digits(work: Work) -> Digest | NotAsked:
    """Measure the works that are at hand: the digits."""
    known = {digest.sha256: digest for digest in map(Digest.of, (b"%d" % n for n in range(10)))}
    return known.get(work.sha256, NOT_ASKED)


def test_each_is_asked_about_its_own_work_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "_AT_ONCE", 3)
    files = [*map(contract, range(12)), b"", contract(3)]
    rows = list(verify_many(files, Counting(), works=digits, **QUESTION))
    results = [str(row.verdict.result) for row in rows]
    assert results == ["valid"] * 10 + ["authentic"] * 2 + ["malformed", "valid"]
    assert [row.verdict.permitted for row in rows[9:]] == [True, False, False, False, True]


def test_contracts_are_read_as_far_as_answers_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "_AT_ONCE", 2)
    read = []

    def files() -> Iterator[bytes]:
        for n in range(10):
            read.append(n)
            yield contract(n)

    rows = verify_many(files(), Counting(), works=digits, **QUESTION)
    assert next(rows).verdict.permitted
    assert read == [0, 1]


def test_an_address_that_does_not_answer_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "_AT_ONCE", 2)
    verifier = Counting()
    files = [sign_contract(revocable(), ANA)] * 7
    rows = list(verify_many(files, verifier, works=lambda _: Digest.of(WORK), **QUESTION))
    assert [row.verdict.result for row in rows] == ["status-unknown"] * 7
    assert len(verifier.asked) == 1
    assert all(isinstance(row.found, FetchError) for row in rows)


def test_nor_by_a_later_call_that_is_told() -> None:
    verifier, unreachable = Counting(), dict[str, FetchError]()
    for _ in range(2):
        (row,) = verify_many(
            *([sign_contract(revocable(), ANA)], verifier),
            works=lambda _: Digest.of(WORK),
            unreachable=unreachable,
            **QUESTION,
        )
        assert isinstance(row.found, FetchError)
    assert verifier.asked == list(unreachable)


def test_a_store_that_fails_is_told_after_all_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(MemoryStore):
        def add(self, lists: Iterable[object], at: datetime) -> None:
            del lists, at
            raise StoreError("disk full")

    monkeypatch.setattr(many, "_AT_ONCE", 2)
    files = [sign_contract(revocable(), ANA)] * 5
    rows = verify_many(
        *(files, Counting(Full())),
        works=lambda _: Digest.of(WORK),
        lists=[status_list()],
        **QUESTION,
    )
    assert [next(rows).verdict.permitted for _ in files] == [True] * 5
    with pytest.raises(NotRememberedError, match="disk full"):
        next(rows)
