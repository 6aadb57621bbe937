"""What objects of every kind share: the private label, COSE keys, digests (spec §2.6, §3.5)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from consentsig.errors import MalformedError
from consentsig.format import cbor
from consentsig.format.fields import read_array
from consentsig.keys import COSE_KEY_PREFIX, KEY_LEN, PublicKey

if TYPE_CHECKING:
    from consentsig.format.fields import Notes

CONSENTSIG: Final = -1455000947  # the private claim that holds what is ours
SHA256, SHA384, SHA512 = -16, -43, -44


@lru_cache(maxsize=4096)  # a few creators sign most of what one verifier sees
def public_key(x: bytes) -> PublicKey:
    """The key with these 32 bytes."""
    return PublicKey(x)


def read_cose_key(data: bytes, pos: int, notes: Notes) -> tuple[PublicKey | None, int]:
    """Read a COSE_Key (spec §2.6); None, and a note, if its kind is unknown."""
    if data.startswith(COSE_KEY_PREFIX, pos):
        start = pos + len(COSE_KEY_PREFIX)
        x = data[start : start + KEY_LEN]
        if len(x) < KEY_LEN:
            raise IndexError
        return public_key(x), start + KEY_LEN
    key, pos = cbor.read_item(data, pos)
    if not isinstance(key, dict):
        raise MalformedError("the COSE_Key is not a map")
    return _unusual_key(key, notes), pos


def _unusual_key(key: dict[Any, Any], notes: Notes) -> PublicKey | None:
    kty, crv, x = key.get(1), key.get(-1), key.get(-2)
    if type(kty) is not int:
        raise MalformedError("the COSE_Key has no integer kty (1)")
    if kty != 1:
        notes.append(f"kty is {kty}, only 1 (OKP) is supported")
        return None
    if type(crv) is not int:
        raise MalformedError("the COSE_Key has no integer crv (-1)")
    if crv != 6:
        notes.append(f"crv is {crv}, only 6 (Ed25519) is supported")
        return None
    if not isinstance(x, bytes) or len(x) != KEY_LEN:
        raise MalformedError(f"the COSE_Key's x (-2) is not a byte string of {KEY_LEN} bytes")
    unknown = ", ".join(map(str, {*key} - {1, -1, -2}))
    notes.append(f"the COSE_Key has the unknown keys {unknown}")
    return public_key(x)


def read_digest(data: bytes, pos: int) -> tuple[tuple[int, bytes], int]:
    """Read ``[alg, value]``, whatever the algorithm (spec §3.5)."""
    pos = read_array(data, pos, 2, "a digest")
    alg, pos = cbor.read_int(data, pos, "a digest's algorithm")
    value, pos = cbor.read_bytes(data, pos, "a digest's value")
    return (alg, value), pos
