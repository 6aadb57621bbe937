import itertools
import pickle
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from consentsig import (
    NOT_ASKED,
    BadSignatureError,
    Creator,
    Digest,
    Erase,
    Erasure,
    ExpiredError,
    Grantee,
    KeySet,
    MalformedError,
    NotYetValidError,
    Payment,
    PaymentKind,
    RefusedError,
    Revocability,
    Revocation,
    RevokedError,
    StatusBook,
    StatusList,
    StatusUnknownError,
    SuspendedError,
    UnknownCreatorError,
    UnsupportedError,
    Use,
    UseNotGrantedError,
    VerificationError,
    Work,
    WrongGranteeError,
    WrongTerritoryError,
    WrongWorkError,
    check_terms,
    judge_contract,
    pack_statuses,
    parse_contract,
    parse_status_list,
    sign_contract,
    verify_contract,
)
from strategies import (
    ACME,
    ANA,
    ASKED,
    DAY,
    ENDS,
    LIST_URI,
    RECOVERY,
    SECOND,
    SIGNED,
    STRANGER,
    WORK,
    Value,
    contract,
    everything,
    question,
    revocable,
    status_list,
    terms,
)

DATA = contract()
LISTED = sign_contract(revocable(), ANA)
DIGEST = Digest.of(WORK)
BAD = DATA[:-1] + bytes([DATA[-1] ^ 1])


def refused(data: bytes, **changes: Value) -> RefusedError:  # as question()
    """Return what is raised for *data*; its class is exactly the leaf."""
    with pytest.raises(RefusedError) as caught:
        verify_contract(data, **question(**changes))
    assert len(str(caught.value).splitlines()) == 1
    return caught.value


def facts(error: RefusedError) -> tuple[type[RefusedError], str, int, dict[str, Any]]:
    own = {name: value for name, value in vars(error).items() if name != "step"}
    return type(error), error.code, error.step, own


def revoking(value: int = 1, **changes: Value) -> StatusList:  # a field of ListTerms
    return status_list(statuses=pack_statuses(64, {5: value}, 2), bits=2, **changes)


# --- a yes ---


def test_what_passes_every_step_is_valid_and_comes_with_its_terms() -> None:
    found = verify_contract(DATA, **question())
    assert found.result == "valid"
    assert found.terms == check_terms(terms())
    assert found.payload == parse_contract(DATA).sign1.payload
    assert found.contract_id == parse_contract(DATA).contract_id
    assert found.as_of is None
    assert found.not_asked == ()


def test_a_revocable_contract_comes_with_the_instant_of_its_list() -> None:
    known = status_list()
    found = verify_contract(LISTED, **question(status=[known]))
    assert (found.result, found.as_of) == ("valid", known.terms.issued)


GRANTEES = [
    Grantee(uri="https://acme.example/"),
    Grantee(key=ACME),
    Grantee("Anyone", "https://acme.example/", ACME),
    Grantee("", "https://acme.example/", bytes(32)),
    Grantee("", "https://other.example/", ACME),
]


@pytest.mark.parametrize("asked", GRANTEES, ids=["uri", "key", "both", "uri fits", "key fits"])
def test_a_grantee_matches_by_address_or_key(asked: Grantee) -> None:
    assert verify_contract(DATA, **question(grantee=asked)).result == "valid"


@pytest.mark.parametrize("size", [None, len(WORK)])
def test_what_was_not_measured_is_not_compared(size: int | None) -> None:
    data = contract(work=everything().work)
    for work in (Digest(DIGEST.sha256, size), Digest(DIGEST.sha256, size, DIGEST.sha384), DIGEST):
        assert verify_contract(data, **question(work=work)).result == "valid"
    assert verify_contract(contract(), **question(work=DIGEST)).result == "valid"


@pytest.mark.parametrize("territory", ["PT", "DE", "001", None])
def test_a_worldwide_contract_holds_everywhere(territory: str | None) -> None:
    data = contract(territory=("001",))
    assert verify_contract(data, **question(territory=territory)).result == "valid"


@pytest.mark.parametrize("at", [SIGNED, ENDS - SECOND, ENDS - timedelta(microseconds=1)])
def test_a_contract_holds_from_its_first_instant_to_its_last(at: datetime) -> None:
    assert verify_contract(DATA, **question(at=at)).result == "valid"


