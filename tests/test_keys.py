import base64
import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa, x25519
from hypothesis import given
from hypothesis import strategies as st

from consentsig import BadSignatureError, KeyFileError, KeySet, PrivateKey, PublicKey, keys
from consentsig.keys import parse_thumbprint
from strategies import ANA, RECOVERY, STRANGER
from works import missing

# RFC 8032 §7.1, tests 1 to 3: seed, public key, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]
ORDER = 2**252 + 27742317777372353535851937790883648493


def rfc_8032_key(test: int = 1) -> PrivateKey:
    return PrivateKey(bytes.fromhex(RFC_8032[test - 1][0]))


@pytest.mark.parametrize(("seed", "x", "message", "signature"), RFC_8032, ids=["1", "2", "3"])
def test_the_keys_of_rfc_8032_sign_and_verify_as_it_says(
    seed: str, x: str, message: str, signature: str
) -> None:
    key = PrivateKey(bytes.fromhex(seed))
    assert key.public.x.hex() == x
    assert key.sign(bytes.fromhex(message)).hex() == signature
    key.public.verify(bytes.fromhex(signature), bytes.fromhex(message))


def test_a_thumbprint_is_that_of_rfc_9679() -> None:
    key = rfc_8032_key().public
    canonical = cbor2.dumps({1: 1, -1: 6, -2: key.x})
    assert hashlib.sha256(canonical).digest() == key.thumbprint
    ckt = base64.urlsafe_b64encode(key.thumbprint).decode().rstrip("=")
    assert ckt == "hm7vvWcYyIRs193-Q_x0qx2qxFOP-FFOouwtQQpBV0M"
    assert key.kid == key.thumbprint[:8]


def with_larger_s(signature: bytes) -> bytes:
    s = int.from_bytes(signature[32:], "little") + ORDER
    return signature[:32] + s.to_bytes(32, "little")


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut short": lambda signature: signature[:-1],
    "too long": lambda signature: signature + b"\0",
    "empty": lambda _: b"",
    "S + L": with_larger_s,
    "S = L": lambda signature: signature[:32] + ORDER.to_bytes(32, "little"),
    "small-order R": lambda signature: b"\1" + bytes(31) + signature[32:],
    "non-canonical R": lambda signature: b"\xed" + b"\xff" * 30 + b"\x7f" + signature[32:],
    "R with the sign bit": lambda signature: (
        signature[:31] + bytes([signature[31] ^ 0x80]) + signature[32:]
    ),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_signature_is_bad(damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(BadSignatureError) as caught:
        ANA.public.verify(damage(ANA.sign(b"message")), b"message")
    assert caught.value.thumbprint == ANA.public.thumbprint


def test_a_signature_is_bad_over_other_bytes_and_by_another_key() -> None:
    signature = ANA.sign(b"message")
    for key, message in ((ANA, b"messagf"), (ANA, b""), (STRANGER, b"message")):
        with pytest.raises(BadSignatureError):
            key.public.verify(signature, message)


SMALL_ORDER = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
]
NON_CANONICAL = [
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
]


