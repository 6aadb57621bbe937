import base64
import os
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from consentsig import KeyFileError, keyfile
from consentsig.keyfile import is_locked, seed_from_pem, to_pem

SEED = bytes(range(32))
PASSPHRASE = "Hafen im Morgengrauen ☀".encode()
LOCKED = to_pem(SEED, PASSPHRASE)

OIDS = {
    "2a864886f70d01050d": "PBES2",
    "2a864886f70d01050c": "PBKDF2",
    "2a864886f70d0209": "HMAC-SHA256",
    "60864801650304012a": "AES-256-CBC",
}


def read_der(data: bytes) -> list[object]:
    """Read DER as nested lists of bytes, integers, and names of the object ids of OIDS."""
    items: list[object] = []
    while data:
        tag, length, start = data[0], data[1], 2
        if length >= 0x80:
            start += length & 0x7F
            length = int.from_bytes(data[2:start], "big")
            assert length >= 0x80, "a long length where a short one would do"
        content, data = data[start : start + length], data[start + length :]
        assert len(content) == length
        items.append(READERS[tag](content))
    return items


READERS: dict[int, Callable[[bytes], object]] = {
    0x02: lambda content: int.from_bytes(content, "big", signed=True),
    0x04: bytes,
    0x05: lambda _: None,
    0x06: lambda content: OIDS[content.hex()],
    0x30: read_der,
}


def der_of(pem: bytes) -> list[object]:
    lines = pem.decode().splitlines()
    assert lines[0] == "-----BEGIN ENCRYPTED PRIVATE KEY-----"
    assert lines[-1] == "-----END ENCRYPTED PRIVATE KEY-----"
    assert max(map(len, lines[1:-1])) == 64
    return read_der(base64.b64decode("".join(lines[1:-1]), validate=True))


def test_a_locked_key_is_pbes2_with_600_000_rounds_of_pbkdf2_and_aes_256() -> None:
    match der_of(LOCKED):
        case [[["PBES2", [["PBKDF2", [salt, rounds, prf]], ["AES-256-CBC", iv]]], secret]]:
            assert isinstance(salt, bytes)
            assert isinstance(iv, bytes)
            assert isinstance(secret, bytes)
            assert (len(salt), len(iv), len(secret)) == (16, 16, 64)
            assert rounds == 600_000
            assert prf == ["HMAC-SHA256", None]
        case other:
            pytest.fail(f"another structure: {other}")


def test_salt_and_initial_vector_are_fresh_each_time() -> None:
    again = to_pem(SEED, PASSPHRASE)
    first, second = str(der_of(LOCKED)), str(der_of(again))
    assert first != second
    assert seed_from_pem(again, PASSPHRASE) == SEED


def test_a_key_reads_back_from_a_file() -> None:
    assert seed_from_pem(LOCKED, PASSPHRASE) == SEED
    assert seed_from_pem(to_pem(SEED, None), None) == SEED


def test_the_seed_is_not_in_a_locked_file() -> None:
    assert SEED not in base64.b64decode(b"".join(LOCKED.splitlines()[1:-1]))


def test_a_file_says_whether_it_is_locked() -> None:
    assert is_locked(LOCKED)
    assert not is_locked(to_pem(SEED, None))


def test_an_empty_passphrase_never_leaves_a_key_unlocked() -> None:
    try:
        pem = to_pem(SEED, b"")
    except (KeyFileError, ValueError):
        return
    assert is_locked(pem)


@pytest.mark.parametrize(
    ("data", "passphrase", "reason"),
    [
        pytest.param(LOCKED, b"harbour", "the passphrase is wrong", id="wrong"),
        pytest.param(LOCKED, None, "needs a passphrase", id="missing"),
        pytest.param(LOCKED, b"", "passphrase", id="empty"),
        pytest.param(to_pem(SEED, None), b"x", "is not locked, but one was given", id="needless"),
    ],
)
def test_a_passphrase_that_does_not_fit_is_refused(
    data: bytes, passphrase: bytes | None, reason: str
) -> None:
    with pytest.raises(KeyFileError, match=reason) as caught:
        seed_from_pem(data, passphrase)
    assert "harbour" not in str(caught.value)


def pem_of(key: PrivateKeyTypes, form: serialization.PrivateFormat) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


PKCS8, OPENSSH = serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.OpenSSH
CLEAR = to_pem(SEED, None)
P_256 = ec.generate_private_key(ec.SECP256R1())
OTHER_FILES = {
    "OpenSSH": (pem_of(ed25519.Ed25519PrivateKey.generate(), OPENSSH), "OpenSSH key; an SSH agent"),
    "RSA": (pem_of(rsa.generate_private_key(65537, 2048), PKCS8), "kind RSA, expected Ed25519"),
    "P-256": (pem_of(P_256, PKCS8), "kind E\\w+, expected Ed25519"),
    "Ed448": (pem_of(ed448.Ed448PrivateKey.generate(), PKCS8), "kind Ed448, expected Ed25519"),
    "SEC1": (
        pem_of(P_256, serialization.PrivateFormat.TraditionalOpenSSL),
        "not a PKCS#8 private key file",
    ),
    "empty": (b"", "not a PKCS#8 private key file"),
    "text": (b"harbour", "not a PKCS#8 private key file"),
    "cut short": (CLEAR[:60], "it is damaged"),
    "no base64": (CLEAR.replace(b"MC4C", b"!!!!"), "it is damaged"),
    "unknown algorithm": (
        b"-----BEGIN PRIVATE KEY-----\n"
        + base64.b64encode(bytes.fromhex("300e020100300506032b6563") + b"\4\2\4\0")
        + b"\n-----END PRIVATE KEY-----\n",
        "cannot be read|not known here",
    ),
}


