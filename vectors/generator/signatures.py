"""Signatures: over other bytes, by other keys, and hostile ones (spec §4).

Each hostile signature passes the looser rule that its comment names; the generator asserts that,
and that Ed25519-strict refuses it.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import ed25519 as ed
from build import (
    ANA,
    ANA_SEED,
    BEN,
    File,
    Key,
    Vector,
    bad_signature,
    claims,
    header,
    make,
    sig_structure,
    sign,
    valid,
)
from cbor_writer import encode
from ed25519 import Rules

ANA_SCALAR = ed.secret_scalar(bytes.fromhex(ANA_SEED))
SCALAR = ed.secret_scalar(b"mixed order".ljust(32, b"\0"))

LAX_S = Rules(reduced_s=False)
LAX_FORM = Rules(canonical=False)
LAX_ORDER = Rules(no_small_order=False)
COFACTORED = Rules(cofactorless=False)


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from other_bytes()
    yield from other_keys()
    yield from lengths()
    yield from large_s()
    yield from small_s()
    yield from small_order_keys()
    yield from small_order_r()
    yield from non_canonical()
    yield from cofactors()
    yield from off_curve()


def faulty(name: str, comment: str, file: File, flags: str = "signature") -> Vector:
    """Return a scenario with a bad signature."""
    return bad_signature(f"contract/{name}", comment, "§4", flags, file)


def changed(file: File, old: bytes, new: bytes) -> File:
    """Return the *file* with bytes of its payload changed after signing."""
    assert file.payload.count(old) == 1
    payload = file.payload.replace(old, new)
    data = file.data.replace(encode(file.payload), encode(payload))
    return File(data, file.protected, payload)


def other_bytes() -> Iterator[Vector]:
    """Signatures over something other than the Sig_structure of the file."""
    good = make()
    flipped = changed(good, b"Harbour", b"Marbour")
    yield faulty("payload_changed", "One letter of the title was changed.", flipped)
    later = changed(good, (1798761600).to_bytes(4, "big"), (1798761601).to_bytes(4, "big"))
    yield faulty("exp_changed", "exp was moved by one second.", later)
    last = replace(good, data=good.data[:-1] + bytes([good.data[-1] ^ 1]))
    yield faulty("signature_last_byte", "The last byte of the signature was changed.", last)
    nothing = sign(claims(), signature=bytes(64))
    yield faulty("signature_zeros", "The signature is 64 zero bytes.", nothing)
    other = sign(claims({6: 1767225601}), signature=good.data[-64:])
    yield faulty("signature_of_another", "The signature is that of another contract.", other)
    alg = sign(claims(), header({1: -19}), signature=good.data[-64:])
    yield faulty("alg_changed", "alg was changed from -8 to -19.", alg)
    payload, protected = encode(claims()), encode(header())
    for name, signed, words in (
        ("payload_alone", payload, "Only the payload is signed"),
        (
            "digest",
            hashlib.sha512(good.sig_structure).digest(),
            "The hash of the Sig_structure is signed",
        ),
        (
            "context",
            good.sig_structure.replace(b"ature1", b"ature", 1),
            "The context string is wrong",
        ),
        *_other_structures(protected, payload),
        ("external_aad", _with_aad(protected, payload), "external_aad is not empty"),
        ("unwrapped", _unwrapped(protected, payload), "The protected header is signed as a map"),
        ("empty_header", sig_structure(b"", payload), "The protected header is not signed"),
    ):
        file = sign(claims(), signature=ANA.sign(signed))
        yield faulty(f"signed_{name}", f"{words}.", file)


def _other_structures(protected: bytes, payload: bytes) -> Iterator[tuple[str, bytes, str]]:
    for name, context in (
        ("sign", "Signature"),
        ("countersignature", "CounterSignature"),
        ("mac", "MAC0"),
        ("lower_case", "signature1"),
    ):
        structure = encode([context, protected, b"", payload])
        yield f"context_{name}", structure, f'The context string is "{context}"'
    five = encode(["Signature", protected, b"", b"", payload])
    yield "as_cose_sign", five, "The five items of a COSE_Sign are signed"
    three = encode(["Signature1", protected, payload])
    yield "without_aad", three, "external_aad is left out"
    order = encode(["Signature1", payload, b"", protected])
    yield "payload_first", order, "The payload comes before the protected header"
    whole = encode(["Signature1", protected, b"", encode(payload)])
    yield "payload_wrapped", whole, "The payload is wrapped once more"
    digest = encode(["Signature1", protected, b"", hashlib.sha256(payload).digest()])
    yield "payload_digest", digest, "The contract id is signed in place of the payload"
    other = encode(["Signature1", b"\xa0", b"", payload])
    yield "empty_map", other, "The protected header is signed as an empty map"
    bare = encode(["Signature1", protected, b"", b""])
    yield "no_payload", bare, "The payload is signed as if it were empty"


def _with_aad(protected: bytes, payload: bytes) -> bytes:
    return encode(["Signature1", protected, b"consentsig", payload])


def _unwrapped(protected: bytes, payload: bytes) -> bytes:
    return b"\x84" + encode("Signature1") + protected + b"\x40" + encode(payload)


def other_keys() -> Iterator[Vector]:
    """Good signatures by keys that are not the creator's."""
    good = make()
    text = "Ben signed; the contract and kid name Ana."
    file = sign(claims(), signature=BEN.sign(good.sig_structure))
    yield faulty("signed_by_another", text, file)
    text = "Ana signed and is believed; the contract and kid name Ben."
    file = sign(claims(key=BEN), header(key=BEN), key=ANA)
    yield faulty("signed_by_believed_for_another", text, file)
    file = sign(claims(), signature=BEN.sign(good.sig_structure))
    text = "Ben signed and is believed too, but only the contract's own key counts."
    yield replace(faulty("signed_by_another_believed", text, file), keys=(ANA, BEN))


