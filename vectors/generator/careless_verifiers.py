"""What a verifier may get wrong in one place and still pass every other vector.

Each scenario was written for a change of a verifier that all others left unnoticed: a comparison
of the wrong part, a rule that holds only for the usual case, a label that another format knows.
"""

import hashlib
from collections.abc import Iterator
from functools import cache, partial

import ed25519 as ed
import past
from build import (
    ABSENT,
    ACME,
    ACME_URI,
    ANA,
    BEN,
    CONTRACT,
    DAY,
    LIST_KEY,
    NOW,
    RECOVERY,
    SHA256,
    SHA384,
    SHA512,
    File,
    Key,
    Map,
    Vector,
    bad_signature,
    claims,
    header,
    key_of,
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
from list_format import bad
from one_line import line
from questions import (
    MEASURED,
    OTHER_GRANTEE,
    expired,
    not_yet_valid,
    unknown_creator,
    wrong_grantee,
    wrong_territory,
    wrong_work,
)
from rendered_texts import shown
from signatures import LAX_S, hostile
from status_rules import (
    IDX,
    LISTED,
    REVOKED,
    list_claims,
    listed,
    plain,
    revoked,
    sign_list,
    suspended,
    unknown,
)

SPEC_A = "§3.9 test a"


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from labels_of_cose()
    yield from members_of_keys()
    yield from kids_of_other_keys()
    yield from zeros_left_out()
    yield from heads_that_count_one_less()
    yield from ends_and_tags()
    yield from belief()
    yield from works()
    yield from grantees()
    yield from uses()
    yield from places()
    yield from hours()
    yield from lists()
    yield from orders_and_limits()
    yield from addresses()
    yield from escapes()
    yield from lines()
    yield from shown_texts()


# --- what other COSE software knows ---

CRIT, CONTENT_TYPE = 2, 3


def labels_of_cose() -> Iterator[Vector]:
    """Labels that COSE registers, and that this format does not know there."""
    spec, flags = "§3.9 test e", "unknown headers"
    values: dict[int, object] = {CRIT: [1], CONTENT_TYPE: 0, 15: {1: "ana"}, 35: ACME_URI}
    for label in (2, 3, 5, 6, 7, 9, 10, 12, 13, 15, 32, 34, 35, 259, 260, 395, 396):
        file = sign(claims(), unprotected={label: values.get(label, b"\0")})
        text = f"The unprotected header has label {label}, which COSE registers."
        yield unsupported(f"contract/unprotected_label_{label}", text, spec, flags, file)
    for alg, words in (
        (-53, "Ed448"),
        (-50, "ML-DSA-87"),
        (-257, "RS256"),
        (-38, "PS384"),
        (1, "A128GCM"),
    ):
        file, text = sign(claims(), header({1: alg})), f"alg is {alg}, {words}."
        name = f"contract/alg_{alg}".replace("-", "minus_")
        yield unsupported(name, text, "§3.1", "unknown headers", file)
    for label, value in ((5, b"\0"), (6, b"\0"), (7, b"\0"), (11, b"\0"), (34, [-16, bytes(32)])):
        text = f"The protected header has label {label}, which COSE registers."
        file = sign(claims(), header({label: value}))
        yield unsupported(f"contract/protected_label_{label}", text, spec, flags, file)
    for label in (65536, 2**32, -65537):
        file = sign(claims(), header({label: 1}))
        text = f"The protected header has the unknown label {label}."
        title = f"contract/protected_label_{label}".replace("-", "minus_")
        yield unsupported(title, text, spec, "unknown", file)
    text = "Of two receipts, the first is an integer."
    file = sign(claims(), unprotected={394: [1, b"\x80"]})
    yield malformed("contract/receipts_integer_first", text, "§3.1", "headers", file)


def members_of_keys() -> Iterator[Vector]:
    """Members that RFC 9052 registers for a COSE_Key."""
    for label, value, words in (
        (2, ANA.kid, "a kid"),
        (4, [2], "key_ops"),
        (5, b"\0", "a base IV"),
        (-3, bytes(32), "a y"),
    ):
        file = make(creator={0: {**ANA.cose, label: value}})
        name = f"contract/key_member_{label}".replace("-", "minus_")
        text = f"The COSE_Key has {words} beside the usual members."
        yield unsupported(name, text, "§2.6", "unknown", file)


def kids_of_other_keys() -> Iterator[Vector]:
    """The kid is that of another key that the contract names."""
    keys: Map = {15: LIST_KEY.thumbprint}
    named = revocable(terms=keys, creator={3: RECOVERY.thumbprint}, grantee={2: ACME.thumbprint})
    for name, key, words in (
        ("recovery", RECOVERY, "recovery key"),
        ("list_key", LIST_KEY, "list key"),
        ("grantee", ACME, "grantee's key"),
    ):
        file = sign(named, header({4: key.kid}))
        text = f"kid is that of the {words} that the contract names."
        yield malformed(f"contract/kid_of_{name}", text, "§3.1", "kid", file)
    text = "A key of an unknown type, and a kid of 9 bytes."
    file = sign(claims(creator={0: {1: 2}}), header({4: bytes(9)}))
    yield malformed("contract/kid_9_bytes_unknown_key", text, "§3.9", "kid order", file)


def zeros_left_out() -> Iterator[Vector]:
    """Zero bytes at an end, which software that counts in integers leaves out."""
    spec, flags = "§2.6", "field length"
    for name, at in (("first", 0), ("last", 31)):
        key = key_with_zero(at)
        x = key.public[1:] if at == 0 else key.public[:-1]
        file = sign(claims(key=key, creator={0: {**key.cose, -2: x}}), header(key=key), key=key)
        text = f"The public key has 31 bytes: its {name} byte is zero and is left out."
        title = f"contract/key_zero_left_out_{name}"
        yield malformed(title, text, spec, flags, file, keys=(key,))
    for name, at in (("first", 0), ("last", 63)):
        file = signed_with_zero(at)
        signature = file.data[-64:]
        short = signature[1:] if at == 0 else signature[:-1]
        cut = sign(file.claims, signature=short)
        text = f"The signature has 63 bytes: its {name} byte is zero and is left out."
        title = f"contract/signature_zero_left_out_{name}"
        yield bad_signature(title, text, "§4.2 step 1", "signature length", cut)
    file = signed_with_zero(0)
    signature = file.data[-64:]
    large = int.from_bytes(signature[32:], "little") + ed.L
    spoilt = sign(file.claims, signature=signature[:32] + large.to_bytes(32, "little"))
    text = "L was added to S, and the first byte of R is zero."
    yield hostile("s_plus_l_zero_in_r", text, spoilt, LAX_S, "ed25519-large-s", key=ANA)


@cache
def key_with_zero(at: int) -> Key:
    """A key whose public half has a zero byte there."""
    for number in range(4096):
        key = key_of(hashlib.sha256(b"zero %d" % number).hexdigest())
        if key.public[at] == 0:
            return key
    raise AssertionError(at)


@cache
def signed_with_zero(at: int) -> File:
    """The everyday contract, salted so that its signature has a zero byte there."""
    for number in range(4096):
        file = make({7: number.to_bytes(16, "big")})
        if file.data[-64 + at] == 0:
            return file
    raise AssertionError(at)


# --- encodings ---


def heads_that_count_one_less() -> Iterator[Vector]:
    """The head of an array says one item less than follows, which leaves the map around it odd."""
    usual = claims()
    amount = encode([1, 500, 0, "EUR"])
    for name, terms, words in (
        ("creators", {1: Raw(b"\x80" + encode(usual[CONTRACT][1])[1:])}, "creators"),
        ("revocation", {6: Raw(b"\x81\x00\x00")}, "revocation"),
        ("erasure", {8: Raw(b"\x81\x18\x5a\x01")}, "erasure"),
        ("payment", {5: Raw(b"\x81\x83" + amount[1:])}, "a payment"),
        ("payments", {5: Raw(b"\x80" + amount)}, "payments"),
        ("territory", {9: Raw(b"\x80\x63001")}, "the territory"),
    ):
        text = f"The head of {words} says one item less than there is."
        title = f"contract/{name}_counts_one_less"
        yield malformed(title, text, SPEC_A, "encoding", make(terms=terms), step=1)
    digest = Raw(b"\x81" + encode([-16, SHA256])[1:])
    text = "The head of the work's digest says one item less than there is."
    name = "contract/digest_counts_one_less"
    yield malformed(name, text, SPEC_A, "encoding", make(work={0: digest}), step=1)
    text = "The last text of the payload has a head that says one byte more than there is."
    file = make({7: ABSENT}, {13: Raw(b"\x64abc")})
    yield malformed("contract/last_text_head_one_more", text, SPEC_A, "encoding", file, step=1)


def ends_and_tags() -> Iterator[Vector]:
    """Bytes around an item, and numbers and tags beyond the known ones."""
    spec, flags = SPEC_A, "encoding"
    text = "A line feed follows the map in the protected header."
    file = sign(claims(), encode(header()) + b"\n")
    name = "contract/protected_trailing_line_feed"
    yield malformed(name, text, spec, flags, file, step=1)
    text = "A line feed follows the claims."
    file = sign(encode(claims()) + b"\n")
    name = "contract/payload_trailing_line_feed"
    yield malformed(name, text, spec, flags, file, step=1)
    for number, words in ((2**53, "-(2^53) - 1"), (2**64 - 1, "-(2^64)")):
        item = Raw(b"\x3b" + number.to_bytes(8, "big"))
        text = f"An unknown field has the integer {words}."
        name = f"contract/integer_minus_2_{53 if number == 2**53 else 64}_lower"
        yield malformed(name, text, "§2.1", "data-model", make(terms={16: item}), step=1)
    everyday = make()
    for name, start, words in (
        ("tag_19", b"\xd3", "The tag is 19."),
        ("tag_24_of_the_array", b"\xd8\x18\xd2", "Tag 24 is written before tag 18."),
        ("tag_99", b"\xd8\x63", "The tag is 99."),
        ("tag_256", b"\xd9\x01\x00", "The tag is 256."),
    ):
        file = File(start + everyday.data[1:], everyday.protected, everyday.payload)
        yield malformed(f"contract/{name}", words, "§3.9 test b", "envelope", file, step=1)
    text = "Tag 99 is written before an empty array."
    yield malformed("contract/tag_99_empty", text, spec, "envelope", File(b"\xd8\x63\x80"), step=1)
    text = (
        "Two unknown keys are texts that differ only in normal form, which does not count in keys."
    )
    file = make(terms={"\u00e9": 1, "e\u0301": 1})
    yield unsupported("contract/text_keys_of_two_forms", text, "§2.1", "unknown", file)
    text = "The status claim has one unknown key twice: beside status_list, and in it."
    claim = {**status_claim(), "x": 1}
    claim["status_list"] = {**status_claim()["status_list"], "x": 1}
    file = sign(revocable({STATUS_CLAIM: claim}))
    yield unsupported("contract/status_unknown_key_twice", text, "§3.2", "unknown", file)
    for key, name in ((4, "exp"), (5, "nbf")):
        text = f"{name} is -2; iat is 1."
        file = make({4: 10, 6: 1, key: -2})
        yield malformed(f"contract/{name}_minus_2", text, "§2.5", "field", file)
    text = "The algorithm of the work's digest is written as SHA-256."
    file = make(work={0: ["SHA-256", SHA256]})
    yield malformed("contract/digest_name_upper_case", text, "§3.5", "field", file)
    claim = {**status_claim(-262), "x": 1}
    text = "The status claim has an unknown key, and its position is negative."
    file = sign(revocable({STATUS_CLAIM: claim}))
    yield malformed("contract/status_unknown_key_idx_negative", text, "§3.9", "order", file)
    text = "An ISCC code has a full stop for its colon."
    file = make(work={5: ["ISCC.KACYPXW445FTYNJ3"]})
    yield malformed("contract/iscc_full_stop", text, "§3.5", "field", file)


# --- questions ---


def belief() -> Iterator[Vector]:
    """Step 4, whatever else is asked or not."""
    spec, flags, good = "§5 step 4", "belief not-asked", make()
    nothing: dict[str, None] = {"work": None, "grantee": None, "use": None, "territory": None}
    for part in nothing:
        text = f"The creator is not believed, and the {part} is not asked."
        name = f"contract/no_key_believed_{part}_not_asked"
        left_out = {part: None}
        yield unknown_creator(name, text, spec, flags, good, keys=(), **left_out)  # type: ignore[arg-type]
    text = "The creator is not believed, and nothing else is asked."
    name = "contract/no_key_believed_nothing_asked"
    yield unknown_creator(name, text, spec, flags, good, keys=(), **nothing)  # type: ignore[arg-type]
    text = "The creator is not believed, and signs for somebody."
    file = make(creator={4: "Estate of Ana Liu"})
    yield unknown_creator("contract/no_key_believed_acts_for", text, spec, "belief", file, keys=())


def works() -> Iterator[Vector]:
    """Step 7: further digests differ beyond their first 32 bytes."""
    for word, alg, digest in (("sha384", -43, SHA384), ("sha512", -44, SHA512)):
        file = make(work={4: [[alg, digest]]})
        near = {**MEASURED, word: (digest[:-1] + bytes([digest[-1] ^ 1])).hex()}
        text = f"The last bit of the measured {word} differs; the SHA-256 is the same."
        name = f"contract/work_other_{word}_end"
        yield wrong_work(name, text, "§5 step 7", "work", file, work=near)


def grantees() -> Iterator[Vector]:
    """Step 8."""
    spec, flags = "§5 step 8", "grantee"
    for name, uri, asked, words in (
        ("begins_with_asked", ACME_URI + "lab/", ACME_URI, "The contract's address is longer"),
        ("asked_longer", ACME_URI, ACME_URI + "lab/", "The address asked about is longer"),
        ("query", ACME_URI + "?a=1", ACME_URI + "?a=2", "The queries differ"),
        ("query_absent", ACME_URI, ACME_URI + "?a", "Only the address asked about has a query"),
        ("port", "https://acme.example:1/", "https://acme.example:2/", "The ports differ"),
        ("port_absent", ACME_URI, "https://acme.example:8443/", "Only the one asked has a port"),
        ("did", "did:web:acme.example", "did:web:evil.example", "The identifiers differ"),
        ("did_key", ACME.did, BEN.did, "They are did:key of different keys"),
        ("did_method", "did:web:acme.example", "did:key:acme.example", "The methods differ"),
        ("escape", ACME_URI + "%2F", ACME_URI + "/", "One escapes what the other does not"),
        ("letter", ACME_URI + "a", ACME_URI + "A", "They differ in the case of one letter"),
    ):
        file = make(grantee={1: uri})
        title = f"contract/grantee_uri_{name}"
        yield wrong_grantee(title, f"{words}.", spec, flags, file, grantee={"uri": asked})
    by_key = make(grantee={1: ABSENT, 2: ACME.thumbprint})
    text = "The contract names a key only; another key is asked about, and no address."
    stranger = {"key": BEN.thumbprint.hex()}
    name = "contract/grantee_other_key_no_address"
    yield wrong_grantee(name, text, spec, flags, by_key, grantee=stranger)
    text = "The grantee may pass the permission on; somebody else is asked about."
    file = make(terms={11: True})
    name = "contract/grantee_other_pass_on"
    yield wrong_grantee(name, text, spec, flags, file, grantee=OTHER_GRANTEE)


def uses() -> Iterator[Vector]:
    """Step 9: a use that is not the first."""
    spec, flags = "§5 step 9", "use accepted"
    for name, bits, use, words in (
        ("second_of_two", 3, "finetune", "the second of two"),
        ("last_of_all", 1023, "redistribute", "the last of all ten"),
    ):
        file = make(terms={4: bits, 12: "Only in museums"})
        text = f"The use asked about is {words} that are permitted."
        yield valid(f"contract/use_{name}", text, spec, flags, file, use=use)


def places() -> Iterator[Vector]:
    """Step 10."""
    spec, flags = "§5 step 10", "territory"
    for name, codes, asked, words in (
        ("same_first_letter", ["PL"], "PT", "a code that begins with the same letter"),
        ("same_last_letter", ["AT"], "PT", "a code that ends with the same letter"),
        ("turned_around", ["TP"], "PT", "the same letters in the other order"),
        ("between", ["ES", "SE"], "PT", "one code before and one after it"),
        ("across", ["AP", "TZ"], "PT", "two codes whose letters make it up"),
        ("european_union", ["EU"], "PT", "EU, which means that code and not its members"),
        ("united_kingdom", ["GB"], "UK", "GB, which is no other name of UK"),
    ):
        file = make(terms={9: codes})
        text = f"{asked} is asked about; the contract has {words}."
        title = f"contract/territory_{name}"
        yield wrong_territory(title, text, spec, flags, file, territory=asked)
    text = "Another place is asked about, and no use."
    file, name = make(terms={9: ["ES"]}), "contract/territory_use_not_asked"
    yield wrong_territory(name, text, spec, "territory not-asked", file, use=None)
    text = "Z is a letter of both codes."
    file = make(terms={9: ["AZ", "ZA", "ZZ"]})
    for code in ("AZ", "ZA", "ZZ"):
        name = f"contract/territory_asked_{code}"
        yield valid(name, text, spec, "territory accepted", file, territory=code)


def hours() -> Iterator[Vector]:
    """Steps 11 and 12, within one day."""
    noon, hour = NOW + DAY // 2, 3600
    text = "It begins at noon and is asked about an hour earlier."
    begins = make({5: noon})
    name = "contract/an_hour_before_nbf"
    yield not_yet_valid(name, text, "§5 step 11", "time", begins, at=noon - hour)
    text = "It ends at noon and is asked about an hour later."
    ends = make({4: noon})
    yield expired("contract/an_hour_after_exp", text, "§5 step 12", "time", ends, at=noon + hour)


# --- status lists ---

ALL_KEYS: Map = {15: LIST_KEY.thumbprint}


def all_speakers() -> File:
    """A contract that names a list key and a recovery key beside the creator's."""
    return sign(revocable(terms=ALL_KEYS, creator={3: RECOVERY.thumbprint}))


def lists() -> Iterator[Vector]:
    """Which lists count, and for how long."""
    yield from many_lists()
    yield from remembered_by_bits()
    yield from revocations_that_stay()
    yield from keys_that_begin_alike()
    yield from ended_or_old()
    yield from sights()
    yield from forms_of_lists()


def many_lists() -> Iterator[Vector]:
    """More lists than somebody may keep."""
    spec, flags = "§7.4 step 1", "status-sequence"
    oldest = listed(REVOKED, iat=LISTED - 8 * DAY)
    newer = [listed(iat=LISTED - days * DAY) for days in range(7, -1, -1)]
    since = LISTED - 8 * DAY
    for name, place, words in (("first", 0, "first"), ("middle", 4, "fifth"), ("last", 8, "last")):
        given = (*newer[:place], oldest, *newer[place:])
        text = f"Of nine lists, only the oldest revokes; it is given {words}."
        title = f"status/revoked_in_oldest_of_nine_given_{name}"
        yield revoked(title, text, spec, flags, plain(), lists=given, since=since)


def remembered_by_bits() -> Iterator[Vector]:
    """Revocations of an older list, for a verifier that remembers the positions of each byte."""
    spec, flags = "§7.4 step 1", "status-sequence packing"
    first = 8  # a position that begins a byte, whatever the number of bits
    for bits in (2, 4, 8):
        places = 8 // bits
        for mask in range(1, 1 << places):
            taken = [place for place in range(places) if mask >> place & 1]
            values = {first + place: 1 for place in taken}
            given = (listed(values, bits=bits), listed(iat=LISTED + 60, bits=bits))
            contract = sign(revocable({STATUS_CLAIM: status_claim(first + taken[0])}))
            shown_places = " and ".join(str(place) for place in taken)
            text = f"The older list, of {bits} bits, revokes places {shown_places} of one byte."
            name = f"status/revoked_in_older_{bits}_bits_{mask}"
            yield revoked(name, text, spec, flags, contract, lists=given)


def revocations_that_stay() -> Iterator[Vector]:
    """A revocation counts whatever else its signer said, and since its first list."""
    contract, spec, flags = all_speakers(), "§7.4 step 1", "status-sequence"
    speakers = (("list_key", LIST_KEY), ("creator", ANA), ("recovery", RECOVERY))
    for name, key in speakers:
        words = name.replace("_", " ") + ("" if "key" in name else "'s key")
        two = (listed(key=key), listed(REVOKED, key=key))
        good = () if key is LIST_KEY else (listed(key=LIST_KEY),)
        text = f"The {words} signed two lists for one instant; one of them revokes."
        title = f"status/revoked_by_equivocal_{name}"
        yield revoked(title, text, spec, flags, contract, lists=two + good)
        text = f"The only list of the {words} revokes and has ended."
        old = listed(REVOKED, iat=NOW - 100 * DAY, key=key)
        title = f"status/revoked_by_ended_{name}"
        since = NOW - 100 * DAY
        yield revoked(title, text, spec, flags, contract, lists=(old, *good), since=since)
    for name, key in speakers[:2]:
        for order, days in (("first", (2, 1)), ("last", (1, 2))):
            each = (
                listed(REVOKED, iat=LISTED - days[0] * DAY, key=key),
                listed(REVOKED, iat=LISTED - days[1] * DAY, key=RECOVERY),
            )
            who = name.replace("_", " ") + ("" if "key" in name else "'s key")
            earlier = who if order == "first" else "recovery key"
            text = f"The {who} and the recovery key revoke; the {earlier} did so first."
            title = f"status/revoked_twice_{name}_{order}"
            since = LISTED - 2 * DAY
            yield revoked(title, text, spec, flags, contract, lists=each, since=since)


def keys_that_begin_alike() -> Iterator[Vector]:
    """Thumbprints that begin or end like the signer's."""
    spec, flags, stranger = "§7.3", "status-signer", BEN.thumbprint
    for name, near, words in (
        ("first_8_bytes", stranger[:8] + bytes(24), "begins with the same 8 bytes"),
        ("first_16_bytes", stranger[:16] + bytes(16), "begins with the same 16 bytes"),
        ("last_8_bytes", bytes(24) + stranger[24:], "ends with the same 8 bytes"),
        ("last_bit", stranger[:-1] + bytes([stranger[-1] ^ 1]), "differs in its last bit"),
    ):
        text = f"The thumbprint of the list key {words} as that of the key that says valid."
        file = sign(revocable(terms={15: near}))
        given: tuple[bytes, ...] = (listed(key=BEN),)
        yield unknown(f"status/list_key_{name}", text, spec, flags, file, lists=given)
        text = f"The thumbprint of the recovery key {words} as that of the key that says revoked."
        file = sign(revocable(creator={3: near}))
        given = (listed(), listed(REVOKED, key=BEN))
        title = f"status/recovery_{name}"
        yield valid(title, text, spec, f"{flags} accepted", file, lists=given, as_of=LISTED)


def ended_or_old() -> Iterator[Vector]:
    """Lists that have ended or are too old, each alone."""
    spec, flags = "§7.4 step 2", "status-time"
    breach = sign(revocable(terms={6: [2, 30]}))
    ended = listed(iat=NOW - 100 * DAY)
    text = "The contract is revocable for breach; the list has ended."
    yield unknown("status/breach_list_ended", text, spec, flags, breach, lists=(ended,))
    text = "The greatest age is 0, and the list is an hour old."
    name = "status/age_0_an_hour_old"
    yield unknown(name, text, spec, flags, plain(), lists=(listed(),), max_status_age=0)
    text = "The list has ended, and is younger than the greatest age."
    name, age = "status/age_below_greatest_ended", 200 * DAY
    yield unknown(name, text, spec, flags, plain(), lists=(ended,), max_status_age=age)
    text = "Of two lists, the one of the very instant asked about says suspended."
    given: tuple[bytes, ...] = (listed(), listed({IDX: 2}, iat=NOW, bits=2))
    name = "status/newest_at_t_suspended"
    yield suspended(name, text, spec, flags, plain(), lists=given)
    text = "Of two lists, the one of the very instant asked about says valid."
    given = (listed({IDX: 2}, bits=2), listed(iat=NOW))
    name, ok = "status/newest_at_t_valid", "status-time accepted"
    yield valid(name, text, spec, ok, plain(), lists=given, as_of=NOW)
    text = "Two lists of 4096 positions revoke the last one."
    last = sign(revocable({STATUS_CLAIM: status_claim(4095)}))
    given = tuple(listed({4095: 1}, iat=LISTED + n, positions=4096) for n in range(2))
    yield revoked("status/last_of_4096_twice", text, "§7.1", "packing", last, lists=given)
    uri = "https://ana.example/a%2Fb"
    text = "The list's address is the contract's with an escape decoded."
    file = sign(revocable({STATUS_CLAIM: status_claim(uri=uri)}))
    given = (listed(top={2: "https://ana.example/a/b"}),)
    yield unknown("status/sub_escape_decoded", text, "§7.2", "status-sub", file, lists=given)


def sights() -> Iterator[Vector]:
    """Lists that name each other, seen in the other order or elsewhere."""
    kept, revoking = past.listed(), listed(REVOKED)
    ask = partial(past.disputed, contract=plain(), against="revoked", since=LISTED)
    text = "The list that was kept was first seen ten days after T; one seen by then names it."
    naming = past.listed(iat=NOW + 100, previous=past.object_id())
    seen = (past.LATER, NOW + 200, None)
    name = "status/past_seen_later_than_the_next"
    yield ask(name, text, lists=(kept, naming, revoking), seen=seen)
    text = "The list that was kept is named by one that was first seen ten days after T."
    naming = past.listed(iat=LISTED - 60, previous=past.object_id())
    seen = (past.KEPT, past.LATER, None)
    name = "status/past_seen_before_the_next"
    yield ask(name, text, lists=(kept, naming, revoking), seen=seen)
    text = "The list that says valid is named by one of another address, which was seen."
    elsewhere = {2: "https://ana.example/consent/list2"}
    claims_there = list_claims(iat=LISTED - 60, top=elsewhere, own={1: past.object_id()})
    given = (kept, sign_list(claims_there), revoking)
    name = "status/past_named_elsewhere"
    yield past.revoked(name, text, contract=plain(), lists=given, seen=(None, past.KEPT, None))


def forms_of_lists() -> Iterator[Vector]:
    """Parts of a list that this version does not know or allow."""
    for bits in (5, 6, 7, 32):
        text = f"bits is {bits}."
        yield bad(f"bits_{bits}", text, sign_list(list_claims(inner={"bits": bits})))
    for key, words in ((3, "an audience"), (8, "a confirmation key"), (-1, "the unknown claim -1")):
        name = f"status/list_unknown_claim_{key}".replace("-", "minus_")
        data = sign_list(list_claims(top={key: {1: 1} if key == 8 else "ana"}))
        text = f"The list has {words}."
        yield unsupported_list(name, text, data)
    data = sign_list(list_claims(own={-1: 1}))
    yield unsupported_list(
        "status/list_unknown_private_minus_1", "The private map has key -1.", data
    )
    data = sign_list(list_claims(inner={-1: 1}))
    yield unsupported_list("status/list_unknown_entry_minus_1", "status_list has key -1.", data)
    text = "The id of the list before has 33 bytes."
    yield bad("before_33_bytes", text, sign_list(list_claims(own={1: bytes(33)})))
    data = sign_list(list_claims(top={99: 1}), changes={4: BEN.kid})
    yield bad("unknown_claim_other_kid", "An unknown claim and another key's kid.", data, "order")
    text = "A line feed follows the claims of the list."
    yield bad("payload_trailing_line_feed", text, sign_list(encode(list_claims()) + b"\n"))


def unsupported_list(name: str, text: str, data: bytes) -> Vector:
    """A list that is ignored for an unknown part, though it says valid."""
    results = ("unsupported",)
    return unknown(name, text, "§7.1", "list unknown", plain(), lists=(data,), list_results=results)


def orders_and_limits() -> Iterator[Vector]:
    """Rules that hold for more than the first two, and those that hold for one field only."""
    spec, flags, ok = "§3.5", "unsorted", "field accepted"
    codes = ["ISCC:AAAAAAAAAA", "ISCC:CCCCCCCCCC", "ISCC:BBBBBBBBBB"]
    text = "Of three ISCC codes, the second and the third are in the wrong order."
    yield malformed("contract/iscc_third_too_early", text, spec, flags, make(work={5: codes}))
    text = "Of three ISCC codes, the first and the third are the same."
    again = [codes[0], codes[1], codes[0]]
    yield malformed("contract/iscc_third_again", text, spec, "duplicate", make(work={5: again}))
    digest = [-45, bytes(32)]
    text = "One further digest of an unknown algorithm occurs twice, with the same value."
    file = make(work={4: [digest, digest]})
    yield malformed("contract/digests_same_unknown_twice", text, spec, "duplicate", file)
    for name, terms, words in (
        ("payments", {5: [[4, 1], [4, 3], [4, 2]]}, "payments"),
        ("territory", {9: ["DE", "PT", "ES"]}, "countries"),
    ):
        text = f"Of three {words}, the second and the third are in the wrong order."
        title = f"contract/{name}_third_too_early"
        yield malformed(title, text, "§3.3", flags, make(terms=terms))
    creators = [{0: BEN.cose, 1: "Ben"}, {0: ANA.cose, 1: "Ana Liu"}]
    text = "Of two creators, the last one has signed."
    file = make(terms={1: creators})
    yield malformed("contract/creators_two_signature_of_last", text, "§3.4", "field", file)
    text = "A media type whose parts end in marks."
    file = make(work={2: "text-/x+"})
    yield valid("contract/media_type_marks_last", text, spec, ok, file)
    text = "Distill and all other uses but imitate need no purpose."
    file = make(terms={4: 1023 - 64})
    name = "contract/use_distill_without_purpose"
    yield valid(name, text, "§3.3", ok, file, use="distill")
    start = ANA.thumbprint[:8]
    text = "List key, recovery key and grantee's key begin with the same 8 bytes as the creator's."
    others = [start + bytes([n]) * 24 for n in range(3)]
    near = revocable(terms={15: others[0]}, creator={3: others[1]}, grantee={2: others[2]})
    name = "contract/four_keys_begin_alike"
    yield unknown(name, text, "§3.4", "status", sign(near))


def addresses() -> Iterator[Vector]:
    """Addresses that are nearly right, or unusual and right."""
    spec, flags = "§2.4", "address"
    for name, uri, words in (
        ("scheme_full_stop", "https.//acme.example/", "a full stop for the colon"),
        ("scheme_first_slash", "https:./acme.example/", "a full stop for the first slash"),
        ("scheme_second_slash", "https:/.acme.example/", "a full stop for the second slash"),
        ("did_full_stop", "did.web:acme", "a full stop for the colon of did"),
        ("port_after_semicolon", "https://acme.example;8443/", "a semicolon before the port"),
        ("port_twice", "https://acme.example:80:81/", "two ports"),
        ("port_other_digits", "https://acme.example:8\u0664/", "an Arabic digit in the port"),
    ):
        text, file = f"The address has {words}.", make(grantee={1: uri})
        yield malformed(f"contract/uri_{name}", text, spec, flags, file)
    host = ".".join(["a" * 63] * 3 + ["a" * 61])
    for name, uri, words in (
        ("port_4430", "https://acme.example:4430/", "a port that begins like the default one"),
        ("port_44", "https://acme.example:44/", "a port that the default one begins with"),
        ("host_253_and_port", f"https://{host}:65535/", "a host of 253 characters and a port"),
        ("did_key_short", "did:key:x", "a did:key that is no key"),
        ("label_ends_in_0", "https://acme0.example/", "a label that ends in 0"),
    ):
        file, text = make(grantee={1: uri}), f"The address has {words}."
        asked = {"uri": uri}
        yield valid(f"contract/uri_{name}", text, spec, f"{flags} accepted", file, grantee=asked)
    for name, uri, words in (
        ("full_stop", "urn.example:list", "a full stop for the colon of urn"),
        ("x_before", "xhttps://ana.example/", "an x before https"),
    ):
        file = sign(revocable({STATUS_CLAIM: status_claim(uri=uri)}))
        text = f"The address of the list has {words}."
        yield malformed(f"contract/list_uri_{name}", text, spec, flags, file)
        text = f"The list's own address has {words}."
        yield bad(f"sub_{name}", text, sign_list(list_claims(top={2: uri})), "list address")
    long = sign_list(list_claims(top={2: "https://ana.example/" + "a" * 493}))
    yield bad("sub_513", "The list's own address has 513 characters.", long, "list address")
    for namespace in ("urn", "0a", "5a", "a0", "a5"):
        uri = f"urn:{namespace}:list"
        text = f"The namespace of the list's address is {namespace}."
        file = sign(revocable({STATUS_CLAIM: status_claim(uri=uri)}))
        name, ok, given = f"status/uri_urn_{namespace}", "address accepted", (listed(top={2: uri}),)
        yield valid(name, text, spec, ok, file, lists=given, as_of=LISTED)


UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


def escapes() -> Iterator[Vector]:
    """Each escape of an unreserved character by itself, and all others."""
    spec, flags = "§2.4", "address"
    for character in UNRESERVED:
        escape = f"%{ord(character):02X}"
        file = make(grantee={1: f"{ACME_URI}a{escape}b"})
        text = f"The address has the escape {escape}, which is {character}."
        yield malformed(f"contract/uri_escape_of_{escape[1:]}", text, spec, flags, file)
    text = "A less-than sign, and two hexadecimal digits as in an escape."
    file = make(grantee={1: ACME_URI + "<CC"})
    yield malformed("contract/uri_less_and_digits", text, spec, flags, file)
    allowed = [n for n in range(256) if chr(n) not in UNRESERVED]
    for name, half in (("first", allowed[:95]), ("second", allowed[95:])):
        uri = ACME_URI + "".join(f"%{n:02X}" for n in half)
        file, asked = make(grantee={1: uri}), {"uri": uri}
        text = f"The {name} half of all escapes that are allowed."
        title, ok = f"contract/uri_escapes_{name}_half", f"{flags} accepted"
        yield valid(title, text, spec, ok, file, grantee=asked)


def lines() -> Iterator[Vector]:
    """What programs add to a line, or take for its prefix."""
    spec, flags, file = "§3.10", "line", make()
    right = line(file)
    for name, received, words in (
        ("prefix_10", right.replace("1:", "10:", 1), "The prefix is consentsig10:."),
        ("prefix_1_x", right.replace("1:", "1x:", 1), "The prefix is consentsig1x:."),
        ("prefix_of_the_web", "web+" + right, "web+ comes before the prefix."),
        ("prefix_with_slashes", right.replace(":", "://", 1), "Two slashes follow the prefix."),
        ("full_stop", right + ".", "A full stop follows."),
        ("zero_width_space", right[:40] + "\u200b" + right[40:], "A zero-width space is inside."),
        ("soft_break", right[:76] + "=\n" + right[76:], "A soft line break of mail is inside."),
        ("angle_brackets", f"<{right}>", "The line is in angle brackets."),
    ):
        yield malformed(f"line/{name}", words, spec, flags, file, step=1, line=received)
    salted = (make({7: b"%016d" % n}, {13: "cc"[: n % 3] + "c"}) for n in range(999))
    whole = (each for each in salted if len(each.data) % 3 == 1)
    file = next(each for each in whole if line(each).endswith("w"))
    text = "Unused bits are set: the line ends in 0, which comes before w in ASCII, not in Base64."
    loose = line(file)[:-1] + "0"
    yield malformed("line/loose_bits_digit", text, spec, flags, file, step=1, line=loose)


# --- texts ---


def shown_texts() -> Iterator[Vector]:
    """The longest values, and what a display may change."""
    amount = [1, 9007199254740991, 7, "EUR"]
    section = "PAYMENT\nAll of the following is due:\nOnce: 900719925.4740991 EUR\n"
    text = "An amount of 16 digits, more than a double has."
    yield shown("amount_16_digits", text, make(terms={5: [amount]}), section)
    name, title, host = "n" * 199 + "!", "t" * 199 + "!", ACME_URI + "a" * 491
    creator = f"""\
CREATOR
Name: "{name}"
Signing key: 866eefbd6718c8846cd7ddfe43fc74ab1daac4538ff8514ea2ec2d410a415743
"""
    work = f"""\
WORK
Title: "{title}"
Kind of file: "{"m" * 63}/{"m" * 63}"
Size: 15 bytes
Fingerprint (SHA-256): 0626f0a36cd325edfdb3f334177fb4487590fc2c8eaf0a91b4d023d3a9270767
Similarity code (ISCC): "ISCC:{"A" * 79}B"
Only the file with exactly this fingerprint is meant. A copy that was changed, resized or saved \
again is another work.
"""
    grantee = f"""\
GRANTEE
Name: "{"g" * 199}!"
Address: "{host}"
Not exclusive: the creator may grant the same uses to others.
The grantee may not pass this permission on.
"""
    purpose = f"""\
PURPOSE
The uses above are permitted only for this purpose, in the creator's words:
"{"p" * 999}!"
"""
    credit = f"""\
CREDIT AND REPORTS
This credit line must appear: "{"c" * 199}!"
No report is required.
"""
    terms: Map = {12: "p" * 999 + "!", 13: "c" * 199 + "!"}
    long_work: Map = {1: title, 2: "m" * 63 + "/" + "m" * 63, 5: ["ISCC:" + "A" * 79 + "B"]}
    party: Map = {0: "g" * 199 + "!", 1: host}
    file = make(terms=terms, creator={1: name}, work=long_work, grantee=party)
    text = "Every text has the greatest length."
    yield shown("longest_texts", text, file, creator, work, grantee, purpose, credit)
    for title, words in (
        ("Caf\u00e9 \u00c5s", "letters with accents"),
        ("\ufb01n \uff21\u00bd", "a ligature, a full-width letter and a fraction"),
        ("100 % %s {0} $1", "what programs replace"),
        ("a\u0316\u0317\u0318\u0319", "four marks"),
        ("&amp; <b> 'x'", "what HTML escapes"),
        ("\U0001d49c \u0645\u0631\u062d\u0628\u0627", "a letter beyond the BMP, and Arabic"),
    ):
        section = f"""\
WORK
Title: "{title}"
Kind of file: "text/plain"
Size: 15 bytes
Fingerprint (SHA-256): 0626f0a36cd325edfdb3f334177fb4487590fc2c8eaf0a91b4d023d3a9270767
Only the file with exactly this fingerprint is meant. A copy that was changed, resized or saved \
again is another work.
"""
        name = "title_with_" + words.partition(",")[0].replace(" ", "_").lower()
        yield shown(name, f"The title has {words}.", make(work={1: title}), section)
