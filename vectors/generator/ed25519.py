"""A small model of Ed25519 in plain integers, for crafting hostile keys and signatures.

It is slow and leaks its secrets through time: for test data only. `accepts` takes the rules of
spec §4.2 one by one, so that the generator can show which looser rule lets a signature through.
"""

import hashlib
from dataclasses import dataclass

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_1 = pow(2, (P - 1) // 4, P)
SIGN_BIT = 1 << 255

Point = tuple[int, int, int, int]  # extended coordinates X, Y, Z, T with T = XY / Z

IDENTITY: Point = (0, 1, 1, 0)

SMALL_ORDER = tuple(  # the table of spec §4.2 step 4, in its order
    bytes.fromhex(line)
    for line in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    )
)


@dataclass(frozen=True)
class Rules:
    """Which of the checks a verifier makes; all of them is Ed25519-strict."""

    reduced_s: bool = True
    canonical: bool = True
    no_small_order: bool = True
    cofactorless: bool = True


STRICT = Rules()


def add(a: Point, b: Point) -> Point:
    """Return the sum (RFC 8032 §5.1.4)."""
    (x1, y1, z1, t1), (x2, y2, z2, t2) = a, b
    e, f = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    g, h = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    b_, c_, d_, e_ = f - e, h - g, h + g, f + e
    return b_ * c_ % P, d_ * e_ % P, c_ * d_ % P, b_ * e_ % P


def negate(a: Point) -> Point:
    """Return the point that adds up to the identity with *a*."""
    return -a[0] % P, a[1], a[2], -a[3] % P


def multiply(scalar: int, point: Point) -> Point:
    """Return *scalar* times *point*."""
    total = IDENTITY
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point, scalar = add(point, point), scalar >> 1
    return total


def equal(a: Point, b: Point) -> bool:
    """Return whether both are the same point."""
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def encode(a: Point) -> bytes:
    """Return the 32 bytes of a point."""
    inverse = pow(a[2], -1, P)
    x, y = a[0] * inverse % P, a[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(data: bytes) -> Point | None:
    """Return the point of *data*, also of non-canonical forms; None if it is not on the curve."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number % SIGN_BIT % P
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * SQRT_MINUS_1 % P
    if (v * x * x - u) % P:
        return None
    if x & 1 != sign:
        x = -x % P
    return x, y, 1, x * y % P


def is_canonical(data: bytes) -> bool:
    """Return whether *data* is below p once its top bit is cleared (spec §4.2 step 3)."""
    return int.from_bytes(data, "little") % SIGN_BIT < P


def challenge(r: bytes, a: bytes, message: bytes) -> int:
    """Return k = SHA-512(R ‖ A ‖ message) mod L."""
    return int.from_bytes(hashlib.sha512(r + a + message).digest(), "little") % L


def accepts(public: bytes, message: bytes, signature: bytes, rules: Rules = STRICT) -> bool:
    """Return whether *signature* passes *rules*."""
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if rules.reduced_s and s >= L:
        return False
    if rules.canonical and not (is_canonical(public) and is_canonical(r)):
        return False
    if rules.no_small_order and (public in SMALL_ORDER or r in SMALL_ORDER):
        return False
    return _equation_holds(public, message, r, s, cofactor=1 if rules.cofactorless else 8)


def _equation_holds(public: bytes, message: bytes, r: bytes, s: int, *, cofactor: int) -> bool:
    a_point, r_point = decode(public), decode(r)
    if a_point is None or r_point is None:
        return False
    k = challenge(r, public, message)
    left, right = multiply(s, BASE), add(r_point, multiply(k, a_point))
    return equal(multiply(cofactor, left), multiply(cofactor, right))


def secret_scalar(seed: bytes) -> int:
    """Return the scalar of a 32-byte *seed* (RFC 8032 §5.1.5)."""
    number = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little")
    return number & ~7 & (1 << 254) - 1 | 1 << 254


def _point(data: bytes) -> Point:
    point = decode(data)
    assert point is not None
    return point


BASE = _point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
TORSION = _point(SMALL_ORDER[4])  # it generates the eight points of small order
