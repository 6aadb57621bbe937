"""Write nfc.txt, the normalisation data of the characters that may be signed (spec §2.3).

    python spec/make_nfc.py

Any Python from 3.11 on writes the same file: what Unicode 14.0 assigns keeps its normalisation in
every later version, and nothing else is listed. Hangul syllables are left out: a rule gives them.
"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Final
from unicodedata import combining, normalize

HERE: Final = Path(__file__).parent
HANGUL: Final = range(0xAC00, 0xD7A4)
HEAD: Final = """\
# What Normalization Form C needs of the code points in codepoints.txt (spec 2.3): Unicode 14.0.
# C FIRST..LAST N  the canonical combining class is N; it is 0 for what is not listed.
# D CODE = CODES   the full canonical decomposition, in canonical order.
# P A B = CODE     A and B compose to CODE; what Unicode excludes from composition is left out.
# Hangul syllables (AC00..D7A3) are decomposed and composed by rule.
"""


def allowed() -> list[int]:
    """Return the code points of codepoints.txt, ascending."""
    lines = (HERE / "codepoints.txt").read_text().splitlines()
    ranges = [line.split()[0].split("..") for line in lines if not line.startswith("#")]
    return [n for first, last in ranges for n in range(int(first, 16), int(last, 16) + 1)]


def table() -> str:
    """Return the text of nfc.txt."""
    points = allowed()
    single = [n for n in points if n not in HANGUL]
    return HEAD + "".join(
        f"{line}\n" for part in (classes, decompositions, compositions) for line in part(single)
    )


def classes(points: list[int]) -> Iterator[str]:
    """Yield runs of neighbours with one combining class other than 0."""
    numbered = ((n - place, n, combining(chr(n))) for place, n in enumerate(points))
    for (_, number), run in groupby(numbered, lambda each: (each[0], each[2])):
        if number:
            codes = [n for _, n, _ in run]
            yield f"C {codes[0]:04X}..{codes[-1]:04X} {number}"


def decompositions(points: list[int]) -> Iterator[str]:
    """Yield what each code point decomposes to, where it does."""
    for n in points:
        if (parts := normalize("NFD", chr(n))) != chr(n):
            yield f"D {n:04X} = {hexadecimal(parts)}"


def compositions(points: list[int]) -> Iterator[str]:
    """Yield the pairs that compose: all but the last code point, composed, and the last."""
    for n in points:
        parts = normalize("NFD", chr(n))
        if len(parts) > 1 and normalize("NFC", parts) == chr(n):
            pair = normalize("NFC", parts[:-1]) + parts[-1]
            yield f"P {hexadecimal(pair)} = {n:04X}"


def hexadecimal(text: str) -> str:
    """Return the code points of *text* as the tables write them."""
    return " ".join(f"{ord(one):04X}" for one in text)


if __name__ == "__main__":
    (HERE / "nfc.txt").write_text(table(), encoding="utf-8")