def lengths() -> Iterator[Vector]:
    """Signatures whose length is not 64 bytes."""
    good = make().data[-64:]
    for size, data in ((0, b""), (32, good[:32]), (63, good[:63]), (65, good + b"\0")):
        text = f"The signature has {size} bytes: well-formed, but it fits no key."
        file = sign(claims(), signature=data)
        yield faulty(f"signature_{size}_bytes", text, file, "signature length")
    for name, data, words in (
        ("1_byte", good[:1], "has one byte"),
        ("62_bytes", good[:62], "lacks its last two bytes"),
        ("65_bytes_zero_first", b"\0" + good, "has 65 bytes: a zero before the good 64"),
        ("96_bytes", good + good[:32], "has 96 bytes, the first 64 of them good"),
        ("114_bytes", good + bytes(50), "has 114 bytes, as Ed448 has, the first 64 of them good"),
        ("128_bytes_good_first", good + bytes(64), "has 128 bytes, the first 64 of them good"),
        ("128_bytes_good_last", bytes(64) + good, "has 128 bytes, the last 64 of them good"),
        ("320_bytes", good + bytes(256), "has 256 bytes more than it should"),
    ):
        file, text = sign(claims(), signature=data), f"The signature {words}."
        yield faulty(f"signature_{name}", text, file, "signature length")
    text = "R and S are exchanged."
    file = sign(claims(), signature=good[32:] + good[:32])
    yield faulty("signature_halves_exchanged", text, file)
    text = "The signature's bytes are in reverse order."
    yield faulty("signature_reversed", text, sign(claims(), signature=good[::-1]))
    twice = sign(claims(), signature=good + good)
    text = "The signature is written twice."
    yield faulty("signature_128_bytes", text, twice, "signature length")


def hostile(name: str, comment: str, file: File, rules: Rules, flags: str, *, key: Key) -> Vector:
    """Return a scenario that passes *rules* and fails Ed25519-strict."""
    message, signature = file.sig_structure, file.data[-64:]
    assert ed.accepts(key.public, message, signature, rules), name
    assert not ed.accepts(key.public, message, signature), name
    return replace(faulty(name, comment, file, flags), spec="§4.2", keys=(key,))


