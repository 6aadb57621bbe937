"""The format of a status list: each rule of spec §7.1, and what breaks it.

The question is always the everyday one. A list that does not pass is ignored, so the answer is
status-unknown; `list_results` has the result of the list by itself.
"""

import zlib
from collections.abc import Iterator
from functools import partial

import ed25519 as ed
from build import (
    ABSENT,
    ANA,
    BEN,
    CONTRACT,
    DAY,
    LIST_URI,
    NOW,
    TYP,
    Map,
    Vector,
    header,
    make,
    merged,
    revocable,
    sign,
    status_claim,
    valid,
)
from cbor_writer import Pairs, Raw, encode, head, long_head, pairs
from deflate import HEADER, raw_stored, stored, zeros
from encoding import nested, with_heads
from signatures import weak_key
from status_rules import IDX, LIST_TYP, LISTED, list_claims, packed, plain, sign_list

EMPTY = packed({})


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from orders()
    yield from encodings()
    yield from headers()
    yield from fields()
    yield from times()
    yield from keys()
    yield from unknown_parts()
    yield from streams()
    yield from inflation()
    yield from signatures()


def ignored(name: str, comment: str, data: bytes, result: str, flags: str = "list") -> Vector:
    """Return a scenario of one list that does not pass by itself."""
    base = partial(Vector, spec="§7.1", flags=flags, contract=plain(), expect="status-unknown")
    return base(f"status/list_{name}", comment, step=13, lists=(data,), list_results=(result,))


def bad(name: str, comment: str, data: bytes, flags: str = "list") -> Vector:
    """Return a scenario of a malformed list."""
    return ignored(name, comment, data, "malformed", flags)


def ok(name: str, comment: str, data: bytes, flags: str = "list") -> Vector:
    """Return a scenario of a list that passes and says valid."""
    name, flags = f"status/list_{name}", f"{flags} accepted"
    return valid(name, comment, "§7.1", flags, plain(), lists=(data,), as_of=LISTED)


def orders() -> Iterator[Vector]:
    """Map keys may be in any order; none may occur twice."""
    lst = stored(EMPTY)
    inner = pairs(("bits", 1), ("lst", lst))
    items = ((2, LIST_URI), (6, LISTED), (4, LISTED + 90 * DAY), (65534, 43200), (65533, inner))
    own = (CONTRACT, {2: ANA.cose})
    draft = sign_list(encode(Pairs((*items, own))))
    text = "Claims in the order of the draft's own example: 2, 6, 4, 65534, 65533, bits before lst."
    yield ok("order_of_the_draft", text, draft)
    mixed = sign_list(encode(Pairs((own, *items))))
    yield ok("order_private_first", "The private claim comes first.", mixed)
    protected = encode(pairs((16, LIST_TYP), (4, ANA.kid), (1, -8)))
    text = "The protected header is in descending order; any order is allowed there too."
    yield ok("order_protected", text, sign(list_claims(), protected).data)
    twice = sign_list(encode(Pairs((*items, (6, LISTED), own))))
    yield bad("duplicate_key", "iat occurs twice.", twice, "duplicate")
    double = pairs(("bits", 1), ("lst", lst), ("bits", 1))
    twice = sign_list(list_claims(top={65533: double}))
    yield bad("duplicate_bits", "bits occurs twice.", twice, "duplicate")
    inside = sign_list(list_claims(top={99: [pairs((2, 1), (1, 1))]}))
    text = "An unknown claim holds an unsorted map in an array: only the claim is a fault."
    yield ignored("order_in_an_array", text, inside, "unsupported", "unsorted unknown")
    protected = encode(pairs((1, -8), (4, ANA.kid), (16, LIST_TYP), (1, -8)))
    text = "alg occurs twice, not in a row."
    yield bad("duplicate_alg", text, sign(list_claims(), protected).data, "duplicate")


