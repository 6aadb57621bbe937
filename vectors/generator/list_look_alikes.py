"""Lists with a part that resembles the right one: a key, a type, an address, a kid (spec §7.1).

Each is what some verifier reads as the everyday list, which says valid: one that truncates
integers, turns keys into text, looks values up in a prototype or compares beginnings.
"""

from collections.abc import Iterator
from functools import partial

from build import (
    ABSENT,
    ANA,
    BEN,
    CONTRACT,
    DAY,
    LIST_KEY,
    LIST_URI,
    LONGEST_TERM,
    STATUS,
    TYP,
    Key,
    Map,
    Vector,
    header,
    merged,
    revocable,
    sig_structure,
    sign,
    status_claim,
)
from cbor_writer import Raw, encode, pairs
from deflate import stored
from list_format import EMPTY, bad, ignored
from status_rules import IDX, LIST_TYP, LISTED, list_claims, listed, plain, sign_list, unknown

WIDTHS = (8, 16, 32)  # of integers that a verifier may truncate to
PROTO = "__proto__"


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from truncated_keys()
    yield from truncated_values()
    yield from truncated_positions()
    yield from keys_of_other_types()
    yield from text_keys()
    yield from trues()
    yield from times_that_are_true()
    yield from headers()
    yield from signatures()
    yield from signers()
    yield from addresses()


def a_list(
    *,
    top: Map | None = None,
    inner: Map | None = None,
    own: Map | None = None,
    key: Map | None = None,
    protected: Map | None = None,
    unprotected: Map | None = None,
) -> bytes:
    """Return the everyday list with changes to any of its maps."""
    private = {2: merged(ANA.cose, key), **(own or {})}
    claims = list_claims(top=top, inner=inner, own=private)
    return sign(claims, header(protected, typ=LIST_TYP), merged({}, unprotected)).data


# Each map with integer keys, the keys that a list must have in it, and those it may have.
CLAIMS = list_claims()
MAPS: tuple[tuple[str, str, Map, Map], ...] = (
    ("top", "claim", {key: CLAIMS[key] for key in (2, 4, 6, 65533, CONTRACT)}, {65534: 60}),
    ("own", "private field", {2: ANA.cose}, {1: bytes(32)}),
    ("key", "label of the key", ANA.cose, {}),
    ("protected", "protected label", header(typ=LIST_TYP), {}),
    ("unprotected", "unprotected label", {}, {33: b"\x30", 270: b"\x30", 394: [b"\xd2"]}),
)


def wider(label: int) -> Iterator[tuple[str, int]]:
    """Yield integers that become *label* when they are truncated, with a name."""
    for width in WIDTHS:
        if -(2 ** (width - 1)) <= label < 2**width:
            sign = -1 if label < 0 else 1
            yield f"{width}_bits", label + sign * 2**width
    if label < -(2**16):
        yield "32_bits_unsigned", label + 2**32


def spelled(label: int) -> str:
    """Return a label as a part of a name."""
    return "private" if label == CONTRACT else str(label).replace("-", "minus_")


def truncated_keys() -> Iterator[Vector]:
    """An integer key that becomes the right one in 8, 16 or 32 bits is another key."""
    for where, words, required, optional in MAPS:
        for label, value in (required | optional).items():
            for width, other in wider(label):
                name = f"{where}_{spelled(label)}_in_{width}"
                changes: Map = {label: ABSENT, other: value}
                file = a_list(**{where: changes})
                text = f"In place of the {words} {label}: {other}, which becomes it in {width}."
                text = text.replace("_", " ")
                if label in required:
                    yield bad(name, text, file, "missing")
                else:
                    yield ignored(name, text, file, "unsupported", "unknown")