@pytest.mark.parametrize(("data", "reason"), OTHER_FILES.values(), ids=OTHER_FILES)
def test_another_file_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(KeyFileError, match=reason) as caught:
        seed_from_pem(data, None)
    assert len(str(caught.value).splitlines()) == 1


def test_a_damaged_locked_key_is_refused() -> None:
    body = bytearray(LOCKED)
    body[len(body) // 2] ^= 1
    for damaged in (bytes(body), LOCKED[:100], LOCKED[:200] + LOCKED[264:]):
        with pytest.raises(KeyFileError):
            seed_from_pem(damaged, PASSPHRASE)


def test_random_bytes_between_the_lines_are_refused() -> None:
    for length in (0, 1, 10, 100):
        body = base64.b64encode(os.urandom(length))
        data = b"-----BEGIN PRIVATE KEY-----\n%b\n-----END PRIVATE KEY-----\n" % body
        with pytest.raises(KeyFileError):
            seed_from_pem(data, None)


@pytest.mark.parametrize("rounds", [10_000_001, 2**31 - 1])
def test_a_key_locked_at_an_endless_cost_is_refused_at_once(
    rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Derived:
        def __init__(self, *_: object) -> None: ...

        def derive(self, _: bytes) -> bytes:
            return bytes(32)

    monkeypatch.setattr(keyfile, "ROUNDS", rounds)
    monkeypatch.setattr(keyfile, "PBKDF2HMAC", Derived)
    endless = to_pem(SEED, PASSPHRASE)
    with pytest.raises(KeyFileError, match=f"take {rounds} rounds of PBKDF2, at most 10000000"):
        seed_from_pem(endless, PASSPHRASE)


def test_a_damaged_locked_key_is_refused_in_words() -> None:
    for damaged in (LOCKED[:60] + LOCKED[-40:], LOCKED.replace(b"M", b"*", 1)):
        with pytest.raises(KeyFileError):
            seed_from_pem(damaged, PASSPHRASE)


PBES2, SCRYPT = "06092a864886f70d01050d", "06092b06010401da47040b"
PBKDF2, AES = "06092a864886f70d01050c", "060960864801650304012a"


def der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    length = bytes([len(content)]) if len(content) < 128 else bytes([0x81, len(content)])
    return bytes([tag]) + length + content


def pem(content: bytes) -> bytes:
    label = b"ENCRYPTED PRIVATE KEY"
    return b"-----BEGIN %b-----\n%b\n-----END %b-----\n" % (
        label, base64.b64encode(content), label
    )  # fmt: skip


def locked_with_scrypt(*costs: int) -> bytes:
    """A locked key file that names these costs; nothing in it can be unlocked."""
    numbers = [der(2, each.to_bytes(each.bit_length() // 8 + 1)) for each in costs]
    derivation = der(0x30, bytes.fromhex(SCRYPT), der(0x30, der(4, bytes(16)), *numbers))
    cipher = der(0x30, bytes.fromhex(AES), der(4, bytes(16)))
    scheme = der(0x30, bytes.fromhex(PBES2), der(0x30, derivation, cipher))
    return pem(der(0x30, scheme, der(4, bytes(64))))


@pytest.mark.parametrize(
    ("costs", "reason"),
    [
        ((1 << 14, 8, 1 << 20), "steps of scrypt"),
        ((1 << 18, 8, 5), "steps of scrypt"),
        ((1 << 19, 8, 1), "bytes of memory"),
        ((1 << 14, 1 << 20, 1), "bytes of memory"),
        ((2, 1 << 30, 1 << 30), "bytes of memory"),
    ],
)
def test_every_cost_of_scrypt_is_bounded(costs: tuple[int, int, int], reason: str) -> None:
    with pytest.raises(KeyFileError, match=reason):
        seed_from_pem(locked_with_scrypt(*costs), PASSPHRASE)


def test_a_key_locked_with_scrypt_at_a_usual_cost_is_tried() -> None:
    with pytest.raises(KeyFileError, match="the passphrase is wrong"):
        seed_from_pem(locked_with_scrypt(1 << 14, 8, 1), PASSPHRASE)


def test_another_derivation_is_refused() -> None:
    content = base64.b64decode(b"".join(LOCKED.splitlines()[1:-1]))
    known = bytes.fromhex(PBKDF2)
    data = pem(content.replace(known, known[:-1] + b"\x0e"))
    with pytest.raises(KeyFileError, match="in another way"):
        seed_from_pem(data, PASSPHRASE)


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("decoy", [LOCKED, CLEAR, b"-----BEGIN CERTIFICATE-----\n"])
def test_a_cheap_block_before_or_behind_does_not_hide_a_costly_one(
    decoy: bytes, order: int
) -> None:
    data = b"".join([decoy, locked_with_scrypt(1 << 14, 8, 1 << 20)][::order])
    for passphrase in (PASSPHRASE, None):
        with pytest.raises(KeyFileError):
            seed_from_pem(data, passphrase)
    with pytest.raises(KeyFileError, match="2 PEM blocks, expected one"):
        keyfile.check_cost(data)


def test_text_around_the_block_is_no_part_of_the_key() -> None:
    assert seed_from_pem(b"Bag Attributes\n" + LOCKED + b"two red boats\n", PASSPHRASE) == SEED


def test_a_block_whose_label_does_not_fit_its_content_is_refused() -> None:
    locked_as_clear = LOCKED.replace(b"ENCRYPTED ", b"")
    clear_as_locked = CLEAR.replace(b"PRIVATE", b"ENCRYPTED PRIVATE")
    for data, passphrase in ((locked_as_clear, None), (clear_as_locked, PASSPHRASE)):
        with pytest.raises(KeyFileError):
            seed_from_pem(data, passphrase)
