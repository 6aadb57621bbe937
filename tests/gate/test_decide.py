"""The gate's SQL and the core give one answer, for any contracts, lists and questions."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from consentsig import (
    NOT_ASKED,
    Digest,
    Question,
    ResultCode,
    SignedContract,
    StatusBook,
    StatusList,
    sign_contract,
    verify_signature,
)
from consentsig.gate import Decider, GateError, build_ledger
from consentsig.gate.decide import NO_CONTRACT, NO_HASH, OUTCOMES, RANKS
from consentsig.gate.engine import connected
from strategies import (
    ANA,
    ASKED,
    ENDS,
    WORK,
    WORLD_WORKS,
    question,
    revocable,
    status_list,
    terms,
    world_lists,
    world_questions,
    world_terms,
)

WORLDS = int(os.environ.get("CONSENTSIG_GATE_WORLDS", "40"))  # each has some 300 pairs
ROWS = [
    *((work, size) for work in WORLD_WORKS for size in (None, 1, 2, 3)),
    *((WORLD_WORKS[0], 1), (b"?" * 32, 1), (None, None), (None, 1)),
]


@contextmanager
def asked(
    contracts: list[bytes],
    *questions: dict[str, Any],
    **more: Any,  # noqa: ANN401  # the Decider's own
) -> Iterator[Iterator[Decider]]:
    """Ask each of *questions* of one ledger."""
    with TemporaryDirectory() as folder:
        work = Path(folder)
        sources = [(str(n), data, "") for n, data in enumerate(contracts)]
        ledger = build_ledger([sources], work / "ledger")

        def deciders() -> Iterator[Decider]:
            for at in questions:
                with connected(work) as db:
                    yield Decider(db, ledger, Question(**{**at, "work": NOT_ASKED}), **more)

        yield deciders()


@contextmanager
def asked_one(data: list[bytes], at: dict[str, Any], **more: Any) -> Iterator[Decider]:  # noqa: ANN401  # as above
    with asked(data, at, **more) as deciders:
        yield next(deciders)


def rank_of(signed: SignedContract, at: Question, read: frozenset[bytes]) -> int:
    verdict = at.judge(signed)
    if verdict.permitted and signed.terms.purpose is not None and signed.contract_id not in read:
        return RANKS["purpose-not-read"]
    return RANKS[verdict.result]


def judged(
    row: tuple[bytes | None, int | None],
    signed: list[SignedContract],
    at: dict[str, Any],
    read: frozenset[bytes],
) -> Iterator[tuple[int, bytes | None]]:
    """What the core says of *row* by each contract of its work."""
    sha256, size = row
    if sha256 is None:
        yield NO_HASH, None
        return
    about = Question(**at | {"work": Digest(sha256, size)})
    of_work = [each for each in signed if each.terms.work.sha256 == sha256]
    yield from ((rank_of(each, about, read), each.contract_id) for each in of_work)
    if not of_work:
        yield NO_CONTRACT, None


def test_the_gate_and_the_core_agree_on_every_row() -> None:
    seen: Counter[int] = Counter()

    @settings(max_examples=WORLDS, phases=[Phase.generate])  # a world is too large to shrink
    @given(st.data())
    def in_a_world(data: st.DataObject) -> None:
        drawn = data.draw(st.lists(world_terms(), min_size=12, max_size=24))
        signed = [verify_signature(sign_contract(terms, key)) for key, terms in drawn]
        questions = [a_question(data, data.draw(world_lists())) for _ in range(4)]
        with_purpose = [each.contract_id for each in signed if each.terms.purpose]
        read = frozenset(with_purpose[::2])
        files = [each.data for each in signed]
        with asked(files, *questions, purposes_read=read) as deciders:
            for decider, at in zip(deciders, questions, strict=True):
                seen.update(compared(decider, signed, at, read))

    in_a_world()
    assert seen.total() > 10_000 * WORLDS / 40
    if WORLDS >= 40:
        rare = RANKS["status-disputed"]  # it has a test of its own
        assert seen.keys() | {rare} == set(range(len(OUTCOMES))), seen


def a_question(data: st.DataObject, lists: list[StatusList]) -> dict[str, Any]:
    at = data.draw(world_questions())
    instants = st.sampled_from([timedelta(0), timedelta(0), timedelta(days=30)])
    past = data.draw(st.sampled_from([True, True, False]))
    seen = {each.object_id: at["at"] + data.draw(instants) for each in lists} if past else None
    return at | {"status": StatusBook(lists, at=at["at"], max_age=at["max_status_age"], seen=seen)}


def compared(
    decider: Decider, signed: list[SignedContract], at: dict[str, Any], read: frozenset[bytes]
) -> Iterator[int]:
    """The rank of each pair of a row and a contract of its work, once the gate says the same."""
    answers, alone = list(decider.decide(ROWS)), dict(decider.ranks())
    for row, answer in zip(ROWS, answers, strict=True):
        sha256, size = row
        pairs = list(judged(row, signed, at, read))
        assert (answer.rank, answer.contract_id) == min(pairs)
        if answer.permitted:
            held = next(each for each in signed if each.contract_id == answer.contract_id)
            assert sha256 is not None
            verdict = Question(**at | {"work": Digest(sha256, size)}).judge(held)
            assert answer.as_of == (verdict.as_of and int(verdict.as_of.timestamp()))
            assert answer.creator == held.terms.creator.key.thumbprint
            assert answer.expires == int(held.terms.expires.timestamp())
        yield from (rank for rank, _ in pairs)
    for each in signed:
        about = Question(**at | {"work": Digest(each.terms.work.sha256)})
        assert alone[each.contract_id] == rank_of(each, about, read)


SIGNED = sign_contract(terms(), ANA)


@pytest.mark.parametrize(
    "work", [b"", b"?" * 31, b"?" * 33, hashlib.sha256(WORK).hexdigest().encode()]
)
def test_what_is_no_hash_is_refused_as_a_question(work: bytes) -> None:
    with asked_one([SIGNED], question()) as decider, pytest.raises(ValueError, match="32 bytes"):
        list(decider.decide([(work, None)]))


@pytest.mark.parametrize("part", ["grantee", "use", "territory"])
def test_a_question_with_a_part_not_asked_is_none_for_a_gate(part: str) -> None:
    refused = pytest.raises(ValueError, match="expected the work alone")
    with asked([SIGNED], question(**{part: NOT_ASKED})) as deciders, refused:
        next(deciders)


def test_a_purpose_is_read_of_a_contract_in_the_ledger_alone() -> None:
    refused = pytest.raises(GateError, match=f"has no contract {bytes(32).hex()}")
    with asked([SIGNED], question(), purposes_read=[bytes(32)]) as deciders, refused:
        next(deciders)


def test_a_clock_that_went_back_permits_nothing_that_can_be_revoked() -> None:
    listed = sign_contract(revocable(), ANA)
    at = question(status=[status_list()])
    row = (hashlib.sha256(WORK).digest(), len(WORK))
    with asked_one([listed], at) as decider:
        assert next(decider.decide([row])).permitted
    with asked_one([listed], at, is_rolled_back=lambda *_: True) as decider:
        assert OUTCOMES[next(decider.decide([row])).rank].result == "status-unknown"
    with asked_one([SIGNED], at, is_rolled_back=lambda *_: True) as decider:
        assert next(decider.decide([row])).permitted


def test_lists_that_contradict_each_other_for_the_past_are_a_no_as_in_the_core() -> None:
    listed = verify_signature(sign_contract(revocable(), ANA))
    yes, no = status_list(), status_list(issued=ASKED, statuses=b"\xff" * 8)
    shown = StatusBook([yes, no], at=ASKED, seen={yes.object_id: ASKED, no.object_id: ENDS})
    at = question(status=shown)
    row = (hashlib.sha256(WORK).digest(), None)
    with asked_one([listed.data], at) as decider:
        answer = next(decider.decide([row]))
        assert decider.lists >= {yes.object_id}
    verdict = Question(**at).judge(listed)
    assert OUTCOMES[answer.rank].result == verdict.result == "status-disputed"
    assert verdict.as_of is not None
    assert answer.as_of == int(verdict.as_of.timestamp())


def test_a_territory_matches_no_letters_across_two_codes() -> None:
    row = (hashlib.sha256(WORK).digest(), None)
    both = sign_contract(terms(territory=("ES", "PT")), ANA)
    with asked_one([both], question(territory="SP")) as decider:
        assert OUTCOMES[next(decider.decide([row])).rank].result == "wrong-territory"


def test_every_code_of_the_specification_that_a_step_gives_has_a_rank() -> None:
    reserved = {"key-revoked", "disputed", "not-accepted", "no-timestamp", "no-receipt"}
    before = {"malformed", "unsupported", "bad-signature", "incomplete", "authentic"}
    own = {"purpose-not-read", "no-contract", "no-hash"}
    assert RANKS.keys() - own == {str(code) for code in ResultCode} - reserved - before
