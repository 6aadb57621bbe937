"""Encodings: each way in which bytes fail to be one canonical item of the data model.

Spec §2.1, §2.2 and test a of §3.9. Each of these files is signed as it is, so a lenient verifier
finds a good signature and accepts it.
"""

from collections.abc import Iterator

from build import (
    ANA,
    CONTRACT,
    ENDS,
    RECOVERY,
    SHA256,
    SIGNED,
    STATUS,
    TYP,
    File,
    Map,
    Vector,
    claims,
    header,
    make,
    malformed,
    merged,
    revocable,
    sign,
    status_claim,
    unsupported,
    valid,
)
from cbor_writer import ARRAY, BYTES, MAP, TEXT, UINT, Pairs, Raw, encode, head, long_head, pairs


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from outermost()
    yield from envelope_items()
    yield from envelope_heads()
    yield from heads()
    yield from reserved_heads()
    yield from indefinite()
    yield from map_keys()
    yield from foreign_items()
    yield from look_alikes()
    yield from invalid_utf8()
    yield from nesting()
    yield from sizes()


def broken(name: str, comment: str, data: bytes | File, flags: str = "encoding") -> Vector:
    """Return a scenario of a file that test a refuses."""
    file = data if isinstance(data, File) else File(data)
    return malformed(f"contract/{name}", comment, "§3.9 test a", flags, file, step=1)


def outermost() -> Iterator[Vector]:
    """What is around and after the COSE_Sign1."""
    good = make().data
    yield broken("empty_file", "No bytes at all.", b"")
    yield broken("not_cbor", "A line of plain text.", b"I permit everything.\n")
    yield broken("truncated_by_one_byte", "The last byte is missing.", good[:-1])
    yield broken("trailing_byte", "One zero byte follows the contract.", good + b"\0")
    yield broken("two_contracts", "The file holds the contract twice.", good + good)
    beside = sign(claims(), unprotected={270: bytes(40)}).data
    behind_protected = 2 + len(encode(header()))  # tag, array, and a head of two bytes
    for name, cut in (
        ("protected", good[:20]),
        ("unprotected", beside[: behind_protected + 20]),
        ("payload", good[:-90]),
        ("signature", good[:-30]),
    ):
        text = f"The file ends inside the {name}{' header' if 'protected' in name else ''}."
        yield broken(f"ends_in_{name}", text, cut)
    yield broken("untagged", "Tag 18 is missing.", good[1:], "envelope")
    yield broken("tag_61", "CWT tag 61 around tag 18.", b"\xd8\x3d" + good, "envelope")
    yield broken("tag_55799", "Self-described CBOR.", b"\xd9\xd9\xf7" + good, "envelope")
    yield broken("tag_18_twice", "Tag 18 in tag 18.", b"\xd2" + good, "envelope")
    yield broken(
        "tag_18_two_byte_head", "Tag 18 has a longer head than necessary.", b"\xd8\x12" + good[1:]
    )
    mac = File(b"\xd1" + good[1:])
    yield malformed("contract/tag_17", "A COSE_Mac0.", "§3.9 test b", "envelope", mac, step=1)
    yield from several_creators(good)


def several_creators(good: bytes) -> Iterator[Vector]:
    """Tag 98 is reserved for contracts with several creators."""
    name, spec = "contract/tag_98", "§3.9 test b"
    cose_sign = b"\xd8\x62" + good[1:]
    text = "A COSE_Sign, which is reserved for contracts with several creators."
    yield unsupported(name, text, spec, "envelope", File(cose_sign), step=1)
    text = "Tag 98 around an array of arbitrary canonical items."
    any_array = File(bytes.fromhex("d862 83 01 6161 a0".replace(" ", "")))
    yield unsupported("contract/tag_98_any_array", text, spec, "envelope", any_array, step=1)
    text, empty = "Tag 98 around an empty array.", File(b"\xd8\x62\x80")
    yield unsupported("contract/tag_98_empty", text, spec, "envelope", empty, step=1)
    long = b"\xd9\x00\x62" + good[1:]
    yield broken("tag_98_long_head", "Tag 98 has a longer head than necessary.", long)
    yield broken(
        "tag_98_trailing_byte", "A byte follows the array under tag 98.", cose_sign + b"\0"
    )
    null = bytes.fromhex("d86281f6")
    yield broken(
        "tag_98_null_inside", "Tag 98 around an array that holds null.", null, "data-model"
    )
    text = "Eight levels deep under tag 98, which does not count."
    eight = File(b"\xd8\x62" + nested(8))
    yield unsupported("contract/tag_98_depth_8", text, spec, "limit boundary", eight, step=1)
    for name, item, words, flags in (
        ("depth_9", nested(9), "nine levels deep", "limit boundary"),
        ("duplicate_key", "81a201010101", "an array whose map has a key twice", "duplicate"),
        ("wrong_order", "81a202010101", "an array whose map is out of order", "encoding"),
        ("not_utf8", "8161ff", "an array that holds text that is not UTF-8", "utf8"),
        ("long_head", "811801", "an array that holds 1 in two bytes", "encoding"),
        ("bytes_as_key", "81a1414101", "an array whose map has a byte string as key", "data-model"),
        ("tag_inside", "81c101", "an array that holds a tag", "data-model"),
    ):
        data = item if isinstance(item, bytes) else bytes.fromhex(item)
        yield broken(f"tag_98_{name}_inside", f"Tag 98: {words}.", b"\xd8\x62" + data, flags)
    yield broken("tag_98_of_a_map", "Tag 98 around a map.", bytes.fromhex("d862a0"))


