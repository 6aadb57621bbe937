"""Contracts asked in several processes at once; run as a module, this is one of them.

A worker is given the question, then part after part of the contracts as files, and gives back plain
rows. What was verified never crosses: it would have to be verified again.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
from collections import deque
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from consentsig.cli.terminal import check_rows
from consentsig.cli.terminal.check_asking import Asked, Asking, Found
from consentsig.cli.terminal.output import Problem
from consentsig.home.home import Home

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

    from consentsig.cli.terminal.contract_sources import Source

_ALONE: Final = 10  # parts, which take about as long as starting a worker
_MOST: Final = 4  # workers, unless more are wanted: one process prints what all of them find
_MOST_ENDS: Final = 10  # without a result in between
_COMMAND: Final = (sys.executable, "-P", "-m", __name__)  # -P: no module of the current folder
_OWN_GROUP: Final = int(getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0))  # on Windows alone


def found(
    asked: Asked, home: Home, parts: Iterator[list[Source]], workers: int | None
) -> Iterator[Found]:
    """What is found of each of *parts*, in their order.

    Args:
        asked: The question.
        home: The home folder with the lists.
        parts: The contracts; read as far as results are taken, and a few parts more.
        workers: How many processes ask; None for one as long as there are few contracts, then
            one for each core.

    Raises:
        Problem: Workers end again and again.
    """
    if workers is None:
        yield from map(Asking(asked, home).ask, islice(parts, _ALONE))
        workers = min(_cores(), _MOST)
    if workers == 1:
        yield from map(Asking(asked, home).ask, parts)
        return
    with contextlib.closing(_Team(asked, home.folder, workers)) as team:
        yield from team.found(parts)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Team:
    """Workers that take turns, so that each has one part and the order stays."""

    def __init__(self, asked: Asked, home: Path, count: int) -> None:
        self._first = pickle.dumps((asked, home))
        self._count = count
        self._workers: list[_Worker] = []
        self._ends = 0

    def found(self, parts: Iterable[list[Source]]) -> Iterator[Found]:
        busy: deque[tuple[_Worker, list[Source]]] = deque()
        for part in parts:
            if len(busy) < self._count:
                worker, result = _Worker(self._first), None
                self._workers.append(worker)
            else:
                worker, sent = busy.popleft()
                result = self._result(worker, sent)
            worker.send(part)
            busy.append((worker, part))
            if result is not None:
                yield result
        for worker, sent in busy:
            yield self._result(worker, sent)
        for worker in self._workers:
            worker.end()

    def _result(self, worker: _Worker, part: list[Source]) -> Found:
        """What the worker found; if it ended, the contracts are asked one by one by new ones."""
        try:
            result = worker.receive()
        except _EndedError as error:
            self._ends += 1
            if self._ends >= _MOST_ENDS:
                raise Problem(f"{error}, again and again", "try it with --workers 1") from None
            worker.start()
            if len(part) == 1:
                return Found([check_rows.not_asked(part[0]._replace(problem=str(error)))])
            return self._one_by_one(worker, part)
        self._ends = 0
        return result

    def _one_by_one(self, worker: _Worker, part: list[Source]) -> Found:
        results = []
        for source in part:
            worker.send([source])
            results.append(self._result(worker, [source]))
        findings = [finding for result in results for finding in result.findings]
        return Found(findings, next(filter(None, (each.not_remembered for each in results)), None))

    def close(self) -> None:
        for worker in self._workers:
            worker.stop()


class _EndedError(Exception):
    """A worker ended before it answered."""


class _Worker:
    def __init__(self, first: bytes) -> None:
        self._first = first
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # our own program
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0,  # Ctrl-C is for this process alone, which then stops the workers
            creationflags=_OWN_GROUP,
        )
        self._write(self._first)

    def send(self, part: list[Source]) -> None:
        self._write(pickle.dumps(part))

    def _write(self, data: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101  # it is a pipe
        with contextlib.suppress(OSError):  # one that ended is noticed when its answer is read
            self._process.stdin.write(data)
            self._process.stdin.flush()

    def receive(self) -> Found:
        assert self._process.stdout is not None  # noqa: S101  # it is a pipe
        try:
            found = pickle.load(self._process.stdout)  # noqa: S301  # from our own program
        except (EOFError, pickle.UnpicklingError):
            self.stop()
            status = self._process.returncode
            raise _EndedError(f"not checked: the process that did ended with {status}") from None
        if isinstance(found, Exception):
            raise found
        assert isinstance(found, Found)  # noqa: S101  # nothing else is sent
        return found

    def end(self) -> None:
        """Let it end, since there is nothing more to ask."""
        self._process.communicate()

    def stop(self) -> None:
        """End it at once; what it was about to keep is kept whole or not at all."""
        self._process.kill()
        self._process.communicate()


def _work(parts: IO[bytes], results: IO[bytes]) -> None:
    """Ask part after part, until there are no more."""
    asked, folder = pickle.load(parts)  # noqa: S301  # from our own program
    with Home(folder) as home:
        asking = Asking(asked, home)
        while True:
            try:
                part = pickle.load(parts)  # noqa: S301  # as above
            except EOFError:
                return
            try:
                result: Found | Exception = asking.ask(part)
            except Exception as error:  # noqa: BLE001  # for the process that started this one
                result = error
            pickle.dump(result, results)
            results.flush()


if __name__ == "__main__":
    _work(sys.stdin.buffer, sys.stdout.buffer)
