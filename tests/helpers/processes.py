"""Processes that tests start: what they inherit, and that none is left."""

import contextlib
import os
import secrets
import signal
from collections.abc import Mapping
from pathlib import Path

_MARK = "CONSENTSIG_TESTS"  # in the environment of whatever tests start
_PROCESSES = Path("/proc")


def let_signals_through() -> None:
    """Let signals end what tests start, also where this run must ignore them.

    A shell has what it starts in the background ignore Ctrl-C, nohup a closed terminal, and
    programs inherit that. They do not inherit a handler, so one that does nothing is put there.
    """
    for name in ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def mark() -> None:
    """Mark what this process starts from now on."""
    os.environ[_MARK] = secrets.token_hex(8)


def unmeasured(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """*environment* for a process that coverage leaves alone: it loads modules of its own."""
    return {name: value for name, value in environment.items() if not name.startswith("COVERAGE")}


def started_by_tests() -> list[str]:
    """The command lines of processes that run and have our mark, where that can be seen."""
    ours = f"{_MARK}={os.environ[_MARK]}\0".encode()
    found = []
    for process in _PROCESSES.glob("[0-9]*"):
        # One may end meanwhile, and some are not ours to see.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            if ours in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().decode().replace("\0", " "))
    return found
