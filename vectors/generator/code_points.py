"""Classes of code points: each that is refused, and each that is accepted (spec §2.3 rule 2)."""

from collections.abc import Iterator

from build import Vector, make, malformed, valid

SPEC = "§2.3"

UNASSIGNED = """
0379 0530 0557 058B 05C8 0590 070E 0C5B 0DFF 10C6 2072 208F 20C1 218C 2427 2E5E 2FFC 3040 318F A48D
A7CB D7A4 D7C7 FA6E FADA FB07 FE53 1000C 10D40 11240 16AEE 1D1EB 1F6D8 1F6DC 1F8B2 1FA75 1FBCB
1FBFA 2A6E0 2B739 2B81E 2CEA2 2EBE1 2EBF0 2FA1E 3134B 31350 40000 E1000 EFFFD
"""

# What is refused, by class; those of text_fields.py are not repeated.
REFUSED: tuple[tuple[str, str, str], ...] = (
    ("control", "a control character", "0001 0008 000B 000C 000E 001F 0080 0084 009F"),
    ("space", "a space other than U+0020",
     "2002 2004 2005 2006 2007 2008 2009 200A 202F 205F"),
    ("bidi", "a control of direction", "200E 202A 202B 202C 202D 2066 2068 2069"),
    ("invisible", "an invisible operator or a deprecated format control",
     "2061 2062 2063 2064 206A 206F"),
    ("filler", "a filler that draws nothing", "115F 1160 FFA0 17B4 17B5 180E"),
    ("selector", "a variation selector", "180C 180D 180F FE00 FE0E E0101 E01EF"),
    ("tag", "a tag character", "E0001 E0020 E007F"),
    ("shorthand", "a format control of shorthand", "1BCA0 1BCA3"),
    ("musical", "a format control of musical notation", "1D173 1D17A"),
    ("ignorable", "an unassigned code point that is ignored by default",
     "2065 FFF0 FFF8 E0000 E0002 E001F E0080 E00FF E01F0 E0FFF"),
    ("annotation", "an interlinear annotation character", "FFFA FFFB"),
    ("hieroglyph", "a format control of Egyptian hieroglyphs", "13431 13437 13438"),
    ("blank", "a code point that draws nothing or only takes the place of something else",
     "2D7F 1107F"),
    ("private", "a private-use character", "E001 F8FF F0000 FFFFD 100000"),
    ("noncharacter", "a noncharacter",
     "FDEF FFFE 1FFFE 1FFFF 2FFFE 8FFFF FFFFE FFFFF 10FFFE 10FFFF"),
    ("unassigned", "a code point that Unicode 14.0 does not assign",
     UNASSIGNED),
)  # fmt: skip

