"""The fields of a contract: each rule at its limit and over it (spec §3.2 to §3.7)."""

from collections.abc import Iterator

from build import (
    ABSENT,
    ACME,
    ACME_URI,
    ANA,
    BEN,
    CONTRACT,
    DAY,
    ENDS,
    LAST_TIME,
    LIST_KEY,
    LONGEST_TERM,
    NOW,
    RECOVERY,
    SHA256,
    SHA384,
    SHA512,
    SIGNED,
    STATUS,
    File,
    Map,
    Vector,
    claims,
    make,
    malformed,
    revocable,
    sign,
    status_claim,
    unsupported,
    valid,
)


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield ok("everyday", "The everyday contract, asked about while it runs.", "§3", make())
    yield from times()
    yield from salt()
    yield from status_claims()
    yield from missing()
    yield from unknown_keys()
    yield from kinds()
    yield from creators()
    yield from keys()
    yield from works()
    yield from grantees()
    yield from uses()
    yield from payments()
    yield from revocations()
    yield from erasures()
    yield from territories()
    yield from flags_and_reports()
    yield from list_keys()


def ok(name: str, comment: str, spec: str, file: File, *, at: int = NOW) -> Vector:
    """Return a scenario of a field that keeps its rule."""
    return valid(f"contract/{name}", comment, spec, "field accepted", file, at=at)


def bad(name: str, comment: str, spec: str, file: File, flags: str = "field") -> Vector:
    """Return a scenario of a field that breaks its rule."""
    return malformed(f"contract/{name}", comment, spec, flags, file)


def unknown(name: str, comment: str, spec: str, file: File) -> Vector:
    """Return a scenario of a part that this version does not know."""
    return unsupported(f"contract/{name}", comment, spec, "unknown", file)


def times() -> Iterator[Vector]:
    """Claims 4, 5 and 6."""
    spec, flags = "§3.2", "field boundary"
    yield bad("exp_equals_iat", "It ends at the instant it begins.", spec, make({4: SIGNED}), flags)
    yield bad("exp_before_iat", "It ends before it begins.", spec, make({4: SIGNED - 1}), flags)
    short = make({4: SIGNED + 1})
    yield ok("term_one_second", "It lasts one second.", spec, short, at=SIGNED)
    longest = SIGNED + LONGEST_TERM
    yield ok(
        "term_longest",
        "It lasts 1,577,923,200 seconds, the longest term.",
        spec,
        make({4: longest}),
    )
    over = make({4: longest + 1})
    yield bad("term_one_second_too_long", "One second over the longest term.", spec, over, flags)
    start = SIGNED + DAY
    counted = make({5: start, 4: start + LONGEST_TERM})
    text = "The longest term, counted from nbf, not from iat."
    yield ok("term_longest_from_nbf", text, spec, counted)
    over = make({5: start, 4: start + LONGEST_TERM + 1})
    text = "One second over the longest term, counted from nbf."
    yield bad("term_too_long_from_nbf", text, spec, over, flags)
    late = make({5: SIGNED + 1})
    yield ok("nbf_one_after_iat", "It begins one second after iat.", spec, late)
    same = make({5: SIGNED})
    text = "nbf equals iat: leaving it out would mean the same."
    yield bad("nbf_equals_iat", text, spec, same, "redundant boundary")
    yield bad("nbf_before_iat", "nbf is before iat.", spec, make({5: SIGNED - 1}), "redundant")
    yield bad("exp_equals_nbf", "exp equals nbf.", spec, make({5: ENDS}), flags)
    yield from time_range()


def time_range() -> Iterator[Vector]:
    """Times are 0 to the last second of the year 9999, and integers."""
    spec, flags = "§2.5", "field boundary"
    first = make({6: 0, 4: LONGEST_TERM})
    yield ok("iat_zero", "Signed at the earliest possible time.", spec, first, at=LONGEST_TERM - 1)
    iat = LAST_TIME - LONGEST_TERM
    last = make({6: iat, 4: LAST_TIME})
    text = "It ends at the latest possible time and is asked about one second earlier."
    yield ok("exp_last_time", text, spec, last, at=LAST_TIME - 1)
    over = make({6: iat + 1, 4: LAST_TIME + 1})
    yield bad("exp_over_last_time", "It ends in the year 10000.", spec, over, flags)
    yield bad("iat_negative", "Signed before 1970.", spec, make({6: -1, 4: DAY}), flags)
    yield bad("exp_text", "exp is text.", "§2.5", make({4: "2027-01-01T00:00:00Z"}))
    text = "iat is true: equal to 1 in some languages."
    yield bad("iat_true", text, spec, make({6: True, 4: DAY}), "look-alike")
    for name, nbf, words in (("true", True, "true"), ("bytes", b"\x05", "a byte string")):
        text = f"nbf is {words}, which some languages compare as greater than an iat of 0."
        early = make({6: 0, 5: nbf, 4: LONGEST_TERM})
        yield bad(f"nbf_{name}", text, spec, early, "look-alike")


def salt() -> Iterator[Vector]:
    """Claim 7."""
    yield ok("salt", "A salt of 16 bytes.", "§3.2", make({7: bytes(range(16))}))
    for size in (15, 17):
        file = make({7: bytes(size)})
        yield bad(f"salt_{size}_bytes", f"A salt of {size} bytes.", "§3.2", file, "field boundary")
    yield bad("salt_text", "The salt is text.", "§3.2", make({7: "0123456789abcdef"}))