@pytest.mark.parametrize("x", SMALL_ORDER + NON_CANONICAL)
def test_an_unsound_key_verifies_nothing(x: str) -> None:
    key = PublicKey(bytes.fromhex(x))
    assert not key.is_sound
    trivial = b"\1" + bytes(63)  # R the neutral point, S = 0: fits any message where A is it too
    for signature in (trivial, ANA.sign(b"message")):
        with pytest.raises(BadSignatureError):
            key.verify(signature, b"message")


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_steps_1_to_4_do_not_rely_on_the_library(
    damage: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A library that says yes to everything, as some do to some of this (spec §4.2).
    monkeypatch.setattr(keys, "crypto_sign_open", lambda *_: b"")
    signature = ANA.sign(b"message")
    ANA.public.verify(signature, b"another message")
    if damage is not DAMAGE["R with the sign bit"]:  # which is canonical, and for step 5
        with pytest.raises(BadSignatureError):
            ANA.public.verify(damage(signature), b"message")
    for x in SMALL_ORDER + NON_CANONICAL:
        with pytest.raises(BadSignatureError):
            PublicKey(bytes.fromhex(x)).verify(signature, b"message")


def test_a_sound_key_is_called_sound() -> None:
    assert all(key.public.is_sound for key in (ANA, RECOVERY, rfc_8032_key()))


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_key_is_32_bytes(length: int) -> None:
    for kind in (PublicKey, PrivateKey):
        with pytest.raises(KeyFileError, match=f"is {length} bytes, expected 32"):
            kind(bytes(length))


def test_public_keys_are_equal_by_their_bytes() -> None:
    again = PublicKey(ANA.public.x)
    assert again == ANA.public
    assert hash(again) == hash(ANA.public)
    assert again != RECOVERY.public
    assert again != ANA.public.x


def test_every_generated_key_is_another() -> None:
    assert len({PrivateKey.generate().public for _ in range(8)}) == 8


# --- did:key ---

DID = "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw"


def test_the_did_key_of_rfc_8032_test_1_is_the_known_one() -> None:
    assert rfc_8032_key().public.to_did_key() == DID
    assert PublicKey.from_did_key(DID) == rfc_8032_key().public


@given(st.binary(min_size=32, max_size=32))
def test_a_did_key_reads_back(x: bytes) -> None:
    did = PublicKey(x).to_did_key()
    assert did.startswith("did:key:z6Mk")
    assert PublicKey.from_did_key(did).x == x


NO_DID_KEYS = {
    "empty": "",
    "no prefix": DID.removeprefix("did:key:"),
    "prefix alone": "did:key:z",
    "another multibase": DID.replace("key:z", "key:m"),
    "a digit that base58 lacks": DID[:-1] + "0",
    "a leading 1": DID.replace("key:z", "key:z1"),
    "upper case": DID.upper(),
    "one digit less": DID[:-1],
    "one digit more": DID + "1",
    "a thousand digits": "did:key:z" + "6" * 1000,
    "a fragment": DID + "#" + DID.removeprefix("did:key:"),
    "a space behind": DID + " ",
    "a line feed behind": DID + "\n",
    "P-256": "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169",
    "X25519": "did:key:z6LSeu9HkTHSfLLeUs2nnzUSNedgDUevfNQgQjQC23ZCit6F",
    "did:web": "did:web:ana.example",
}


@pytest.mark.parametrize("did", NO_DID_KEYS.values(), ids=NO_DID_KEYS)
def test_another_did_or_spelling_is_refused_in_one_line(did: str) -> None:
    with pytest.raises(KeyFileError, match="is not an Ed25519 did:key") as caught:
        PublicKey.from_did_key(did)
    assert len(str(caught.value).splitlines()) == 1


@given(st.text(max_size=60).map("did:key:z".__add__) | st.text())
def test_any_text_is_a_did_key_or_refused(text: str) -> None:
    try:
        key = PublicKey.from_did_key(text)
    except KeyFileError:
        return
    assert key.to_did_key() == text


# --- PEM ---


def test_a_public_key_reads_back_from_pem() -> None:
    assert PublicKey.from_pem(ANA.public.to_pem()) == ANA.public


def public_pem(key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey | x25519.X25519PublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a key",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        ANA.to_pem(None),
        public_pem(ec.generate_private_key(ec.SECP256R1()).public_key()),
        public_pem(x25519.X25519PrivateKey.generate().public_key()),
    ],
    ids=["empty", "text", "damaged", "private", "P-256", "X25519"],
)
def test_another_file_is_no_public_key(data: bytes) -> None:
    with pytest.raises(KeyFileError, match=r"^this is ") as caught:
        PublicKey.from_pem(data)
    assert len(str(caught.value).splitlines()) == 1


def openssl(*arguments: str) -> bytes:
    command = shutil.which("openssl")
    if command is None:
        missing("openssl")
    return subprocess.run([command, *arguments], capture_output=True, check=True, timeout=60).stdout


