"""Headers: labels, their forms, and labels in the wrong header (spec §3.1, §3.9)."""

from collections.abc import Iterator

from build import (
    ABSENT,
    ANA,
    BEN,
    TYP,
    File,
    Map,
    Vector,
    claims,
    headed,
    header,
    malformed,
    sign,
    unsupported,
    valid,
)


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from algorithms()
    yield from key_ids()
    yield from types()
    yield from unknown_labels()
    yield from wrong_header()
    yield from unprotected_forms()


def loose(unprotected: dict[object, object]) -> File:
    """Return the everyday contract with this unprotected header."""
    return sign(claims(), unprotected=unprotected)


def algorithms() -> Iterator[Vector]:
    """Label 1."""
    spec = "§3.1"
    text = "alg -19 (Ed25519 of RFC 9864) means the same as -8."
    yield valid("contract/alg_minus_19", text, spec, "headers accepted", headed({1: -19}))
    for name, alg, words in (
        ("esp256", -9, "ESP256, which fits no key of this version"),
        ("es256", -7, "ES256"),
        ("ml_dsa_44", -48, "ML-DSA-44"),
        ("zero", 0, "0, which is reserved"),
        ("positive", 5, "HMAC 256/256: a public key must never serve as its secret"),
    ):
        file = headed({1: alg})
        yield unsupported(f"contract/alg_{name}", f"alg is {words}.", spec, "unknown", file)
    text = "The algorithm is written as text, which RFC 9052 allows and this format does not."
    yield malformed("contract/alg_text", text, spec, "headers", headed({1: "EdDSA"}))
    yield malformed("contract/alg_missing", "alg is missing.", spec, "headers", headed({1: ABSENT}))


def key_ids() -> Iterator[Vector]:
    """Label 4."""
    spec, kid = "§3.1", ANA.kid
    wrong = headed({4: BEN.kid})
    text = "kid is another key's; the signature is the creator's."
    yield malformed("contract/kid_of_another_key", text, spec, "kid", wrong)
    flipped = headed({4: kid[:7] + bytes([kid[7] ^ 1])})
    yield malformed("contract/kid_last_bit", "The last bit of kid differs.", spec, "kid", flipped)
    for size in (0, 7, 9, 32):
        file = headed({4: ANA.thumbprint[:size]})
        yield malformed(f"contract/kid_{size}_bytes", f"kid has {size} bytes.", spec, "kid", file)
    text = "kid is the first 8 bytes of the public key itself."
    yield malformed("contract/kid_of_x", text, spec, "kid", headed({4: ANA.public[:8]}))
    text = "kid is the last 8 bytes of the thumbprint."
    yield malformed("contract/kid_end", text, spec, "kid", headed({4: ANA.thumbprint[-8:]}))
    for name, byte in (("first", 0), ("middle", 4)):
        near = kid[:byte] + bytes([kid[byte] ^ 0x80]) + kid[byte + 1 :]
        text = f"One bit differs in the {name} byte of kid."
        yield malformed(f"contract/kid_{name}_byte", text, spec, "kid", headed({4: near}))
    text = "Ben is the creator; kid and signature are Ana's, who is believed."
    file = sign(claims(key=BEN), header(key=ANA), key=ANA)
    yield malformed("contract/kid_and_signature_of_believed", text, spec, "kid", file)
    zeros = headed({4: bytes(8)})
    yield malformed("contract/kid_zeros", "kid is eight zero bytes.", spec, "kid", zeros)
    text = "kid is the start of the thumbprint as hexadecimal text."
    yield malformed("contract/kid_text", text, spec, "kid", headed({4: kid.hex()[:8]}))
    yield malformed("contract/kid_missing", "kid is missing.", spec, "kid", headed({4: ABSENT}))


def types() -> Iterator[Vector]:
    """Label 16: test b of §3.9."""
    for name, typ, words in (
        ("wrong", "application/vnd.other+cwt", "names another format"),
        ("of_a_list", "application/statuslist+cwt", "is that of a status list"),
        ("cwt", "application/cwt", "is that of CWTs in general"),
        ("upper_case", TYP.upper(), "is in upper case"),
        ("prefix", "vnd.consentsig+cwt", "leaves out application/"),
        ("longer", TYP + "2", "has one character more"),
        ("shorter", TYP[:-1], "has one character less"),
        ("without_suffix", "application/vnd.consentsig", "leaves out +cwt"),
        ("other_suffix", "application/vnd.consentsig+json", "has another suffix"),
        ("parameter", TYP + ";v=1", "has a parameter"),
        ("parameter_space", TYP + "; charset=utf-8", "has a parameter after a space"),
        ("letter_upper_case", TYP.replace("v", "V"), "has one letter in upper case"),
        ("type_upper_case", TYP.replace("a", "A", 1), "begins with an upper-case letter"),
        ("space_after", TYP + " ", "ends in a space"),
        ("space_before", " " + TYP, "begins with a space"),
        ("nul", TYP + "\0", "ends in a NUL"),
        ("line_feed", TYP + "\n", "ends in a line feed"),
        ("fullwidth", TYP.replace("+", "\uff0b"), "has a full-width plus"),
        ("kelvin", TYP.replace("v", "\u1d20"), "has a small capital v"),
        ("empty", "", "is the empty text"),
        ("zero", 0, "is 0, the number of text/plain"),
        ("negative", -1, "is -1"),
        ("true", True, "is true"),
        ("array", [TYP], "is an array that holds the right one"),
        ("map", {TYP: True}, "is a map that holds the right one"),
        ("two", TYP + "," + TYP, "is written twice, with a comma"),
        ("integer", 61, "is a content format number"),
        ("bytes", TYP.encode(), "is a byte string"),
        ("missing", ABSENT, "is missing"),
    ):
        file, text = headed({16: typ}), f"typ {words}."
        yield malformed(f"contract/typ_{name}", text, "§3.9 test b", "typ", file, step=1)
    file = sign(claims(), header({16: ABSENT}), {16: TYP})
    text = "typ is only in the unprotected header, where anyone can put it."
    name = "contract/typ_unprotected"
    yield malformed(name, text, "§3.9 test b", "typ", file, step=1)


