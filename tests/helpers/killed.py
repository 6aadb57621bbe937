"""Runs consentsig and kills it before its N-th step that leaves a trace; counts them for N = 0.

Steps are: a file opened to write, linked, renamed, removed, flushed to the disk or changed in
mode, a folder made, a statement of SQLite, a line printed. They are the same in each run, so a
kill always comes at the same place.
"""

import builtins
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_EVENTS = {"os.link", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "shutil.rmtree"}
_CHANGES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Steps:
    """How many there were, and which is the last."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.count = 0

    def __call__(self) -> None:
        self.count += 1
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Count what Python tells of."""
        if event in _EVENTS or (event == "open" and arguments[2] & _CHANGES):
            self()

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Count *function* too, of which Python does not tell."""

        def counted(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401  # as the function's
            self()
            return function(*arguments, **options)

        return counted


def main() -> int:
    """Take N, a file for the count, and the arguments of the command."""
    last, counted, *arguments = sys.argv[1:]
    sys.argv[1:] = arguments
    steps = Steps(int(last))
    from consentsig.cli import main as command

    class Connection(sqlite3.Connection):
        execute = steps.around(sqlite3.Connection.execute)
        executemany = steps.around(sqlite3.Connection.executemany)

    connect: Any = sqlite3.connect

    def connect_counted(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401  # as the function's
        in_memory = arguments[0] == ":memory:"
        return connect(*arguments, **options, **({} if in_memory else {"factory": Connection}))

    sqlite3.connect = connect_counted
    os.fsync = steps.around(os.fsync)
    builtins.print = steps.around(builtins.print)
    sys.addaudithook(steps.hook)
    status = command()
    Path(counted).write_text(str(steps.count))
    return status


if __name__ == "__main__":
    sys.exit(main())