def test_openssl_derives_the_same_public_key(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(ANA.to_pem(None))
    assert PublicKey.from_pem(openssl("pkey", "-in", str(file), "-pubout")) == ANA.public


def test_a_key_made_by_openssl_is_read() -> None:
    key = PrivateKey.from_pem(openssl("genpkey", "-algorithm", "ed25519"), None)
    key.public.verify(key.sign(b"message"), b"message")


def test_openssl_opens_a_locked_key(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(ANA.to_pem(b"harbour"))
    public = openssl("pkey", "-in", str(file), "-passin", "pass:harbour", "-pubout")
    assert PublicKey.from_pem(public) == ANA.public


def test_a_key_locked_by_openssl_is_read(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(ANA.to_pem(None))
    to_locked = ("pkcs8", "-topk8", "-in", str(file), "-passout", "pass:harbour")
    assert PrivateKey.from_pem(openssl(*to_locked), b"harbour").public == ANA.public


# --- what is never shown ---


def test_no_form_of_a_private_key_shows_its_secret() -> None:
    seed = rfc_8032_key()._secret[:32]  # noqa: SLF001  # what must not be seen  # what must not be seen
    for shown in (repr(rfc_8032_key()), str(rfc_8032_key()), f"{rfc_8032_key()}"):
        assert shown == f"PrivateKey(of PublicKey({DID}))"
        assert seed.hex() not in shown
        assert repr(seed) not in shown


# --- the keys a caller believes ---

WORK, OTHER_WORK = bytes(32), b"\1" * 32


def test_a_key_set_holds_keys_by_thumbprint() -> None:
    keys = KeySet([ANA.public, RECOVERY.public.thumbprint])
    assert len(keys) == 2
    for key in (ANA.public, RECOVERY.public):
        assert key in keys
        assert key.thumbprint in keys
        assert keys.believes(key.thumbprint, WORK)
        assert keys.works_of(key) is None
    assert STRANGER.public not in keys
    assert not keys.believes(STRANGER.public.thumbprint, WORK)


def test_an_empty_key_set_believes_nobody() -> None:
    assert len(KeySet()) == 0
    assert not KeySet().believes(ANA.public.thumbprint, WORK)


@pytest.mark.parametrize("also_named", [(), (ANA.public,)], ids=["alone", "named as well"])
def test_a_key_bound_to_works_is_believed_for_those_only(also_named: tuple[PublicKey, ...]) -> None:
    keys = KeySet([RECOVERY.public, *also_named], works={ANA.public: [WORK]})
    assert len(keys) == 2
    assert ANA.public in keys
    assert keys.believes(ANA.public.thumbprint, WORK)
    assert not keys.believes(ANA.public.thumbprint, OTHER_WORK)
    assert keys.works_of(ANA.public) == frozenset({WORK})
    assert keys.believes(RECOVERY.public.thumbprint, OTHER_WORK)


def test_a_key_bound_to_no_work_is_believed_for_none() -> None:
    keys = KeySet(works={ANA.public.thumbprint: []})
    assert not keys.believes(ANA.public.thumbprint, WORK)


@pytest.mark.parametrize(
    ("keys", "works", "error"),
    [
        ([ANA.public.thumbprint.hex()], {}, TypeError),
        ([bytearray(ANA.public.thumbprint)], {}, TypeError),
        ([], {ANA.public: [WORK.hex()]}, TypeError),
        ([], {ANA.public: [WORK[:31]]}, ValueError),
        ([], {ANA.public: WORK}, TypeError),
    ],
)
def test_what_only_resembles_a_thumbprint_or_a_digest_is_refused(
    keys: Any,  # noqa: ANN401  # of the wrong type on purpose
    works: Any,  # noqa: ANN401  # as above
    error: type[Exception],
) -> None:
    with pytest.raises(error, match="expected"):
        KeySet(keys, works=works)


def test_a_kid_is_no_thumbprint() -> None:
    with pytest.raises(KeyFileError, match="is 8 bytes, expected 32"):
        KeySet([ANA.public.kid])


def test_a_thumbprint_is_written_in_64_lower_case_digits() -> None:
    digits = ANA.public.thumbprint.hex()
    assert parse_thumbprint(digits) == ANA.public.thumbprint
    for wrong in (digits.upper(), digits[:-1], digits + "0", digits + "\n", "", "z" * 64):
        with pytest.raises(KeyFileError, match="is not a thumbprint"):
            parse_thumbprint(wrong)