def envelope_items() -> Iterator[Vector]:
    """The four items of the COSE_Sign1, each of a wrong type or missing."""
    good = make()
    protected, payload = encode(good.protected), encode(good.payload)
    tail = good.data[-66:]
    start = b"\xd2\x84"
    yield broken(
        "three_items", "The signature is missing.", b"\xd2\x83" + good.data[2:-66], "envelope"
    )
    text = "The head of the array says three items; four follow."
    yield broken("says_three_items", text, b"\xd2\x83" + good.data[2:], "envelope")
    text = "The head of the array says five items; four follow."
    yield broken("says_five_items", text, b"\xd2\x85" + good.data[2:], "envelope")
    five = b"\xd2\x85" + good.data[2:] + b"\x40"
    yield broken("five_items", "A fifth item follows the signature.", five, "envelope")
    detached = start + protected + b"\xa0\xf6" + tail
    yield broken("detached_payload", "The payload is null.", detached, "envelope")
    turned = long_head(TEXT, len(good.payload), 2) + good.payload
    as_text = start + protected + b"\xa0" + turned + tail
    yield broken("payload_not_bytes", "The payload is a text string.", as_text, "envelope")
    as_map = start + good.protected + b"\xa0" + payload + tail
    yield broken("protected_not_bytes", "The protected header is a map.", as_map, "envelope")
    no_map = start + protected + b"\x80" + payload + tail
    yield broken("unprotected_not_map", "The unprotected header is an array.", no_map, "envelope")
    no_bytes = start + protected + b"\xa0" + payload + b"\x01"
    yield broken("signature_not_bytes", "The signature is an integer.", no_bytes, "envelope")
    empty = sign(claims(), b"")
    yield broken(
        "protected_empty", "The protected header is an empty byte string.", empty, "envelope"
    )
    array = sign(claims(), encode([-8, ANA.kid, TYP]))
    yield broken("protected_holds_array", "The protected header holds an array.", array, "envelope")
    array = sign(encode([ENDS, SIGNED]))
    yield broken("payload_holds_array", "The payload holds an array.", array, "envelope")
    yield broken("payload_empty", "The payload is empty.", sign(b""), "envelope")


def with_heads(
    good: File,
    *,
    array: bytes = b"\x84",
    protected: bytes = b"",
    payload: bytes = b"",
    signature: bytes = b"\x58\x40",
) -> bytes:
    """Return *good* signed again with these heads, which the signature covers."""
    start = (protected or head(BYTES, len(good.protected))) + good.protected
    middle = (payload or head(BYTES, len(good.payload))) + good.payload
    signed = bytes.fromhex("846a5369676e617475726531") + start + b"\x40" + middle
    return b"\xd2" + array + start + b"\xa0" + middle + signature + ANA.sign(signed)


def envelope_heads() -> Iterator[Vector]:
    """Heads of the envelope that are too long, or have a wrong length or type.

    Everything else is as usual, and the signature covers the bytes as they are.
    """
    good = make()
    short, long = len(good.protected), len(good.payload)
    for name, words, heads_given in (
        ("array", "The array", {"array": b"\x98\x04"}),
        ("protected", "The protected header", {"protected": long_head(BYTES, short, 2)}),
        ("payload", "The payload", {"payload": long_head(BYTES, long, 4)}),
        ("signature", "The signature", {"signature": b"\x59\x00\x40"}),
    ):
        text = f"{words} has a longer head than necessary."
        yield broken(f"envelope_long_{name}", text, with_heads(good, **heads_given))
    for name, words, heads_given in (
        ("protected_head_one_less", "one byte less", {"protected": head(BYTES, short - 1)}),
        ("protected_head_one_more", "one byte more", {"protected": head(BYTES, short + 1)}),
        ("payload_head_one_less", "one byte less", {"payload": head(BYTES, long - 1)}),
        ("payload_head_one_more", "one byte more", {"payload": head(BYTES, long + 1)}),
        ("signature_head_one_less", "one byte less", {"signature": b"\x58\x3f"}),
        ("signature_head_one_more", "one byte more", {"signature": b"\x58\x41"}),
    ):
        part = name.partition("_")[0].replace("protected", "protected header")
        text = f"The head of the {part} says {words} than follows."
        yield broken(name, text, with_heads(good, **heads_given))
    text = "The signature has the head of a text string."
    as_text = with_heads(good, signature=b"\x78\x40")
    yield broken("signature_text", text, as_text, "envelope")


