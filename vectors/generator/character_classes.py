"""The edges of each class of characters: the first and the last that are allowed, and neighbours.

Addresses (spec §2.4), media types and ISCC codes (§3.5), countries (§3.3) and currencies (§3.6).
"""

from collections.abc import Callable, Iterator

from build import Vector, make, malformed, revocable, sign, status_claim, valid
from status_rules import LISTED, listed

NAMES = {
    "\0": "nul",
    "\t": "tab",
    "\n": "line_feed",
    "\r": "carriage_return",
    "\x1f": "unit_separator",
    " ": "space",
    "!": "exclamation_mark",
    '"': "quote",
    "#": "number_sign",
    "$": "dollar",
    "%": "percent",
    "&": "ampersand",
    "'": "apostrophe",
    "(": "parenthesis_left",
    ")": "parenthesis_right",
    "*": "asterisk",
    "+": "plus",
    ",": "comma",
    "-": "hyphen",
    ".": "dot",
    "/": "slash",
    ":": "colon",
    ";": "semicolon",
    "<": "less",
    "=": "equals",
    ">": "greater",
    "?": "question_mark",
    "@": "at",
    "[": "bracket_left",
    "\\": "backslash",
    "]": "bracket_right",
    "^": "caret",
    "_": "underscore",
    "`": "backtick",
    "{": "brace_left",
    "|": "bar",
    "}": "brace_right",
    "~": "tilde",
    "\x7f": "delete",
}
LOWER, DIGITS = "abcdefghijklmnopqrstuvwxyz", "0123456789"
UPPER = LOWER.upper()
SPECIAL = " !\"$%&'()*+,;<=>[\\]^`{|}~_.-"
PCHARS = "AZaz09-._~!$&'()*+,;=:@"
NOT_PCHARS = '\0\t\r\x1f "<>[\\]^`{|}\x7f'
# Letters that become ASCII when their case is changed, or that some software maps to ASCII.
FOLDED = "\u0080\u00e9\u017f\u0130\u0131\u212a\uff0e\uff41\u3002\U0001d41a"


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from hosts()
    yield from ports()
    yield from paths()
    yield from queries()
    yield from escapes()
    yield from dids()
    yield from urns()
    yield from lists_of_the_same_form()
    yield from media_types()
    yield from iscc_codes()
    yield from countries()
    yield from currencies()


def name_of(char: str) -> str:
    """Return what a character is called in a name of a file."""
    if char.isascii() and char.isalnum():
        return f"{'upper' if char.isupper() else 'lower'}_{char}" if char.isalpha() else char
    return NAMES.get(char, f"u{ord(char):04x}")


def words_for(char: str) -> str:
    """Return what a character is called in a comment."""
    if char == " ":
        return "a space"
    return char if char.isascii() and char.isprintable() else f"U+{ord(char):04X}"


def bad_uri(name: str, uri: str, words: str) -> Vector:
    """Return a scenario of a grantee's address that is none."""
    text = f"The grantee's address: {words}."
    return malformed(f"contract/uri_{name}", text, "§2.4", "address", make(grantee={1: uri}))


def good_uri(name: str, uri: str, words: str) -> Vector:
    """Return a scenario of a grantee's address that is asked about."""
    text, flags = f"The grantee's address: {words}.", "address accepted"
    file, asked = make(grantee={1: uri}), {"uri": uri}
    return valid(f"contract/uri_{name}", text, "§2.4", flags, file, grantee=asked)


def each(
    where: str, chars: str, uri: Callable[[str], str], words: str, bad: Callable[..., Vector]
) -> Iterator[Vector]:
    """Yield a scenario for each of *chars*."""
    for char in chars:
        yield bad(f"{where}_{name_of(char)}", uri(char), f"{words_for(char)} {words}")


