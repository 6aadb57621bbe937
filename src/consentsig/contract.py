"""The contract, read (spec §3, §5 steps 1 and 2).

:func:`parse_contract` gives an :class:`UnverifiedContract`, to look at; whether it holds
is for :mod:`consentsig.verify` alone to say. The reader makes one pass and stops at any
fault. Which code a file with several faults gets is found afterwards, with the general
decoder, in the order of spec §3.9: only refused files pay for it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from consentsig.errors import MalformedError, RefusedError, UnsupportedError
from consentsig.format import cose, read_contract, rules
from consentsig.format.common import CONSENTSIG
from consentsig.format.cose import Profile, Sign1, parse_sign1
from consentsig.format.fields import Notes
from consentsig.format.read_contract import KIND_CONTRACT
from consentsig.keys import PublicKey

if TYPE_CHECKING:
    from consentsig.terms import Terms

CONTRACT: Final = Profile("application/vnd.consentsig+cwt", 1_048_576, 16_384)


@dataclass(frozen=True, slots=True)
class UnverifiedContract:
    """A contract as read: well made, its signature not checked, nothing believed.

    It is to look at. What it permits is only for :func:`consentsig.verify_contract`.

    Attributes:
        terms: What it says.
        sign1: Its envelope.
    """

    terms: Terms
    sign1: Sign1

    def __reduce__(self) -> tuple[type[UnverifiedContract], tuple[Terms, Sign1]]:
        return UnverifiedContract, (self.terms, self.sign1)

    @property
    def contract_id(self) -> bytes:
        """SHA-256 of its payload (spec §3.1)."""
        return hashlib.sha256(self.sign1.payload).digest()


def parse_contract(data: bytes) -> UnverifiedContract:
    """Read *data* as a contract, without believing it (spec §5 steps 1 and 2).

    Args:
        data: The whole file.

    Raises:
        MalformedError: It is not a contract of this format.
        UnsupportedError: It is well made, with a part this version does not know.
        TypeError: *data* is not bytes.
    """
    if type(data) is not bytes:
        raise TypeError(f"data is a {type(data).__name__}, expected bytes")
    notes: Notes = []
    try:
        sign1 = parse_sign1(data, CONTRACT, notes)
        terms = read_payload(sign1.payload, sign1.kid, notes)
        if not notes:
            return UnverifiedContract(terms, sign1)
        fault: RefusedError = UnsupportedError(notes[0])
    except MalformedError as error:
        fault = MalformedError(error.reason)
    except IndexError:
        fault = MalformedError("an item ends in the middle")
    raise _first_fault(data, fault)


def _first_fault(data: bytes, fault: RefusedError) -> RefusedError:
    """The fault that spec §3.9 says decides, where the one-pass reader met *fault*."""
    try:
        claims = cose.check_envelope(data, CONTRACT)
    except RefusedError as earlier:
        return earlier
    contract = claims.get(CONSENTSIG)
    kind = contract.get(0) if isinstance(contract, dict) else None
    if type(kind) is int and kind >= 0 and kind != KIND_CONTRACT:
        return UnsupportedError(f"kind is {kind}, only {KIND_CONTRACT} (contract) is supported")
    return fault


def read_payload(payload: bytes, kid: bytes, notes: Notes) -> Terms:
    """Read the claims of a contract whose protected header has *kid*.

    With anything in *notes* afterwards, what is returned has holes and is not to be used.

    Raises:
        MalformedError, IndexError: Some rule of spec §3 is broken.
    """
    terms = read_contract.terms_of(read_contract.read_claims(payload, notes))
    key = cast("PublicKey | None", terms.creator.key)  # None: of an unknown kind, and noted
    if key is not None and kid != key.kid:
        raise MalformedError(f"kid is {kid.hex()}, the key's is {key.kid.hex()}")
    rules.check_across(terms)
    return terms
