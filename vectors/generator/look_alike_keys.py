"""Map keys that some language takes for the key of a field (spec §2.1, tests a and e of §3.9).

Integers that are cut to 8, 16 or 32 bits or lose their sign, texts that look like integers or like
what every object of JavaScript has, and values that are equal to an integer in Python.
"""

import struct
from collections.abc import Callable, Iterator
from functools import partial

from build import (
    ABSENT,
    ACME,
    ANA,
    CONTRACT,
    ENDS,
    RECOVERY,
    SHA256,
    STATUS,
    TYP,
    File,
    Map,
    Vector,
    claims,
    headed,
    make,
    malformed,
    revocable,
    sign,
    status_claim,
    unsupported,
)
from cbor_writer import Raw
from status_rules import listed


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from optional_fields()
    yield from required_fields()
    yield from other_half_of_the_integers()
    yield from status_claims()
    yield from names_of_objects()
    yield from names_in_the_status_claim()
    yield from keys_outside_the_data_model()


def in_key(changes: Map) -> File:
    """Return the everyday contract with changes to the creator's COSE_Key."""
    key = {**ANA.cose, **changes}
    return make(creator={0: {k: v for k, v in key.items() if v is not ABSENT}})


def unprotected(changes: Map) -> File:
    """Return the everyday contract with this unprotected header."""
    return sign(claims(), unprotected=changes)


def in_terms(changes: Map) -> File:
    """Return the everyday contract with changes to its contract map."""
    return make(terms=changes)


def in_creator(changes: Map) -> File:
    """Return the everyday contract with changes to its creator."""
    return make(creator=changes)


def in_work(changes: Map) -> File:
    """Return the everyday contract with changes to its work."""
    return make(work=changes)


def in_grantee(changes: Map) -> File:
    """Return the everyday contract with changes to its grantee."""
    return make(grantee=changes)


Change = Callable[[Map], File]
Field = tuple[str, Change, int, object, str]

# Fields that the everyday contract does not have: name, map, key, value, and words.
OPTIONAL: tuple[Field, ...] = (
    ("salt", make, 7, bytes(16), "The salt"),
    ("credit", in_terms, 13, "Ana Liu", "The credit line"),
    ("recovery", in_creator, 3, RECOVERY.thumbprint, "The recovery thumbprint"),
    ("iscc", in_work, 5, ["ISCC:KACYPXW445"], "The ISCC code"),
    ("grantee_key", in_grantee, 2, ACME.thumbprint, "The grantee's key"),
    ("x5chain", unprotected, 33, b"\x30\x00", "The X.509 chain"),
)
REQUIRED: tuple[Field, ...] = (
    ("exp", make, 4, ENDS, "exp"),
    ("uses", in_terms, 4, 1, "The uses"),
    ("creator_key", in_creator, 0, ANA.cose, "The creator's key"),
    ("digest", in_work, 0, [-16, SHA256], "The digest"),
    ("grantee_name", in_grantee, 0, "Acme Labs", "The grantee's name"),
    ("kty", in_key, 1, 1, "kty"),
    ("crv", in_key, -1, 6, "crv"),
    ("x", in_key, -2, ANA.public, "x"),
    ("alg", headed, 1, -8, "alg"),
    ("kid", headed, 4, ANA.kid, "kid"),
)
WIDTHS = (8, 16, 32)


def minus(label: int) -> str:
    """Return a key as it is written in a name."""
    return str(label).replace("-", "minus_")


def cut_to(label: int) -> Iterator[tuple[int, str]]:
    """Yield keys that become *label* when only their last bits are kept."""
    for bits in WIDTHS:
        key = label + (1 << bits if label >= 0 else -(1 << bits))
        yield key, f"which is {label} when cut to {bits} bits"


def optional_fields() -> Iterator[Vector]:
    """An optional field under a key that is not its own is an unknown field."""
    spec, flags = "§3.9 test e", "unknown look-alike"
    for name, change, label, value, words in OPTIONAL:
        for key, reason in cut_to(label):
            text = f"{words} is under key {key}, {reason}."
            file, full = change({key: value}), f"contract/{name}_under_{key}"
            yield unsupported(full, text, spec, flags, file)
        text = f"{words} is under key {-1 - label}, whose head has the argument {label}."
        full = f"contract/{name}_under_{minus(-1 - label)}"
        yield unsupported(full, text, spec, flags, change({-1 - label: value}))
        text = f'{words} is under the text "{label}".'
        full = f"contract/{name}_under_text_{label}"
        yield unsupported(full, text, spec, flags, change({str(label): value}))