def encodings() -> Iterator[Vector]:
    """Everything but the order is as strict as in a contract."""
    good, flags = sign_list(list_claims()), "encoding"
    yield bad("empty_file", "An empty file.", b"", flags)
    yield bad("trailing_byte", "A byte follows the list.", good + b"\0", flags)
    yield bad("untagged", "Tag 18 is missing.", good[1:], flags)
    yield bad("tag_61", "CWT tag 61 around tag 18.", b"\xd8\x3d" + good, flags)
    yield bad("tag_17", "A COSE_Mac0.", b"\xd1" + good[1:], flags)
    text = "A COSE_Sign: unsupported, as for a contract."
    yield ignored("tag_98", text, b"\xd8\x62" + good[1:], "unsupported")
    unsorted = b"\xd8\x62" + encode([pairs((2, 0), (1, 0))])
    text = "Tag 98 around an array with an unsorted map, which is allowed in lists."
    yield ignored("tag_98_unsorted", text, unsorted, "unsupported")
    long = Raw(long_head(0, LISTED, 8))
    file = sign_list(list_claims(top={6: long}))
    yield bad("long_head", "iat has a longer head than necessary.", file, flags)
    loose = b"\xbf" + encode(list_claims())[1:] + b"\xff"
    yield bad("indefinite_map", "The claims are written as bf … ff.", sign_list(loose), flags)
    file = sign_list(list_claims(inner={"bits": Raw(b"\xf9\x3c\x00")}))
    yield bad("bits_1_0", "bits is 1.0.", file, "look-alike")
    file = sign_list(list_claims(inner={"bits": True}))
    yield bad("bits_true", "bits is true.", file, "look-alike")
    file = sign_list(list_claims(top={99: Raw(b"\xf6")}))
    yield bad("null", "An unknown claim holds null.", file, "data-model")
    file = sign_list(list_claims(top={6: Raw(encode(LISTED).replace(b"\x1a", b"\xc1\x1a", 1))}))
    yield bad("tagged_time", "iat under tag 1.", file, "data-model")
    deep = sign_list(list_claims(top={99: Raw(b"\x81" * 7 + b"\x80")}))
    yield bad("depth_9", "Nine levels deep in the payload.", deep, "limit boundary")
    yield from depths()
    file = sign_list(encode(list_claims()) + b"\0")
    yield from list_heads()
    yield bad("payload_trailing_byte", "A byte follows the claims.", file, flags)


def list_heads() -> Iterator[Vector]:
    """Heads of the envelope, which give the lengths of payload and signature."""
    good = sign(list_claims(), header(typ=LIST_TYP))
    size, flags = len(good.payload), "encoding"
    assert size < 256, "no more than one byte is needed"
    for name, words, heads in (
        ("long_payload", "is longer than necessary", {"payload": long_head(2, size, 2)}),
        ("payload_one_less", "says one byte less than follows", {"payload": head(2, size - 1)}),
        ("payload_one_more", "says one byte more than follows", {"payload": head(2, size + 1)}),
    ):
        text = f"The head of the payload {words}."
        yield bad(f"head_{name}", text, with_heads(good, **heads), flags)
    text = "The signature has the head of a text string."
    yield bad("signature_text", text, with_heads(good, signature=b"\x78\x40"), "envelope")
    text = "The head of the signature says one byte less than follows."
    yield bad("head_signature_one_less", text, with_heads(good, signature=b"\x58\x3f"), flags)


def depths() -> Iterator[Vector]:
    """Eight levels are the limit in each part of a list too."""
    flags = "limit boundary"
    eight = sign_list(list_claims(top={99: nested(7)}))
    name, text = "depth_8", "Eight levels deep: only the unknown claim is a fault."
    yield ignored(name, text, eight, "unsupported", f"{flags} unknown")
    nine = sign(list_claims(), header({99: nested(8)}, typ=LIST_TYP)).data
    yield bad("protected_depth_9", "Nine levels deep in the protected header.", nine, flags)
    nine = sign(list_claims(), header(typ=LIST_TYP), {99: nested(7)}).data
    yield bad("file_depth_9", "Nine levels deep in the file.", nine, flags)


def headers() -> Iterator[Vector]:
    """Headers as in a contract, except for their own typ."""
    for name, typ, words in (
        ("of_a_contract", TYP, "is that of a contract"),
        ("jwt", "statuslist+jwt", "is that of the JWT form"),
        ("missing", ABSENT, "is missing"),
    ):
        file = sign_list(list_claims(), changes={16: typ})
        yield bad(f"typ_{name}", f"typ {words}.", file, "typ")
    file = sign_list(list_claims(), changes={1: -19})
    yield ok("alg_minus_19", "alg is -19.", file, "headers")
    file = sign_list(list_claims(), changes={1: -9})
    yield ignored("alg_esp256", "alg is -9 (ESP256).", file, "unsupported", "unknown")
    for name, changes, words in (
        ("alg_missing", {1: ABSENT}, "alg is missing"),
        ("kid_missing", {4: ABSENT}, "kid is missing"),
        ("kid_7_bytes", {4: ANA.kid[:7]}, "kid has 7 bytes"),
        ("kid_of_another_key", {4: BEN.kid}, "kid is another key's"),
    ):
        yield bad(name, f"{words}.", sign_list(list_claims(), changes=changes), "kid headers")
    file = sign_list(list_claims(), changes={2: [16]})
    yield ignored("crit", "The protected header has crit.", file, "unsupported", "unknown")
    beside = {33: b"\x30", 270: b"\x30", 394: [b"\xd2"]}
    file = sign(list_claims(), header(typ=LIST_TYP), beside).data
    yield ok(
        "unprotected", "The unprotected header has everything that it may have.", file, "headers"
    )
    file = sign(list_claims(), header(typ=LIST_TYP), {99: 1}).data
    text = "An unknown label in the unprotected header."
    yield ignored("unprotected_unknown", text, file, "unsupported", "unknown")
    yield from unprotected()
    yield bad("is_a_contract", "The file given as a list is a contract.", make().data, "typ")