def test_an_instant_may_be_given_in_any_time_zone() -> None:
    lisbon = timezone(timedelta(hours=1))
    first = SIGNED.astimezone(lisbon)
    assert verify_contract(DATA, **question(at=first)).result == "valid"
    assert refused(DATA, at=first - SECOND).code == "not-yet-valid"


def test_a_key_believed_for_this_work_is_believed() -> None:
    keys = KeySet(works={ANA.public: [DIGEST.sha256]})
    assert verify_contract(DATA, **question(keys=keys)).result == "valid"


def test_digest_of_measures_everything() -> None:
    work = everything().work
    assert Digest.of(WORK) == Digest(work.sha256, work.size, work.sha384, work.sha512)


# --- each no, with its facts ---


def test_step_1_what_is_no_envelope_is_malformed() -> None:
    for data in (b"", b"\xd2", DATA[1:], DATA + b"\0", b"\xd2" + DATA):
        error = refused(data)
        assert (type(error), error.code, error.step) == (MalformedError, "malformed", 1)
    error = refused(b"\xd8\x62\x84" + DATA[2:])
    assert (type(error), error.code, error.step) == (UnsupportedError, "unsupported", 1)


def test_step_2_a_field_is_malformed_or_unsupported() -> None:
    error = refused(DATA.replace(b"\x07den-1", b"\x07den-2"))
    assert (type(error), error.code, error.step) == (UnsupportedError, "unsupported", 2)
    error = refused(DATA.replace(b"text/plain", b"TEXT/plain"))
    assert (type(error), error.code, error.step) == (MalformedError, "malformed", 2)


def test_step_3_a_signature_that_does_not_fit() -> None:
    assert facts(refused(BAD)) == (
        BadSignatureError,
        "bad-signature",
        3,
        {"thumbprint": ANA.public.thumbprint, "root": None},
    )


@pytest.mark.parametrize("keys", [[], [STRANGER.public], [RECOVERY.public.thumbprint]], ids=len)
def test_step_4_a_creator_who_is_not_believed(keys: Sequence[Any]) -> None:
    assert facts(refused(DATA, keys=KeySet(keys))) == (
        UnknownCreatorError,
        "unknown-creator",
        4,
        {"thumbprint": ANA.public.thumbprint, "name": "Ana Liu", "other_works": 0},
    )


def test_step_4_a_creator_believed_for_other_works() -> None:
    error = refused(DATA, keys=KeySet(works={ANA.public: [bytes(32), b"\1" * 32]}))
    assert isinstance(error, UnknownCreatorError)
    assert error.other_works == 2


OTHER = Digest.of(b"Harbour at dusk.")
EVERYTHING = sign_contract(everything()._replace(list_key=None), ANA)


@pytest.mark.parametrize("what", ["sha256", "size", "sha384", "sha512"])
def test_step_7_another_work(what: str) -> None:
    asked = replace(DIGEST, **{what: getattr(OTHER, what)})
    assert facts(refused(EVERYTHING, work=asked)) == (
        WrongWorkError,
        "wrong-work",
        7,
        {"what": what, "contract": getattr(DIGEST, what), "asked": getattr(OTHER, what)},
    )


@pytest.mark.parametrize(
    ("named", "asked"),
    [
        (("https://acme.example/", ACME), ("https://acme.example/a", None)),
        (("https://acme.example/", ACME), (None, bytes(32))),
        (("https://acme.example/", ACME), ("https://other.example/", bytes(32))),
        (("https://acme.example/", None), (None, ACME)),
        (("https://acme.example/", None), ("https://other.example/", None)),
        ((None, ACME), (None, bytes(32))),
        ((None, ACME), ("https://acme.example/", None)),
    ],
)
def test_step_8_another_grantee(
    named: tuple[str | None, bytes | None], asked: tuple[str | None, bytes | None]
) -> None:
    data = contract(grantee=Grantee("Acme Labs", *named))
    assert facts(refused(data, grantee=Grantee("Acme Labs", *asked))) == (
        WrongGranteeError,
        "wrong-grantee",
        8,
        {"contract": named, "asked": asked},
    )


@pytest.mark.parametrize("use", [use for use in Use if use not in terms().uses])
def test_step_9_another_use(use: Use) -> None:
    assert facts(refused(DATA, use=use)) == (
        UseNotGrantedError,
        "use-not-granted",
        9,
        {"granted": ("pretrain", "evaluate"), "asked": use.label},
    )


@pytest.mark.parametrize("territory", ["DE", "001", None])
def test_step_10_another_place(territory: str | None) -> None:
    assert facts(refused(DATA, territory=territory)) == (
        WrongTerritoryError,
        "wrong-territory",
        10,
        {"granted": ("ES", "PT"), "asked": territory},
    )


