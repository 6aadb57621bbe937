"""The rules for single fields, each read and written by one object (spec §2, §3).

A rule reads a value at a position of canonical CBOR and returns it with the position
behind it, or raises MalformedError; it writes a value under the same checks. So a rule
stands in one place, and what is written is what would be accepted.

``notes`` collects the unknown parts a reader met. They are reported only when all else is
known to be well made (spec §3.9: d comes before e).
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from consentsig.errors import MalformedError, brief
from consentsig.format import cbor
from consentsig.format.cbor import head
from consentsig.format.strings import check_text, is_plain
from consentsig.terms import EPOCH, MAX_TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Notes: TypeAlias = list[str]
Read: TypeAlias = "Callable[[bytes, int, Notes], tuple[Any, int]]"


class Uint:
    """An integer of *low* to *high*."""

    __slots__ = ("high", "low", "what")

    def __init__(self, what: str, low: int = 0, high: int = cbor.MAX_INT) -> None:
        self.what, self.low, self.high = what, low, high

    def read(self, data: bytes, pos: int, _: Notes) -> tuple[int, int]:
        """Read it at *pos*."""
        n = data[pos]
        if n < 24:
            pos += 1
        elif n == 26 and (long := int.from_bytes(data[pos + 1 : pos + 5])) > 0xFFFF:
            n, pos = long, pos + 5  # times and sizes; maybe a position behind the end
        elif n == 25 and (long := int.from_bytes(data[pos + 1 : pos + 3])) > 0xFF:
            n, pos = long, pos + 3  # positions in a list
        else:
            n, pos = cbor.read_head(data, pos, cbor.UINT, self.what)
        if self.low <= n <= self.high:
            return n, pos
        raise self._refusal(n)

    def write(self, n: object) -> bytes:
        """Write *n*."""
        if type(n) is not int:  # not isinstance: True is an int, and 1.0 equals 1
            raise TypeError(f"{self.what} is {n!r}, expected an int")
        if self.low <= n <= self.high:
            return head(0, n)
        raise self._refusal(n)

    def _refusal(self, n: int) -> MalformedError:
        return MalformedError(f"{self.what} is {n}, expected {self.low} to {self.high}")


@lru_cache(maxsize=4096)  # contracts end at midnight, and many are signed in one second
def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


class Time:
    """A time in whole seconds (spec §2.5), a timezone-aware datetime in Python."""

    __slots__ = ("seconds",)

    def __init__(self, what: str) -> None:
        self.seconds = Uint(what, 0, MAX_TIME)

    def read(self, data: bytes, pos: int, notes: Notes) -> tuple[datetime, int]:
        """Read it at *pos*."""
        n, pos = self.seconds.read(data, pos, notes)
        return _instant(n), pos

    def write(self, at: datetime) -> bytes:
        """Write *at*."""
        since = at - EPOCH
        if since.microseconds:
            raise MalformedError(f"{self.seconds.what} is {at}, expected a whole second")
        return self.seconds.write(since.days * 86_400 + since.seconds)


class Fixed:
    """A byte string of *length* bytes, at least 24 and fewer than 256."""

    __slots__ = ("length", "what")

    def __init__(self, what: str, length: int) -> None:
        self.what, self.length = what, length

    def read(self, data: bytes, pos: int, _: Notes) -> tuple[bytes, int]:
        """Read it at *pos*."""
        value, pos = cbor.read_bytes(data, pos, self.what)
        if len(value) != self.length:
            raise self._refusal(value)
        return value, pos

    def write(self, value: object) -> bytes:
        """Write *value*."""
        if type(value) is not bytes:
            raise TypeError(f"{self.what} is {value!r}, expected bytes")
        if len(value) != self.length:
            raise self._refusal(value)
        return head(2, self.length) + value

    def _refusal(self, value: bytes) -> MalformedError:
        return MalformedError(f"{self.what} is {len(value)} bytes, expected {self.length}")


class Text:
    """Text for people, of at most *limit* bytes (spec §2.3).

    Attributes:
        what: What messages call it.
        limit: Greatest number of bytes.
        fits: Says at once that most of what may stand here may.
    """

    __slots__ = ("fits", "limit", "what")

    def __init__(self, what: str, limit: int, fits: Callable[[str], object] = is_plain) -> None:
        self.what, self.limit, self.fits = what, limit, fits

    def read(self, data: bytes, pos: int, _: Notes) -> tuple[str, int]:
        """Read it at *pos*."""
        n, start = cbor.read_head(data, pos, cbor.TSTR, self.what)
        return self.decode(data[start : start + n], n), start + n

    def decode(self, raw: bytes, n: int) -> str:
        """The text that is *raw*, *n* bytes long by its head."""
        if n > self.limit:
            raise self._refusal(n)
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            raise MalformedError(f"{self.what} is not valid UTF-8") from None
        if not self.fits(text):
            self.check(text)
        return text

    def write(self, text: object) -> bytes:
        """Write *text*."""
        if type(text) is not str:  # a subclass can show another text than it writes
            raise TypeError(f"{self.what} is {text!r}, expected a str")
        raw = text.encode(errors="surrogatepass")  # what is no text, the check refuses
        length = len(raw)
        if length > self.limit:
            raise self._refusal(length)
        if not self.fits(text):
            self.check(text)
        return head(cbor.TSTR, length) + raw

    def check(self, text: str) -> None:
        """Raise MalformedError if *text* may not stand here."""
        check_text(text, self.what)

    def _refusal(self, n: int) -> MalformedError:
        return MalformedError(f"{self.what} is {n} bytes, at most {self.limit} are allowed")


class Formed(Text):
    """A string that *fits* accepts, and no other; *form* says which."""

    __slots__ = ("form",)

    def __init__(self, what: str, limit: int, fits: Callable[[str], object], form: str) -> None:
        super().__init__(what, limit, fits)
        self.form = form

    def check(self, text: str) -> None:
        """Raise MalformedError if *text* may not stand here."""
        if not self.fits(text):
            raise MalformedError(f"{self.what} is {brief(text)}, expected {self.form}")


def read_true(data: bytes, pos: int, _: Notes) -> tuple[bool, int]:
    """Read ``true``; false is said by leaving the field out."""
    if data[pos] != cbor.TRUE:
        raise MalformedError("a flag is not true; false is said by leaving it out")
    return True, pos + 1


class Run:
    """The fields of a map from key *first* to the end of the data, remembered by their bytes.

    Contracts of a catalogue end in the same bytes. What those say depends on nothing before
    them but the number of fields, so it is read once.
    """

    __slots__ = ("_known", "first")

    def __init__(self, first: int) -> None:
        self.first = first
        self._known: dict[bytes, tuple[int, dict[int, Any]]] = {}

    def find(self, data: bytes, pos: int, count: int) -> dict[int, Any] | None:
        """The values of the last *count* fields, which begin at *pos*, if they were read before."""
        known = self._known.get(data[pos:])
        return known[1] if known is not None and known[0] == count else None

    def keep(self, data: bytes, pos: int, count: int, values: dict[int, Any]) -> None:
        """Remember the *values* of the last *count* fields of *data*, all well made and known."""
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        self._known[data[pos:]] = (count, values)

    def cache_clear(self) -> None:
        """Forget everything."""
        self._known.clear()


MAX_REMEMBERED: Final = 1024


class remembered:  # noqa: N801  # used as a function
    """*read*, but for items that it has read before, which are told by their bytes.

    An item's first *head_len* bytes, at least as long as its head, say which one it may be. An
    item ends where it says itself, so bytes that were one item are the same item elsewhere.
    """

    __slots__ = ("_head_len", "_known", "_read")

    def __init__(self, read: Read, head_len: int) -> None:
        self._read = read
        self._head_len = head_len
        self._known: dict[bytes, tuple[bytes, Any]] = {}

    def __call__(self, data: bytes, pos: int, notes: Notes) -> tuple[Any, int]:
        """Read the item at *pos*."""
        head = data[pos : pos + self._head_len]
        found = self._known.get(head)
        if found is not None and data.startswith(found[0], pos):
            return found[1], pos + len(found[0])
        before = len(notes)
        value, end = self._read(data, pos, notes)
        if len(notes) == before and end <= len(data):
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            self._known[head] = (data[pos:end], value)
        return value, end

    def cache_clear(self) -> None:
        """Forget everything."""
        self._known.clear()


def read_fields(  # noqa: PLR0917  # in the order of a reader, then what is read
    data: bytes,
    pos: int,
    table: Mapping[int, Read],
    what: str,
    notes: Notes,
    run: Run | None = None,
) -> tuple[dict[int, Any], int]:
    """Read a map, each value by the function *table* has for the first byte of its key.

    The keys of *table* are integers of 0 to 23, or the first byte of a longer key, whose
    function checks the bytes that follow and gives None for another key. A key that is not
    in *table* is noted. Where the map ends with the data, *run* remembers its last fields.
    """
    values: dict[int, Any] = {}
    last, before = -1, pos  # the first byte of the key before, and where it stands
    run_from = 256 if run is None else run.first
    run_start = run_count = 0
    count = data[pos] - 0xA0
    if 0 <= count < 24:
        pos += 1
    else:
        count, pos = cbor.read_head(data, pos, cbor.MAP, what)
    while count:
        start = pos
        key = data[pos]
        if key >= run_from > last and run is not None:
            found = run.find(data, pos, count)
            if found is not None:
                return values | found, len(data)
            run_start, run_count = pos, count
        read = table.get(key)
        if read is not None and key > last:
            values[key], pos = read(data, pos + 1, notes)
        elif key <= last and not _is_later_key(data, pos, before, what):
            raise MalformedError(f"{what} has a key twice or out of order")
        elif read is not None:  # another long key with the same first byte
            value, pos = read(data, pos + 1, notes)
            values[key] = values[key] if value is None else value
        else:
            pos = skip_unknown(data, pos, what, notes)
        last, before = key, start
        count -= 1
    if run_count and run is not None and not notes and pos == len(data):
        ours = {key: value for key, value in values.items() if key >= run_from}
        run.keep(data, run_start, run_count, ours)
    return values, pos


def _is_later_key(data: bytes, pos: int, before: int, what: str) -> bool:
    """Whether the key at *pos* comes after the one at *before* in bytewise order."""
    ends = (cbor.read_key(data, start, what)[1] for start in (before, pos))
    first, second = (data[start:end] for start, end in zip((before, pos), ends, strict=True))
    return first < second


def skip_unknown(data: bytes, pos: int, what: str, notes: Notes) -> int:
    """Note the unknown key at *pos*; the position behind its value."""
    key, pos = cbor.read_key(data, pos, what)
    notes.append(f"{what} has the unknown key {brief(key)}")
    return cbor.read_item(data, pos)[1]


def read_array(data: bytes, pos: int, length: int, what: str) -> int:
    """Read the head of an array of *length* items; the position of the first."""
    count, pos = cbor.read_head(data, pos, cbor.ARRAY, what)
    if count != length:
        raise MalformedError(f"{what} is an array of {count} items, expected {length}")
    return pos


def read_ascending(
    data: bytes, pos: int, read: Read, what: str, notes: Notes
) -> tuple[tuple[Any, ...], int]:
    """Read an array whose items stand in strictly ascending order of their encodings."""
    values = []
    before = b""
    count, pos = cbor.read_head(data, pos, cbor.ARRAY, what)
    for _ in range(count):
        start = pos
        value, pos = read(data, pos, notes)
        encoded = data[start:pos]
        if encoded <= before:
            raise MalformedError(f"{what} has an item twice or out of order")
        before = encoded
        values.append(value)
    return tuple(values), pos


def write_fields(chunks: list[bytes]) -> bytes:
    """A map of the keys and values in *chunks*, whose keys are in order."""
    return head(cbor.MAP, len(chunks) // 2) + b"".join(chunks)


def write_ascending(items: list[bytes], what: str) -> bytes:
    """An array of *items* in ascending order."""
    if len(set(items)) < len(items):
        raise MalformedError(f"{what} has an item twice")
    return head(cbor.ARRAY, len(items)) + b"".join(sorted(items))