def status_claims() -> Iterator[Vector]:
    """Claim 65535, its presence included."""
    spec = "§3.2"
    text = "An irrevocable contract names a status list."
    yield bad("status_without_revocation", text, spec, make({STATUS: status_claim()}))
    text = "A revocable contract names no status list."
    yield bad("revocation_without_status", text, spec, sign(revocable({STATUS: ABSENT})))
    text = "A contract revocable for breach names no status list."
    yield bad("breach_without_status", text, spec, make(terms={6: [2, 30]}))
    for name, value, words in (
        ("not_a_map", 9, "is an integer"),
        ("empty", {}, "is an empty map"),
        ("list_not_a_map", {"status_list": [9, "https://a.example/"]}, "holds an array"),
        (
            "uri_misspelt",
            {"status_list": {"idx": 9, "urj": "https://a.example/"}},
            "has urj in place of uri",
        ),
        ("idx_missing", {"status_list": {"uri": "https://a.example/"}}, "has no position"),
        ("uri_missing", {"status_list": {"idx": 9}}, "has no address"),
        ("idx_negative", status_claim(-1), "has a negative position"),
        ("idx_text", status_claim("9"), "has text as its position"),
        ("idx_true", status_claim(idx=True), "has true as its position"),
        ("uri_http", status_claim(9, "http://a.example/"), "has an http address"),
        ("uri_bytes", status_claim(9, b"https://a.example/"), "has a byte string as its address"),
    ):
        file = sign(revocable({STATUS: value}))
        yield bad(f"status_{name}", f"The status claim {words}.", spec, file)


def missing() -> Iterator[Vector]:
    """Required fields, each missing alone."""
    spec = "§3.9 test d"
    for label, name in ((4, "exp"), (6, "iat"), (CONTRACT, "contract_map")):
        yield bad(f"missing_{name}", f"Missing: {name}.", spec, make({label: ABSENT}), "missing")
    for label, name in (
        (0, "kind"),
        (1, "creators"),
        (2, "work"),
        (3, "grantee"),
        (4, "uses"),
        (5, "payments"),
        (6, "revocation"),
        (7, "template"),
        (9, "territory"),
    ):
        yield bad(
            f"missing_{name}", f"Missing: {name}.", spec, make(terms={label: ABSENT}), "missing"
        )
        as_many = make(terms={label: ABSENT, 12: "For one museum.", 13: "Ana Liu"})
        text = f"Missing: {name}, though optional fields make up for the count."
        yield bad(f"missing_{name}_others", text, spec, as_many, "missing")
    no_key = make(creator={0: ABSENT})
    yield bad("missing_creator_key", "The creator has no key.", spec, no_key, "missing")
    no_digest = make(work={0: ABSENT})
    yield bad("missing_digest", "The work has no digest.", spec, no_digest, "missing")
    no_name = make(grantee={0: ABSENT})
    yield bad("missing_grantee_name", "The grantee has no name.", spec, no_name, "missing")
    text = "The grantee has neither address nor key: anyone can be called Acme Labs."
    yield bad("missing_grantee_match", text, "§3.6", make(grantee={1: ABSENT}), "missing")
    empty = sign({})
    yield bad("empty_claims", "No claims at all.", spec, empty, "missing")


def unknown_keys() -> Iterator[Vector]:
    """A key that this version does not know, in every kind of map."""
    spec = "§3.9 test e"
    for name, label in (("iss", 1), ("sub", 2), ("aud", 3), ("cnf", 8), ("negative", -1)):
        text = f"An unknown claim: {label}."
        yield unknown(f"unknown_claim_{name}", text, spec, make({label: "x"}))
    yield unknown("unknown_claim_text", "An unknown claim: note.", spec, make({"note": "x"}))
    fields: tuple[tuple[str, object], ...] = (("16", 16), ("negative", -1), ("text", "only"))
    for name, field in fields:
        text = f"An unknown field of the contract: {field}."
        yield unknown(f"unknown_field_{name}", text, spec, make(terms={field: True}))
    yield unknown(
        "unknown_creator_field", "An unknown creator field: 5.", spec, make(creator={5: "x"})
    )
    note: Map = {"note": "No use by machines."}
    text = "An unknown field with a text key after the name: note."
    yield unknown("unknown_creator_field_text", text, spec, make(creator=note))
    text = "An unknown field with a text key after the title: note."
    titled = make(work={2: ABSENT, 3: ABSENT, **note})
    yield unknown("unknown_work_field_behind_title", text, spec, titled)
    text = "An unknown field with a text key after the media type: note."
    typed = make(work={3: ABSENT, **note})
    yield unknown("unknown_work_field_behind_type", text, spec, typed)
    text = "An unknown field with a text key after the size: note."
    yield unknown("unknown_work_field_text", text, spec, make(work=note))
    text = "An unknown field with a text key in the grantee: note."
    yield unknown("unknown_grantee_field_text", text, spec, make(grantee=note))
    noted = {"status_list": {"idx": 9, "uri": "https://a.example/", "note": "x"}}
    text = "A third entry after the address: note."
    yield unknown("unknown_status_list_note", text, spec, sign(revocable({STATUS: noted})))
    yield unknown("unknown_work_field", "An unknown work field: 6.", spec, make(work={6: "x"}))
    yield unknown(
        "unknown_grantee_field", "An unknown grantee field: 3.", spec, make(grantee={3: "x"})
    )
    with_alg = make(creator={0: {**ANA.cose, 3: -8}})
    yield unknown("unknown_key_field", "An unknown key field: 3 (alg).", spec, with_alg)
    private = make(creator={0: {**ANA.cose, -4: bytes(32)}})
    text = "The COSE_Key has -4, the label of a private key."
    yield unknown("private_key", text, spec, private)
    more = {**status_claim(), "identifier_list": 1}
    text = "Another revocation mechanism beside the status list."
    yield unknown("unknown_status", text, spec, sign(revocable({STATUS: more})))
    more = {"status_list": {"idx": 9, "uri": "https://a.example/", "ttl": 1}}
    text = "A third entry beside position and address."
    yield unknown("unknown_status_list_field", text, spec, sign(revocable({STATUS: more})))
    yield from same_first_byte()
    yield from next_door()
    text = "Enough unknown fields that the head of the contract map takes two bytes."
    many = make(terms=dict.fromkeys(range(16, 16 + 15), 1))
    assert len(many.claims[CONTRACT]) == 24
    yield unknown("unknown_fields_24_in_all", text, spec, many)
    text = "An unknown claim holds an empty map, which is not examined."
    yield unknown("unknown_claim_empty_map", text, spec, make({8: {}}))


