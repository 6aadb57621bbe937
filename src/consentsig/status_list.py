"""Status lists: make, read, verify (spec §7.1).

A list is an IETF Token Status List in CWT form, narrowed. :func:`verify_status_list`
gives a :class:`StatusList`, good under the key it carries. Whether that key may speak for a
contract, and what all lists together say of it, is for :mod:`consentsig.status_book`.
"""

from __future__ import annotations

import functools
import hashlib
import re
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from consentsig.errors import (
    MalformedError,
    UnsupportedError,
    brief,
    utc,
)
from consentsig.format import cose
from consentsig.format.cbor import encode
from consentsig.format.common import CONSENTSIG, read_cose_key
from consentsig.format.cose import Profile, Sign1
from consentsig.format.inflate import inflate
from consentsig.format.strings import is_list_address
from consentsig.keys import sign_with
from consentsig.sealed import Sealed
from consentsig.terms import EPOCH, MAX_TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from consentsig.format.fields import Notes
    from consentsig.keys import PublicKey, Signer

# The labels draft-ietf-oauth-status-list asks for; they are not final until it is an RFC.
STATUS_LIST_CLAIM, TTL = 65533, 65534
STATUS_LIST: Final = Profile("application/statuslist+cwt", 2_097_152, 1_048_576, any_key_order=True)

VALID, REVOKED, SUSPENDED = 0, 1, 2
MAX_INFLATED_LEN: Final = 16_777_216
MAX_POSITIONS: Final = 8 * MAX_INFLATED_LEN  # one bit each
MAX_LIFE: Final = timedelta(days=366)
DEFAULT_LIFE: Final = timedelta(days=90)
DEFAULT_TTL: Final = 86_400

_NOT_ZERO: Final = re.compile(rb"[^\0]")
SUB, EXP, IAT = 2, 4, 6
PREVIOUS, KEY = 1, 2


_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ListTerms:
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

    def __repr__(self) -> str:
        return (
            f"ListTerms({self.uri!r}, by {self.signer.thumbprint.hex()}, issued "
            f"{utc(self.issued)}, expires {utc(self.expires)}, {self.size} positions)"
        )

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
        marks = self.statuses.translate(_marks(self.bits, value))
        return int.from_bytes(marks, "little").bit_count()


@dataclass(frozen=True, slots=True)
class UnverifiedStatusList:
    """A list as read: well made, its signature not checked. To look at.

    Attributes:
        terms: What it says.
        object_id: SHA-256 of its payload.
        sign1: Its envelope.
    """

    terms: ListTerms
    object_id: bytes
    sign1: Sign1 = field(repr=False)


class StatusList(Sealed):
    """A list whose signature is good under the key it carries, whoever's that is.

    :func:`verify_status_list` makes it and nothing else does. It pickles as its file, which
    is verified again when it is loaded.

    Attributes:
        terms: What it says.
        object_id: SHA-256 of its payload.
        data: The file, to keep as evidence.
    """

    __slots__ = ("data", "object_id", "terms")
    MADE_BY = "verify_status_list"

    data: bytes
    object_id: bytes
    terms: ListTerms

    def __reduce__(self) -> tuple[Callable[[bytes], StatusList], tuple[bytes]]:
        return verify_status_list, (self.data,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StatusList) and self.data == other.data

    def __hash__(self) -> int:
        return hash(self.object_id)

    def __repr__(self) -> str:
        return f"StatusList({self.object_id.hex()}: {self.terms!r})"


