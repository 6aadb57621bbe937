"""The parts of a question, checked before anything is asked (spec §5).

What only resembles a part is refused: Python takes much for equal, and a verdict must not rest
on that.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from types import NoneType
from typing import Final

from consentsig.digest import Digest
from consentsig.format.strings import is_party_address
from consentsig.terms import Grantee
from consentsig.vocabulary import WORLD


class NotAsked(Enum):
    """The type of :data:`NOT_ASKED`."""

    NOT_ASKED = "not asked"


NOT_ASKED: Final = NotAsked.NOT_ASKED


def check_digest(work: Digest | NotAsked) -> None:
    """Refuse what is no digest, or one of another length."""
    if type(work) is not Digest:
        raise TypeError(f"work is a {type(work).__name__}, expected a Digest or NOT_ASKED")
    if type(work.size) not in (int, NoneType):
        raise TypeError(f"the size of the work is {work.size!r}, expected an int or None")
    if work.size is not None and work.size < 0:
        raise ValueError(f"the size of the work is {work.size}, expected 0 or more")
    _check_hash("sha256", work.sha256, 32)
    if work.sha384 is not None:
        _check_hash("sha384", work.sha384, 48)
    if work.sha512 is not None:
        _check_hash("sha512", work.sha512, 64)


def _check_hash(what: str, value: bytes, length: int) -> None:
    if type(value) is not bytes:
        raise TypeError(f"{what} is a {type(value).__name__}, expected bytes")
    if len(value) != length:
        raise ValueError(f"{what} is {len(value)} bytes, expected {length}")


def check_party(grantee: Grantee | NotAsked) -> None:
    """Refuse a grantee that no contract can name."""
    if type(grantee) is not Grantee:
        raise TypeError(f"grantee is a {type(grantee).__name__}, expected a Grantee or NOT_ASKED")
    uri, key = grantee.uri, grantee.key
    if uri is None and key is None:
        raise ValueError("the grantee asked about has no address and no key; a name never matches")
    if type(uri) not in (str, NoneType):
        raise TypeError(f"the grantee's address is {uri!r}, expected a str or None")
    if uri is not None and not is_party_address(uri):
        whole = f"{uri}/"
        fix = f"; write {whole!r}" if is_party_address(whole) else ""
        raise ValueError(f"{uri!r} cannot be the address of a grantee (spec §2.4){fix}")
    if key is not None:
        _check_hash("the grantee's key", key, 32)


def check_territory(territory: str | NotAsked | None) -> None:
    """Refuse what is neither a country code nor the whole world."""
    if territory is None or territory is NOT_ASKED:
        return
    if type(territory) is not str:
        raise TypeError(f"territory is {territory!r}, expected a str, None or NOT_ASKED")
    if territory != WORLD and not _is_country(territory):
        raise ValueError(f"the territory asked about is {territory!r}, expected two letters A-Z")


def in_utc(at: datetime) -> datetime:
    """An instant in UTC; one without a time zone is refused."""
    if not isinstance(at, datetime):
        raise TypeError(f"at is {at!r}, expected a datetime")
    if at.tzinfo is UTC:
        return at
    if at.utcoffset() is None:
        raise ValueError("the instant asked about has no time zone")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("the instant asked about is outside the years 1 to 9999") from None


def _is_country(code: str) -> bool:
    return len(code) == 2 and code.isascii() and code.isalpha() and code.isupper()
