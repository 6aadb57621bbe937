"""The compression of a status list: which zlib streams `lst` may be, bit by bit (spec §7.1).

Inflaters differ on incomplete codes, meaningless symbols and headers. The question is always the
everyday one, and each list has a good signature.
"""

import zlib
from collections.abc import Iterator

from build import Vector
from deflate import (
    END,
    FIXED,
    HEADER,
    block,
    every_length_and_distance,
    low_first,
    raw_stored,
    stored,
    stream,
)
from list_format import bad, ok, with_lst
from status_rules import IDX, packed

# What each of them inflates to, or would: zeros, all of them written as literals.
EMPTY = packed({})
FOUR = len(EMPTY)
FLAGS = "inflate"
LAST_OF_FIXED = "1" + FIXED
ZERO = "00110000"  # in the fixed codes: a zero byte, a length of 3, of 258, and the end
THREE, LONGEST, STOP = "0000001", "11000101", "0000000"
NEAR = "00000"  # the distance 1

# 1 at every 37th position from 64 on and at a few more, as zlib 1.2.13 writes it at level 9.
LEVEL_9 = bytes.fromhex(
    "78da636080004605060605108305881b400c0110c104c40e2006075811031d15c9d0d73a64450e832408e8a0"
    "08001cbd0e25"
)

# With these codes a zero byte is 0 and the end is 1, and they are complete.
USUAL = {0: 1, END: 1}
USUAL_BITS = "0" * FOUR + "1"


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    for name, text, lst in (*headers(), *blocks(), *codes(), *lengths(), *symbols()):
        yield bad(f"lst_{name}", f"{text}.", with_lst(lst), FLAGS)
    for name, text, lst in accepted():
        yield ok(f"lst_{name}", f"{text}.", with_lst(lst), FLAGS)


Stream = tuple[str, str, bytes]


def accepted() -> Iterator[Stream]:
    """Streams that are unusual and good."""
    body = stored(EMPTY)[2:]
    yield "window_256", "CINFO 0: a window of 256 bytes is declared", b"\x08\x1d" + body
    yield "other_level", "FLEVEL 3, which has no effect", b"\x78\xda" + body
    bits = LAST_OF_FIXED + ZERO * FOUR + STOP
    yield "fixed_codes", "One block with the fixed codes", stream(bits, EMPTY)
    text = "The bits between the end and the checksum are ones"
    yield "ones_after_end", text, stream(bits + "1" * (-len(bits) % 8), EMPTY)
    usual = block(USUAL, {}, USUAL_BITS)
    yield "no_distances", "Only literals: no distance has a code", stream(usual, EMPTY)
    first = unfinished(EMPTY)
    text = "A stored block, then one in which only the end has a code, of one bit"
    yield "end_alone", text, stream(first + block({END: 1}, {}, "0"), EMPTY)
    text = "Two stored blocks, the first of them empty"
    yield "empty_block", text, HEADER + b"\0\0\0\xff\xff" + body
    plain = b"\x01\x00\x80" + bytes(32_000 - 3)
    runs, rest = divmod(len(plain) - 4, 258)
    bits = LAST_OF_FIXED + "00110001" + ZERO + "10110000" + ZERO  # 1, 0, 128 and the first 0
    bits += (LONGEST + NEAR) * runs + ZERO * rest
    far = THREE + "11101" + low_first(32_000 - 24_577, 13)
    text = "A distance of 32,000, where CINFO 0 declares a window of 256 bytes"
    whole = stream(bits + far + STOP, plain + plain[:3], b"\x08\x1d")
    yield "distance_over_window", text, whole
    yield from complete_codes()
    yield from unusual_blocks()


def complete_codes() -> Iterator[Stream]:
    """Codes that are complete, with many symbols and few."""
    seven = EMPTY + bytes(3)
    two = block({0: 1, END: 2, 257: 2}, {0: 1, 3: 1}, "0" * FOUR + "11" + "1" + "10")
    yield "distances_two", "Two distances have a code of one bit", stream(two, seven)
    unused = block(USUAL, {0: 1, 29: 1}, USUAL_BITS)
    text = "Two distances have a code of one bit, and neither is used"
    yield "distances_two_unused", text, stream(unused, EMPTY)
    three = block({0: 1, END: 2, 257: 2}, {0: 1, 1: 2, 3: 2}, "0" * FOUR + "11" + "11" + "10")
    yield "distances_three", "Three distances have codes", stream(three, seven)
    every = {symbol: 4 if symbol < 2 else 5 for symbol in range(30)}
    bits = "0" * FOUR + "11" + "00101" + "10"  # of five bits, the second: distance symbol 3
    whole = block({0: 1, END: 2, 257: 2}, every, bits)
    yield "distances_thirty", "All thirty distances have codes", stream(whole, seven)
    one = block({0: 1, END: 2, 257: 2}, {3: 1}, "0" * FOUR + "11" + "0" + "10")
    text = "A single distance has a code of one bit, and it is not the first"
    yield "distances_one", text, stream(one, seven)
    lengths = {symbol: 8 if symbol < 226 else 9 for symbol in range(286)}
    bits = f"{0:08b}" * FOUR + f"{2 * 226 + END - 226:09b}"
    yield (
        "literals_286",
        "All 286 literals and lengths have codes",
        stream(block(lengths, {}, bits), EMPTY),
    )
    deep = {0: 1, **{symbol: symbol + 1 for symbol in range(1, 14)}, END: 15, 257: 15}
    bits = "0" * FOUR + "1" * 14 + "0"
    yield "literals_15_bits", "The end has a code of 15 bits", stream(block(deep, {}, bits), EMPTY)
    yield from repeated_over_the_end()


