"""Addresses, each of which has exactly one spelling (spec §2.4)."""

from collections.abc import Iterator

from build import Vector, make, malformed, revocable, sign, status_claim, valid

SPEC = "§2.4"
LABEL = "a" * 63
HOST_253 = ".".join([LABEL, LABEL, LABEL, "a" * 61])

GOOD = (
    ("port", "https://acme.example:8443/", "a port"),
    ("port_1", "https://acme.example:1/", "the lowest port"),
    ("port_65535", "https://acme.example:65535/", "the highest port"),
    ("port_80", "https://acme.example:80/", "port 80, which is not the default of https"),
    ("query", "https://acme.example/?a=1/?", "a query"),
    ("path", "https://acme.example/a/b~_-.!$&'()*+,;=:@", "every character that a path may have"),
    ("empty_segment", "https://acme.example//a/", "an empty segment"),
    ("three_dots", "https://acme.example/.../", "a segment of three dots"),
    ("escape", "https://acme.example/%C3%A9%2F", "upper-case escapes"),
    ("punycode", "https://xn--caf-dma.example/", "a host in Punycode"),
    ("ipv4", "https://192.0.2.1/", "labels of digits only"),
    ("one_label", "https://localhost/", "a host of one label"),
    ("label_63", f"https://{LABEL}.example/", "a label of 63 characters"),
    ("host_253", f"https://{HOST_253}/", "a host of 253 characters"),
    ("512", "https://acme.example/" + "a" * 491, "512 characters"),
    ("escape_nul", "https://acme.example/%00", "an escaped NUL, which is compared, never decoded"),
    ("escape_line_feed", "https://acme.example/a%0Ab", "an escaped line feed"),
    ("escape_slash", "https://acme.example/..%2Fa", "two dots and an escaped slash"),
    ("escape_backslash", "https://acme.example/%5C", "an escaped backslash"),
    ("query_dot_segments", "https://acme.example/?/../x", "dot segments in a query"),
    ("did_web", "did:web:acme.example", "did:web"),
    ("did_hyphen", "did:web:acme-labs.example", "a hyphen in a did"),
    ("did_underscore", "did:web:acme_labs", "an underscore in a did"),
    ("did_colons", "did:web:acme.example:labs::x", "did:web with a path"),
    ("did_port", "did:web:acme.example%3A8443", "did:web with a port"),
    ("did_key", "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw", "did:key"),
    ("did_one_character", "did:1:x", "the shortest did"),
)

BAD = (
    ("empty", "", "empty"),
    ("http", "http://acme.example/", "http"),
    ("ftp", "ftp://acme.example/", "ftp"),
    ("mailto", "mailto:ana@acme.example", "a mail address"),
    ("no_scheme", "acme.example", "no scheme"),
    ("scheme_upper_case", "HTTPS://acme.example/", "the scheme in upper case"),
    ("host_upper_case", "https://Acme.example/", "an upper-case letter in the host"),
    ("host_not_ascii", "https://café.example/", "a non-ASCII letter in the host"),
    ("host_look_alike", "https://\u0430cme.example/", "a Cyrillic letter in the host"),
    ("host_empty", "https:///", "no host"),
    ("host_underscore", "https://ac_me.example/", "an underscore in the host"),
    ("host_escape", "https://acme%2Eexample/", "an escape in the host"),
    ("host_final_dot", "https://acme.example./", "a dot after the host"),
    ("host_empty_label", "https://acme..example/", "an empty label"),
    ("host_hyphen_first", "https://-acme.example/", "a label that begins with a hyphen"),
    ("host_hyphen_last", "https://acme-.example/", "a label that ends with a hyphen"),
    ("label_64", f"https://{LABEL}a.example/", "a label of 64 characters"),
    ("host_254", f"https://{HOST_253}a/", "a host of 254 characters"),
    ("ipv6", "https://[2001:db8::1]/", "an IPv6 literal"),
    ("user", "https://ana@acme.example/", "user information"),
    ("password", "https://ana:x@acme.example/", "user and password"),
    ("no_path", "https://acme.example", "no path"),
    ("query_without_path", "https://acme.example?a", "a query without a path"),
    ("port_default", "https://acme.example:443/", "the default port, written out"),
    ("port_empty", "https://acme.example:/", "an empty port"),
    ("port_0", "https://acme.example:0/", "port 0"),
    ("port_leading_zero", "https://acme.example:08443/", "a port with a leading zero"),
    ("port_65536", "https://acme.example:65536/", "a port over 65535"),
    ("port_6_digits", "https://acme.example:100000/", "a port of six digits"),
    ("port_letters", "https://acme.example:https/", "a port of letters"),
    ("dot_segment", "https://acme.example/./a", "a segment of one dot"),
    ("dot_dot_segment", "https://acme.example/a/../b", "a segment of two dots"),
    ("dot_last", "https://acme.example/a/.", "one dot at the end"),
    ("dot_dot_last", "https://acme.example/..", "two dots at the end"),
    ("escape_lower_case", "https://acme.example/%c3%a9", "escapes in lower case"),
    ("escape_unreserved", "https://acme.example/%41", "an escaped letter"),
    ("escape_dots", "https://acme.example/%2E%2E/a", "two escaped dots"),
    ("escape_tilde", "https://acme.example/%7Eana", "an escaped tilde"),
    ("escape_hyphen", "https://acme.example/%2D", "an escaped hyphen"),
    ("escape_underscore", "https://acme.example/%5F", "an escaped underscore"),
    ("escape_digit", "https://acme.example/%30", "an escaped digit"),
    ("escape_short", "https://acme.example/%4", "an incomplete escape"),
    ("escape_not_hex", "https://acme.example/%GG", "an escape that is not hexadecimal"),
    ("fragment", "https://acme.example/#top", "a fragment"),
    ("fragment_empty", "https://acme.example/#", "an empty fragment"),
    ("query_empty", "https://acme.example/?", "an empty query"),
    ("query_escape_unreserved", "https://acme.example/?%61", "an escaped letter in a query"),
    ("space", "https://acme.example/a b", "a space"),
    ("backslash", "https://acme.example/a\\b", "a backslash"),
    ("brackets", "https://acme.example/[a]", "brackets"),
    ("quote", 'https://acme.example/"', "a quote"),
    ("caret", "https://acme.example/^", "a caret"),
    ("backtick", "https://acme.example/`", "a backtick"),
    ("brace_left", "https://acme.example/{", "a left brace"),
    ("bar", "https://acme.example/|", "a bar"),
    ("brace_right", "https://acme.example/}", "a right brace"),
    ("less", "https://acme.example/<", "a less-than sign"),
    ("greater", "https://acme.example/>", "a greater-than sign"),
    ("path_not_ascii", "https://acme.example/é", "a non-ASCII letter in the path"),
    ("line_feed", "https://acme.example/\n", "a line feed at the end"),
    ("513", "https://acme.example/" + "a" * 492, "513 characters"),
    ("did_upper_case", "DID:web:acme.example", "did in upper case"),
    ("did_method_upper_case", "did:Web:acme.example", "a method in upper case"),
    ("did_method_hyphen", "did:my-web:acme.example", "a method with a hyphen"),
    ("did_no_method", "did::acme.example", "no method"),
    ("did_empty", "did:web:", "nothing after the method"),
    ("did_colon_first", "did:web::acme", "a colon at the start"),
    ("did_colon_last", "did:web:acme:", "a colon at the end"),
    ("did_escape_lower_case", "did:web:acme%3a8443", "an escape in lower case"),
    ("did_escape_unreserved", "did:web:acme%2Eexample", "an escaped dot"),
    ("did_escape_tilde", "did:web:acme%7Elabs", "an escaped tilde in a did"),
    ("did_path", "did:web:acme.example/labs", "a path after a did"),
    ("did_query", "did:web:acme.example?a=1", "a query after a did"),
    ("did_fragment", "did:web:acme.example#key", "a fragment after a did"),
    ("did_tilde", "did:web:acme~labs", "a tilde"),
)