def heads() -> Iterator[Vector]:
    """Heads longer than their value needs, and bytes that follow."""
    exp = Raw(long_head(UINT, ENDS, 8))
    yield broken(
        "long_head_integer", "exp takes eight bytes where four are enough.", make({4: exp})
    )
    one = Raw(long_head(UINT, 1, 1))
    yield broken("long_head_small_integer", "Kind 1 is encoded as 18 01.", make(terms={0: one}))
    negative = Raw(long_head(1, 15, 1))
    yield broken(
        "long_head_negative", "-16 is encoded as 38 0f.", make(work={0: [negative, bytes(32)]})
    )
    title = Raw(long_head(TEXT, 15, 1) + b"Harbour at dawn")
    yield broken(
        "long_head_text", "The title has a longer head than necessary.", make(work={1: title})
    )
    salt = Raw(long_head(BYTES, 16, 1) + bytes(16))
    yield broken("long_head_bytes", "The salt has a longer head than necessary.", make({7: salt}))
    place = Raw(long_head(ARRAY, 1, 1) + encode("001"))
    yield broken(
        "long_head_array", "The territory has a longer head than necessary.", make(terms={9: place})
    )
    key = pairs((Raw(b"\x18\x04"), ENDS), (6, SIGNED), (CONTRACT, claims()[CONTRACT]))
    yield broken("long_head_key", "Key 4 is encoded as 18 04.", sign(key))
    payload = encode(claims())
    longer = sign(long_head(MAP, 3, 1) + payload[1:])
    yield broken("long_head_map", "The claims have a longer head than necessary.", longer)
    yield broken("payload_trailing_byte", "A byte follows the claims.", sign(payload + b"\0"))
    protected = encode(header())
    followed = sign(claims(), protected + b"\0")
    yield broken(
        "protected_trailing_byte", "A byte follows the map in the protected header.", followed
    )
    longer = sign(claims(), b"\xb8\x03" + protected[1:])
    yield broken(
        "protected_long_head", "The protected header has a longer head than necessary.", longer
    )
    longer = sign(claims(), unprotected=b"\xb8\x00")
    yield broken(
        "unprotected_long_head", "The unprotected header has a longer head than necessary.", longer
    )
    yield from least_heads()
    yield from cut_in_a_head()
    cut = sign(payload[:-1])
    yield broken("payload_truncated", "The last byte of the claims is missing.", cut)
    huge = sign(merged(claims(), {7: Raw(bytes.fromhex("5b3fffffffffffffff"))}))
    yield broken(
        "length_beyond_file", "The head of a byte string says 2^62-1 bytes.", huge, "limit"
    )
    many = sign(merged(claims(), {7: Raw(bytes.fromhex("9b000000ffffffffff"))}))
    yield broken("count_beyond_file", "The head of an array says 2^40-1 items.", many, "limit")


def least_heads() -> Iterator[Vector]:
    """For each length of a head, the least value that needs it, and the value below."""
    for value, size in ((24, 1), (256, 2), (65536, 4), (2**32, 8)):
        text, flags = (
            f"The size is {value}, the least that needs {size + 1} bytes.",
            "encoding boundary",
        )
        name = f"contract/size_{value}"
        yield valid(name, text, "§2.1", f"{flags} accepted", make(work={3: value}))
        less = Raw(long_head(UINT, value - 1, size))
        text = f"The size is {value - 1}, in {size + 1} bytes, more than necessary."
        yield broken(f"size_{value - 1}_long_head", text, make(work={3: less}), flags)


def cut_in_a_head() -> Iterator[Vector]:
    """Items that begin and are cut short, and heads of the wrong type."""
    payload = encode(claims())
    cut = payload[: payload.index(ANA.public) + 31]
    yield broken("payload_ends_in_key_x", "The payload ends inside the creator's key.", sign(cut))
    yield from counts_too_large()
    yield from one_off()
    yield from not_all_there()
    text = "The payload ends inside the integer that an unknown claim holds."
    yield broken("payload_ends_in_integer", text, make({"z": Raw(b"\x19\xff")}))
    text = "The payload ends after three of the four bytes of an integer."
    yield broken("payload_ends_in_long_integer", text, make({"z": Raw(b"\x1a\xff\xff\xff")}))
    text = "The payload ends with the key of an unknown claim; its value is missing."
    yield broken("payload_ends_in_key", text, make({"z": Raw(b"")}))
    for name, byte, words in (("text", 0x7F, "a text string"), ("bytes", 0x5F, "a byte string")):
        text = f"The payments are only the head of {words} of indefinite length."
        file = make(terms={5: Raw(bytes([byte]))})
        yield broken(f"payments_head_of_{name}", text, file)


