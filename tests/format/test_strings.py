import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentsig import MalformedError
from consentsig.format import strings
from consentsig.format.strings import check_text, is_list_address, is_party_address, is_plain
from strategies import ROOT, list_addresses, party_addresses, texts

SIGNABLE = {
    "ASCII": 'Harbour at dawn, 2nd ed. (c) \\ " ~',
    "one letter": "A",
    "composed": "Café",
    "mark without a composed form": "q\u0303",
    "four marks in a row": "q\u0303\u0304\u0305\u0306",
    "four marks, twice": "q\u0303\u0304\u0305\u0306r\u0303\u0304\u0305\u0306",
    "Persian non-joiner": "می\u200cخواهم",
    "Sinhala joiner behind a mark": "ක්\u200dෂ",
    "Hangul": "한글",
    "Chinese": "黎明的港口",
    "right to left": "نور",
    "beyond the BMP": "𝄞 🌊",
    "ligature": "ﬁn",
    "replacement character": "a\ufffdb",
}
NOT_SIGNABLE = {
    "empty": ("", "is empty"),
    "space first": (" a", "space at an end"),
    "space last": ("a ", "space at an end"),
    "space alone": (" ", "space at an end"),
    "two spaces": ("a  b", "two in a row"),
    "line feed": ("a\nb", "U\\+000A at character 2"),
    "delete": ("a\x7f", "U\\+007F at character 2"),
    "next line": ("a\x85b", "U\\+0085"),
    "no-break space": ("a\xa0b", "U\\+00A0"),
    "soft hyphen": ("a\xadb", "U\\+00AD"),
    "bidi override": ("a\u202eb", "U\\+202E"),
    "zero-width space": ("a\u200bb", "U\\+200B"),
    "line separator": ("a\u2028b", "U\\+2028"),
    "variation selector": ("a\ufe0fb", "U\\+FE0F"),
    "Braille blank": ("a\u2800b", "U\\+2800"),
    "annotation anchor": ("a\ufff9b", "U\\+FFF9"),
    "private use": ("a\ue000b", "U\\+E000"),
    "surrogate": ("a\ud800b", "U\\+D800"),
    "noncharacter": ("a\uffffb", "U\\+FFFF"),
    "assigned in Unicode 15": ("a\U0001fae8b", "U\\+1FAE8"),
    "decomposed": ("Cafe\u0301", "Normalization Form C"),
    "Hangul decomposed": ("\u1112\u1161", "Normalization Form C"),
    "singleton": ("\u212b", "Normalization Form C"),
    "mark first": ("\u0303q", "combining mark"),
    "five marks in a row": ("q\u0303\u0304\u0305\u0306\u0307", "five in a row"),
    "joiner first": ("\u200dක", "U\\+200D at character 1"),
    "joiner last": ("ක\u200d", "U\\+200D at character 2"),
    "joiner between digits": ("1\u200d2", "U\\+200D"),
    "joiner before a mark": ("ක\u200d්", "U\\+200D"),
    "two joiners": ("ක\u200d\u200dෂ", "U\\+200D"),
    "emoji joined": ("👩\u200d💻", "U\\+200D"),
}


@pytest.mark.parametrize("text", SIGNABLE.values(), ids=SIGNABLE)
def test_text_that_can_be_seen_in_one_way_may_be_signed(text: str) -> None:
    check_text(text, "it")


@pytest.mark.parametrize(("text", "reason"), NOT_SIGNABLE.values(), ids=NOT_SIGNABLE)
def test_text_that_cannot_is_refused_with_the_reason(text: str, reason: str) -> None:
    assert not is_plain(text)
    with pytest.raises(MalformedError, match=f"^it .*{reason}"):
        check_text(text, "it")


@given(texts(1000))
def test_any_text_of_letters_and_single_spaces_may_be_signed(text: str) -> None:
    check_text(text, "it")


def is_signable(text: str) -> bool:
    try:
        check_text(text, "it")
    except MalformedError:
        return False
    return True


@given(st.text(max_size=8) | st.text("a \u0303\u200d\xa0é~\x7f", max_size=6))
def test_what_is_plain_passes_the_long_check_and_what_passes_is_in_nfc(text: str) -> None:
    if is_plain(text):
        assert text.isascii()
        assert is_signable(text)
    elif text.isascii():
        assert not is_signable(text)
    if is_signable(text):
        assert unicodedata.normalize("NFC", text) == text
        assert text.isprintable() or "\u200c" in text or "\u200d" in text


def test_at_each_end_of_each_range_a_code_point_is_allowed_as_the_specification_says() -> None:
    ranges = [
        (int(first, 16), int(last, 16))
        for first, last in re.findall(
            r"^([0-9A-F]+)\.\.([0-9A-F]+)",
            (ROOT / "spec" / "codepoints.txt").read_text(),
            re.MULTILINE,
        )
    ]
    allowed = {n for first, last in ranges for n in range(first, last + 1)}
    edges = {n for first, last in ranges for n in (first - 1, first, last, last + 1)}
    for n in sorted(edges | {0, 0x7F, sys.maxunicode}):
        text = f"a{chr(n)}b"
        if unicodedata.is_normalized("NFC", text):
            assert is_signable(text) == (n in allowed), f"U+{n:04X}"