def large_s() -> Iterator[Vector]:
    """S of at least L: anyone can add L to an honest S."""
    signature = make().data[-64:]
    s = int.from_bytes(signature[32:], "little")
    for name, add, words in (
        ("plus_l", ed.L, "L"),
        ("plus_8_l", 8 * ed.L, "8 L"),
        ("largest", _largest(s), "The largest multiple of L that fits"),
    ):
        data = signature[:32] + (s + add).to_bytes(32, "little")
        file, text = sign(claims(), signature=data), f"{words} was added to S."
        yield hostile(f"s_{name}", text, file, LAX_S, "ed25519-large-s", key=ANA)


def small_s() -> Iterator[Vector]:
    """S plus L where S is so small that the sum has the highest byte of L itself."""
    for count in range(1000):
        file = make({7: count.to_bytes(16, "big")})
        signature = file.data[-64:]
        if signature[63] == 0 and signature[62] < 0x80:
            data = int.from_bytes(signature[32:], "little") + ed.L
            large = signature[:32] + data.to_bytes(32, "little")
            assert large[63] == 0x10, "the first byte alone does not tell"
            spoilt = sign(file.claims, signature=large)
            text = "L was added to a small S, so that the highest byte is that of L."
            yield hostile("s_plus_l_small", text, spoilt, LAX_S, "ed25519-large-s", key=ANA)
            return
    raise AssertionError("no small S")


def _largest(s: int) -> int:
    """Return the largest multiple of L that can be added to *s*."""
    return (2**256 - 1 - s) // ed.L * ed.L


def small_order_keys() -> Iterator[Vector]:
    """Keys of small order: anyone can sign any message for them."""
    for number, public in enumerate(ed.SMALL_ORDER, 1):
        key = weak_key(public)
        text = f"The creator's key is point {number} of the table: anyone can sign for it."
        name, flags = f"small_order_key_{number}", "ed25519-small-order"
        file = sign(claims(key=key), key=key)
        yield hostile(name, text, file, LAX_ORDER, flags, key=key)


def weak_key(public: bytes) -> Key:
    """Return a key of small order."""
    return Key(public, partial(_anyone, public))


def _anyone(public: bytes, message: bytes) -> bytes:
    """Return a signature made without a secret: R = [r]B and S = r, where [k]A is zero."""
    point = ed.decode(public)
    assert point is not None
    for r in range(1, 1000):
        data = ed.encode(ed.multiply(r, ed.BASE))
        k = ed.challenge(data, public, message)
        if ed.equal(ed.multiply(k, point), ed.IDENTITY):
            return data + r.to_bytes(32, "little")
    raise AssertionError(public.hex())


def mixed_key(sign_with: Callable[[bytes], bytes]) -> Key:
    """Return a key of mixed order: [a]B plus a point of order 8."""
    public = ed.encode(ed.add(ed.multiply(SCALAR, ed.BASE), ed.TORSION))
    return Key(public, sign_with)


def with_fixed_r(r: bytes) -> tuple[Key, File]:
    """Return a contract by a key of mixed order whose signature has the small-order *r*.

    The salt is counted up until [k]A cancels the torsion of R.
    """
    r_point = ed.decode(r)
    assert r_point is not None
    key = mixed_key(lambda _: bytes(64))
    for count in range(1000):
        unsigned = sign(claims({7: count.to_bytes(16, "big")}, key=key), key=key)
        k = ed.challenge(r, key.public, unsigned.sig_structure)
        if ed.equal(ed.add(r_point, ed.multiply(k, ed.TORSION)), ed.IDENTITY):
            s = (k * SCALAR % ed.L).to_bytes(32, "little")
            return key, sign(unsigned.claims, key=key, signature=r + s)
    raise AssertionError(r.hex())


