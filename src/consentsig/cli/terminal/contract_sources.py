"""Where many contracts come from: files, folders, archives and tables, read one at a time."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from consentsig.batch import open_batch
from consentsig.cli.terminal import arguments, output, parquet
from consentsig.cli.terminal.output import Problem
from consentsig.cli.terminal.work_files import BATCH_SUFFIX, SUFFIX
from consentsig.contract import CONTRACT
from consentsig.errors import MalformedError, RefusedError
from consentsig.home import files
from consentsig.oneline import MAX_LINE_LEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ARCHIVES: Final = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")

_PART: Final = 500  # contracts that are asked together
_PART_LEN: Final = 4_194_304  # bytes of contracts after which a part is full


class Source(NamedTuple):
    """A file that should be a contract.

    Attributes:
        name: Where it is: a path; behind a colon the member of an archive, or the row of a table.
        data: Its bytes; empty if it could not be read.
        problem: Why it could not be read.
    """

    name: str
    data: bytes = b""
    problem: str = ""


class Places:
    """Where contracts are. Each kind of place has one function that reads it, below.

    Args:
        paths: Contracts, batch files, folders, tar archives and Parquet files.
        column: The column of the Parquet files that has contracts; it is never guessed.
    """

    def __init__(self, paths: list[str], column: str | None = None) -> None:
        self._paths = paths
        self._column = column

    def check(self) -> None:
        """Refuse what cannot be read at all, before any contract is."""
        for path in self._paths:
            if path == files.STDIN:
                raise Problem("- is standard input, expected files, folders or tar archives")
            if not Path(path).exists():
                raise Problem(f"{path}: there is no such file or folder")
            if path.endswith(parquet.SUFFIX):
                self._check_parquet(path)

    def _check_parquet(self, path: str) -> None:
        if Path(path).is_dir():
            raise Problem(f"{path} is a folder, expected a file", "name the Parquet files in it")
        if self._column is None:
            raise Problem(f"{path}: which column has the contracts?", "--contract-column NAME")
        parquet.check_installed()

    def sources(self) -> Iterator[Source]:
        """Every contract. What cannot be read is given with its problem, and ends nothing.

        Of folders and archives only what is named ``….consent`` is read, in all folders below;
        of folders also the batch files, ``….consents``.
        """
        for path in self._paths:
            if Path(path).is_dir():
                for each in _in_folder(path):
                    yield from _batch(each) if each.endswith(BATCH_SUFFIX) else (_file(each),)
            elif path.endswith(_ARCHIVES):
                yield from _archive(path)
            elif path.endswith(BATCH_SUFFIX):
                yield from _batch(path)
            elif path.endswith(parquet.SUFFIX) and self._column is not None:
                yield from _parquet(path, self._column)
            else:
                yield _file(path)

    def count(self) -> int | None:
        """How many contracts there are, by names and by what files say of themselves.

        None where that cannot be known without reading all of an archive or a batch.
        """
        counts = list(map(_count, self._paths))
        return None if None in counts else sum(filter(None, counts))


def _count(path: str) -> int | None:
    if Path(path).is_dir():
        found = _in_folder(path)
        return None if any(each.endswith(BATCH_SUFFIX) for each in found) else len(found)
    if path.endswith((*_ARCHIVES, BATCH_SUFFIX)):
        return None
    return parquet.rows_of(path) if path.endswith(parquet.SUFFIX) else 1


def in_parts(sources: Iterable[Source]) -> Iterator[list[Source]]:
    """*sources* in parts that are small enough to be in memory."""
    part: list[Source] = []
    size = 0
    for source in sources:
        part.append(source)
        size += len(source.data)
        if len(part) == _PART or size >= _PART_LEN:
            yield part
            part, size = [], 0
    if part:
        yield part


def _in_folder(path: str) -> list[str]:
    suffixes = (SUFFIX, BATCH_SUFFIX)
    return sorted(str(file) for each in suffixes for file in Path(path).rglob(f"*{each}"))


def _file(path: str) -> Source:
    try:
        return Source(path, arguments.contract(path))
    except OSError as error:
        return Source(path, problem=output.os_error(error))
    except MalformedError as error:
        return Source(path, problem=f"{error.code}: {error}")


def _batch(path: str) -> Iterator[Source]:
    """Each contract of a batch file, as it stands alone; behind the colon is its number."""
    try:
        batch = open_batch(arguments.contract_or_batch(path))
    except OSError as error:
        yield Source(path, problem=output.os_error(error))
    except RefusedError as error:
        yield Source(path, problem=f"{error.code}: {error}")
    else:
        for index in range(len(batch)):
            yield Source(f"{path}:{index + 1}", batch.file(index))


def _archive(path: str) -> Iterator[Source]:
    try:
        with tarfile.open(path, "r|*") as tar:  # as a stream: nothing is unpacked to disk
            for member in tar:
                if member.isfile() and member.name.endswith(SUFFIX):
                    file = tar.extractfile(member)
                    name = f"{path}:{member.name}"
                    yield Source(name, file.read(MAX_LINE_LEN + 1) if file else b"")
    except (OSError, tarfile.TarError, EOFError) as error:
        reason = output.os_error(error) if isinstance(error, OSError) else f"{path}: {error}"
        yield Source(path, problem=f"the archive ends here: {reason}")


def _parquet(path: str, column: str) -> Iterator[Source]:
    row = 0
    try:
        for row, cell in enumerate(parquet.cells(path, column, CONTRACT.max_len + 1), 1):
            name = f"{path}:{row}"
            yield Source(name, problem="it is NULL") if cell is None else Source(name, cell)
    except parquet.ParquetError as error:
        where = f"the file ends here, after row {row}: " if row else ""
        yield Source(path, problem=f"{where}{error}")