def hosts() -> Iterator[Vector]:
    """Letters a to z and digits, hyphens between them."""
    yield good_uri("host_edges", "https://zaz.a09.0a-z9.a--b.9/", "the edges of a label")
    uri = f"https://{LOWER}.{DIGITS}.{LOWER[1]}{DIGITS}-{LOWER}/"
    yield good_uri("host_all", uri, "every letter and digit in a host")
    yield good_uri("host_two_letters", "https://ab.9z/", "labels of two characters")
    yield good_uri("host_three_letters", "https://abc.9-z/", "labels of three characters")
    yield good_uri("host_punycode_last", "https://example.xn--p1ai/", "Punycode in the last label")
    refused = "\0\t\r !$%&'()*+,;<=>[]^`{|}~\x7fAZ" + FOLDED
    yield from each(
        "host_middle", refused, lambda c: f"https://ac{c}me.example/", "in the host", bad_uri
    )
    first = SPECIAL.translate({ord("-"): None, ord("\\"): None}) + "AZ\u00e9\u017f"
    yield from each(
        "host_first", first, lambda c: f"https://{c}acme.example/", "before the host", bad_uri
    )
    last = first.replace(".", "")
    yield from each(
        "host_last", last, lambda c: f"https://acme.exampl{c}/", "at the end of the host", bad_uri
    )
    for name, uri, words in (
        (
            "port_default_before_digit",
            "https://acme.example:443/1/",
            "the default port and a digit",
        ),
        ("port_default_before_slash", "https://acme.example:443//", "the default port and a slash"),
        ("port_empty_before_path", "https://acme.example:/8443/", "an empty port before a path"),
        ("host_missing_port", "https://:8443/", "a port without a host"),
        ("host_colon_first", "https://:a/", "a colon in place of a host"),
        ("host_colon_label", "https://a.:b/", "a label that begins with a colon"),
        ("host_dot_alone", "https://./", "a host that is a dot"),
        ("host_hyphen_alone", "https://-/", "a host that is a hyphen"),
        ("host_hyphen_before_dot", "https://a.b-.example/", "a later label that ends in a hyphen"),
        ("host_hyphen_after_dot", "https://a.-b.example/", "a later label that begins with one"),
        ("label_64_last", "https://acme." + "a" * 64 + "/", "a last label of 64 characters"),
        ("ipv6_zone", "https://[fe80::1%25eth0]/", "an IPv6 literal with a zone"),
        ("ipv6_bare", "https://2001:db8::1/", "an IPv6 address without brackets"),
        ("user_empty", "https://@acme.example/", "empty user information"),
        ("user_of_another_host", "https://acme.example@evil.example/", "a host before an @"),
        ("one_slash", "https:/acme.example/", "one slash after the scheme"),
        ("three_slashes", "https:///acme.example/", "three slashes after the scheme"),
        ("no_slashes", "https:acme.example/", "no slashes after the scheme"),
        ("backslashes", "https:\\\\acme.example/", "backslashes after the scheme"),
        ("host_backslash", "https://acme.example\\/", "a backslash after the host"),
        ("scheme_letter", "httpS://acme.example/", "a letter of the scheme in upper case"),
        ("scheme_long_s", "http\u017f://acme.example/", "a long s in the scheme"),
        ("scheme_longer", "https2://acme.example/", "a scheme that begins with https"),
        ("scheme_space", " https://acme.example/", "a space before the scheme"),
        ("wss", "wss://acme.example/", "wss"),
        ("data", "data:,acme", "a data URL"),
        ("javascript", "javascript:1", "a script"),
        ("file", "file:///etc/hosts", "a file URL"),
        ("relative", "//acme.example/", "no scheme, two slashes"),
        ("did_alone", "did:", "did and nothing more"),
        ("https_alone", "https://", "https and nothing more"),
    ):
        yield bad_uri(name, uri, words)


