"""Batches: one signature for many contracts (spec §12).

:func:`sign_batch` makes the batch file, :func:`open_batch` opens it. Each contract in it is one of
its own, to be verified like any other: in the order of the file (:meth:`Batch.contracts`), or
from a file of its own (:meth:`Batch.file`).

    terms ─sign_batch─▶ bytes ─open_batch─▶ Batch ─contracts─▶ SignedContract
                                                  └─file──────▶ bytes ─verify_contract─▶ …
"""

from __future__ import annotations

import hashlib
import zlib
from functools import partial
from typing import TYPE_CHECKING, Final

from consentsig.contract import CONTRACT, check_head, kind_of, read_leaf
from consentsig.errors import (
    BadSignatureError,
    MalformedError,
    RefusedError,
    UnsupportedError,
)
from consentsig.format import cbor, cose, merkle, read_batch
from consentsig.format.common import CONSENTSIG
from consentsig.format.inflate import inflate_chunks
from consentsig.format.read_batch import KIND_BATCH, MAX_PAYLOAD_LEN, Head
from consentsig.sealed import Sealed
from consentsig.sign import check_signer, sign_payload, write_payloads
from consentsig.verify import SignedContract, verify_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from consentsig.format.cose import Sign1
    from consentsig.format.fields import Notes
    from consentsig.keys import Signer
    from consentsig.terms import Terms

MAX_FILE_LEN: Final = 67_108_864
MAX_INFLATED_LEN: Final = 268_435_456
# Half the time of the usual level, for one byte more of each contract.
_LEVEL: Final = 2
_BSTR_16_BIT: Final = 0x59
_FILE_HEAD: Final = b"\x82"  # an array of two byte strings


class Batch(Sealed):
    """A batch file whose contracts are those under the root of its head.

    :func:`open_batch` makes it and nothing else does. That the creator signed the head is checked
    with each contract, since the contracts hold the key. It pickles as its file.

    Attributes:
        data: The batch file.
        payloads: What each contract says, in bytes, in the order of the file.
        sign1: The envelope of the head.
        is_bare: Whether the head has an empty unprotected header, as nearly all have. What is in
            it counts for each contract too, since there is a limit to it.
    """

    __slots__ = ("_head", "_tree", "data", "is_bare", "payloads", "sign1")
    MADE_BY = "open_batch"

    data: bytes
    payloads: tuple[bytes, ...]
    sign1: Sign1
    is_bare: bool
    _head: bytes
    _tree: merkle.Tree

    def __len__(self) -> int:
        """How many contracts there are."""
        return len(self.payloads)

    def contract_id(self, index: int) -> bytes:
        """The id of the contract at *index* (spec §12.3)."""
        return hashlib.sha256(self.payloads[index]).digest()

    def file(self, index: int) -> bytes:
        """The contract at *index* in a file of its own (spec §12.3)."""
        index = self._counted(index)
        place = [self.payloads[index], index, list(self._tree.path(index))]
        return cose.with_label(self._head, CONSENTSIG, place)

    def contract(self, index: int) -> SignedContract | bytes:
        """The contract at *index* if its signature is good; otherwise its file, which is refused.

        Whoever asks about that file learns why it is.
        """
        index = self._counted(index)
        file: Callable[[], bytes] = partial(self.file, index)
        payload, sign1 = self.payloads[index], self.sign1
        notes: Notes = []
        try:
            if not self.is_bare:
                return verify_signature(file())
            terms = read_leaf(payload, sign1.kid, notes)
            if notes:  # then the terms have holes
                return file()
            check_head(terms.creator.key, sign1.signature, sign1.sig_structure)
        except (RefusedError, IndexError):
            return file()
        return SignedContract._make(file, payload, terms)

    def contracts(self) -> Iterator[SignedContract | bytes]:
        """Each as :meth:`contract` gives it, in the order of the file."""
        return map(self.contract, range(len(self)))

    def _counted(self, index: int) -> int:
        """*index* from 0, as a file states it: -1 is the last one, as in any sequence."""
        return range(len(self))[index]

    def __reduce__(self) -> tuple[Callable[[bytes], Batch], tuple[bytes]]:
        return open_batch, (self.data,)

    def __repr__(self) -> str:
        return f"Batch({len(self)} contracts under {self._tree.root.hex()})"


def open_batch(data: bytes) -> Batch:
    """The batch in the file *data* (spec §12.4).

    Args:
        data: The batch file, whole. All it holds, up to 256 MiB, is in memory afterwards.

    Raises:
        MalformedError: *data* is no batch file.
        UnsupportedError: Its head has a part this version does not know.
        BadSignatureError: The root over its contracts is not that of the head.
        TypeError: *data* is not bytes.
    """
    if type(data) is not bytes:
        raise TypeError(f"data is a {type(data).__name__}, expected bytes")
    notes: Notes = []
    file, stream = _split(data)
    try:
        kind = kind_of(cose.check_envelope(file, CONTRACT))
    except RefusedError as error:
        raise MalformedError(f"the head of the batch: {error}", 1) from None
    if kind not in (None, KIND_BATCH):
        raise UnsupportedError(f"kind is {kind}, expected {KIND_BATCH} (head of a batch)")
    try:
        sign1 = cose.parse_sign1(file, CONTRACT, notes)
        head = read_batch.read_head(sign1.payload, notes)
        if CONSENTSIG in sign1.further or CONSENTSIG in cose.protected_of(sign1):
            raise MalformedError("the head of the batch file has the place of one contract")
        payloads = _payloads(stream, head.size)
    except IndexError:
        raise MalformedError("an item ends in the middle") from None
    cose.note_unknown_labels(sign1, notes)
    if notes:
        raise UnsupportedError(notes[0])
    tree = merkle.Tree(payloads)
    if tree.root != head.root:
        raise BadSignatureError(None, head.root)
    return Batch._make(file, tree, data, cose.is_bare(file), payloads, sign1)  # its maker