def unprotected() -> Iterator[Vector]:
    """The unprotected header: in any order, and as long as that of a contract."""
    protected = header(typ=LIST_TYP)
    unsorted = encode(pairs((270, b"\x30"), (33, b"\x30")))
    file = sign(list_claims(), protected, unsorted).data
    text = "In the unprotected header, 270 comes before 33, which is allowed in lists."
    yield ok("unprotected_unsorted", text, file, "headers unsorted")
    twice = encode(pairs((33, b"\x30"), (270, b"\x30"), (33, b"\x30")))
    file = sign(list_claims(), protected, twice).data
    yield bad("unprotected_duplicate", "x5chain occurs twice, not in a row.", file, "duplicate")
    for size in (65536, 65537):
        beside: Map = {270: bytes(size - 7)}
        assert len(encode(beside)) == size
        file = sign(list_claims(), protected, beside).data
        name, text = f"unprotected_{size}", f"An unprotected header of {size} bytes."
        yield (ok if size == 65536 else bad)(name, text, file, "limit boundary")


def fields() -> Iterator[Vector]:
    """Required claims and their forms."""
    for name, label in (("sub", 2), ("exp", 4), ("iat", 6), ("status_list", 65533)):
        file = sign_list(list_claims(top={label: ABSENT}))
        yield bad(f"missing_{name}", f"{name} is missing.", file, "missing")
    file = sign_list(list_claims(top={CONTRACT: ABSENT}))
    yield bad(
        "missing_private_map", "The private map is missing, and the key with it.", file, "missing"
    )
    for name in ("bits", "lst"):
        file = sign_list(list_claims(inner={name: ABSENT}))
        yield bad(f"missing_{name}", f"{name} is missing.", file, "missing")
    for name, changes, words in (
        ("sub_http", {"top": {2: "http://ana.example/list"}}, "sub is an http address"),
        ("sub_bytes", {"top": {2: LIST_URI.encode()}}, "sub is a byte string"),
        ("ttl_0", {"top": {65534: 0}}, "ttl is 0"),
        ("ttl_negative", {"top": {65534: -1}}, "ttl is negative"),
        ("ttl_true", {"top": {65534: True}}, "ttl is true"),
        ("bits_0", {"inner": {"bits": 0}}, "bits is 0"),
        ("bits_3", {"inner": {"bits": 3}}, "bits is 3"),
        ("bits_16", {"inner": {"bits": 16}}, "bits is 16"),
        ("lst_text", {"inner": {"lst": "AAAA"}}, "lst is text"),
        (
            "aggregation_bytes",
            {"inner": {"aggregation_uri": b"x"}},
            "aggregation_uri is a byte string",
        ),
        ("before_31_bytes", {"own": {1: bytes(31)}}, "The id of the previous list has 31 bytes"),
        ("iat_text", {"top": {6: "now"}}, "iat is text"),
    ):
        yield bad(name, f"{words}.", sign_list(list_claims(**changes)), "field")
    full = list_claims(
        top={65534: 1}, inner={"aggregation_uri": "https://ana.example/all"}, own={1: bytes(32)}
    )
    text = "The list has ttl, aggregation_uri and the id of the previous list."
    yield ok("all_optional", text, sign_list(full), "field")
    longest = sign_list(list_claims(top={65534: 2**53 - 1}))
    yield ok("ttl_longest", "ttl is 2^53 - 1.", longest, "field boundary")
    for name, uri, words in (("empty", "", "empty"), ("no_address", "ask us", "not an address")):
        file = sign_list(list_claims(inner={"aggregation_uri": uri}))
        yield ok(f"aggregation_{name}", f"aggregation_uri is {words}.", file, "field")


