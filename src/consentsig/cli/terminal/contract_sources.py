"""Where many contracts come from: files, folders and tar archives, read one at a time."""

from __future__ import annotations

import tarfile
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from consentsig.cli.terminal import arguments, output
from consentsig.cli.terminal.work_files import SUFFIX
from consentsig.errors import MalformedError
from consentsig.oneline import MAX_LINE_LEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from consentsig.evidence import Answer


class Source(NamedTuple):
    """A file that should be a contract.

    Attributes:
        name: Where it is: a path, and in an archive the name of the member behind a colon.
        data: Its bytes; empty if it could not be read.
        problem: Why it could not be read.
    """

    name: str
    data: bytes = b""
    problem: str = ""


class Queue:
    """Contracts on their way to a verifier, and the answers on their way back.

    Args:
        paths: As for :func:`sources_in`.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self.given = 0  # how many contracts were read
        self._paths = paths
        self._waiting: deque[Source] = deque()

    def contracts(self) -> Iterator[bytes]:
        """The bytes of each contract that could be read."""
        for source in sources_in(self._paths):
            self._waiting.append(source)
            if not source.problem:
                self.given += 1
                yield source.data

    def with_answers(self, answers: Iterable[Answer]) -> Iterator[tuple[Source, Answer | None]]:
        """Each source with its answer, in order; with none where it could not be read."""
        for answer in answers:
            yield from self._unreadable()
            yield self._waiting.popleft(), answer
        yield from self._unreadable()

    def _unreadable(self) -> Iterator[tuple[Source, None]]:
        while self._waiting and self._waiting[0].problem:
            yield self._waiting.popleft(), None


def sources_in(paths: Iterable[str]) -> Iterator[Source]:
    """Every contract in *paths*. What cannot be read is given with its problem, and ends nothing.

    Of folders and archives only what is named ``….consent`` is read, in all folders below.
    """
    for path in paths:
        if Path(path).is_dir():
            yield from map(_file, sorted(map(str, Path(path).rglob(f"*{SUFFIX}"))))
        elif path.endswith((".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")):
            yield from _archive(path)
        else:
            yield _file(path)


def _file(path: str) -> Source:
    try:
        return Source(path, arguments.contract(path))
    except OSError as error:
        return Source(path, problem=output.os_error(error))
    except MalformedError as error:
        return Source(path, problem=f"{error.code}: {error}")


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