def required_fields() -> Iterator[Vector]:
    """A required field under a key that is not its own is missing."""
    spec, flags = "§3.9 test d", "missing look-alike"
    for name, change, label, value, words in REQUIRED:
        for key, reason in cut_to(label):
            text = f"{words} is under key {key}, {reason}."
            file = change({label: ABSENT, key: value})
            yield malformed(f"contract/{name}_under_{minus(key)}", text, spec, flags, file)
        text = f'{words} is under the text "{label}".'
        file = change({label: ABSENT, str(label): value})
        yield malformed(f"contract/{name}_under_text_{minus(label)}", text, spec, flags, file)
    for key, reason in cut_to(16):
        text = f"typ is under label {key}, {reason}."
        file, full = headed({16: ABSENT, key: TYP}), f"contract/typ_under_{key}"
        yield malformed(full, text, "§3.9 test b", "typ look-alike", file, step=1)
    text, file = 'typ is under the text "16".', headed({16: ABSENT, "16": TYP})
    full = "contract/typ_under_text_16"
    yield malformed(full, text, "§3.9 test b", "typ look-alike", file, step=1)


def other_half_of_the_integers() -> Iterator[Vector]:
    """Required fields under a key that has another sign."""
    spec, flags = "§3.9 test d", "missing look-alike"
    for name, change, label, value, words in REQUIRED:
        key = -1 - label
        if key in {-2, 1}:
            continue  # another field of a COSE_Key has it; alg has no neighbour there
        text = f"{words} is under key {key}, whose head has the same argument as {label}."
        file = change({label: ABSENT, key: value})
        yield malformed(f"contract/{name}_under_{minus(key)}", text, spec, flags, file)
    file = headed({1: ABSENT, -2: -8})
    text = "alg is under label -2, whose head has the same argument as 1."
    yield malformed("contract/alg_under_minus_2", text, spec, flags, file)
    file = headed({16: ABSENT, -17: TYP})
    text, full = "typ is under label -17, whose head has the argument 16.", "typ_under_minus_17"
    yield malformed(f"contract/{full}", text, "§3.9 test b", "typ look-alike", file, step=1)
    for name, label, value in (("crv", -1, 6), ("x", -2, ANA.public)):
        for bits in WIDTHS:
            key = label + (1 << bits)
            text = f"{name} is under key {key}, the {bits} bits of {label} without a sign."
            file = in_key({label: ABSENT, key: value})
            yield malformed(f"contract/{name}_under_{key}", text, spec, flags, file)
    whole = claims()[CONTRACT]
    for key, reason in (
        (CONTRACT - 2**32, f"which is {CONTRACT} when cut to 32 bits"),
        (CONTRACT + 2**32, f"the 32 bits of {CONTRACT} without a sign"),
        (-1 - CONTRACT, f"whose head has the same argument as {CONTRACT}"),
        (-CONTRACT, f"{CONTRACT} without its sign"),
    ):
        text = f"The contract map is under key {key}, {reason}."
        file, full = make({CONTRACT: ABSENT, key: whole}), f"contract_map_under_{minus(key)}"
        yield malformed(f"contract/{full}", text, spec, flags, file)
    file = make({CONTRACT: ABSENT, str(CONTRACT): whole})
    text = f'The contract map is under the text "{CONTRACT}".'
    yield malformed("contract/contract_map_under_text", text, spec, flags, file)


def status_claims() -> Iterator[Vector]:
    """The status claim under another key; a list says that the contract holds."""
    spec, flags = "§3.9 test d", "missing look-alike"
    refused = partial(malformed, lists=(listed(),))
    for key, reason in (
        (STATUS + 2**16, "which is 65535 when cut to 16 bits"),
        (STATUS + 2**32, "which is 65535 when cut to 32 bits"),
        (-1, "whose 16 bits without a sign are 65535"),
        (-1 - STATUS, "whose head has the argument 65535"),
    ):
        text = f"The status claim is under key {key}, {reason}."
        file = sign(revocable({STATUS: ABSENT, key: status_claim()}))
        full = f"contract/status_claim_under_{minus(key)}"
        yield refused(full, text, spec, flags, file)
    text = 'The status claim is under the text "65535".'
    file = sign(revocable({STATUS: ABSENT, str(STATUS): status_claim()}))
    yield refused("contract/status_claim_under_text_65535", text, spec, flags, file)


MAPS: tuple[tuple[str, Change, str], ...] = (
    ("claims", make, "The claims have"),
    ("contract", in_terms, "The contract map has"),
    ("creator", in_creator, "The creator has"),
    ("key", in_key, "The COSE_Key has"),
    ("work", in_work, "The work has"),
    ("grantee", in_grantee, "The grantee has"),
    ("protected", headed, "The protected header has"),
    ("unprotected", unprotected, "The unprotected header has"),
)
NAMES = (
    ("proto", "__proto__"),
    ("constructor", "constructor"),
    ("to_string", "toString"),
    ("empty", ""),
)


