"""Parquet files: a column of bytes read in small parts, and rows written until the file is whole.

pyarrow reads and writes them. Few need it, so it is an extra, loaded here alone.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from consentsig.cli.terminal.output import Problem
from consentsig.home import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SUFFIX: Final = ".parquet"
_EXTRA: Final = "pip install 'consentsig[parquet]'"
_READ_AT_ONCE: Final = 20  # rows, of which somebody else may have made the cells large
_WRITTEN_AT_ONCE: Final = 10_000  # rows of ours
_BUFFER_LEN: Final = 1 << 18  # instead of all of a column of a row group


class ParquetError(Exception):
    """A file is no Parquet file, is damaged, or has no such column of bytes."""


def check_installed() -> None:
    """Refuse where pyarrow is missing."""
    from importlib.util import find_spec

    if find_spec("pyarrow") is None:
        raise Problem("Parquet files need pyarrow, not installed here", _EXTRA)


def cells(path: str, column: str, limit: int) -> Iterator[bytes | None]:
    """The cells of a column of bytes, in order; of each at most *limit* bytes, of a NULL None.

    Raises:
        ParquetError: It cannot be read, or not further.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path, buffer_size=_BUFFER_LEN) as file:
            _check_column(file.schema_arrow, column)
            for batch in file.iter_batches(_READ_AT_ONCE, columns=[column]):
                # A column within another can be of the same name, and is read with it.
                for cell in batch.column(batch.schema.names.index(column)):
                    found = cell.as_buffer()
                    yield None if found is None else bytes(memoryview(found)[:limit])
    except (OSError, pa.ArrowException) as error:
        reason = next(iter(str(error).splitlines()), "")
        raise ParquetError(reason or type(error).__name__) from error


def rows_of(path: str) -> int:
    """How many rows there are by the file's own word, which is read without them; 0 if unknown."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return int(parquet.read_metadata(path).num_rows)
    except (OSError, pa.ArrowException):
        return 0


def _check_column(schema: Any, column: str) -> None:  # noqa: ANN401  # pyarrow has no types
    from pyarrow import types

    found = schema.get_all_field_indices(column)
    if len(found) != 1:
        count = f"{len(found)} columns" if found else "no column"
        raise ParquetError(f"it has {count} {column!r}; its columns are {', '.join(schema.names)}")
    kind = schema.field(found[0]).type
    if not (types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind)):
        raise ParquetError(f"its column {column!r} is {kind}, expected binary")


@contextlib.contextmanager
def writer(path: Path, columns: Sequence[str]) -> Iterator[Callable[[dict[str, object]], None]]:
    """A function that adds a row to the file at *path*, which has its name once it is whole.

    A block that is ended from outside, as by Ctrl-C, leaves a file with the rows so far; one that
    fails leaves none. ``permitted`` is a boolean, ``step`` a number, all else text.

    Raises:
        FileExistsError: Something is at *path*; it is left as it is.
    """
    import pyarrow as pa
    from pyarrow import parquet

    kinds = {"permitted": pa.bool_(), "step": pa.int32()}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in columns])
    rows: list[dict[str, object]] = []
    with files.new_file(path) as (file, finish):
        made = parquet.ParquetWriter(file, schema, compression="zstd")

        def write() -> None:
            made.write_table(pa.Table.from_pylist(rows, schema=schema))
            rows.clear()

        def add(row: dict[str, object]) -> None:
            rows.append({name: _text(value) for name, value in row.items()})
            if len(rows) >= _WRITTEN_AT_ONCE:
                write()

        def close() -> None:
            write()
            made.close()
            finish()

        try:
            yield add
        except BaseException as error:
            if not isinstance(error, Exception):
                close()
            raise
        else:
            close()
        finally:
            with contextlib.suppress(Exception):  # what it says after a failure is no news
                made.close()


def _text(value: object) -> object:
    """A value; the name of a file that is no Unicode as it is printed elsewhere."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
