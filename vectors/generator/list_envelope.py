"""The envelope and the maps of a list, where they differ from those of a contract and where not.

A verifier may have a reader of its own for lists. What it takes for the everyday list, which says
valid, must be refused as strictly as in a contract.
"""

from collections.abc import Iterator

from build import ANA, CONTRACT, LIST_URI, Map, Vector, header, sign
from cbor_writer import Pairs, Raw, encode, head, pairs
from list_format import bad, ignored, ok
from status_rules import LIST_TYP, list_claims, sign_list, signed_again

CLAIMS = list_claims()


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from envelopes()
    yield from payloads()
    yield from orders()
    yield from duplicates()
    yield from both_headers()
    yield from hostile()


def envelopes() -> Iterator[Vector]:
    """Tags and items of the array."""
    good = sign(CLAIMS, header(typ=LIST_TYP))
    data, flags = good.data, "envelope"
    start, middle = encode(good.protected), b"\xa0"
    payload, end = encode(good.payload), data[-66:]
    assert data == b"\xd2\x84" + start + middle + payload + end
    for name, file, words in (
        ("tag_long_head", b"\xd8\x12" + data[1:], "Tag 18 has a longer head than necessary"),
        ("tag_twice", b"\xd2" + data, "Tag 18 is there twice"),
        ("tag_55799", b"\xd9\xd9\xf7" + data, "The tag of CBOR comes before tag 18"),
        ("array_of_3", b"\xd2\x83" + start + middle + payload, "The signature is missing"),
        ("array_of_5", b"\xd2\x85" + data[2:] + b"\xa0", "A fifth item follows the signature"),
        ("array_indefinite", b"\xd2\x9f" + data[2:] + b"\xff", "The array is written as 9f … ff"),
        ("in_a_string", encode(data), "The file is in a byte string"),
        ("detached", b"\xd2\x84" + start + middle + b"\xf6" + end, "The payload is null"),
        (
            "protected_map",
            b"\xd2\x84" + good.protected + middle + payload + end,
            "The protected header is a map, not a byte string",
        ),
        (
            "payload_map",
            b"\xd2\x84" + start + middle + good.payload + end,
            "The payload is a map, not a byte string",
        ),
        (
            "unprotected_in_a_string",
            b"\xd2\x84" + start + encode(middle) + payload + end,
            "The unprotected header is in a byte string",
        ),
        (
            "unprotected_array",
            b"\xd2\x84" + start + b"\x80" + payload + end,
            "The unprotected header is an empty array",
        ),
        (
            "payload_in_parts",
            b"\xd2\x84" + start + middle + in_parts(good.payload) + end,
            "The payload is a byte string in two parts",
        ),
    ):
        yield bad(f"envelope_{name}", f"{words}.", file, flags)
    text = "Tag 98 around a map: no array, so it is malformed."
    yield bad("tag_98_map", text, b"\xd8\x62" + encode({1: 1}), flags)
    text = "Tag 98 around an array with a repeated key."
    twice = b"\xd8\x62" + encode([pairs((1, 0), (2, 0), (1, 0))])
    yield bad("tag_98_duplicate", text, twice, "duplicate")
    text = "A byte follows an array with tag 98."
    yield bad("tag_98_trailing_byte", text, b"\xd8\x62\x80\x00", "encoding")


def in_parts(data: bytes) -> bytes:
    """Return *data* as a byte string of indefinite length."""
    half = len(data) // 2
    return b"\x5f" + encode(data[:half]) + encode(data[half:]) + b"\xff"


def payloads() -> Iterator[Vector]:
    """What the payload and the protected header hold."""
    for name, payload, words in (
        ("empty", b"", "is empty"),
        ("array", encode([CLAIMS]), "holds an array with the claims"),
        ("string", encode(encode(CLAIMS)), "holds a byte string with the claims"),
        ("twice", encode(CLAIMS) * 2, "holds the claims twice"),
        ("json", b'{"sub":"x"}', "is JSON"),
    ):
        file = sign(payload, header(typ=LIST_TYP)).data
        yield bad(f"payload_{name}", f"The payload {words}.", file, "encoding")
    file = sign({}, header(typ=LIST_TYP)).data
    yield bad("payload_empty_map", "The payload holds an empty map.", file, "missing")
    protected = header(typ=LIST_TYP)
    for name, data, words in (
        ("empty", b"", "is empty"),
        ("array", encode([protected]), "holds an array with the header"),
        ("trailing_byte", encode(protected) + b"\0", "has a byte after the map"),
        ("indefinite", b"\xbf" + encode(protected)[1:] + b"\xff", "is written as bf … ff"),
    ):
        file = sign(CLAIMS, data).data
        yield bad(f"protected_{name}", f"The protected header {words}.", file, "encoding")
    for name, label, value, words in (
        ("sub_not_utf8", 2, Raw(head(3, 9) + b"https://\xff"), "sub is not UTF-8"),
        ("sub_in_parts", 2, Raw(b"\x7f" + encode(LIST_URI) + b"\xff"), "sub has one part"),
        ("exp_float", 4, Raw(b"\xfb\x41\xda\x93\x00\x00\x00\x00\x00"), "exp is a float"),
        ("iat_null", 6, Raw(b"\xf6"), "iat is null"),
        ("iat_false", 6, Raw(b"\xf4"), "iat is false"),
        ("iat_undefined", 6, Raw(b"\xf7"), "iat is undefined"),
        ("ttl_2_53", 65534, 2**53, "ttl is 2^53"),
        ("ttl_float", 65534, Raw(b"\xf9\x53\x80"), "ttl is 60.0"),
        ("iat_bignum", 6, Raw(b"\xc2\x44\x6a\x44\x5f\x80"), "iat is a bignum"),
    ):
        yield bad(name, f"{words}.", sign_list(list_claims(top={label: value})), "data-model")