def ports() -> Iterator[Vector]:
    """1 to 65535 without leading zeros, and not 443."""
    for port in ("9", "10", "442", "444", "9999", "10000", "65534"):
        yield good_uri(f"port_{port}", f"https://acme.example:{port}/", f"port {port}")
    for name, port in (
        ("8a", "8a"),
        ("a8", "a8"),
        ("80a", "80a"),
        ("plus_80", "+80"),
        ("minus_80", "-80"),
        ("080", "080"),
        ("00", "00"),
        ("0443", "0443"),
        ("00080", "00080"),
        ("65537", "65537"),
        ("65979", "65979"),
        ("99999", "99999"),
        ("131515", "131515"),
        ("4294967295", "4294967295"),
        ("4294967376", "4294967376"),
        ("4294967739", "4294967739"),
        ("18446744073709551696", "18446744073709551696"),
        ("hexadecimal", "0x50"),
        ("underscore", "8_0"),
        ("exponent", "8e1"),
        ("fraction", "80.0"),
        ("comma", "8,0"),
        ("space_before", " 80"),
        ("space_after", "80 "),
        ("line_feed", "80\n"),
        ("twice", "80:80"),
        ("colon_after", "80:"),
        ("escaped", "%38%30"),
        *((f"{name_of(char)}_first", f"{char}8443") for char in SPECIAL),
        *((f"{name_of(char)}_middle", f"84{char}3") for char in SPECIAL),
        *((f"{name_of(char)}_last", f"844{char}") for char in SPECIAL),
        ("arabic_digits", "\u0668\u0660"),
        ("fullwidth_digits", "\uff18\uff10"),
        ("superscript", "8\u00b2"),
    ):
        uri = f"https://acme.example:{port}/"
        yield bad_uri(f"port_is_{name}", uri, f"the port {ascii(port)[1:-1]}")


def paths() -> Iterator[Vector]:
    """The characters of a path, and segments of dots."""
    yield good_uri("path_edges", f"https://acme.example/{PCHARS}", "the edges of each class")
    uri = f"https://acme.example/{UPPER}{LOWER}{DIGITS}?{UPPER}{LOWER}{DIGITS}"
    yield good_uri("path_all", uri, "every letter and digit in path and query")
    uri = "https://acme.example/:443/:99999/"
    yield good_uri("path_like_port", uri, "segments that look like ports")
    names = "/.a/a./..a/a../.../.-/~."
    yield good_uri("path_dots_in_names", f"https://acme.example{names}", "dots in longer segments")
    uri = "https://acme.example/a{}b"
    refused = NOT_PCHARS.translate({ord(" "): None, ord("\\"): None}) + FOLDED
    yield from each("path", refused, uri.format, "in the path", bad_uri)
    uri = "https://acme.example/{}"
    yield from each("path_first", "[]", uri.format, "at the start of the path", bad_uri)
    for name, path, words in (
        ("dot_before_query", "/.?a", "a segment of one dot before the query"),
        ("dot_dot_before_query", "/..?a", "a segment of two dots before the query"),
        ("dot_dot_later", "/a/b/../../c", "two dots, twice"),
        ("dot_dot_in_query_too", "/../a?b/../c", "two dots in path and query"),
        ("dot_dot_after_slashes", "//../a", "two dots after an empty segment"),
        ("dot_half_escaped", "/.%2E/a", "a dot and an escaped one"),
        ("dot_lower_escape", "/%2e%2e/a", "two dots escaped in lower case"),
    ):
        yield bad_uri(f"path_{name}", f"https://acme.example{path}", words)


