r"""What contracts of a batch share, read once.

Nearly all contracts of a batch are alike but for their salt, their position in the status list
and their work. A :class:`Frame` is a pattern: the bytes of one contract around these three, and
between them what is well made in the usual way (a title in plain ASCII, an integer with the
shortest head). What fits it says the same as that contract and keeps the same rules across
fields, since none of those rules is about the three. What does not fit takes the ordinary way,
whether it is only unusual or wrong.
"""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from consentsig.format import cbor, rules
from consentsig.format.common import SHA256
from consentsig.format.read_batch import MAX_PAYLOAD_LEN
from consentsig.format.read_contract import CTI, STATUS, STATUS_HEAD, TERMS
from consentsig.format.strings import is_plain
from consentsig.terms import StatusReference, Terms, Work

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT: Final = 8
_PAYS: Final = 64  # contracts from one frame to the next, since to make one takes as long as four
_SALT_LEN: Final = 16
_MAX_TITLE_LEN: Final = rules.TITLE.limit
_SHA256_HEAD: Final = b"\x82" + cbor.encode(SHA256) + b"\x58\x20"
# Of an integer below 2^32 with the shortest head, and of a text in ASCII, whose length and spaces
# are checked afterwards: a stricter pattern takes five times as long where what follows differs.
_INTEGER: Final = rb"([\x00-\x17]|\x18[\x18-\xff]|\x19[\x01-\xff].|\x1a(?!\x00\x00)....)"
_TEXT: Final = rb"([\x60-\x77]|\x78[\x18-\xff])([ -~]+)"


class Own(NamedTuple):
    """What is a contract's own in its batch.

    Attributes:
        sha256: The digest of the work.
        title: Its title, if the contracts of the frame have one.
        size: Its number of bytes, if they have it.
        idx: The position in the status list, if they can be revoked.
        salt: The salt.
    """

    sha256: bytes
    title: str | None
    size: int | None
    idx: int | None
    salt: bytes


class Frame:
    """A contract, cut where the salt, the position and the work are.

    Args:
        payload: A contract that was read or written and found good, and :func:`can_frame`.
        terms: What it says.

    Attributes:
        terms: What it says; what fits the frame says the same, but for what is its own.
    """

    __slots__ = ("_kid", "_match", "_pieces", "_shared", "terms")

    def __init__(self, payload: bytes, terms: Terms) -> None:
        self.terms = terms
        self._kid = terms.creator.key.kid
        self._shared = terms[2:-2]  # all between the work and the status
        self._pieces = _pieces(payload, terms)
        self._match: Callable[[bytes], re.Match[bytes] | None] | None = None

    def own(self, payload: bytes, kid: bytes) -> Own | None:
        """What is its own in *payload*, under a header with *kid*; None if it does not fit."""
        match = self._match
        if match is None:
            match = self._match = re.compile(_pattern(self._pieces), re.DOTALL).fullmatch
        found = match(payload)
        if found is None or kid != self._kid:
            return None
        salt, position, sha256, head, raw, size = found.groups()
        title: str | None = None
        if head:
            length = head[0] - 0x60 if len(head) == 1 else head[1]
            title = raw.decode()
            if len(title) != length or length > _MAX_TITLE_LEN or not is_plain(title):
                return None
        return Own(
            sha256,
            title,
            _integer(size) if size else None,
            _integer(position) if position else None,
            salt,
        )

    def terms_with(self, own: Own) -> Terms:
        """What a contract of this frame says that has *own*."""
        sha256, title, size, idx, salt = own
        creator, first = self.terms[:2]
        work = Work(sha256, title, first.media_type, size)
        status = None if idx is None else StatusReference(self._pieces.uri, idx)
        return Terms._make((creator, work, *self._shared, status, salt))

    def write(self, terms: Terms) -> bytes | None:
        """The payload that says *terms*; None if they take the ordinary way.

        What they share with the frame must be the same values, and not only equal ones: to Python
        True equals 1.

        Raises:
            MalformedError, TypeError: What is their own breaks a rule of the format.
        """
        pieces, work, status, salt = self._pieces, terms.work, terms.status, terms.salt
        if (
            terms.creator is not self.terms.creator
            or not all(map(operator.is_, self._shared, terms[2:-2]))
            or type(work) is not Work
            or salt is None
            or (type(status) is not StatusReference if pieces.has_position else status is not None)
            or (status is not None and status.uri is not pieces.uri)
        ):
            return None
        sha256, title, media_type, size, sha384, sha512, iscc = work
        if (
            media_type is not self.terms.work.media_type
            or (title is not None) is not pieces.has_title
            or (size is not None) is not pieces.has_size
            or not (sha384 is sha512 is None)
            or iscc
        ):
            return None
        payload = b"".join(
            (
                pieces.before,
                rules.CTI.write(salt)[1:],
                pieces.middle,
                b"" if status is None else rules.IDX.write(status.idx),
                pieces.to_work,
                rules.WORK_SHA256.write(sha256)[2:],
                pieces.to_title,
                b"" if title is None else rules.TITLE.write(title),
                pieces.media_type,
                b"" if size is None else rules.SIZE.write(size),
                pieces.after,
            )
        )
        return payload if len(payload) <= MAX_PAYLOAD_LEN else None  # then that says so


