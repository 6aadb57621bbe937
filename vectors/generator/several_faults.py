"""Several faults in one file: the first test of spec §3.9 that fails gives the code."""

from collections.abc import Iterator

from build import (
    ABSENT,
    ANA,
    BEN,
    CONTRACT,
    SHA256,
    STATUS,
    TYP,
    File,
    Vector,
    bad_signature,
    claims,
    header,
    make,
    malformed,
    revocable,
    sign,
    unsupported,
    valid,
)
from cbor_writer import Raw, encode

NULL = Raw(b"\xf6")
SPEC, FLAGS = "§3.9", "order"


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from encoding_first()
    yield from type_second()
    yield from kind_third()
    yield from fields_before_unknown()
    yield from rules_between_known_parts()
    yield from key_with_unknown_field()
    yield from unknown_part_excuses()
    yield from before_signature()


def first(name: str, comment: str, file: File, step: int = 2) -> Vector:
    """Return a scenario of several faults, of which one makes it malformed."""
    return malformed(f"contract/faults_{name}", comment, SPEC, FLAGS, file, step=step)


def later(name: str, comment: str, file: File) -> Vector:
    """Return a scenario of several faults, of which one makes it unsupported."""
    return unsupported(f"contract/faults_{name}", comment, SPEC, FLAGS, file)


def encoding_first() -> Iterator[Vector]:
    """Test a comes before all others."""
    text = "A bad encoding and an unknown kind."
    yield first("encoding_kind", text, make({8: NULL}, {0: 2}), 1)
    text = "A bad encoding inside an unknown field."
    yield first("encoding_unknown_field", text, make(terms={16: NULL}), 1)
    text = "A bad encoding inside the contract of an unknown kind."
    kind = make({CONTRACT: {0: 2, 1: NULL}})
    yield first("encoding_inside_kind", text, kind, 1)
    text = "A bad encoding in the payload and the typ of a list."
    typ = sign(claims({8: NULL}), header({16: "application/statuslist+cwt"}))
    yield first("encoding_typ", text, typ, 1)
    text = "The payload is not one canonical map, and the algorithm is unknown."
    alg = sign(encode(claims()) + b"\0", header({1: -9}))
    yield first("encoding_alg", text, alg, 1)


def type_second() -> Iterator[Vector]:
    """Test b comes before kind, fields and unknown parts."""
    wrong = {16: "application/cwt"}
    text = "The wrong typ and an unknown kind."
    yield first("typ_kind", text, sign(claims(terms={0: 2}), header(wrong)), 1)
    text = "The wrong typ and an unknown label."
    yield first("typ_unknown_label", text, sign(claims(), header({**wrong, 99: 1})), 1)
    text = "No typ and an unknown claim."
    yield first("typ_unknown_claim", text, sign(claims({8: 1}), header({16: ABSENT})), 1)
    text = "typ is only in the unprotected header, where it is an unknown label."
    moved = sign(claims(terms={0: 2}), header({16: ABSENT}), {16: TYP})
    yield first("typ_unprotected_kind", text, moved, 1)


def kind_third() -> Iterator[Vector]:
    """A verifier reads no further in a contract of an unknown kind."""
    text = "An unknown kind and nothing else in the contract."
    yield later("kind_alone", text, sign({CONTRACT: {0: 2}}))
    text = "An unknown kind whose other fields have other types."
    strange = {0: 2, 1: "acceptance", 2: SHA256, 9: []}
    yield later("kind_other_fields", text, sign(claims({CONTRACT: strange})))
    text = "An unknown kind without exp and iat."
    yield later("kind_no_times", text, make({4: ABSENT, 6: ABSENT}, {0: 2}))
    text = "Kind 0 without exp and iat: 0 is a kind too."
    yield later("kind_zero_no_times", text, make({4: ABSENT, 6: ABSENT}, {0: 0}))
    text = "An unknown kind and exp before iat."
    yield later("kind_exp", text, make({4: 1}, {0: 2}))
    text = "An unknown kind and no kid."
    yield later("kind_no_kid", text, sign(claims(terms={0: 2}), header({4: ABSENT})))
    text = "An unknown kind, and text as alg."
    yield later("kind_alg_text", text, sign(claims(terms={0: 2}), header({1: "EdDSA"})))
    text = "An unknown kind and an empty array of receipts."
    yield later("kind_receipts", text, sign(claims(terms={0: 2}), unprotected={394: []}))
    text = "An unknown kind and another key's kid."
    yield later("kind_kid", text, sign(claims(terms={0: 2}), header({4: BEN.kid})))
    text = "Text as kind is malformed, not an unknown kind; exp is missing too."
    yield first("kind_text_no_exp", text, make({4: ABSENT}, {0: "2"}))