def queries() -> Iterator[Vector]:
    """The characters of a query."""
    uri = f"https://acme.example/?{PCHARS}/?"
    yield good_uri("query_edges", uri, "the edges of each class in a query")
    yield good_uri("query_first_slash", "https://acme.example/?/", "a query that is a slash")
    uri = "https://acme.example/?a{}b"
    yield from each("query", "#" + NOT_PCHARS + FOLDED, uri.format, "in the query", bad_uri)
    uri = "https://acme.example/?{}"
    yield from each("query_first", "#[ \u00e9", uri.format, "at the start of the query", bad_uri)
    for name, query, words in (
        ("escape_lower_case", "?%c3%a9", "escapes in lower case in a query"),
        ("escape_short", "?%4", "an incomplete escape in a query"),
        ("escape_not_hex", "?%GG", "an escape that is not hexadecimal in a query"),
        ("percent_alone", "?100%", "a percent sign at the end of a query"),
        ("escape_dots", "?%2E%2E", "two escaped dots in a query"),
    ):
        yield bad_uri(f"query_{name}", f"https://acme.example/{query}", words)


def escapes() -> Iterator[Vector]:
    """Two digits 0-9 or A-F, and no character that could be written without an escape."""
    allowed = "%00%09%0A%1F%20%25%2C%2F%3A%40%5B%5E%60%7B%7D%7F%80%9F%A0%FA%AF%FF"
    words = "escapes of every character that needs one and is beside one that does not"
    yield good_uri("escape_edges", f"https://acme.example/{allowed}", words)
    yield good_uri("did_escape_edges", f"did:web:a{allowed}b", f"{words}, in a did")
    for first in "/:@Gafg`":
        yield bad_uri(f"escape_{name_of(first)}_first", f"https://acme.example/%{first}0",
                      f"an escape whose first digit is {first}")  # fmt: skip
    for second in "/:@Gafg`":
        yield bad_uri(f"escape_{name_of(second)}_second", f"https://acme.example/%0{second}",
                      f"an escape whose second digit is {second}")  # fmt: skip
    for name, escape, words in (
        ("percent_alone", "%", "a percent sign alone"),
        ("percent_twice", "%%20", "a percent sign before an escape"),
        ("plus", "%+5", "a sign in an escape"),
        ("space", "% 5", "a space in an escape"),
        ("unicode", "%u00E9", "an escape of four digits"),
        ("fullwidth", "%\uff12F", "a full-width digit in an escape"),
    ):
        yield bad_uri(f"escape_{name}", f"https://acme.example/{escape}", words)
    for digits in ("2D", "2E", "30", "39", "41", "5A", "5F", "61", "7A", "7E"):
        char = chr(int(digits, 16))
        for name, uri, where in (
            ("path", f"https://acme.example/a%{digits}", "a path"),
            ("query", f"https://acme.example/?a%{digits}", "a query"),
            ("did", f"did:web:a%{digits}", "a did"),
        ):
            yield bad_uri(f"{name}_escaped_{digits}", uri, f"an escaped {char} in {where}")


def dids() -> Iterator[Vector]:
    """The characters of a method and of what follows it."""
    yield good_uri("did_edges", "did:az09:AZaz09.-_:x", "the edges of each class in a did")
    uri = f"did:{LOWER}{DIGITS}:{UPPER}{LOWER}{DIGITS}"
    yield good_uri("did_all", uri, "every letter and digit in a did")
    yield good_uri("did_512", "did:web:" + "a" * 504, "a did of 512 characters")
    yield bad_uri("did_513", "did:web:" + "a" * 505, "a did of 513 characters")
    method = SPECIAL.replace("-", "") + "/@AZ\u00e9\u017f\u212a"
    yield from each(
        "did_method", method, lambda c: f"did:we{c}b:acme", "in the method of a did", bad_uri
    )
    inside = "\0\t\r !\"#$&'()*+,/;<=>?@[\\]^`{|}~\x7f" + FOLDED
    yield from each("did_id", inside, lambda c: f"did:web:ac{c}me", "in a did", bad_uri)
    for name, uri, words in (
        ("did_percent_last", "did:web:acme%", "a percent sign at the end of a did"),
        ("did_escape_short", "did:web:acme%2", "an incomplete escape in a did"),
        ("did_escape_not_hex", "did:web:acme%GG", "an escape that is not hexadecimal in a did"),
        ("did_line_feed", "did:web:acme\n", "a line feed at the end of a did"),
        ("did_colon_alone", "did:web::", "only a colon after the method"),
        ("did_letter_upper_case", "diD:web:acme", "a letter of did in upper case"),
        ("did_no_second_colon", "did:web", "a did without a second colon"),
        ("did_space_first", " did:web:acme", "a space before a did"),
        ("did_longer_scheme", "xdid:web:acme", "a scheme that ends in did"),
        ("did_longer", "dids:web:acme", "a scheme that begins with did"),
    ):
        yield bad_uri(name, uri, words)