def counts_too_large() -> Iterator[Vector]:
    """Arrays whose head says more items than a reader of a fixed layout expects."""
    sold = {5: [[1, 5, 0, "EUR"]], 8: [30, 1]}
    payload = encode(claims(terms=sold))
    for name, head_as_is, more in (
        ("creators", b"\x01\x81\xa2\x00\xa3", 0x82),
        ("digest", b"\x00\x82\x2f\x58", 0x83),
        ("payment", b"\x81\x84\x01\x05", 0x85),
        ("revocation", b"\x06\x82\x00\x00", 0x83),
        ("erasure", b"\x08\x82\x18\x1e", 0x83),
        ("territory", b"\x09\x81\x63001", 0x82),
    ):
        assert payload.count(head_as_is) == 1, name
        at = payload.index(head_as_is) + 1
        file = sign(payload[:at] + bytes([more]) + payload[at + 1 :])
        text = f"The head of the {name} says one item more than follows."
        yield broken(f"{name}_counts_one_more", text, file)


ONE_OFF_PARTS = {
    "contract": "contract map",
    "status": "status claim",
    "status_list": "status_list map",
    "uri": "list's address",
    "x": "key's x",
    "recovery": "recovery thumbprint",
}


def one_off() -> Iterator[Vector]:
    """Heads that say one more or one less than follows, in a contract with the usual fields.

    A reader with a fixed layout may never look at them.
    """
    fields: Map = {5: SIGNED + 1, 7: bytes(range(16))}
    payload = encode(revocable(fields, creator={3: RECOVERY.thumbprint}))
    for name, before, value in (
        ("claims", b"", 0xA6),
        ("contract", b"\x3a\x56\xb9\x8d\x72", 0xA9),
        ("creator", b"\x01\x81", 0xA3),
        ("key", b"\x81\xa3\x00", 0xA3),
        ("work", b"\x98\x25\xf5\xc3\x10\xba\xdf\x6b\x58\x9c\x5c\x59\x02", 0xA4),
        ("grantee", b"\x03\x0f\x03", 0xA2),
        ("status", b"\x19\xff\xff", 0xA1),
        ("status_list", b"status_list", 0xA2),
        ("creator_name", ANA.public + b"\x01", 0x67),
        ("title", SHA256 + b"\x01", 0x6F),
        ("media_type", b"dawn\x02", 0x6A),
        ("uri", b"curi\x78", 0x20),
        ("salt", b"\x07", 0x50),
        ("x", b"\x20\x06\x21\x58", 0x20),
        ("recovery", b"Ana Liu\x03\x58", 0x20),
        ("digest", b"\x00\x82\x2f\x58", 0x20),
    ):
        expected = before + bytes([value])
        assert not before or payload.count(expected) == 1, name
        at = payload.index(expected) + len(before)
        part = ONE_OFF_PARTS.get(name, name.replace("_", " "))
        for word, byte in (("more", value + 1), ("less", value - 1)):
            file = sign(payload[:at] + bytes([byte]) + payload[at + 1 :])
            text = f"The head of the {part} says one {word} than follows."
            yield broken(f"{name}_head_one_{word}", text, file)


def not_all_there() -> Iterator[Vector]:
    """Heads whose argument or contents are cut short, so that they take what follows."""
    for data in ("18", "1901", "1a", "1a00ffff"):
        text = f"The size is cut short to {data}, so that what follows is read as part of it."
        cut = make(work={3: Raw(bytes.fromhex(data))})
        yield broken(f"size_{data}_cut_short", text, cut)
    payload = encode(claims())
    at = payload.index(b"\x3a\x56\xb9\x8d\x72\xa9") + 5
    for first, words in ((0x49, "a byte string"), (0x69, "a text string"), (0x89, "an array")):
        file = sign(payload[:at] + bytes([first]) + payload[at + 1 :])
        text = f"The contract map has the head of {words}."
        yield broken(f"contract_map_head_{first:02x}", text, file)
    for size in (15, 17):
        file = make({7: Raw(b"\x50" + bytes(size))})
        text = f"The head of the salt says 16 bytes; {size} follow."
        yield broken(f"salt_16_of_{size}_bytes", text, file)
    for word, says in (("more", 41), ("less", 39)):
        title = Raw(long_head(TEXT, says, 1) + b"a" * 40)
        text = f"The head of a title of 40 bytes says {says} bytes."
        yield broken(f"long_title_head_one_{word}", text, make(work={1: title}))


