"""Which texts and addresses may be signed (spec §2.3, §2.4).

A text is shown to the person who signs, so what cannot be seen, or can be seen in two
ways, is refused. An address has one spelling, so that equal means byte-equal.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import Final, NamedTuple

from consentsig.errors import MalformedError
from consentsig.format import codepoints

MAX_ADDRESS_LEN: Final = 512
_JOINERS: Final = "\u200c\u200d"


def is_plain(text: str) -> bool:
    """Whether *text* is printable ASCII that may stand in a contract, as most is."""
    return (
        text.isascii()
        and text.isprintable()
        and text != ""
        and "  " not in text
        and text[0] != " "
        and text[-1] != " "
    )


def check_text(text: str, what: str) -> None:
    """Raise MalformedError unless *text* may stand in a contract (spec §2.3, rules 2 to 5)."""
    if not text:
        raise MalformedError(f"{what} is empty")
    if "  " in text or text[0] == " " or text[-1] == " ":
        raise MalformedError(f"{what} has a space at an end or two in a row")
    _check_beyond_ascii(text, what)


def _check_beyond_ascii(text: str, what: str) -> None:
    patterns = _patterns()
    if found := patterns.refused.search(text):
        raise MalformedError(
            f"{what} has U+{ord(found[0]):04X} at character {found.start() + 1}, "
            "which may not be signed"
        )
    if not unicodedata.is_normalized("NFC", text):
        raise MalformedError(f"{what} is not in Unicode Normalization Form C")
    if patterns.mark_runs.search(text):
        raise MalformedError(f"{what} begins with a combining mark, or has five in a row")


class _Patterns(NamedTuple):
    refused: re.Pattern[str]
    mark_runs: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    # Compiled on the first text beyond ASCII only: the table is large.
    letters, marks, others = map(
        _char_class, (codepoints.LETTERS, codepoints.MARKS, codepoints.OTHERS)
    )
    lonely_joiner = f"(?<![{letters}{marks}])[{_JOINERS}]|[{_JOINERS}](?![{letters}])"
    return _Patterns(
        re.compile(f"[^{letters}{marks}{others}{_JOINERS}]|{lonely_joiner}"),
        re.compile(f"^[{marks}]|[{marks}]{{5}}"),
    )


def _char_class(ranges: str) -> str:
    return "".join(
        "-".join(f"\\U{int(end, 16):08x}" for end in part.split("-")) for part in ranges.split()
    )


_PCHAR: Final = r"A-Za-z0-9\-._~!$&'()*+,;=:@"
# The escapes of A-Z a-z 0-9 - . _ ~ are left out: those have a spelling without.
_ESCAPE: Final = r"%(?!2[DE]|3[0-9]|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE])[0-9A-F]{2}"
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HTTPS: Final = re.compile(
    rf"https://(?P<host>{_LABEL}(?:\.{_LABEL})*)(?::(?P<port>[1-9][0-9]{{0,4}}))?"
    rf"(?P<path>/(?:[{_PCHAR}/]|{_ESCAPE})*)(?:\?(?:[{_PCHAR}/?]|{_ESCAPE})+)?"
)
_DID: Final = re.compile(rf"did:[a-z0-9]+:(?!:)(?:[A-Za-z0-9._:-]|{_ESCAPE})+(?<!:)")
_URN: Final = re.compile(
    rf"urn:[a-z0-9][a-z0-9-]{{0,30}}[a-z0-9]:(?:[{_PCHAR}]|{_ESCAPE})(?:[{_PCHAR}/]|{_ESCAPE})*"
)
_MAX_HOST_LEN: Final = 253
_MAX_PORT: Final = 65535


def is_party_address(uri: str) -> bool:
    """Whether *uri* may name a grantee: https or did, in its one spelling (spec §2.4)."""
    return len(uri) <= MAX_ADDRESS_LEN and _is_https_or_did(uri)


def is_list_address(uri: str) -> bool:
    """Whether *uri* may name a status list: https, did or urn, in its one spelling (spec §2.4)."""
    return len(uri) <= MAX_ADDRESS_LEN and (_is_https_or_did(uri) or bool(_URN.fullmatch(uri)))


# The same few addresses recur in millions of contracts. Long strings never come this far,
# so that nobody can make the cache hold them.
@lru_cache(maxsize=4096)
def _is_https_or_did(uri: str) -> bool:
    return _is_https(uri) or bool(_DID.fullmatch(uri))


def _is_https(uri: str) -> bool:
    match = _HTTPS.fullmatch(uri)
    if match is None or len(match["host"]) > _MAX_HOST_LEN:
        return False
    if match["port"] and (int(match["port"]) > _MAX_PORT or match["port"] == "443"):
        return False
    return not {".", ".."} & set(match["path"].split("/"))
