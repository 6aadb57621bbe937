"""DuckDB and pyarrow, as the gate uses them: within limits, and with one kind of error."""

from __future__ import annotations

import contextlib
import re
import shutil
from typing import TYPE_CHECKING, Any, Final

from consentsig.errors import ConsentsigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_EXTRA: Final = "pip install 'consentsig[gate]'"
_MEMORY: Final = re.compile(r"[1-9][0-9]{0,5}(MB|GB)")
MEMORY: Final = "1GB"  # what DuckDB may use before it writes to the disk
ROW_GROUP: Final = 65_536


class GateError(ConsentsigError):
    """The gate cannot ask: a file is damaged, a column is missing, an engine failed."""


def check_installed() -> None:
    """Refuse where the extra is missing.

    Raises:
        GateError: It says how to install it.
    """
    from importlib.util import find_spec

    if find_spec("duckdb") is None or find_spec("pyarrow") is None:
        raise GateError(f"the gate needs duckdb and pyarrow, not installed here: {_EXTRA}")


@contextlib.contextmanager
def connected(work: Path, memory: str = MEMORY) -> Iterator[Any]:
    """A connection to a database in memory, which may use the folder *work* beyond *memory*.

    Raises:
        GateError: *memory* is no size, or anything fails in DuckDB or pyarrow.
    """
    check_installed()
    if not _MEMORY.fullmatch(memory):
        raise GateError(f"the memory is {memory!r}, expected such as 512MB or 2GB")
    import duckdb

    with told_errors():
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory,
            "temp_directory": str(work / "spilled"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        connection = duckdb.connect(":memory:", config=settings)
        try:
            yield connection
        finally:
            connection.close()
            shutil.rmtree(work / "spilled", ignore_errors=True)


@contextlib.contextmanager
def told_errors() -> Iterator[None]:
    """Turn what DuckDB and pyarrow raise into a :class:`GateError` of one line."""
    import duckdb
    import pyarrow as pa

    try:
        yield
    except (duckdb.Error, pa.ArrowException) as error:
        raise GateError(reason(error)) from error


def reason(error: Exception) -> str:
    """The first line of what an engine says."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__


def in_groups(batches: Iterable[Any], schema: Any) -> Iterator[Any]:  # noqa: ANN401  # pyarrow has no types
    """The rows of *batches* as tables of a fixed length, so that a file depends on rows alone."""
    import pyarrow as pa

    held: list[Any] = []
    count = 0
    for batch in batches:
        held.append(pa.Table.from_batches([batch]).cast(schema))
        count += batch.num_rows
        while count >= ROW_GROUP:
            table = pa.concat_tables(held)
            yield table.slice(0, ROW_GROUP)
            held = [table.slice(ROW_GROUP)]
            count -= ROW_GROUP
    if count:
        yield pa.concat_tables(held)


def write(path: Path, batches: Iterable[Any], schema: Any) -> int:  # noqa: ANN401  # as above
    """Write rows to a new Parquet file, which then outlasts a power failure; their number."""
    from pyarrow import parquet

    from consentsig.home import files

    count = 0
    with path.open("xb") as file:
        with parquet.ParquetWriter(file, schema, compression="zstd") as made:
            for table in in_groups(batches, schema):
                made.write_table(table, row_group_size=ROW_GROUP)
                count += table.num_rows
        files.keep(file)
    return count


def as_text(text: str) -> str:
    """*text*; the name of a file that is no Unicode with its bytes spelled out."""
    return text.encode("utf-8", "backslashreplace").decode()