def can_frame(terms: Terms) -> bool:
    """Whether a contract that says *terms* can be a frame: salted, of a work with usual parts."""
    work = terms.work
    return terms.salt is not None and work.sha384 is work.sha512 is None and not work.iscc


def _integer(item: bytes) -> int:
    return item[0] if len(item) == 1 else int.from_bytes(item[1:])


class _Pieces(NamedTuple):
    """The bytes around the salt, the position and what varies of the work, in their order."""

    before: bytes
    middle: bytes  # up to the position, or to the digest if there is no position
    to_work: bytes  # from there up to the digest
    to_title: bytes  # the key of the title; empty if there is none
    media_type: bytes  # with its key, and the key of the size; empty without them
    after: bytes
    uri: str
    has_position: bool
    has_title: bool
    has_size: bool


def _pieces(payload: bytes, terms: Terms) -> _Pieces:
    starts, work, status = _starts(payload), terms.work, terms.status
    salt = starts[CTI] + 2  # behind the key and the head
    at, after = _work(payload, starts[TERMS])
    digest = at + 2 + len(_SHA256_HEAD)  # behind the head of the work, its first key and so on
    middle, to_work = payload[salt + _SALT_LEN : digest], b""
    if status is not None:
        idx = starts[STATUS] + 1 + len(STATUS_HEAD)
        end = idx + len(cbor.head(cbor.UINT, status.idx))
        middle, to_work = payload[salt + _SALT_LEN : idx], payload[end:digest]
    has_title, has_size = work.title is not None, work.size is not None
    media_type = b""
    if work.media_type is not None:
        media_type = b"\x02" + rules.MEDIA_TYPE.write(work.media_type)
    return _Pieces(
        payload[:salt],
        middle,
        to_work,
        b"\x01" if has_title else b"",
        media_type + (b"\x03" if has_size else b""),
        payload[after:],
        "" if status is None else status.uri,
        status is not None,
        has_title,
        has_size,
    )


def _pattern(pieces: _Pieces) -> bytes:
    """The groups are salt, position, digest, head of the title, title and size."""
    fixed = re.escape
    chunks = [fixed(pieces.before), b"(.{%d})" % _SALT_LEN, fixed(pieces.middle)]
    chunks += [_INTEGER if pieces.has_position else b"()", fixed(pieces.to_work), b"(.{32})"]
    chunks += [fixed(pieces.to_title), _TEXT if pieces.has_title else b"()()"]
    chunks += [fixed(pieces.media_type), _INTEGER if pieces.has_size else b"()"]
    return b"".join([*chunks, fixed(pieces.after)])


class Frames:
    """The frames that were of use last."""

    __slots__ = ("_frames", "_since")

    def __init__(self) -> None:
        self._frames: tuple[Frame, ...] = ()
        self._since = 0  # contracts looked up since the last frame was made

    def find(self, payload: bytes, kid: bytes) -> tuple[Frame, Own] | None:
        """The frame that *payload* fits under a header with *kid*, and what is its own."""
        frames = self._frames
        self._since += 1
        for frame in frames:
            own = frame.own(payload, kid)
            if own is not None:
                if frame is not frames[0]:
                    self._frames = (frame, *[each for each in frames if each is not frame])
                return frame, own
        return None

    def keep(self, payload: bytes, terms: Terms) -> None:
        """Make a frame of *payload*, which no frame fitted, unless one was made just before.

        So contracts that are all different cost little more, and those of a batch are soon read
        fast whatever was read before.
        """
        if not can_frame(terms) or (len(self._frames) == _KEPT and self._since < _PAYS):
            return
        self._since = 0
        self._frames = (Frame(payload, terms), *self._frames[: _KEPT - 1])

    def cache_clear(self) -> None:
        """Forget everything."""
        self._frames, self._since = (), 0


def _starts(payload: bytes) -> dict[int, int]:
    """Where each claim begins, by the first byte of its key."""
    count, pos = cbor.read_head(payload, 0, cbor.MAP, "the claims")
    starts = {}
    for _ in range(count):
        starts[payload[pos]] = pos
        _, pos = cbor.read_key(payload, pos, "the claims")
        _, pos = cbor.read_item(payload, pos)
    return starts


def _work(payload: bytes, pos: int) -> tuple[int, int]:
    """Where the work begins and ends, in a payload whose contract map is the claim at *pos*."""
    _, pos = cbor.read_key(payload, pos, "the claims")
    _, pos = cbor.read_head(payload, pos, cbor.MAP, "the contract")
    for _ in range(2):  # kind and creators
        _, pos = cbor.read_item(payload, pos + 1)
    return pos + 1, cbor.read_item(payload, pos + 1)[1]