def times() -> Iterator[Vector]:
    """A list lasts at most 366 days."""
    longest, flags = LISTED + 366 * DAY, "status-time boundary"
    file = sign_list(list_claims(top={4: longest}))
    yield ok("366_days", "It lasts 366 days.", file, flags)
    file = sign_list(list_claims(top={4: longest + 1}))
    yield bad("366_days_and_1_s", "It lasts 366 days and one second.", file, flags)
    file = sign_list(list_claims(top={4: LISTED}))
    yield bad("exp_equals_iat", "exp equals iat.", file, flags)
    file = sign_list(list_claims(top={4: LISTED - 1}))
    yield bad("exp_before_iat", "exp is before iat.", file, flags)
    for name, exp, words in (
        ("366_days_and_1_s", longest + 1, "lasts 366 days and one second"),
        ("exp_equals_iat", LISTED, "has the same exp as iat"),
    ):
        text = f"The list that says revoked {words}, so it is ignored."
        lists = (sign_list(list_claims()), sign_list(list_claims({IDX: 1}, top={4: exp})))
        results = ("valid", "malformed")
        yield valid(
            f"status/list_{name}_revoked",
            text,
            "§7.1",
            f"{flags} accepted",
            plain(),
            lists=lists,
            list_results=results,
            as_of=LISTED,
        )
    file = sign_list(list_claims(top={4: NOW + 2**40}))
    yield bad("exp_far", "exp is more than 34,000 years away.", file, flags)
    file = sign_list(list_claims(top={6: -1, 4: DAY}))
    yield bad("iat_negative", "iat is before 1970.", file, flags)


def keys() -> Iterator[Vector]:
    """The signer's key, in field 2."""
    file = sign_list(list_claims(own={2: ABSENT}))
    yield bad("missing_key", "The key is missing.", file, "missing")
    file = sign_list(list_claims(own={2: {1: 1, -1: 6, -2: ANA.public[:31]}}))
    yield bad("key_31_bytes", "x has 31 bytes.", file, "field")
    file = sign_list(list_claims(own={2: ANA.thumbprint}))
    yield bad("key_thumbprint", "A thumbprint in place of the key.", file, "field")
    file = sign_list(list_claims(own={2: {1: 2}}))
    yield ignored("key_ec2", "A key of type EC2.", file, "unsupported", "unknown")


def unknown_parts() -> Iterator[Vector]:
    """Unknown claims and entries are refused here too."""
    for name, changes, words in (
        ("claim", {"top": {1: "https://ana.example/"}}, "An unknown claim: iss"),
        ("entry", {"inner": {"more": 1}}, "An unknown entry beside bits and lst"),
        ("private", {"own": {3: 1}}, "An unknown private field"),
        ("kind", {"own": {0: 1}}, "A kind, which lists do not have"),
        ("nbf", {"top": {5: LISTED}}, "nbf, which only contracts have"),
        ("cti", {"top": {7: bytes(16)}}, "cti, which only contracts have"),
        ("status", {"top": {65535: status_claim()}}, "A status claim, which only contracts have"),
    ):
        file = sign_list(list_claims(**changes))
        yield ignored(f"unknown_{name}", f"{words}.", file, "unsupported", "unknown")
    mixed: Map = {1: "https://ana.example/", 4: ABSENT}
    text = "An unknown claim, and no exp: malformed comes first."
    yield bad("unknown_claim_no_exp", text, sign_list(list_claims(top=mixed)), "order")
    for name, inner, words in (
        ("lst", {"lst": stored(EMPTY)[:-1]}, "an incomplete stream"),
        ("bits", {"bits": 3}, "three bits per position"),
    ):
        file = sign_list(list_claims(top={1: "x"}, inner=inner))
        yield bad(f"unknown_claim_bad_{name}", f"An unknown claim, and {words}.", file, "order")


def with_lst(lst: bytes) -> bytes:
    """Return a list with this compressed value."""
    return sign_list(list_claims(inner={"lst": lst}))