def truncated_values() -> Iterator[Vector]:
    """A value that becomes the right one in fewer bits is another value."""
    for width in WIDTHS:
        more = 2**width
        words = f"which becomes {{}} in {width} bits".format
        file = a_list(inner={"bits": 1 + more})
        yield bad(f"bits_in_{width}_bits", f"bits is {1 + more}, {words(1)}.", file, "field")
        file = a_list(protected={1: -8 - more})
        text = f"alg is {-8 - more}, {words(-8)}."
        yield ignored(f"alg_in_{width}_bits", text, file, "unsupported", "unknown")
        for name, label, value in (("kty", 1, 1), ("crv", -1, 6)):
            file = a_list(key={label: value + more})
            text = f"{name} is {value + more}, {words(value)}."
            yield ignored(f"{name}_in_{width}_bits", text, file, "unsupported", "unknown")
    future = 2**32
    text = "iat and exp are 2^32 s later: a list of the future, but not in 32 bits."
    lists = (listed(iat=LISTED + future),)
    yield unknown("status/iat_in_32_bits", text, "§7.4 step 2", "status-time", plain(), lists=lists)
    file = a_list(top={4: LISTED + DAY + future})
    yield bad("exp_in_32_bits", "exp is 2^32 s too late.", file, "status-time")


def truncated_positions() -> Iterator[Vector]:
    """A position beyond the list, which becomes one within it in fewer bits."""
    spec, flags = "§7.1", "position"
    for idx, bits, words in (
        (IDX + 2**8, 1, "9 in 8 bits"),
        (IDX + 2**16, 1, "9 in 16 bits"),
        (IDX + 2**31, 1, "9 in 31 bits"),
        (2**29 + 1, 8, "1 when multiplied by 8 in 32 bits"),
        (2**31 + 4, 2, "4 when multiplied by 2 in 32 bits"),
        (2**52 + IDX, 4, "9 with the exponent of a float cut off"),
    ):
        file = sign(revocable({STATUS: status_claim(idx)}))
        name, lists = f"status/position_{idx}_{bits}_bits", (listed(bits=bits, positions=32),)
        yield unknown(name, f"Position {idx}: {words}.", spec, flags, file, lists=lists)
    for bits in (2, 4):
        file = sign(revocable({STATUS: status_claim(16)}))
        name, lists = f"status/position_beyond_{bits}_bits", (listed(bits=bits, positions=16),)
        text = f"Position 16 in a list of 16 positions, {bits} bits each."
        yield unknown(name, text, spec, "position boundary", file, lists=lists)
    for value, bits in ((8, 4), (4, 4), (16, 8), (32, 8), (64, 8), (254, 8)):
        lists = (listed({IDX: value}, bits=bits),)
        name, text = f"status/value_{value}_{bits}_bits", f"The value is {value}, in {bits} bits."
        yield unknown(name, text, spec, "status-value", plain(), lists=lists)


# Keys of other types that some languages take for the integer 6.
NOT_INTEGERS = (
    ("text", "6", "the text 6"),
    ("text_06", "06", "the text 06"),
    ("text_plus_6", "+6", "the text +6"),
)
NOT_OF_THE_MODEL = (
    ("array", b"\x81\x06", "an array of 6"),
    ("array_of_text", b"\x81\x616", "an array of the text 6"),
    ("bytes", b"\x41\x06", "the byte 6"),
    ("bytes_of_text", b"\x416", "the digit 6 as a byte string"),
    ("float", b"\xf9\x46\x00", "6.0"),
    ("bignum", b"\xc2\x41\x06", "6 as a bignum"),
    ("map", b"\xa0", "an empty map"),
    ("null", b"\xf6", "null"),
)