# What is accepted, by general category: code points from the first to the last of each.
ACCEPTED = (
    ("Cf", "format characters that are visible", "0600 0603 06DD 070F 0890 08E2 110BD 110CD"),
    ("Ll", "lower-case letters", "0061 007A 04CA 1FE1 FF5A 10428 1D55E 1DF1E 1E943"),
    ("Lm", "modifier letters", "02B0 1D3C 1DB9 FF9F 10780 107B2 1E94B"),
    ("Lo", "other letters", "00AA 609D 9BFE 9FFF FFDC 10000 2A6DF 2B738 3134A"),
    ("Lt", "title-case letters", "01C5 1F8E 1FA8 1FFC"),
    ("Lu", "upper-case letters", "0041 005A 04BC 1ED8 2C2F FF3A 10400 1D508 1E921"),
    ("Mc", "spacing combining marks", "0903 0D83 1A71 ABEC 11000 11940 1D172"),
    ("Me", "enclosing marks", "0488 20DE 20E3 A672"),
    ("Mn", "nonspacing marks", "0305 093A 1AC2 FE2F 101FD 11D35 1E94A"),
    ("Nd", "decimal digits", "0030 0039 0D69 1A96 FF19 104A0 11C54 1FBF9"),
    ("Nl", "letter numbers", "16EE 2172 3007 A6EF 10140 12419 1246E"),
    ("No", "other numbers", "00B2 2087 24FE A835 10107 11062 1F10C"),
    ("Pc", "connector punctuation", "005F 2054 FE4D FF3F"),
    ("Pd", "dashes", "002D 2013 2E5D FF0D 10EAD"),
    ("Pe", "closing punctuation", "0029 2986 3011 FF63"),
    ("Pf", "final quotes", "00BB 203A 2E0A 2E21"),
    ("Pi", "initial quotes", "00AB 201C 2E04 2E20"),
    ("Po", "other punctuation", "0021 17D4 2E1F FF65 10100 115C7 1E95F"),
    ("Ps", "opening punctuation", "0028 27EE 300C FF62"),
    ("Sc", "currency signs", "0024 20A2 20B5 20C0 FFE6 11FDD 11FDF 1ECB0"),
    ("Sk", "modifier symbols", "005E 02F5 A70A FFE3 1F3FB 1F3FD 1F3FF"),
    ("Sm", "mathematical symbols", "002B 22FF 29EF FFEC 1D6C1 1D74F 1EEF1"),
    ("So", "other symbols", "00A6 264C 2EDE FFFD 10137 1F359 1F6D7 1FAF6 1FBCA"),
)

# Next to what is refused. Each string is accepted.
NEIGHBOURS = (
    ("controls", "spaces and controls", "~ \u00a1"),
    ("hyphens", "the soft hyphen", "a\u00aca\u00aea"),
    ("joiner_mark", "U+034F", "a\u034ea\u0350a"),
    ("general_punctuation", "spaces and format controls", "a\u2010a\u2027a\u2030a\u205ea\u2070a"),
    ("fillers", "the Hangul fillers", "a\u115ea\u1161a\u3163a\u3165a\uff9fa\uffa1a"),
    ("braille", "U+2800", "a\u27ffa\u2801a"),
    ("tifinagh", "U+2D7F", "a\u2d70a\u2d80a"),
    ("replacement", "U+FFFC and the annotations", "a\uffeea\ufffda"),
    ("ideographic_space", "U+3000", "a\u2ffba\u3001a"),
    ("ogham", "U+1680", "a\u167fa\u1681a"),
    ("mongolian", "the Mongolian selectors", "a\u180aa\u1810a"),
    ("selectors", "the variation selectors", "a\ufdffa\ufe10a"),
    ("kharoshthi", "U+1107F", "a\U00011075a\U00011080a"),
    ("hieroglyphs", "the controls of hieroglyphs", "a\U0001342ea\U00014400a"),
    ("khitan", "U+16FE4", "a\U00016fe3a\U00016ff0a"),
    ("shorthand", "the controls of shorthand", "a\U0001bc9fa\U0001cf00a"),
    ("noteheads", "U+1D159", "a\U0001d158a\U0001d15aa"),
    ("last", "the last that are assigned", "a\U00020000a\U0003134aa"),
)


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    for name, words, numbers in REFUSED:
        flags = "text unassigned" if name in {"unassigned", "ignorable"} else "text hidden"
        for number in numbers.split():
            file = make(work={1: f"a{chr(int(number, 16))}b"})
            text = f"The title has U+{number}: {words}."
            yield malformed(f"contract/text_{name}_{number}", text, SPEC, flags, file)
    ok = "text accepted"
    for category, words, numbers in ACCEPTED:
        chars = [chr(int(number, 16)) for number in numbers.split()]
        file = make(work={1: f"a{'a'.join(chars)}a"})
        text = f"The title has {words} (general category {category})."
        yield valid(f"contract/text_category_{category}", text, SPEC, ok, file)
    for name, words, title in NEIGHBOURS:
        text = f"The title has what comes before and after {words}."
        yield valid(f"contract/text_next_to_{name}", text, SPEC, ok, make(work={1: title}))
