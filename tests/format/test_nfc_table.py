"""spec/nfc.txt is enough to normalise what may be signed, and it is made by spec/make_nfc.py."""

import re
import runpy
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentsig.format.strings import check_text
from strategies import ROOT

SPEC = ROOT / "spec"
TEXT = (SPEC / "nfc.txt").read_text()
MADE: dict[str, Any] = runpy.run_path(str(SPEC / "make_nfc.py"))
ALLOWED: frozenset[int] = frozenset(MADE["allowed"]())
JOINERS = "\u200c\u200d"

# --- NFC from nfc.txt alone, as spec §2.3 describes it ---


def rows(letter: str) -> list[tuple[str, ...]]:
    """Return the fields of the lines that begin with *letter*, but for `..` and `=`."""
    lines = (line for line in TEXT.splitlines() if line.startswith(f"{letter} "))
    return [tuple(re.findall(r"\w+", line[1:])) for line in lines]


def text_of(codes: tuple[str, ...]) -> str:
    return "".join(chr(int(code, 16)) for code in codes)


CLASS = {
    chr(n): int(number)
    for first, last, number in rows("C")
    for n in range(int(first, 16), int(last, 16) + 1)
}
PARTS = {text_of(row[:1]): text_of(row[1:]) for row in rows("D")}
WHOLE = {text_of(row[:2]): text_of(row[2:]) for row in rows("P")}
S, L, V, T = 0xAC00, 0x1100, 0x1161, 0x11A7  # of Hangul


def decomposed(one: str) -> str:
    place = ord(one) - S
    if not 0 <= place < 19 * 588:
        return PARTS.get(one, one)
    lead, vowel, trail = chr(L + place // 588), chr(V + place % 588 // 28), place % 28
    return lead + vowel + (chr(T + trail) if trail else "")


def composed(first: str, second: str) -> str | None:
    lead, vowel, trail = ord(first) - L, ord(second) - V, ord(second) - T
    if 0 <= lead < 19 and 0 <= vowel < 21:
        return chr(S + (lead * 21 + vowel) * 28)
    if 0 <= ord(first) - S < 19 * 588 and (ord(first) - S) % 28 == 0 and 0 < trail < 28:
        return chr(ord(first) + trail)
    return WHOLE.get(first + second)


def nfc(text: str) -> str:
    apart = list("".join(map(decomposed, text)))
    begin = 0  # of a run of characters whose class is not 0
    for end in range(len(apart) + 1):
        if end == len(apart) or not CLASS.get(apart[end]):
            apart[begin:end] = sorted(apart[begin:end], key=CLASS.__getitem__)
            begin = end + 1
    done: list[str] = []
    starter, last = -1, 0  # place of the last starter in done, and the class of what came last
    for one in apart:
        own = CLASS.get(one, 0)
        is_free = starter >= 0 and (starter == len(done) - 1 or last < own)  # nothing blocks it
        whole = composed(done[starter], one) if is_free else None
        if whole is not None:
            done[starter] = whole
            continue
        done.append(one)
        last = own
        if own == 0:
            starter = len(done) - 1
    return "".join(done)


# --- it is right ---


def test_the_table_is_what_its_script_writes() -> None:
    assert MADE["table"]() == TEXT


def test_every_line_has_one_of_the_three_forms() -> None:
    code = "[0-9A-F]{4,5}"
    line = re.compile(
        rf"#.*|C {code}\.\.{code} [1-9]\d*|D {code} =( {code})+|P {code} {code} = {code}"
    )
    assert [each for each in TEXT.splitlines() if not line.fullmatch(each)] == []
    assert len(TEXT.splitlines()) == 5 + len(rows("C")) + len(PARTS) + len(WHOLE)


def test_normalising_what_is_allowed_needs_nothing_that_is_not() -> None:
    named = {
        ord(one) for text in (*PARTS, *PARTS.values(), *WHOLE, *WHOLE.values()) for one in text
    }
    hangul = {*range(S, S + 19 * 588), *range(L, L + 19), *range(V, V + 21), *range(T + 1, T + 28)}
    assert named | {ord(one) for one in CLASS} | hangul <= ALLOWED
    for one in JOINERS:  # the only others that a text may hold
        assert unicodedata.combining(one) == 0
        assert unicodedata.normalize("NFD", one) == one
        assert all(one not in text for text in (*PARTS.values(), *WHOLE))


def test_each_allowed_code_point_is_normalised_as_unicode_says() -> None:
    for n in ALLOWED:
        one = chr(n)
        assert "".join(map(decomposed, one)) == unicodedata.normalize("NFD", one)
        assert nfc(one) == unicodedata.normalize("NFC", one)
        assert CLASS.get(one, 0) == unicodedata.combining(one)


def test_the_compositions_are_those_of_unicode() -> None:
    for pair, whole in WHOLE.items():
        codes = unicodedata.decomposition(whole).split()
        assert text_of(tuple(codes)) == pair
    for n in ALLOWED - {*range(S, S + 19 * 588)}:
        parts = unicodedata.decomposition(chr(n)).split()
        composes = unicodedata.normalize("NFC", unicodedata.normalize("NFD", chr(n))) == chr(n)
        if len(parts) == 2 and "<" not in parts[0] and composes:
            assert WHOLE[text_of(tuple(parts))] == chr(n)


NORMALISED = sorted(
    {*map(ord, CLASS), *map(ord, PARTS), *map(ord, "".join(WHOLE)), L, V, T + 1, S, S + 1, 0x61}
)


@given(
    st.lists(st.sampled_from(NORMALISED) | st.sampled_from(sorted(ALLOWED)), max_size=12).map(
        lambda points: "".join(map(chr, points))
    )
    | st.text(
        st.sampled_from("ac\u0327\u0301\u0323\u0307\u1112\u1161\u11ab\ud55c\u200d"), max_size=9
    )
)
def test_any_text_is_normalised_as_unicode_says(text: str) -> None:
    assert nfc(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("text", ["Café", "한글", "ậ", "q\u0303\u0304"])
def test_what_may_be_signed_is_in_the_form_and_decomposed_it_is_not(text: str) -> None:
    check_text(text, "it")
    assert nfc(text) == text
    assert nfc(unicodedata.normalize("NFD", text)) == text
