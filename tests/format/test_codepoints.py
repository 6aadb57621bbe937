import itertools
import re
import unicodedata

import pytest

from consentsig.format import codepoints
from strategies import ROOT

RANGE = re.compile(r"([0-9A-F]{4,6})\.\.([0-9A-F]{4,6}) ([LMO])")
CLASSES = {"L": codepoints.LETTERS, "M": codepoints.MARKS, "O": codepoints.OTHERS}

# Default_Ignorable_Code_Point in DerivedCoreProperties.txt of Unicode 14.0.
DEFAULT_IGNORABLE = """
00AD 034F 061C 115F-1160 17B4-17B5 180B-180F 200B-200F 202A-202E 2060-206F 3164 FE00-FE0F
FEFF FFA0 FFF0-FFF8 1BCA0-1BCA3 1D173-1D17A E0000-E0FFF
"""
ANNOTATION = "FFF9-FFFB"
DRAWS_NOTHING = "2800 2D7F FFFC 1107F 13430-13438 16FE4 1D159"


def specified() -> list[tuple[int, int, str]]:
    text = (ROOT / "spec" / "codepoints.txt").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    matches = [RANGE.fullmatch(line) for line in lines]
    return [(int(found[1], 16), int(found[2], 16), found[3]) for found in matches if found]


def points(ranges: str) -> set[int]:
    ends = ([int(end, 16) for end in part.split("-")] for part in ranges.split())
    return {n for pair in ends for n in range(pair[0], pair[-1] + 1)}


def test_the_specified_ranges_ascend_and_do_not_overlap() -> None:
    ranges = specified()
    text = (ROOT / "spec" / "codepoints.txt").read_text()
    assert len(ranges) == sum(not line.startswith("#") for line in text.splitlines())
    flat = [end for first, last, _ in ranges for end in (first, last)]
    assert flat == sorted(flat)
    assert all(before < first for (_, before, _), (first, _, _) in itertools.pairwise(ranges))


@pytest.mark.parametrize("name", CLASSES)
def test_the_table_is_the_one_of_the_specification(name: str) -> None:
    of_class = {
        n for first, last, which in specified() if which == name for n in range(first, last + 1)
    }
    assert points(CLASSES[name]) == of_class


@pytest.mark.skipif(
    unicodedata.unidata_version != "14.0.0", reason="only Python 3.11 carries Unicode 14.0"
)
def test_the_table_follows_from_unicode_14() -> None:
    left_out = points(f"{DEFAULT_IGNORABLE} {ANNOTATION} {DRAWS_NOTHING}")
    found: dict[str, set[int]] = {name: set() for name in CLASSES}
    for n in range(0x110000):
        category = unicodedata.category(chr(n))
        refused = category in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}  # noncharacters are Cn
        if refused or n in left_out or (category == "Zs" and n != 0x20):
            continue
        found[category[0] if category[0] in "LM" else "O"].add(n)
    assert found == {name: points(ranges) for name, ranges in CLASSES.items()}


def test_the_joiners_stand_in_no_class() -> None:
    for ranges in CLASSES.values():
        assert not {0x200C, 0x200D} & points(ranges)