def reserved_heads() -> Iterator[Vector]:
    """Heads with the additional information 28 to 31, and tags of nothing."""
    for info, size in ((28, 16), (29, 32), (30, 64), (31, 128)):
        text = f"The size has a head with the additional information {info} and nothing more."
        file = make(work={3: Raw(bytes([info]))})
        yield broken(f"size_head_{info}", text, file)
        text = (
            f"The size is 15 in {size} bytes, after a head with the additional information {info}."
        )
        file = make(work={3: Raw(bytes([info]) + (15).to_bytes(size, "big"))})
        yield broken(f"size_head_{info}_{size}_bytes", text, file)
        text = f"The size is 15 in 8 bytes, after a head with the information {info}."
        file = make(work={3: Raw(bytes([info]) + (15).to_bytes(8, "big"))})
        yield broken(f"size_head_{info}_8_bytes", text, file)
    for tag in (0, 5, 21):
        text = f"Where exclusive holds a value, the head of tag {tag} is, and no item after it."
        file = make(terms={10: Raw(bytes([0xC0 | tag]))})
        yield broken(f"exclusive_tag_{tag}_of_nothing", text, file, "data-model")
    for byte, words in ((0xF8, "a simple value in two bytes"), (0xF9, "a float in two bytes")):
        text = f"Where exclusive holds a value, the head of {words} is, and nothing after it."
        file = make(terms={10: Raw(bytes([byte]))})
        yield broken(f"exclusive_head_{byte:02x}", text, file, "data-model")
    for simple in (0, 19, 23):
        text = f"exclusive is the simple value {simple}."
        file = make(terms={10: Raw(bytes([0xE0 | simple]))})
        yield broken(f"exclusive_simple_{simple}", text, file, "data-model")


def indefinite() -> Iterator[Vector]:
    """Indefinite lengths, each in the payload and in the envelope."""
    title = Raw(b"\x7f" + encode("Harbour ") + encode("at dawn") + b"\xff")
    yield broken("indefinite_text", "The title is written in two chunks.", make(work={1: title}))
    salt = Raw(b"\x5f" + encode(bytes(8)) + encode(bytes(8)) + b"\xff")
    yield broken("indefinite_bytes", "The salt is written in two chunks.", make({7: salt}))
    place = Raw(b"\x9f" + encode("001") + b"\xff")
    yield broken("indefinite_array", "The territory is written as 9f … ff.", make(terms={9: place}))
    payload = b"\xbf" + encode(claims())[1:] + b"\xff"
    yield broken("indefinite_map", "The claims are written as bf … ff.", sign(payload))
    good = make()
    outer = b"\xd2\x9f" + good.data[2:] + b"\xff"
    yield broken("indefinite_envelope", "The COSE_Sign1 is written as 9f … ff.", outer)
    chunked = good.data.replace(encode(good.payload), b"\x5f" + encode(good.payload) + b"\xff")
    yield broken("indefinite_payload", "The payload is written as 5f … ff.", chunked)
    unprotected = sign(claims(), unprotected=b"\xbf\xff")
    yield broken(
        "indefinite_unprotected", "The unprotected header is written as bf ff.", unprotected
    )
    broke = make({7: Raw(b"\xff")})
    yield broken("break_alone", "A break code in place of a value.", broke)