def small_order_r() -> Iterator[Vector]:
    """R of small order: the signer revealed the nonce."""
    for number, r in enumerate(ed.SMALL_ORDER, 1):
        key, file = with_fixed_r(r)
        text = f"R is point {number} of the table; the equation holds without the cofactor."
        name, flags = f"small_order_r_{number}", "ed25519-small-order"
        yield hostile(name, text, file, LAX_ORDER, flags, key=key)


NON_CANONICAL = (
    ("p", ed.P, "p, read as y = 0"),
    ("p_sign", ed.P | ed.SIGN_BIT, "p with the sign bit, read as y = 0"),
    ("p_plus_1", ed.P + 1, "p + 1, read as the identity"),
    ("p_plus_1_sign", ed.P + 1 | ed.SIGN_BIT, "p + 1 with the sign bit, read as the identity"),
)


def non_canonical() -> Iterator[Vector]:
    """A and R of at least p.

    Of the points with such a form, only those of small order have a known logarithm, so only they
    can be part of a signature. Their forms are not in the table of §4.2 step 4.
    """
    flags = "ed25519-non-canonical"
    for name, number, words in NON_CANONICAL:
        data = number.to_bytes(32, "little")
        key = Key(data, partial(_anyone, data))
        file = sign(claims(key=key), key=key)
        text = f"A is {words}."
        yield hostile(f"non_canonical_key_{name}", text, file, LAX_FORM, flags, key=key)
        key, file = with_fixed_r(data)
        text = f"R is {words}."
        yield hostile(f"non_canonical_r_{name}", text, file, LAX_FORM, flags, key=key)


def _torsion_r(file: File, public: bytes, scalar: int, torsion: int) -> bytes:
    """Return a signature whose R = [r]B + [torsion]T; S accounts for the part in B."""
    nonce = 1234567
    point = ed.add(ed.multiply(nonce, ed.BASE), ed.multiply(torsion, ed.TORSION))
    r = ed.encode(point)
    k = ed.challenge(r, public, file.sig_structure)
    return r + ((nonce + k * scalar) % ed.L).to_bytes(32, "little")


def cofactors() -> Iterator[Vector]:
    """Where the cofactored and the cofactorless equation differ, and where they agree."""
    flags = "ed25519-cofactor"
    for torsion, order in ((1, 8), (2, 4), (4, 2)):
        signature = _torsion_r(make(), ANA.public, ANA_SCALAR, torsion)
        file = sign(claims(), signature=signature)
        text = f"R has a part of order {order}: only the cofactored equation holds."
        yield hostile(f"cofactored_r_{order}", text, file, COFACTORED, flags, key=ANA)
    key = mixed_key(lambda _: bytes(64))
    unsigned = sign(claims(key=key), key=key)
    for torsion in range(8):
        signature = _torsion_r(unsigned, key.public, SCALAR, torsion)
        file = sign(claims(key=key), key=key, signature=signature)
        if torsion == 0:
            text = "A has a part of order 8: only the cofactored equation holds."
            yield hostile("cofactored_key", text, file, COFACTORED, flags, key=key)
        if ed.accepts(key.public, file.sig_structure, signature):
            text = "A and R have parts of small order that cancel: the strict equation holds."
            name, flags_ok = "contract/mixed_order_accepted", f"{flags} accepted"
            yield valid(name, text, "§4.2", flags_ok, file, keys=(key,))
            return
    raise AssertionError("no torsion of R cancels")


def off_curve() -> Iterator[Vector]:
    """A and R that are not points."""
    two = (2).to_bytes(32, "little")
    assert ed.decode(two) is None
    key = Key(two, ANA.sign)
    file = sign(claims(key=key), key=key)
    text = "A has y = 2, where the curve has no point."
    yield replace(faulty("key_off_curve", text, file, "ed25519-off-curve"), keys=(key,))
    text = "R has y = 2, where the curve has no point."
    file = sign(claims(), signature=two + make().data[-32:])
    yield faulty("r_off_curve", text, file, "ed25519-off-curve")
