"""The shape nearly every contract has, as one pattern over its payload.

Reading field by field costs more than the signature check, so what is in the usual shape
is cut up by one regular expression first. It only cuts: each value then passes the same
rule as in :mod:`consentsig.contract`, and whatever is in another shape, or breaks a rule,
is left to the reader there, which knows what to say about it. A test holds the two
together: on everything this module reads, they agree.

Why the pattern cuts where CBOR does: texts and addresses hold no byte below 0x20 (spec
§2.3), and what follows one is a map key below 0x20, or bytes that are no text; the length
in each head is compared with what was cut.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from consentsig import rules
from consentsig.cbor import head
from consentsig.errors import MalformedError
from consentsig.shapes import public_key, read_rest
from consentsig.terms import EPOCH, Creator, Grantee, StatusReference, Terms, Work

if TYPE_CHECKING:
    from datetime import datetime

    from consentsig.fields import Text

_TIME: Final = rb"\x1a(?!\x00\x00)([\x00-\xff]{4})"
_UINT: Final = rb"([\x00-\x17]|\x18[\x18-\xff]|\x19[\x01-\xff][\x00-\xff]|\x1a(?!\x00\x00)[\x00-\xff]{4})"
_TEXT: Final = rb"([\x61-\x77]|\x78[\x18-\xff])([^\x00-\x1f]+)"
_KEY: Final = rb"\x58\x20([\x00-\xff]{32})"

_PATTERN: Final = re.compile(
    rb"([\xa3-\xa6])"
    rb"\x04" + _TIME + rb"(?:\x05" + _TIME + rb")?\x06" + _TIME +
    rb"(?:\x07\x50([\x00-\xff]{16}))?"
    rb"(?:\x19\xff\xff\xa1kstatus_list\xa2cidx" + _UINT + rb"curi" + _TEXT + rb")?"
    rb"\x3a\x56\xb9\x8d\x72([\xa9-\xb0])\x00\x01"
    rb"\x01\x81([\xa1-\xa3])\x00\xa3\x01\x01\x20\x06\x21" + _KEY +
    rb"(?:\x01" + _TEXT + rb")?(?:\x03" + _KEY + rb")?"
    rb"\x02([\xa1-\xa4])\x00\x82\x2f" + _KEY +
    rb"(?:\x01" + _TEXT + rb")?(?:\x02" + _TEXT + rb")?(?:\x03" + _UINT + rb")?"
    rb"\x03([\xa2\xa3])\x00" + _TEXT +
    rb"(?:\x01" + _TEXT + rb")?(?:\x02" + _KEY + rb")?"
    rb"(\x04[\x00-\xff]+)"
)  # fmt: skip


_TEXT_HEADS: Final = tuple(head(3, length) for length in range(256))


def read_usual(payload: bytes) -> Terms | None:
    """The terms in *payload* if it has the usual shape and breaks no rule for a field.

    The rules across fields are not checked here.
    """
    match = _PATTERN.fullmatch(payload)
    if match is None:
        return None
    try:
        return _terms(*match.groups())
    except (MalformedError, IndexError):
        return None  # the other reader finds the same fault, and the words for it


def _terms(
    claims: bytes, exp: bytes, nbf: bytes | None, iat: bytes, cti: bytes | None,
    idx: bytes | None, uri_head: bytes | None, uri: bytes | None,
    contract: bytes, creator: bytes, x: bytes, name_head: bytes | None, name: bytes | None,
    recovery: bytes | None,
    work: bytes, sha256: bytes, title_head: bytes | None, title: bytes | None,
    media_head: bytes | None, media: bytes | None, size: bytes | None,
    grantee: bytes, party_head: bytes, party: bytes, address_head: bytes | None,
    address: bytes | None, key: bytes | None, rest: bytes,
) -> Terms:  # fmt: skip
    """The terms, of which each argument is one group of the pattern; 0xA0 begins a map."""
    _check_count(claims, 3, nbf, cti, uri)
    _check_count(creator, 1, name, recovery)
    _check_count(work, 1, title, media, size)
    _check_count(grantee, 1, address, key)
    before, after = _rest(contract[0] - 0xA0 - 4, rest)
    return Terms(
        Creator(public_key(x), _text(rules.CREATOR_NAME, name_head, name), recovery),
        Work(
            sha256,
            _text(rules.TITLE, title_head, title),
            _text(rules.MEDIA_TYPE, media_head, media),
            _uint(size),
        ),
        Grantee(
            _text(rules.GRANTEE_NAME, party_head, party),
            _text(rules.PARTY_URI, address_head, address),
            key,
        ),
        *before,
        _time(iat),
        _time(exp),
        None if nbf is None else _time(nbf),
        None if uri is None else StatusReference(_text(rules.LIST_URI, uri_head, uri), _uint(idx)),
        *after,
        cti,
    )


@lru_cache(maxsize=1024)  # contracts to one grantee tend to differ in the work only
def _rest(count: int, rest: bytes) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Fields 4 to 15, in the two runs in which Terms has them."""
    notes: list[str] = []
    fields = read_rest(count, rest, notes)
    if notes:
        raise MalformedError(notes[0])
    return (
        (fields[4], fields[5], fields[6], fields[9]),
        (
            fields.get(8), 10 in fields, 11 in fields, fields.get(12), fields.get(13),
            fields.get(14), fields.get(15),
        ),
    )  # fmt: skip


def _check_count(its_head: bytes, required: int, *optional: bytes | None) -> None:
    if its_head[0] - 0xA0 != required + len(optional) - optional.count(None):
        raise MalformedError("a map has more or fewer fields than its head says")


def _text(rule: Text, its_head: bytes | None, body: bytes | None) -> str | None:
    if its_head is None or body is None:
        return None
    length = len(body)
    if its_head != _TEXT_HEADS[length]:
        raise MalformedError("a text has another length than its head says")
    return rule.decode(body, length)


def _uint(item: bytes | None) -> int | None:
    if item is None:
        return None
    return item[0] if len(item) == 1 else int.from_bytes(item[1:])


def _time(seconds: bytes) -> datetime:
    return EPOCH + timedelta(0, int.from_bytes(seconds))
