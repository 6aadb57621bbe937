"""The envelope: a COSE_Sign1 under tag 18, and the bytes that are signed (spec §3.1, §4.1).

Contracts and status lists share it; they differ in ``typ``, in limits, and in whether map
keys may stand in any order.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from consentsig.errors import MalformedError, UnsupportedError, brief
from consentsig.format import cbor

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

ALG_EDDSA: Final = -8
ALG_ED25519: Final = -19
MAX_HEADER_LEN: Final = 65_536
KID_LEN: Final = 8

ALG, KID, TYP = 1, 4, 16  # labels of the headers
X5CHAIN, TIMESTAMP, RECEIPTS = 33, 270, 394
_TAG_SIGN1, _TAG_SIGN = b"\xd2", b"\xd8\x62"
SIGN1_HEAD: Final = b"\xd2\x84"
_BSTR_8_BIT: Final = 0x58
_BSTR_16_BIT: Final = 0x59
_SIGNATURE_HEAD: Final = b"\x58\x40"
_CONTEXT: Final = b"\x84jSignature1"


class Profile(NamedTuple):
    """What tells one kind of object from another before its payload is read.

    Attributes:
        typ: The media type in label 16.
        max_len: Greatest length of the file in bytes.
        max_payload_len: Greatest length of the payload in bytes.
        any_key_order: Whether map keys may stand in any order.
    """

    typ: str
    max_len: int
    max_payload_len: int
    any_key_order: bool = False


class Sign1(NamedTuple):
    """The parts of an envelope, read and not yet verified.

    Attributes:
        kid: First 8 bytes of the signer's thumbprint, as the header claims.
        payload: The payload's bytes, whose SHA-256 is the object id.
        signature: Its bytes; how many there must be, the algorithm says.
        sig_structure: The bytes that were signed (RFC 9052 §4.4).
        further: Labels of the unprotected header that not every object may have. What reads the
            payload decides about them.
    """

    kid: bytes
    payload: bytes
    signature: bytes
    sig_structure: bytes
    further: Mapping[Any, Any] = {}


def parse_sign1(data: bytes, profile: Profile, notes: list[str]) -> Sign1:
    """Read the envelope of the whole file *data*.

    Unknown algorithms, and unknown labels of the protected header, are put into *notes*.

    Raises:
        MalformedError, IndexError: It is not one (spec §3.9 a, b, d).
    """
    check_len("the file", len(data), profile.max_len)
    return _parse_usual(data, profile) or _parse(data, profile, notes)


def _parse_usual(data: bytes, profile: Profile) -> Sign1 | None:
    """The parts of a file with alg -8 and nothing unprotected, as nearly every one is."""
    before, after, kid, start = _usual_parts(profile.typ)
    if not (data.startswith(before) and data.startswith(after, kid + KID_LEN)):
        return None
    end = len(data) - 66  # of the payload
    if end < start or data[start] not in (_BSTR_8_BIT, _BSTR_16_BIT):
        return None
    item = data[start:end]
    payload = item[3:] if data[start] == _BSTR_16_BIT else item[2:]
    length = len(payload)
    if (
        not item.startswith(cbor.head(cbor.BSTR, length))
        or length > profile.max_payload_len
        or data[end : end + 2] != _SIGNATURE_HEAD
    ):
        return None
    signed = b"%b%b\x40%b" % (_CONTEXT, data[2 : start - 1], item)
    return Sign1(data[kid : kid + KID_LEN], payload, data[end + 2 :], signed)


@cache
def _usual_parts(typ: str) -> tuple[bytes, bytes, int, int]:
    """What stands before and after kid in a usual file, where kid and where payload begin."""
    before, after = _protected(ALG_EDDSA, typ)
    length = len(before) + KID_LEN + len(after)
    before, after = SIGN1_HEAD + cbor.head(cbor.BSTR, length) + before, after + b"\xa0"
    return before, after, len(before), len(before) + KID_LEN + len(after)


def _parse(data: bytes, profile: Profile, notes: list[str]) -> Sign1:
    if not data.startswith(SIGN1_HEAD):
        raise MalformedError(f"the file begins {data[:2].hex()}, expected d284")
    start = len(SIGN1_HEAD)
    protected, end = _read_limited(data, start, MAX_HEADER_LEN, "the protected header")
    kid = _read_protected(protected, profile, notes)
    labels, payload_start = _read_unprotected(data, end, profile)
    further = _check_unprotected(labels)
    payload, payload_end = _read_limited(
        data, payload_start, profile.max_payload_len, "the payload"
    )
    signature, pos = cbor.read_bytes(data, payload_end, "the signature")
    if pos != len(data):
        raise MalformedError(f"{len(data) - pos} bytes follow the signature")
    signed = b"%b%b\x40%b" % (_CONTEXT, data[start:end], data[payload_start:payload_end])
    return Sign1(kid, payload, signature, signed, further)


def note_unknown_labels(sign1: Sign1, notes: list[str], known: Collection[object] = ()) -> None:
    """Note the labels of the unprotected header that are not *known* for this object."""
    notes += [
        f"the unprotected header has the unknown label {brief(label)}"
        for label in sign1.further
        if label not in known
    ]


def unsigned_sign1(
    kid: bytes, payload: bytes, profile: Profile, alg: int = ALG_EDDSA
) -> tuple[bytes, bytes]:
    """A file up to where its 64 signature bytes go, and the bytes to sign (RFC 9052 §4.4)."""
    before, after = _protected(alg, profile.typ)
    protected = before + kid + after
    header = cbor.head(cbor.BSTR, len(protected)) + protected
    body = cbor.head(cbor.BSTR, len(payload)) + payload
    return (
        b"%b%b\xa0%b%b" % (SIGN1_HEAD, header, body, _SIGNATURE_HEAD),
        b"%b%b\x40%b" % (_CONTEXT, header, body),
    )


def with_label(data: bytes, label: int, value: cbor.Item) -> bytes:
    """The good file *data* with *label* added to its unprotected header, which is not signed."""
    _, start = cbor.read_bytes(data, len(SIGN1_HEAD), "the protected header")
    labels, end = cbor.read_item(data, start)
    return data[:start] + cbor.encode({**labels, label: value}) + data[end:]


def is_bare(data: bytes) -> bool:
    """Whether the good file *data* has nothing in its unprotected header."""
    _, start = cbor.read_bytes(data, len(SIGN1_HEAD), "the protected header")
    return data[start] == cbor.MAP << 5


def protected_of(sign1: Sign1) -> dict[int | str, cbor.Item]:
    """The protected header of an envelope that was read."""
    _, protected, *_ = cbor.decode(sign1.sig_structure)
    header: dict[int | str, cbor.Item] = cbor.decode(protected)
    return header


def check_len(what: str, length: int, limit: int) -> None:
    """Raise MalformedError if *length* is over *limit*, before anything is allocated."""
    if length > limit:
        raise MalformedError(f"{what} is {length} bytes, at most {limit} are allowed", 1)


def check_envelope(data: bytes, profile: Profile) -> dict[object, object]:
    """Make tests a and b of spec §3.9 with the general decoder; return the payload's map.

    Slower than :func:`parse_sign1`, and in the normative order: it says which code a file
    gets that was refused.

    Raises:
        MalformedError: Test a or b fails.
        UnsupportedError: The file is well made under tag 98 (COSE_Sign).
    """
    check_len("the file", len(data), profile.max_len)
    if data[:2] == _TAG_SIGN:
        if not isinstance(_decode(data[2:], profile), list):
            raise MalformedError("what tag 98 stands before is not an array", 1)
        raise UnsupportedError("tag 98 (several creators) is not supported, only tag 18", 1)
    if data[:1] != _TAG_SIGN1:
        raise MalformedError(f"the file begins {data[:1].hex() or 'nowhere'}, expected d2", 1)
    try:
        protected, payload = _split(data, profile)
    except IndexError:
        raise MalformedError("the file ends inside an item", 1) from None
    except MalformedError as error:
        raise MalformedError(error.reason, 1) from None
    header, claims = _decode(protected, profile), _decode(payload, profile)
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise MalformedError("the protected header or the payload is not a map", 1)
    if header.get(TYP) != profile.typ:
        raise MalformedError(f"typ is {brief(header.get(TYP))}, expected {profile.typ!r}", 1)
    return claims


def _split(data: bytes, profile: Profile) -> tuple[bytes, bytes]:
    """Protected header and payload of the file, each limit checked before reading on."""
    length, pos = cbor.read_head(data, 1, cbor.ARRAY, "the file")
    if length != 4:
        raise MalformedError(f"the file is an array of {length} items, expected 4")
    protected, pos = _read_limited(data, pos, MAX_HEADER_LEN, "the protected header")
    _, pos = _read_unprotected(data, pos, profile)
    payload, pos = _read_limited(data, pos, profile.max_payload_len, "the payload")
    _, pos = cbor.read_bytes(data, pos, "the signature")
    if pos != len(data):
        raise MalformedError(f"{len(data) - pos} bytes follow the signature")
    return protected, payload


def _read_limited(data: bytes, pos: int, limit: int, what: str) -> tuple[bytes, int]:
    """A byte string of at most *limit* bytes, its length checked before it is taken."""
    length, start = cbor.read_head(data, pos, cbor.BSTR, what)
    check_len(what, length, limit)
    if start + length > len(data):
        raise IndexError
    return data[start : start + length], start + length


def _read_unprotected(data: bytes, pos: int, profile: Profile) -> tuple[dict[object, object], int]:
    window = data[pos : pos + MAX_HEADER_LEN]
    try:  # depth 1: the file's array is open around it
        labels, end = cbor.read_item(window, 0, 1, any_key_order=profile.any_key_order)
    except IndexError:
        check_len("the unprotected header", len(data) - pos, MAX_HEADER_LEN)
        raise
    if not isinstance(labels, dict):
        raise MalformedError("the unprotected header is not a map")
    return labels, pos + end


def _check_unprotected(labels: dict[object, object]) -> dict[object, object]:
    """Check the labels that every object may have; return the others."""
    further = {}
    for label, value in labels.items():
        if label == X5CHAIN:
            fits = isinstance(value, bytes) or _is_byte_strings(value, 2)
        elif label == TIMESTAMP:
            fits = isinstance(value, bytes)
        elif label == RECEIPTS:
            fits = _is_byte_strings(value, 1)
        else:
            further[label] = value
            continue
        if not fits:
            raise MalformedError(f"label {label} of the unprotected header has the wrong type")
    return further


def _is_byte_strings(value: object, at_least: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) >= at_least
        and all(isinstance(item, bytes) for item in value)
    )


def _read_protected(protected: bytes, profile: Profile, notes: list[str]) -> bytes:
    """Check the protected header; return its kid."""
    header = _decode(protected, profile)
    if not isinstance(header, dict) or header.get(TYP) != profile.typ:
        raise MalformedError(f"typ is missing or not {profile.typ!r}")
    alg, kid = header.get(ALG), header.get(KID)
    if type(alg) is not int:
        raise MalformedError("alg (label 1) is missing or not an integer")
    if not isinstance(kid, bytes):
        raise MalformedError("kid (label 4) is missing or not a byte string")
    if len(kid) != KID_LEN:
        raise MalformedError(f"kid is {len(kid)} bytes, expected {KID_LEN}")
    if alg not in (ALG_EDDSA, ALG_ED25519):
        notes.append(f"alg is {alg}, only {ALG_EDDSA} and {ALG_ED25519} are supported")
    unknown = {*header} - {ALG, KID, TYP}
    notes += [f"the protected header has the unknown label {brief(label)}" for label in unknown]
    return kid


def _decode(data: bytes, profile: Profile) -> cbor.Item:
    return cbor.decode(data, any_key_order=profile.any_key_order)


@cache
def _protected(alg: int, typ: str) -> tuple[bytes, bytes]:
    """The protected header before and after the eight bytes of kid, without its head."""
    return (
        b"\xa3" + cbor.encode(ALG) + cbor.encode(alg) + cbor.encode(KID) + cbor.head(2, KID_LEN),
        cbor.encode(TYP) + cbor.encode(typ),
    )