def unknown_labels() -> Iterator[Vector]:
    """Labels that this version does not know, in either header."""
    spec, flags = "§3.9 test e", "unknown headers"
    protected: tuple[tuple[str, object, object, str], ...] = (
        ("crit", 2, [16], "crit"),
        ("content_type", 3, "application/cwt", "a content type"),
        ("cwt_claims", 15, {1: "ana"}, "CWT claims (RFC 9597)"),
        ("negative_label", -1, 1, "label -1"),
        ("text_label", "note", "hello", "a text label"),
        ("x5chain", 33, b"\x30\x00", "an X.509 chain, which belongs in the other header"),
        ("receipts", 394, [b"\x00"], "receipts, which belong in the other header"),
        ("timestamp", 270, b"\x30", "a time-stamp token, which belongs in the other header"),
        ("x5chain_text", 33, "MIIB", "a chain as text: unknown here, so its form is not checked"),
    )
    for name, label, value, words in protected:
        file, text = headed({label: value}), f"The protected header has {words}."
        yield unsupported(f"contract/protected_{name}", text, spec, flags, file)
    unprotected: tuple[tuple[str, object, object, str], ...] = (
        ("unknown_label", 99, 1, "label 99"),
        ("text_label", "note", "hello", "a text label"),
        ("x5t", 34, [-16, bytes(32)], "a certificate's hash"),
        ("countersignature", 11, b"\x00", "a countersignature"),
    )
    for name, label, value, words in unprotected:
        file, text = loose({label: value}), f"The unprotected header has {words}."
        yield unsupported(f"contract/unprotected_{name}", text, spec, flags, file)


def wrong_header() -> Iterator[Vector]:
    """A label in the wrong header is an unknown label there."""
    for name, label, value in (("alg", 1, -8), ("kid", 4, ANA.kid), ("typ", 16, TYP)):
        both = loose({label: value})
        text = f"{name} is in both headers."
        spec, flags = "§3.1", "unknown headers"
        yield unsupported(f"contract/{name}_in_both_headers", text, spec, flags, both)
        if name == "typ":
            continue
        moved = sign(claims(), header({label: ABSENT}), {label: value})
        text = f"{name} is only in the unprotected header."
        yield malformed(f"contract/{name}_unprotected", text, "§3.9 test d", "headers", moved)


def unprotected_forms() -> Iterator[Vector]:
    """What the unprotected header may hold has a form and no meaning."""
    spec, flags = "§3.1", "headers accepted"
    good: tuple[tuple[str, Map, str], ...] = (
        ("x5chain_one", {33: b"\x30\x00"}, "an X.509 chain of one certificate, as a byte string"),
        ("x5chain_two", {33: [b"\x30\x00", b"\x30\x00"]}, "an X.509 chain of two certificates"),
        ("timestamp", {270: b"\x30\x00"}, "a time-stamp token"),
        ("receipts", {394: [b"\xd2\x00"]}, "a receipt"),
        ("x5chain_no_bytes", {33: b""}, "an X.509 chain of one empty certificate"),
        ("timestamp_no_bytes", {270: b""}, "an empty time-stamp token"),
        ("receipts_no_bytes", {394: [b""]}, "an empty receipt"),
        (
            "all_three",
            {33: b"\x30", 270: b"\x30", 394: [b"\xd2", b"\xd2"]},
            "everything that it may have",
        ),
    )
    for name, value, words in good:
        text = f"The unprotected header has {words}. Neither the answer nor the id changes."
        yield valid(f"contract/with_{name}", text, spec, flags, loose(value))
    bad: tuple[tuple[str, Map, str], ...] = (
        ("x5chain_array_of_one", {33: [b"\x30\x00"]}, "A chain of one certificate as an array"),
        ("x5chain_empty", {33: []}, "An empty chain"),
        ("x5chain_text", {33: "MIIB"}, "A chain as text"),
        ("x5chain_of_text", {33: [b"\x30\x00", "MIIB"]}, "A chain that holds text"),
        ("timestamp_array", {270: [b"\x30\x00"]}, "A time-stamp token in an array"),
        ("receipts_empty", {394: []}, "An empty array of receipts"),
        ("receipts_bytes", {394: b"\xd2\x00"}, "A receipt outside an array"),
        ("receipts_no_array", {394: 1}, "An integer in place of receipts"),
        ("receipts_true", {394: True}, "true in place of receipts"),
        ("x5chain_integer", {33: 1}, "An integer in place of a chain"),
        ("receipts_integer", {394: [b"\xd2\x00", 1]}, "An integer among the receipts"),
    )
    for name, value, words in bad:
        text = f"{words}: not a form that this label may have."
        yield malformed(f"contract/{name}", text, "§3.9 test d", "headers", loose(value))
