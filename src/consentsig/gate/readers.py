"""Data sets: a folder of works, Parquet and JSON Lines, read a few rows at a time.

Each row comes with a SHA-256 that was computed here (*recomputed*), or that the data set states of
itself (*declared*), or with the reason why there is none. A row without one is never permitted,
and nothing that is wrong with one row or one file ends the others.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from consentsig.digest import read_chunks
from consentsig.gate.engine import GateError, as_text, reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# What is written of a row beside what it has.
COLUMNS: Final = tuple(
    f"consent_{name}"
    for name in (
        *("result", "step", "reason", "contract_id", "creator", "expires", "as_of", "owed"),
        *("sha256", "hash"),
    )
)
PARQUET, JSON_LINES = ".parquet", ".jsonl"
_HEX: Final = re.compile("[0-9a-fA-F]{64}")
_ROWS_AT_ONCE: Final = 256  # of Parquet, of which somebody else may have made the cells large
_MOST_ROWS: Final = 65_536  # that are decided together
_MOST_BYTES: Final = 1 << 25  # the same
_MAX_LINE_LEN: Final = 1 << 28
_BUFFER_LEN: Final = 1 << 18  # instead of all of a column of a row group


class Columns(NamedTuple):
    """Where a row has its work. At most one is set; neither, for a folder of works.

    Attributes:
        of_hash: The column with the SHA-256, as 64 hexadecimal digits or 32 bytes.
        of_bytes: The column with the work itself; a dot leads into a struct, as in ``image.bytes``.
    """

    of_hash: str | None = None
    of_bytes: str | None = None

    @property
    def name(self) -> str | None:
        """The column."""
        return self.of_hash if self.of_hash is not None else self.of_bytes


class Hashed(NamedTuple):
    """What identifies the work of a row.

    Attributes:
        sha256: Its SHA-256; None if there is none.
        size: The number of its bytes; None if they were not at hand.
        problem: Why there is no SHA-256.
    """

    sha256: bytes | None
    size: int | None = None
    problem: str = ""


class Rows(NamedTuple):
    """Some rows.

    Attributes:
        content: A table of pyarrow, or the lines of JSON Lines.
        hashed: What identifies the work of each.
    """

    content: Any
    hashed: list[Hashed]


class Shard(Protocol):
    """One file of a data set, or a folder of works."""

    name: str  # relative to the data set, for what is written of it
    recomputed: bool  # whether hashes are computed here
    schema: Any  # of its rows; None for JSON Lines

    def rows(self) -> Iterator[Rows]:
        """Its rows, in their order.

        Raises:
            ShardError: It cannot be read, or not further.
        """


class ShardError(Exception):
    """A file of a data set cannot be read, or not further."""


class DataSet(NamedTuple):
    """A data set.

    Attributes:
        shards: Its files.
        not_read: Files in its folder that are no part of it as it was asked about.
    """

    shards: list[Shard]
    not_read: list[str]


def open_data_set(
    path: Path, columns: Columns, is_no_work: Callable[[Path], bool] = lambda _: False
) -> DataSet:
    """The data set at *path*.

    Args:
        path: A folder of works, if *columns* names none; else a Parquet or JSON Lines file, or a
            folder of them.
        columns: Where each row has its work.
        is_no_work: Whether a file in a folder of works is a contract.

    Raises:
        GateError: It is none of these, or which column is meant was not said.
        OSError: It cannot be read.
    """
    if None not in columns:
        raise GateError("a column of hashes and a column of bytes exclude each other")
    is_folder = stat.S_ISDIR(path.stat().st_mode)
    if columns.name is None:
        if not is_folder:
            raise GateError(f"{path}: which column has the works, or their SHA-256?")
        return DataSet([Works(path, is_no_work)], [])
    if not is_folder:
        return DataSet([_shard(path, as_text(path.name), columns, is_named=True)], [])
    shards, not_read = [], []
    for file in _walk(path):
        name = as_text(str(file.relative_to(path)))
        if file.suffix in (PARQUET, JSON_LINES):
            shards.append(_shard(file, name, columns, is_named=False))
        else:
            not_read.append(name)
    return DataSet(shards, not_read)


def _shard(path: Path, name: str, columns: Columns, *, is_named: bool) -> Shard:
    if path.suffix == JSON_LINES:
        return JsonLines(path, name, columns, is_named=is_named)
    if path.suffix == PARQUET:
        return Parquet(path, name, columns, is_named=is_named)
    raise GateError(f"{path}: expected a folder, or a file that ends {PARQUET} or {JSON_LINES}")


def _walk(folder: Path) -> Iterator[Path]:
    """All that is in *folder* and below, in order, but for folders; links are not followed.

    A folder that cannot be listed is given itself.
    """
    hidden: list[Path] = []
    for where, below, names in os.walk(folder, onerror=lambda e: hidden.append(Path(e.filename))):
        below.sort()
        links = [name for name in below if Path(where, name).is_symlink()]
        yield from (Path(where, name) for name in sorted([*links, *names]))
    yield from hidden


# --- a folder of works ---


class Works:
    """A folder in which each file is a work."""

    name = "works.parquet"
    recomputed = True

    def __init__(self, folder: Path, is_no_work: Callable[[Path], bool]) -> None:
        import pyarrow as pa

        self._folder = folder
        self._is_no_work = is_no_work
        self.schema = pa.schema([("path", pa.string())])

    def rows(self) -> Iterator[Rows]:
        """A row for each file, and for each link and whatever else is there."""
        paths: list[str] = []
        hashed: list[Hashed] = []
        for path in _walk(self._folder):
            if found := self._hashed(path):
                paths.append(as_text(str(path.relative_to(self._folder))))
                hashed.append(found)
            if len(paths) == _MOST_ROWS:
                yield self._rows(paths, hashed)
                paths, hashed = [], []
        if paths:
            yield self._rows(paths, hashed)

    def _rows(self, paths: list[str], hashed: list[Hashed]) -> Rows:
        import pyarrow as pa

        return Rows(pa.table({"path": paths}, schema=self.schema), hashed)

    def _hashed(self, path: Path) -> Hashed | None:
        """What identifies the work in *path*; None if it is a contract."""
        try:
            os.fsencode(path).decode()
        except UnicodeDecodeError:
            return Hashed(None, problem="its name is no UTF-8")
        try:
            found = hash_file(path)
            return None if found.sha256 is not None and self._is_no_work(path) else found
        except OSError as error:
            return Hashed(None, problem=f"not read: {(error.strerror or str(error)).lower()}")


def hash_file(path: Path) -> Hashed:
    """The SHA-256 and size of an ordinary file.

    Raises:
        OSError: It cannot be read.
    """
    if stat.S_ISLNK(path.lstat().st_mode):
        return Hashed(None, problem="not read: it is a link")
    # A link or a pipe may have come to its place meanwhile, and opening one could last for ever.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with os.fdopen(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb", buffering=0) as file:
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):
            return Hashed(None, problem="not read: it is no ordinary file")
        digest, size = hashlib.sha256(), 0
        for chunk in read_chunks(file):
            digest.update(chunk)
            size += len(chunk)
        after = os.fstat(file.fileno())
    if size != before.st_size or after.st_mtime_ns != before.st_mtime_ns:
        return Hashed(None, problem="it changed while it was read")
    return Hashed(digest.digest(), size)


# --- Parquet ---


class Parquet:
    """A Parquet file."""

    def __init__(self, path: Path, name: str, columns: Columns, *, is_named: bool) -> None:
        self.name = name
        self._is_named = is_named
        self.recomputed = columns.of_bytes is not None
        self.schema: Any = None  # known once it is opened
        self._path = path
        self._columns = columns

    def rows(self) -> Iterator[Rows]:
        """Its rows; all columns are read, since all are written again."""
        import pyarrow as pa
        from pyarrow import parquet

        try:
            _check_ordinary(self._path, is_named=self._is_named)
            with parquet.ParquetFile(self._path, buffer_size=_BUFFER_LEN) as file:
                self.schema = file.schema_arrow
                place = _place(self.schema, self._columns)
                yield from _gathered(file.iter_batches(_ROWS_AT_ONCE), self.schema, place)
        except (OSError, pa.ArrowException, NotImplementedError) as error:
            raise ShardError(reason(error)) from error


class _Place(NamedTuple):
    """Which column, which fields of it, and how a cell becomes a hash."""

    column: int
    fields: list[str]
    hashed: Callable[[Any], Hashed]


def _place(schema: Any, columns: Columns) -> _Place:  # noqa: ANN401  # pyarrow has no types
    from pyarrow import types

    name = columns.name or ""
    found = [(index, rest) for index, column in enumerate(schema.names)
             if (rest := _rest(name, column)) is not None]  # fmt: skip
    if len(found) != 1:
        count = f"{len(found)} columns" if found else "no column"
        raise ShardError(f"it has {count} {name!r}; its columns are {', '.join(schema.names)}")
    ((index, fields),) = found
    kind = schema.field(index).type
    for field in fields:
        if not types.is_struct(kind) or len(kind.get_all_field_indices(field)) != 1:
            raise ShardError(f"its column {schema.names[index]!r} is {kind}, without {field!r}")
        kind = kind.field(field).type
    is_bytes = types.is_binary(kind) or types.is_large_binary(kind)
    is_text = types.is_string(kind) or types.is_large_string(kind)
    if columns.of_bytes is not None:
        if not (is_bytes or is_text or types.is_fixed_size_binary(kind)):
            raise ShardError(f"its column {name!r} is {kind}, expected binary or text")
        return _Place(index, fields, _of_bytes)
    if is_text:
        return _Place(index, fields, lambda cell: of_digits(cell.as_py()))
    if is_bytes or types.is_fixed_size_binary(kind):
        return _Place(index, fields, lambda cell: _of_hash(cell.as_py()))
    raise ShardError(f"its column {name!r} is {kind}, expected text or binary")


def _rest(name: str, column: str) -> list[str] | None:
    """The fields behind *column* in *name*; None if *name* is not about it."""
    if name == column:
        return []
    return name[len(column) + 1 :].split(".") if name.startswith(f"{column}.") else None


def _gathered(batches: Iterable[Any], schema: Any, place: _Place) -> Iterator[Rows]:  # noqa: ANN401  # as above
    import pyarrow as pa

    held: list[Any] = []
    hashed: list[Hashed] = []
    size = 0
    try:
        for batch in batches:
            hashed += [*map(place.hashed, _cells(batch.column(place.column), place.fields))]
            held.append(batch)
            size += batch.nbytes
            if len(hashed) >= _MOST_ROWS or size >= _MOST_BYTES:
                yield Rows(pa.Table.from_batches(held, schema), hashed)
                held, hashed, size = [], [], 0
    except (OSError, pa.ArrowException):  # the rows before are rows all the same
        if held:
            yield Rows(pa.Table.from_batches(held, schema), hashed)
        raise
    if held:
        yield Rows(pa.Table.from_batches(held, schema), hashed)


def _cells(column: Any, fields: list[str]) -> Any:  # noqa: ANN401  # as above
    from pyarrow import compute

    for field in fields:  # a struct that is NULL has fields that are
        column = compute.struct_field(column, field)
    return column


def _of_bytes(cell: Any) -> Hashed:  # noqa: ANN401  # as above
    if not cell.is_valid:
        return Hashed(None, problem="its work is NULL")
    data = cell.as_buffer()
    return Hashed(hashlib.sha256(memoryview(data)).digest(), data.size)


def _of_hash(value: bytes | None) -> Hashed:
    if value is None:
        return Hashed(None, problem="its hash is NULL")
    if len(value) != 32:
        return Hashed(None, problem=f"its hash is {len(value)} bytes, expected 32")
    return Hashed(value)


def of_digits(value: object) -> Hashed:
    """The SHA-256 written as 64 hexadecimal digits."""
    if value is None:
        return Hashed(None, problem="its hash is NULL")
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        return Hashed(None, problem="its hash is not 64 hexadecimal digits")
    return Hashed(bytes.fromhex(value))


# --- JSON Lines ---


class JsonLines:
    """A file with a JSON object in each line, UTF-8."""

    schema = None

    def __init__(self, path: Path, name: str, columns: Columns, *, is_named: bool) -> None:
        self.name = name
        self._is_named = is_named
        self.recomputed = columns.of_bytes is not None
        self._path = path
        self._columns = columns

    def rows(self) -> Iterator[Rows]:
        """Its lines, but for empty ones."""
        lines: list[str] = []
        hashed: list[Hashed] = []
        size = 0
        try:
            _check_ordinary(self._path, is_named=self._is_named)
            with self._path.open("rb") as file:
                while line := file.readline(_MAX_LINE_LEN + 1):
                    if len(line) > _MAX_LINE_LEN:
                        raise ShardError(f"a line is longer than {_MAX_LINE_LEN} bytes")
                    if not line.strip():
                        continue
                    size += len(line)
                    text, found = self._read(line.strip(b" \t\r\n"))
                    lines.append(text)
                    hashed.append(found)
                    if len(lines) == _MOST_ROWS or size >= _MOST_BYTES:
                        yield Rows(lines, hashed)
                        lines, hashed, size = [], [], 0
        except OSError as error:
            raise ShardError((error.strerror or str(error)).lower()) from error
        if lines:
            yield Rows(lines, hashed)

    def _read(self, line: bytes) -> tuple[str, Hashed]:
        """A line as an object, and what identifies its work."""
        try:
            text = line.decode()
            # Of a name that comes twice, readers take different ones.
            value = json.loads(text, object_pairs_hook=_without_repeats)
        except (ValueError, RecursionError) as error:
            return _as_object(line), Hashed(None, problem=f"no JSON: {reason(error)}")
        if not isinstance(value, dict):
            return _as_object(line), Hashed(None, problem="no JSON object")
        if taken := value.keys() & set(COLUMNS):
            return _as_object(line), Hashed(None, problem=f"it has {min(taken)!r} already")
        return text, self._hashed(value)

    def _hashed(self, value: dict[str, object]) -> Hashed:
        name = self._columns.name or ""
        cell: object = value
        for field in [name] if name in value else name.split("."):
            if not isinstance(cell, dict) or field not in cell:
                return Hashed(None, problem=f"it has no {name!r}")
            cell = cell[field]
        if self._columns.of_hash is not None:
            return of_digits(cell)
        if not isinstance(cell, str):
            return Hashed(None, problem="its work is no text")
        try:
            data = cell.encode()
        except UnicodeEncodeError:
            return Hashed(None, problem="its text is no Unicode")
        return Hashed(hashlib.sha256(data).digest(), len(data))


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    return found


def _as_object(line: bytes) -> str:
    """A line that is no object, within one."""
    return json.dumps({"line": line.decode("utf-8", "backslashreplace")})


def _check_ordinary(path: Path, *, is_named: bool) -> None:
    """Refuse a pipe or a device, and a link unless somebody named it."""
    mode = (path.stat() if is_named else path.lstat()).st_mode
    if not stat.S_ISREG(mode):
        raise ShardError("it is a link or no ordinary file")