def same_first_byte() -> Iterator[Vector]:
    """Keys whose encodings begin with the same byte and differ later."""
    spec = "§3.9 test e"
    text = "Two unknown claims whose keys are one letter each."
    yield unknown("unknown_claims_a_b", text, spec, make({"a": 1, "b": 1}))
    text = "Two unknown fields of the contract: -25 and -26."
    yield unknown("unknown_fields_25_26", text, spec, make(terms={-25: 1, -26: 1}))
    text = "An unknown claim 65534 before the status claim."
    yield unknown("unknown_claim_65534", text, spec, sign(revocable({65534: 1})))
    for name, label, word in (
        ("before", CONTRACT + 1, "before"),
        ("behind", CONTRACT - 1, "after"),
    ):
        text = f"An unknown claim {label}, {word} the contract map."
        yield unknown(f"unknown_claim_{name}_contract", text, spec, make({label: {0: 1}}))
    text = "The contract map is under key -1455000948, one off."
    off = make({CONTRACT: ABSENT, CONTRACT - 1: claims()[CONTRACT]})
    yield bad("contract_map_one_off", text, "§3.9 test d", off, "missing")
    text = "The status claim is under key 65534, one off."
    off = sign(revocable({STATUS: ABSENT, STATUS - 1: status_claim()}))
    yield bad("status_claim_one_off", text, "§3.9 test d", off, "missing")


def next_door() -> Iterator[Vector]:
    """Usual fields under a neighbour of their own key, and neighbours of known codes."""
    spec, x = "§3.9 test d", ANA.public
    for name, file, words in (
        ("exp_under_3", make({4: ABSENT, 3: ENDS}), "exp is under key 3"),
        ("exp_under_5", make({4: ABSENT, 5: ENDS}), "exp is under key 5"),
        ("iat_under_5", make({6: ABSENT, 5: SIGNED}), "iat is under key 5"),
        ("iat_under_7", make({6: ABSENT, 7: SIGNED}), "iat is under key 7"),
        ("name_under_2", make(creator={1: ABSENT, 2: "Ana Liu"}), "The name is under key 2"),
        ("size_under_4", make(work={3: ABSENT, 4: 15}), "The size is under key 4"),
        ("kty_under_0", make(creator={0: {0: 1, -1: 6, -2: x}}), "kty is under key 0"),
        ("kty_under_2", make(creator={0: {2: 1, -1: 6, -2: x}}), "kty is under key 2"),
        ("crv_under_minus_3", make(creator={0: {1: 1, -3: 6, -2: x}}), "crv is under key -3"),
        ("x_under_minus_3", make(creator={0: {1: 1, -1: 6, -3: x}}), "x is under key -3"),
    ):
        yield bad(name, f"{words}.", spec, file)
    misspelt = {"status_lisu": {"idx": 9, "uri": "https://a.example/"}}
    text = "The status claim has status_lisu in place of status_list."
    yield bad("status_list_misspelt", text, spec, sign(revocable({STATUS: misspelt})))
    for label in (STATUS - 255, STATUS - 256):
        text = f"The status claim is under key {label}."
        off = sign(revocable({STATUS: ABSENT, label: status_claim()}))
        yield bad(f"status_claim_under_{label}", text, spec, off, "missing")
    spec = "§3.9 test e"
    for name, file, words in (
        ("salt_under_8", make({8: bytes(16)}), "The salt is under key 8"),
        ("recovery_under_5", make(creator={5: RECOVERY.thumbprint}), "recovery is under key 5"),
        ("kty_0", make(creator={0: {1: 0, -1: 6, -2: x}}), "kty is 0"),
        ("kty_2", make(creator={0: {1: 2, -1: 6, -2: x}}), "kty is 2; the rest is as for 1"),
        ("crv_5", make(creator={0: {1: 1, -1: 5, -2: x}}), "crv is 5"),
        ("crv_7_32_bytes", make(creator={0: {1: 1, -1: 7, -2: x}}), "crv is 7, with 32 bytes"),
        ("digest_minus_15", make(work={0: [-15, SHA256]}), "The digest's algorithm is -15"),
        ("digest_minus_17", make(work={0: [-17, SHA256]}), "The digest's algorithm is -17"),
    ):
        yield unknown(name, f"{words}.", spec, file)


