"""Any file as CBOR diagnostic notation, its bytes beside it (RFC 8949 §8).

This is for people who write a verifier, or look for what is wrong with a file, so it reads
more than is allowed: long heads, any order, tags, floats, indefinite lengths. Each is shown
in the notation, and remarked on. Where the bytes end or make no sense, it says so, and goes
on behind the byte string that holds them.

The bytes stand on the left as comments, so that the whole is notation which other tools read
(RFC 8610 Appendix G, draft-ietf-cbor-edn-literals), unless it says that something is left
out or damaged. Nothing here decides anything.
"""

from __future__ import annotations

import itertools
import json
import math
import struct
from typing import Final, NamedTuple

from consentsig.format.cbor import ARRAY, BSTR, NINT, TAG, TSTR, UINT
from consentsig.inspect.part_names import UNNAMED, Part, envelope, is_list

MAX_DEPTH: Final = 24  # three times what the format allows
MAX_ITEMS: Final = 20_000
MAX_STRING_LEN: Final = 2048  # bytes of one string that are shown
_MAX_KEY_LEN: Final = 64  # of a key that shares a line with its value
_WIDTH: Final = 34
_BYTES_IN_LINE: Final = 16
_INDEFINITE: Final = 31
_BREAK: Final = 0xFF
_LEAST: Final = {24: 24, 25: 0x100, 26: 0x10000, 27: 0x1_0000_0000}
_SIMPLE: Final = {20: "false", 21: "true", 22: "null", 23: "undefined"}
_FLOATS: Final = {25: ">e", 26: ">f", 27: ">d"}
_KINDS: Final = {BSTR: "byte string", TSTR: "text string"}


class Diagnosis(NamedTuple):
    """A file as notation.

    Attributes:
        lines: The notation, printable text.
        faults: Where and why it could not be read, in order; empty if it all is CBOR.
    """

    lines: list[str]
    faults: list[str]


def diagnose(data: bytes) -> Diagnosis:
    """*data* as notation, as far as it can be read; never raises."""
    walk = _Walk(data)
    try:
        walk.only_item(0, len(data), 0, envelope(data))
    except _Stop as stop:
        walk.give_up(stop, len(data), 0)
    return Diagnosis([str(line) for line in walk.lines], walk.faults)


class _Stop(Exception):  # noqa: N818  # it ends the walk, or a part of it
    """Reading cannot go on at *pos*."""

    def __init__(self, pos: int, reason: str) -> None:
        super().__init__(pos, reason)
        self.pos = pos
        self.reason = reason


class _Head(NamedTuple):
    """The head of an item (RFC 8949 §3).

    Attributes:
        major: The major type.
        info: The additional information.
        n: The argument; 0 for an indefinite length.
        start: Where it begins.
        end: The position behind it.
    """

    major: int
    info: int
    n: int
    start: int
    end: int

    @property
    def is_indefinite(self) -> bool:
        return self.info == _INDEFINITE

    @property
    def remark(self) -> str:
        return "the head is longer than needed" if self.mark else ""

    @property
    def mark(self) -> str:
        """The encoding indicator, where the head is longer than needed (RFC 8949 §8.1)."""
        return f"_{self.info - 24}" if self.n < _LEAST.get(self.info, 0) else ""


class _Place(NamedTuple):
    """Where an item stands.

    Attributes:
        prefix: What comes before it on its line: its key.
        part: What it is called.
        remark: What is odd about its key.
    """

    prefix: str = ""
    part: Part = UNNAMED
    remark: str = ""

    def note(self, *more: str, meaning: str = "") -> str:
        """Name, meaning and remarks, for a comment."""
        name = ": ".join(filter(None, (self.part.name, meaning)))
        return "; ".join(filter(None, (name, *more, self.remark)))


class _Line(NamedTuple):
    """A line: bytes, notation, and a comment in words."""

    beside: str
    text: str
    note: str

    def __str__(self) -> str:
        note = f"/ {self.note} /" if self.note else ""
        gap = "  " if self.text.strip() and note else ""
        return f"{self.beside}{self.text}{gap}{note}".rstrip()


