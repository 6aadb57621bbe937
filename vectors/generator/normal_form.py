"""Normalization Form C: what it changes, and what only looks as if it did (spec §2.3 rule 3)."""

from collections.abc import Iterator

from build import Vector, make, malformed, valid

SPEC = "§2.3"

REFUSED = (
    ("k_sign", "\u212a", "The kelvin sign, which is a K"),
    ("ohm_sign", "\u2126", "The ohm sign, which is an omega"),
    ("greek_question_mark", "a\u037e", "The Greek question mark, which is a semicolon"),
    ("ano_teleia", "a\u0387", "The ano teleia, which is a middle dot"),
    ("numeral_sign", "a\u0374", "The Greek numeral sign, which is a modifier prime"),
    ("tone_mark", "a\u0340", "A grave tone mark, which is a grave accent"),
    ("dialytika_tonos", "q\u0344", "A mark that is two marks"),
    ("compatibility_ideograph", "\uf900", "A compatibility ideograph of the BMP"),
    ("ideograph_2f800", "\U0002f800", "The first compatibility ideograph of plane 2"),
    ("ideograph_2fa1d", "\U0002fa1d", "The last compatibility ideograph of plane 2"),
    ("angle_bracket", "\u2329", "An angle bracket, which is another one"),
    ("hebrew_excluded", "\ufb1d", "A Hebrew letter excluded from composition"),
    ("tibetan_excluded", "\u0f43", "A Tibetan letter excluded from composition"),
    ("forking_excluded", "\u2adc", "A sign excluded from composition"),
    ("musical_excluded", "\U0001d15e", "A note excluded from composition, beyond the BMP"),
    ("musical_excluded_long", "\U0001d164", "A note of three parts, excluded from composition"),
    ("musical_excluded_last", "\U0001d1c0", "The last code point excluded from composition"),
    ("kaithi", "\U00011099\U000110ba", "A Kaithi letter and a nukta, beyond the BMP"),
    ("kaithi_last", "\U000110a5\U000110ba", "Another Kaithi letter and a nukta"),
    ("chakma", "a\U00011131\U00011127", "Two Chakma marks that compose"),
    ("chakma_second", "a\U00011132\U00011127", "Two other Chakma marks that compose"),
    ("grantha", "\U00011315\U00011347\U0001133e", "Two Grantha vowel signs that compose"),
    ("grantha_second", "\U00011315\U00011347\U00011357", "A Grantha vowel sign and a length mark"),
    ("tirhuta", "\U0001148f\U000114b9\U000114ba", "Two Tirhuta vowel signs that compose"),
    ("tirhuta_second", "\U0001148f\U000114b9\U000114bd", "Two other Tirhuta vowel signs"),
    ("siddham", "\U0001158e\U000115b8\U000115af", "Two Siddham vowel signs that compose"),
    ("dives_akuru", "\U0001190c\U00011935\U00011930", "Two vowel signs of Unicode 13.0"),
    ("order_musical", "\U0001d158\U0001d16d\U0001d165", "Two musical marks out of order"),
    ("order_unicode_14", "\u0628\u0898\u0899", "Two marks of Unicode 14.0 out of order"),
    ("order_uyghur", "\U00010f70\U00010f82\U00010f83", "Two Old Uyghur marks out of order"),
    ("order_nukta", "\u0915\u094d\u093c", "A virama before a nukta"),
    ("order_three", "q\u0301\u0323\u0327", "Three marks out of order"),
    ("composes_over_mark", "a\u0316\u0300", "A grave that composes over a mark below"),
    ("composes_twice", "a\u0323\u0302", "Two marks that compose with one letter"),
    ("composes_with_composed", "\u1ea1\u0302", "A composed letter that composes further"),
    ("cedilla_acute", "e\u0327\u0301", "A cedilla that composes before an acute that does not"),
    ("not_equal", "=\u0338", "An equals sign that a stroke composes with"),
    ("arabic_madda", "\u0627\u0653", "An alef and a madda"),
    ("bengali", "\u0995\u09c7\u09be", "Two Bengali vowel signs that compose"),
    ("voiced_kana", "\u304b\u3099", "A kana and a voiced sound mark"),
    ("hangul_lv_t", "\uac00\u11a8", "A Hangul syllable and a final jamo"),
    ("hangul_last", "\ud788\u11c2", "The last Hangul syllable, from another and a jamo"),
    ("hangul_l_v", "\u1100\u1161", "An initial and a vowel jamo"),
    ("at_the_end", "Harbour e\u0301", "An acute at the end of the text"),
    ("after_emoji", "\U0001f305e\u0301", "An acute on a letter after an emoji"),
)  # fmt: skip

