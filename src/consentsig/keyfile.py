"""Private keys in PKCS#8 PEM files, locked with a strong key derivation (RFC 8018, RFC 5958).

``cryptography`` reads such files; what it writes itself derives the key with 2,048
rounds of PBKDF2, too few against someone who has the file. So the outer structure is
written here: PBES2 with PBKDF2-HMAC-SHA256 of 600,000 rounds and AES-256-CBC. scrypt
would be stronger, but OpenSSL refuses it at a useful strength (its memory limit is 32
MiB), and a creator should be able to open the key with other tools.
"""

from __future__ import annotations

import base64
import os
import textwrap
from typing import Final

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from consentsig.errors import KeyFileError

ROUNDS: Final = 600_000
_SALT_LEN: Final = 16
_IV_LEN: Final = 16

_INTEGER, _OCTETS, _SEQUENCE = 0x02, 0x04, 0x30
_NULL: Final = bytes.fromhex("0500")
_PBES2: Final = bytes.fromhex("06092a864886f70d01050d")  # 1.2.840.113549.1.5.13
_PBKDF2: Final = bytes.fromhex("06092a864886f70d01050c")  # 1.2.840.113549.1.5.12
_HMAC_SHA256: Final = bytes.fromhex("06082a864886f70d0209")  # 1.2.840.113549.2.9
_SCRYPT: Final = bytes.fromhex("2b06010401da47040b")  # 1.3.6.1.4.1.11591.4.11
_MAX_ROUNDS: Final = 10_000_000  # a few seconds
_MAX_SCRYPT_COST: Final = 1 << 18  # 256 MiB at the usual block size
_AES_256_CBC: Final = bytes.fromhex("060960864801650304012a")  # 2.16.840.1.101.3.4.1.42


def to_pem(seed: bytes, passphrase: bytes | None) -> bytes:
    """A PKCS#8 PEM file of the 32-byte *seed*, locked unless *passphrase* is None.

    Raises:
        KeyFileError: The passphrase is empty, which would lock nothing.
    """
    _check_passphrase(passphrase)
    key = Ed25519PrivateKey.from_private_bytes(seed)
    encoding = serialization.Encoding.DER if passphrase else serialization.Encoding.PEM
    clear = key.private_bytes(
        encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return _locked(clear, passphrase) if passphrase else clear


def seed_from_pem(data: bytes, passphrase: bytes | None) -> bytes:
    """The 32-byte seed in a PKCS#8 PEM file.

    Raises:
        KeyFileError: Another kind of file or key, or the passphrase is missing or wrong.
    """
    if b"BEGIN OPENSSH PRIVATE KEY" in data:
        raise KeyFileError(
            "this is an OpenSSH key; an SSH agent that holds it would sign a contract for whoever "
            "reaches its socket, so contracts need a key of their own"
        )
    if b"BEGIN PRIVATE KEY" not in data and b"BEGIN ENCRYPTED PRIVATE KEY" not in data:
        raise KeyFileError("this is not a PKCS#8 private key file (BEGIN PRIVATE KEY)")
    key = _load(data, passphrase)
    if not isinstance(key, Ed25519PrivateKey):
        kind = type(key).__name__.removesuffix("PrivateKey")
        raise KeyFileError(f"this is a key of kind {kind}, expected Ed25519")
    return key.private_bytes(
        serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
    )


def is_locked(data: bytes) -> bool:
    """Whether a PEM file needs a passphrase."""
    return b"BEGIN ENCRYPTED PRIVATE KEY" in data


def check_cost(data: bytes) -> None:
    """Refuse a file whose derivation would take hours or gigabytes, before it is begun."""
    body = data.partition(b"BEGIN ENCRYPTED PRIVATE KEY-----")[2].partition(b"-----")[0]
    try:
        der = base64.b64decode(b"".join(body.split()), validate=True)
        (_, outer), *_ = _items(der)
        (_, algorithm), *_ = _items(outer)
        (_, scheme), (_, parameters) = _items(algorithm)
        (_, kdf), *_ = _items(parameters)
        (_, name), (_, costs) = _items(kdf)
        numbers = [int.from_bytes(content) for tag, content in _items(costs) if tag == _INTEGER]
    except (ValueError, IndexError):
        raise KeyFileError("the key is damaged, or not locked in the way of PBES2") from None
    limit = {_PBKDF2[2:]: _MAX_ROUNDS, _SCRYPT: _MAX_SCRYPT_COST}.get(name)
    if scheme != _PBES2[2:] or limit is None or max(numbers, default=0) > limit:
        raise KeyFileError(
            f"the key is locked at a cost of {max(numbers, default=0)}, "
            f"at most {limit or 0} is tried"
        )


def _items(content: bytes) -> list[tuple[int, bytes]]:
    """The DER items in *content*, each as its tag and its content."""
    items = []
    while content:
        tag, length, start = content[0], content[1], 2
        if length > 0x80:
            start += length - 0x80
            length = int.from_bytes(content[2:start])
        items.append((tag, content[start : start + length]))
        content = content[start + length :]
    return items


def _check_passphrase(passphrase: bytes | None) -> None:
    if passphrase == b"":
        raise KeyFileError("the passphrase is empty")


def _load(data: bytes, passphrase: bytes | None) -> object:
    _check_passphrase(passphrase)
    if is_locked(data) != (passphrase is not None):
        needs = "needs a passphrase" if is_locked(data) else "is not locked, but one was given"
        raise KeyFileError(f"the key {needs}")
    if is_locked(data):
        check_cost(data)
    try:
        return serialization.load_pem_private_key(data, passphrase)
    except (ValueError, InternalError):
        reason = "the passphrase is wrong, or the file damaged" if passphrase else "it is damaged"
        raise KeyFileError(f"the key cannot be read: {reason}") from None
    except UnsupportedAlgorithm:
        raise KeyFileError("the key is of a kind, or locked in a way, not known here") from None


def _locked(clear: bytes, passphrase: bytes) -> bytes:
    salt, iv = os.urandom(_SALT_LEN), os.urandom(_IV_LEN)
    derived = PBKDF2HMAC(hashes.SHA256(), 32, salt, ROUNDS).derive(passphrase)
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(derived), modes.CBC(iv)).encryptor()
    secret = encryptor.update(padder.update(clear) + padder.finalize()) + encryptor.finalize()
    rounds = ROUNDS.to_bytes(4, "big").lstrip(b"\0")
    kdf = _sequence(_der(_OCTETS, salt), _der(_INTEGER, rounds), _sequence(_HMAC_SHA256, _NULL))
    scheme = _sequence(_sequence(_PBKDF2, kdf), _sequence(_AES_256_CBC, _der(_OCTETS, iv)))
    der = _sequence(_sequence(_PBES2, scheme), _der(_OCTETS, secret))
    body = textwrap.fill(base64.b64encode(der).decode(), 64)
    label = "ENCRYPTED PRIVATE KEY"
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n".encode()


def _sequence(*parts: bytes) -> bytes:
    return _der(_SEQUENCE, b"".join(parts))


def _der(tag: int, content: bytes) -> bytes:
    # Two forms suffice: nothing here is longer than 255 bytes.
    length = bytes((len(content),)) if len(content) < 128 else bytes((0x81, len(content)))
    return bytes((tag,)) + length + content
