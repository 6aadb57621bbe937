"""The head of a batch, and the place of a contract in it, read (spec §12.2, §12.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from consentsig.errors import MalformedError
from consentsig.format import cbor, cose
from consentsig.format.cbor import encode
from consentsig.format.common import CONSENTSIG
from consentsig.format.fields import Fixed, Notes, Read, Uint, read_fields, skip_unknown
from consentsig.format.merkle import HASH_LEN, path_len, root_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from consentsig.format.cose import Sign1

KIND_BATCH: Final = 12
MIN_SIZE, MAX_SIZE = 2, 131_072
MAX_PAYLOAD_LEN: Final = 16_384  # of a contract

_SIZE: Final = Uint("the size of the batch", MIN_SIZE, MAX_SIZE)
_ROOT: Final = Fixed("the root of the batch", HASH_LEN)
_PRIVATE: Final = encode(CONSENTSIG)
_INDEX: Final = Uint("the index", 0, MAX_SIZE - 1)
_HASH_HEAD: Final = cbor.head(cbor.BSTR, HASH_LEN)
_HASH_ITEM_LEN: Final = len(_HASH_HEAD) + HASH_LEN
_PLACE_START: Final = b"\xa1" + _PRIVATE  # an unprotected header with nothing else
_KEPT: Final = 8
HEAD_START: Final = b"\xa1" + _PRIVATE + b"\xa3\x00" + encode(KIND_BATCH)  # of nearly every head


class Head(NamedTuple):
    """What the head of a batch says.

    Attributes:
        size: How many contracts there are.
        root: The root of the tree over them, 32 bytes.
    """

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Where a contract is in its batch.

    Attributes:
        size: How many contracts there are, by the signer's word.
        root: The root in the head of the batch.
        index: Which leaf of the tree it is, counted from 0.
        path: The hashes that lead from it to the root, the lowest first.
    """

    size: int
    root: bytes
    index: int
    path: tuple[bytes, ...]

    def root_with(self, payload: bytes) -> bytes:
        """The root of a batch that has *payload* at this place."""
        return root_of(payload, self.index, self.size, self.path)


class KnownHeads:
    """Heads that were read, by the bytes around the place of one contract.

    Of thousands of contracts of one batch, the envelope is read once. It is kept only if the place
    is the only label of its unprotected header.
    """

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: tuple[tuple[bytes, bytes, Sign1, Head], ...] = ()

    def find(self, data: bytes) -> tuple[Sign1, bytes, Place] | None:
        """Head, payload and place of the contract *data*; None if it takes the ordinary way.

        Raises:
            MalformedError, IndexError: It takes the ordinary way too, which says what is wrong.
        """
        for start, end, sign1, head in self._known:
            if data.startswith(start) and data.endswith(end):
                stop = len(data) - len(end)
                payload, pos = cbor.read_bytes(data, len(start), "the contract")
                index, pos = _INDEX.read(data, pos, [])
                if len(payload) > MAX_PAYLOAD_LEN or index >= head.size:
                    return None
                count = path_len(index, head.size)
                hashes = data[pos + 1 : stop]
                if (
                    data[pos] != cbor.ARRAY << 5 | count  # at most 17 of them, so one byte
                    or len(hashes) != count * _HASH_ITEM_LEN
                    or hashes[::_HASH_ITEM_LEN] != _HASH_HEAD[:1] * count
                    or hashes[1::_HASH_ITEM_LEN] != _HASH_HEAD[1:] * count
                ):
                    return None
                path = [
                    hashes[at : at + HASH_LEN]
                    for at in range(len(_HASH_HEAD), len(hashes), _HASH_ITEM_LEN)
                ]
                return sign1, payload, Place(*head, index, tuple(path))
        return None

    def keep(self, data: bytes, sign1: Sign1, payload: bytes, place: Place) -> None:
        """Remember the head around the place in *data*, a contract that was found good."""
        header = _PLACE_START + encode([payload, place.index, list(place.path)])
        _, start = cbor.read_bytes(data, len(cose.SIGN1_HEAD), "the protected header")
        if data.startswith(header, start):  # otherwise it has other labels too
            head = Head(place.size, place.root)
            place_start, end = start + len(_PLACE_START) + 1, start + len(header)
            known = (data[:place_start], data[end:], sign1, head)
            self._known = (known, *self._known[: _KEPT - 1])

    def cache_clear(self) -> None:
        """Forget everything."""
        self._known = ()


def write_head(head: Head) -> bytes:
    """The claims of a head."""
    return HEAD_START + b"\x01" + _SIZE.write(head.size) + b"\x02" + _ROOT.write(head.root)


def read_head(payload: bytes, notes: Notes) -> Head:
    """Read the claims of a head, whose kind is known to be 12.

    Raises:
        MalformedError, IndexError: Some rule of spec §12.2 is broken.
    """
    claims, end = read_fields(payload, 0, _CLAIMS, "the claims of the batch", notes)
    fields = claims.get(_PRIVATE[0])
    if fields is None or not fields.keys() >= _REQUIRED:
        raise MalformedError("the head of the batch lacks its size or its root")
    if end != len(payload):
        raise MalformedError("the head of the batch ends inside an item, or bytes follow it")
    return Head(fields[1], fields[2])


def _read_private(data: bytes, pos: int, notes: Notes) -> tuple[dict[int, Any] | None, int]:
    if not data.startswith(_PRIVATE[1:], pos):
        return None, skip_unknown(data, pos - 1, "the claims of the batch", notes)
    return read_fields(data, pos + len(_PRIVATE) - 1, _HEAD, "the head of the batch", notes)


_CLAIMS: Final[dict[int, Read]] = {_PRIVATE[0]: _read_private}
_HEAD: Final[dict[int, Read]] = {0: Uint("kind").read, 1: _SIZE.read, 2: _ROOT.read}
_REQUIRED: Final = frozenset(_HEAD)


def read_place(labels: Mapping[Any, Any], head: Head) -> tuple[bytes, Place]:
    """The payload of the contract and its place, from the *labels* of the unprotected header.

    Raises:
        MalformedError: Some rule of spec §12.3 is broken.
    """
    value = labels.get(CONSENTSIG)
    if value is None:
        raise MalformedError("this is the head of a batch, without a contract")
    if not isinstance(value, list) or len(value) != 3:
        raise MalformedError("the place in the batch is not an array of 3 items")
    payload, index, path = value
    if not isinstance(payload, bytes) or len(payload) > MAX_PAYLOAD_LEN:
        raise MalformedError(f"the contract is no byte string of up to {MAX_PAYLOAD_LEN} bytes")
    if type(index) is not int or not 0 <= index < head.size:
        raise MalformedError(f"the index is {index!r}, expected 0 to {head.size - 1}")
    if not isinstance(path, list) or any(
        not isinstance(each, bytes) or len(each) != HASH_LEN for each in path
    ):
        raise MalformedError(f"the path is not an array of byte strings of {HASH_LEN} bytes")
    expected = path_len(index, head.size)
    if len(path) != expected:
        raise MalformedError(
            f"the path has {len(path)} hashes, expected {expected} for {index} of {head.size}"
        )
    return payload, Place(*head, index, tuple(path))