def keys_of_other_types() -> Iterator[Vector]:
    """The key of iat as another type: text is another key, all else is no key."""
    rest = {key: value for key, value in CLAIMS.items() if key != 6}
    for name, other, words in NOT_INTEGERS:
        file = a_list(top={6: ABSENT, other: LISTED})
        yield bad(f"key_{name}", f"iat has {words} as its key.", file, "look-alike")
        file = a_list(top={other: LISTED + 1})
        text = f"Beside iat there is a second one, with {words} as its key."
        yield ignored(f"key_{name}_beside", text, file, "unsupported", "look-alike unknown")
    for name, key, words in NOT_OF_THE_MODEL:
        for ending, items, text in (
            ("", rest, f"iat has {words} as its key."),
            ("_beside", CLAIMS, f"Beside iat there is a second one, with {words} as its key."),
        ):
            payload = encode(pairs(*items.items(), (Raw(key), LISTED)))
            yield bad(f"key_{name}{ending}", text, sign_list(payload), "data-model")
    for name, key, words in (("true", b"\xf5", "true"), ("1_0", b"\xf9\x3c\x00", "1.0")):
        cose = pairs((Raw(key), 1), (-1, 6), (-2, ANA.public))
        text = f"kty has {words} as its key."
        yield bad(f"key_{name}", text, a_list(own={2: cose}), "look-alike data-model")


def text_keys() -> Iterator[Vector]:
    """Text keys that a language gives a meaning, and keys of the status list spelt otherwise."""
    for where, words, required, _ in MAPS:
        if required:
            label, value = list(required.items())[-1]
            changes: Map = {label: ABSENT, PROTO: {label: value}}
            text = f"{PROTO} holds the {words} {label}, which is missing."
            yield bad(f"{where}_proto", text, a_list(**{where: changes}), "missing")
        for name, key in (("proto", PROTO), ("constructor", "constructor")):
            file = a_list(**{where: {key: {}}})
            text = f"An unknown {words}: the text {key}."
            yield ignored(f"{where}_{name}_beside", text, file, "unsupported", "unknown")
    inner: Map = {"bits": ABSENT, PROTO: {"bits": 1}}
    text = f"{PROTO} holds bits, which is missing."
    yield bad("inner_proto", text, a_list(inner=inner), "missing")
    for name, key in (("proto", PROTO), ("constructor", "constructor"), ("empty", "")):
        text = f"An unknown entry beside bits and lst: the text {key or 'of no letters'}."
        file = a_list(inner={key: {}})
        yield ignored(f"inner_{name}_beside", text, file, "unsupported", "unknown")
    for name, right, key in (
        ("bits_upper_case", "bits", "Bits"),
        ("bits_space", "bits", "bits "),
        ("bits_nul", "bits", "bits\0"),
        ("bits_one_letter_less", "bits", "bit"),
        ("lst_upper_case", "lst", "LST"),
        ("lst_list", "lst", "list"),
    ):
        value = {"bits": 1, "lst": stored(EMPTY)}[right]
        file = a_list(inner={right: ABSENT, key: value})
        yield bad(f"inner_{name}", f"In place of {right}: {key!r}.", file, "missing")
    for name, raw in (("bytes", b"\x44bits"), ("indefinite", b"\x7f\x64bits\xff")):
        payload = encode(pairs((Raw(raw), 1), ("lst", stored(EMPTY))))
        file = a_list(top={65533: Raw(payload)})
        yield bad(f"inner_bits_{name}", f"The key bits is a string of another kind: {name}.", file)
    file = a_list(top={65533: ABSENT, STATUS: CLAIMS[65533]})
    text = "The status list is under 65535, the label that contracts have."
    yield bad("status_list_under_65535", text, file, "missing")
    file = a_list(top={65533: stored(EMPTY)})
    yield bad("status_list_bytes", "The status list is a byte string.", file, "field")
    file = a_list(top={65533: [1, stored(EMPTY)]})
    yield bad("status_list_array", "The status list is an array.", file, "field")