def map_keys() -> Iterator[Vector]:
    """Order and uniqueness of map keys, and their types."""
    contract = claims()[CONTRACT]
    twice = pairs((4, ENDS), (6, SIGNED), (6, SIGNED), (CONTRACT, contract))
    yield broken("duplicate_key", "iat occurs twice, with equal values.", sign(twice), "duplicate")
    other = pairs((4, ENDS), (4, ENDS + 1), (6, SIGNED), (CONTRACT, contract))
    text = "exp occurs twice, with different values."
    yield broken("duplicate_key_other_value", text, sign(other), "duplicate")
    early = pairs((4, ENDS), (4, SIGNED + 1), (6, SIGNED), (CONTRACT, contract))
    text = "exp occurs twice, once in the place of nbf, with a value that nbf might have."
    yield broken("duplicate_exp_for_nbf", text, sign(early), "duplicate")
    early = pairs((4, ENDS), (6, SIGNED + 1), (6, SIGNED), (CONTRACT, contract))
    text = "iat occurs twice, once in the place of nbf."
    yield broken("duplicate_iat_for_nbf", text, sign(early), "duplicate")
    salted = pairs((4, ENDS), (6, SIGNED), (6, bytes(16)), (CONTRACT, contract))
    text = "iat occurs twice; the second has a salt as its value."
    yield broken("duplicate_iat_for_salt", text, sign(salted), "duplicate")
    uses = sorted(claims()[CONTRACT].items())
    again = Pairs((*uses[:5], (4, 1023), *uses[5:]))
    text = "The contract has the uses twice: one reader sees pretrain, another sees all ten."
    yield broken("duplicate_uses", text, make({CONTRACT: again}), "duplicate")
    top = sorted(revocable().items(), key=lambda pair: encode(pair[0]))
    status = (STATUS, status_claim(10))
    text = "The status claim occurs twice, with two positions; its key is three bytes long."
    yield broken("duplicate_status", text, sign(Pairs((*top[:3], status, *top[3:]))), "duplicate")
    text = "The contract map occurs twice; its key is five bytes long."
    yield broken("duplicate_contract_map", text, sign(Pairs((*top, top[-1]))), "duplicate")
    wrong = pairs((6, SIGNED), (4, ENDS), (CONTRACT, contract))
    yield broken("wrong_order", "iat comes before exp.", sign(wrong))
    key = pairs((1, 1), (-2, ANA.public), (-1, 6))
    text = "In the COSE_Key, -2 comes before -1."
    yield broken("wrong_order_in_key", text, make(creator={0: key}))
    protected = pairs((1, -8), (16, TYP), (4, ANA.kid))
    yield broken("protected_wrong_order", "typ comes before kid.", sign(claims(), protected))
    protected = pairs((1, -8), (1, -8), (4, ANA.kid), (16, TYP))
    text = "alg occurs twice."
    yield broken("protected_duplicate", text, sign(claims(), protected), "duplicate")
    unprotected = bytes.fromhex("a2 182140 182140".replace(" ", ""))
    file = sign(claims(), unprotected=unprotected)
    yield broken("unprotected_duplicate", "x5chain occurs twice.", file, "duplicate")
    unprotected = bytes.fromhex("a2 19010e40 182140".replace(" ", ""))
    file = sign(claims(), unprotected=unprotected)
    yield broken("unprotected_wrong_order", "270 comes before 33.", file)
    for word, label, words in (
        ("bytes", b"\x41\x07", "a byte string"),
        ("array", b"\x80", "an array"),
        ("true", b"\xf5", "true"),
    ):
        file = make({Raw(label): 1})
        yield broken(f"map_key_{word}", f"A map key is {words}.", file, "data-model")
    yield from two_orders(contract)


def two_orders(contract: object) -> Iterator[Vector]:
    """Where the orders of RFC 8949 §4.2.1 and §4.2.3 differ."""
    items = ((4, ENDS), (6, SIGNED))
    short_first = pairs(*items, (-1, 0), (100, 0), (CONTRACT, contract))
    text = "Key -1 (20) comes before 100 (1864): shorter first, the order of RFC 8949 §4.2.3."
    yield broken("length_first_order", text, sign(short_first))
    bytewise = pairs(*items, (100, 0), (-1, 0), (CONTRACT, contract))
    text = "Key 100 (1864) comes before -1 (20): the right order, but both keys are unknown."
    yield unsupported("contract/bytewise_order", text, "§2.1", "encoding unknown", sign(bytewise))


FOREIGN = (
    ("false", "f4", "false"),
    ("null", "f6", "null"),
    ("undefined", "f7", "undefined"),
    ("simple_value", "e0", "simple value 0"),
    ("simple_value_two_bytes", "f820", "simple value 32"),
    ("float_16", "f93c00", "1.0 in two bytes"),
    ("float_64", "fb41da55d380000000", "a float in eight bytes"),
    ("nan", "f97e00", "NaN"),
    ("bignum", "c24101", "the bignum 1"),
    ("negative_bignum", "c34101", "a negative bignum"),
    ("tagged_time", "c11a6955b900", "a time under tag 1"),
    ("tag_24", "d81841f6", "encoded CBOR under tag 24"),
    ("integer_2_53", "1b0020000000000000", "2^53"),
    ("integer_2_64_minus_1", "1bffffffffffffffff", "2^64-1"),
    ("integer_minus_2_53", "3b001fffffffffffff", "-2^53"),
    ("reserved_head", "1c", "a head with the reserved additional information 28"),
)


def foreign_items() -> Iterator[Vector]:
    """Items outside the data model, each in an unknown claim, so that no field rule applies."""
    for name, data, words in FOREIGN:
        file = make({8: Raw(bytes.fromhex(data))})
        yield broken(name, f"The unknown claim 8 holds {words}.", file, "data-model")
    for name, integer in (("largest_integer", 2**53 - 1), ("least_integer", 1 - 2**53)):
        text = f"The unknown claim 8 holds {integer}, an integer of the data model."
        file = make({8: integer})
        yield unsupported(f"contract/{name}", text, "§2.1", "data-model boundary unknown", file)
    inside = header({99: Raw(b"\xf6")})
    text = "An unknown label holds null."
    yield broken("protected_null", text, sign(claims(), inside), "data-model")
    file = sign(claims(), unprotected={99: Raw(b"\xf6")})
    yield broken("unprotected_null", "An unknown label holds null.", file, "data-model")


