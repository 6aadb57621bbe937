"""Keys: Ed25519-strict, thumbprints, did:key, PEM, and which keys a caller believes.

Signatures are checked by libsodium (PyNaCl) behind a byte check of our own, so that the
answer on hostile keys and signatures does not depend on a library's mood (spec §4.2).
``cryptography`` reads and writes key files and is loaded only for that.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair
from nacl.exceptions import BadSignatureError as _NaClBadSignatureError

from consentsig.errors import BadSignatureError, KeyFileError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

KEY_LEN: Final = 32
THUMBPRINT_LEN: Final = 32
_SHA256_LEN: Final = 32
COSE_KEY_PREFIX: Final = bytes.fromhex("a3010120062158 20")  # {1: 1, -1: 6, -2: h'…32 bytes'}

_P: Final = 2**255 - 19
_L: Final = 2**252 + 27742317777372353535851937790883648493
_Y_MASK: Final = 2**255 - 1
_SMALL_ORDER: Final = frozenset(
    bytes.fromhex(encoding)
    for half in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
    for encoding in (half, half[:-2] + f"{int(half[-2:], 16) | 0x80:02x}")
)
_MULTICODEC_ED25519: Final = b"\xed\x01"
_DID_KEY: Final = "did:key:z6Mk"  # how the prefix above begins every one of them
_DID_KEY_LEN: Final = 56
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_THUMBPRINT: Final = re.compile(r"[0-9a-f]{64}")


class PublicKey:
    """An Ed25519 public key.

    Attributes:
        x: The 32 bytes of the key, as in a COSE_Key; possibly not a sound key, which
            only verification finds out.
        thumbprint: Its identity: the COSE Key Thumbprint (RFC 9679), SHA-256, 32 bytes.
        kid: The first 8 bytes of the thumbprint: a hint, never an identity (spec §3.1).
        is_sound: Whether it is canonical and not of small order (spec §4.2 steps 3, 4).
    """

    __slots__ = ("is_sound", "kid", "thumbprint", "x")

    x: bytes
    thumbprint: bytes
    kid: bytes
    is_sound: bool

    def __init__(self, x: bytes) -> None:
        if type(x) is not bytes:
            raise TypeError(f"a public key is {type(x).__name__}, expected bytes")
        if len(x) != KEY_LEN:
            raise KeyFileError(f"an Ed25519 public key is {len(x)} bytes, expected {KEY_LEN}")
        thumbprint = hashlib.sha256(COSE_KEY_PREFIX + x).digest()
        # Keys are shared between contracts, so nobody may change one.
        keep = partial(object.__setattr__, self)
        keep("x", x)
        keep("thumbprint", thumbprint)
        keep("kid", thumbprint[:8])
        keep("is_sound", _is_sound_point(x))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a public key does not change; {name} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a public key does not change; {name} cannot be deleted")

    def __reduce__(self) -> tuple[type[PublicKey], tuple[bytes]]:
        return PublicKey, (self.x,)

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check *signature* (64 bytes) over *message* by Ed25519-strict (spec §4.2).

        Raises:
            BadSignatureError: Any of its five steps fails.
        """
        if (
            len(signature) == 64
            and self.is_sound
            and (signature[63] < 0x10 or int.from_bytes(signature[32:], "little") < _L)
            and _is_sound_point(signature[:32])
        ):
            try:
                crypto_sign_open(signature + message, self.x)
            except _NaClBadSignatureError:
                pass
            else:
                return
        raise BadSignatureError(self.thumbprint)

    def to_did_key(self) -> str:
        """The key as ``did:key:z6Mk…``."""
        number = int.from_bytes(_MULTICODEC_ED25519 + self.x, "big")
        digits = ""
        while number:
            number, digit = divmod(number, 58)
            digits = _BASE58[digit] + digits
        return f"did:key:z{digits}"

    @classmethod
    def from_did_key(cls, did: str) -> PublicKey:
        """The key written as ``did:key:z6Mk…``.

        Raises:
            KeyFileError: It is not an Ed25519 did:key in its one spelling.
        """
        digits = did.removeprefix("did:key:z")
        number = 0
        for digit in digits[:64]:
            number = number * 58 + _BASE58.find(digit)
        data = number.to_bytes(64, "big")[-34:] if number > 0 else b""
        key = cls(data[2:]) if data[:2] == _MULTICODEC_ED25519 else None
        if key is None or key.to_did_key() != did:
            raise KeyFileError(f"{did!r} {_why_no_did_key(did)}")
        return key

    def to_pem(self) -> bytes:
        """The key as a PEM SubjectPublicKeyInfo (RFC 8410)."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        return Ed25519PublicKey.from_public_bytes(self.x).public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @classmethod
    def from_pem(cls, data: bytes) -> PublicKey:
        """The key in a PEM SubjectPublicKeyInfo.

        Raises:
            KeyFileError: It is something else, or another algorithm's.
        """
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            key = serialization.load_pem_public_key(data)
        except (ValueError, UnsupportedAlgorithm):
            raise KeyFileError("this is not a PEM public key (BEGIN PUBLIC KEY)") from None
        if not isinstance(key, Ed25519PublicKey):
            raise KeyFileError(f"this is an {type(key).__name__}, expected an Ed25519 key")
        raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
        return cls(key.public_bytes(*raw))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and self.x == other.x

    def __hash__(self) -> int:
        return hash(self.x)

    def __repr__(self) -> str:
        return f"PublicKey({self.to_did_key()})"


class Signer(Protocol):
    """What contracts and lists are signed with: a key in memory, in a KMS or on a token."""

    @property
    def public(self) -> PublicKey:
        """The public half."""

    def sign(self, message: bytes) -> bytes:
        """The 64-byte Ed25519 signature of *message*."""


def sign_with(signer: Signer, message: bytes) -> bytes:
    """The signature of *message* by *signer*, checked where it comes from elsewhere.

    A token or a service can fail, and a file with a bad signature would be noticed by others only.

    Raises:
        BadSignatureError: It is none by the signer's key.
        TypeError: It is not bytes.
    """
    signature = signer.sign(message)
    if type(signer) is not PrivateKey:
        if type(signature) is not bytes:
            raise TypeError(f"the signature is a {type(signature).__name__}, expected bytes")
        signer.public.verify(signature, message)
    return signature


class PrivateKey:
    """An Ed25519 private key. Neither ``repr`` nor an error shows what it holds."""

    __slots__ = ("_public", "_secret")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != KEY_LEN:
            raise KeyFileError(f"an Ed25519 private key is {len(seed)} bytes, expected {KEY_LEN}")
        x, self._secret = crypto_sign_seed_keypair(seed)
        self._public = PublicKey(x)

    @property
    def public(self) -> PublicKey:
        """Its public half."""
        return self._public

    @classmethod
    def generate(cls) -> PrivateKey:
        """A new key from the system's randomness."""
        return cls(secrets.token_bytes(KEY_LEN))

    def sign(self, message: bytes) -> bytes:
        """The 64-byte Ed25519 signature of *message*."""
        return crypto_sign(message, self._secret)[:64]

    def to_pem(self, passphrase: bytes | None) -> bytes:
        """The key as PKCS#8 PEM, encrypted under *passphrase* unless it is None."""
        from consentsig import keyfile

        return keyfile.to_pem(self._secret[:KEY_LEN], passphrase)

    @classmethod
    def from_pem(cls, data: bytes, passphrase: bytes | None) -> PrivateKey:
        """The key in a PKCS#8 PEM file, clear or encrypted.

        Raises:
            KeyFileError: Another kind of file or key, or the passphrase is missing or wrong.
        """
        from consentsig import keyfile

        return cls(keyfile.seed_from_pem(data, passphrase))

    def __reduce__(self) -> str:
        raise TypeError("a private key is not pickled or copied; it would be written in clear")

    def __repr__(self) -> str:
        return f"PrivateKey(of {self.public!r})"


