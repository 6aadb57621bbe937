import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import cbor2
import pytest
from hypothesis import given

from consentsig import (
    BadSignatureError,
    Creator,
    Erase,
    Erasure,
    Grantee,
    MalformedError,
    Payment,
    PaymentKind,
    PrivateKey,
    PublicKey,
    Revocability,
    Revocation,
    StatusReference,
    Terms,
    Use,
    Work,
    check_terms,
    parse_contract,
    render,
    sign_contract,
    sign_status_list,
    verify_contract,
)
from consentsig.sign import write_payload
from strategies import (
    ANA,
    DAY,
    ENDS,
    LIST_KEY,
    LIST_URI,
    RECOVERY,
    SECOND,
    SIGNED,
    STRANGER,
    Value,
    all_terms,
    everything,
    question,
    revocable,
    status_list,
    terms,
)

WORK = terms().work
GRANTEE = terms().grantee
ANA_PRINT, RECOVERY_PRINT = ANA.public.thumbprint, RECOVERY.public.thumbprint
EURO = Payment(PaymentKind.ONCE, 500, 0, "EUR")


def test_what_is_signed_verifies_and_carries_alg_minus_8() -> None:
    data = sign_contract(terms(), ANA)
    assert verify_contract(data, **question()).result == "valid"
    assert cbor2.loads(cbor2.loads(data).value[0]) == {
        1: -8,
        4: ANA.public.kid,
        16: "application/vnd.consentsig+cwt",
    }


def test_a_contract_with_alg_minus_19_verifies() -> None:
    data = sign_contract(terms(), ANA, alg=-19)
    assert cbor2.loads(cbor2.loads(data).value[0])[1] == -19
    assert verify_contract(data, **question()).result == "valid"
    assert parse_contract(data).terms == check_terms(terms())


def test_signing_is_repeatable() -> None:
    assert sign_contract(everything(), ANA) == sign_contract(everything(), ANA)


@given(all_terms())
def test_what_is_signed_renders_to_what_was_checked(these: Terms) -> None:
    assert render(check_terms(these)) == render(parse_contract(sign_contract(these, ANA)).terms)


def test_another_key_than_the_creators_does_not_sign() -> None:
    with pytest.raises(ValueError, match=r"terms name .*, signing with ") as caught:
        sign_contract(terms(), STRANGER)
    named, signing = str(caught.value).split(", signing with ")
    assert ANA.public.to_did_key() in named
    assert STRANGER.public.to_did_key() in signing


@pytest.mark.parametrize("alg", [-7, 0, 8, -257])
def test_another_algorithm_is_not_signed_with(alg: int) -> None:
    with pytest.raises(ValueError, match=f"alg is {alg}, expected -8 or -19"):
        sign_contract(terms(), ANA, alg=alg)


_LISTED = revocable()._asdict()