def rules_between_known_parts() -> Iterator[Vector]:
    """An unknown part excuses only the rules that need it."""
    p256 = {1: 2, -1: 1, -2: bytes(32), -3: bytes(32)}
    text = "A key of an unknown type, and a recovery key that is the grantee's."
    creator = {0: p256, 3: BEN.thumbprint}
    file = make(creator=creator, grantee={2: BEN.thumbprint})
    yield first("recovery_grantee_kty", text, file)
    text = "A key of an unknown type, and a recovery key that is the list key."
    file = sign(revocable(terms={15: BEN.thumbprint}, creator=creator))
    yield first("recovery_list_key_kty", text, file)


def key_with_unknown_field() -> Iterator[Vector]:
    """An Ed25519 key with an extra field is a known key, so its rules apply."""
    with_alg = {0: {**ANA.cose, 3: -8}}
    text = "A COSE_Key with alg, and the creator's own thumbprint as recovery key."
    file = make(creator={**with_alg, 3: ANA.thumbprint})
    yield first("recovery_unknown_key_field", text, file)
    text = "A COSE_Key with alg, and another key's kid."
    yield first("kid_unknown_key_field", text, sign(claims(creator=with_alg), header({4: BEN.kid})))


def fields_before_unknown() -> Iterator[Vector]:
    """Test d comes before e."""
    text = "An unknown claim and no exp."
    yield first("missing_unknown_claim", text, make({8: 1, 4: ABSENT}))
    text = "An unknown field and exp before iat."
    yield first("exp_unknown_field", text, make({4: 1}, {16: 1}))
    text = "An unknown use and a report every 13 months."
    yield first("report_unknown_use", text, make(terms={4: 1024, 14: 13}))
    text = "An unknown template and an empty title."
    yield first("title_template", text, make(terms={7: "en-2"}, work={1: ""}))
    text = "An unknown algorithm and a kid of 7 bytes."
    yield first("kid_alg", text, sign(claims(), header({1: -9, 4: ANA.kid[:7]})))
    text = "An unknown algorithm and another key's kid: the key is known, so kid is compared."
    yield first("kid_other_alg", text, sign(claims(), header({1: -9, 4: BEN.kid})))
    text = "An unknown label and no kid."
    yield first("no_kid_unknown_label", text, sign(claims(), header({4: ABSENT, 99: 1})))
    text = "An unknown payment beside one with a trailing zero."
    yield first("payments", text, make(terms={5: [[7], [1, 10, 1, "EUR"]]}))
    text = "Payments out of order, one of them of an unknown type."
    yield first("payments_order", text, make(terms={5: [[1, 1, 0, "EUR"], [7]]}))
    text = "Further digests out of order, one of them of an unknown algorithm."
    digests = [[-45, bytes(32)], [-44, bytes(64)]]
    yield first("digests_order", text, make(work={4: digests}))
    text = "Three further digests, one of them of an unknown algorithm."
    three = [[-43, bytes(48)], [-44, bytes(64)], [-45, bytes(32)]]
    yield first("digests_three", text, make(work={4: three}))
    text = "A key of an unknown type, and a recovery thumbprint of 31 bytes."
    yield first("recovery_kty", text, make(creator={0: {1: 2}, 3: bytes(31)}))
    text = "A key of an unknown type, and a kid of 7 bytes."
    keyed = sign(claims(creator={0: {1: 2}}), header({4: ANA.kid[:7]}))
    yield first("kid_kty", text, keyed)
    text = "An unknown mode of revocation, and a status claim with a bad address."
    bad = {"status_list": {"idx": 1, "uri": "http://ana.example/"}}
    yield first("status_mode", text, sign(revocable({STATUS: bad}, {6: [3, 30]})))
    text = "An unknown use, and imitate without a purpose."
    yield first("purpose_unknown_use", text, make(terms={4: 1024 + 64}))
    text = "An unknown claim 65534, then a status claim without a position."
    unplaced = {STATUS: {"status_list": {"uri": "https://ana.example/l"}}, 65534: 1}
    yield first("status_claim_65534", text, sign(revocable(unplaced)))
    text = "A country occurs twice, and an unknown field with a text key follows."
    twice = make(terms={9: ["ES", "ES"], "zz": 1})
    yield first("territory_twice_unknown_field", text, twice)
    text = "An unknown label, then a time-stamp of the wrong type, both unprotected."
    label = sign(claims(), unprotected={50: 1, 270: [b"\x30"]})
    yield first("unprotected_label_timestamp", text, label)
    text = "A salt of 15 bytes and unknown labels in both headers."
    salted = sign(claims({7: bytes(15)}), header({99: 1}), {99: 1})
    yield first("salt_unknown_labels", text, salted)


