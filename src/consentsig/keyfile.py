"""Private keys in PKCS#8 PEM files, locked with a strong key derivation (RFC 8018, RFC 5958).

``cryptography`` reads such files; what it writes itself derives the key with 2,048
rounds of PBKDF2, too few against someone who has the file. So the outer structure is
written here: PBES2 with PBKDF2-HMAC-SHA256 of 600,000 rounds and AES-256-CBC. scrypt
would be stronger, but OpenSSL refuses it at a useful strength (its memory limit is 32
MiB), and a creator should be able to open the key with other tools.

The file may come from somebody else, who can ask for a derivation that takes hours or all
memory. So a file has one PEM block, and the bytes whose cost is checked are those that are read.
"""

from __future__ import annotations

import base64
import os
import re
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
_CLEAR_LABEL, _LOCKED_LABEL = b"PRIVATE KEY", b"ENCRYPTED PRIVATE KEY"
_BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----")

_INTEGER, _OCTETS, _SEQUENCE = 0x02, 0x04, 0x30
_NULL: Final = bytes.fromhex("0500")
_PBES2: Final = bytes.fromhex("06092a864886f70d01050d")  # 1.2.840.113549.1.5.13
_PBKDF2: Final = bytes.fromhex("06092a864886f70d01050c")  # 1.2.840.113549.1.5.12
_HMAC_SHA256: Final = bytes.fromhex("06082a864886f70d0209")  # 1.2.840.113549.2.9
_SCRYPT: Final = bytes.fromhex("06092b06010401da47040b")  # 1.3.6.1.4.1.11591.4.11
_MAX_ROUNDS: Final = 10_000_000  # a few seconds
_MAX_MEMORY: Final = 1 << 28  # bytes, which scrypt takes as 128 * N * r (RFC 7914 §2)
_MAX_SCRYPT_WORK: Final = 1 << 23  # N * r * p; a few seconds
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
    key = _load(data, passphrase)
    if not isinstance(key, Ed25519PrivateKey):
        kind = type(key).__name__.removesuffix("PrivateKey")
        raise KeyFileError(f"this is a key of kind {kind}, expected Ed25519")
    return key.private_bytes(
        serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
    )


def is_locked(data: bytes) -> bool:
    """Whether a PEM file needs a passphrase."""
    return b"BEGIN " + _LOCKED_LABEL in data


def check_cost(data: bytes) -> None:
    """Refuse a locked file whose derivation would take hours or gigabytes, before it begins.

    Raises:
        KeyFileError: That, or it is not locked with PBES2 as RFC 8018 has it.
    """
    _check_cost(_block(data, _LOCKED_LABEL))


def _block(data: bytes, label: bytes) -> bytes:
    """The DER in the one PEM block of *data*."""
    if b"BEGIN " + _CLEAR_LABEL not in data and not is_locked(data):
        raise KeyFileError("this is not a PKCS#8 private key file (BEGIN PRIVATE KEY)")
    if (count := data.count(b"-----BEGIN")) > 1:
        raise KeyFileError(f"the file holds {count} PEM blocks, expected one")
    block = _BLOCK.search(data)
    if block is None or block[1] != label:
        raise KeyFileError("the key cannot be read: it is damaged")
    try:
        return base64.b64decode(b"".join(block[2].split()), validate=True)
    except ValueError:
        raise KeyFileError("the key cannot be read: it is damaged") from None


def _check_cost(der: bytes) -> None:
    try:
        (_, outer), *_ = _items(der)
        (_, algorithm), *_ = _items(outer)
        (_, scheme), (_, parameters) = _items(algorithm)
        (_, kdf), *_ = _items(parameters)
        (_, name), (_, costs) = _items(kdf)
        numbers = [int.from_bytes(content) for tag, content in _items(costs) if tag == _INTEGER]
        limits = _limits(name, numbers)
    except (ValueError, IndexError):
        raise KeyFileError("the key is damaged, or not locked in the way of PBES2") from None
    if scheme != _PBES2[2:] or not limits:
        raise KeyFileError("the key is locked in another way than PBES2 with PBKDF2 or scrypt")
    for unit, (cost, limit) in limits.items():
        if cost > limit:
            raise KeyFileError(f"unlocking the key would take {cost} {unit}, at most {limit}")


def _limits(derivation: bytes, numbers: list[int]) -> dict[str, tuple[int, int]]:
    """What a derivation costs in each unit, and the most that is tried; nothing if unknown."""
    if derivation == _PBKDF2[2:]:
        return {"rounds of PBKDF2": (numbers[0], _MAX_ROUNDS)}
    if derivation == _SCRYPT[2:]:
        n, r, p = numbers[:3]
        return {
            "bytes of memory": (128 * n * r, _MAX_MEMORY),
            "steps of scrypt (N * r * p)": (n * r * p, _MAX_SCRYPT_WORK),
        }
    return {}


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
    der = _block(data, _CLEAR_LABEL if passphrase is None else _LOCKED_LABEL)
    if passphrase is not None:
        _check_cost(der)
    try:
        # From the bytes that were checked; what else the file holds is never looked at.
        return serialization.load_der_private_key(der, passphrase)
    except (TypeError, ValueError, InternalError):
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