class _Walk:
    """One reading of *data*, line by line."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.lines: list[_Line] = []
        self.faults: list[str] = []
        self._any_order = is_list(data)
        self._shown = 0  # the position behind the last byte on a line
        self._items = 0

    # --- lines ---

    def _line(self, depth: int, text: str, note: str, *ends: int) -> None:
        """A line of notation, beside it the bytes up to the positions *ends*, in groups.

        Of a last group that does not fit, the bytes go on lines of their own.
        """
        starts = (self._shown, *ends)
        groups = [self.data[start:end].hex() for start, end in itertools.pairwise(starts)]
        shown = " ".join(filter(None, groups))
        fits = len(shown) <= _WIDTH
        if not fits:
            shown = " ".join(filter(None, groups[:-1]))
        self.lines.append(_Line(self._beside(self._shown, shown), "  " * depth + text, note))
        if not fits:
            self._bare(starts[-2], starts[-1])
        self._shown = starts[-1]

    def _bare(self, start: int, end: int) -> None:
        """Bytes with nothing beside them."""
        for pos in range(start, end, _BYTES_IN_LINE):
            chunk = self.data[pos : min(pos + _BYTES_IN_LINE, end)]
            self.lines.append(_Line(self._beside(pos, chunk.hex()), "", ""))

    @staticmethod
    def _beside(offset: int, shown: str) -> str:
        return f"/ {offset:>5} {shown:<{_WIDTH}} / " if shown else " " * (_WIDTH + 11)

    def _append(self, mark: str) -> None:
        """Put a comma or a colon behind the item that was written last."""
        for place in reversed(range(len(self.lines))):
            line = self.lines[place]
            if line.text.strip():
                self.lines[place] = line._replace(text=line.text + mark)
                return

    def give_up(self, stop: _Stop, limit: int, depth: int) -> None:
        """Say where and why reading ended; show what was not read up to *limit*."""
        self.faults.append(f"byte {stop.pos}: {stop.reason}")
        self._line(depth, "", f"reading stops at byte {stop.pos}: {stop.reason}")
        shown = min(limit, self._shown + MAX_STRING_LEN)
        self._bare(self._shown, shown)
        self._skip(depth, shown, limit)

    def _skip(self, depth: int, start: int, end: int) -> None:
        if start < end:
            self._line(depth, "", f"{end - start} more bytes are not shown")
        self._shown = end

    # --- items ---

    def only_item(self, pos: int, end: int, depth: int, part: Part) -> None:
        """Write the item at *pos*, which ends at *end*."""
        pos = self.item(pos, end, depth, _Place(part=part))
        if pos < end:
            raise _Stop(pos, f"{end - pos} bytes follow the item")

    def item(self, pos: int, limit: int, depth: int, place: _Place) -> int:
        """Write the item at *pos*; return the position behind it, at most *limit*."""
        self._items += 1
        if self._items > MAX_ITEMS:
            raise _Stop(pos, f"there are more than {MAX_ITEMS} items")
        if depth > MAX_DEPTH:
            raise _Stop(pos, f"items are nested more than {MAX_DEPTH} deep")
        head = self._head(pos, limit)
        match head.major:
            case 0 | 1:
                return self._integer(head, depth, place)
            case 2 | 3 if head.is_indefinite:
                return self._chunked(head, limit, depth, place)
            case 2 | 3:
                return self._string(head, limit, depth, place)
            case 4 | 5:
                return self._container(head, limit, depth, place)
            case 6:
                return self._tagged(head, limit, depth, place)
        return self._simple(head, depth, place)

    def _head(self, pos: int, limit: int) -> _Head:
        if pos >= limit:
            raise _Stop(pos, "the bytes end where an item should begin")
        major, info = self.data[pos] >> 5, self.data[pos] & 31
        if info < 24:
            return _Head(major, info, info, pos, pos + 1)
        if info == _INDEFINITE and major not in (UINT, NINT, TAG):
            return _Head(major, info, 0, pos, pos + 1)
        if info > 27:
            raise _Stop(pos, f"no item begins with {self.data[pos]:02x}")
        end = pos + 1 + (1 << info - 24)
        if end > limit:
            raise _Stop(pos, "the bytes end inside the head of an item")
        return _Head(major, info, int.from_bytes(self.data[pos + 1 : end]), pos, end)

    def _integer(self, head: _Head, depth: int, place: _Place) -> int:
        n = head.n if head.major == UINT else -1 - head.n
        meaning = place.part.says(n) if place.part.says else ""
        note = place.note(head.remark, meaning=meaning)
        self._line(depth, f"{place.prefix}{n}{head.mark}", note, head.start, head.end)
        return head.end

    def _simple(self, head: _Head, depth: int, place: _Place) -> int:
        if head.is_indefinite:
            raise _Stop(head.start, "a break stands outside of an indefinite length")
        if head.info == 24 and head.n < 32:
            raise _Stop(head.start, f"simple value {head.n} has two bytes")
        text = _SIMPLE.get(head.n, f"simple({head.n})")
        if head.info in _FLOATS:
            text = self._float(head)
        self._line(depth, place.prefix + text, place.note(), head.start, head.end)
        return head.end

    def _float(self, head: _Head) -> str:
        (value,) = struct.unpack(_FLOATS[head.info], self.data[head.start + 1 : head.end])
        text = repr(value)
        if not math.isfinite(value):
            text = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[text]
        return f"{text}_{head.info - 24}"

    # --- strings ---

    def _string(self, head: _Head, limit: int, depth: int, place: _Place) -> int:
        end = head.end + head.n
        if head.major == BSTR and place.part.inside is not None and head.n:
            return self._embedded(head, limit, depth, place)
        if end > limit:
            there = limit - head.end
            raise _Stop(head.start, f"a {_KINDS[head.major]} of {head.n} bytes has only {there}")
        raw = self.data[head.end : min(end, head.end + MAX_STRING_LEN)]
        if head.major == TSTR and (text := self._text(head, raw)) is not None:
            text = f"{place.prefix}{text}{head.mark}"
            last = head.end + len(raw)
            self._line(depth, text, place.note(head.remark), head.start, head.end, last)
        else:
            self._bytes(head, raw, depth, place)
        self._skip(depth, self._shown, end)
        return end

    def _text(self, head: _Head, raw: bytes) -> str | None:
        """The text, quoted and escaped; None, and a fault, if it is not valid UTF-8."""
        is_cut = len(raw) < head.n
        try:
            text = raw.decode(errors="ignore" if is_cut else "strict")
        except UnicodeDecodeError as error:
            self.faults.append(f"byte {head.end + error.start}: the text is not valid UTF-8")
            return None
        return quoted(f"{text}…" if is_cut else text)

    def _bytes(self, head: _Head, raw: bytes, depth: int, place: _Place) -> None:
        close = f"{'...' if len(raw) < head.n else ''}'{head.mark}"
        note = place.note("not valid UTF-8" if head.major == TSTR else "", head.remark)
        if len(raw) <= _BYTES_IN_LINE:
            text = f"{place.prefix}h'{raw.hex()}{close}"
            self._line(depth, text, note, head.start, head.end, head.end + len(raw))
            return
        self._line(depth, f"{place.prefix}h'", note, head.start, head.end)
        for start in range(0, len(raw), _BYTES_IN_LINE):
            chunk = raw[start : start + _BYTES_IN_LINE]
            self._line(depth + 1, chunk.hex(), "", self._shown + len(chunk))
        self._append(close)

    def _embedded(self, head: _Head, limit: int, depth: int, place: _Place) -> int:
        """A byte string whose content is encoded too."""
        end = min(head.end + head.n, limit)
        note = place.note(head.remark, meaning=f"{head.n} bytes")
        self._line(depth, f"{place.prefix}<<", note, head.start, head.end)
        try:
            self.only_item(head.end, end, depth + 1, place.part.inside or UNNAMED)
        except _Stop as stop:
            self.give_up(stop, end, depth + 1)
        if head.end + head.n > limit:
            raise _Stop(end, f"a byte string of {head.n} bytes has only {end - head.end}")
        self._line(depth, f">>{head.mark}", "")
        return end

    def _chunked(self, head: _Head, limit: int, depth: int, place: _Place) -> int:
        self._line(depth, f"{place.prefix}(_ ", place.note(), head.start, head.end)
        pos = head.end
        while not self._is_break(pos, limit):
            chunk = self._head(pos, limit)
            if chunk.major != head.major or chunk.is_indefinite:
                raise _Stop(pos, f"a chunk is no {_KINDS[head.major]} with a length")
            if pos > head.end:
                self._append(",")
            pos = self.item(pos, limit, depth + 1, _Place())
        self._line(depth, ")", "", pos + 1)
        return pos + 1

    def _is_break(self, pos: int, limit: int) -> bool:
        return pos < limit and self.data[pos] == _BREAK

    # --- arrays, maps, tags ---

    def _container(self, head: _Head, limit: int, depth: int, place: _Place) -> int:
        opening, closing = "[]" if head.major == ARRAY else "{}"
        mark = "_ " if head.is_indefinite else f"{head.mark} " if head.mark else ""
        text, note = f"{place.prefix}{opening}{mark}", place.note(head.remark)
        if not (head.n or head.is_indefinite):
            self._line(depth, text + closing, note, head.start, head.end)
            return head.end
        self._line(depth, text, note, head.start, head.end)
        read = self._array if head.major == ARRAY else self._map
        pos = read(head, limit, depth + 1, place.part)
        if head.is_indefinite:
            pos += 1
            self._line(depth, closing, "", pos)
        else:
            self._line(depth, closing, "")
        return pos

    def _goes_on(self, head: _Head, count: int, pos: int, limit: int) -> bool:
        """Whether another item follows; if so, the one before gets its comma."""
        more = not self._is_break(pos, limit) if head.is_indefinite else count < head.n
        if more and count:
            self._append(",")
        return more

    def _array(self, head: _Head, limit: int, depth: int, part: Part) -> int:
        pos, count = head.end, 0
        while self._goes_on(head, count, pos, limit):
            pos = self.item(pos, limit, depth, _Place(part=part.at(count)))
            count += 1
        return pos

    def _map(self, head: _Head, limit: int, depth: int, part: Part) -> int:
        pos, count = head.end, 0
        before: set[bytes] = set()
        last = b""
        while self._goes_on(head, count, pos, limit):
            key, prefix, end = self._key(pos, limit, depth)
            encoded = self.data[pos:end]
            remark = ""
            if encoded in before:
                remark = "this key stands twice"
            elif encoded < last and not self._any_order:
                remark = "this key is out of order"
            before.add(encoded)
            last = encoded
            named = part.keys.get(key, UNNAMED) if key is not None else UNNAMED
            pos = self.item(end, limit, depth, _Place(prefix, named, remark))
            count += 1
        return pos

    def _key(self, pos: int, limit: int, depth: int) -> tuple[int | str | None, str, int]:
        """A key: its value if it is simple, its text, the position behind it.

        A simple key shares a line with its value; another gets lines of its own.
        """
        head = self._head(pos, limit)
        if head.major in (UINT, NINT):
            n = head.n if head.major == UINT else -1 - head.n
            return n, f"{n}{head.mark}: ", head.end
        end = head.end + head.n
        if (
            head.major == TSTR
            and not head.is_indefinite
            and end <= limit
            and head.n <= _MAX_KEY_LEN
        ):
            try:
                text = self.data[head.end : end].decode()
            except UnicodeDecodeError:
                pass
            else:
                return text, f"{quoted(text)}{head.mark}: ", end
        end = self.item(pos, limit, depth, _Place())
        self._append(":")
        return None, "", end

    def _tagged(self, head: _Head, limit: int, depth: int, place: _Place) -> int:
        names = {18: "COSE_Sign1", 98: "COSE_Sign"}
        note = place.note(names.get(head.n, ""), head.remark)
        self._line(depth, f"{place.prefix}{head.n}{head.mark}(", note, head.start, head.end)
        pos = self.item(head.end, limit, depth + 1, place._replace(prefix="", remark=""))
        self._line(depth, ")", "")
        return pos


def quoted(text: str) -> str:
    """*text* as notation: in quotes, what could move a cursor or hide is escaped."""
    return "".join(
        char if char.isprintable() else json.dumps(char)[1:-1]
        for char in json.dumps(text, ensure_ascii=False)
    )
