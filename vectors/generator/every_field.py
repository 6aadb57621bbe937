"""Each field of a contract by itself, with values that only one careless reader accepts.

A verifier reads some fields in a way of its own. So what is refused in one of them, such as a
long head, a float or a text over its limit, is written into all of them (spec §2.1 to §3.6).
"""

import struct
from collections.abc import Callable, Iterator
from itertools import chain

from build import (
    ANA,
    BEN,
    DAY,
    ENDS,
    SIGNED,
    File,
    Map,
    Vector,
    make,
    malformed,
    revocable,
    sign,
    status_claim,
    unsupported,
    valid,
)
from build import STATUS as STATUS_CLAIM
from cbor_writer import Raw, encode

SPEC_A = "§3.9 test a"


# What other modules have, most of it under another name.
ELSEWHERE = """
pool_share_is_true idx_is_minus_1 idx_is_true uses_is_minus_1 uses_is_true mode_is_true
erasure_days_is_true report_months_is_true size_is_minus_1 size_is_true payment_m_is_true
payment_e_is_true payment_share_is_true kind_is_half_float kind_long_head_1 kind_is_minus_1
kind_is_digit kind_is_byte kind_is_true kty_is_minus_1 kty_is_true exp_is_long_head exp_is_minus
iat_is_minus name_mark_at_start title_letters_at_limit title_letters_over_limit
grantee_name_mark_at_start purpose_mark_at_start credit_mark_at_start grantee_name_private_use
purpose_private_use credit_private_use country_as_bytes country_before_line_feed
template_as_bytes
"""


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file that no other module has."""
    every = chain(
        integers(),
        times_in_other_forms(),
        byte_strings(),
        texts(),
        other_strings(),
        unknown_keys(),
        unknown_values(),
    )
    elsewhere = {f"contract/{name}" for name in ELSEWHERE.split()}
    return (each for each in every if each.name not in elsewhere)


def integer_fields() -> dict[str, Callable[[object], File]]:
    """By name of the field, the contract that has a value there; with 1 all are good but kind."""

    def paid(*payment: object) -> File:
        return make(terms={5: [list(payment)]})

    return {
        "idx": lambda value: sign(revocable({STATUS_CLAIM: status_claim(value)})),
        "uses": lambda value: make(terms={4: value}),
        "mode": lambda value: sign(revocable(terms={6: [value, 30]})),
        "stop_days": lambda value: sign(revocable(terms={6: [1, value]})),
        "erasure_days": lambda value: make(terms={8: [value, 1]}),
        "erasure_bits": lambda value: make(terms={8: [90, value]}),
        "report_months": lambda value: make(terms={14: value}),
        "size": lambda value: make(work={3: value}),
        "payment_type": lambda value: paid(value, 500, 0, "EUR"),
        "payment_m": lambda value: paid(1, value, 0, "EUR"),
        "payment_e": lambda value: paid(1, 5, value, "EUR"),
        "payment_share": lambda value: paid(4, value),
        "pool_share": lambda value: paid(5, value, 1),
        "pool_m": lambda value: paid(6, value, 0, "EUR", 1),
        "pool_e": lambda value: paid(6, 5, value, "EUR", 1),
        "division": lambda value: paid(5, 100, value),
        "kind": lambda value: make(terms={0: value}),
        "kty": lambda value: make(creator={0: {**ANA.cose, 1: value}}),
    }


def integers() -> Iterator[Vector]:
    """Every integer of a contract, written as something that is equal to 1, or nearly so."""
    for field, of in integer_fields().items():
        words = field.replace("_", " ")
        for name, value, how in (
            ("half_float", Raw(b"\xf9\x3c\x00"), "the half float 1.0"),
            ("float", Raw(b"\xfa\x3f\x80\x00\x00"), "the float 1.0"),
            ("double", Raw(b"\xfb\x3f\xf0" + bytes(6)), "the double 1.0"),
        ):
            text, title = f"{words} is {how}.", f"contract/{field}_is_{name}"
            yield malformed(title, text, "§2.1", "data-model look-alike", of(value), step=1)
        for name, value, how in (
            ("1", Raw(b"\x18\x01"), "a head of 2 bytes"),
            ("2", Raw(b"\x19\x00\x01"), "a head of 3 bytes"),
        ):
            text, title = f"{words} is 1 with {how}.", f"contract/{field}_long_head_{name}"
            yield malformed(title, text, "§2.1", "encoding", of(value), step=1)
        for name, other, how in (
            ("minus_1", -1, "-1"),
            ("digit", "1", "the text of a digit"),
            ("byte", b"\x01", "a byte string"),
            ("true", True, "true"),
            ("array", [1], "an array that holds 1"),
        ):
            text, title = f"{words} is {how}.", f"contract/{field}_is_{name}"
            yield malformed(title, text, "§3.9 test d", "field look-alike", of(other))


def times_in_other_forms() -> Iterator[Vector]:
    """The three times of a contract."""
    for key, name, seconds in ((4, "exp", ENDS), (5, "nbf", SIGNED + DAY), (6, "iat", SIGNED)):
        for form, item in (
            ("float", Raw(b"\xfa" + struct.pack(">f", seconds))),
            ("double", Raw(b"\xfb" + struct.pack(">d", seconds))),
            ("tagged", Raw(b"\xc1" + encode(seconds))),
            ("bignum", Raw(b"\xc2" + encode(seconds.to_bytes(4, "big")))),
            ("long_head", Raw(b"\x1b" + seconds.to_bytes(8, "big"))),
        ):
            text = f"{name} is {form.replace('_', ' ')}; its value is a good time."
            title = f"contract/{name}_is_{form}"
            yield malformed(title, text, "§2.5", "field data-model", make({key: item}), step=1)
        for form, other in (
            ("digits", str(seconds)),
            ("rfc3339", "2026-06-01T00:00:00Z"),
            ("minus", -seconds),
            ("one_below_zero", -1),
        ):
            text = f"{name} is {encode(other).hex()}, which is no time."
            title = f"contract/{name}_is_{form}"
            yield malformed(title, text, "§2.5", "field", make({key: other}))


def byte_strings() -> Iterator[Vector]:
    """Every byte string of a fixed length in another one, or as text."""
    named: tuple[tuple[str, bytes, Callable[[object], File]], ...] = (
        ("salt", ANA.thumbprint[:16], lambda value: make({7: value})),
        ("list_key", BEN.thumbprint, lambda value: sign(revocable(terms={15: value}))),
        ("recovery", BEN.thumbprint, lambda value: make(creator={3: value})),
        ("grantee_key", BEN.thumbprint, lambda value: make(grantee={2: value})),
    )
    for field, right, of in named:
        words = field.replace("_", " ")
        for size in (0, 8, 20, 64):
            value = (right * 4)[:size]
            text = f"The {words} has {size} bytes."
            name = f"contract/{field}_of_{size}_bytes"
            yield malformed(name, text, "§3.9 test d", "field length", of(value))
        for form, other in (("hex", right.hex()), ("text", "a" * len(right)), ("array", [right])):
            text = f"The {words} is written as {form}."
            name = f"contract/{field}_as_{form}"
            yield malformed(name, text, "§3.9 test d", "field", of(other))
        item = Raw(b"\x59" + len(right).to_bytes(2, "big") + right)
        text = f"The {words} has a head of 3 bytes."
        name = f"contract/{field}_long_head"
        yield malformed(name, text, "§2.1", "encoding", of(item), step=1)


def text_fields() -> dict[str, tuple[int, Callable[[object], File]]]:
    """By name of the field, the most bytes that it may have, and the contract with a text there."""
    return {
        "name": (200, lambda text: make(creator={1: text})),
        "acts_for": (200, lambda text: make(creator={4: text})),
        "title": (200, lambda text: make(work={1: text})),
        "grantee_name": (200, lambda text: make(grantee={0: text})),
        "purpose": (1000, lambda text: make(terms={12: text})),
        "credit": (200, lambda text: make(terms={13: text})),
    }


def texts() -> Iterator[Vector]:
    """Every field of type text: its limit counts bytes, and each rule holds there too."""
    spec, flags = "§2.3", "text"
    for field, (limit, of) in text_fields().items():
        words = field.replace("_", " ")
        most = "\u00e9" * (limit // 2)
        text = f"The {words} has {limit // 2} letters of 2 bytes, the most that fit."
        yield valid(f"contract/{field}_letters_at_limit", text, spec, "text accepted", of(most))
        for name, bad_text, how in (
            ("letters_over_limit", most + "a", f"{limit // 2 + 1} letters in {limit + 1} bytes"),
            ("space_before", " Estate of Ana", "a space at the start"),
            ("space_behind", "Estate of Ana ", "a space at the end"),
            ("two_spaces", "Estate  of Ana", "two spaces in a row"),
            ("two_spaces_and_accent", "H\u00e9ritiers  d'Ana", "two spaces, and an accent"),
            ("space_before_accent", " \u00c9tat d'Ana", "a space at the start, and an accent"),
            ("space_behind_accent", "Ana Ren\u00e9 ", "a space at the end, and an accent"),
            ("two_spaces_full_stop", "J.  Harbour", "two spaces after a full stop"),
            ("tab", "Estate\tof Ana", "a tab"),
            ("lone_joiner", "Estate of\u200dAna 1\u200c2", "a joiner between digits"),
            ("decomposed", "He\u0301ritiers d'Ana", "a letter and an accent apart"),
            ("bidi", "Estate \u202eof Ana", "a bidirectional override"),
            ("five_marks", "a\u0316\u0317\u0318\u0319\u031c", "five marks in a row"),
            ("five_marks_inside", "a\u0316\u0317\u0318\u0319\u031cb", "five marks before a letter"),
            ("compatibility", "\ufa70 of Ana", "an ideograph that is not in normal form"),
            ("mark_at_start", "\u0301Ana", "a mark at the start"),
            ("private_use", "Estate of \ue000", "a private-use character"),
            ("noncharacter", "Estate of \uffff", "a noncharacter"),
            ("later_letter", "Estate of \U00011f02", "a letter that Unicode 14.0 does not assign"),
        ):
            text, title = f"The {words} has {how}.", f"contract/{field}_{name}"
            yield malformed(title, text, spec, flags, of(bad_text))
        for name, raw in (
            ("utf8_cut", b"Ana \xc3"),
            ("utf8_high", b"Ana \xff"),
            ("utf8_pair", b"\xed\xa0\xbd\xed\xb8\x80"),
        ):
            item = Raw(bytes([0x60 | len(raw)]) + raw)
            text, title = f"The {words} is not UTF-8.", f"contract/{field}_{name}"
            yield malformed(title, text, "§2.1", "utf8", of(item), step=1)
        item = Raw(b"\x78\x03Ana")
        text = f"The {words} has a head of 2 bytes, though one is enough."
        yield malformed(f"contract/{field}_long_head", text, "§2.1", "encoding", of(item), step=1)
        item = Raw(b"\x7f\x63Ana\xff")
        text = f"The {words} has an indefinite length."
        yield malformed(f"contract/{field}_indefinite", text, "§2.1", "encoding", of(item), step=1)


def other_strings() -> Iterator[Vector]:
    """Strings with a form of their own: a longer head, or bytes in place of text."""
    named: tuple[tuple[str, str, Callable[[object], File]], ...] = (
        ("country", "PT", lambda text: make(terms={9: [text]})),
        ("currency", "EUR", lambda text: make(terms={5: [[1, 500, 0, text]]})),
        ("media_type", "a/b", lambda text: make(work={2: text})),
        ("iscc", "ISCC:KACYPXW445FTYNJ3", lambda text: make(work={5: [text]})),
        ("grantee_uri", "did:a:b", lambda text: make(grantee={1: text})),
        (
            "list_uri",
            "did:a:b",
            lambda text: sign(revocable({STATUS_CLAIM: status_claim(uri=text)})),
        ),
        ("template", "en-1", lambda text: make(terms={7: text})),
    )
    for field, good, of in named:
        words, raw = field.replace("_", " "), good.encode()
        for name, item, how in (
            ("long_head", Raw(b"\x78" + bytes([len(raw)]) + raw), "a head of 2 bytes"),
            ("longer_head", Raw(b"\x79" + len(raw).to_bytes(2, "big") + raw), "a head of 3 bytes"),
            ("indefinite", Raw(b"\x7f" + encode(good) + b"\xff"), "an indefinite length"),
        ):
            text, title = f"The {words} has {how}.", f"contract/{field}_{name}"
            yield malformed(title, text, "§2.1", "encoding", of(item), step=1)
        for name, other, how in (
            ("as_bytes", raw, "a byte string"),
            ("in_an_array", [good], "an array that holds it"),
            ("after_a_space", " " + good, "written after a space"),
            ("before_a_space", good + " ", "written before a space"),
            ("before_nul", good + "\0", "followed by a NUL"),
            ("before_line_feed", good + "\n", "followed by a line feed"),
            ("after_line_feed", "\n" + good, "written after a line feed"),
            ("after_x", "x" + good, "written after an x"),
        ):
            if field == "template" and isinstance(other, str):
                continue  # any text may be a template of another version
            if field == "media_type" and name == "after_x":
                continue  # which is a media type
            text, title = f"The {words} is {how}.", f"contract/{field}_{name}"
            yield malformed(title, text, "§3.9 test d", "field", of(other))


def unknown_keys() -> Iterator[Vector]:
    """Keys that no map of this version knows: those that other formats use, and far ones."""
    spec, flags = "§3.9 test e", "unknown"
    places: tuple[tuple[str, Callable[[Map], File], tuple[object, ...]], ...] = (
        ("claims", make, (3, 9, 10, 38, 39, 40, 256, 258, 65533, -65537, 2**32, "x-note")),
        ("contract", lambda more: make(terms=more), (*range(17, 25), 255, -65537, 2**32, "x-note")),
        ("creator", lambda more: make(creator=more), (6, 7, -65537, 2**32, "x-note")),
        ("work", lambda more: make(work=more), (7, 8, 9, -65537, 2**32, "x-note")),
        ("grantee", lambda more: make(grantee=more), (4, 5, 6, -65537, 2**32, "x-note")),
    )
    for place, of, keys in places:
        for key in keys:
            shown = f"minus_{-key}" if isinstance(key, int) and key < 0 else key
            name = f"contract/unknown_in_{place}_{shown}".replace("-", "_")
            text = f"The {place} {'have' if place == 'claims' else 'has'} the unknown key {key}."
            yield unsupported(name, text, spec, flags, of({key: 1}))
    for key in (0, 1, 65535, "ttl", "bits"):
        claim = {**status_claim(), key: 1}
        text = f"The status claim has the key {key} beside status_list."
        file = sign(revocable({STATUS_CLAIM: claim}))
        yield unsupported(f"contract/status_key_{key}", text, spec, flags, file)
        claim = {"status_list": {**status_claim()["status_list"], key: 1}}
        text = f"The map under status_list has the key {key}."
        file = sign(revocable({STATUS_CLAIM: claim}))
        yield unsupported(f"contract/status_list_key_{key}", text, spec, flags, file)
    text = "idx and uri are in the status claim itself, without status_list."
    file = sign(revocable({STATUS_CLAIM: status_claim()["status_list"]}))
    yield malformed("contract/status_without_status_list", text, "§3.2", "missing", file)
    text = "idx and uri are in the status claim itself; status_list is empty."
    file = sign(revocable({STATUS_CLAIM: {**status_claim()["status_list"], "status_list": {}}}))
    yield malformed("contract/status_list_beside", text, "§3.2", "missing", file)


def unknown_values() -> Iterator[Vector]:
    """Values that this version does not know."""
    flags = "unknown"
    for bit in (11, 12, 15, 52):
        text = f"Of the uses, bit {bit} is set beside pretrain."
        file = make(terms={4: 1 + (1 << bit)})
        yield unsupported(f"contract/uses_bit_{bit}", text, "§3.7", flags, file)
    for bit in (5, 8, 16, 31, 32):
        text = f"Of what must be erased, bit {bit} is set beside copies."
        file = make(terms={8: [90, 1 + (1 << bit)]})
        yield unsupported(f"contract/erasure_bit_number_{bit}", text, "§3.3", flags, file)
    for name, template in (
        ("en_1_0", "en-1.0"), ("number", "1"), ("de_1", "de-1"),
        ("en_us", "en-US-1"), ("longer", "en-1-"), ("x_before", "xen-1"),
    ):  # fmt: skip
        file = make(terms={7: template})
        text = f"The template is {template!r}."
        yield unsupported(f"contract/template_is_{name}", text, "§3.3", flags, file)
    for name, payment in (
        ("7", [7, 500, 0, "EUR"]), ("8", [8, 500, 0, "EUR"]), ("9", [9, 500, 0, "EUR"]),
        ("257", [257, 500, 0, "EUR"]), ("7_of_two", [7, 500]), ("12_of_three", [12, 500, 1]),
    ):  # fmt: skip
        text = f"A payment is {payment}, of an unknown type."
        yield unsupported(
            f"contract/payment_type_is_{name}", text, "§3.6", flags, make(terms={5: [payment]})
        )
    for name, place in (("exclusive", 10), ("pass_on", 11)):
        for form, value in (
            ("word", "true"),
            ("map", {}),
            ("array", [True]),
            ("2", 2),
            ("bytes", b"\xf5"),
        ):
            file, text = make(terms={place: value}), f"{name.replace('_', '-')} is {value!r}."
            title = f"contract/{name}_is_{form}"
            yield malformed(title, text, "§3.3", "look-alike", file)