def is_batch(data: bytes) -> bool:
    """Whether *data* begins as a batch file does, and as no contract or list."""
    return data[:1] == _FILE_HEAD


def sign_batch(terms: Iterable[Terms], key: Signer, *, alg: int = cose.ALG_EDDSA) -> bytes:
    """The batch file of contracts that say *terms*, under one signature by *key* (spec §12.5).

    Args:
        terms: What to sign, at least two and at most 131,072, each with its own salt. Show
            whoever decides what they say, as for :func:`consentsig.sign_contract`.
        key: The creator's private key.
        alg: -8, which every COSE library verifies, or -19, its fully-specified twin.

    Raises:
        MalformedError: Some terms break a rule of the format, or two have the same salt.
        ValueError: *key* is not the creator's key, or *alg* is another.
        BadSignatureError: What *key* made is no signature by it.
        TypeError: A value has the wrong type.
    """
    payloads = sorted(write_payloads(_checked(key, terms)))
    if not read_batch.MIN_SIZE <= len(payloads) <= read_batch.MAX_SIZE:
        raise MalformedError(
            f"a batch has {len(payloads)} contracts, expected "
            f"{read_batch.MIN_SIZE} to {read_batch.MAX_SIZE}"
        )
    tree = merkle.Tree(payloads)
    head = sign_payload(read_batch.write_head(Head(tree.size, tree.root)), key, alg)
    items = b"".join([cbor.head(cbor.BSTR, len(each)) + each for each in payloads])
    cose.check_len("what the batch holds", len(items), MAX_INFLATED_LEN)
    data = _FILE_HEAD + cbor.encode(head) + cbor.encode(zlib.compress(items, _LEVEL))
    cose.check_len("the batch file", len(data), MAX_FILE_LEN)
    return data


def _checked(key: Signer, terms: Iterable[Terms]) -> Iterator[Terms]:
    creator = None  # the one found right last
    salts: set[bytes] = set()
    for count, each in enumerate(terms, 1):
        if each.creator is not creator:
            check_signer(key, each)
            creator = each.creator
        if each.salt is None:
            raise MalformedError("a contract has no salt, which every contract of a batch has")
        salts.add(each.salt)
        if len(salts) < count:
            raise MalformedError("two contracts of the batch have the same salt")
        yield each


# --- reading ---


def _split(data: bytes) -> tuple[bytes, bytes]:
    """The head and the stream of a batch file."""
    cose.check_len("the batch file", len(data), MAX_FILE_LEN)
    if not is_batch(data):
        raise MalformedError(f"a batch file begins {data[:1].hex() or 'nowhere'}, expected 82", 1)
    try:
        file, pos = cbor.read_bytes(data, 1, "the head of the batch")
        stream, pos = cbor.read_bytes(data, pos, "the contracts of the batch")
    except IndexError:
        raise MalformedError("the batch file ends inside an item", 1) from None
    except MalformedError as error:
        raise MalformedError(error.reason, 1) from None
    if pos > len(data):
        raise MalformedError("the batch file ends inside an item", 1)
    if pos < len(data):
        raise MalformedError(f"{len(data) - pos} bytes follow the batch file", 1)
    return file, stream


def _payloads(stream: bytes, size: int) -> tuple[bytes, ...]:
    """The payloads in *stream*, as many as *size* says, strictly ascending (spec §12.4)."""
    found: list[bytes] = []
    rest = before = b""
    for chunk in inflate_chunks(stream, MAX_INFLATED_LEN, "the stream of the batch"):
        rest, end = rest + chunk, 0
        for payload, end in _whole_items(rest):  # noqa: B007  # the last one is used below
            if len(found) == size:
                raise MalformedError(f"the batch file has more contracts than the {size} it states")
            if payload <= before:  # an empty one too
                raise MalformedError("a contract of the batch is there twice, or out of order")
            found.append(payload)
            before = payload
        rest = rest[end:]
    if rest:
        raise MalformedError("the last contract of the batch is cut short")
    if len(found) != size:
        raise MalformedError(f"the batch file has {len(found)} contracts, its head states {size}")
    return tuple(found)


def _whole_items(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Each payload that ends in *data*, and the position behind it."""
    pos, end = 0, len(data)
    while pos < end:
        # Nearly every one has 256 to 65,535 bytes.
        if data[pos] == _BSTR_16_BIT and (length := int.from_bytes(data[pos + 1 : pos + 3])) > 255:
            start = pos + 3
        else:
            try:
                length, start = cbor.read_head(data, pos, cbor.BSTR, "a contract of the batch")
            except IndexError:
                return
        if length > MAX_PAYLOAD_LEN:
            raise MalformedError(
                f"a contract of the batch is {length} bytes, at most {MAX_PAYLOAD_LEN} are allowed"
            )
        pos = start + length
        if pos > end:
            return
        yield data[start:pos], pos