def unknown_part_excuses() -> Iterator[Vector]:
    """Rules that depend on the meaning of an unknown part are not applied."""
    text = "A key of an unknown type: kid cannot be compared."
    keyed = sign(claims(creator={0: {1: 2}}), header({4: BEN.kid}))
    yield later("kty_other_kid", text, keyed)
    text = "An unknown curve: an x of 57 bytes is not checked, nor compared with kid."
    curve = {1: 1, -1: 7, -2: bytes(57)}
    keyed = sign(claims(creator={0: curve}), header({4: bytes(8)}))
    yield later("crv_other_kid", text, keyed)
    text = "An unknown mode, a list key, and no status claim."
    yield later("mode_list_key", text, make(terms={6: [3, 0], 15: bytes(32)}))
    text = "Unknown parts everywhere, and nothing else wrong."
    terms = {4: 2048, 5: [[9]], 6: [7, 7], 7: "fr-1", 8: [9, 32], 99: 1}
    every = sign(claims({8: 1}, terms), header({1: -9, 99: 1}), {99: 1})
    yield later("unknown_everywhere", text, every)


def before_signature() -> Iterator[Vector]:
    """The form is checked before the signature, whoever signed."""
    nothing = bytes(64)
    text = "A bad signature and an unknown claim."
    yield later("unknown_signature", text, sign(claims({8: 1}), signature=nothing))
    text = "A bad signature and exp before iat."
    yield first("exp_signature", text, sign(claims({4: 1}), signature=nothing))
    text = "A signature of 63 bytes and an unknown claim."
    yield later("unknown_short_signature", text, sign(claims({8: 1}), signature=bytes(63)))
    text = "A signature of 48 bytes and an unknown algorithm, to which that length may belong."
    short = sign(claims(), header({1: -9}), signature=bytes(48))
    yield later("alg_signature_48", text, short)
    text = "An unprotected header that was changed after signing."
    name = "contract/unprotected_changed"
    file = sign(claims(), unprotected={270: b"\x30\x00"})
    data = file.data.replace(b"\x42\x30\x00", b"\x42\x30\x01")
    changed = type(file)(data, file.protected, file.payload, file.claims)
    yield valid(name, text, "§3.1", "headers accepted", changed)
    text = "A bad signature with an R of small order, and nothing else wrong."
    name = "contract/faults_signature_alone"
    file = sign(claims(), signature=b"\x01" + bytes(31) + nothing[:32])
    yield bad_signature(name, text, "§4.2 step 4", "signature", file)
