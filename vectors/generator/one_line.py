"""A contract as one line: its only spelling, and spellings that are refused (spec §3.10).

``contract`` is the file that the line encodes, or that a lenient decoder would make of it.
"""

import base64
from collections.abc import Iterator

from build import TYP, File, Vector, make, malformed, valid

SPEC = "§3.10"
PREFIX = "consentsig1:"
WIDE_A = "\N{FULLWIDTH LATIN CAPITAL LETTER A}"


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from good()
    yield from spelled_otherwise()
    yield from cut_or_padded()


def line(file: File) -> str:
    """The line of *file*."""
    return PREFIX + base64.urlsafe_b64encode(file.data).decode().rstrip("=")


def of_length(remainder: int) -> File:
    """A contract whose file leaves *remainder* when divided by three."""
    for letters in range(3):
        file = make(terms={13: "c" * (letters + 1)})
        if len(file.data) % 3 == remainder:
            return file
    raise AssertionError(remainder)


def good() -> Iterator[Vector]:
    """Yield the three ways in which the last group of four characters can end."""
    for remainder, words in enumerate(("a whole group", "two characters", "three characters")):
        file = of_length(remainder)
        yield valid(
            f"line/ends_in_{words.replace(' ', '_')}",
            f"The line of a contract; it ends with {words}.",
            SPEC,
            "accepted line",
            file,
            line=line(file),
        )


def spelled_otherwise() -> Iterator[Vector]:
    """Yield lines that a lenient decoder takes for a good one."""
    file = of_length(0)
    one = line(file)
    text = one.removeprefix(PREFIX)
    assert "-" in text or "_" in text
    for name, spelled, words in (
        ("no_prefix", text, "the prefix is missing"),
        ("prefix_upper_case", "CONSENTSIG1:" + text, "the prefix is in upper case"),
        ("prefix_of_another_version", "consentsig2:" + text, "the prefix has another version"),
        ("prefix_alone", PREFIX, "nothing follows the prefix"),
        ("space_before", " " + one, "a space comes before it"),
        ("space_after", one + " ", "a space follows it"),
        ("space_after_prefix", PREFIX + " " + text, "a space follows the prefix"),
        ("line_end", one + "\n", "the line end of the text file around it is left on"),
        ("wrapped", one[:76] + "\n" + one[76:], "a mail program has wrapped it"),
        ("base64", PREFIX + text.replace("-", "+").replace("_", "/"), "it uses + and /"),
        ("not_ascii", PREFIX + text[:-1] + WIDE_A, "it has a full-width letter"),
        ("line_end_crlf", one + "\r\n", "a line end of two characters is left on"),
        ("line_feed_first", "\n" + one, "an empty line comes before it"),
        ("tab_after", one + "\t", "a tab follows it"),
        ("nul_after", one + "\0", "a NUL follows it"),
        ("byte_order_mark", "\ufeff" + one, "a byte order mark comes before it"),
        ("no_break_space", one + "\xa0", "a no-break space follows it"),
        ("twice", one + "\n" + one, "a second line follows it"),
        ("with_comma", one + "," + one, "a second line follows it after a comma"),
        ("prefix_twice", PREFIX + one, "the prefix is written twice"),
        ("prefix_capital", "C" + one[1:], "the prefix begins with a capital letter"),
        ("prefix_without_colon", PREFIX[:-1] + text, "the prefix has no colon"),
        ("prefix_cyrillic", "\u0441" + one[1:], "the prefix has a Cyrillic letter"),
        ("prefix_with_slashes", "consentsig1://" + text, "the prefix has slashes as in a URL"),
        ("data_url", f"data:{TYP};base64," + text, "it is a data URL"),
        ("quoted", f'"{one}"', "it is in quotes"),
        ("one_plus", PREFIX + one_replaced(text, "-", "+"), "one of its - is a +"),
        ("one_slash", PREFIX + one_replaced(text, "_", "/"), "one of its _ is a /"),
        ("dot", PREFIX + text[:40] + "." + text[40:], "a dot is in the middle"),
        ("other_hyphen", PREFIX + text[:40] + "\u2010" + text[40:], "it has another hyphen"),
        ("padded_whole", one + "====", "padding of a whole group follows"),
        ("percent", PREFIX + text[:-1] + "%41", "a letter is escaped as in a URL"),
    ):  # fmt: skip
        yield refused(name, spelled, words, file)
    for name, char in (
        ("at", "@"),
        ("bracket", "["),
        ("backtick", "`"),
        ("brace", "{"),
        ("colon", ":"),
        ("tilde", "~"),
        ("caret", "^"),
        ("comma", ","),
        ("equals", "="),
        ("delete", "\x7f"),
        ("letter_of_latin_1", "é"),
    ):
        spelled = PREFIX + text[:40] + char + text[41:]
        yield refused(f"has_{name}", spelled, f"a character of it is {ascii(char)[1:-1]}", file)


def one_replaced(text: str, old: str, new: str) -> str:
    """Return *text* with the first *old* replaced; without one, with *new* at the end."""
    return text.replace(old, new, 1) if old in text else text[:-1] + new


def cut_or_padded() -> Iterator[Vector]:
    """Yield lines whose end is not the canonical one."""
    one = of_length(1)
    yield refused("padded", line(one) + "==", "padding follows", one)
    loose = line(one)[:-1] + next_letter(line(one)[-1])
    yield refused("loose_bits_of_four", loose, "one of four unused bits is set", one)
    two = of_length(2)
    loose = line(two)[:-1] + next_letter(line(two)[-1])
    yield refused("loose_bits_of_two", loose, "one of two unused bits is set", two)
    yield refused(
        "half_a_byte", line(of_length(0)) + "A", "one character is left over", of_length(0)
    )


def next_letter(letter: str) -> str:
    """The letter whose bits are those of *letter* with the lowest set."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return alphabet[alphabet.index(letter) | 1]


def refused(name: str, spelled: str, words: str, file: File) -> Vector:
    """A malformed line that resembles the line of a good file."""
    return malformed(
        f"line/{name}",
        f"The line of a good contract, but {words}.",
        SPEC,
        "line",
        file,
        step=1,
        line=spelled,
    )
