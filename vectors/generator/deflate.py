"""zlib streams written bit by bit, so that they do not depend on which zlib is installed."""

import zlib
from collections.abc import Mapping

HEADER = b"\x78\x01"  # deflate, window of 32 KiB, no preset dictionary
MAX_STORED = 65535


def raw_stored(data: bytes) -> bytes:
    """Return *data* as stored blocks of RFC 1951."""
    blocks = [data[i : i + MAX_STORED] for i in range(0, len(data), MAX_STORED)] or [b""]
    out = b""
    for number, block in enumerate(blocks, 1):
        size = len(block)
        out += bytes([number == len(blocks)])
        out += size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + block
    return out


def stored(data: bytes) -> bytes:
    """Return *data* as one zlib stream that compresses nothing."""
    return HEADER + raw_stored(data) + zlib.adler32(data).to_bytes(4, "big")


def zeros(size: int) -> bytes:
    """Return *size* zero bytes, at least one, as one zlib stream of about a thousandth of that.

    One block with its own Huffman codes: 0 for the previous byte 258 times (symbol 285, followed by
    the one-bit code of distance 1), 10 for a zero byte, 11 for the end of the block.
    """
    runs, rest = divmod(size - 1, 258)
    bits = "1" + low_first(2, 2)  # the last block, with codes of its own
    bits += low_first(286 - 257, 5) + low_first(0, 5) + low_first(18 - 4, 4)
    # Lengths of the code that the code lengths are written in: 18 has one bit, 2 and 1 have two.
    bits += "".join(low_first(length, 3) for length in [0, 0, 1, *[0] * 12, 2, 0, 2])
    skip, one, two = "0", "10", "11"
    bits += two + skip + low_first(138 - 11, 7) + skip + low_first(117 - 11, 7)  # 0, 1…255
    bits += two + skip + low_first(28 - 11, 7) + one + one  # 256, 257…284, 285, distance 1
    bits += "10" + "00" * runs + "10" * rest + "11"
    body = int(bits[::-1], 2).to_bytes(-(-len(bits) // 8), "little")
    return HEADER + body + _adler_of_zeros(size).to_bytes(4, "big")


FIXED, OWN = "10", "01"  # the two block types with codes, lowest bit first
END = 256  # the symbol that ends a block


def block(literals: Mapping[int, int], distances: Mapping[int, int], bits: str) -> str:
    """Return the bits of one last block with codes of its own, and then *bits*.

    *literals* and *distances* give the length of each symbol's code. At least 257 and 1 lengths
    are written. The lengths are written in a code of four bits each, one for every length.
    """
    lengths = [
        [given.get(symbol, 0) for symbol in range(max(least, *given, -1) + 1)]
        for given, least in ((literals, END), (distances, 0))
    ]
    counts = low_first(len(lengths[0]) - 257, 5) + low_first(len(lengths[1]) - 1, 5)
    codes = low_first(19 - 4, 4) + low_first(0, 3) * 3 + low_first(4, 3) * 16
    written = "".join(f"{length:04b}" for given in lengths for length in given)
    return "1" + OWN + counts + codes + written + bits


def stream(bits: str, plain: bytes, header: bytes = HEADER) -> bytes:
    """Return the zlib stream of these *bits*, said to inflate to *plain*."""
    body = int(bits[::-1], 2).to_bytes(-(-len(bits) // 8), "little")
    return header + body + zlib.adler32(plain).to_bytes(4, "big")


def fixed(symbol: int) -> str:
    """Return the code of a literal or length in the fixed codes (RFC 1951 §3.2.6)."""
    if symbol < 144:
        return f"{0x30 + symbol:08b}"
    if symbol < 256:
        return f"{0x190 + symbol - 144:09b}"
    return f"{symbol - 256:07b}" if symbol < 280 else f"{0xC0 + symbol - 280:08b}"


def ranges(first: int, start: int, extra_bits: list[int]) -> list[tuple[int, int, int]]:
    """Return symbol, least value and number of extra bits, of symbols in a row."""
    rows = []
    for symbol, extra in enumerate(extra_bits, first):
        rows.append((symbol, start, extra))
        start += 1 << extra
    return rows


# The tables of RFC 1951 §3.2.5. 258 has a symbol of its own, 285, beside 284 with all bits set.
LENGTHS = [*ranges(257, 3, [0] * 8 + [n for n in range(1, 6) for _ in range(4)]), (285, 258, 0)]
DISTANCES = ranges(0, 1, [0, 0] + [n for n in range(14) for _ in range(2)])


def repeat(length: int, distance: int) -> str:
    """Return the bits that repeat *length* bytes from *distance* bytes before."""
    symbol, least, extra = [row for row in LENGTHS if row[1] <= length][-1]
    bits = fixed(symbol) + (low_first(length - least, extra) if extra else "")
    symbol, least, extra = [row for row in DISTANCES if row[1] <= distance][-1]
    return f"{bits}{symbol:05b}" + (low_first(distance - least, extra) if extra else "")


def every_length_and_distance() -> bytes:
    """Return a stream that repeats bytes of every length and from every distance."""
    plain = bytearray(4) + bytes(range(256))
    bits = "1" + FIXED + "".join(map(fixed, plain))

    def again(length: int, distance: int) -> None:
        nonlocal bits
        bits += repeat(length, distance)
        for _ in range(length):
            plain.append(plain[-distance])

    for _, least, extra in LENGTHS[:-1]:
        again(least, 200)
        again(min(least + (1 << extra) - 1, 257), 201)
    again(258, 202)
    for number, (_, least, extra) in enumerate(DISTANCES):
        farthest = least + (1 << extra) - 1
        while len(plain) < farthest:
            again(258, 203 + number)
            again(4, len(plain) // 2 % 251 + 1)
        again(3, least)
        again(3, farthest)
    return stream(bits + fixed(END), bytes(plain))


def low_first(value: int, width: int) -> str:
    """Return *value* in *width* bits, the lowest first, as deflate writes numbers."""
    return f"{value:0{width}b}"[::-1]


def _adler_of_zeros(size: int) -> int:
    return size % 65521 << 16 | 1
