"""The command line run inside this process, with all that a process of its own would be given."""

import contextlib
import os
import sqlite3
import sys
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from consentsig.cli import app
from consentsig.cli.terminal import output


def run(
    arguments: list[str], folder: Path, environment: dict[str, str], stdin: bytes
) -> tuple[int, bytes, bytes]:
    """The exit status of one command, and the bytes of its standard output and standard error."""
    out, err = BytesIO(), BytesIO()
    with surroundings(folder, environment), streams(stdin, out, err), closed_databases():
        sys.argv[1:] = arguments
        status = app.run(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
        return status, out.getvalue(), err.getvalue()


@contextlib.contextmanager
def surroundings(folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """Be in *folder* with exactly *environment*; what a command changes of either is undone."""
    with (
        contextlib.chdir(folder),
        mock.patch.dict(os.environ, environment, clear=True),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(output, "home", None)
        patch.setattr(sys, "argv", ["consentsig"])
        patch.setattr(sys, "excepthook", sys.excepthook)
        yield


@contextlib.contextmanager
def streams(stdin: bytes, out: BytesIO, err: BytesIO) -> Iterator[None]:
    """Replace the standard streams, also those from which a terminal's width would be read."""
    with pytest.MonkeyPatch.context() as patch:
        for name, file in (("stdin", BytesIO(stdin)), ("stdout", out), ("stderr", err)):
            stream = TextIOWrapper(file, "utf-8", write_through=name == "stderr")
            patch.setattr(sys, name, stream)
            patch.setattr(sys, f"__{name}__", stream)
        yield


@contextlib.contextmanager
def closed_databases() -> Iterator[None]:
    """See that each database that is opened is closed; a process would do that when it ends."""
    opened: list[sqlite3.Connection] = []
    connect: Any = sqlite3.connect

    def connect_noted(*arguments: Any, **options: Any) -> sqlite3.Connection:  # noqa: ANN401  # as the function's
        opened.append(connect(*arguments, **options))
        return opened[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", connect_noted)
        yield
    assert not [each for each in opened if is_open(each)], "a database is left open"


def is_open(connection: sqlite3.Connection) -> bool:
    """Whether *connection* was not closed; then it is."""
    try:
        connection.total_changes  # noqa: B018  # raises where it was closed
    except sqlite3.ProgrammingError:
        return False
    connection.close()
    return True
