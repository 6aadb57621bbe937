"""The parts of a contract, read: maps and arrays, each by its rules (spec §3.2 to §3.6).

A reader takes ``data, pos, notes`` and returns a value and the position behind it
(:mod:`consentsig.format.fields`). Where a part is unknown to this version it notes that and
returns None.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from consentsig.errors import MalformedError, brief
from consentsig.format import cbor, rules
from consentsig.format.cbor import encode
from consentsig.format.common import CONSENTSIG, SHA256, SHA384, SHA512, read_cose_key, read_digest
from consentsig.format.fields import (
    Notes,
    Read,
    Run,
    read_array,
    read_ascending,
    read_fields,
    read_true,
    remembered,
    skip_unknown,
)
from consentsig.terms import (
    Creator,
    Erasure,
    Grantee,
    Payment,
    Revocation,
    StatusReference,
    Terms,
    Work,
)
from consentsig.vocabulary import (
    ALL_ERASE_BITS,
    ALL_USE_BITS,
    WORLD,
    Division,
    Erase,
    PaymentKind,
    Revocability,
    Use,
    uses_of,
)

KIND_CONTRACT: Final = 1
TEMPLATE: Final = "en-1"

EXP, NBF, IAT, CTI = 4, 5, 6, 7
# Keys longer than a byte: their first byte stands for them in tables, the rest is checked.
STATUS, _STATUS_REST = 0x19, encode(65535)[1:]
TERMS, _TERMS_REST = 0x3A, encode(CONSENTSIG)[1:]

# Fixed runs of bytes that nearly every contract has; anything else takes the longer way.
STATUS_HEAD: Final = _STATUS_REST + b"\xa1" + encode("status_list") + b"\xa2" + encode("idx")
_STATUS_URI: Final = encode("uri")
_SHA256_HEAD: Final = b"\x82" + encode(SHA256) + b"\x58\x20"
_TEMPLATE_ITEM: Final = encode(TEMPLATE)
_WORLD_ITEM: Final = encode([WORLD])


def _check_present(values: dict[int, Any], required: frozenset[int], what: str) -> None:
    if not required.issubset(values):
        absent = sorted(required.difference(values))
        missing = ", ".join(_KEY_NAMES.get(key, str(key)) for key in absent)
        raise MalformedError(f"{what} lacks key {missing}")


def _read_contract(data: bytes, pos: int, notes: Notes) -> tuple[dict[int, Any] | None, int]:
    if not data.startswith(_TERMS_REST, pos):
        return None, skip_unknown(data, pos - 1, "the claims", notes)
    start = pos + len(_TERMS_REST)
    fields, pos = read_fields(data, start, _CONTRACT, "the contract", notes, _OFFERS)
    _check_present(fields, _REQUIRED, "the contract")
    return fields, pos


def _read_status(data: bytes, pos: int, notes: Notes) -> tuple[StatusReference | None, int]:
    if not data.startswith(STATUS_HEAD, pos):
        return _read_unusual_status(data, pos, notes)
    idx, pos = rules.IDX.read(data, pos + len(STATUS_HEAD), notes)
    if not data.startswith(_STATUS_URI, pos):
        raise MalformedError("status_list lacks uri, or has it out of order")
    uri, pos = rules.LIST_URI.read(data, pos + len(_STATUS_URI), notes)
    return StatusReference(uri, idx), pos


def _read_unusual_status(data: bytes, pos: int, notes: Notes) -> tuple[StatusReference | None, int]:
    """A status claim with more or less than it should have, or another claim."""
    if not data.startswith(_STATUS_REST, pos):
        return None, skip_unknown(data, pos - 1, "the claims", notes)
    claim, end = cbor.read_item(data, pos + len(_STATUS_REST))
    status = claim.get("status_list") if isinstance(claim, dict) else None
    if not isinstance(status, dict) or not {"idx", "uri"}.issubset(status):
        raise MalformedError("the status claim has no status_list with idx and uri")
    for key in {*claim} - {"status_list"} | {*status} - {"idx", "uri"}:
        notes.append(f"the status claim has the unknown key {brief(key)}")
    idx, _ = rules.IDX.read(encode(status["idx"]), 0, notes)
    uri, _ = rules.LIST_URI.read(encode(status["uri"]), 0, notes)
    return StatusReference(uri, idx), end


def _read_kind(data: bytes, pos: int, notes: Notes) -> tuple[int, int]:
    kind, pos = rules.KIND.read(data, pos, notes)
    if kind != KIND_CONTRACT:
        notes.append(f"kind is {kind}, only {KIND_CONTRACT} is supported")
    return kind, pos


def read_creators(data: bytes, pos: int, notes: Notes) -> tuple[Creator, int]:
    """Read the array of creators, of which there is one under tag 18 (spec §3.4).

    The key of an unknown kind is None, and noted.
    """
    pos = read_array(data, pos, 1, "creators (under tag 18)")
    fields, pos = read_fields(data, pos, _CREATOR, "the creator", notes)
    _check_present(fields, _KEY_0, "the creator")
    return Creator(fields[0], fields.get(1), fields.get(3), fields.get(4)), pos


def _read_share(_data: bytes, _pos: int, _notes: Notes) -> tuple[int, int]:
    raise MalformedError("a share (key 2) stands only where there are several creators")


def read_work(data: bytes, pos: int, notes: Notes) -> tuple[Work, int]:
    """Read the map of the work (spec §3.5)."""
    fields, pos = read_fields(data, pos, _WORK, "the work", notes)
    _check_present(fields, _KEY_0, "the work")
    further = fields.get(4, {})
    return Work(
        fields[0], fields.get(1), fields.get(2), fields.get(3),
        further.get(SHA384), further.get(SHA512), fields.get(5, ()),
    ), pos  # fmt: skip


def _read_sha256(data: bytes, pos: int, notes: Notes) -> tuple[bytes, int]:
    if data.startswith(_SHA256_HEAD, pos):
        start = pos + len(_SHA256_HEAD)
        return data[start : start + 32], start + 32
    (alg, value), pos = read_digest(data, pos)
    if alg in (SHA384, SHA512):
        raise MalformedError(f"the work's digest has algorithm {alg}, which stands in field 4 only")
    if alg != SHA256:
        notes.append(f"the work's digest has algorithm {alg}, only -16 (SHA-256) is supported")
    elif len(value) != 32:
        raise MalformedError(f"the work's digest is {len(value)} bytes, expected 32")
    return value, pos


def _read_further_digest(data: bytes, pos: int, notes: Notes) -> tuple[tuple[int, bytes], int]:
    (alg, value), pos = read_digest(data, pos)
    if alg == SHA256:
        raise MalformedError("SHA-256 stands among the further digests; it belongs in field 0")
    length = {SHA384: 48, SHA512: 64}.get(alg)
    if length is None:
        notes.append(f"a further digest has algorithm {alg}, only -43 and -44 are supported")
    elif len(value) != length:
        raise MalformedError(f"a digest of algorithm {alg} is {len(value)} bytes, not {length}")
    return (alg, value), pos


def _read_further_digests(data: bytes, pos: int, notes: Notes) -> tuple[dict[int, bytes], int]:
    pairs, pos = read_ascending(data, pos, _read_further_digest, "the further digests", notes)
    digests = dict(pairs)
    known = [alg for alg, _ in pairs if alg in (SHA384, SHA512)]
    if not 1 <= len(pairs) <= 2 or len(set(known)) != len(known):
        raise MalformedError("the further digests are not one or two of different algorithms")
    return digests, pos


def _read_isccs(data: bytes, pos: int, notes: Notes) -> tuple[tuple[str, ...], int]:
    codes, pos = read_ascending(data, pos, rules.ISCC.read, "the ISCC codes", notes)
    if not codes:
        raise MalformedError("the ISCC codes are an empty array; leave it out")
    return codes, pos


def _read_grantee(data: bytes, pos: int, notes: Notes) -> tuple[Grantee, int]:
    fields, pos = read_fields(data, pos, _GRANTEE, "the grantee", notes)
    _check_present(fields, _KEY_0, "the grantee")
    grantee = Grantee(fields[0], fields.get(1), fields.get(2))
    rules.check_grantee(grantee)
    return grantee, pos


def _read_uses(data: bytes, pos: int, notes: Notes) -> tuple[tuple[Use, ...], int]:
    bits, pos = rules.USE_BITS.read(data, pos, notes)
    if bits > ALL_USE_BITS:
        notes.append(f"uses is {bits:#x}, only the bits of {ALL_USE_BITS:#x} are known")
    return _uses_of(bits & ALL_USE_BITS), pos


@lru_cache(maxsize=ALL_USE_BITS + 1)
def _uses_of(bits: int) -> tuple[Use, ...]:
    return uses_of(bits)


def _read_payments(data: bytes, pos: int, notes: Notes) -> tuple[tuple[Payment, ...], int]:
    return read_ascending(data, pos, _read_payment, "the payments", notes)


def _read_payment(data: bytes, pos: int, notes: Notes) -> tuple[Payment | None, int]:
    start = pos
    length, pos = cbor.read_head(data, pos, cbor.ARRAY, "a payment")
    if length == 0:
        raise MalformedError("a payment is an empty array")
    number, pos = cbor.read_head(data, pos, cbor.UINT, "a payment's type")
    kind = _PAYMENT_KINDS.get(number)
    if kind is None:
        notes.append(f"a payment has type {number}, only 1 to 6 are known")
        return None, cbor.read_item(data, start)[1]
    expected = (2 if kind.is_share else 4) + kind.is_pool
    if length != expected:
        raise MalformedError(f"a payment of type {number} has {length} items, expected {expected}")
    decimals, currency = 0, ""
    if kind.is_share:
        amount, pos = rules.SHARE.read(data, pos, notes)
    else:
        amount, pos = rules.AMOUNT.read(data, pos, notes)
        decimals, pos = rules.DECIMALS.read(data, pos, notes)
        rules.check_amount(amount, decimals)
        currency, pos = rules.CURRENCY.read(data, pos, notes)
    if not kind.is_pool:
        return Payment(kind, amount, decimals, currency), pos
    division, pos = _read_division(data, pos, notes)
    return Payment(kind, amount, decimals, currency, division), pos


def _read_division(data: bytes, pos: int, notes: Notes) -> tuple[Division | None, int]:
    number, pos = cbor.read_head(data, pos, cbor.UINT, "the division of a pool")
    if number not in _DIVISIONS:
        notes.append(f"the division of a pool is {number}, only 1 and 2 are known")
    return _DIVISIONS.get(number), pos


def _read_revocation(data: bytes, pos: int, notes: Notes) -> tuple[Revocation | None, int]:
    pos = read_array(data, pos, 2, "revocation")
    mode, pos = cbor.read_head(data, pos, cbor.UINT, "the mode of revocation")
    days, pos = cbor.read_head(data, pos, cbor.UINT, "the days of revocation")
    if mode >= len(_REVOCABILITIES):
        notes.append(f"the mode of revocation is {mode}, only 0 to 2 are known")
        return None, pos
    revocation = Revocation(_REVOCABILITIES[mode], days)
    rules.check_days(revocation)
    return revocation, pos


def _read_template(data: bytes, pos: int, notes: Notes) -> tuple[str, int]:
    if data.startswith(_TEMPLATE_ITEM, pos):
        return TEMPLATE, pos + len(_TEMPLATE_ITEM)
    template, pos = cbor.read_text(data, pos, "the template")
    notes.append(f"the template is {brief(template)}, only {TEMPLATE!r} is known")
    return template, pos


def _read_erasure(data: bytes, pos: int, notes: Notes) -> tuple[Erasure, int]:
    pos = read_array(data, pos, 2, "erasure")
    days, pos = rules.ERASE_DAYS.read(data, pos, notes)
    bits, pos = rules.ERASE_BITS.read(data, pos, notes)
    if bits > ALL_ERASE_BITS:
        notes.append(f"what must be erased is {bits}, only the bits of 15 are known")
    return Erasure(days, _ERASE[bits & ALL_ERASE_BITS]), pos


def _read_territory(data: bytes, pos: int, notes: Notes) -> tuple[tuple[str, ...], int]:
    if data.startswith(_WORLD_ITEM, pos):
        return (WORLD,), pos + len(_WORLD_ITEM)
    codes, pos = read_ascending(data, pos, rules.COUNTRY.read, "the territory", notes)
    if not codes:
        raise MalformedError("the territory is an empty array")
    return codes, pos


_PAYMENT_KINDS: Final = {kind.value: kind for kind in PaymentKind}
_DIVISIONS: Final = {division.value: division for division in Division}
_REVOCABILITIES: Final = tuple(Revocability)
_ERASE: Final = tuple(Erase(bits) for bits in range(ALL_ERASE_BITS + 1))

_CREATOR: Final[dict[int, Read]] = {
    0: read_cose_key,
    1: rules.CREATOR_NAME.read,
    2: _read_share,
    3: rules.RECOVERY.read,
    4: rules.ACTS_FOR.read,
}
_WORK: Final[dict[int, Read]] = {
    0: _read_sha256,
    1: rules.TITLE.read,
    2: rules.MEDIA_TYPE.read,
    3: rules.SIZE.read,
    4: _read_further_digests,
    5: _read_isccs,
}
_GRANTEE: Final[dict[int, Read]] = {
    0: rules.GRANTEE_NAME.read,
    1: rules.PARTY_URI.read,
    2: rules.GRANTEE_KEY.read,
}
_CREATORS: Final = remembered(read_creators, 43)  # the first 43 bytes end with the key
_CONTRACT: Final[dict[int, Read]] = {
    0: _read_kind,
    1: _CREATORS,
    2: read_work,
    3: _read_grantee,
    4: _read_uses,
    5: _read_payments,
    6: _read_revocation,
    7: _read_template,
    8: _read_erasure,
    9: _read_territory,
    10: read_true,
    11: read_true,
    12: rules.PURPOSE.read,
    13: rules.CREDIT.read,
    14: rules.REPORT_MONTHS.read,
    15: rules.LIST_KEY.read,
}
_OFFERS: Final = Run(3)  # what is offered to whom recurs: all from the grantee on
_KEY_0: Final = frozenset((0,))
_REQUIRED: Final = frozenset((0, 1, 2, 3, 4, 5, 6, 7, 9))
_CLAIMS: Final[dict[int, Read]] = {
    EXP: rules.EXP.read,
    NBF: rules.NBF.read,
    IAT: rules.IAT.read,
    CTI: rules.CTI.read,
    STATUS: _read_status,
    TERMS: _read_contract,
}
_REQUIRED_CLAIMS: Final = frozenset((EXP, IAT, TERMS))
_KEY_NAMES: Final = {TERMS: str(CONSENTSIG)}


def read_claims(payload: bytes, notes: Notes) -> dict[int, Any]:
    """The claims of a contract, by first byte of their keys; the contract map under TERMS.

    Raises:
        MalformedError, IndexError: Some rule for a field is broken.
    """
    claims, end = read_fields(payload, 0, _CLAIMS, "the claims", notes)
    if end != len(payload):
        raise MalformedError("the payload ends inside an item, or bytes follow it")
    _check_present(claims, _REQUIRED_CLAIMS, "the claims")
    if claims[TERMS] is None:  # another key with the same first byte, noted
        raise MalformedError(f"the claims lack key {CONSENTSIG}")
    return claims


def terms_of(claims: dict[int, Any]) -> Terms:
    """The terms that *claims* say, as :func:`read_claims` read them."""
    fields = claims[TERMS]
    field = fields.get
    return Terms(
        fields[1], fields[2], claims[IAT], claims[EXP],
        fields[3], fields[4], fields[5], fields[6], fields[9],
        field(8), 10 in fields, 11 in fields, field(12), field(13), field(14), field(15),
        claims.get(NBF), claims.get(STATUS), claims.get(CTI),
    )  # fmt: skip
