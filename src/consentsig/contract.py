"""The contract, read (spec §3, §12.3, §5 steps 1 and 2).

:func:`parse_contract` gives an :class:`UnverifiedContract`, to look at; whether it holds
is for :mod:`consentsig.verify` alone to say. The reader makes one pass and stops at any
fault. Which code a file with several faults gets is found afterwards, with the general
decoder, in the order of spec §3.9 and §12.3: only refused files pay for it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

from consentsig.errors import BadSignatureError, MalformedError, RefusedError, UnsupportedError
from consentsig.format import cbor, cose, read_batch, read_contract, rules
from consentsig.format.common import CONSENTSIG
from consentsig.format.cose import Profile, Sign1, parse_sign1
from consentsig.format.fields import Notes
from consentsig.format.frames import Frames
from consentsig.format.read_batch import KIND_BATCH
from consentsig.format.read_contract import KIND_CONTRACT
from consentsig.keys import PublicKey

if TYPE_CHECKING:
    from consentsig.format.read_batch import Place
    from consentsig.terms import Terms

CONTRACT: Final = Profile("application/vnd.consentsig+cwt", 1_048_576, read_batch.MAX_PAYLOAD_LEN)


@dataclass(frozen=True, slots=True)
class UnverifiedContract:
    """A contract as read: well made, its signature not checked, nothing believed.

    It is to look at. What it permits is only for :func:`consentsig.verify_contract`.

    Attributes:
        terms: What it says.
        sign1: Its envelope; that of the head if it is one of a batch.
        payload: The bytes that say the terms.
        place: Where it is in its batch; None if it was signed alone.
    """

    terms: Terms
    sign1: Sign1
    payload: bytes
    place: Place | None = None

    def __reduce__(self) -> tuple[type[UnverifiedContract], tuple[object, ...]]:
        return UnverifiedContract, (self.terms, self.sign1, self.payload, self.place)

    @property
    def contract_id(self) -> bytes:
        """SHA-256 of its payload (spec §3.1, §12.3)."""
        return hashlib.sha256(self.payload).digest()

    def check_signature(self) -> None:
        """Make step 3 of spec §5: the creator it names signed it, alone or in its batch.

        Raises:
            BadSignatureError: The signature does not fit, or the batch is another.
        """
        key, sign1, place = self.terms.creator.key, self.sign1, self.place
        if place is None:
            key.verify(sign1.signature, sign1.sig_structure)
            return
        check_head(key, sign1.signature, sign1.sig_structure)
        if place.root_with(self.payload) != place.root:
            raise BadSignatureError(key.thumbprint, place.root)


@lru_cache(maxsize=256)  # many contracts of few batches; what is refused is not remembered
def check_head(key: PublicKey, signature: bytes, sig_structure: bytes) -> None:
    """Raise BadSignatureError unless *key* signed the head of a batch."""
    key.verify(signature, sig_structure)


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
        found = _read(data, notes)
        if not notes:
            return found
        fault: RefusedError = UnsupportedError(notes[0])
    except MalformedError as error:
        fault = MalformedError(error.reason)
    except IndexError:
        fault = MalformedError("an item ends in the middle")
    raise _first_fault(data, fault)


def _read(data: bytes, notes: Notes) -> UnverifiedContract:
    """The contract in *data*, in one pass; with anything in *notes*, it has holes."""
    known = HEADS.find(data)
    if known is not None:
        sign1, payload, place = known
        return UnverifiedContract(read_leaf(payload, sign1.kid, notes), sign1, payload, place)
    sign1 = parse_sign1(data, CONTRACT, notes)
    if not sign1.payload.startswith(read_batch.HEAD_START):
        cose.note_unknown_labels(sign1, notes)
        terms = read_payload(sign1.payload, sign1.kid, notes)
        return UnverifiedContract(terms, sign1, sign1.payload)
    found = _read_of_batch(sign1, notes)
    if not notes and found.place is not None:
        HEADS.keep(data, found.sign1, found.payload, found.place)
    return found


def _first_fault(data: bytes, fault: RefusedError) -> RefusedError:
    """The fault that spec §3.9 says decides, where the one-pass reader met *fault*."""
    try:
        claims = cose.check_envelope(data, CONTRACT)
        kind = kind_of(claims)
        if kind not in (None, KIND_CONTRACT, KIND_BATCH):
            raise UnsupportedError(f"kind is {kind}, only 1 (contract) and 12 (batch) are known")
        return _first_fault_in_batch(data) if kind == KIND_BATCH else fault
    except RefusedError as earlier:
        return earlier


def _first_fault_in_batch(data: bytes) -> RefusedError:
    """The fault that spec §12.3 says decides: the same reader, with every test in its turn."""
    notes: Notes = []
    try:
        sign1 = parse_sign1(data, CONTRACT, notes)
        _read_of_batch(sign1, notes, in_order=True)
    except MalformedError as error:
        return MalformedError(error.reason)
    except IndexError:
        return MalformedError("an item ends in the middle")
    return UnsupportedError(notes[0])


def kind_of(claims: dict[object, object]) -> int | None:
    """The kind that *claims* state; None if there is none (spec §3.9 test c)."""
    fields = claims.get(CONSENTSIG)
    kind = fields.get(0) if isinstance(fields, dict) else None
    return kind if type(kind) is int and kind >= 0 else None


def _read_of_batch(sign1: Sign1, notes: Notes, *, in_order: bool = False) -> UnverifiedContract:
    head = read_batch.read_head(sign1.payload, notes)
    payload, place = read_batch.read_place(sign1.further, head)
    cose.note_unknown_labels(sign1, notes, (CONSENTSIG,))
    if in_order:
        _check_leaf(payload)
    terms = read_leaf(payload, sign1.kid, notes)
    return UnverifiedContract(terms, sign1._replace(further={}), payload, place)


def _check_leaf(payload: bytes) -> None:
    """Make those tests of spec §12.3 that come before the fields of the contract."""
    claims = cbor.decode(payload)
    kind = kind_of(claims) if isinstance(claims, dict) else None
    if kind is None or kind == KIND_BATCH:
        raise MalformedError(f"the contract of the batch has kind {kind}, expected 1")
    if kind != KIND_CONTRACT:
        raise UnsupportedError(f"the contract of the batch has kind {kind}, only 1 is supported")


def read_leaf(payload: bytes, kid: bytes, notes: Notes) -> Terms:
    """As :func:`read_payload`, for a contract of a batch, which has a salt (spec §12.3)."""
    known = FRAMES.find(payload, kid)
    if known is not None:
        frame, own = known
        return frame.terms_with(own)
    terms = read_payload(payload, kid, notes)
    if terms.salt is None:
        raise MalformedError("the contract has no cti (7), which every contract of a batch has")
    if not notes:
        FRAMES.keep(payload, terms)
    return terms


FRAMES: Final = Frames()
HEADS: Final = read_batch.KnownHeads()


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
