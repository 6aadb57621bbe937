"""What was verified is made by verifying only: not by hand, not by a copy, not by a pickle."""

import copy
import gc
import json
import pickle
import tracemalloc
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from consentsig import (
    NOT_ASKED,
    BadSignatureError,
    Digest,
    KeySet,
    MalformedError,
    PrivateKey,
    PublicKey,
    Question,
    ResultCode,
    SignedContract,
    StatusBook,
    StatusList,
    Use,
    Verdict,
    VerifiedContract,
    judge_contract,
    parse_contract,
    sign_contract,
    verify_contract,
    verify_signature,
    verify_status_list,
)
from strategies import (
    ANA,
    ASKED,
    DAY,
    LIST_URI,
    RECOVERY,
    STRANGER,
    contract,
    question,
    revocable,
    status_list,
    terms,
)

LISTED = sign_contract(revocable(), ANA)


def signed() -> SignedContract:
    return verify_signature(LISTED)


def verified() -> VerifiedContract:
    return verify_contract(LISTED, **question(status=[status_list()]))


MADE: dict[str, Callable[[], Any]] = {
    "a list": status_list,
    "a signed contract": signed,
    "a verified contract": verified,
}


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_it_is_not_made_by_hand_and_does_not_change(make: Callable[[], Any]) -> None:
    value = make()
    with pytest.raises(TypeError, match="never by hand"):
        type(value)(*(getattr(value, name) for name in value.__slots__))
    for name in value.__slots__:
        with pytest.raises(AttributeError, match="does not change"):
            setattr(value, name, None)
        with pytest.raises(AttributeError, match="does not change"):
            delattr(value, name)
    assert not hasattr(value, "_replace")
    with pytest.raises(TypeError):
        replace(value, **{value.__slots__[0]: None})
    assert copy.copy(value) is copy.deepcopy(value) is value


def test_a_list_pickles_as_its_file_and_is_verified_again() -> None:
    known = status_list(statuses=bytes(1 << 20))
    data = pickle.dumps(known)
    assert len(data) < len(known.data) + 200 < 3000
    assert pickle.loads(data) == known  # noqa: S301  # our own
    forged = data.replace(known.data, known.data[:-1] + bytes([known.data[-1] ^ 1]))
    with pytest.raises(BadSignatureError):
        pickle.loads(forged)  # noqa: S301  # as above


def test_a_signed_contract_pickles_as_its_file() -> None:
    data = pickle.dumps(signed())
    assert pickle.loads(data).terms == revocable()  # noqa: S301  # our own
    with pytest.raises((BadSignatureError, MalformedError)):
        pickle.loads(data.replace(b"Ana Liu", b"Eve Liu"))  # noqa: S301  # as above


@pytest.mark.parametrize("asked", [{}, {"work": NOT_ASKED}, {"max_status_age": 9 * DAY}])
def test_a_verified_contract_is_verified_again_when_it_is_loaded(asked: dict[str, Any]) -> None:
    keys = KeySet([ANA.public, *(PrivateKey.generate().public for _ in range(100))])
    before = verify_contract(LISTED, **question(status=[status_list()], keys=keys, **asked))
    data = pickle.dumps(before)
    assert len(data) < 3000  # one key of all, one list
    after = pickle.loads(data)  # noqa: S301  # our own
    assert (after.result, after.as_of, after.terms) == (before.result, before.as_of, before.terms)
    assert after.status_list == before.status_list
    verdict = Question(**question(status=[status_list()])).judge(LISTED)
    assert pickle.loads(pickle.dumps(verdict)).permitted  # noqa: S301  # as above


def test_a_question_and_its_book_pickle_for_other_processes() -> None:
    asked = Question(**question(status=[status_list(), status_list(RECOVERY)]))
    for again in (pickle.loads(pickle.dumps(asked)), copy.copy(asked), copy.deepcopy(asked)):  # noqa: S301  # our own
        assert again.judge(LISTED).permitted
        assert again.book.page(LIST_URI, RECOVERY.public.thumbprint) is not None
    assert again.book.at == asked.at
    parsed = parse_contract(LISTED)
    assert pickle.loads(pickle.dumps(parsed)) == copy.copy(parsed) == parsed  # noqa: S301  # as above