def parse_status_list(data: bytes) -> UnverifiedStatusList:
    """Read *data* as a status list, without believing it (spec §7.1).

    Raises:
        MalformedError: It is not a list of this profile.
        UnsupportedError: It is well made, with a part this version does not know.
    """
    claims = cose.check_envelope(data, STATUS_LIST)
    notes: Notes = []
    sign1 = cose.parse_sign1(data, STATUS_LIST, notes)
    cose.note_unknown_labels(sign1, notes)
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

    It says nothing about whose key that is, or how old the list is: a :class:`StatusBook` does.

    Raises:
        MalformedError: It is not a list of this profile.
        UnsupportedError: It is well made, with a part this version does not know.
        BadSignatureError: The signature does not fit.
    """
    parsed = parse_status_list(data)
    parsed.terms.signer.verify(parsed.sign1.signature, parsed.sign1.sig_structure)
    return StatusList._make(data, parsed.object_id, parsed.terms)  # its maker


def sign_status_list(terms: ListTerms, key: Signer) -> bytes:
    """The list file that says *terms*, signed by *key*.

    Raises:
        MalformedError: The terms break a rule of the profile.
        ValueError: *key* is not the signer.
        BadSignatureError: What *key* made is no signature by it.
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
        STATUS_LIST_CLAIM: {"bits": terms.bits, "lst": _deflated(terms.statuses)},
        CONSENTSIG: ours,
    }
    if terms.ttl is not None:
        claims[TTL] = terms.ttl
    unsigned, sig_structure = cose.unsigned_sign1(key.public.kid, encode(claims), STATUS_LIST)
    data = unsigned + sign_with(key, sig_structure)
    parse_status_list(data)  # what is published is what would be accepted
    return data


def _deflated(statuses: bytes) -> bytes:
    # Runs of one byte are nearly all there is to find in a list. To look for more takes a hundred
    # times as long, and saves one byte in twenty.
    stream = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_RLE)
    return stream.compress(statuses) + stream.flush()


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


def revoked_bits(terms: ListTerms) -> int:
    """The positions that *terms* says are revoked, as the bits of one number."""
    if terms.bits == 1:
        return int.from_bytes(terms.statuses, "little")
    digits, base = _REVOKED_DIGITS[terms.bits]
    # One digit a byte, the first byte last; a base that is a power of two takes linear time.
    return int(terms.statuses.translate(digits)[::-1], base)


def _revoked_digits(bits: int) -> tuple[bytes, int]:
    """For each byte the digit that says which of its positions hold 1, and the digits' base."""
    each = range(8 // bits)
    mask = (1 << bits) - 1
    values = (
        sum((byte >> bits * place & mask == REVOKED) << place for place in each)
        for byte in range(256)
    )
    return bytes(b"0123456789abcdef"[value] for value in values), 1 << len(each)


_REVOKED_DIGITS: Final = {bits: _revoked_digits(bits) for bits in (2, 4, 8)}


def positions_of(bits: int) -> list[int]:
    """The places of the bits set in a number, ascending."""
    data = bits.to_bytes(-(-bits.bit_length() // 8), "little")
    return [
        found.start() * 8 + place
        for found in _NOT_ZERO.finditer(data)  # nearly all of a list is zero
        for place in _PLACES[data[found.start()]]
    ]


_PLACES: Final = tuple(tuple(n for n in range(8) if byte >> n & 1) for byte in range(256))


def bits_of(positions: Iterable[int]) -> int:
    """The number that has the bits at *positions* set.

    Raises:
        ValueError: No list has such a position.
    """
    data, end = bytearray(), 0
    for idx in positions:
        if not 0 <= idx < end:
            if not 0 <= idx < MAX_POSITIONS:
                raise ValueError(f"a position is {idx}, expected 0 to {MAX_POSITIONS - 1}")
            data.extend(bytes(max((idx >> 3) + 1 - len(data), len(data))))  # doubled, so seldom
            end = 8 * len(data)
        data[idx >> 3] |= 1 << (idx & 7)
    return int.from_bytes(data, "little")


@functools.lru_cache(maxsize=64)
def _marks(bits: int, value: int) -> bytes:
    """For each byte one that has a bit set for each of its positions that holds *value*."""
    mask = (1 << bits) - 1
    places = range(0, 8, bits)
    return bytes(
        sum(1 << place for place in places if byte >> place & mask == value) for byte in range(256)
    )


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
    return bits, inflate(_typed(status_list, "lst", bytes, "lst"), MAX_INFLATED_LEN, "lst")


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