def test_step_11_before_the_start() -> None:
    for data, start in ((DATA, SIGNED), (contract(not_before=ASKED), ASKED)):
        assert facts(refused(data, at=start - SECOND)) == (
            NotYetValidError,
            "not-yet-valid",
            11,
            {"starts": start, "at": start - SECOND},
        )


def test_step_12_from_the_end_on() -> None:
    for at in (ENDS, ENDS + SECOND, datetime(9999, 12, 31, tzinfo=UTC)):
        assert facts(refused(DATA, at=at)) == (
            ExpiredError,
            "expired",
            12,
            {"expires": ENDS, "at": at},
        )


def test_step_13_the_status() -> None:
    place = {"uri": LIST_URI, "idx": 5}
    issued = ASKED - DAY
    assert facts(refused(LISTED, status=[revoking(1)])) == (
        RevokedError,
        "revoked",
        13,
        place | {"since": issued},
    )
    assert facts(refused(LISTED, status=[revoking(2)])) == (
        SuspendedError,
        "suspended",
        13,
        place | {"as_of": issued},
    )
    for lists in ([], [revoking(3)], [status_list(STRANGER)]):
        error = refused(LISTED, status=lists)
        assert (type(error), error.code, error.step) == (StatusUnknownError, "status-unknown", 13)
    known = status_list()
    assert refused(LISTED, status=[known], max_status_age=DAY - SECOND).code == "status-unknown"


def test_every_no_of_a_step_is_a_verification_error() -> None:
    assert isinstance(refused(BAD), VerificationError)
    assert not isinstance(refused(b""), VerificationError)


# --- the order of the steps: of two faults the earlier decides ---

FAULTS: dict[int, dict[str, Any]] = {
    4: {"keys": KeySet()},
    7: {"work": OTHER},
    8: {"grantee": Grantee(key=bytes(32))},
    9: {"use": Use.INDEX},
    10: {"territory": "DE"},
    11: {"at": SIGNED - SECOND},
    12: {"at": ENDS},
    13: {"status": ()},
}
PAIRS = [pair for pair in itertools.combinations([1, 3, *FAULTS], 2) if pair != (11, 12)]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_of_two_faults_the_earlier_step_decides(first: int, second: int) -> None:
    data = LISTED[:-1] + bytes([LISTED[-1] ^ 1]) if 3 in {first, second} else LISTED
    if first == 1:
        data += b"\0"
    asked = {"status": [status_list()], **FAULTS.get(second, {}), **FAULTS.get(first, {})}
    assert refused(data, **asked).step == first


def test_each_fault_alone_fails_at_its_step() -> None:
    for step, fault in FAULTS.items():
        assert refused(LISTED, **{"status": [status_list()], **fault}).step == step


def test_all_faults_together_fail_at_the_first_step_that_is_left() -> None:
    left = dict(FAULTS)
    left.pop(12)
    while left:
        asked = {"status": [status_list()]} | {
            k: v for one in left.values() for k, v in one.items()
        }
        error = refused(LISTED, **asked)
        assert error.step == min(left)
        left.pop(min(left))


# --- what was not asked ---

PARTS = ("work", "grantee", "use", "territory")
SOME = [parts for n in range(5) for parts in itertools.combinations(PARTS, n)]


@pytest.mark.parametrize("parts", SOME, ids="-".join)
def test_a_question_with_parts_not_asked_is_authentic_at_best(parts: tuple[str, ...]) -> None:
    asked = question(**dict.fromkeys(parts, NOT_ASKED))
    found = verify_contract(DATA, **asked)
    assert found.result == ("authentic" if parts else "valid")
    assert found.not_asked == parts
    verdict = judge_contract(DATA, **asked)
    assert (verdict.result, verdict.not_asked) == (found.result, parts)


@pytest.mark.parametrize("parts", SOME, ids="-".join)
def test_not_asking_skips_one_step_and_no_other(parts: tuple[str, ...]) -> None:
    skipped = {7 + PARTS.index(part) for part in parts}
    for step, fault in FAULTS.items():
        asked = {"status": [status_list()], **fault} | dict.fromkeys(parts, NOT_ASKED)
        verdict = judge_contract(LISTED, **question(**asked))
        assert verdict.step == (None if step in skipped else step)
        assert verdict.result != "valid"