def test_a_book_does_not_change() -> None:
    book = StatusBook([status_list()], at=ASKED)
    for name in ("at", "max_age"):
        with pytest.raises(AttributeError):
            setattr(book, name, None)
    nothing: Any = None
    with pytest.raises(TypeError, match="expected a datetime"):
        StatusBook(at=nothing)


def test_nothing_like_a_list_is_evidence() -> None:
    class Subclass(StatusList):
        __slots__ = ()

    with pytest.raises(ValueError, match="expected StatusList"):
        StatusBook([object.__new__(Subclass)], at=ASKED)


def test_a_revoked_list_cannot_be_turned_into_another() -> None:
    revoking = status_list(statuses=b"\xff" * 8)
    with pytest.raises(FrozenInstanceError):
        revoking.terms.statuses = bytes(8)  # type: ignore[misc]
    assert judge_contract(LISTED, **question(status=[revoking])).result == "revoked"


# --- yes and no ---


def test_a_verdict_is_no_truth_value() -> None:
    for verdict in (judge_contract(LISTED, **question()), judge_contract(contract(), **question())):
        with pytest.raises(TypeError, match=r"ask \.permitted"):
            bool(verdict)
        with pytest.raises(TypeError, match=r"ask \.permitted"):
            assert verdict
    with pytest.raises(TypeError, match=r"ask \.permitted"):
        bool(verified())


def test_only_a_whole_question_that_holds_is_permitted() -> None:
    assert judge_contract(contract(), **question()).permitted
    assert not judge_contract(contract(), **question(work=NOT_ASKED)).permitted
    assert not judge_contract(LISTED, **question()).permitted
    error = judge_contract(LISTED, **question()).error
    with pytest.raises(ValueError, match="one of the two"):
        Verdict(None, None, None, None, ())
    with pytest.raises(ValueError, match="one of the two"):
        Verdict(verified(), error, None, None, ())


def test_a_refused_row_keeps_no_list_alive() -> None:
    rows = [
        judge_contract(LISTED, **question(status=[status_list(statuses=b"\xff" * (1 << 20))]))
        for _ in range(3)
    ]
    gc.collect()
    assert {row.result for row in rows} == {"revoked"}
    for row in rows:
        assert row.error is not None
        assert row.error.__traceback__ is None
        assert row.error.__context__ is None
        assert row.error.__cause__ is None
    assert not [one for one in gc.get_objects() if isinstance(one, bytes) and len(one) == 1 << 20]


def test_a_row_is_ready_for_json() -> None:
    held = judge_contract(LISTED, **question(status=[status_list()]))
    row = held.to_dict()
    assert json.loads(json.dumps(row)) == row
    assert row["permitted"] is True
    assert row["status_list"] == status_list().object_id.hex()
    assert row["creator"]["thumbprint"] == ANA.public.thumbprint.hex()  # type: ignore[index]
    refused = judge_contract(LISTED, **question()).to_dict()
    assert refused.keys() == row.keys()
    assert (refused["result"], refused["permitted"]) == ("status-unknown", False)
    assert judge_contract(b"", **question()).to_dict()["creator"] is None


def test_the_result_codes_are_strings() -> None:
    assert ResultCode("revoked") is ResultCode.REVOKED
    assert f"{ResultCode.REVOKED}" == str(ResultCode.REVOKED) == "revoked"
    assert json.dumps(ResultCode.WRONG_WORK) == '"wrong-work"'


# --- one signature, many questions ---


