"""Text fields: which characters may be signed, and which may not (spec §2.3)."""

from collections.abc import Iterator

from build import TYP, File, Map, Vector, headed, make, malformed, valid

SPEC = "§2.3"


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from lengths()
    yield from good_titles()
    yield from hidden()
    yield from byte_order_marks()
    yield from spaces()
    yield from not_composed()
    yield from marks()
    yield from joiners()
    yield from every_field()


def title(text: object) -> File:
    """Return the everyday contract with another title."""
    return make(work={1: text})


def bad(name: str, comment: str, text: object, flags: str = "text") -> Vector:
    """Return a scenario of a title that must not be signed."""
    return malformed(f"contract/text_{name}", comment, SPEC, flags, title(text))


def byte_order_marks() -> Iterator[Vector]:
    """A mark at the start, which some decoders of UTF-8 drop silently."""
    words = "begins with a byte order mark, which some decoders drop"
    yield bad("byte_order_mark_first", f"The title {words}.", "\ufeffHarbour at dawn")
    file = make(grantee={1: "\ufeffhttps://acme.example/"})
    yield malformed("contract/uri_mark_first", f"The address {words}.", "§2.4", "address", file)
    file = headed({16: "\ufeff" + TYP})
    yield malformed("contract/typ_mark_first", f"typ {words}.", "§3.1", "envelope", file, step=1)
    file = make(terms={5: [[1, 500, 0, "\ufeffEUR"]]})
    yield malformed("contract/currency_mark_first", f"The currency {words}.", SPEC, "text", file)


def ok(name: str, comment: str, text: str) -> Vector:
    """Return a scenario of a title that may be signed."""
    return valid(f"contract/text_{name}", comment, SPEC, "text accepted", title(text))


def lengths() -> Iterator[Vector]:
    """Lengths count bytes, not characters."""
    yield ok("200_bytes", "A title of 200 bytes.", "a" * 200)
    yield bad("201_bytes", "A title of 201 bytes.", "a" * 201, "text boundary")
    yield ok("100_letters_of_2_bytes", "A title of 100 letters, 200 bytes.", "é" * 100)
    text = "A title of 101 letters, 201 bytes."
    yield bad("101_letters_201_bytes", text, "é" * 100 + "a", "text boundary")
    yield bad("empty", "The title is empty.", "", "text empty")
    yield bad("bytes", "The title is a byte string.", b"Harbour at dawn", "field")
    yield bad("integer", "The title is the integer 1.", 1, "field")


def good_titles() -> Iterator[Vector]:
    """Scripts, signs and the edges of the list of code points."""
    for name, text, words in (
        ("one_letter", "a", "One letter"),
        ("composed", "Caf\u00e9", "A composed letter"),
        ("arabic", "الميناء عند الفجر", "Right-to-left text without control characters"),
        ("hangul", "\ud56d\uad6c", "Composed Hangul syllables"),
        ("cjk", "黎明の港", "Ideographs and kana"),
        ("emoji", "Harbour \U0001f305", "An emoji"),
        (
            "beyond_bmp",
            "\U0001f6dd \U00020000",
            "An emoji of Unicode 14.0 and an ideograph, beyond the BMP",
        ),
        ("quotes", 'A "harbour" \\ at dawn', "Quotes and a backslash"),
        ("look_alike", "H\u0430rbour", "A Cyrillic letter that looks like a Latin one"),
    ):
        yield ok(name, f"{words}.", text)