BROKEN_RULES: dict[str, tuple[dict[str, Any], str]] = {
    "exp at iat": ({"expires": SIGNED}, "exp 2026-01-01 .* is not after the start 2026-01-01"),
    "exp before iat": ({"expires": SIGNED - SECOND}, "exp 2025-12-31 .* start 2026-01-01"),
    "more than 50 years": (
        {"expires": SIGNED + 18_263 * DAY + SECOND},
        "18263 days after",
    ),
    "nbf at iat": ({"not_before": SIGNED}, "nbf 2026-01-01 .* is not later than iat 2026-01-01"),
    "exp at nbf": ({"not_before": ENDS}, "exp 2027-01-01 .* is not after the start 2027-01-01"),
    "before 1970": (
        {"issued": datetime(1969, 12, 31, tzinfo=UTC), "expires": datetime(1971, 1, 1, tzinfo=UTC)},
        "iat is -86400, expected 0 to",
    ),
    "half a second": (
        {"issued": SIGNED + timedelta(milliseconds=500)},
        r"iat is .*\.500000.*, expected a whole second",
    ),
    "short salt": ({"salt": bytes(15)}, "cti is 15 bytes, expected 16"),
    "long name": ({"creator": Creator(ANA.public, "a" * 201)}, "name is 201 bytes, at most 200"),
    "empty name": ({"creator": Creator(ANA.public, "")}, "the creator's name is empty"),
    "bidi name": (
        {"creator": Creator(ANA.public, "Ana\u202e")},
        r"name has U\+202E at character 4",
    ),
    "short recovery": (
        {"creator": Creator(ANA.public, None, bytes(31))},
        "the recovery key's thumbprint is 31 bytes, expected 32",
    ),
    "recovery is creator": (
        {"creator": Creator(ANA.public, None, ANA_PRINT)},
        "the recovery key is also another key of the contract",
    ),
    "recovery is grantee": (
        {
            "creator": Creator(ANA.public, None, RECOVERY_PRINT),
            "grantee": Grantee("A", None, RECOVERY_PRINT),
        },
        "the recovery key is also another key of the contract",
    ),
    "recovery is list key": (
        {
            **_LISTED,
            "creator": Creator(ANA.public, None, RECOVERY_PRINT),
            "list_key": RECOVERY_PRINT,
        },
        "the recovery key is also another key of the contract",
    ),
    "short digest": ({"work": Work(bytes(31))}, "the work's digest is 31 bytes, expected 32"),
    "long title": ({"work": WORK._replace(title="é" * 101)}, "the title is 202 bytes, at most 200"),
    "decomposed title": (
        {"work": WORK._replace(title="Cafe\u0301")},
        "title is not in Unicode Norm",
    ),
    "media type": (
        {"work": WORK._replace(media_type="Image/png")},
        "the media type is 'Image/png', expected type/subtype in lower case",
    ),
    "long media type": (
        {"work": WORK._replace(media_type="a/".ljust(128, "b"))},
        "the media type is 128 bytes, at most 127",
    ),
    "negative size": (
        {"work": WORK._replace(size=-1)},
        "the size is -1, expected 0 to 90071992547409",
    ),
    "size over 2^53": ({"work": WORK._replace(size=2**53)}, "is 9007199254740992, expected 0 to"),
    "short SHA-384": (
        {"work": WORK._replace(sha384=bytes(32))},
        "SHA-384 is 32 bytes, expected 48",
    ),
    "short SHA-512": (
        {"work": WORK._replace(sha512=bytes(48))},
        "SHA-512 is 48 bytes, expected 64",
    ),
    "ISCC": (
        {"work": WORK._replace(iscc=("ISCC:A",))},
        "ISCC code is 'ISCC:A', expected ISCC: and 10",
    ),
    "ISCC twice": (
        {"work": WORK._replace(iscc=("ISCC:AAAAAAAAAA",) * 2)},
        "codes has an item twice",
    ),
    "no grantee": ({"grantee": Grantee("A")}, r"neither uri \(1\) nor key \(2\)"),
    "no grantee's name": ({"grantee": GRANTEE._replace(name="")}, "the grantee's name is empty"),
    "grantee's uri": (
        {"grantee": GRANTEE._replace(uri="http://a.example/")},
        "the grantee's uri is 'http://a.example/', expected an https or did address",
    ),
    "grantee by urn": ({"grantee": GRANTEE._replace(uri="urn:ab:c")}, "expected an https or did"),
    "grantee's key": (
        {"grantee": GRANTEE._replace(key=bytes(8))},
        "thumbprint is 8 bytes, expected 32",
    ),
    "no use": ({"uses": ()}, "uses is 0, expected 1 to"),
    "imitate without purpose": (
        {"uses": (Use.IMITATE,)},
        r"a purpose \(field 12\) is missing, which use imitate requires",
    ),
    "payment twice": ({"payments": (EURO, EURO)}, "the payments has an item twice"),
    "payment of 0": ({"payments": (EURO._replace(amount=0),)}, "an amount is 0, expected 1 to"),
    "payment with zeros": (
        {"payments": (EURO._replace(decimals=2),)},
        "an amount is 500 with 2 decimals; drop the zeros",
    ),
    "decimals": ({"payments": (EURO._replace(amount=1, decimals=10),)}, "is 10, expected 0 to 9"),
    "currency": (
        {"payments": (EURO._replace(currency="eur"),)},
        "a currency is 'eur', expected three letters A-Z",
    ),
    "share over all": (
        {"payments": (Payment(PaymentKind.REVENUE_SHARE, 10_001),)},
        "a share in basis points is 10001, expected 1 to 10000",
    ),
    "irrevocable with days": (
        {"revocation": Revocation(Revocability.NOT_BEFORE_END, 1)},
        "the days of revocation mode 0 are 1, expected 0",
    ),
    "revocable at once": (
        {**_LISTED, "revocation": Revocation(Revocability.AT_WILL, 0)},
        "the days of revocation mode 1 are 0, expected 1 to 3650",
    ),
    "revocable in 11 years": (
        {**_LISTED, "revocation": Revocation(Revocability.FOR_BREACH, 3651)},
        "the days of revocation mode 2 are 3651, expected 1 to 3650",
    ),
    "revocable without list": (
        {"revocation": Revocation(Revocability.AT_WILL, 1)},
        "the contract is revocable but names no status list",
    ),
    "irrevocable with list": (
        {"status": StatusReference(LIST_URI, 0)},
        "the contract is not revocable but names a status list or its key",
    ),
    "irrevocable with list key": (
        {"list_key": LIST_KEY.public.thumbprint},
        "the contract is not revocable but names a status list or its key",
    ),
    "list key is creator": (
        {**_LISTED, "list_key": ANA_PRINT},
        "the list key .* is the creator's, which leaving it out says",
    ),
    "list uri": (
        {**_LISTED, "status": StatusReference("http://a.example/", 0)},
        "the list's uri is 'http://a.example/', expected an https, did or urn address",
    ),
    "negative idx": (
        {**_LISTED, "status": StatusReference(LIST_URI, -1)},
        "idx is -1, expected 0 to",
    ),
    "erasure in 0 days": ({"erasure": Erasure(0, Erase.COPIES)}, "erasure is 0, expected 1 to 365"),
    "erasure in 366 days": ({"erasure": Erasure(366, Erase.COPIES)}, "is 366, expected 1 to 365"),
    "erasure of nothing": (
        {"erasure": Erasure(30, Erase(0))},
        "must be erased is 0, expected 1 to",
    ),
    "erasure of bit 16": ({"erasure": Erasure(30, Erase(16))}, "erased is 16, only the bits of 15"),
    "nowhere": ({"territory": ()}, "the territory is empty, expected country codes or 001"),
    "country": ({"territory": ("pt",)}, "a country is 'pt', expected two letters A-Z"),
    "country twice": ({"territory": ("PT", "PT")}, "the territory has an item twice"),
    "world and country": ({"territory": ("001", "PT")}, "'001', expected two letters|is 3 bytes"),
    "long purpose": ({"purpose": "a" * 1001}, "the purpose is 1001 bytes, at most 1000"),
    "credit of two lines": ({"credit": "a\nb"}, r"the credit line has U\+000A at character 2"),
    "report every 0 months": (
        {"report_months": 0},
        "months between reports is 0, expected 1 to 12",
    ),
    "report every 13 months": ({"report_months": 13}, "is 13, expected 1 to 12"),
}