ACCEPTED = (
    ("composed_musical", "\U0001d158\U0001d165", "The parts of a note excluded from composition"),
    ("kaithi", "\U0001109a\U0001109c\U000110ab", "Composed Kaithi letters, beyond the BMP"),
    ("chakma", "a\U0001112ea\U0001112f", "Composed Chakma marks"),
    ("grantha", "\U00011315\U0001134b\U00011315\U0001134c", "Composed Grantha vowel signs"),
    ("tirhuta", "\U0001148f\U000114bb\U0001148f\U000114bc\U0001148f\U000114be", "Composed Tirhuta"),
    ("siddham", "\U0001158e\U000115ba\U0001158e\U000115bb", "Composed Siddham vowel signs"),
    ("dives_akuru", "\U0001190c\U00011938", "A composed vowel sign of Unicode 13.0"),
    ("order_musical", "\U0001d158\U0001d165\U0001d16d", "Two musical marks in order"),
    ("order_unicode_14", "\u0628\u0899\u0898", "Two marks of Unicode 14.0 in order"),
    ("order_uyghur", "\U00010f70\U00010f83\U00010f82", "Two Old Uyghur marks in order"),
    ("hebrew_parts", "\u05d9\u05b4", "The parts of a letter excluded from composition"),
    ("devanagari_parts", "\u0915\u093c", "A letter and a nukta, excluded from composition"),
    ("blocked", "a\u0305\u0300", "A grave that another mark above keeps from composing"),
    ("blocked_by_letter", "ab\u0300", "A grave on a letter with which it does not compose"),
    ("blocked_vowel", "\u1100a\u1161", "Jamo that a letter keeps apart"),
    ("cedilla_acute", "\u0229\u0301", "A composed letter and an acute that do not compose"),
    ("hangul_lv_base", "\uac00\u11a7", "A Hangul syllable and a jamo that is no final"),
    ("hangul_lvt_t", "\uac01\u11a8", "A whole Hangul syllable and a final jamo"),
    ("hangul_edges", "\uac00\uac01\ud7a3", "The first and the last Hangul syllables"),
    ("hangul_archaic", "\ua960\u1161", "An archaic initial jamo, which does not compose"),
    ("ideograph_unified", "\ufa0e\ufa1f\ufa29", "Ideographs among those that have no other form"),
    ("superscript", "\u00b2\u2460\u3392", "Signs that only the compatibility forms replace"),
    ("ligature", "\ufb01\ufdfb", "Ligatures, which only the compatibility forms replace"),
    ("long_s_dot", "\u1e9b", "A long s with a dot, which only the compatibility forms replace"),
    ("mathematical", "\U0001d400\U0001d7ff", "Mathematical letters and digits"),
    ("semicolon", "a;b\u00b7c\u02b9", "What the Greek signs are replaced with"),
    ("same_class", "q\u0301\u0300", "Two marks of one class, in either order"),
    ("same_class_other", "q\u0300\u0301", "The same two marks in the other order"),
)  # fmt: skip


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    for name, title, words in REFUSED:
        file = make(work={1: title})
        yield malformed(f"contract/text_nfc_{name}", f"{words}.", SPEC, "text nfc", file)
    for name, title, words in ACCEPTED:
        file = make(work={1: title})
        full = f"contract/text_is_nfc_{name}"
        yield valid(full, f"{words}.", SPEC, "text accepted nfc", file)