HIDDEN = (
    ("nul", 0x0, "U+0000"),
    ("tab", 0x9, "a tab"),
    ("line_feed", 0xA, "a line feed, with which it could pose as a term"),
    ("carriage_return", 0xD, "a carriage return"),
    ("escape", 0x1B, "an escape character, which controls terminals"),
    ("delete", 0x7F, "U+007F"),
    ("next_line", 0x85, "the control character NEL (next line)"),
    ("soft_hyphen", 0xAD, "a soft hyphen"),
    ("no_break_space", 0xA0, "a no-break space"),
    ("ogham_space", 0x1680, "an Ogham space mark"),
    ("em_space", 0x2003, "an em space"),
    ("ideographic_space", 0x3000, "an ideographic space"),
    ("line_separator", 0x2028, "a line separator"),
    ("paragraph_separator", 0x2029, "a paragraph separator"),
    ("bidi_override", 0x202E, "a right-to-left override"),
    ("bidi_isolate", 0x2067, "a right-to-left isolate"),
    ("bidi_mark", 0x200F, "a right-to-left mark"),
    ("arabic_letter_mark", 0x61C, "an Arabic letter mark"),
    ("zero_width_space", 0x200B, "a zero-width space"),
    ("word_joiner", 0x2060, "a word joiner"),
    ("null_notehead", 0x1D159, "a null notehead, which draws nothing"),
    ("hieroglyph_joiner", 0x13430, "a format control of Egyptian hieroglyphs"),
    ("khitan_filler", 0x16FE4, "a Khitan filler"),
    ("object_replacement", 0xFFFC, "an object replacement character"),
    ("byte_order_mark", 0xFEFF, "a byte order mark"),
    ("grapheme_joiner", 0x34F, "a combining grapheme joiner"),
    ("hangul_filler", 0x3164, "a Hangul filler"),
    ("mongolian_selector", 0x180B, "a Mongolian variation selector"),
    ("variation_selector", 0xFE0F, "a variation selector"),
    ("variation_selector_17", 0xE0100, "a variation selector beyond the BMP"),
    ("tag_character", 0xE0041, "a tag character"),
    ("annotation_anchor", 0xFFF9, "an interlinear annotation anchor"),
    ("braille_blank", 0x2800, "a Braille pattern blank, which looks like a space"),
    ("private_use", 0xE000, "a private-use character"),
    ("private_use_plane", 0x10FFFD, "a private-use character in plane 16"),
    ("noncharacter", 0xFDD0, "a noncharacter"),
    ("noncharacter_ffff", 0xFFFF, "the noncharacter U+FFFF"),
    ("unassigned", 0x378, "a code point that is not assigned yet"),
    ("unicode_15_emoji", 0x1FAE8, "a face that Unicode 15.0 added"),
    ("unicode_15_mark", 0xCF3, "a combining mark that Unicode 15.0 added"),
    ("unicode_15_letter", 0x11F04, "a letter that Unicode 15.0 added"),
    ("unicode_16_letter", 0x1C89, "a letter that Unicode 16.0 added"),
)


def hidden() -> Iterator[Vector]:
    """Code points that are not in codepoints.txt, each between two letters."""
    for name, number, words in HIDDEN:
        unassigned = name.startswith("un")
        flags = "text unassigned" if unassigned else "text hidden"
        yield bad(name, f"The title holds {words}.", f"a{chr(number)}b", flags)


def spaces() -> Iterator[Vector]:
    """U+0020 is the only space, never at an end, never doubled."""
    yield bad("space_first", "A space at the start.", " Harbour", "text spaces")
    yield bad("space_last", "A space at the end.", "Harbour ", "text spaces")
    yield bad("space_double", "Two spaces in a row.", "Harbour  dawn", "text spaces")
    yield bad("space_alone", "Only a space.", " ", "text spaces")


def not_composed() -> Iterator[Vector]:
    """What is not in Normalization Form C."""
    for name, text, words in (
        ("nfd", "Cafe\u0301", "An e and a combining acute, which NFC composes"),
        ("nfd_hangul", "\u1112\u1161\u11ab", "Conjoining jamo, which NFC composes"),
        ("singleton", "10 \u212b", "The ångström sign, which NFC always replaces"),
        ("exclusion", "\u0958", "A letter excluded from composition, which NFC decomposes"),
        ("mark_order", "q\u0301\u0323", "An acute before a dot below: not in canonical order"),
    ):
        yield bad(name, f"{words}.", text, "text nfc")
    fullwidth = "\uff28arbour"
    text = "A full-width H, which only the compatibility forms replace."
    yield ok("compatibility_letter", text, fullwidth)