def kinds() -> Iterator[Vector]:
    """Field 0: test c."""
    spec = "§3.3"
    for kind in (0, 2, 11, 2**53 - 1):
        text = f"Kind {kind}: not a contract of this version."
        yield unknown(f"kind_{kind}", text, spec, make(terms={0: kind}))
    text = "The kind is true, not 1."
    yield bad("kind_true", text, spec, make(terms={0: True}), "look-alike")
    wrong: tuple[tuple[str, object], ...] = (("text", "1"), ("negative", -1), ("bytes", b"\x01"))
    for name, value in wrong:
        yield bad(f"kind_{name}", f"The kind is {value!r}.", spec, make(terms={0: value}))
    array = make({CONTRACT: [1]})
    yield bad("contract_map_array", "The contract is an array.", spec, array)


def creators() -> Iterator[Vector]:
    """Field 1."""
    spec = "§3.4"
    ana = {0: ANA.cose, 1: "Ana Liu"}
    yield bad("creators_empty", "There is no creator.", spec, make(terms={1: []}))
    two = make(terms={1: [ana, {0: BEN.cose}]})
    yield bad("creators_two", "Two creators under tag 18.", spec, two)
    yield bad("creators_map", "The creator is not in an array.", spec, make(terms={1: ana}))
    yield bad("creator_bytes", "The creator is a byte string.", spec, make(terms={1: [b"Ana"]}))
    yield bad("creator_share", "One creator with a share.", spec, make(creator={2: 10000}))
    yield ok("creator_without_name", "The creator has no name.", spec, make(creator={1: ABSENT}))
    yield ok(
        "recovery", "The creator has a recovery key.", spec, make(creator={3: RECOVERY.thumbprint})
    )
    for name, thumbprint, words in (
        ("31_bytes", RECOVERY.thumbprint[:31], "has 31 bytes"),
        ("33_bytes", RECOVERY.thumbprint + b"\0", "has 33 bytes"),
        ("text", RECOVERY.thumbprint.hex(), "is text"),
        ("cose_key", RECOVERY.cose, "is a whole COSE_Key"),
    ):
        file = make(creator={3: thumbprint})
        yield bad(f"recovery_{name}", f"The recovery thumbprint {words}.", spec, file)
    own = make(creator={3: ANA.thumbprint})
    text = "The recovery key is the creator's."
    yield bad("recovery_is_creator", text, spec, own, "redundant")
    theirs = make(creator={3: ACME.thumbprint}, grantee={2: ACME.thumbprint})
    text = "The recovery key is the grantee's: the grantee could revoke."
    yield bad("recovery_is_grantee", text, spec, theirs, "redundant")
    same = {3: LIST_KEY.thumbprint}
    file = sign(revocable(terms={15: LIST_KEY.thumbprint}, creator=same))
    yield bad("recovery_is_list_key", "The recovery key is the list key.", spec, file, "redundant")


def keys() -> Iterator[Vector]:
    """COSE_Keys."""
    spec, x = "§2.6", ANA.public
    for name, key, words in (
        ("kty_missing", {-1: 6, -2: x}, "no kty"),
        ("kty_text", {1: "OKP", -1: 6, -2: x}, "text as kty"),
        ("kty_true", {1: True, -1: 6, -2: x}, "true as kty"),
        ("crv_missing", {1: 1, -2: x}, "no crv"),
        ("crv_text", {1: 1, -1: "Ed25519", -2: x}, "text as crv"),
        ("x_missing", {1: 1, -1: 6}, "no x"),
        ("x_31_bytes", {1: 1, -1: 6, -2: x[:31]}, "an x of 31 bytes"),
        ("x_33_bytes", {1: 1, -1: 6, -2: x + b"\0"}, "an x of 33 bytes"),
        ("x_text", {1: 1, -1: 6, -2: x.hex()[:32]}, "text as x"),
    ):
        yield bad(f"key_{name}", f"The key has {words}.", spec, make(creator={0: key}))
    yield bad("key_bytes", "The key is only x.", spec, make(creator={0: x}))
    for name, key, words in (
        ("ec2", {1: 2, -1: 1, -2: bytes(32), -3: bytes(32)}, "of type EC2 on P-256"),
        ("akp", {1: 7, 3: -48, -1: bytes(1312)}, "of type AKP for ML-DSA-44"),
        ("ec2_without_parts", {1: 2}, "of type EC2; nothing more of it is checked"),
        ("kty_negative", {1: -1}, "of type -1"),
        ("ed448", {1: 1, -1: 7, -2: bytes(57)}, "on curve Ed448"),
        ("x25519", {1: 1, -1: 4, -2: x}, "on curve X25519, which cannot sign"),
        ("crv_negative", {1: 1, -1: -1}, "on curve -1"),
    ):
        yield unknown(f"key_{name}", f"A key {words}.", spec, make(creator={0: key}))


