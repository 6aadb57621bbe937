"""The rules of a contract's fields, and those across fields (spec §3.2 to §3.6).

Reader and writer share them: :mod:`consentsig.contract` reads by them,
:mod:`consentsig.sign` writes by them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

from consentsig.errors import MalformedError, utc
from consentsig.format.fields import Fixed, Formed, Text, Time, Uint
from consentsig.format.strings import MAX_ADDRESS_LEN, is_list_address, is_party_address
from consentsig.terms import MAX_TERM
from consentsig.vocabulary import Revocability, Use

if TYPE_CHECKING:
    from consentsig.keys import PublicKey
    from consentsig.terms import Creator, Grantee, Revocation, Terms

_NOT_BEFORE_END: Final = Revocability.NOT_BEFORE_END
_IMITATE: Final = Use.IMITATE

EXP: Final = Time("exp")
NBF: Final = Time("nbf")
IAT: Final = Time("iat")
CTI: Final = Fixed("cti", 16)
IDX: Final = Uint("idx")
LIST_URI: Final = Formed(
    "the list's uri", MAX_ADDRESS_LEN, is_list_address, "an https, did or urn address"
)

KIND: Final = Uint("kind")
USE_BITS: Final = Uint("uses", 1)
ERASE_DAYS: Final = Uint("the days of erasure", 1, 365)
ERASE_BITS: Final = Uint("what must be erased", 1)
PURPOSE: Final = Text("the purpose", 1000)
CREDIT: Final = Text("the credit line", 200)
REPORT_MONTHS: Final = Uint("the months between reports", 1, 12)
LIST_KEY: Final = Fixed("the list key's thumbprint", 32)
COUNTRY: Final = Formed("a country", 2, re.compile(r"[A-Z]{2}").fullmatch, "two letters A-Z")

CREATOR_NAME: Final = Text("the creator's name", 200)
ACTS_FOR: Final = Text("whom the creator acts for", 200)
RECOVERY: Final = Fixed("the recovery key's thumbprint", 32)

WORK_SHA256: Final = Fixed("the work's digest", 32)
TITLE: Final = Text("the title", 200)
_MEDIA_NAME: Final = "[a-z0-9][a-z0-9!#$&^_.+-]*"
MEDIA_TYPE: Final = Formed(
    "the media type",
    127,
    lru_cache(1024)(re.compile(f"{_MEDIA_NAME}/{_MEDIA_NAME}").fullmatch),
    "type/subtype in lower case",
)
SIZE: Final = Uint("the size")
SHA384: Final = Fixed("the SHA-384", 48)
SHA512: Final = Fixed("the SHA-512", 64)
ISCC: Final = Formed(
    "an ISCC code",
    85,
    re.compile("ISCC:[A-Z2-7]{10,80}").fullmatch,
    "ISCC: and 10 to 80 of A-Z and 2-7",
)

GRANTEE_NAME: Final = Text("the grantee's name", 200)
PARTY_URI: Final = Formed(
    "the grantee's uri", MAX_ADDRESS_LEN, is_party_address, "an https or did address"
)
GRANTEE_KEY: Final = Fixed("the grantee's thumbprint", 32)

SHARE: Final = Uint("a share in basis points", 1, 10_000)
AMOUNT: Final = Uint("an amount", 1)
DECIMALS: Final = Uint("an amount's decimals", 0, 9)
CURRENCY: Final = Formed("a currency", 3, re.compile("[A-Z]{3}").fullmatch, "three letters A-Z")


def check_amount(amount: int, decimals: int) -> None:
    """One amount, one spelling: 5.00 is 5 (spec §3.6)."""
    if decimals and amount % 10 == 0:
        raise MalformedError(f"an amount is {amount} with {decimals} decimals; drop the zeros")


def check_days(revocation: Revocation) -> None:
    """The days that fit the mode of *revocation* (spec §3.3 field 6)."""
    mode, days = revocation
    low, high = (0, 0) if mode is _NOT_BEFORE_END else (1, 3650)
    if not low <= days <= high:
        expected = str(low) if low == high else f"{low} to {high}"
        raise MalformedError(
            f"the days of revocation mode {mode.value} are {days}, expected {expected}"
        )


def check_grantee(grantee: Grantee) -> None:
    """A grantee has an address or a key (spec §3.6)."""
    if grantee.uri is None and grantee.key is None:
        raise MalformedError("the grantee has neither uri (1) nor key (2)")


def check_across(terms: Terms) -> None:
    """The rules across fields.

    A key or revocation of None is unknown; rules that need it are left out (spec §3.9).
    """
    start, not_before, expires = terms.issued, terms.not_before, terms.expires
    if not_before is not None:
        if not_before <= start:
            raise MalformedError(f"nbf {utc(not_before)} is not later than iat {utc(start)}")
        start = not_before
    if not (start < expires and expires - start <= MAX_TERM):
        raise MalformedError(
            f"exp {utc(expires)} is not after the start {utc(start)}, or over 18263 days after"
        )
    _check_keys(terms.creator, terms.grantee.key, terms.list_key)
    if terms.revocation is not None:
        _check_status(terms)
    if terms.purpose is None and _IMITATE in terms.uses:
        raise MalformedError("a purpose (field 12) is missing, which use imitate requires")


def _check_keys(creator: Creator, grantee: bytes | None, list_key: bytes | None) -> None:
    key = cast("PublicKey | None", creator.key)
    thumbprint = None if key is None else key.thumbprint
    if list_key is not None and list_key == thumbprint:
        raise MalformedError("the list key (field 15) is the creator's, which leaving it out says")
    if creator.recovery is not None and creator.recovery in (thumbprint, list_key, grantee):
        raise MalformedError("the recovery key is also another key of the contract")


def _check_status(terms: Terms) -> None:
    if terms.revocation.mode is not _NOT_BEFORE_END:
        if terms.status is None:
            raise MalformedError("the contract is revocable but names no status list (claim 65535)")
    elif terms.status is not None or terms.list_key is not None:
        raise MalformedError("the contract is not revocable but names a status list or its key")