GOOD_LISTS = (
    ("did", "did:web:ana.example:list", "did:web"),
    ("urn", "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66", "a UUID as a urn"),
    ("urn_2", "urn:ab:c", "the shortest urn"),
    ("urn_32", "urn:" + "a" * 32 + ":x", "a namespace of 32 characters"),
    ("urn_slash", "urn:example:a/b%2F:c", "slash, escape and colon"),
)

BAD_LISTS = (
    ("urn_upper_case", "URN:example:a", "urn in upper case"),
    ("urn_namespace_upper_case", "urn:UUID:a", "a namespace in upper case"),
    ("urn_namespace_1", "urn:a:b", "a namespace of one character"),
    ("urn_namespace_33", "urn:" + "a" * 33 + ":x", "a namespace of 33 characters"),
    ("urn_namespace_hyphen_first", "urn:-a:b", "a namespace that begins with a hyphen"),
    ("urn_namespace_hyphen_last", "urn:a-:b", "a namespace that ends with a hyphen"),
    ("urn_empty", "urn:example:", "nothing after the namespace"),
    ("urn_slash_first", "urn:example:/a", "a slash at the start"),
    ("urn_query", "urn:example:a?=b", "a query after a urn"),
    ("urn_escape_unreserved", "urn:example:%61", "an escaped letter"),
    ("http", "http://ana.example/list", "http"),
    ("dot_dot_segment", "https://ana.example/../list", "a segment of two dots"),
)


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    for name, uri, words in GOOD:
        file, text = make(grantee={1: uri}), f"The grantee's address: {words}."
        flags, asked = "address accepted", {"uri": uri}
        yield valid(f"contract/uri_{name}", text, SPEC, flags, file, grantee=asked)
    for name, uri, words in BAD:
        file, text = make(grantee={1: uri}), f"The grantee's address: {words}."
        yield malformed(f"contract/uri_{name}", text, SPEC, "address", file)
    text = "The grantee's address: a urn, which only lists may have."
    urn = make(grantee={1: "urn:example:acme"})
    yield malformed("contract/uri_urn", text, SPEC, "address", urn)
    raw = make(grantee={1: b"https://acme.example/"})
    yield malformed(
        "contract/uri_bytes", "The grantee's address is a byte string.", SPEC, "address", raw
    )
    yield from of_lists()


def of_lists() -> Iterator[Vector]:
    """Yield bad addresses of status lists; the good ones are in status_rules.py."""
    for name, uri, words in BAD_LISTS:
        file = sign(revocable({65535: status_claim(9, uri)}))
        text = f"The status list's address: {words}."
        yield malformed(f"contract/list_uri_{name}", text, SPEC, "address", file)