def trues() -> Iterator[Vector]:
    """`true` is no integer, and neither is a float, a text or an array of one."""
    for name, changes, words in (
        ("alg_true", {"protected": {1: True}}, "alg is true"),
        ("alg_text", {"protected": {1: "-8"}}, "alg is the text -8"),
        ("alg_array", {"protected": {1: [-8]}}, "alg is an array of -8"),
        ("kty_true", {"key": {1: True}}, "kty is true"),
        ("kty_text", {"key": {1: "OKP"}}, "kty is the text OKP"),
        ("crv_text", {"key": {-1: "Ed25519"}}, "crv is the text Ed25519"),
        ("bits_text", {"inner": {"bits": "1"}}, "bits is the text 1"),
        ("bits_array", {"inner": {"bits": [1]}}, "bits is an array of 1"),
        ("bits_negative", {"inner": {"bits": -1}}, "bits is -1"),
        ("ttl_text", {"top": {65534: "60"}}, "ttl is the text 60"),
        ("iat_array", {"top": {6: [LISTED]}}, "iat is an array"),
        ("exp_text", {"top": {4: str(LISTED + DAY)}}, "exp is a text of digits"),
        ("exp_true", {"top": {4: True}}, "exp is true"),
        ("x_text", {"key": {-2: ANA.public.hex()}}, "x is a text of hexadecimal digits"),
        ("x_33_bytes", {"key": {-2: ANA.public + b"\0"}}, "x has 33 bytes"),
        ("x_missing", {"key": {-2: ABSENT}}, "x is missing"),
        ("crv_missing", {"key": {-1: ABSENT}}, "crv is missing"),
        ("kty_missing", {"key": {1: ABSENT}}, "kty is missing"),
        ("lst_array", {"inner": {"lst": [stored(EMPTY)]}}, "lst is an array of the stream"),
        ("previous_text", {"own": {1: "00" * 32}}, "The id of the previous list is a text"),
        ("previous_empty", {"own": {1: b""}}, "The id of the previous list is empty"),
        ("unprotected_true", {"unprotected": {270: True}}, "The time-stamp token is true"),
    ):  # fmt: skip
        yield bad(name, f"{words}.", a_list(**changes), "look-alike field")
    file = a_list(key={3: -8})
    yield ignored("key_alg", "An unknown label in the key: alg.", file, "unsupported", "unknown")
    file = a_list(key={-4: bytes(32)})
    yield ignored("key_d", "An unknown label in the key: d.", file, "unsupported", "unknown")


def times_that_are_true() -> Iterator[Vector]:
    """At the earliest times, a time that is true would decide."""
    file = sign(revocable({6: 0, 4: LONGEST_TERM}))
    base = partial(Vector, spec="§2.5", flags="look-alike", contract=file, expect="status-unknown")
    for name, at, top, words in (
        ("exp_true_at_0", 0, {6: 0, 4: True}, "exp is true; the question is about the second 0"),
        ("iat_true_at_1", 1, {6: True, 4: DAY}, "iat is true; the question is about the second 1"),
    ):
        data = (sign_list(list_claims(top=top)),)
        text = f"{words}."
        yield base(
            f"status/list_{name}", text, step=13, at=at, lists=data, list_results=("malformed",)
        )