def repeated_over_the_end() -> Iterator[Stream]:
    """A repeat may begin among the literals and go on among the distances."""
    # 18, "11 to 138 times 0", has one bit; the length 0 and the length 1 have two.
    own = "1" + "01" + low_first(268 - 257, 5) + low_first(4 - 1, 5) + low_first(18 - 4, 4)
    own += "".join(low_first(n, 3) for n in [0, 0, 1, 2, *[0] * 13, 2])
    zeros_of, none, first = "0{}".format, "10", "11"
    own += first + zeros_of(low_first(138 - 11, 7)) + zeros_of(low_first(117 - 11, 7)) + first
    own += zeros_of(low_first(14 - 11, 7)) + none  # 257 to 267, three distances, and the fourth
    text = "A repeat of code lengths goes on from the literals to the distances"
    yield "lengths_over_both", text, stream(own + USUAL_BITS, EMPTY)
    # In the code length code, 16 is 00, 17 is 01, 18 is 10, 1 is 110 and 5 is 111.
    own = "1" + "01" + low_first(0, 5) + low_first(13 - 1, 5) + low_first(18 - 4, 4)
    own += "".join(low_first(n, 3) for n in [2, 2, 2, *[0] * 6, 3, *[0] * 7, 3])
    own += "110" + "10" + low_first(138 - 11, 7) + "10" + low_first(102 - 11, 7)  # 0, 1 to 240
    own += "111" + "".join("00" + low_first(n - 3, 2) for n in (6, 5, 4))  # 241, 242 to 256
    own += "01" + low_first(10 - 3, 3) + "01" + low_first(3 - 3, 3)  # thirteen distances
    text = "Code lengths with repeats of each kind"
    yield "lengths_with_every_repeat", text, stream(own + "0" * FOUR + "11111", EMPTY)


def unusual_blocks() -> Iterator[Stream]:
    """Blocks, lengths and distances that are rare."""
    body = raw_stored(EMPTY)
    check = zlib.adler32(EMPTY).to_bytes(4, "big")
    text = "The bits skipped before a stored block's length are ones"
    yield "ones_before_stored", text, HEADER + b"\xf9" + body[1:] + check
    text = "An empty stored block comes last"
    empty = "".join(low_first(byte, 8) for byte in b"\x01\0\0\xff\xff")
    yield "empty_block_last", text, stream(unfinished(EMPTY) + empty, EMPTY)
    bits = "0" + FIXED + ZERO * FOUR + STOP
    bits += "100" + "1" * (-(len(bits) + 3) % 8)
    bits += "".join(low_first(byte, 8) for byte in b"\0\0\xff\xff")
    text = "A stored block begins within a byte, after a block with the fixed codes"
    yield "stored_within_a_byte", text, stream(bits, EMPTY)
    bits, nothing = "", "".join(low_first(byte, 8) for byte in b"\0\0\xff\xff")
    for count in range(8):  # literals of nine bits, so that each stored block begins elsewhere
        bits += "0" + FIXED + "110010000" * count + STOP + "000"
        bits += "1" * (-len(bits) % 8) + nothing
    bits += "".join(low_first(byte, 8) for byte in raw_stored(EMPTY))
    text = "Stored blocks that begin at each of the eight bits of a byte, and a last one"
    yield "stored_at_each_bit", text, stream(bits, bytes([144]) * 28 + EMPTY)
    yield "stored_65535", "A stored block as long as one can be", stored(bytes(65_535))
    start = LAST_OF_FIXED + ZERO * FOUR
    text = "A distance to the very first byte"
    yield "distance_to_first", text, stream(start + THREE + "00011" + STOP, EMPTY + bytes(3))
    text = "A length of 258, written as 227 and 31"
    long = start + "11000100" + "11111" + NEAR + STOP
    yield "length_258_as_227_and_31", text, stream(long, EMPTY + bytes(258))
    text = "Every length and every distance, at its least and its greatest"
    yield "every_length_and_distance", text, every_length_and_distance()
    text = "A list of 4,096 positions as zlib writes it at level 9"
    yield "level_9", text, LEVEL_9


