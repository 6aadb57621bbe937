"""Status lists: make, read, verify, look up, and what they say at an instant (spec §7).

A list is an IETF Token Status List in CWT form, narrowed. :func:`verify_status_list`
gives a :class:`StatusList`, good under the key it carries; whether that key may speak for
a contract is decided for each contract, by :func:`status_at`.

What a verifier must remember (spec §7.5) needs no rule of its own: hand every list once
seen to every later question, and an older list decides nothing, a revoked position stays
revoked, and two lists of one instant cancel each other.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from consentsig.errors import (
    MalformedError,
    RevokedError,
    StatusUnknownError,
    SuspendedError,
    UnsupportedError,
    brief,
    utc,
)
from consentsig.format import cose
from consentsig.format.cbor import encode
from consentsig.format.common import CONSENTSIG, read_cose_key
from consentsig.format.cose import Profile, Sign1
from consentsig.format.strings import is_list_address
from consentsig.terms import EPOCH, MAX_TIME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from consentsig.format.fields import Notes
    from consentsig.keys import PrivateKey, PublicKey
    from consentsig.terms import StatusReference, Terms

# The labels draft-ietf-oauth-status-list asks for; they are not final until it is an RFC.
STATUS_LIST_CLAIM, TTL = 65533, 65534
STATUS_LIST: Final = Profile("application/statuslist+cwt", 2_097_152, 1_048_576, any_key_order=True)

VALID, REVOKED, SUSPENDED = 0, 1, 2
MAX_INFLATED_LEN: Final = 16_777_216
MAX_LIFE: Final = timedelta(days=366)
DEFAULT_LIFE: Final = timedelta(days=90)
DEFAULT_TTL: Final = 86_400
SKEW: Final = timedelta(seconds=300)  # how far clocks may differ (spec §5, §7.4)

_NOT_ZERO: Final = re.compile(rb"[^\0]+")
SUB, EXP, IAT = 2, 4, 6
PREVIOUS, KEY = 1, 2


_T = TypeVar("_T")


class ListTerms(NamedTuple):
    """What a status list says (spec §7.1).

    Attributes:
        uri: Its address (``sub``), an identifier.
        signer: The key that signs it.
        issued: ``iat``.
        expires: ``exp``; at most 366 days after *issued*.
        statuses: The inflated list.
        bits: 1, 2, 4 or 8 for each position, from the least significant bit of each byte.
        ttl: Seconds after which to look again.
        previous: Object id of the list before this one.
    """

    uri: str
    signer: PublicKey
    issued: datetime
    expires: datetime
    statuses: bytes
    bits: int = 1
    ttl: int | None = DEFAULT_TTL
    previous: bytes | None = None

    @property
    def size(self) -> int:
        """The number of positions."""
        return len(self.statuses) * 8 // self.bits

    def value_at(self, idx: int) -> int | None:
        """The value at position *idx*; None beyond the list."""
        place = idx * self.bits
        if not 0 <= place < len(self.statuses) * 8:
            return None
        return self.statuses[place >> 3] >> (place & 7) & (1 << self.bits) - 1

    def count(self, value: int) -> int:
        """How many positions hold *value*, of all there are."""
        if self.bits == 8:
            return self.statuses.count(value)
        each = [_count_in_byte(byte, self.bits, value) for byte in range(256)]
        return sum(each[byte] * self.statuses.count(byte) for byte in range(256) if each[byte])


class UnverifiedStatusList(NamedTuple):
    """A list as read: well made, its signature not checked. To look at.

    Attributes:
        terms: What it says.
        object_id: SHA-256 of its payload.
        sign1: Its envelope.
    """

    terms: ListTerms
    object_id: bytes
    sign1: Sign1


class StatusList(NamedTuple):
    """A list whose signature is good under the key it carries, whoever's that is.

    Made by :func:`verify_status_list` only; one that was built by hand is evidence of nothing.

    Attributes:
        terms: What it says.
        object_id: SHA-256 of its payload.
        data: The file, to keep as evidence.
    """

    terms: ListTerms
    object_id: bytes
    data: bytes


def parse_status_list(data: bytes) -> UnverifiedStatusList:
    """Read *data* as a status list, without believing it (spec §7.1).

    Raises:
        MalformedError: It is not a list of this profile.
        UnsupportedError: It is well made, with a part this version does not know.
    """
    claims = cose.check_envelope(data, STATUS_LIST)
    notes: Notes = []
    sign1 = cose.parse_sign1(data, STATUS_LIST, notes)
    terms = _terms(claims, notes)
    if terms is not None and sign1.kid != terms.signer.kid:
        raise MalformedError(f"kid is {sign1.kid.hex()}, the key's is {terms.signer.kid.hex()}")
    if terms is None or notes:
        raise UnsupportedError(notes[0])
    return UnverifiedStatusList(terms, hashlib.sha256(sign1.payload).digest(), sign1)


def outline(data: bytes) -> tuple[str, bytes]:
    """The address and the signer's thumbprint that a list states, before it is unpacked.

    Neither is checked; it is for passing over lists that cannot matter.

    Raises:
        MalformedError, UnsupportedError: It is not a list of this profile.
    """
    claims = cose.check_envelope(data, STATUS_LIST)
    notes: Notes = []
    ours = _typed(claims, CONSENTSIG, dict, "the private map")
    signer = _signer(_typed(ours, KEY, dict, "the signer's key"), notes)
    if signer is None:
        raise UnsupportedError(notes[0])
    return _typed(claims, SUB, str, "sub"), signer.thumbprint


def verify_status_list(data: bytes) -> StatusList:
    """The list in *data*, its signature good under the key it carries (spec §7.1).

    It says nothing about whose key that is, or how old the list is: :func:`status_at` does.

    Raises:
        MalformedError: It is not a list of this profile.
        UnsupportedError: It is well made, with a part this version does not know.
        BadSignatureError: The signature does not fit.
    """
    parsed = parse_status_list(data)
    parsed.terms.signer.verify(parsed.sign1.signature, parsed.sign1.sig_structure)
    return StatusList(parsed.terms, parsed.object_id, data)


def sign_status_list(terms: ListTerms, key: PrivateKey) -> bytes:
    """The list file that says *terms*, signed by *key*.

    Raises:
        MalformedError: The terms break a rule of the profile.
        ValueError: *key* is not the signer.
    """
    if key.public != terms.signer:
        raise ValueError(f"terms name {terms.signer}, signing with {key.public}")
    ours: dict[int, object] = {KEY: {1: 1, -1: 6, -2: terms.signer.x}}
    if terms.previous is not None:
        ours[PREVIOUS] = terms.previous
    claims: dict[int, object] = {
        SUB: terms.uri,
        EXP: _seconds(terms.expires, "exp"),
        IAT: _seconds(terms.issued, "iat"),
        STATUS_LIST_CLAIM: {"bits": terms.bits, "lst": zlib.compress(terms.statuses, 9)},
        CONSENTSIG: ours,
    }
    if terms.ttl is not None:
        claims[TTL] = terms.ttl
    unsigned, sig_structure = cose.unsigned_sign1(key.public.kid, encode(claims), STATUS_LIST)
    data = unsigned + key.sign(sig_structure)
    parse_status_list(data)  # what is published is what would be accepted
    return data


def pack_statuses(size: int, values: Mapping[int, int], bits: int = 1) -> bytes:
    """*size* positions of *bits* each, 0 but where *values* says otherwise.

    Raises:
        ValueError: A position or value does not fit, or *size* fills no whole bytes.
    """
    if bits not in (1, 2, 4, 8) or size <= 0 or size * bits % 8:
        raise ValueError(f"{size} positions of {bits} bits do not fill whole bytes")
    statuses = bytearray(size * bits // 8)
    for idx, value in values.items():
        if not (0 <= idx < size and 0 <= value < 1 << bits):
            raise ValueError(f"value {value} at {idx} does not fit {size} positions of {bits} bits")
        byte, place = divmod(idx * bits, 8)
        statuses[byte] |= value << place
    return bytes(statuses)


def revoked_in(terms: ListTerms) -> set[int]:
    """The positions that *terms* says are revoked."""
    per_byte = 8 // terms.bits
    return {
        idx
        for found in _NOT_ZERO.finditer(terms.statuses)  # nearly all of a list is zero
        for idx in range(found.start() * per_byte, found.end() * per_byte)
        if terms.value_at(idx) == REVOKED
    }


def why_not_acceptable(terms: Terms, reference: StatusReference, known: StatusList) -> str | None:
    """Why a list says nothing about a contract (spec §7.2); None if it is acceptable."""
    if type(known) is not StatusList:  # an UnverifiedStatusList looks much the same
        raise TypeError(f"status has a {type(known).__name__}, expected StatusList")
    if known.terms.uri != reference.uri:
        return f"it is list {known.terms.uri}, the contract names {reference.uri}"
    thumbprint = known.terms.signer.thumbprint
    creator = terms.creator
    if thumbprint not in (creator.key.thumbprint, creator.recovery, terms.list_key):
        return f"it is signed by {thumbprint.hex()}, which may not speak for this contract"
    return None


def status_at(
    terms: Terms,
    lists: Iterable[StatusList],
    at: datetime,
    max_age: timedelta | None = None,
) -> datetime | None:
    """The issue time of the list that says the contract holds at *at* (spec §7.4).

    Args:
        terms: A contract's terms, its signature checked.
        lists: All lists at hand, and all once seen (spec §7.5); foreign ones are ignored.
        at: The instant asked about.
        max_age: Greatest age of the deciding list, if the caller wants one.

    Returns:
        None for a contract that cannot be revoked.

    Raises:
        RevokedError, SuspendedError, StatusUnknownError: It does not hold, or nobody can say.
    """
    return status_in(terms, said_of(terms, lists), at, max_age)


class Said(NamedTuple):
    """What one list says of one contract, without the list, which can be 16 MiB.

    Attributes:
        object_id: The list's.
        signer: Thumbprint of its signer, who may speak for the contract.
        issued: ``iat``.
        expires: ``exp``.
        size: The number of positions.
        value: The value at the contract's position; None beyond the list.
    """

    object_id: bytes
    signer: bytes
    issued: datetime
    expires: datetime
    size: int
    value: int | None


def said_of(terms: Terms, lists: Iterable[StatusList]) -> list[Said]:
    """What each of *lists* says of a contract, but for those that may not speak for it.

    *lists* may make each list only when it is asked for: none is held while the next is made.
    """
    reference = terms.status
    if reference is None:
        return []
    # Not in a loop, the variable of which would hold a list meanwhile.
    return [said for said in map(partial(_said, terms, reference), lists) if said is not None]


def _said(terms: Terms, reference: StatusReference, known: StatusList) -> Said | None:
    said = known.terms
    if said.uri != reference.uri or why_not_acceptable(terms, reference, known):
        return None
    value = said.value_at(reference.idx)
    signer = said.signer.thumbprint
    return Said(known.object_id, signer, said.issued, said.expires, said.size, value)


def status_in(
    terms: Terms, lists: Iterable[Said], at: datetime, max_age: timedelta | None = None
) -> datetime | None:
    """As :func:`status_at`, from what :func:`said_of` found in all lists."""
    reference = terms.status
    if reference is None:
        return None
    newest = _newest(terms, reference, lists, at)
    value = newest.value
    if at >= newest.expires:
        reason = f"the newest list is of {utc(newest.issued)} and ended {utc(newest.expires)}"
        raise StatusUnknownError(*reference, reason)
    if max_age is not None and at - newest.issued > max_age:
        reason = f"the newest list is of {utc(newest.issued)}, older than the {max_age} allowed"
        raise StatusUnknownError(*reference, reason)
    if value == VALID:
        return newest.issued
    if value == SUSPENDED:
        raise SuspendedError(*reference, newest.issued)
    if value is None:
        raise StatusUnknownError(*reference, f"the newest list has {newest.size} positions")
    raise StatusUnknownError(*reference, f"the list has the unknown value {value}")


def _newest(terms: Terms, reference: StatusReference, lists: Iterable[Said], at: datetime) -> Said:
    """What the one newest list of the list key up to *at* says.

    Raises:
        RevokedError, StatusUnknownError: Rule 1, or rule 2 but for the list's end and age.
    """
    list_key = _list_key(terms)
    newest: Said | None = None
    rivals: set[bytes] = set()
    revoked: list[datetime] = []
    for said in lists:
        if said.value == REVOKED and said.issued - at <= SKEW:
            revoked.append(said.issued)
        if said.signer == list_key and said.issued <= at:
            if newest is None or said.issued > newest.issued:
                newest, rivals = said, set()
            elif said.issued == newest.issued and said.object_id != newest.object_id:
                rivals |= {said.object_id, newest.object_id}
    if revoked:
        raise RevokedError(*reference, min(revoked))
    if newest is None:
        raise StatusUnknownError(*reference, f"no list by key {list_key.hex()} up to {utc(at)}")
    if rivals:
        reason = f"{len(rivals)} different lists were signed for {utc(newest.issued)}"
        raise StatusUnknownError(*reference, reason)
    return newest


def _list_key(terms: Terms) -> bytes:
    return terms.list_key or terms.creator.key.thumbprint


def _count_in_byte(byte: int, bits: int, value: int) -> int:
    return sum(byte >> place & (1 << bits) - 1 == value for place in range(0, 8, bits))


def _seconds(at: datetime, what: str) -> int:
    since = at - EPOCH
    if since.microseconds:
        raise MalformedError(f"{what} is {at}, expected a whole second")
    return since.days * 86_400 + since.seconds


# --- reading the claims; keys in any order, so by the general decoder ---


def _terms(claims: dict[Any, Any], notes: Notes) -> ListTerms | None:
    """The terms in *claims*; None, and a note, if the key is of an unknown kind."""
    _note_unknown(claims, {SUB, EXP, IAT, TTL, STATUS_LIST_CLAIM, CONSENTSIG}, "the claims", notes)
    uri = _typed(claims, SUB, str, "sub")
    if not is_list_address(uri):
        raise MalformedError(f"sub is {brief(uri)}, expected an https, did or urn address")
    issued, expires = _time(claims, IAT, "iat"), _time(claims, EXP, "exp")
    if not timedelta(0) < expires - issued <= MAX_LIFE:
        raise MalformedError(
            f"exp {utc(expires)} is not after iat {utc(issued)}, or over 366 days after"
        )
    ttl = _typed(claims, TTL, int, "ttl") if TTL in claims else None
    if ttl is not None and ttl < 1:
        raise MalformedError(f"ttl is {ttl}, expected at least 1")
    bits, statuses = _statuses(_typed(claims, STATUS_LIST_CLAIM, dict, "status_list"), notes)
    ours = _typed(claims, CONSENTSIG, dict, "the private map")
    _note_unknown(ours, {PREVIOUS, KEY}, "the private map", notes)
    previous = _typed(ours, PREVIOUS, bytes, "the previous list") if PREVIOUS in ours else None
    if previous is not None and len(previous) != 32:
        raise MalformedError(f"the previous list's id is {len(previous)} bytes, expected 32")
    signer = _signer(_typed(ours, KEY, dict, "the signer's key"), notes)
    if signer is None:
        return None
    return ListTerms(uri, signer, issued, expires, statuses, bits, ttl, previous)


def _signer(key: dict[Any, Any], notes: Notes) -> PublicKey | None:
    # Sorted again, as the reader of keys expects it.
    return read_cose_key(encode(key), 0, notes)[0]


def _statuses(status_list: dict[Any, Any], notes: Notes) -> tuple[int, bytes]:
    _note_unknown(status_list, {"bits", "lst", "aggregation_uri"}, "status_list", notes)
    if "aggregation_uri" in status_list:
        _typed(status_list, "aggregation_uri", str, "aggregation_uri")
    bits = _typed(status_list, "bits", int, "bits")
    if bits not in (1, 2, 4, 8):
        raise MalformedError(f"bits is {bits}, expected 1, 2, 4 or 8")
    return bits, _inflate(_typed(status_list, "lst", bytes, "lst"))


def _inflate(lst: bytes) -> bytes:
    stream = zlib.decompressobj()
    try:
        statuses = stream.decompress(lst, MAX_INFLATED_LEN + 1)
    except zlib.error as error:
        raise MalformedError(f"lst is not a zlib stream: {error}") from None
    if len(statuses) > MAX_INFLATED_LEN:
        raise MalformedError(f"lst inflates to more than {MAX_INFLATED_LEN} bytes")
    if not stream.eof or stream.unused_data:
        raise MalformedError("lst is not one whole zlib stream: it is cut short, or bytes follow")
    if not statuses:
        raise MalformedError("lst holds no position")
    return statuses


def _note_unknown(values: dict[Any, Any], known: set[Any], what: str, notes: Notes) -> None:
    for key in values:
        if key not in known:
            notes.append(f"{what} has the unknown key {brief(key)}")


def _typed(values: dict[Any, Any], key: object, kind: type[_T], what: str) -> _T:
    value = values.get(key)
    if type(value) is not kind:  # not isinstance: true is an int in Python
        raise MalformedError(f"{what} is missing or not of type {kind.__name__}")
    return value


def _time(claims: dict[Any, Any], key: int, what: str) -> datetime:
    seconds = _typed(claims, key, int, what)
    if not 0 <= seconds <= MAX_TIME:
        raise MalformedError(f"{what} is {seconds}, expected 0 to {MAX_TIME}")
    return EPOCH + timedelta(0, seconds)