def test_five_questions_of_one_contract_cost_one_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[bytes] = []
    verify = PublicKey.verify

    def count(key: PublicKey, signature: bytes, message: bytes) -> None:
        checked.append(signature)
        verify(key, signature, message)

    lists = [status_list()]
    monkeypatch.setattr(PublicKey, "verify", count)
    asked = Question(**question(status=lists))
    one = verify_signature(LISTED)
    answers = [replace(asked, use=use).judge(one) for use in list(Use)[:5]]
    assert len(checked) == 1
    assert [row.permitted for row in answers].count(True) == len(revocable().uses)


def test_one_book_answers_all_questions_of_its_instant_and_no_other() -> None:
    book = StatusBook([status_list()], at=ASKED)
    asked = Question(**question(status=book))
    assert asked.judge(LISTED).permitted
    assert replace(asked, territory="ES").book is book
    with pytest.raises(ValueError, match="the status book is for"):
        replace(asked, at=ASKED + timedelta(seconds=1))
    with pytest.raises(ValueError, match="the status book is for"):
        replace(asked, max_status_age=DAY)


def test_a_question_takes_a_contract_or_its_bytes_and_nothing_else() -> None:
    asked = Question(**question(status=[status_list()]))
    assert asked.verify(LISTED).terms == asked.verify(signed()).terms
    for other in (bytearray(LISTED), revocable(), None):
        with pytest.raises(TypeError, match=r"expected bytes|bytes object expected"):  # compiled
            asked.verify(other)  # type: ignore[arg-type]


def test_no_representation_prints_a_list() -> None:
    known = status_list(statuses=bytes(1 << 20))
    for value in (known, known.terms, [known], StatusBook([known], at=ASKED), verified(), signed()):
        assert len(repr(value)) < 600
    assert LIST_URI in repr(known)


# --- keys and works ---


def test_the_public_half_of_a_key_cannot_be_assigned() -> None:
    key = PrivateKey.generate()
    with pytest.raises(AttributeError):
        key.public = STRANGER.public  # type: ignore[misc]


def test_whatever_signs_may_sign() -> None:
    class Token:
        """As a key that never leaves its device."""

        public = ANA.public

        @staticmethod
        def sign(message: bytes) -> bytes:
            return ANA.sign(message)

    assert sign_contract(terms(), Token()) == contract()
    with pytest.raises(ValueError, match="signing with"):
        sign_contract(terms(creator=terms().creator._replace(key=STRANGER.public)), Token())


def test_a_file_is_measured_as_its_bytes_are(tmp_path: Path) -> None:
    path = tmp_path / "work"
    for data in (b"", b"two red boats\n", bytes(3_000_000)):
        path.write_bytes(data)
        assert Digest.of_file(path) == Digest.of_file(str(path)) == Digest.of(data)
        assert Digest.of_chunks([data[:5], data[5:]]) == Digest.of(data)


def test_of_further_digests_those_asked_for_are_measured(tmp_path: Path) -> None:
    (tmp_path / "work").write_bytes(b"two red boats\n")
    whole = Digest.of(b"two red boats\n")
    for further in ((), ("sha384",), {"sha512"}, ["sha512", "sha384"]):
        expected = Digest(
            whole.sha256,
            whole.size,
            whole.sha384 if "sha384" in further else None,
            whole.sha512 if "sha512" in further else None,
        )
        assert Digest.of_file(tmp_path / "work", further=further) == expected
        assert Digest.of(b"two red boats\n", further=further) == expected
    for wrong in ("sha512", ["sha256"], ["md5"]):
        with pytest.raises(ValueError, match="there is no further digest"):
            Digest.of(b"", further=wrong)


def test_a_large_file_is_measured_in_little_memory(tmp_path: Path) -> None:
    with (tmp_path / "work").open("wb") as file:
        file.truncate(32 << 20)
    Digest.of_file(tmp_path / "work", further=())
    tracemalloc.start()
    found = Digest.of_file(tmp_path / "work", further=())
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.size == 32 << 20
    assert most < 1 << 20


def test_a_list_verified_again_is_equal() -> None:
    known = status_list()
    assert verify_status_list(known.data) == known
    assert hash(verify_status_list(known.data)) == hash(known)
    assert known != status_list(issued=ASKED)