def names_of_objects() -> Iterator[Vector]:
    """Text keys that an object of JavaScript has already, and the empty one."""
    spec, flags = "§3.9 test e", "unknown look-alike"
    for place, change, words in MAPS:
        for name, key in NAMES:
            text = f'{words} the unknown key "{key}".'
            full = f"contract/{place}_text_key_{name}"
            yield unsupported(full, text, spec, flags, change({key: True}))
        text = f'{words} the unknown key "__proto__", which holds a map.'
        full = f"contract/{place}_text_key_proto_map"
        yield unsupported(full, text, spec, flags, change({"__proto__": {0: 1}}))


def names_in_the_status_claim() -> Iterator[Vector]:
    """Text keys beside and in place of status_list, idx and uri; a list says that it holds."""
    spec, flags = "§3.9 test e", "unknown look-alike"
    refused = partial(unsupported, lists=(listed(),))
    known = status_claim()["status_list"]
    more: tuple[tuple[str, str, str], ...] = (
        ("proto", "__proto__", "__proto__"),
        ("constructor", "constructor", "constructor"),
        ("empty", "", "an empty key"),
        ("upper_case", "IDX", "IDX"),
        ("with_nul", "idx\0", "idx followed by a NUL"),
        ("with_space", "uri ", "uri followed by a space"),
    )
    for name, key, words in more:
        file = sign(revocable({STATUS: {"status_list": {**known, key: 1}}}))
        text = f"The status_list map has a third entry: {words}."
        yield refused(f"contract/status_list_text_key_{name}", text, spec, flags, file)
        file = sign(revocable({STATUS: {"status_list": known, key: 1}}))
        text = f"The status claim has a second entry: {words}."
        yield refused(f"contract/status_text_key_{name}", text, spec, flags, file)
    spec, flags = "§3.9 test d", "missing look-alike"
    refused = partial(malformed, lists=(listed(),))
    idx, uri = known["idx"], known["uri"]
    for name, claim, words in (
        ("idx_upper_case", {"status_list": {"IDX": idx, "uri": uri}}, "IDX in place of idx"),
        ("uri_upper_case", {"status_list": {"idx": idx, "URI": uri}}, "URI in place of uri"),
        ("idx_with_nul", {"status_list": {"idx\0": idx, "uri": uri}}, "a NUL at the end of idx"),
        ("idx_longer", {"status_list": {"idx2": idx, "uri": uri}}, "idx2 in place of idx"),
        ("idx_shorter", {"status_list": {"id": idx, "uri": uri}}, "id in place of idx"),
        ("list_upper_case", {"STATUS_LIST": known}, "STATUS_LIST in place of status_list"),
        ("list_hyphen", {"status-list": known}, "a hyphen in status_list"),
        ("list_shorter", {"status": known}, "status in place of status_list"),
        ("integer_keys", {0: {0: idx, 1: uri}}, "integers as keys"),
    ):
        text, file = f"The status claim has {words}.", sign(revocable({STATUS: claim}))
        yield refused(f"contract/status_{name}", text, spec, flags, file)


def float_key(number: int) -> bytes:
    """Return a float of two bytes that is equal to *number*."""
    return b"\xf9" + struct.pack(">e", number)


def keys_outside_the_data_model() -> Iterator[Vector]:
    """Keys that are no integer and no text, and equal or similar to the key of a field."""
    refused = partial(malformed, spec="§3.9 test a", flags="data-model look-alike", step=1)
    for name, change, label, value, words in OPTIONAL:
        number = bytes([label]) if label < 24 else bytes([0x18, label])
        for kind, key, such in (
            ("float", float_key(label), f"the float {label}.0"),
            ("bignum", b"\xc2\x41" + bytes([label]), f"the bignum {label}"),
            ("bytes", b"\x41" + bytes([label]), f"a byte string of the byte {label}"),
            ("array", b"\x81" + number, f"an array that holds {label}"),
            ("map", b"\xa1" + number + b"\xf5", f"a map that holds {label}"),
        ):
            text, file = f"{words} is under {such}.", change({Raw(key): value})
            yield refused(f"contract/{name}_under_{kind}", text, contract=file)
    for name, change, label, value, words in REQUIRED:
        if label not in {0, 1}:
            continue
        key, such = ((b"\xf4", "false"), (b"\xf5", "true"))[label]
        text = f"{words} is under {such}, which is equal to {label} in some languages."
        file = change({label: ABSENT, Raw(key): value})
        yield refused(f"contract/{name}_under_{such}", text, contract=file)
    for such, byte in (("null", b"\xf6"), ("undefined", b"\xf7"), ("simple value 0", b"\xe0")):
        text, file = f"An unknown claim is under {such}.", make({Raw(byte): 1})
        yield refused(f"contract/map_key_{such.replace(' ', '_')}", text, contract=file)
