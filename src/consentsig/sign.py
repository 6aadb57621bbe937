"""The contract, written and signed: terms to bytes (spec §3, §4.3).

Each field is written by the rule that also reads it (:mod:`consentsig.format.rules`), so what is
signed is what would be accepted.
"""

from __future__ import annotations

import operator
from datetime import UTC, datetime
from functools import lru_cache
from types import NoneType
from typing import TYPE_CHECKING, Final

from consentsig.contract import CONTRACT, read_payload
from consentsig.errors import MalformedError
from consentsig.format import cbor, cose, rules
from consentsig.format.cbor import encode, head
from consentsig.format.common import CONSENTSIG, SHA256, SHA384, SHA512
from consentsig.format.fields import write_ascending, write_fields
from consentsig.format.frames import Frame, can_frame
from consentsig.format.read_contract import TEMPLATE
from consentsig.keys import COSE_KEY_PREFIX, sign_with
from consentsig.terms import Creator, Grantee, Revocation, Work
from consentsig.vocabulary import (
    ALL_ERASE_BITS,
    WORLD,
    Division,
    Erase,
    PaymentKind,
    Revocability,
    Use,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from consentsig.keys import Signer
    from consentsig.terms import Erasure, Payment, StatusReference, Terms


def sign_contract(terms: Terms, key: Signer, *, alg: int = cose.ALG_EDDSA) -> bytes:
    """The contract file that says *terms*, signed by *key* (spec §4.3).

    Args:
        terms: What to sign. Show :func:`consentsig.render` of what
            :func:`check_terms` returns for it to whoever decides.
        key: The creator's private key.
        alg: -8, which every COSE library verifies, or -19, its fully-specified twin.

    Raises:
        MalformedError: The terms break a rule of the format.
        ValueError: *key* is not the creator's key, or *alg* is another.
        BadSignatureError: What *key* made is no signature by it.
        TypeError: A value has the wrong type.
    """
    check_signer(key, terms)
    return sign_payload(write_payload(terms), key, alg)


def check_signer(key: Signer, terms: Terms) -> None:
    """Raise ValueError unless *key* is that of the creator whom *terms* name."""
    if key.public != terms.creator.key:
        raise ValueError(f"terms name {terms.creator.key}, signing with {key.public}")


def sign_payload(payload: bytes, key: Signer, alg: int) -> bytes:
    """The envelope of *payload*, signed by *key*.

    Raises:
        ValueError, BadSignatureError, TypeError: As :func:`sign_contract`.
    """
    if alg not in (cose.ALG_EDDSA, cose.ALG_ED25519):
        raise ValueError(f"alg is {alg}, expected {cose.ALG_EDDSA} or {cose.ALG_ED25519}")
    unsigned, sig_structure = cose.unsigned_sign1(key.public.kid, payload, CONTRACT, alg)
    return unsigned + sign_with(key, sig_structure)


def check_terms(terms: Terms) -> Terms:
    """The *terms* as a contract would carry them, each array in its order.

    Raises:
        MalformedError: They break a rule of the format.
        TypeError: A value has the wrong type.
    """
    return read_payload(write_payload(terms), terms.creator.key.kid, [])


def write_payload(terms: Terms) -> bytes:
    """The claims set that says *terms*, in deterministic CBOR.

    Raises:
        MalformedError: They break a rule of the format.
        TypeError: A value has the wrong type.
    """
    _check_types(terms)
    terms = _in_utc(terms)
    rules.check_across(terms)
    claims = [b"\x04", rules.EXP.write(terms.expires)]
    if terms.not_before is not None:
        claims += b"\x05", rules.NBF.write(terms.not_before)
    claims += b"\x06", rules.IAT.write(terms.issued)
    if terms.salt is not None:
        claims += b"\x07", rules.CTI.write(terms.salt)
    if terms.status is not None:
        claims += _STATUS_KEY, _status(terms.status)
    offer, count = _offer(*terms[4:16])
    claims += _CONSENTSIG_KEY, b"%b\x00\x01\x01%b\x02%b%b" % (
        head(cbor.MAP, 3 + count), _creators(terms.creator), _work(terms.work), offer
    )  # fmt: skip
    payload = write_fields(claims)
    cose.check_len("the payload", len(payload), CONTRACT.max_payload_len)
    return payload


def write_payloads(terms: Iterable[Terms]) -> Iterator[bytes]:
    """As :func:`write_payload` for each of *terms*; what they share is written once."""
    frame: Frame | None = None
    before: Terms | None = None
    for each in terms:
        payload = None if frame is None else frame.write(each)
        if payload is None:
            payload = write_payload(each)
            shares = before is not None and all(map(operator.is_, before[2:-2], each[2:-2]))
            frame = Frame(payload, each) if shares and can_frame(each) else frame
        before = each
        yield payload


def _check_types(terms: Terms) -> None:
    """Refuse what only equals a right value: True is 1 to Python, and to the cache below."""
    uses, payments, revocation = terms.uses, terms.payments, terms.revocation
    erasure, months = terms.erasure, terms.report_months
    times = (terms.issued, terms.expires, terms.not_before)
    right = (
        tuple(map(type, terms[:2])) == (Creator, Work)
        and type(terms.grantee) is Grantee
        and type(revocation) is Revocation
        and {type(at) for at in times} <= {datetime, NoneType}
        and {type(use) for use in uses} <= {Use}
        and {tuple(map(type, due)) for due in payments} <= _PAYMENT_TYPES
        and type(revocation.mode) is Revocability
        and type(revocation.days) is int
        and (erasure is None or (type(erasure.days) is int and type(erasure.what) is Erase))
        and (months is None or type(months) is int)
        and {type(terms.exclusive), type(terms.pass_on)} == {bool}
    )
    if not right:
        raise TypeError("a part of the terms has a wrong type")


def _in_utc(terms: Terms) -> Terms:
    """The *terms* with their times in UTC: in one local zone Python compares wall clocks."""
    issued, expires, not_before = terms.issued, terms.expires, terms.not_before
    if issued.tzinfo is expires.tzinfo is UTC and (not_before is None or not_before.tzinfo is UTC):
        return terms
    if any(at is not None and at.utcoffset() is None for at in (issued, expires, not_before)):
        raise TypeError("a time of the terms has no time zone")
    return terms._replace(
        issued=issued.astimezone(UTC),
        expires=expires.astimezone(UTC),
        not_before=None if not_before is None else not_before.astimezone(UTC),
    )


_PAYMENT_TYPES: Final = {(PaymentKind, int, int, str, each) for each in (Division, NoneType)}


@lru_cache(maxsize=256)  # whoever signs many contracts offers the same for each work
def _offer(  # noqa: PLR0917  # in the order of Terms
    grantee: Grantee,
    uses: tuple[Use, ...],
    payments: tuple[Payment, ...],
    revocation: Revocation,
    territory: tuple[str, ...],
    erasure: Erasure | None,
    exclusive: bool,  # noqa: FBT001
    pass_on: bool,  # noqa: FBT001
    purpose: str | None,
    credit: str | None,
    report_months: int | None,
    list_key: bytes | None,
) -> tuple[bytes, int]:
    """Fields 3 to 15 of the contract map, and how many they are."""
    fields = [
        b"\x03", _grantee(grantee),
        b"\x04", rules.USE_BITS.write(sum({use.bit for use in uses})),
        b"\x05", write_ascending([_payment(due) for due in payments], "the payments"),
        b"\x06", _revocation(revocation),
        b"\x07", _TEMPLATE_ITEM,
    ]  # fmt: skip
    if erasure is not None:
        fields += b"\x08", _erasure(erasure)
    fields += b"\x09", _territory(territory)
    if exclusive:
        fields += b"\x0a", b"\xf5"
    if pass_on:
        fields += b"\x0b", b"\xf5"
    if purpose is not None:
        fields += b"\x0c", rules.PURPOSE.write(purpose)
    if credit is not None:
        fields += b"\x0d", rules.CREDIT.write(credit)
    if report_months is not None:
        fields += b"\x0e", rules.REPORT_MONTHS.write(report_months)
    if list_key is not None:
        fields += b"\x0f", rules.LIST_KEY.write(list_key)
    return b"".join(fields), len(fields) // 2


@lru_cache(maxsize=64)
def _creators(creator: Creator) -> bytes:
    fields = [b"\x00", COSE_KEY_PREFIX + creator.key.x]
    if creator.name is not None:
        fields += b"\x01", rules.CREATOR_NAME.write(creator.name)
    if creator.recovery is not None:
        fields += b"\x03", rules.RECOVERY.write(creator.recovery)
    if creator.acts_for is not None:
        fields += b"\x04", rules.ACTS_FOR.write(creator.acts_for)
    return b"\x81" + write_fields(fields)


def _work(work: Work) -> bytes:
    fields = [b"\x00", _SHA256_HEAD + rules.WORK_SHA256.write(work.sha256)]
    if work.title is not None:
        fields += b"\x01", rules.TITLE.write(work.title)
    if work.media_type is not None:
        fields += b"\x02", rules.MEDIA_TYPE.write(work.media_type)
    if work.size is not None:
        fields += b"\x03", rules.SIZE.write(work.size)
    if work.sha384 is not None or work.sha512 is not None:
        fields += b"\x04", _further_digests(work)
    if work.iscc:
        codes = [rules.ISCC.write(code) for code in work.iscc]
        fields += b"\x05", write_ascending(codes, "the ISCC codes")
    return write_fields(fields)


def _further_digests(work: Work) -> bytes:
    digests = []
    if work.sha384 is not None:
        digests.append(b"\x82" + encode(SHA384) + rules.SHA384.write(work.sha384))
    if work.sha512 is not None:
        digests.append(b"\x82" + encode(SHA512) + rules.SHA512.write(work.sha512))
    return write_ascending(digests, "the further digests")


def _grantee(grantee: Grantee) -> bytes:
    rules.check_grantee(grantee)
    fields = [b"\x00", rules.GRANTEE_NAME.write(grantee.name)]
    if grantee.uri is not None:
        fields += b"\x01", rules.PARTY_URI.write(grantee.uri)
    if grantee.key is not None:
        fields += b"\x02", rules.GRANTEE_KEY.write(grantee.key)
    return write_fields(fields)


def _payment(payment: Payment) -> bytes:
    kind, amount, decimals, currency, division = payment
    items = [head(cbor.UINT, kind)]
    if kind.is_share:
        items.append(rules.SHARE.write(amount))
    else:
        rules.check_amount(amount, decimals)
        items += [
            *(rules.AMOUNT.write(amount), rules.DECIMALS.write(decimals)),
            rules.CURRENCY.write(currency),
        ]
    if kind.is_pool != (division is not None):
        raise MalformedError(f"a payment of kind {kind.label} has division {division!r}")
    if division is not None:
        items.append(head(cbor.UINT, division))
    return head(cbor.ARRAY, len(items)) + b"".join(items)


def _revocation(revocation: Revocation) -> bytes:
    rules.check_days(revocation)
    return b"\x82" + head(0, revocation.mode) + head(0, revocation.days)


def _erasure(erasure: Erasure) -> bytes:
    bits = erasure.what.value
    if bits > ALL_ERASE_BITS:
        raise MalformedError(f"what must be erased is {bits}, only the bits of 15 are known")
    return b"\x82" + rules.ERASE_DAYS.write(erasure.days) + rules.ERASE_BITS.write(bits)


def _territory(territory: tuple[str, ...]) -> bytes:
    if territory == (WORLD,):
        return _WORLD_ITEM
    if not territory:
        raise MalformedError("the territory is empty, expected country codes or 001")
    return write_ascending([rules.COUNTRY.write(code) for code in territory], "the territory")


def _status(status: StatusReference) -> bytes:
    idx, uri = rules.IDX.write(status.idx), rules.LIST_URI.write(status.uri)
    return b"\xa1\x6bstatus_list\xa2\x63idx%b\x63uri%b" % (idx, uri)


_STATUS_KEY: Final = encode(65535)
_CONSENTSIG_KEY: Final = encode(CONSENTSIG)
_SHA256_HEAD: Final = b"\x82" + encode(SHA256)
_TEMPLATE_ITEM: Final = encode(TEMPLATE)
_WORLD_ITEM: Final = encode([WORLD])