def _why_no_did_key(did: str) -> str:
    if not did.startswith(_DID_KEY):
        return f"is not an Ed25519 did:key, which begins {_DID_KEY}"
    if len(did) != _DID_KEY_LEN:
        return f"is not an Ed25519 did:key: it has {len(did)} characters, expected {_DID_KEY_LEN}"
    return "is not an Ed25519 did:key: a character in it is wrong"


class KeySet:
    """The keys a caller believes, by thumbprint (spec §5 step 4).

    Args:
        keys: Public keys, or whole thumbprints.
        works: For a key believed for named works only: their SHA-256 digests.

    Raises:
        KeyFileError: A thumbprint has another length.
        ValueError: A digest has another length.
        TypeError: One of them is something else, such as hexadecimal digits.
    """

    __slots__ = ("_thumbprints", "_works")

    def __init__(
        self,
        keys: Iterable[PublicKey | bytes] = (),
        *,
        works: Mapping[PublicKey | bytes, Collection[bytes]] | None = None,
    ) -> None:
        self._works = {
            _thumbprint(key): frozenset(map(_work, of)) for key, of in (works or {}).items()
        }
        self._thumbprints = frozenset(map(_thumbprint, keys)) | self._works.keys()

    def __contains__(self, key: PublicKey | bytes) -> bool:
        return _thumbprint(key) in self._thumbprints

    def __len__(self) -> int:
        return len(self._thumbprints)

    def believes(self, thumbprint: bytes, work: bytes) -> bool:
        """Whether the key is believed about the work with this SHA-256."""
        if thumbprint not in self._thumbprints:
            return False
        works = self._works.get(thumbprint)
        return works is None or work in works

    def works_of(self, key: PublicKey | bytes) -> frozenset[bytes] | None:
        """The SHA-256 digests *key* is believed for; None if it is believed for every work."""
        return self._works.get(_thumbprint(key))


def parse_thumbprint(text: str) -> bytes:
    """The thumbprint written as 64 lower-case hexadecimal digits.

    Raises:
        KeyFileError: It is not that.
    """
    if not _THUMBPRINT.fullmatch(text):
        raise KeyFileError(f"{text!r} is not a thumbprint, which is 64 digits of 0-9 and a-f")
    return bytes.fromhex(text)


def _thumbprint(key: PublicKey | bytes) -> bytes:
    if isinstance(key, PublicKey):
        return key.thumbprint
    if type(key) is not bytes:
        raise TypeError(f"a key is a {type(key).__name__}, expected a PublicKey or a thumbprint")
    if len(key) != THUMBPRINT_LEN:
        raise KeyFileError(f"a thumbprint is {len(key)} bytes, expected {THUMBPRINT_LEN}")
    return key


def _work(digest: bytes) -> bytes:
    if type(digest) is not bytes:
        raise TypeError(f"a work is a {type(digest).__name__}, expected its SHA-256 as bytes")
    if len(digest) != _SHA256_LEN:
        raise ValueError(f"the SHA-256 of a work is {len(digest)} bytes, expected {_SHA256_LEN}")
    return digest


def _is_sound_point(encoding: bytes) -> bool:
    if encoding in _SMALL_ORDER:
        return False
    # Nearly every y differs from p in its highest byte, which is then enough to look at.
    return encoding[31] & 0x7F < 0x7F or int.from_bytes(encoding, "little") & _Y_MASK < _P