def unfinished(data: bytes) -> str:
    """Return the bits of *data* as a stored block that is not the last."""
    whole = bytes([0]) + raw_stored(data)[1:]
    return "".join(low_first(byte, 8) for byte in whole)


def headers() -> Iterator[Stream]:
    """The two bytes of the header."""
    body = stored(EMPTY)[2:]
    yield "fcheck", "The header's check bits are wrong", b"\x78\x02" + body
    yield "window_over_32_kib", "CINFO 8: a window of 64 KiB", b"\x88\x1c" + body
    yield "method_9", "CM 9, a method other than deflate", b"\x79\x18" + body
    text = "The header asks for a preset dictionary but names none"
    yield "preset_dictionary_unnamed", text, b"\x78\x20" + body
    for name, header, dictionary, words in (
        ("empty", b"\x78\x20", b"", "an empty one"),
        ("empty_best", b"\x78\xf9", b"", "an empty one, at FLEVEL 3"),
        ("of_zeros", b"\x78\x20", bytes(32_768), "one of 32,768 zeros"),
        ("of_one_zero", b"\x78\x20", b"\0", "one of a single zero"),
    ):
        assert int.from_bytes(header, "big") % 31 == 0
        named = header + zlib.adler32(dictionary).to_bytes(4, "big") + body
        yield f"preset_dictionary_{name}", f"The stream names a preset dictionary: {words}", named
    yield "preset_dictionary_0", "The id of the dictionary is 0", b"\x78\x20" + bytes(4) + body
    yield "header_alone", "The stream is its header and nothing else", HEADER
    yield "header_half", "The stream is the first byte of a header", HEADER[:1]
    yield "swapped", "The two bytes of the header are swapped", HEADER[::-1] + body


def blocks() -> Iterator[Stream]:
    """Blocks without codes."""
    good = stored(EMPTY)
    spoilt = good[:5] + bytes([good[5] ^ 1]) + good[6:]
    yield "stored_length", "A stored block whose two lengths do not match", spoilt
    bits = unfinished(EMPTY) + "1" + "11"
    text = "A good stored block, then a last one of the reserved type 3"
    yield "bad_last_block", text, stream(bits, EMPTY)
    text = "A stored block says that it has one byte more than follows"
    cut = HEADER + raw_stored(EMPTY + b"\0")[:-1] + zlib.adler32(EMPTY).to_bytes(4, "big")
    yield "stored_cut", text, cut
    text = "A stored block has half of its length"
    yield "stored_half_a_length", text, HEADER + b"\x01\x04" + zlib.adler32(b"").to_bytes(4, "big")
    text = "A block with the fixed codes, cut before its end"
    yield "no_end_of_block", text, stream(LAST_OF_FIXED + ZERO * FOUR, EMPTY)
    text = "After the last block comes another one"
    late = stream(LAST_OF_FIXED + ZERO * FOUR + STOP + LAST_OF_FIXED + STOP, EMPTY)
    yield "block_after_last", text, late
    text = "A block with the fixed codes that holds nothing, and no other block"
    yield "fixed_nothing", text, stream(LAST_OF_FIXED + STOP, b"")
    for name, check, words in (
        ("little_endian", zlib.adler32(EMPTY).to_bytes(4, "little"), "is written backwards"),
        ("crc32", zlib.crc32(EMPTY).to_bytes(4, "big"), "is a CRC-32"),
        ("0", bytes(4), "is 0"),
        ("1", b"\0\0\0\1", "is that of nothing"),
        ("half", zlib.adler32(EMPTY).to_bytes(4, "big")[:2], "has two bytes"),
    ):
        yield f"checksum_{name}", f"The checksum {words}", good[:-4] + check
    text = "A stored block that is not marked as the last, and no other block"
    yield "no_last_block", text, stream(unfinished(EMPTY), EMPTY)