def works() -> Iterator[Vector]:
    """Field 2."""
    spec = "§3.5"
    yield bad("work_bytes", "The work is only its hash.", spec, make(terms={2: SHA256}))
    for name, digest, words in (
        ("31_bytes", [-16, SHA256[:31]], "has 31 bytes"),
        ("33_bytes", [-16, SHA256 + b"\0"], "has 33 bytes"),
        ("text", [-16, SHA256.hex()], "is text"),
        ("bare", SHA256, "has no algorithm"),
        ("three_items", [-16, SHA256, 1], "has a third item"),
        ("name", ["sha-256", SHA256], "names its algorithm as text"),
        ("sha384_only", [-43, SHA384], "is SHA-384, which does not authorise"),
        ("sha512_only", [-44, SHA512], "is SHA-512, which does not authorise"),
        ("unknown_three_items", [-999, SHA256, 1], "is of an unknown algorithm, with a third item"),
        ("unknown_text", [-999, "x"], "is of an unknown algorithm and is text"),
    ):
        file = make(work={0: digest})
        yield bad(f"digest_{name}", f"The digest {words}.", spec, file)
    for name, alg in (("sha3", -45), ("positive", 18)):
        text = f"The digest's algorithm is {alg}, which is unknown."
        yield unknown(f"digest_{name}", text, spec, make(work={0: [alg, SHA256]}))
    yield ok("work_bare", "A work that has only its digest.", spec, bare_work())
    yield from sizes()
    yield from further_digests()
    yield from media_types()
    yield from iscc_codes()


def bare_work() -> File:
    """Return a contract whose work is a digest and nothing more."""
    return make(work={1: ABSENT, 2: ABSENT, 3: ABSENT})


def sizes() -> Iterator[Vector]:
    """The work's size."""
    spec = "§3.5"
    yield ok("size_zero", "A size of 0.", spec, make(work={3: 0}))
    yield ok("size_largest", "A size of 2^53-1.", spec, make(work={3: 2**53 - 1}))
    yield bad("size_negative", "A size of -1.", spec, make(work={3: -1}), "field boundary")
    yield bad("size_text", "The size is text.", spec, make(work={3: "15"}))
    yield bad("size_true", "The size is true.", spec, make(work={3: True}), "look-alike")


def further_digests() -> Iterator[Vector]:
    """The work's further digests."""
    spec = "§3.5"
    short, long = [-43, SHA384], [-44, SHA512]
    yield ok("digests_sha384", "A further digest: SHA-384.", spec, make(work={4: [short]}))
    yield ok("digests_sha512", "A further digest: SHA-512.", spec, make(work={4: [long]}))
    yield ok(
        "digests_both", "Further digests: SHA-384 and SHA-512.", spec, make(work={4: [short, long]})
    )
    for name, digests, words, flags in (
        ("empty", [], "an empty array", "empty"),
        ("unsorted", [long, short], "SHA-512 before SHA-384", "unsorted"),
        ("twice", [short, short], "the same digest twice", "unsorted"),
        ("sha384_twice", [[-43, bytes(48)], short], "two SHA-384 digests", "field"),
        ("sha512_twice", [[-44, bytes(64)], long], "two SHA-512 digests", "field"),
        ("sha256", [[-16, SHA256]], "SHA-256 again", "redundant"),
        ("47_bytes", [[-43, SHA384[:47]]], "SHA-384 of 47 bytes", "field"),
        ("65_bytes", [[-44, SHA512 + b"\0"]], "SHA-512 of 65 bytes", "field"),
        ("bare", [SHA384], "a digest without its algorithm", "field"),
        ("map", {-43: SHA384}, "a map", "field"),
    ):
        file = make(work={4: digests})
        yield bad(f"digests_{name}", f"Further digests: {words}.", spec, file, flags)
    text = "Further digests: two of one unknown algorithm."
    twice = [[-45, bytes(32)], [-45, bytes([1]) * 32]]
    yield unknown("digests_unknown_twice", text, spec, make(work={4: twice}))
    text = "Further digests: one of an unknown algorithm."
    yield unknown("digests_unknown", text, spec, make(work={4: [[-45, bytes(32)]]}))
    text = "Further digests: one of algorithm 43, not -43."
    yield unknown("digests_positive", text, spec, make(work={4: [[43, SHA384]]}))
    text = "The digest's algorithm is 16, not -16."
    yield unknown("digest_16", text, spec, make(work={0: [16, SHA256]}))


def media_types() -> Iterator[Vector]:
    """The work's media type."""
    spec = "§3.5"
    longest = "x/" + "a" * 125
    marks = "image/x!#$&^_.+-1"
    for name, media, words in (
        ("3_bytes", "a/b", "the shortest"),
        ("127_bytes", longest, "the longest"),
        ("all_marks", marks, "every mark allowed"),
        ("all_marks_in_type", "x!#$&^_.+-1/image", "every mark allowed, in the type as well"),
        ("digits_first", "3d/7z", "a digit at the start of both halves"),
    ):
        yield ok(f"media_type_{name}", f"Media type: {words}.", spec, make(work={2: media}))
    wrong: tuple[tuple[str, object, str], ...] = (
        ("128_bytes", longest + "a", "one byte too long"),
        ("upper_case", "Image/jpeg", "an upper-case letter"),
        ("parameter", "text/plain; charset=utf-8", "a parameter"),
        ("no_slash", "jpeg", "no slash"),
        ("two_slashes", "image/jpeg/x", "two slashes"),
        ("no_type", "/jpeg", "no type"),
        ("no_subtype", "image/", "no subtype"),
        ("mark_first_of_type", "!image/x", "a mark at the start of the type"),
        ("mark_first", "image/-x", "a mark at the start of the subtype"),
        ("wildcard", "image/*", "a wildcard"),
        ("line_feed", "image/jpeg\n", "a line feed at the end"),
        ("not_ascii", "image/jpég", "a non-ASCII letter"),
        ("bytes", b"image/jpeg", "a byte string"),
    )
    for name, value, words in wrong:
        yield bad(f"media_type_{name}", f"Media type: {words}.", spec, make(work={2: value}))


