"""The command line run inside this process, with all that a process of its own would be given."""

import contextlib
import os
import sys
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper
from pathlib import Path
from unittest import mock

import pytest

from consentsig.cli import app
from consentsig.cli.terminal import output


def run(
    arguments: list[str], folder: Path, environment: dict[str, str], stdin: bytes
) -> tuple[int, bytes, bytes]:
    """The exit status of one command, and the bytes of its standard output and standard error."""
    out, err = BytesIO(), BytesIO()
    with surroundings(folder, environment), streams(stdin, out, err):
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