def orders() -> Iterator[Vector]:
    """Map keys may be in any order in every map."""
    key = Pairs(tuple(reversed(ANA.cose.items())))
    text = "The labels of the key are in the order x, crv, kty."
    yield ok("order_key", text, sign_list(list_claims(own={2: key})), "unsorted")
    own = pairs((2, ANA.cose), (1, bytes(32)))
    text = "In the private map, the key comes before the previous list."
    yield ok("order_private", text, sign_list(list_claims(top={CONTRACT: own})), "unsorted")
    inner = pairs(("lst", CLAIMS[65533]["lst"]), ("aggregation_uri", "x"), ("bits", 1))
    text = "In the status list, bits comes last."
    yield ok("order_bits_last", text, sign_list(list_claims(top={65533: inner})), "unsorted")
    everything: Map = {**CLAIMS, 65534: 60}
    longest_first = sorted(everything.items(), key=lambda item: -len(encode(item[0])))
    file = sign_list(encode(Pairs(tuple(longest_first))))
    yield ok(
        "order_longest_first", "The longest labels of the claims come first.", file, "unsorted"
    )


def duplicates() -> Iterator[Vector]:
    """No key twice, in any map and at any place."""
    flags = "duplicate"
    key = pairs((1, 1), (-1, 6), (-2, ANA.public), (1, 1))
    yield bad("duplicate_kty", "kty occurs twice.", sign_list(list_claims(own={2: key})), flags)
    own = pairs((2, ANA.cose), (1, bytes(32)), (2, ANA.cose))
    text = "The key occurs twice in the private map."
    yield bad("duplicate_private_key", text, sign_list(list_claims(top={CONTRACT: own})), flags)
    lst = CLAIMS[65533]["lst"]
    inner = pairs(("lst", lst), ("bits", 1), ("lst", lst))
    yield bad(
        "duplicate_lst", "lst occurs twice.", sign_list(list_claims(top={65533: inner})), flags
    )
    for name, items in (
        ("status_list", ((65533, CLAIMS[65533]), (65533, CLAIMS[65533]))),
        ("private_map", ((CONTRACT, CLAIMS[CONTRACT]), (CONTRACT, CLAIMS[CONTRACT]))),
        ("sub", ((2, LIST_URI), (2, LIST_URI))),
    ):
        rest = [pair for pair in CLAIMS.items() if pair[0] != items[0][0]]
        file = sign_list(encode(Pairs((items[0], *rest, items[1]))))
        text = f"The {name.replace('_', ' ')} occurs twice, first and last."
        yield bad(f"duplicate_{name}", text, file, flags)
    unknown = list_claims(top={99: [pairs(("a", 1), ("b", 1), ("a", 1))]})
    text = "A key occurs twice in a map under an unknown claim."
    yield bad("duplicate_under_unknown", text, sign_list(unknown), flags)
    unknown = list_claims(top={99: pairs((-1, 1), (0, 1), (-1, 1))})
    text = "A negative key occurs twice in a map under an unknown claim."
    yield bad("duplicate_negative_under_unknown", text, sign_list(unknown), flags)


def both_headers() -> Iterator[Vector]:
    """A label in the wrong header is unknown there."""
    for name, label, value in (("alg", 1, -8), ("kid", 4, ANA.kid)):
        file = sign(CLAIMS, header(typ=LIST_TYP), {label: value}).data
        text = f"{name} is in both headers."
        yield ignored(f"{name}_in_both_headers", text, file, "unsupported", "headers unknown")
    beside: Map
    for name, beside in (("x5chain", {33: b"\x30"}), ("receipts", {394: [b"\xd2"]})):
        file = sign(CLAIMS, header(beside, typ=LIST_TYP)).data
        text = f"{name} is in the protected header."
        yield ignored(f"protected_{name}", text, file, "unsupported", "headers unknown")
    for name, beside, words in (
        ("x5chain_one", {33: [b"\x30"]}, "x5chain is an array of one certificate"),
        ("x5chain_text", {33: "x"}, "x5chain is a text"),
        ("receipts_empty", {394: []}, "The receipts are an empty array"),
        ("receipts_text", {394: ["x"]}, "The receipts are an array of a text"),
        ("receipts_bytes", {394: b"x"}, "The receipts are a byte string"),
    ):
        file = sign(CLAIMS, header(typ=LIST_TYP), beside).data
        yield bad(f"unprotected_{name}", f"{words}.", file, "headers")


def hostile() -> Iterator[Vector]:
    """Signatures that only the cofactored equation lets pass."""
    flags = "ed25519-cofactor"
    for torsion, order in ((1, 8), (2, 4), (4, 2)):
        text = f"R has a part of order {order}: only the cofactored equation holds."
        file = signed_again(CLAIMS, torsion)
        yield ignored(f"cofactored_r_{order}", text, file, "bad-signature", flags)
    text = "The signature is 64 zero bytes."
    file = sign(CLAIMS, header(typ=LIST_TYP), signature=bytes(64)).data
    yield ignored("signature_zeros", text, file, "bad-signature", "signature")
    text = "The signature is an array of 64 numbers."
    file = sign_list(CLAIMS)[:-66] + encode([*bytes(64)])
    yield bad("signature_array", text, file, "envelope")