def headers() -> Iterator[Vector]:
    """A typ or kid that begins, ends or looks like the right one."""
    for name, typ, words in (
        ("longer", f"{LIST_TYP}2", "has one character more"),
        ("shorter", LIST_TYP[:-1], "has one character less"),
        ("parameter", f"{LIST_TYP}; v=1", "has a parameter"),
        ("space", f"{LIST_TYP} ", "ends with a space"),
        ("nul", f"{LIST_TYP}\0", "ends with U+0000"),
        ("upper_case", LIST_TYP.upper(), "is in upper case"),
        ("without_application", LIST_TYP.partition("/")[2], "lacks application/"),
        ("without_suffix", LIST_TYP.partition("+")[0], "lacks +cwt"),
        ("empty", "", "is empty"),
        ("integer", 61, "is 61, a number of a content format"),
        ("true", True, "is true"),
        ("bytes", LIST_TYP.encode(), "is a byte string"),
        ("array", [LIST_TYP], "is an array"),
        ("both", f"{LIST_TYP},{TYP}", "names lists and contracts"),
    ):
        yield bad(f"typ_{name}", f"typ {words}.", a_list(protected={16: typ}), "typ")
    file = a_list(protected={16: ABSENT}, unprotected={16: LIST_TYP})
    yield bad("typ_unprotected", "typ is in the unprotected header.", file, "typ")
    file = a_list(unprotected={16: LIST_TYP})
    text = "typ is in both headers: unknown in the second."
    yield ignored("typ_in_both_headers", text, file, "unsupported", "headers")
    own = ANA.thumbprint
    for name, kid, words in (
        ("empty", b"", "is empty"),
        ("1_byte", own[:1], "has 1 byte"),
        ("9_bytes", own[:9], "has 9 bytes"),
        ("32_bytes", own, "is the whole thumbprint"),
        ("end", own[-8:], "is the end of the thumbprint"),
        ("last_bit", own[:7] + bytes([own[7] ^ 1]), "differs in its last bit"),
        ("text", own[:4].hex(), "is a text"),
        ("x", ANA.public[:8], "is the beginning of x"),
        ("array", [own[:8]], "is an array"),
    ):
        yield bad(f"kid_{name}", f"kid {words}.", a_list(protected={4: kid}), "kid headers")
    file = a_list(protected={4: ABSENT}, unprotected={4: ANA.kid})
    yield bad("kid_unprotected", "kid is in the unprotected header.", file, "kid headers")
    file = a_list(protected={1: ABSENT}, unprotected={1: -8})
    yield bad("alg_unprotected", "alg is in the unprotected header.", file, "headers")
    for name, alg in (("minus_9", -9), ("minus_50", -50), ("0", 0), ("8", 8), ("minus_7", -7)):
        file = a_list(protected={1: alg})
        yield ignored(f"alg_{name}", f"alg is {alg}.", file, "unsupported", "unknown")


def signatures() -> Iterator[Vector]:
    """Signatures of another length, and over other bytes than the list's Sig_structure."""
    good = sign_list(list_claims())
    signature, flags = good[-64:], "signature length"
    for name, other, words in (
        ("0_bytes", b"", "is empty"),
        ("32_bytes", signature[:32], "has 32 bytes"),
        ("65_bytes", signature + b"\0", "has 65 bytes, the last of them 0"),
        ("72_bytes", signature + bytes(8), "has 72 bytes, the last of them 0"),
        ("128_bytes", signature * 2, "is there twice"),
    ):
        file = good[:-66] + encode(other)
        text = f"The signature {words}."
        yield ignored(f"signature_{name}", text, file, "bad-signature", flags)
    payload, protected = encode(list_claims()), encode(header(typ=LIST_TYP))
    usual = sig_structure(protected, payload)
    for name, signed, words in (
        ("payload_alone", payload, "Only the payload is signed"),
        ("empty_header", sig_structure(b"", payload), "The protected header is not signed"),
        (
            "external_aad",
            encode(["Signature1", protected, b"status", payload]),
            "external_aad is not empty",
        ),
        ("context", usual.replace(b"\x6aSignature1", b"\x69Signature", 1), "The context differs"),
        (
            "other_typ",
            sig_structure(encode(header()), payload),
            "It was signed with the typ of a contract, which was then changed",
        ),
        (
            "other_alg",
            sig_structure(encode(header({1: -19}, typ=LIST_TYP)), payload),
            "It was signed with alg -19, which was then changed",
        ),
    ):
        file = sign(list_claims(), header(typ=LIST_TYP), signature=ANA.sign(signed)).data
        yield ignored(f"signed_{name}", f"{words}.", file, "bad-signature", "signature")
    cleared = list_claims({IDX: 0})
    before = sign_list(list_claims({IDX: 1}))[-64:]
    file = sign(cleared, header(typ=LIST_TYP), signature=before).data
    text = "The list that said revoked was changed to say valid; its signature was kept."
    yield ignored("signature_of_revoked", text, file, "bad-signature", "signature")