def look_alikes() -> Iterator[Vector]:
    """Values that are equal in some languages: 1, 1.0 and true."""
    kind = make(terms={0: Raw(bytes.fromhex("f93c00"))})
    yield broken("kind_1_0", "The kind is 1.0.", kind, "data-model look-alike")
    idx = {"status_list": {"idx": Raw(b"\xf9\x00\x00"), "uri": "https://ana.example/l"}}
    file = make({65535: idx}, {6: [1, 30]})
    yield broken("idx_0_0", "The position is 0.0.", file, "data-model look-alike")
    exp = make({4: Raw(bytes.fromhex("fb41dacda540000000"))})
    yield broken("exp_float", "exp is a float.", exp, "data-model look-alike")
    flag = make(terms={10: Raw(b"\xf4")})
    yield broken("exclusive_false", "exclusive is false, not absent.", flag, "data-model")
    flag = make(terms={10: Raw(b"\xf8\x15")})
    yield broken("exclusive_true_two_bytes", "exclusive is true in two bytes.", flag, "encoding")
    flag = make(terms={11: Raw(b"\xf6")})
    yield broken("pass_on_null", "pass_on is null, not absent.", flag, "data-model")


INVALID_UTF8 = (
    ("overlong", "c0af", "an overlong slash"),
    ("surrogate", "eda080", "the surrogate U+D800"),
    ("beyond_unicode", "f4908080", "U+110000"),
    ("lone_continuation", "80", "a lone continuation byte"),
    ("cut_short", "e282", "an incomplete sequence"),
    ("cut_short_of_2", "c3", "the first of two bytes"),
    ("cut_short_of_4", "f09f8c", "three of four bytes"),
    ("no_continuation", "c341", "a first byte before a letter"),
    ("no_continuation_of_3", "e28241", "two of three bytes before a letter"),
    ("no_continuation_of_4", "f09f8c41", "three of four bytes before a letter"),
    ("first_byte_twice", "c3c3a9", "a first byte before a good sequence"),
    ("continuation_too_many", "c3a9a9", "a continuation byte after a good sequence"),
    ("overlong_nul", "c080", "an overlong NUL"),
    ("overlong_letter", "c1a1", "an overlong letter"),
    ("overlong_3", "e09fbf", "an overlong sequence of three bytes"),
    ("overlong_4", "f08fbfbf", "an overlong sequence of four bytes"),
    ("surrogate_last", "edbfbf", "the surrogate U+DFFF"),
    ("surrogate_pair", "eda080edb080", "U+10000 as two surrogates (CESU-8)"),
    ("first_beyond_unicode", "f5808080", "a sequence of four bytes that begins with f5"),
    ("five_bytes", "f888808080", "a sequence of five bytes"),
    ("six_bytes", "fc8480808080", "a sequence of six bytes"),
    ("byte_fe", "fe", "the byte fe"),
    ("byte_ff", "ff", "the byte ff"),
    ("latin_1", "e920", "an é in Latin-1 before a space"),
    ("utf_16", "fffe4100", "UTF-16 with its mark"),
)


def invalid_utf8() -> Iterator[Vector]:
    """Text strings that are not UTF-8."""
    for name, data, words in INVALID_UTF8:
        text = b"Dawn " + bytes.fromhex(data)
        file = make(work={1: Raw(bytes([0x60 + len(text)]) + text)})
        yield broken(f"utf8_{name}", f"The title holds {words}.", file, "data-model utf8")
    for place, file, words in (
        ("address", make(grantee={1: Raw(b"\x77https://acme.example/\xc3\x28")}), "address"),
        ("name", make(creator={1: Raw(b"\x64Ana\xff")}), "creator's name"),
        ("template", make(terms={7: Raw(b"\x64en-\xff")}), "template"),
        ("credit", make(terms={13: Raw(b"\x64Ana\xff")}), "credit line"),
        ("media_type", make(work={2: Raw(b"\x64a/b\xff")}), "media type"),
        ("currency", make(terms={5: [[1, 5, 0, Raw(b"\x63EU\xff")]]}), "currency"),
        ("territory", make(terms={9: [Raw(b"\x62P\xff")]}), "country code"),
        ("typ", sign(claims(), header({16: Raw(b"\x64app\xff")})), "typ"),
        ("unprotected", sign(claims(), unprotected={99: Raw(b"\x61\xff")}), "unknown label"),
    ):
        comment = f"The {words} is not UTF-8."
        yield broken(f"utf8_{place}", comment, file, "data-model utf8")
    behind = make({8: Raw(b"\x61\xff")})
    yield broken("utf8_unknown_claim", "An unknown claim holds ff as text.", behind, "utf8")
    key = make({Raw(b"\x61\xff"): 1})
    yield broken("utf8_map_key", "A map key that is not UTF-8.", key, "data-model utf8")