def bad_list(name: str, uri: str, words: str) -> Vector:
    """Return a scenario of a list's address that is none; a list at that address is at hand."""
    file, text = sign(revocable({65535: status_claim(9, uri)})), f"The list's address: {words}."
    return malformed(f"contract/list_uri_{name}", text, "§2.4", "address", file)


def good_list(name: str, uri: str, words: str) -> Vector:
    """Return a scenario of a list's address at which a list says that the contract holds."""
    file, text = sign(revocable({65535: status_claim(9, uri)})), f"The list's address: {words}."
    full, flags = f"contract/list_uri_{name}", "address accepted"
    one = listed(top={2: uri})
    return valid(full, text, "§2.4", flags, file, lists=(one,), as_of=LISTED)


def urns() -> Iterator[Vector]:
    """The characters of a namespace and of what follows it."""
    yield good_list("urn_edges", f"urn:a-z09:{PCHARS}/", "the edges of each class in a urn")
    yield good_list("urn_512", "urn:ab:" + "a" * 505, "a urn of 512 characters")
    yield good_list("urn_escapes", "urn:ab:%00%2F%7F%FF", "escapes in a urn")
    yield good_list("urn_dot_segments", "urn:ab:a/../b", "dot segments, which a urn may have")
    yield bad_list("urn_513", "urn:ab:" + "a" * 506, "a urn of 513 characters")
    namespace = "/@AZ[`{._%+~ \u00e9\u017f\u212a"
    yield from each(
        "urn_namespace", namespace, lambda c: f"urn:a{c}b:x", "in the namespace", bad_list
    )
    uri = f"urn:a{LOWER}b:x"
    yield good_list("urn_all_letters", uri, "every letter in a namespace")
    uri = f"urn:a{DIGITS}-b:{UPPER}{LOWER}{DIGITS}"
    yield good_list("urn_all_digits", uri, "every digit in a namespace, everything after it")
    edge = SPECIAL.replace("-", "") + "/@AZ\u00e9\u017f"
    words = "at the start of the namespace"
    yield from each("urn_namespace_first", edge, lambda c: f"urn:{c}ab:x", words, bad_list)
    words = "at the end of the namespace"
    yield from each("urn_namespace_last", edge, lambda c: f"urn:ab{c}:x", words, bad_list)
    yield good_list("urn_namespace_9", "urn:9z:x", "a namespace that begins with 9")
    yield good_list("urn_namespace_edges", "urn:z09a-z:x", "the edges of each class")
    refused = NOT_PCHARS + "?#" + FOLDED
    yield from each("urn_inside", refused, lambda c: f"urn:ab:a{c}b", "in a urn", bad_list)
    for name, uri, words in (
        ("urn_namespace_colon", "urn:a::x", "a colon in place of a namespace's last letter"),
        ("urn_namespace_colon_inside", "urn:a:b:x", "a namespace of one letter before two colons"),
        ("urn_namespace_colon_first", "urn::a:x", "a colon in place of its first letter"),
        ("urn_space_first", " urn:ab:a", "a space before a urn"),
        ("urn_longer_scheme", "xurn:ab:a", "a scheme that ends in urn"),
        ("urn_url_prefix", "url:urn:ab:a", "another scheme before a urn"),
        ("urn_percent_last", "urn:ab:a%", "a percent sign at the end of a urn"),
        ("urn_escape_lower_case", "urn:ab:%c3%a9", "escapes in lower case in a urn"),
        ("urn_escape_not_hex", "urn:ab:%GG", "an escape that is not hexadecimal in a urn"),
        ("urn_escape_tilde", "urn:ab:%7E", "an escaped tilde in a urn"),
        ("urn_escape_dot", "urn:ab:a%2Eb", "an escaped dot in a urn"),
        ("urn_letter_upper_case", "urN:ab:a", "a letter of urn in upper case"),
        ("urn_line_feed", "urn:ab:a\n", "a line feed at the end of a urn"),
        ("urn_no_second_colon", "urn:ab", "a urn without a second colon"),
    ):
        yield bad_list(name, uri, words)