def streams() -> Iterator[Vector]:
    """One whole zlib stream and nothing else."""
    good, flags = stored(EMPTY), "inflate"
    yield bad("lst_empty", "lst is empty.", with_lst(b""), flags)
    yield bad("lst_trailing_byte", "A byte follows the stream.", with_lst(good + b"\0"), flags)
    yield bad("lst_two_streams", "Two streams in a row.", with_lst(good + good), flags)
    yield bad("lst_truncated", "The stream's last byte is missing.", with_lst(good[:-1]), flags)
    no_sum = with_lst(good[:-4])
    yield bad("lst_no_checksum", "The stream's checksum is missing.", no_sum, flags)
    wrong = good[:-1] + bytes([good[-1] ^ 1])
    yield bad("lst_checksum", "The stream's checksum is wrong.", with_lst(wrong), flags)
    raw = raw_stored(EMPTY)
    yield bad(
        "lst_raw_deflate",
        "A raw deflate stream without zlib's header and checksum.",
        with_lst(raw),
        flags,
    )
    yield bad("lst_gzip", "A gzip file in place of a zlib stream.", with_lst(_gzip(EMPTY)), flags)
    plain_bytes = with_lst(EMPTY)
    yield bad("lst_not_compressed", "The bytes are not compressed at all.", plain_bytes, flags)
    preset = b"\x78\x20" + zlib.adler32(EMPTY).to_bytes(4, "big") + raw
    assert int.from_bytes(preset[:2], "big") % 31 == 0
    preset += zlib.adler32(EMPTY).to_bytes(4, "big")
    text = "The stream asks for a preset dictionary."
    yield bad("lst_preset_dictionary", text, with_lst(preset), flags)
    nothing = with_lst(stored(b""))
    yield bad("lst_inflates_to_nothing", "The stream inflates to nothing.", nothing, flags)
    text = "A block of the reserved type 3."
    yield bad("lst_bad_block", text, with_lst(HEADER + b"\x07" + good[-4:]), flags)


def _gzip(data: bytes) -> bytes:
    head = bytes.fromhex("1f8b0800000000000003")
    check = zlib.crc32(data).to_bytes(4, "little") + len(data).to_bytes(4, "little")
    return head + raw_stored(data) + check


def inflation() -> Iterator[Vector]:
    """A small file may inflate to a large one."""
    limit, flags = 16_777_216, "inflate boundary"
    text = "A list of 16 KiB that inflates to 16 MiB, the limit."
    yield ok("lst_16_mib", text, with_lst(zeros(limit)), flags)
    text = "A list of 16 KiB that inflates to 16 MiB and one byte."
    yield bad("lst_16_mib_and_1", text, with_lst(zeros(limit + 1)), flags)
    text = "A bomb: a list of 64 KiB that inflates to 64 MiB."
    yield bad("lst_bomb", text, with_lst(zeros(4 * limit)), "inflate limit")
    text = "Compressed zeros, as most lists are."
    yield ok("lst_compressed", text, with_lst(zeros(512)), "inflate")


def signatures() -> Iterator[Vector]:
    """The signature, by the key in field 2."""
    good = sign_list(list_claims())
    spoilt = good[:-1] + bytes([good[-1] ^ 1])
    name, text = "signature_last_byte", "The last byte of the signature was changed."
    yield ignored(name, text, spoilt, "bad-signature", "signature")
    cut = good[:-66] + encode(good[-64:-1])
    name, text = "signature_63_bytes", "The signature has 63 bytes."
    yield ignored(name, text, cut, "bad-signature", "signature length")
    other = good[:-64] + BEN.sign(b"anything")
    name, text = "signature_of_another", "The signature is another key's."
    yield ignored(name, text, other, "bad-signature", "signature")
    s = int.from_bytes(good[-32:], "little") + ed.L
    large = good[:-32] + s.to_bytes(32, "little")
    name, text = "s_plus_l", "L was added to S."
    yield ignored(name, text, large, "bad-signature", "ed25519-large-s")
    yield from by_anyone()
    text = "The list that says revoked names Ana's key, but Ben signed it: it is ignored."
    revoked = list_claims({IDX: 1})
    by_ben = sign(revoked, header(typ=LIST_TYP), signature=BEN.sign(b"x")).data
    name, results = "status/list_revoked_bad_signature", ("valid", "bad-signature")
    yield valid(
        name,
        text,
        "§7.2",
        "signature accepted",
        plain(),
        lists=(good, by_ben),
        list_results=results,
        as_of=LISTED,
    )
    unsupported = sign_list(merged(revoked, {99: 1}))
    name, text = (
        "unknown_claim_revoked",
        "It says revoked but has an unknown claim, so it is ignored.",
    )
    yield ignored(name, text, unsupported, "unsupported", "unknown")


def by_anyone() -> Iterator[Vector]:
    """Lists by keys of small order, as list keys: anyone can say valid."""
    for number, public in enumerate(ed.SMALL_ORDER, 1):
        key = weak_key(public)
        data = sign_list(list_claims(key=key), key)
        text = f"The list key is point {number} of the table: anyone can sign for it."
        yield Vector(
            f"status/list_small_order_key_{number}",
            text,
            "§4.2",
            "ed25519-small-order",
            sign(revocable(terms={15: key.thumbprint})),
            "status-unknown",
            13,
            lists=(data,),
            list_results=("bad-signature",),
        )