def test_no_place_is_not_the_same_as_not_asked() -> None:
    assert refused(DATA, territory=None).code == "wrong-territory"
    assert verify_contract(DATA, **question(territory=NOT_ASKED)).result == "authentic"


# --- questions that cannot be asked ---


@pytest.mark.parametrize("ask", [verify_contract, judge_contract])
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"at": datetime(2026, 7, 1)}, "no time zone"),  # noqa: DTZ001  # what is refused  # what is refused
        ({"grantee": Grantee("Acme Labs")}, "no address and no key; a name never matches"),
        ({"grantee": Grantee()}, "no address and no key"),
        ({"grantee": Grantee(uri="https://acme.example")}, "cannot be the address of a grantee"),
        ({"grantee": Grantee(uri="https://Acme.example/")}, "cannot be the address of a grantee"),
        ({"grantee": Grantee(key=bytes(8))}, "the grantee's key is 8 bytes, expected 32"),
        ({"work": Digest(bytes(20))}, "sha256 is 20 bytes, expected 32"),
        ({"work": Digest(bytes(32), -1)}, "the size of the work is -1, expected 0 or more"),
        ({"work": Digest(bytes(32), sha384=b"")}, "sha384 is 0 bytes, expected 48"),
        ({"work": Digest(bytes(32), sha512=bytes(63))}, "sha512 is 63 bytes, expected 64"),
        ({"max_status_age": -DAY}, "the greatest age of a list is -1 day"),
        ({"status": StatusBook(at=ENDS)}, "the status book is for .*, asked about "),
        ({"territory": "pt"}, "'pt', expected two letters A-Z"),
        ({"territory": "PRT"}, "'PRT', expected two letters"),
        ({"territory": "150"}, "'150', expected two letters"),
        ({"territory": ""}, "'', expected two letters"),
        ({"territory": "ÉÀ"}, "expected two letters"),
    ],
)
@pytest.mark.parametrize("data", [DATA, b""], ids=["contract", "nothing"])
def test_a_question_that_is_not_well_formed_is_a_value_error(
    ask: Callable[..., object], data: bytes, changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        ask(data, **question(**changes))


# --- verdicts: the same as data ---

NO: dict[str, tuple[bytes, dict[str, Any]]] = {
    "malformed": (b"", {}),
    "unsupported": (DATA.replace(b"den-1", b"den-2"), {}),
    "signature": (BAD, {}),
    **{
        f"step {step}": (LISTED, {"status": [status_list()], **fault})
        for step, fault in FAULTS.items()
    },
    "revoked": (LISTED, {"status": [revoking(1)]}),
    "suspended": (LISTED, {"status": [revoking(2)]}),
    "not asked and refused": (BAD, {"use": NOT_ASKED}),
}
YES: dict[str, tuple[bytes, dict[str, Any]]] = {
    "valid": (DATA, {}),
    "revocable": (LISTED, {"status": [status_list()]}),
    "authentic": (DATA, {"work": NOT_ASKED}),
}


@pytest.mark.parametrize(("data", "changes"), NO.values(), ids=NO)
def test_a_no_is_the_exception_as_a_row(data: bytes, changes: dict[str, Any]) -> None:
    verdict, error = judge_contract(data, **question(**changes)), refused(data, **changes)
    assert (verdict.result, verdict.step, verdict.message) == (*facts(error)[1:3], str(error))
    assert verdict.error is not None
    assert facts(verdict.error) == facts(error)
    assert verdict.contract is None
    assert verdict.as_of is None
    readable = error.step > 2
    assert verdict.contract_id == (parse_contract(data).contract_id if readable else None)
    assert verdict.not_asked == tuple(part for part in PARTS if changes.get(part) is NOT_ASKED)


@pytest.mark.parametrize(("data", "changes"), YES.values(), ids=YES)
def test_a_yes_is_the_contract_as_a_row(data: bytes, changes: dict[str, Any]) -> None:
    verdict = judge_contract(data, **question(**changes))
    found = verify_contract(data, **question(**changes))
    assert verdict.contract is not None
    assert verdict.contract.payload == found.payload
    assert verdict.permitted == found.permitted == (found.result == "valid")
    assert (verdict.result, verdict.step, verdict.error) == (found.result, None, None)
    assert (verdict.contract_id, verdict.as_of) == (found.contract_id, found.as_of)
    assert verdict.not_asked == found.not_asked
    assert verdict.message.startswith("every step passed")


# --- what a person must keep ---


def test_the_conditions_are_what_software_cannot_check() -> None:
    found = verify_contract(EVERYTHING, **question(status=[status_list()]))
    these = everything()
    assert found.conditions == {
        "purpose": these.purpose,
        "payments": found.terms.payments,
        "credit": these.credit,
        "report_months": 6,
        "erasure": Erasure(30, Erase.COPIES | Erase.RETIRE),
        "stop_within_days": 30,
        "exclusive": True,
        "pass_on": True,
    }
    assert sorted(found.terms.payments) == sorted(these.payments)


def test_a_contract_without_conditions_has_none() -> None:
    assert verify_contract(DATA, **question()).conditions == {}


@pytest.mark.parametrize(
    ("changes", "conditions"),
    [
        ({"purpose": "Poems"}, {"purpose": "Poems"}),
        ({"credit": "Ana"}, {"credit": "Ana"}),
        ({"report_months": 1}, {"report_months": 1}),
        (
            {"payments": (Payment(PaymentKind.REVENUE_SHARE, 1),)},
            {"payments": (Payment(PaymentKind.REVENUE_SHARE, 1),)},
        ),
        ({"exclusive": True}, {"exclusive": True}),
        (
            {**revocable()._asdict(), "revocation": Revocation(Revocability.FOR_BREACH, 1)},
            {"stop_within_days": 1},
        ),
    ],
)
def test_each_condition_is_named(changes: dict[str, Any], conditions: dict[str, object]) -> None:
    found = verify_contract(contract(**changes), **question(status=[status_list()]))
    assert found.conditions == conditions


def test_the_creators_name_decides_nothing() -> None:
    same_name = terms(creator=Creator(STRANGER.public, "Ana Liu"))
    error = refused(sign_contract(same_name, STRANGER))
    assert error.code == "unknown-creator"


# --- arguments that only resemble the right ones ---

WORLDWIDE = contract(territory=("001",))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("use", use) for use in (1, True, 1.0, PaymentKind.ONCE, None, "pretrain")],
        *[("territory", place) for place in (b"DE", ["DE"], True, 5, NotImplemented)],
        ("work", Work(DIGEST.sha256)),
        ("work", replace(DIGEST, sha256=bytearray(DIGEST.sha256))),  # type: ignore[arg-type]
        ("work", replace(DIGEST, size=float(len(WORK)))),  # type: ignore[arg-type]
        ("grantee", ("Acme", "https://acme.example/", None)),
        ("keys", None),
        ("keys", [ANA.public]),
        ("at", "2026-01-01T00:00:00Z"),
        ("max_status_age", 5),
    ],
    ids=repr,
)
def test_what_only_resembles_an_argument_is_a_type_error(name: str, value: object) -> None:
    with pytest.raises(TypeError):
        verify_contract(WORLDWIDE, **{**question(), name: value})