def lists_of_the_same_form() -> Iterator[Vector]:
    """What is no grantee's address is no list's either."""
    yield good_list("512", "https://ana.example/" + "a" * 492, "512 characters")
    for name, uri, words in (
        ("empty", "", "the empty text"),
        ("513", "https://ana.example/" + "a" * 493, "513 characters"),
        ("scheme_upper_case", "HTTPS://ana.example/l", "the scheme in upper case"),
        ("host_upper_case", "https://Ana.example/l", "an upper-case letter in the host"),
        ("host_not_ascii", "https://aná.example/l", "a non-ASCII letter in the host"),
        ("host_underscore", "https://a_na.example/l", "an underscore in the host"),
        ("host_final_dot", "https://ana.example./l", "a dot after the host"),
        ("label_64", "https://" + "a" * 64 + ".example/l", "a label of 64 characters"),
        ("user", "https://ana@ana.example/l", "user information"),
        ("no_path", "https://ana.example", "no path"),
        ("port_default", "https://ana.example:443/l", "the default port"),
        ("port_65536", "https://ana.example:65536/l", "a port over 65535"),
        ("port_8a", "https://ana.example:8a/l", "a port with a letter"),
        ("fragment", "https://ana.example/l#9", "a fragment"),
        ("query_empty", "https://ana.example/l?", "an empty query"),
        ("query_not_ascii", "https://ana.example/l?é", "a non-ASCII letter in the query"),
        ("path_not_ascii", "https://ana.example/é", "a non-ASCII letter in the path"),
        ("escape_lower_case", "https://ana.example/%c3%a9", "escapes in lower case"),
        ("escape_unreserved", "https://ana.example/%6C", "an escaped letter"),
        ("dot_segment", "https://ana.example/./l", "a segment of one dot"),
        ("space", "https://ana.example/a l", "a space"),
        ("line_feed", "https://ana.example/l\n", "a line feed at the end"),
        ("did_upper_case", "DID:web:ana.example", "did in upper case"),
        ("did_method_upper_case", "did:Web:ana.example", "a method in upper case"),
        ("did_not_ascii", "did:web:aná", "a non-ASCII letter in a did"),
        ("did_fragment", "did:web:ana.example#l", "a fragment after a did"),
        ("did_colon_last", "did:web:ana:", "a colon at the end of a did"),
        ("did_tilde", "did:web:ana~l", "a tilde in a did"),
    ):
        yield bad_list(name, uri, words)


