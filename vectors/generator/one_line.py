"""A contract as one line: its only spelling, and spellings that are refused (spec §3.10).

``line`` is a text file as received, which may end with one LF or CRLF. ``contract`` is the file
that the line encodes, or that a lenient decoder would make of it.
"""

import base64
from collections.abc import Iterator

from build import TYP, File, Vector, bad_signature, make, malformed, valid
from limits import MOST_OF_A_CONTRACT, contract_of

SPEC = "§3.10"
PREFIX = "consentsig1:"
WIDE_A = "\N{FULLWIDTH LATIN CAPITAL LETTER A}"


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from good()
    yield from spelled_otherwise()
    yield from cut_or_padded()
    yield from ends_of_text_files()
    yield from longest()


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
        ("wrapped", one[:76] + "\n" + one[76:], "a mail program has wrapped it"),
        ("base64", PREFIX + text.replace("-", "+").replace("_", "/"), "it uses + and /"),
        ("not_ascii", PREFIX + text[:-1] + WIDE_A, "it has a full-width letter"),
        ("line_feed_first", "\n" + one, "an empty line comes before it"),
        ("tab_after", one + "\t", "a tab follows it"),
        ("no_break_space", one + "\xa0", "a no-break space follows it"),
        ("twice", one + "\n" + one, "a second line follows it"),
        ("with_comma", one + "," + one, "a second line follows it after a comma"),
        ("prefix_cyrillic", "\u0441" + one[1:], "the prefix has a Cyrillic letter"),
        ("data_url", f"data:{TYP};base64," + text, "it is a data URL"),
        ("one_plus", PREFIX + one_replaced(text, "-", "+"), "one of its - is a +"),
        ("one_slash", PREFIX + one_replaced(text, "_", "/"), "one of its _ is a /"),
        ("other_hyphen", PREFIX + text[:40] + "\u2010" + text[40:], "it has another hyphen"),
        ("padded_whole", one + "====", "padding of a whole group follows"),
        ("percent", PREFIX + text[:-1] + "%41", "a letter is escaped as in a URL"),
        ("prefix_title_case", "Consentsig1:" + text, "the prefix begins in upper case"),
        ("prefix_without_colon", one.replace(":", "", 1), "the colon is missing"),
        ("prefix_twice", PREFIX + one, "the prefix is there twice"),
        ("prefix_as_in_a_url", one.replace(":", "://", 1), "the prefix is that of a URL"),
        ("byte_order_mark", "\ufeff" + one, "a byte-order mark comes before it"),
        ("quotes", f'"{one}"', "it is in quotes"),
        ("dot_inside", PREFIX + text[:4] + "." + text[4:], "a dot is in the middle"),
        ("space_inside", PREFIX + text[:4] + " " + text[4:], "a space is in the middle"),
        ("nul_after", one + "\0", "U+0000 follows it"),
        ("padding_inside", PREFIX + text[:4] + "====" + text[4:], "padding is in the middle"),
        ("text_after", one + " valid", "a word follows it"),
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


def ends_of_text_files() -> Iterator[Vector]:
    """One LF or CRLF may end the file; nothing else may be added."""
    file = of_length(0)
    one = line(file)
    for name, end, words in (("line_end", "\n", "LF"), ("line_end_crlf", "\r\n", "CRLF")):
        text = f"A text file with the line of a contract, which ends with {words}."
        yield valid(f"line/{name}", text, SPEC, "accepted line", file, line=one + end)
    for name, text, words in (
        ("line_end_twice", one + "\n\n", "two LFs end the file"),
        ("line_end_crlf_twice", one + "\r\n\r\n", "two CRLFs end the file"),
        ("line_end_cr", one + "\r", "a CR without LF ends the file"),
        ("line_end_cr_crlf", one + "\r\r\n", "a CR and a CRLF end the file"),
        ("line_end_lf_cr", one + "\n\r", "LF and CR end the file"),
        ("line_end_before", "\n" + one, "the file begins with an empty line"),
        ("line_end_after_prefix", one.replace(":", ":\n", 1), "the prefix has a line of its own"),
        ("line_end_and_space", one + " \n", "a space comes before the line end"),
        ("line_end_next_line", one + "\x85", "U+0085 ends the file"),
        ("line_end_separator", one + "\u2028", "U+2028 ends the file"),
        ("line_end_form_feed", one + "\f", "a form feed ends the file"),
        ("line_end_tab", one + "\t", "a tab ends the file"),
        ("wrapped_crlf", one[:76] + "\r\n" + one[76:], "a mail program has wrapped it"),
        ("wrapped_and_line_end", one[:76] + "\n" + one[76:] + "\n", "it is wrapped in two lines"),
        ("two_lines", one + "\n" + one, "the line is there twice"),
        ("two_lines_and_line_end", f"{one}\n{one}\n", "there are two whole lines"),
        ("line_and_comment", one + "\n# Ana Liu\n", "a second line is a comment"),
    ):
        yield refused(name, text, words, file)


def longest() -> Iterator[Vector]:
    """The line of the longest file has 1,398,114 characters."""
    flags = "limit boundary line"
    for name, size, end, words in (
        ("below_limit", MOST_OF_A_CONTRACT - 1, "", "1,398,112 characters"),
        ("at_limit", MOST_OF_A_CONTRACT, "", "1,398,114 characters"),
        ("at_limit_and_line_end", MOST_OF_A_CONTRACT, "\r\n", "1,398,114 characters and a CRLF"),
    ):
        file = contract_of(size)
        text = f"A text file of {words}; nearly all of them are the signature's."
        whole = line(file) + end
        assert f"{len(line(file)):,} " in words
        yield bad_signature(f"line/{name}", text, SPEC, flags, file, line=whole)
    file = contract_of(MOST_OF_A_CONTRACT + 1)
    assert len(line(file)) == 1_398_115
    text = "A line of 1,398,115 characters, of a file that is one byte too long."
    yield malformed("line/over_limit", text, SPEC, flags, file, step=1, line=line(file))


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
