"""What a verifier in JavaScript may get wrong in one place and still pass every other vector.

Each scenario was written for a change of a verifier that all others left unnoticed: numbers sorted
as texts, a regular expression that looks at the first match only, times counted in minutes.
"""

import hashlib
import zlib
from collections.abc import Iterator
from functools import partial

import past
from build import (
    ACME_URI,
    ANA,
    BEN,
    DAY,
    NOW,
    RECOVERY,
    SHA256,
    SHA384,
    SHA512,
    STATUS,
    File,
    Map,
    Vector,
    headed,
    header,
    make,
    malformed,
    revocable,
    sign,
    status_claim,
    unsupported,
    valid,
)
from cbor_writer import encode
from deflate import (
    DISTANCES,
    FIXED,
    HEADER,
    OWN,
    block,
    fixed,
    low_first,
    raw_stored,
    repeat,
    stream,
    zeros,
)
from list_compression import EMPTY, FOUR, STOP, USUAL, USUAL_BITS, ZERO, unfinished
from list_format import bad, ignored, ok, with_lst
from questions import wrong_grantee, wrong_territory
from rendered_texts import shown
from status_rules import (
    IDX,
    LIST_TYP,
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

# Ends of field 1 that give two lists object ids with the same first 8 bytes; some 2^33 were tried.
ALIKE = ("ce6b86a2fdddef4e", "951cf356e741be6f")
FAR = (2000, 40_000)  # keys between those of CWT and the private ones


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from ends_of_files()
    yield from fields()
    yield from far_keys()
    yield from unknown_modes()
    yield from questions()
    yield from streams()
    yield from times()
    yield from keys_that_sign()
    yield from last_byte_of_a_header()
    yield from more_streams()
    yield from buffers()
    yield from texts()
    yield from number_at_a_limit()
    yield from sights()
    yield from ids_that_begin_alike()


def ends_of_files() -> Iterator[Vector]:
    """White space after a file, as an editor adds it."""
    file = make()
    for name, end in (("line_feed", b"\n"), ("space", b" "), ("crlf", b"\r\n"), ("tab", b"\t")):
        longer = File(file.data + end, file.protected, file.payload, file.claims)
        text = f"After the file comes a {name.replace('_', ' ')}."
        yield malformed(f"contract/{name}_after_file", text, "§2.1", "encoding", longer, step=1)
        yield bad(f"{name}_after_file", text, listed() + end, "encoding")


def fields() -> Iterator[Vector]:
    """Fields that a lenient pattern or table lets through."""
    spec = "§2.4"
    for name, uri in (
        ("host_wildcard", "https://*.acme.example/"),
        ("second_escape_unreserved", "https://acme.example/%2F%41"),
        ("second_port", "https://acme.example:8443:8444/"),
    ):
        text = f"The grantee's address is {uri}."
        yield malformed(f"contract/uri_{name}", text, spec, "address", make(grantee={1: uri}))
        text = f"The list's address is {uri}."
        file = sign(revocable({STATUS: status_claim(uri=uri)}))
        yield malformed(f"contract/list_uri_{name}", text, spec, "address", file)
    spec, flags = "§3.5", "field length"
    both = SHA256 + SHA384
    for alg, right in ((-43, 48), (-44, 64)):
        for size in {32, 48, 64} - {right}:
            text = f"The further digest {alg} has {size} bytes."
            file = make(work={4: [[alg, both[:size]]]})
            name = f"contract/digest_{-alg}_of_{size}_bytes"
            yield malformed(name, text, spec, flags, file)
    for size in (48, 64):
        text = f"The work's SHA-256 has {size} bytes."
        file = make(work={0: [-16, SHA512[:size]]})
        yield malformed(f"contract/digest_16_of_{size}_bytes", text, spec, flags, file)
    # In JavaScript the items of a byte string are numbers, as those of an array are.
    text = "The erasure is a byte string with its two numbers."
    wrong = make(terms={8: bytes([30, 3])})
    yield malformed("contract/erasure_as_bytes", text, "§3.3", "field", wrong)
    for name, data in (("share", [4, 100]), ("pool", [5, 100, 1])):
        text = f"The payment is a byte string with the numbers {data}."
        wrong = make(terms={5: [bytes(data)]})
        yield malformed(f"contract/payment_{name}_as_bytes", text, "§3.6", "field", wrong)
    text = "An ISCC code ends with padding."
    padded = make(work={5: ["ISCC:KACYPXW445FTYNJ3="]})
    yield malformed("contract/iscc_padded", text, spec, "field", padded)
    text = "A part of a country beside a country."
    part = make(terms={9: ["ES", "PT-MA"]})
    asked = malformed("contract/territory_part", text, "§3.3", "territory", part, territory="ES")
    yield asked
    text = "A country is there twice, before an unknown key that is greater than its code."
    twice = make(terms={9: ["PT", "PT"], "note": 1})
    name = "contract/territory_twice_unknown_text_field"
    yield malformed(name, text, "§3.9", "order duplicate", twice)
    text = "nbf is 0, which is before iat."
    yield malformed("contract/nbf_0_before_iat", text, "§3.2", "field", make({5: 0}))


def unknown_modes() -> Iterator[Vector]:
    """An unknown mode of revocation does not switch off what does not depend on it."""
    spec, flags = "§3.9", "order redundant"
    text = "The mode is unknown, and the list key is the creator's."
    file = sign(revocable(terms={6: [3, 30], 15: ANA.thumbprint}))
    yield malformed("contract/mode_unknown_list_key_creators", text, spec, flags, file)
    text = "The mode is unknown, and the recovery key is the list key."
    keys: Map = {6: [3, 30], 15: BEN.thumbprint}
    file = sign(revocable(terms=keys, creator={3: BEN.thumbprint}))
    yield malformed("contract/mode_unknown_recovery_is_list_key", text, spec, flags, file)


def far_keys() -> Iterator[Vector]:
    """Unknown keys of five digits and less, in every map."""
    spec, flags = "§3.9 test e", "unknown"
    for key in FAR:
        far: Map = {key: "x"}
        entry = status_claim()["status_list"]
        for name, file in (
            ("claims", make(far)),
            ("contract", make(terms=far)),
            ("creator", make(creator=far)),
            ("work", make(work=far)),
            ("grantee", make(grantee=far)),
            ("key", make(creator={0: {**ANA.cose, **far}})),
            ("protected", headed(far)),
            ("unprotected", sign(make().claims, unprotected=far)),
            ("status", sign(revocable({STATUS: {**status_claim(), **far}}))),
            ("status_list", sign(revocable({STATUS: {"status_list": {**entry, **far}}}))),
        ):
            text = f"An unknown key in the map {name}: {key}."
            yield unsupported(f"contract/far_key_{key}_{name}", text, spec, flags, file)
        for name, claims in (
            ("claims", list_claims(top=far)),
            ("status_list", list_claims(inner=far)),
            ("private", list_claims(own=far)),
        ):
            text = f"An unknown key of a list in the map {name}: {key}."
            data = sign_list(claims)
            yield ignored(f"far_key_{key}_{name}", text, data, "unsupported", flags)


def questions() -> Iterator[Vector]:
    """What is asked resembles what is granted."""
    spec = "§5 step 8"
    text = "The address asked about is of a host below the contract's."
    asked = {"uri": "https://lab.acme.example/"}
    name = "contract/grantee_asked_subdomain"
    yield wrong_grantee(name, text, spec, "grantee", make(), grantee=asked)
    text = "The address asked about is of the host above the contract's."
    below = make(grantee={1: "https://lab.acme.example/"})
    name = "contract/grantee_asked_host_above"
    yield wrong_grantee(name, text, spec, "grantee", below, grantee={"uri": ACME_URI})
    key = "ab" * 32
    text = "The key asked about is written in the contract's address."
    file = make(grantee={1: f"{ACME_URI}{key}"})
    name = "contract/grantee_key_in_address"
    yield wrong_grantee(name, text, spec, "grantee", file, grantee={"key": key})
    spec = "§5 step 10"
    text = "No place is asked about, and the contract covers Norway, NO."
    file = make(terms={9: ["NO"]})
    name = "contract/territory_norway_none_asked"
    yield wrong_territory(name, text, spec, "territory", file, territory="none")
    for granted, there in (("GB", "UK"), ("UK", "GB")):
        text = f"{there} is asked about, and the contract covers {granted}."
        file = make(terms={9: [granted]})
        name = f"contract/territory_{granted}_{there}_asked".lower()
        yield wrong_territory(name, text, spec, "territory", file, territory=there)


def streams() -> Iterator[Vector]:
    """Streams that inflate if a symbol is read as another."""
    flags, empty = "list inflate", bytes(4)
    good = HEADER + raw_stored(empty) + zlib.adler32(empty).to_bytes(4, "big")
    type_3 = good[:2] + bytes([good[2] | 0b110]) + good[3:]
    text = "The one block is of type 3 and written as a stored one."
    yield bad("lst_type_3_as_stored", text, with_lst(type_3), flags)
    for symbol in (30, 31):
        plain_bytes, bits = bytearray(empty), "1" + FIXED + fixed(0) * 4
        while len(plain_bytes) < 33_000:
            bits += repeat(258, 1)
            plain_bytes += bytes(258)
        _, _, extra = DISTANCES[-1]
        bits += f"{fixed(257)}{symbol:05b}" + low_first(0, extra) + fixed(256)
        text = f"Distance symbol {symbol}, which is read as 29."
        data = stream(bits, bytes(plain_bytes) + bytes(3))
        yield bad(f"lst_distance_{symbol}_as_29", text, with_lst(data), flags)
    # One bit for 16, "the length before again"; three lengths of nothing, then 1 at 255 and 256.
    own = "1" + "01" + "00000" * 2 + low_first(19 - 4, 4)
    order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    written = {16: 2, 18: 2, 0: 2, 1: 2}
    own += "".join(low_first(written.get(symbol, 0), 3) for symbol in order)
    zero, one, again, many = "00", "01", "10", "11"
    own += again + "00" + many + low_first(138 - 11, 7) + many + low_first(114 - 11, 7)
    own += one + one + zero  # 255 and 256 have one bit each; the distance code is empty
    text = "The code lengths begin with a repeat, which is read as three zeros."
    data = stream(own + "0" * 4 + "1", b"\xff" * 4)
    yield bad("lst_lengths_repeat_first", text, with_lst(data), flags)


def times() -> Iterator[Vector]:
    """Times sorted as texts, counted in minutes, or compared with the one before alone."""
    early, late = 999_999_999, 1_000_000_000  # 2001-09-09T01:46:39Z and a second later
    file = sign(revocable({6: 990_000_000, 4: 1_100_000_000}))
    at = late + 60
    text = "Of two lists, the newer says suspended; its time has one digit more."
    two = (listed(iat=early, bits=2), listed({IDX: 2}, iat=late, bits=2))
    name, spec, flags = "status/newest_with_more_digits", "§7.4 step 2", "status-sequence"
    yield suspended(name, text, spec, flags, file, lists=two, at=at)
    text = "Two lists revoke; the time of the later has one digit more."
    two = (listed(REVOKED, iat=early), listed(REVOKED, iat=late))
    name, spec = "status/since_with_fewer_digits", "§7.4 step 1"
    yield revoked(name, text, spec, flags, file, lists=two, at=at, since=early)
    text = "Two lists of one date, and an older one between them."
    older = listed(iat=LISTED - DAY)
    three = (listed(), older, listed({1: 1}))
    name, spec = "status/rivals_with_an_older_between", "§7.4 step 2"
    yield unknown(name, text, spec, "equivocation", plain(), lists=three)
    text = "The list is older than the greatest age by 20 seconds of the same minute."
    aged, most = (listed(iat=NOW - 3630),), 3610
    name, spec = "status/age_in_the_same_minute", "§7.4 step 2"
    yield unknown(name, text, spec, "status-time", plain(), lists=aged, max_status_age=most)
    text = "Two different lists, one second apart."
    two = (listed(iat=LISTED - 1), listed())
    name, flags = "status/rivals_a_second_apart", "equivocation accepted"
    yield valid(name, text, spec, flags, plain(), lists=two, as_of=LISTED)


def keys_that_sign() -> Iterator[Vector]:
    """A key that may revoke signs a list, and the list key is nearly that key."""
    for name, key, creator in (
        ("creator", ANA, {}),
        ("recovery", RECOVERY, {3: RECOVERY.thumbprint}),
    ):
        near = key.thumbprint[:8] + bytes(24)
        file = sign(revocable(terms={15: near}, creator=creator))
        words = "creator's key" if key is ANA else "recovery key"
        text = f"The {words} says valid; the list key's thumbprint begins with the same 8 bytes."
        title, lists = f"status/list_key_begins_like_{name}", (listed(key=key),)
        yield unknown(title, text, "§7.3", "status-signer", file, lists=lists)


def last_byte_of_a_header() -> Iterator[Vector]:
    """The byte beyond the limit is a head without content."""
    for size in (65_536, 65_537):
        beside: Map = {394: [bytes(size - 9), b""]}
        assert len(encode(beside)) == size
        text = f"An unprotected header of {size} bytes ends with an empty receipt."
        name, flags = f"unprotected_{size}_empty_last", "limit boundary"
        file = sign(make().claims, unprotected=beside)
        data = sign(list_claims(), header(typ=LIST_TYP), beside).data
        if size == 65_536:
            yield valid(f"contract/{name}", text, "§2.2", f"{flags} accepted", file)
            yield ok(name, text, data, flags)
        else:
            yield malformed(f"contract/{name}", text, "§2.2", flags, file, step=1)
            yield bad(name, text, data, flags)


def more_streams() -> Iterator[Vector]:
    """Streams of all three kinds of blocks that the usual compressors do not write."""
    flags = "list inflate"
    for name, bits, words in (
        ("fixed", "1" + FIXED + ZERO * FOUR + STOP, "with the fixed codes"),
        ("own", block(USUAL, {}, USUAL_BITS), "with codes of its own"),
    ):
        text = f"The one block is of type 3 and written as one {words}."
        data = stream(bits[:1] + "11" + bits[3:], EMPTY)
        yield bad(f"lst_type_3_as_{name}", text, with_lst(data), flags)
    text = "A code length of 0 is repeated by the symbol that repeats any length."
    none, one, again, many = "00", "01", "10", "11"  # 0, 1, 16 and 18
    counts = low_first(0, 5) * 2 + low_first(19 - 4, 4)
    code = "".join(low_first(length, 3) for length in [2, 0, 2, 2, *[0] * 13, 2, 0])
    lengths = one + none + again + low_first(6 - 3, 2)  # of 0, 1, and 2 to 7
    lengths += many + low_first(138 - 11, 7) + many + low_first(110 - 11, 7) + one + none
    data = stream("1" + OWN + counts + code + lengths + USUAL_BITS, EMPTY)
    yield ok("lst_lengths_0_repeated", text, with_lst(data), flags)
    text = "A list that inflates to 16 MiB, nearly all of them ones: the sums become very large."
    yield ok("lst_16_mib_of_ones", text, with_lst(ones(16_777_216)), "inflate boundary")


def buffers() -> Iterator[Vector]:
    """Streams that need the last place of a buffer, a larger one, or one that was cleared."""
    flags = "list inflate"
    literals = {symbol: 8 if symbol < 226 else 9 for symbol in range(286)}
    distances = {symbol: 4 if symbol < 2 else 5 for symbol in range(30)}
    bits = "0" * 8 * FOUR + f"{2 * 226 + 256 - 226:09b}"
    all_codes = block(literals, distances, bits)
    text = "All 286 literals and lengths and all thirty distances have codes."
    yield ok("lst_codes_all", text, with_lst(stream(all_codes, EMPTY)), flags)
    text = "All have codes, and without the last distance the codes would be complete."
    full = block(literals, {**distances, 2: 4, 29: 5}, bits)
    yield bad("lst_codes_all_and_one_too_many", text, with_lst(stream(full, EMPTY)), flags)
    text = "A block with all codes, then one with two."
    two = "0" + all_codes[1:] + block(USUAL, {}, USUAL_BITS)
    yield ok("lst_codes_all_then_few", text, with_lst(stream(two, EMPTY * 2)), flags)
    text = "The second code length is the repeat of the first."
    counts = low_first(0, 5) * 2 + low_first(19 - 4, 4)
    code = "".join(low_first(length, 3) for length in [2, 0, 2, 2, *[0] * 9, 2, *[0] * 5])
    none, three, again, many = "00", "01", "10", "11"  # 0, 3, 16 and 18
    lengths = three + again + low_first(6 - 3, 2)  # of 0, and 1 to 6
    lengths += many + low_first(138 - 11, 7) + many + low_first(111 - 11, 7) + three + none
    data = stream("1" + OWN + counts + code + lengths + "000" * FOUR + "111", EMPTY)
    yield ok("lst_lengths_first_repeated", text, with_lst(data), flags)
    text = "A list of 5,000 bytes, each of them written by itself."
    data = stream(block(USUAL, {}, "0" * 5000 + "1"), bytes(5000))
    yield ok("lst_5000_literals", text, with_lst(data), flags)
    limit = 16_777_216
    for beyond, words in ((1, "one byte"), (9, "nine bytes, the last of a run")):
        data = zeros(limit + beyond)[:-4] + zeros(limit)[-4:]
        text = f"A list that inflates to 16 MiB and {words}; its checksum is that of 16 MiB."
        name = f"lst_16_mib_and_{beyond}_checksum_before"
        yield bad(name, text, with_lst(data), "inflate boundary")


def ones(size: int) -> bytes:
    """Return a stream of *size* bytes ff, but for position 9 of the list.

    As in `deflate.zeros`: 0 and 0 for the previous byte 258 times, 10 for ff, 11 for the end.
    """
    start = b"\xff\xfd\xff"
    runs, rest = divmod(size - len(start) - 1, 258)
    counts = low_first(286 - 257, 5) + low_first(0, 5) + low_first(18 - 4, 4)
    code = "".join(low_first(length, 3) for length in [0, 0, 1, *[0] * 12, 2, 0, 2])
    skip, one, two = "0", "10", "11"
    lengths = skip + low_first(138 - 11, 7) + skip + low_first(117 - 11, 7)  # of 0 to 254
    lengths += two + two + skip + low_first(28 - 11, 7) + one + one  # 255, 256, to 284, 285
    body = "10" + "00" * runs + "10" * rest + "11"
    bits = unfinished(start) + "1" + OWN + counts + code + lengths + body
    return stream(bits, start + b"\xff" * (size - len(start)))


def texts() -> Iterator[Vector]:
    """A title with what functions that replace text give a meaning."""
    title = "$& $$ $` $' $1"
    section = f"""\
WORK
Title: "{title}"
Kind of file: "text/plain"
Size: 15 bytes
Fingerprint (SHA-256): 0626f0a36cd325edfdb3f334177fb4487590fc2c8eaf0a91b4d023d3a9270767
Only the file with exactly this fingerprint is meant. A copy that was changed, resized or saved \
again is another work.
"""
    text = "The title has dollar signs before what a replacement gives a meaning."
    yield shown("title_with_dollar_signs", text, make(work={1: title}), section)


def number_at_a_limit() -> Iterator[Vector]:
    """The byte beyond the limit of a header is an item of its own."""
    for size in (65_536, 65_537):
        beside: Map = {394: [bytes(size - 12)], 395: 0}
        assert len(encode(beside)) == size
        assert encode(beside)[-1] == 0
        text = f"An unprotected header of {size} bytes ends with an unknown label and its value 0."
        name, flags = f"unprotected_{size}_number_last", "limit boundary"
        file = sign(make().claims, unprotected=beside)
        data = sign(list_claims(), header(typ=LIST_TYP), beside).data
        if size == 65_536:
            yield unsupported(f"contract/{name}", text, "§3.9", f"{flags} unknown", file)
            yield ignored(name, text, data, "unsupported", f"{flags} list unknown")
        else:
            yield malformed(f"contract/{name}", text, "§2.2", flags, file, step=1)
            yield bad(name, text, data, f"{flags} list")


def sights() -> Iterator[Vector]:
    """When a list was seen, and which list another one names (spec §7.4 rule 4)."""
    text = "The list that was kept is of the first second of 1970 and was seen then."
    first = sign(revocable({6: 0, 4: 1_000}))
    pair = (listed(iat=0), listed(REVOKED, iat=50))
    disputed = partial(past.disputed, against="revoked")
    yield disputed(
        *("status/past_seen_in_1970", text),
        contract=first, lists=pair, seen=(0, None), at=100, since=50, as_of=0,
    )  # fmt: skip
    text = "The list that was kept was seen a minute before its own date."
    pair = (listed(iat=NOW - 60), listed(REVOKED, iat=LISTED))
    yield disputed(
        *("status/past_seen_before_its_date", text),
        contract=plain(), lists=pair, seen=(NOW - 120, None), since=LISTED, as_of=NOW - 60,
    )  # fmt: skip
    text = "A list that was seen names the first 8 bytes of the revoking list's object id."
    revoking = past.object_id(REVOKED, iat=LISTED - 60)
    naming = past.listed(iat=LISTED, previous=revoking[:8] + bytes(24))
    three = (listed(iat=past.HELD), listed(REVOKED, iat=LISTED - 60), naming)
    yield disputed(
        *("status/past_named_by_first_8_bytes", text),
        contract=plain(), lists=three, seen=(past.KEPT, None, LISTED), since=LISTED - 60,
        as_of=LISTED,
    )  # fmt: skip


def ids_that_begin_alike() -> Iterator[Vector]:
    """Two lists of one date whose object ids have the same first 8 bytes."""
    claims = [list_claims(own={1: bytes(24) + bytes.fromhex(end)}) for end in ALIKE]
    ids = [hashlib.sha256(encode(one)).digest() for one in claims]
    assert ids[0][:8] == ids[1][:8]
    assert ids[0] != ids[1]
    pair = (sign_list(claims[0]), sign_list(claims[1]))
    text = "Two different lists of one date; their object ids begin with the same 8 bytes."
    name, spec, flags = "status/rivals_ids_begin_alike", "§7.4 step 2", "equivocation look-alike"
    yield unknown(name, text, spec, flags, plain(), lists=pair)
    text = "One of two lists of one date was seen; their object ids begin with the same 8 bytes."
    yield past.disputed(
        *("status/past_ids_begin_alike", text),
        contract=plain(), lists=pair, seen=(LISTED, None), against="status-unknown",
        as_of=LISTED,
    )  # fmt: skip