def media_types() -> Iterator[Vector]:
    """Lower-case letters, digits and some marks, with one slash between."""
    spec, ok = "§3.5", "field accepted"
    for name, media in (("0", "0/0"), ("9", "9/9"), ("z", "z/z"), ("az09", "az09/za90"),
                        ("all", f"{LOWER}{DIGITS}/{DIGITS}{LOWER}")):  # fmt: skip
        file, text = make(work={2: media}), f"Media type {media}."
        yield valid(f"contract/media_type_edge_{name}", text, spec, ok, file)
    inside = "\0\t \"%'()*,/:;<=>?@AZ[\\]`{|}~\x7f\u0080\u00e9\u017f\u212a\uff41"
    first = SPECIAL + ":@AZ\u00e9\u017f"
    forms: tuple[tuple[str, str, Callable[[str], str]], ...] = (
        ("in_type", inside.replace("/", ""), lambda c: f"im{c}age/jpeg"),
        ("in_subtype", inside, lambda c: f"image/jp{c}eg"),
        ("after_subtype", inside.replace("/", ""), lambda c: f"image/jpeg{c}"),
        ("before_type", first, lambda c: f"{c}image/jpeg"),
        ("before_subtype", first, lambda c: f"image/{c}jpeg"),
    )
    for where, chars, form in forms:
        for char in chars:
            file = make(work={2: form(char)})
            text = f"Media type: {words_for(char)} {where.replace('_', ' the ')}."
            full = f"contract/media_type_{where}_{name_of(char)}"
            yield malformed(full, text, spec, "field", file)
    for name, media, words in (
        ("any", "*/*", "a wildcard for both halves"),
        ("any_subtype", "*/jpeg", "a wildcard for the type"),
        ("upper_case_subtype", "image/JPEG", "an upper-case subtype"),
        ("upper_case_type", "IMAGE/jpeg", "an upper-case type"),
        ("parameter_q", "text/plain;q=1", "a parameter without a space"),
        ("slash_first", "/image/jpeg", "a slash at the start"),
        ("slash_last", "image/jpeg/", "a slash at the end"),
        ("slash_doubled", "image//jpeg", "two slashes in a row"),
        ("slash_alone", "/", "only a slash"),
        ("empty", "", "the empty text"),
        ("two", "image/jpeg,image/png", "two with a comma"),
        ("escaped", "image%2Fjpeg", "an escaped slash"),
    ):
        file, text = make(work={2: media}), f"Media type: {words}."
        yield malformed(f"contract/media_type_{name}", text, spec, "field", file)


def iscc_codes() -> Iterator[Vector]:
    """A to Z and 2 to 7 after the prefix."""
    spec, ten = "§3.5", "KACYPXW445"
    file = make(work={5: [f"ISCC:{UPPER}234567"]})
    text = "ISCC: every letter and digit."
    yield valid("contract/iscc_all", text, spec, "field accepted", file)
    file, text = make(work={5: ["ISCC:AZ27ZA72AZ"]}), "ISCC: first and last letters and digits."
    yield valid("contract/iscc_edges", text, spec, "field accepted", file)
    for char in '/:018@[`az{-=. "%*_\\\u00e9\u0391\uff21\U0001d400':
        file = make(work={5: [f"ISCC:KACYP{char}XW445"]})
        text = f"ISCC: {words_for(char)} among the characters."
        yield malformed(f"contract/iscc_with_{name_of(char)}", text, spec, "field", file)
    for name, code, words in (
        ("prefix_mixed", f"Iscc:{ten}", "the prefix in mixed case"),
        ("prefix_without_colon", f"ISCC{ten}{ten}", "the prefix without its colon"),
        ("prefix_twice", f"ISCC:ISCC:{ten}", "the prefix twice"),
        ("prefix_space", f"ISCC: {ten}", "a space after the prefix"),
        ("prefix_fullwidth", f"ISCC\uff1a{ten}", "a full-width colon"),
        ("prefix_alone", "ISCC:", "only the prefix"),
        ("space_first", f" ISCC:{ten}", "a space before the prefix"),
        ("empty_text", "", "the empty text"),
    ):
        text, file = f"ISCC: {words}.", make(work={5: [code]})
        yield malformed(f"contract/iscc_{name}", text, spec, "field", file)