@pytest.mark.parametrize(("changes", "reason"), BROKEN_RULES.values(), ids=BROKEN_RULES)
def test_terms_that_break_a_rule_are_not_signed_and_both_sides_named(
    changes: dict[str, Any], reason: str
) -> None:
    for attempt in (check_terms, sign_as_ana):
        with pytest.raises(MalformedError) as caught:
            attempt(terms(**changes))
        assert re.search(reason, str(caught.value))
        assert len(str(caught.value).splitlines()) == 1


def sign_as_ana(these: Terms) -> bytes:
    return sign_contract(these, ANA)


def test_the_longest_terms_still_fit_a_contract() -> None:
    many = tuple(
        f"{a}{b}" for a in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for b in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    )
    assert len(write_payload(terms(territory=many))) < 16_384


def test_terms_over_16_kib_are_not_signed() -> None:
    codes = tuple(
        f"ISCC:{n:010}".translate(str.maketrans("0189", "ABCD")).ljust(85, "A") for n in range(200)
    )
    with pytest.raises(MalformedError, match=r"the payload is \d+ bytes, at most 16384"):
        sign_contract(terms(work=WORK._replace(iscc=codes)), ANA)


def test_the_longest_and_shortest_times_are_signed() -> None:
    for expires in (SIGNED + SECOND, SIGNED + 18_263 * DAY):
        assert check_terms(terms(expires=expires)).expires == expires
    late = SIGNED + 1000 * DAY
    begun_late = terms(not_before=late, expires=late + 18_263 * DAY)
    assert check_terms(begun_late).starts == late