def marks() -> Iterator[Vector]:
    """Combining marks follow something, at most four of them."""
    yield bad("mark_first", "A combining mark at the start.", "\u0301a", "text marks")
    yield ok("marks_4", "Four combining marks on one letter.", "q" + "\u0301" * 4)
    yield bad("marks_5", "Five combining marks on one letter.", "q" + "\u0301" * 5, "text marks")
    text = "Five enclosing marks on one letter."
    yield bad("marks_5_enclosing", text, "a" + "\u20dd" * 5, "text marks")
    text = "Five marks beyond the BMP on one letter."
    yield bad("marks_5_beyond_bmp", text, "\U0001e900" + "\U0001e944" * 5, "text marks")
    text = "Five marks of five classes of composition, each fewer than five times."
    mixed = "a\u0334\u0327\u0323\u0305\u035c"
    yield bad("marks_5_mixed", text, mixed, "text marks")
    text = "Five marks of three general categories."
    yield bad("marks_5_categories", text, "\u0915\u0903\u20dd\u0903\u20dd\u0903", "text marks")
    text = "Five marks at the end of a longer text."
    yield bad("marks_5_last", text, "Harbour at dawn q" + "\u0301" * 5, "text marks")
    text = "Six marks on one letter."
    yield bad("marks_6", text, "q" + "\u0301" * 6, "text marks")
    for name, mark, words in (
        ("spacing", "\u0903", "A spacing mark"),
        ("enclosing", "\u20dd", "An enclosing mark"),
        ("beyond_bmp", "\U0001e944", "A mark beyond the BMP"),
        ("alone", "\u0301", "Nothing but a mark"),
    ):
        title_text = mark if name == "alone" else mark + "a"
        yield bad(f"mark_first_{name}", f"{words} at the start.", title_text, "text marks")
    text = "Four marks of three general categories."
    yield ok("marks_4_categories", text, "\u0915\u0903\u20dd\u0903\u20dd")
    text = "Five spacing combining marks on one letter."
    yield bad("marks_5_spacing", text, "\u0915" + "\u0903" * 5, "text marks")
    text = "Four marks, another letter, four more marks."
    yield ok("marks_4_twice", text, "q\u0301\u0301\u0301\u0301q\u0301\u0301\u0301\u0301")
    yield ok("mark_after_space", "A combining mark after a space.", "a \u0301")


def joiners() -> Iterator[Vector]:
    """U+200C and U+200D after a letter or mark and before a letter."""
    for name, text, words in (
        ("zwnj_persian", "می\u200cخواهم", "Persian: a non-joiner between two letters"),
        ("zwj_sinhala", "ක්\u200dෂ", "Sinhala: a joiner between a mark and a letter"),
        ("zwj_latin", "a\u200db", "A joiner between two Latin letters"),
        ("zwj_after_enclosing_mark", "a\u20dd\u200db", "A joiner after an enclosing mark"),
        ("zwj_after_spacing_mark", "\u0915\u0903\u200d\u0915", "A joiner after a spacing mark"),
        ("zwj_beyond_bmp", "\U00020000\u200d\U00020000", "A joiner between letters beyond the BMP"),
        ("zwj_modifier", "\u02b0\u200d\u02b0", "A joiner between two modifier letters"),
        ("zwj_title_case", "\u01c5\u200c\u01c5", "A non-joiner between two title-case letters"),
        ("zwj_each", "a\u200db\u200dc\u200cd", "A joiner or non-joiner after each letter"),
        (
            "marks_4_zwj_4",
            "q\u0301\u0301\u0301\u0301\u200dq\u0301\u0301\u0301\u0301",
            "Four marks, a joiner, a letter, four more marks",
        ),
    ):
        yield ok(name, f"{words}.", text)
    for name, text, words in (
        ("zwj_first", "\u200da", "A joiner at the start"),
        ("zwj_last", "a\u200d", "A joiner at the end"),
        ("zwnj_last", "a\u200c", "A non-joiner at the end"),
        ("zwj_emoji", "\U0001f469\u200d\U0001f680", "A joiner between two emoji"),
        ("zwj_after_digit", "1\u200da", "A joiner after a digit"),
        ("zwj_before_digit", "a\u200d1", "A joiner before a digit"),
        ("zwj_before_mark", "a\u200d\u0901b", "A joiner before a mark"),
        ("zwj_before_space", "a\u200d b", "A joiner before a space"),
        ("zwj_between_marks", "q\u0301\u0301\u200d\u0301\u0301", "A joiner between marks"),
        ("zwnj_before_mark", "a\u200c\u0301b", "A non-joiner before a mark"),
        ("zwj_after_sign", "+\u200da", "A joiner after a sign"),
        ("zwj_before_sign", "a\u200d+", "A joiner before a sign"),
        ("zwj_after_enclosed", "\u24d0\u200da", "A joiner after a symbol that looks like a letter"),
        (
            "zwj_before_letter_number",
            "a\u200d\u2170",
            "A joiner before a number that looks like one",
        ),
        ("zwj_between_digits", "1\u200d2", "A joiner between two digits"),
        ("zwj_before_unassigned", "a\u200d\u0378", "A joiner before an unassigned code point"),
        ("zwnj_alone", "\u200c", "A non-joiner alone"),
        ("zwj_after_space", "a \u200db", "A joiner after a space"),
        ("zwj_mark_zwj", "a\u200db\u0301\u200d", "A second joiner at the end, after a mark"),
        ("zwj_twice", "a\u200d\u200db", "Two joiners in a row"),
        ("zwj_zwnj", "a\u200d\u200cb", "A joiner and a non-joiner in a row"),
    ):
        yield bad(name, f"{words}.", text, "text joiner")


