"""The compression of a status list: which zlib streams `lst` may be, bit by bit (spec §7.1).

Inflaters differ on incomplete codes, meaningless symbols and headers. The question is always the
everyday one, and each list has a good signature.
"""

from collections.abc import Iterator

from build import Vector
from deflate import END, FIXED, HEADER, block, low_first, raw_stored, stored, stream
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


def blocks() -> Iterator[Stream]:
    """Blocks without codes."""
    good = stored(EMPTY)
    spoilt = good[:5] + bytes([good[5] ^ 1]) + good[6:]
    yield "stored_length", "A stored block whose two lengths do not match", spoilt
    bits = unfinished(EMPTY) + "1" + "11"
    text = "A good stored block, then a last one of the reserved type 3"
    yield "bad_last_block", text, stream(bits, EMPTY)
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
        ("literals_incomplete", "Two codes of two bits, and no more", {0: 2, END: 2}, {}, "0001"),
        ("end_alone_two_bits", "A single code, of two bits", {END: 2}, {}, "00"),
        (
            "distances_too_many",
            "Three distances have one bit",
            USUAL,
            dict.fromkeys(range(3), 1),
            "",
        ),
        ("distances_incomplete", "A single distance code, of two bits", USUAL, {0: 2}, ""),
        ("no_end", "Nothing ends the block: 256 has no code", {0: 1, 1: 1}, {}, "0000"),
        ("287_literals", "287 literal code lengths", {**USUAL, 286: 0}, {}, ""),
        ("31_distances", "31 distance code lengths", USUAL, {30: 0}, ""),
    ):
        own = block(literals, distances, bits or USUAL_BITS)
        yield f"codes_{name}", words, stream(own, EMPTY)


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
    text = "Distance 30 of the fixed codes, which has no meaning"
    yield "distance_30", text, stream(start + THREE + "11110" + STOP, EMPTY)
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