AS_FLOAT: Value = 5.0
AS_BYTES: Value = b"a"

# Each value equals the right one beside it, or could be taken for it.
WRONG_TYPES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "report": ({"report_months": True}, {"report_months": 1}),
    "report as float": ({"report_months": 1.0}, {"report_months": 1}),
    "size": ({"work": WORK._replace(size=True)}, {"work": WORK._replace(size=1)}),
    "size as float": ({"work": WORK._replace(size=AS_FLOAT)}, {"work": WORK._replace(size=5)}),
    "title as bytes": ({"work": WORK._replace(title=AS_BYTES)}, {"work": WORK._replace(title="a")}),
    "digest as text": ({"work": Work("a" * 32)}, {"work": Work(b"a" * 32)}),  # type: ignore[arg-type]
    "amount": (
        {"payments": (EURO._replace(amount=True),)},
        {"payments": (EURO._replace(amount=1),)},
    ),
    "amount as float": (
        {"payments": (EURO._replace(amount=AS_FLOAT),)},
        {"payments": (EURO._replace(amount=5),)},
    ),
    "decimals": (
        {"payments": (EURO._replace(amount=5, decimals=True),)},
        {"payments": (EURO._replace(amount=5, decimals=1),)},
    ),
    "share": (
        {"payments": (Payment(PaymentKind.REVENUE_SHARE, amount=True),)},
        {"payments": (Payment(PaymentKind.REVENUE_SHARE, 1),)},
    ),
    "days of erasure": (
        {"erasure": Erasure(days=True, what=Erase.COPIES)},
        {"erasure": Erasure(1, Erase.COPIES)},
    ),
    "what is erased": ({"erasure": Erasure(1, 1)}, {"erasure": Erasure(1, Erase.COPIES)}),  # type: ignore[arg-type]
    "days of revocation": (
        {**_LISTED, "revocation": Revocation(Revocability.AT_WILL, days=True)},
        {**_LISTED, "revocation": Revocation(Revocability.AT_WILL, 1)},
    ),
    "mode of revocation": (
        {**_LISTED, "revocation": Revocation(mode=True, days=30)},  # type: ignore[arg-type]
        _LISTED,
    ),
    "idx": (
        {**_LISTED, "status": StatusReference(LIST_URI, idx=True)},
        {**_LISTED, "status": StatusReference(LIST_URI, 1)},
    ),
    "a use by number": ({"uses": (4,)}, {"uses": (Use.EVALUATE,)}),
    "a use as true": ({"uses": (True,)}, {"uses": (Use.PRETRAIN,)}),
    "credit": ({"credit": 5}, {"credit": "5"}),
    "exp as seconds": ({"expires": 1_798_761_600}, {}),
    "exp without a zone": ({"expires": datetime(2027, 1, 1)}, {}),  # noqa: DTZ001  # what is refused
}