def signers() -> Iterator[Vector]:
    """The contract names a list key: a list must have it in field 2 and be signed by it."""
    contract = sign(revocable(terms={15: LIST_KEY.thumbprint}))

    def signed_by(key: Key, kid: Key, named: Key) -> bytes:
        claims = list_claims(key=named)
        return sign(claims, header(key=kid, typ=LIST_TYP), key=key).data

    for name, data, result, words in (
        (
            "signed_by_another",
            signed_by(BEN, LIST_KEY, LIST_KEY),
            "bad-signature",
            "Field 2 and kid are the list key's; another key signed",
        ),
        (
            "in_kid_alone",
            signed_by(BEN, LIST_KEY, BEN),
            "malformed",
            "Only kid is the list key's",
        ),
        (
            "not_in_field_2",
            signed_by(LIST_KEY, LIST_KEY, BEN),
            "malformed",
            "The list key signed and kid is the list key's; field 2 is another key",
        ),
        (
            "signed_alone",
            signed_by(LIST_KEY, BEN, BEN),
            "bad-signature",
            "The list key signed; field 2 and kid are another key's",
        ),
        (
            "not_in_kid",
            signed_by(LIST_KEY, BEN, LIST_KEY),
            "malformed",
            "The list key signed and is in field 2; kid is another key's",
        ),
        (
            "signed_by_creator",
            signed_by(ANA, LIST_KEY, LIST_KEY),
            "bad-signature",
            "Field 2 and kid are the list key's; the creator signed",
        ),
    ):
        yield Vector(
            f"status/list_key_{name}",
            f"{words}.",
            "§7.1",
            "signature status-signer",
            contract,
            "status-unknown",
            13,
            lists=(data,),
            list_results=(result,),
        )


def addresses() -> Iterator[Vector]:
    """A sub that is nearly the contract's address, or no address in the one spelling."""
    flags = "status-sub"
    for name, sub, words in (
        ("beginning", LIST_URI[:-1], "the beginning of the address"),
        ("folder", LIST_URI.rpartition("/")[0] + "/", "the folder of the address"),
        ("query", LIST_URI + "?v=1", "the address with a query"),
        ("port", LIST_URI.replace(".example", ".example:8443"), "the address with a port"),
        ("host", "https://ana.example.evil.example/consent/list", "another host"),
        ("did", "did:web:ana.example", "a did of the same host"),
        ("urn", "urn:ana:consent", "a urn"),
    ):
        lists = (listed(top={2: sub}),)
        yield unknown(f"status/sub_{name}", f"sub is {words}.", "§7.2", flags, plain(), lists=lists)
    longer = sign(revocable({STATUS: status_claim(uri=LIST_URI + "/2026")}))
    text = "sub is the beginning of the contract's address."
    yield unknown("status/sub_of_the_parent", text, "§7.2", flags, longer, lists=(listed(),))
    escaped = sign(revocable({STATUS: status_claim(uri=LIST_URI.replace("t/l", "t%2Fl"))}))
    text = "The contract's address has an escaped slash, which sub does not."
    yield unknown("status/sub_unescaped", text, "§7.2", flags, escaped, lists=(listed(),))
    for name, bad_sub, words in (
        ("scheme_upper_case", LIST_URI.replace("https", "HTTPS"), "has a scheme in upper case"),
        ("host_upper_case", LIST_URI.replace("ana.", "ANA."), "has a host in upper case"),
        ("default_port", LIST_URI.replace(".example", ".example:443"), "has the default port"),
        ("host_dot", LIST_URI.replace(".example", ".example."), "has a host that ends with a dot"),
        ("escape", LIST_URI.replace("list", "%6Cist"), "has an escaped letter"),
        ("fragment", LIST_URI + "#9", "has a fragment"),
        ("user", LIST_URI.replace("//", "//ana@"), "has a user"),
        ("dot_segment", LIST_URI.replace("consent", "consent/."), "has a dot segment"),
        ("space", LIST_URI + " ", "ends with a space"),
        ("nul", LIST_URI + "\0", "ends with U+0000"),
        ("line_end", LIST_URI + "\n", "ends with a line feed"),
        ("empty", "", "is empty"),
        ("array", [LIST_URI], "is an array"),
    ):
        file = a_list(top={2: bad_sub})
        yield bad(f"sub_{name}", f"sub {words}.", file, f"{flags} address")
