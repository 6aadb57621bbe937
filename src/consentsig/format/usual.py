"""The shape nearly every contract has, cut by one pattern over its payload.

Reading field by field costs more than half a signature check. In bulk most contracts differ
only in the work, the times and the position in the list, so one regular expression cuts
those out, and what tends to recur, the creator and all from the grantee on, is read by
:mod:`consentsig.format.read_contract` once and remembered by its bytes. Each value passes the same
rules as there. Whatever has another shape, or breaks a rule, is left to that reader, which knows
what to say about it; a test holds the two together.

Why the pattern cuts where CBOR does: texts and addresses hold no byte below 0x20 (spec
§2.3), and what follows one here is a map key below 0x20, or bytes that are no text. The
length in each head is compared with what was cut.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from consentsig.errors import MalformedError
from consentsig.format import rules
from consentsig.format.cbor import head
from consentsig.format.read_contract import Offer, read_creators, read_offer
from consentsig.terms import Creator, StatusReference, Terms, Work

if TYPE_CHECKING:
    from consentsig.format.fields import Text

_TIME: Final = rb"\x1a(?!\0\0)(.{4})"
_UINT: Final = rb"([\0-\x17]|\x18[\x18-\xff]|\x19[\x01-\xff].|\x1a(?!\0\0).{4})"
_TEXT: Final = rb"(?:[\x61-\x77]|\x78[\x18-\xff])[^\0-\x1f]+"
_KEY: Final = rb"\x58\x20.{32}"

_PATTERN: Final = re.compile(
    rb"(?s)([\xa3-\xa6])"
    rb"\x04" + _TIME + rb"(?:\x05" + _TIME + rb")?\x06" + _TIME +
    rb"(?:\x07\x50(.{16}))?"
    rb"(?:\x19\xff\xff\xa1kstatus_list\xa2cidx" + _UINT + rb"curi(" + _TEXT + rb"))?"
    rb"\x3a\x56\xb9\x8d\x72([\xa9-\xb0])\0\x01\x01"
    rb"(\x81[\xa1-\xa3]\0\xa3\x01\x01\x20\x06\x21" + _KEY +
    rb"(?:\x01" + _TEXT + rb")?(?:\x03" + _KEY + rb")?)"
    rb"\x02([\xa1-\xa4])\0\x82\x2f\x58\x20(.{32})"
    rb"(?:\x01(" + _TEXT + rb"))?(?:\x02(" + _TEXT + rb"))?(?:\x03" + _UINT + rb")?"
    rb"(\x03.+)"
)  # fmt: skip


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


def _terms(  # noqa: PLR0917  # in the order of the pattern
    claims: bytes, exp: bytes, nbf: bytes | None, iat: bytes, cti: bytes | None,
    idx: bytes, uri: bytes | None, contract: bytes, creators: bytes,
    work: bytes, sha256: bytes, title: bytes | None, media_type: bytes | None,
    size: bytes | None, offer: bytes,
) -> Terms:  # fmt: skip
    """The terms, of which each argument is one group of the pattern."""
    if claims[0] != 0xA3 + (nbf is not None) + (cti is not None) + (uri is not None) or work[
        0
    ] != 0xA1 + (title is not None) + (media_type is not None) + (size is not None):
        raise MalformedError("a map has more or fewer fields than its head says")
    return Terms(
        _creator(creators),
        Work(
            sha256,
            None if title is None else _text(rules.TITLE, title),
            None if media_type is None else _media_type(media_type),
            None if size is None else _uint(size),
        ),
        _time(iat),
        _end(exp),
        *_offer(contract[0] - 0xA0 - 3, offer),
        None if nbf is None else _time(nbf),
        None if uri is None else StatusReference(_list_uri(uri), _uint(idx)),
        cti,
    )


@lru_cache(maxsize=1024)
def _creator(item: bytes) -> Creator:
    notes: list[str] = []
    creator, end = read_creators(item, 0, notes)
    if notes or end != len(item):
        raise MalformedError("the creators have another shape")
    return creator


@lru_cache(maxsize=1024)
def _offer(count: int, offer: bytes) -> Offer:
    notes: list[str] = []
    fields = read_offer(count, offer, notes)
    if notes:
        raise MalformedError(notes[0])
    return fields


@lru_cache(maxsize=1024)
def _list_uri(item: bytes) -> str:
    return _text(rules.LIST_URI, item)


@lru_cache(maxsize=256)
def _media_type(item: bytes) -> str:
    return _text(rules.MEDIA_TYPE, item)


_TEXT_HEADS: Final = tuple(head(3, length) for length in range(256))


def _text(rule: Text, item: bytes) -> str:
    body = item[1:] if item[0] < 0x78 else item[2:]
    length = len(body)
    if not item.startswith(_TEXT_HEADS[length]):
        raise MalformedError("a text has another length than its head says")
    if length <= rule.limit and rule.fits(text := body.decode(errors="replace")):
        return text
    return rule.decode(body, length)


def _uint(item: bytes) -> int:
    return item[0] if len(item) == 1 else int.from_bytes(item[1:])


def _time(seconds: bytes) -> datetime:
    return datetime.fromtimestamp(int.from_bytes(seconds), UTC)


@lru_cache(maxsize=1024)  # contracts end at midnight
def _end(seconds: bytes) -> datetime:
    return _time(seconds)