def iscc_codes() -> Iterator[Vector]:
    """The work's ISCC codes."""
    spec, ten = "§3.5", "KACYPXW445"
    for name, codes, words in (
        ("10", [f"ISCC:{ten}"], "the shortest"),
        ("80", ["ISCC:" + ten * 8], "the longest"),
        ("two", [f"ISCC:{ten}", f"ISCC:Z{ten[1:]}"], "two, ascending"),
        ("shorter_first", [f"ISCC:Z{ten[1:]}", f"ISCC:{ten}A"], "the shorter code first"),
    ):
        yield ok(f"iscc_{name}", f"ISCC: {words}.", spec, make(work={5: codes}))
    wrong: tuple[tuple[str, object, str], ...] = (
        ("9", [f"ISCC:{ten[:9]}"], "one character too few"),
        ("81", ["ISCC:" + ten * 8 + "A"], "one character too many"),
        ("lower_case", [f"ISCC:{ten.lower()}"], "lower case"),
        ("digit_0", ["ISCC:KACYPXW440"], "the digit 0"),
        ("digit_1", ["ISCC:KACYPXW441"], "the digit 1"),
        ("digit_8", ["ISCC:KACYPXW448"], "the digit 8"),
        ("digit_9", ["ISCC:KACYPXW449"], "the digit 9"),
        ("no_prefix", [ten + ten], "no prefix"),
        ("prefix_lower_case", [f"iscc:{ten}"], "the prefix in lower case"),
        ("line_feed", [f"ISCC:{ten}\n"], "a line feed at the end"),
        ("bytes", [f"ISCC:{ten}".encode()], "a byte string"),
        ("not_an_array", f"ISCC:{ten}", "not in an array"),
    )
    for name, value, words in wrong:
        yield bad(f"iscc_{name}", f"ISCC: {words}.", spec, make(work={5: value}))
    yield bad("iscc_empty", "ISCC: an empty array.", spec, make(work={5: []}), "empty")
    for name, codes, words in (
        ("unsorted", ["ISCC:ZACYPXW445", f"ISCC:{ten}"], "descending"),
        ("twice", [f"ISCC:{ten}"] * 2, "the same twice"),
        (
            "longer_first",
            [f"ISCC:{ten}A", "ISCC:Z" + ten[1:]],
            "in alphabetical order, not that of their encodings",
        ),
    ):
        file = make(work={5: codes})
        yield bad(f"iscc_{name}", f"ISCC codes: {words}.", spec, file, "unsorted")


def grantees() -> Iterator[Vector]:
    """Field 3; addresses have a file of their own."""
    spec = "§3.6"
    yield bad("grantee_text", "The grantee is only a name.", spec, make(terms={3: "Acme Labs"}))
    both = make(grantee={2: ACME.thumbprint})
    yield ok("grantee_address_and_key", "The grantee has an address and a key.", spec, both)
    text = "The grantee's key is the creator's."
    yield ok("grantee_key_is_creator", text, spec, make(grantee={2: ANA.thumbprint}))
    text = "A name and an unknown field: without an address or a key, that is not enough."
    alone = make(grantee={1: ABSENT, 5: 1})
    yield bad("grantee_unknown_field_alone", text, "§3.9 test d", alone, "missing")
    for name, key, words in (
        ("31_bytes", ACME.thumbprint[:31], "has 31 bytes"),
        ("33_bytes", ACME.thumbprint + b"\0", "has 33 bytes"),
        ("text", ACME.thumbprint.hex(), "is text"),
        ("cose_key", ACME.cose, "is a whole COSE_Key"),
    ):
        yield bad(
            f"grantee_key_{name}", f"The grantee's key {words}.", spec, make(grantee={2: key})
        )


def uses() -> Iterator[Vector]:
    """Field 4."""
    spec = "§3.7"
    yield ok("uses_all", "All ten uses.", spec, make(terms={4: 1023, 12: "For a museum."}))
    yield bad("uses_none", "No bit is set.", spec, make(terms={4: 0}), "field boundary")
    yield bad(
        "uses_negative",
        "The uses are -1: every bit in two's complement.",
        spec,
        make(terms={4: -1}),
    )
    yield bad("uses_array", "The uses are an array of names.", spec, make(terms={4: ["pretrain"]}))
    yield bad("uses_true", "The uses are true, not 1.", spec, make(terms={4: True}), "look-alike")
    for name, value in (("1024", 1024), ("1025", 1025), ("2_52", 2**52)):
        text = f"The bit set {value} has an unknown bit."
        yield unknown(f"uses_{name}", text, spec, make(terms={4: value}))
    text = "imitate is permitted without a purpose."
    yield bad("imitate_without_purpose", text, "§3.3", make(terms={4: 65}))
    for name, terms, words in (
        ("alone", {4: 64}, "imitate alone is permitted"),
        ("among_all", {4: 1023}, "All ten uses are permitted"),
        ("credit", {4: 64, 13: "In the style of Ana."}, "imitate is permitted with a credit line"),
    ):
        text, file = f"{words}, without a purpose.", make(terms=terms)
        yield bad(f"imitate_{name}_without_purpose", text, "§3.3", file)
    purposed = make(terms={4: 65, 12: "Voices of one audio play."})
    yield ok("imitate_with_purpose", "imitate is permitted with a purpose.", "§3.3", purposed)