def codes() -> Iterator[Stream]:
    """A code must be complete, except that a single code of one bit is allowed."""
    for name, words, literals, distances, bits in (
        (
            "literals_too_many",
            "Three literals have a code of one bit",
            {0: 1, 1: 1, END: 1},
            {},
            "",
        ),
        (
            "literals_incomplete",
            "Two codes of two bits, and no more",
            {0: 2, END: 2},
            {},
            "00" * FOUR + "01",
        ),
        (
            "literals_three_quarters",
            "One code of one bit and one of two bits, and no more",
            {0: 1, END: 2},
            {},
            "0" * FOUR + "10",
        ),
        (
            "literals_one_too_many",
            "A zero byte, the end and a length have a code of one bit",
            {0: 1, END: 1, 257: 1},
            {},
            "",
        ),
        (
            "distances_too_many",
            "Three distances have one bit",
            USUAL,
            dict.fromkeys(range(3), 1),
            "",
        ),
        ("distances_incomplete", "A single distance code, of two bits", USUAL, {0: 2}, ""),
        (
            "distances_three_quarters",
            "One distance code of one bit and one of two bits, and no more",
            USUAL,
            {0: 1, 1: 2},
            "",
        ),
        ("no_end", "Nothing ends the block: 256 has no code", {0: 1, 1: 1}, {}, "0000"),
        ("287_literals", "287 literal code lengths", {**USUAL, 286: 0}, {}, ""),
        ("288_literals", "288 literal code lengths", {**USUAL, 287: 0}, {}, ""),
        ("31_distances", "31 distance code lengths", USUAL, {30: 0}, ""),
        ("32_distances", "32 distance code lengths", USUAL, {31: 0}, ""),
    ):
        own = block(literals, distances, bits or USUAL_BITS)
        yield f"codes_{name}", words, stream(own, EMPTY)
    alone = block({END: 2}, {}, "00")
    text = "A stored block, then one in which only the end has a code, of two bits"
    yield "codes_end_alone_two_bits", text, stream(unfinished(EMPTY) + alone, EMPTY)


def lengths() -> Iterator[Stream]:
    """The code length code, and the code lengths that it encodes."""
    usual = block(USUAL, {}, USUAL_BITS)
    of_15 = slice(1 + 2 + 5 + 5 + 4 + 18 * 3, 1 + 2 + 5 + 5 + 4 + 19 * 3)
    assert usual[of_15] == low_first(4, 3)
    for name, length, words in (
        ("incomplete", 0, "One code of four bits is missing"),
        ("too_many", 1, "There are fifteen codes of four bits and one of one bit"),
    ):
        own = usual[: of_15.start] + low_first(length, 3) + usual[of_15.stop :]
        text = f"{words} in the code length code"
        yield f"lengths_{name}", text, stream(own, EMPTY)
    # One bit for 16, "the length before again"; two for the lengths 0 and 1.
    again = "1" + "01" + "00000" * 2 + low_first(18 - 4, 4)
    again += "".join(low_first(n, 3) for n in [1, 0, 0, 2, *[0] * 13, 2])
    text = "The first code length repeats the previous one, of which there is none"
    yield "lengths_of_nothing", text, stream(again + "0" + "00" + "11" * 300, EMPTY)
    # One bit for 18, "so many times 0": 1, 255 times 0, 1, and then 11 zeros where one is due.
    over = "1" + "01" + "00000" * 2 + low_first(18 - 4, 4)
    over += "".join(low_first(n, 3) for n in [0, 0, 1, 2, *[0] * 13, 2])
    over += "11" + "0" + low_first(138 - 11, 7) + "0" + low_first(117 - 11, 7) + "11"
    text = "More code lengths are given than there are symbols"
    yield "lengths_over_the_end", text, stream(over + "0" + "0000000" + USUAL_BITS, EMPTY)


def symbols() -> Iterator[Stream]:
    """Symbols without a meaning, and distances to before the start."""
    start = LAST_OF_FIXED + ZERO * FOUR
    text = "Symbol 286 of the fixed codes, which has no meaning"
    yield "symbol_286", text, stream(start + "11000110" + NEAR + STOP, EMPTY)
    text = "Symbol 287 of the fixed codes, which has no meaning"
    yield "symbol_287", text, stream(start + "11000111" + NEAR + STOP, EMPTY)
    text = "Distance 30 of the fixed codes, which has no meaning"
    yield "distance_30", text, stream(start + THREE + "11110" + STOP, EMPTY)
    text = "Distance 31 of the fixed codes, which has no meaning"
    yield "distance_31", text, stream(start + THREE + "11111" + STOP, EMPTY)
    text = "Three bytes are repeated, with nothing before them"
    first = LAST_OF_FIXED + THREE + NEAR + STOP
    yield "distance_before_beginning", text, stream(first, bytes(3))
    text = "A distance of 5 after four bytes"
    yield "distance_one_too_far", text, stream(start + THREE + "00100" + "0" + STOP, bytes(7))
    none = block({0: 1, END: 2, 257: 2}, {}, "0" * FOUR + "11" + "0" + "10")
    yield "distance_without_code", "A distance follows, but none has a code", stream(none, bytes(7))
    other = block({0: 1, END: 2, 257: 2}, {0: 1}, "0" * FOUR + "11" + "1" + "10")
    text = "One distance has a code of one bit, and the other bit is used"
    yield "distance_other_bit", text, stream(other, bytes(7))


assert IDX < FOUR * 8, "the everyday position is in the list"