@pytest.mark.parametrize("warm", [False, True], ids=["first", "after the right value"])
@pytest.mark.parametrize(("wrong", "right"), WRONG_TYPES.values(), ids=WRONG_TYPES)
def test_a_value_of_the_wrong_type_is_a_type_error_whatever_was_signed_before(
    wrong: dict[str, Any], right: dict[str, Any], *, warm: bool, request: pytest.FixtureRequest
) -> None:
    # A purpose of its own keeps what other tests signed out of every cache.
    mark = request.node.name
    if warm:
        sign_contract(terms(**{"purpose": mark} | right), ANA)
    with pytest.raises(TypeError):
        sign_contract(terms(**{"purpose": mark} | wrong), ANA)


def test_two_contracts_that_share_an_offer_differ_where_they_should() -> None:
    one, other = (check_terms(revocable(status=StatusReference(LIST_URI, idx))) for idx in (1, 2))
    assert one.status != other.status
    assert one == other._replace(status=one.status)


def test_keys_of_equal_bytes_are_one_creator() -> None:
    again = PrivateKey.from_pem(ANA.to_pem(None), None)
    these = terms(creator=Creator(PublicKey(ANA.public.x), "Ana Liu"))
    assert sign_contract(these, again) == sign_contract(terms(), ANA)


class Autumn(tzinfo):
    """A zone on the night its clocks go back from two hours ahead of UTC to one."""

    def utcoffset(self, at: datetime | None) -> timedelta:
        return timedelta(hours=1 if at is not None and at.fold else 2)

    def dst(self, _: datetime | None) -> timedelta:
        return timedelta(0)

    def tzname(self, _: datetime | None) -> str:
        return "autumn"


def test_times_of_a_local_zone_are_compared_as_instants() -> None:
    berlin = Autumn()
    first = datetime(2026, 10, 25, 2, 30, tzinfo=berlin)  # before the clocks go back
    second = first.replace(fold=1)  # an hour later, by the same wall clock
    longer = terms()._replace(issued=first, expires=second)
    assert parse_contract(sign_contract(longer, ANA)).terms.expires == second.astimezone(UTC)
    with pytest.raises(MalformedError, match="not after the start"):
        sign_contract(terms()._replace(issued=second.replace(minute=45), expires=first), ANA)


def test_a_text_that_can_show_another_than_it_writes_is_a_type_error() -> None:
    class Shown(str):
        __slots__ = ()

        def __format__(self, _: str) -> str:
            return "FREE"

    with pytest.raises(TypeError):
        sign_contract(terms()._replace(credit=Shown("Photo: Ana Liu")), ANA)


@pytest.mark.parametrize("field", ["issued", "expires", "not_before"])
def test_a_time_without_a_zone_is_never_taken_for_this_computers(field: str) -> None:
    at = {"issued": SIGNED, "expires": ENDS, "not_before": SIGNED + timedelta(days=1)}[field]
    with pytest.raises(TypeError):
        sign_contract(terms(**{field: at.replace(tzinfo=None)}), ANA)


@pytest.mark.parametrize("flag", ["exclusive", "pass_on"])
@pytest.mark.parametrize("value", ["no", 1, 2, None])
def test_a_flag_is_a_bool(flag: str, value: object) -> None:
    with pytest.raises(TypeError):
        sign_contract(terms(**{flag: value}), ANA)


class Token:
    """A signer elsewhere, which answers with what it is told to."""

    def __init__(self, answer: Callable[[bytes], Any]) -> None:
        self.public, self.sign = ANA.public, answer


def always(answer: object) -> Callable[[bytes], Any]:
    return lambda _: answer


def test_a_signature_made_elsewhere_is_checked_before_anything_is_kept() -> None:
    assert sign_contract(terms(), Token(ANA.sign)) == sign_contract(terms(), ANA)
    wrong: list[tuple[Any, type[Exception]]] = [
        (bytes(64), BadSignatureError),
        (RECOVERY.sign(b""), BadSignatureError),
        (b"", BadSignatureError),
        (bytearray(64), TypeError),
        (None, TypeError),
    ]
    listed = status_list().terms
    for answer, error in wrong:
        token = Token(always(answer))
        with pytest.raises(error):
            sign_contract(terms(), token)
        with pytest.raises(error):
            sign_status_list(listed, token)