def nested(depth: int) -> Raw:
    """Return *depth* nested arrays."""
    return Raw(b"\x81" * (depth - 1) + b"\x80")


def nesting() -> Iterator[Vector]:
    """Eight nested arrays and maps are the limit, counted in each part separately."""
    spec, flags = "§2.2", "limit boundary"
    text = "An unknown claim holds seven nested arrays: with the claims, eight levels."
    yield unsupported("contract/payload_depth_8", text, spec, flags, make({8: nested(7)}))
    text = "Eight levels deep, with an integer in the innermost array."
    inside = make({8: Raw(b"\x81" * 7 + b"\x01")})
    yield unsupported("contract/payload_depth_8_integer", text, spec, flags, inside)
    text = "Nine levels deep in the payload; the innermost is a map."
    inner_map = make({8: Raw(b"\x81" * 7 + b"\xa0")})
    yield broken("payload_depth_9_map", text, inner_map, flags)
    text = "Nine levels deep in the payload, through maps."
    in_maps = make({8: Raw(b"\xa1\x01" * 7 + b"\x80")})
    yield broken("payload_depth_9_in_maps", text, in_maps, flags)
    text = "Nine levels deep in the payload."
    yield broken("payload_depth_9", text, make({8: nested(8)}), flags)
    text = "Eight levels deep in the protected header."
    eight = sign(claims(), header({99: nested(7)}))
    yield unsupported("contract/protected_depth_8", text, spec, flags, eight)
    nine = sign(claims(), header({99: nested(8)}))
    yield broken("protected_depth_9", "Nine levels deep in the protected header.", nine, flags)
    text = "Eight levels deep in the file: the array, the unprotected header and six arrays."
    eight = sign(claims(), unprotected={99: nested(6)})
    yield unsupported("contract/file_depth_8", text, spec, flags, eight)
    nine = sign(claims(), unprotected={99: nested(7)})
    yield broken("file_depth_9", "Nine levels deep in the file.", nine, flags)
    deep = make({8: nested(5000)})
    yield broken(
        "payload_depth_5000", "Thousands of levels deep: enough to overflow a stack.", deep, "limit"
    )


def padded(size: int) -> Map:
    """Return claims of exactly *size* bytes: many ISCC codes, and a purpose for the rest."""
    codes: Map = {5: ["ISCC:" + "K" * 70 + three for three in _triples(195)]}
    rest = size - len(encode(claims(work=codes)))
    return claims(work=codes, terms={12: "a" * (rest - 4)})  # its key and its head


def _triples(count: int) -> list[str]:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return [f"{a}{b}{c}" for a in letters for b in letters for c in letters][:count]


def sizes() -> Iterator[Vector]:
    """The limits of payload and unprotected header."""
    flags = "limit boundary"
    for size in (16384, 16385):
        claims_map = padded(size)
        assert len(encode(claims_map)) == size, len(encode(claims_map))
        file = sign(claims_map)
        name, text = f"contract/payload_{size}", f"A payload of {size} bytes."
        if size == 16384:
            yield valid(name, text, "§2.2", f"{flags} accepted", file)
        else:
            yield malformed(name, text, "§2.2", flags, file, step=1)
    other = sign(padded(16384), header({1: -19}))
    text = "A payload of 16384 bytes under alg -19."
    yield valid("contract/payload_16384_alg_19", text, "§2.2", f"{flags} accepted", other)
    for size in (65536, 65537):
        protected = header({99: bytes(size - 51)})
        assert len(encode(protected)) == size, len(encode(protected))
        file = sign(claims(), protected)
        name, text = f"contract/protected_{size}", f"A protected header of {size} bytes."
        if size == 65536:
            yield unsupported(name, text, "§2.2", f"{flags} unknown", file)
        else:
            yield malformed(name, text, "§2.2", flags, file, step=1)
    for size in (65536, 65537):
        unprotected: Map = {270: bytes(size - 7)}
        assert len(encode(unprotected)) == size
        file = sign(claims(), unprotected=unprotected)
        name, text = f"contract/unprotected_{size}", f"An unprotected header of {size} bytes."
        if size == 65536:
            yield valid(name, text, "§2.2", f"{flags} accepted", file)
        else:
            yield malformed(name, text, "§2.2", flags, file, step=1)