PARTY_ADDRESSES = [
    "https://acme.example/",
    "https://a/",
    "https://127.0.0.1:8080/",
    "https://acme.example:80/a/b//c?x=y&z=/?",
    "https://acme.example:65535/",
    "https://xn--caf-dma.example/%C3%A9",
    "https://acme.example/.../.a/a.",
    "https://acme.example/%20%2F%3A%5B%7F",
    f"https://{'a' * 63}.example/",
    f"https://{'.'.join(['a' * 63] * 3)}.{'a' * 61}/",
    "https://acme.example/".ljust(512, "a"),
    "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw",
    "did:web:acme.example%3A8080:a",
    "did:a:b",
    "did:1:a::b",
]
LIST_ADDRESSES = [
    "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    "urn:ab:c",
    f"urn:{'a' * 32}:c",
    "urn:a-b:c/d@e%20",
]
NO_ADDRESSES = [
    "",
    "acme.example",
    "http://acme.example/",
    "HTTPS://acme.example/",
    "https://acme.example",
    "https://ACME.example/",
    "https://acme.example/#top",
    "https://acme.example/?",
    "https://acme.example?x",
    "https://ana@acme.example/",
    "https://[::1]/",
    "https://acme.example:443/",
    "https://acme.example:0/",
    "https://acme.example:080/",
    "https://acme.example:65536/",
    "https://acme.example:/",
    "https://acme.example./",
    "https://-acme.example/",
    "https://acme-.example/",
    "https://a_b.example/",
    "https://acme..example/",
    "https:///",
    "https://acme.example/./a",
    "https://acme.example/a/..",
    "https://acme.example/%2E%2E/",
    "https://acme.example/%41",
    "https://acme.example/%7E",
    "https://acme.example/%2f",
    "https://acme.example/%",
    "https://acme.example/%2",
    "https://acme.example/%zz",
    "https://acme.example/a b",
    "https://acme.example/é",
    "https://acme.example/\\",
    "https://acme.example/\n",
    "https://acme.example/a\n",
    f"https://{'a' * 64}.example/",
    f"https://{'.'.join(['a' * 63] * 3)}.{'a' * 62}/",
    "https://acme.example/".ljust(513, "a"),
    "https://аcme.example/",
    "did:key:",
    "did::a",
    "did:Key:a",
    "did:a-b:c",
    "did:a:b/c",
    "did:a:b?c",
    "did:a:b#c",
    "did:a::b",
    "did:a:b:",
    "did:a:b%2E",
    "did:a:~",
    "DID:a:b",
    "did:a:b\n",
    "urn:ab:",
    "urn:a:c",
    f"urn:{'a' * 33}:c",
    "urn:-a:c",
    "urn:a-:c",
    "urn:AB:c",
    "urn:ab:/c",
    "urn:ab:c?d",
    "urn:ab:c#d",
    "urn:ab:%41",
    "URN:ab:c",
    "mailto:ana@acme.example",
    "ftp://acme.example/",
]


@pytest.mark.parametrize("uri", PARTY_ADDRESSES)
def test_an_https_or_did_address_names_a_grantee_or_a_list(uri: str) -> None:
    assert is_party_address(uri)
    assert is_list_address(uri)


@pytest.mark.parametrize("uri", LIST_ADDRESSES)
def test_an_urn_names_a_list_only(uri: str) -> None:
    assert is_list_address(uri)
    assert not is_party_address(uri)


@pytest.mark.parametrize("uri", NO_ADDRESSES)
def test_another_spelling_is_no_address(uri: str) -> None:
    assert not is_party_address(uri)
    assert not is_list_address(uri)


@given(party_addresses, list_addresses)
def test_any_address_built_from_its_parts_is_one(party: str, of_list: str) -> None:
    assert is_party_address(party)
    assert is_list_address(of_list)


_UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


def test_every_byte_has_one_spelling_in_a_path() -> None:
    for n in range(256):
        escaped = is_party_address(f"https://acme.example/%{n:02X}")
        assert escaped == (chr(n) not in _UNRESERVED), f"%{n:02X}"
        as_it_is = is_party_address(f"https://acme.example/a{chr(n)}")
        assert as_it_is == (chr(n) in _UNRESERVED + "!$&'()*+,;=:@/"), repr(chr(n))


def test_a_long_string_is_refused_and_not_remembered() -> None:
    before = strings._is_https_or_did.cache_info()  # noqa: SLF001  # what it holds is the point
    long = "https://ana.example/" + "a" * 1_000_000
    assert not is_list_address(long)
    assert not is_party_address(long)
    assert strings._is_https_or_did.cache_info() == before  # noqa: SLF001