def payments() -> Iterator[Vector]:
    """Field 5."""
    spec = "§3.6"
    for name, items, words in (
        ("once", [[1, 500, 0, "EUR"]], "500 EUR once"),
        ("largest", [[3, 2**53 - 1, 9, "EUR"]], "the largest m and e"),
        ("ten", [[1, 10, 0, "EUR"]], "10 with e = 0"),
        ("share_1", [[4, 1]], "a share of 0.01 %"),
        ("share_10000", [[4, 10000]], "a share of 100 %"),
        ("share_first", [[4, 250], [1, 500, 0, "EUR"]], "the shorter array first"),
        ("two_of_one_type", [[1, 5, 0, "EUR"], [1, 5, 0, "USD"]], "two payments of one type"),
    ):
        yield ok(f"payment_{name}", f"Payment: {words}.", spec, make(terms={5: items}))
    for name, item, words in (
        ("zero", [1, 0, 0, "EUR"], "an amount of 0"),
        ("negative", [1, -5, 0, "EUR"], "a negative amount"),
        ("trailing_zero", [1, 10, 1, "EUR"], "10 × 10^-1, which is 1"),
        ("e_10", [1, 1, 10, "EUR"], "e is 10"),
        ("e_negative", [1, 1, -1, "EUR"], "e is negative"),
        ("m_true", [1, True, 0, "EUR"], "m is true"),
        ("currency_lower_case", [1, 5, 0, "eur"], "the currency in lower case"),
        ("currency_two_letters", [1, 5, 0, "EU"], "a currency of two letters"),
        ("currency_four_letters", [1, 5, 0, "EURO"], "a currency of four letters"),
        ("currency_sign", [1, 5, 0, "€"], "a currency sign"),
        ("three_items", [1, 5, "EUR"], "no e"),
        ("five_items", [1, 5, 0, "EUR", 1], "a fifth item"),
        ("share_0", [4, 0], "a share of 0"),
        ("share_10001", [4, 10001], "a share of more than 100 %"),
        ("share_with_currency", [4, 250, 0, "EUR"], "a share with a currency"),
        ("type_true", [True, 5, 0, "EUR"], "the type is true"),
        ("type_negative", [-1, 5, 0, "EUR"], "the type is negative"),
        ("type_text", ["once", 5, 0, "EUR"], "the type is text"),
        ("empty", [], "an empty array"),
        ("map", {1: 5}, "a map"),
    ):
        yield bad(f"payment_{name}", f"Payment: {words}.", spec, make(terms={5: [item]}))
    yield bad("payments_null_amount", "The payments are not an array.", spec, make(terms={5: 0}))
    yield from payment_order()
    for name, item in (("0", [0]), ("7", [7]), ("7_with_parts", [7, "per listener", 2])):
        text = f"A payment of an unknown type: {item}."
        yield unknown(f"payment_type_{name}", text, spec, make(terms={5: [item]}))


def payment_order() -> Iterator[Vector]:
    """Payments are ascending by their encodings."""
    spec, flags, once = "§3.6", "unsorted", [1, 500, 0, "EUR"]
    text = "In order of type, but the shorter array must come first."
    unsorted = make(terms={5: [once, [4, 250]]})
    yield bad("payments_by_type", text, spec, unsorted, flags)
    twice = make(terms={5: [once, once]})
    yield bad("payments_twice", "The same payment twice.", spec, twice, flags)
    unsorted = make(terms={5: [[2, 5, 0, "EUR"], once]})
    yield bad("payments_unsorted", "Type 2 comes before type 1.", spec, unsorted, flags)


def revocations() -> Iterator[Vector]:
    """Field 6 and field 7."""
    spec = "§3.3"
    bad_ones: tuple[tuple[str, object, str], ...] = (
        ("mode_0_days", [0, 30], "irrevocable, with days"),
        ("mode_0_one_day", [0, 1], "irrevocable, with one day"),
        ("integer", 0, "only the mode"),
        ("one_item", [0], "no days"),
        ("three_items", [0, 0, 0], "a third item"),
        ("mode_negative", [-1, 0], "a negative mode"),
        ("mode_text", ["never", 0], "text as the mode"),
        ("mode_false_like", [0, "0"], "text as the days"),
        ("unknown_mode_three_items", [3, 0, 0], "an unknown mode with a third item"),
        ("unknown_mode_negative_days", [3, -1], "an unknown mode with negative days"),
    )
    for name, value, words in bad_ones:
        yield bad(f"revocation_{name}", f"Revocation: {words}.", spec, make(terms={6: value}))
    for name, value, words in (
        ("0_days", [1, 0], "at will, within 0 days"),
        ("3651_days", [1, 3651], "at will, within 3651 days"),
        ("breach_0_days", [2, 0], "for breach, within 0 days"),
        ("breach_3651_days", [2, 3651], "for breach, within 3651 days"),
        ("mode_true", [True, 30], "the mode is true"),
    ):
        file = sign(revocable(terms={6: value}))
        yield bad(f"revocation_{name}", f"Revocation: {words}.", spec, file, "field boundary")
    text = "An unknown mode of revocation, "
    both = sign(revocable(terms={6: [3, 0]}))
    yield unknown("revocation_mode_3_with_list", text + "with a status list.", spec, both)
    alone = make(terms={6: [3, 99999]})
    yield unknown("revocation_mode_3", text + "without a status list.", spec, alone)
    yield unknown("template_en_2", "Template en-2.", spec, make(terms={7: "en-2"}))
    yield unknown("template_upper_case", "Template EN-1.", spec, make(terms={7: "EN-1"}))
    yield unknown("template_empty", "The template is the empty string.", spec, make(terms={7: ""}))
    yield bad("template_integer", "The template is the integer 1.", spec, make(terms={7: 1}))
    yield bad("template_bytes", "The template is a byte string.", spec, make(terms={7: b"en-1"}))