def every_field() -> Iterator[Vector]:
    """The same rules in every text field, at and over the field's limit."""
    for field, limit, changes in _FIELDS:
        words = field.replace("_", " ")
        text = f"The {words} has {limit} bytes."
        file = make(**changes("a" * limit))
        name = f"contract/{field}_{limit}_bytes"
        yield valid(name, text, "§3", "text accepted boundary", file)
        over = make(**changes("a" * (limit + 1)))
        text = f"The {words} has {limit + 1} bytes."
        name = f"contract/{field}_{limit + 1}_bytes"
        yield malformed(name, text, "§3", "text boundary", over)
        turned = make(**changes("a\u202eb"))
        text = f"The {words} holds a right-to-left override."
        yield malformed(f"contract/{field}_bidi_override", text, SPEC, "text hidden", turned)
        for name, value, such, flags in _BROKEN:
            file, text = make(**changes(value)), f"The {words} has {such}."
            full = f"contract/{field}_{name}"
            yield malformed(full, text, SPEC, f"text {flags}", file)
        good = "Ana\u200d\u0e01 q\u0301\u0301\u0301\u0301 \U00020000"
        text = f"The {words} has a joiner, four marks, a space and an ideograph beyond the BMP."
        file, full = make(**changes(good)), f"contract/{field}_of_every_kind"
        yield valid(full, text, SPEC, "text accepted", file)
        file = make(**changes(""))
        text = f"The {words} is empty."
        yield malformed(f"contract/{field}_empty", text, SPEC, "text empty", file)
        file = make(**changes(7))
        text = f"The {words} is the integer 7."
        yield malformed(f"contract/{field}_integer", text, "§3", "field", file)


_BROKEN = (
    ("space_first", " Ana", "a space at the start", "spaces"),
    ("space_last", "Ana ", "a space at the end", "spaces"),
    ("space_double", "Ana  Liu", "two spaces in a row", "spaces"),
    ("no_break_space", "Ana\xa0Liu", "a no-break space", "hidden"),
    ("line_feed", "Ana\nLiu", "a line feed", "hidden"),
    ("nul", "Ana\0", "a NUL", "hidden"),
    ("zero_width_space", "Ana\u200bLiu", "a zero-width space", "hidden"),
    ("tag", "Ana\U000e0041", "a tag character", "hidden"),
    ("private_use", "Ana \ue000", "a private-use character", "hidden"),
    ("unassigned", "Ana \u0378", "an unassigned code point", "unassigned"),
    ("not_nfc", "Ana\u0301", "a letter and a mark that compose", "nfc"),
    ("not_nfc_beyond_bmp", "Ana \U0002f800", "a compatibility ideograph", "nfc"),
    ("mark_first", "\u0301Ana", "a mark at the start", "marks"),
    ("marks_5", "q" + "\u0301" * 5, "five marks in a row", "marks"),
    ("joiner_last", "Ana\u200d", "a joiner at the end", "joiner"),
    ("joiner_first", "\u200cAna", "a non-joiner at the start", "joiner"),
)


def _creator(text: object) -> dict[str, Map]:
    return {"creator": {1: text}}


def _grantee(text: object) -> dict[str, Map]:
    return {"grantee": {0: text}}


def _purpose(text: object) -> dict[str, Map]:
    return {"terms": {12: text}}


def _credit(text: object) -> dict[str, Map]:
    return {"terms": {13: text}}


_FIELDS = (
    ("creator_name", 200, _creator),
    ("grantee_name", 200, _grantee),
    ("purpose", 1000, _purpose),
    ("credit", 200, _credit),
)