@pytest.mark.parametrize("convert", [bytearray, memoryview, str])
def test_only_bytes_are_data(convert: Any) -> None:  # noqa: ANN401  # a constructor
    with pytest.raises(TypeError):
        verify_contract(convert(WORLDWIDE) if convert is not str else "d2", **question())  # type: ignore[arg-type]


def test_a_list_whose_signature_nobody_checked_is_no_evidence() -> None:
    data = bytearray(status_list().data)
    data[-1] ^= 1
    unverified = parse_status_list(bytes(data))
    for status in ([unverified], [unverified.terms], [bytes(data)], bytes(data)):
        for ask in (verify_contract, judge_contract):
            with pytest.raises(ValueError, match="expected StatusList"):
                ask(LISTED, **{**question(), "status": status})


def test_an_instant_at_the_edge_of_time_is_answered_or_refused_as_a_question() -> None:
    for at in (datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)):
        assert judge_contract(DATA, **question(at=at)).result in {"expired", "not-yet-valid"}
    beyond = datetime.max.replace(tzinfo=timezone(-timedelta(hours=1)))
    with pytest.raises(ValueError, match="outside the years"):
        verify_contract(DATA, **question(at=beyond))


def test_a_key_once_read_cannot_be_changed_for_the_next_verdict() -> None:
    key = parse_contract(DATA).terms.creator.key
    with pytest.raises(AttributeError, match="does not change"):
        key.thumbprint = bytes(32)
    with pytest.raises(AttributeError, match="does not change"):
        del key.x
    assert pickle.loads(pickle.dumps(key)) == key  # noqa: S301  # our own
    with pytest.raises(TypeError, match="in clear"):
        pickle.dumps(ANA)