def erasures() -> Iterator[Vector]:
    """Field 8."""
    spec = "§3.3"
    yield ok("erasure_least", "Copies, within 1 day.", spec, make(terms={8: [1, 1]}))
    yield ok("erasure_most", "Everything, within 365 days.", spec, make(terms={8: [365, 15]}))
    for name, value, words in (
        ("0_days", [0, 1], "within 0 days"),
        ("366_days", [366, 1], "within 366 days"),
        ("nothing", [30, 0], "of nothing"),
        ("what_negative", [30, -1], "of -1"),
        ("what_true", [30, True], "of true"),
        ("one_item", [30], "without saying of what"),
        ("three_items", [30, 1, 1], "with a third item"),
        ("map", {30: 1}, "as a map"),
        ("empty", [], "as an empty array"),
    ):
        yield bad(f"erasure_{name}", f"Erasure {words}.", spec, make(terms={8: value}))
    yield unknown("erasure_bit_16", "Erasure of an unknown kind.", spec, make(terms={8: [30, 16]}))
    mixed = make(terms={8: [30, 17]})
    yield unknown("erasure_bits_17", "Erasure of copies and of an unknown kind.", spec, mixed)


def territories() -> Iterator[Vector]:
    """Field 9; the question's territory is in questions.py."""
    spec = "§3.3"
    for name, codes, words, flags in (
        ("empty", [], "no place", "empty"),
        ("world_and_country", ["001", "PT"], "the world and Portugal", "redundant"),
        ("country_and_world", ["PT", "001"], "Portugal and the world, ascending", "redundant"),
        ("unsorted", ["PT", "ES"], "descending", "unsorted"),
        ("twice", ["ES", "ES"], "the same country twice", "unsorted"),
        ("lower_case", ["pt"], "a code in lower case", "field"),
        ("three_letters", ["PRT"], "a code of three letters", "field"),
        ("letter_and_digit", ["P1"], "a letter and a digit", "field"),
        ("region", ["150"], "Europe as a numeric code", "field"),
        ("not_ascii", ["ÅL"], "a letter outside A–Z", "field"),
        ("line_feed", ["PT\n"], "a line feed after the code", "field"),
        ("integer", [1], "an integer", "field"),
        ("text", "PT", "not in an array", "field"),
    ):
        file = make(terms={9: codes})
        yield bad(f"territory_{name}", f"Territory: {words}.", spec, file, flags)


def flags_and_reports() -> Iterator[Vector]:
    """Fields 10, 11 and 14."""
    spec = "§3.3"
    for label, name in ((10, "exclusive"), (11, "pass_on")):
        yield ok(name, f"{name} is true.", spec, make(terms={label: True}))
        yield bad(f"{name}_1", f"{name} is 1.", spec, make(terms={label: 1}), "look-alike")
        yield bad(f"{name}_text", f"{name} is text.", spec, make(terms={label: "yes"}))
    for months in (1, 12):
        text = f"The months between reports: {months}."
        yield ok(f"report_{months}", text, spec, make(terms={14: months}))
    for months in (0, 13):
        text = f"The months between reports: {months}."
        yield bad(f"report_{months}", text, spec, make(terms={14: months}), "field boundary")
    yield bad("report_true", "report is true.", spec, make(terms={14: True}), "look-alike")


def list_keys() -> Iterator[Vector]:
    """Field 15."""
    spec = "§3.3"
    own: Map = {15: ANA.thumbprint}
    text = "The list key is the creator's: leaving it out would mean the same."
    yield bad("list_key_is_creator", text, spec, sign(revocable(terms=own)), "redundant")
    other: Map = {15: LIST_KEY.thumbprint}
    text = "A list key in a contract that has no list."
    yield bad("list_key_with_mode_0", text, spec, make(terms=other), "redundant")
    short: Map = {15: LIST_KEY.thumbprint[:31]}
    text = "The list key's thumbprint has 31 bytes."
    yield bad("list_key_31_bytes", text, spec, sign(revocable(terms=short)))
    whole: Map = {15: LIST_KEY.cose}
    yield bad(
        "list_key_cose_key", "The list key is a whole COSE_Key.", spec, sign(revocable(terms=whole))
    )
    with_address = claims(grantee={1: ACME_URI + "labs"})
    text = "Another address of the same grantee."
    asked = {"uri": "https://acme.example/labs"}
    flags = "field accepted"
    yield valid("contract/grantee_path", text, "§3.6", flags, sign(with_address), grantee=asked)