def countries() -> Iterator[Vector]:
    """Two letters A to Z."""
    spec = "§3.3"
    for code in ("AA", "AZ", "ZA", "ZZ", "NZ"):
        file, text = make(terms={9: [code]}), f"Territory {code}, asked about {code}."
        full, flags = f"contract/territory_{code}", "territory accepted"
        yield valid(full, text, spec, flags, file, territory=code)
    for code in ("A[", "[A", "@A", "A@", "Aa", "aA", "A`", "`A", "A{", "{A", "0A", "A9", "A/", "A:",
                 "A ", " A", "A.", "A*", "**", 'A"', "A%", "A-", "A_", "A,", "A\\", "Aé",
                 "AÀ", "A\0"):  # fmt: skip
        name = "_".join(map(name_of, code))
        file, text = make(terms={9: [code]}), f"Territory: {' '.join(map(words_for, code))}."
        yield malformed(f"contract/territory_{name}", text, spec, "field", file)
    for name, codes, words in (
        ("one_letter", ["P"], "one letter"),
        ("empty_text", [""], "the empty text"),
        ("fullwidth", ["\uff30\uff34"], "full-width letters"),
        ("cyrillic", ["\u0420\u0422"], "Cyrillic letters"),
        ("one_letter_of_two_bytes", ["\u00c5"], "one letter of two bytes"),
        ("regional", ["\U0001f1f5\U0001f1f9"], "a flag"),
        ("bytes", [b"PT"], "a byte string"),
        ("number", ["620"], "Portugal as a numeric code"),
        ("subdivision", ["PT-11"], "a part of Portugal"),
        ("two_in_one", ["ES,PT"], "two codes in one text"),
        ("world_twice", ["001", "001"], "the world twice"),
        ("world_zero", ["000"], "000 in place of 001"),
        ("world_one", ["1"], "1 in place of 001"),
        ("world_integer", [1, "PT"], "the integer 1 before Portugal"),
        ("world_longer", ["0011"], "001 with another digit"),
        ("world_fullwidth", ["\uff10\uff10\uff11"], "001 in full-width digits"),
        ("third_out_of_order", ["ES", "PT", "DE"], "the third code out of order"),
        ("third_twice", ["DE", "ES", "ES"], "the last code twice"),
    ):
        file, text = make(terms={9: codes}), f"Territory: {words}."
        yield malformed(f"contract/territory_{name}", text, spec, "field", file)


def currencies() -> Iterator[Vector]:
    """Three letters A to Z."""
    spec = "§3.6"
    for code in ("AAA", "AZA", "NZD", "ZAR", "ZZZ"):
        file, text = make(terms={5: [[1, 5, 0, code]]}), f"Payment: 5 {code}."
        yield valid(f"contract/currency_{code}", text, spec, "field accepted", file)
    for code in ("EU[", "[UR", "E[R", "@UR", "E@R", "EU@", "EUr", "eUR", "EU`", "`UR", "EU{", "{UR",
                 "E0R", "EU9", "EU/", "EU:", "EU ", " EU", "EU.", 'E"R', "EU%", "E*R",
                 "E-R", "E_R", "E,R", "E\\R", "EUÉ", "EU\0", "EUR\n",
                 ):  # fmt: skip
        name = "_".join(map(name_of, code))
        file = make(terms={5: [[1, 5, 0, code]]})
        text = f"Currency: {' '.join(map(words_for, code))}."
        yield malformed(f"contract/currency_{name}", text, spec, "field", file)
    others: tuple[tuple[str, object, str], ...] = (
        ("empty", "", "the empty text"),
        ("one_letter", "E", "one letter"),
        ("fullwidth", "\uff25\uff35\uff32", "full-width letters"),
        ("bytes", b"EUR", "a byte string"),
        ("number", 978, "the numeric code of the euro"),
        ("number_text", "978", "the numeric code of the euro, as text"),
    )
    for name, value, words in others:
        text, file = f"Currency: {words}.", make(terms={5: [[1, 5, 0, value]]})
        yield malformed(f"contract/currency_{name}", text, spec, "field", file)
