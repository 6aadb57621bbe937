"""Programs of other people that are asked a line and answer a line; none is trusted to behave.

What a program prints is read up to a limit, how long it may take is limited too, and it is
ended together with what it started. :func:`once` starts one for a single question, a
:class:`Server` is one that answers many.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import time
from threading import Thread
from typing import TYPE_CHECKING, Final, NamedTuple

from consentsig.errors import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_LINE_LEN: Final = 65_536
_MAX_WAITING: Final = 8  # pieces that nobody has taken; after these nothing more is read
_GRACE: Final = 1.0  # seconds for what a program that ended has left in its pipes
_SHOWN_LEN: Final = 120


class Said(NamedTuple):
    """What came of a question.

    Attributes:
        line: The one line that was printed, where it was one.
        instead: What was seen in place of it, for people.
        in_time: Whether it came in time.
    """

    line: str | None
    instead: str = ""
    in_time: bool = True


class _Program:
    """One running program."""

    def __init__(self, words: Sequence[str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # the user's own command, and no shell
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # a group of its own, to be ended as one
        )
        self._pieces: queue.Queue[bytes | None] = queue.Queue()
        self._last_words = b""
        self._readers = [_start(self._read), _start(self._listen)]
        self._writer: Thread | None = None

    def send(self, text: str, *, is_last: bool) -> None:
        """Hand *text* over, without waiting until it is read."""
        self._writer = _start(lambda: self._write(text.encode(), is_last=is_last))

    def piece(self, deadline: float) -> bytes | None:
        """What it printed next: a line, or more if more came at once; None at the end.

        Raises:
            queue.Empty: There is none at *deadline*, by ``time.monotonic``.
        """
        return self._pieces.get(timeout=max(0.0, deadline - time.monotonic()))

    @property
    def has_more(self) -> bool:
        """Whether something is waiting, or the output has ended."""
        return not self._pieces.empty()

    def wait(self, deadline: float) -> int:
        """Its exit status, negative where a signal ended it.

        Raises:
            subprocess.TimeoutExpired: It still runs at *deadline*.
        """
        return self._process.wait(max(0.0, deadline - time.monotonic()))

    def end(self) -> None:
        """Kill it, and what it started."""
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):  # none is left
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()
        self._process.wait()
        self._hang_up()

    def _hang_up(self) -> None:
        if self._writer is not None:
            self._writer.join(_GRACE)
            if self._writer.is_alive():  # something that left the group holds the other end
                return
        self._close_stdin()

    def how_it_ended(self) -> str:
        """Its exit status or signal, and the last line on its standard error."""
        try:
            status = self.wait(time.monotonic() + _GRACE)
        except subprocess.TimeoutExpired:
            return "closed its output"
        for reader in self._readers:
            reader.join(_GRACE)
        last = f", its last words {shown(self._last_words)}" if self._last_words else ""
        return (f"ended by signal {-status}" if status < 0 else f"exit status {status}") + last

    def _read(self) -> None:
        assert self._process.stdout  # noqa: S101  # it is a pipe
        data = b""
        with self._process.stdout as stream:
            while self._pieces.qsize() < _MAX_WAITING and (
                more := os.read(stream.fileno(), MAX_LINE_LEN)
            ):
                data += more
                if b"\n" in data or len(data) > MAX_LINE_LEN:
                    self._pieces.put(data)
                    data = b""
        if data:
            self._pieces.put(data)
        self._pieces.put(None)

    def _listen(self) -> None:
        assert self._process.stderr  # noqa: S101  # it is a pipe
        with self._process.stderr as stream:
            while line := stream.readline(MAX_LINE_LEN):
                self._last_words = line.strip() or self._last_words

    def _write(self, data: bytes, *, is_last: bool) -> None:
        assert self._process.stdin  # noqa: S101  # it is a pipe
        # Who does not read the question may answer it all the same, and is judged by that.
        with contextlib.suppress(OSError):
            self._process.stdin.write(data)
            self._process.stdin.flush()
        if is_last:
            self._close_stdin()

    def _close_stdin(self) -> None:
        assert self._process.stdin  # noqa: S101  # it is a pipe
        with contextlib.suppress(OSError):  # what was never read is lost
            self._process.stdin.close()


def once(words: Sequence[str], question: str, timeout: float) -> Said:
    """Start the program, hand it *question*, and take what it prints until it ends.

    Raises:
        OSError: It cannot be started.
    """
    deadline = time.monotonic() + timeout
    program = _Program(words)
    try:
        program.send(question, is_last=True)
        data = b""
        while len(data) <= MAX_LINE_LEN and (piece := program.piece(deadline)) is not None:
            data += piece
        said = _said(data)
        if said.line is not None and (program.wait(deadline) < 0 or not data):
            said = Said(None, f"no answer: {program.how_it_ended()}")
    except (queue.Empty, subprocess.TimeoutExpired):
        return _too_long(timeout)
    else:
        return said
    finally:
        program.end()


class Server:
    """A program that answers one question after another, started when it is first asked."""

    def __init__(self, words: Sequence[str], timeout: float) -> None:
        self._words = words
        self._timeout = timeout
        self._program: _Program | None = None

    def ask(self, question: str) -> Said:
        """Hand over *question* as a line and take the next line.

        Whoever finds that the line is no answer calls :meth:`end`, since a server that has
        lost count would answer each question with the line for another.

        Raises:
            OSError: It cannot be started.
        """
        if self._program is None:
            self._program = _Program(self._words)
        said = self._ask(self._program, question)
        if said.line is None:
            self.end()
        return said

    def _ask(self, program: _Program, question: str) -> Said:
        deadline = time.monotonic() + self._timeout
        unasked = program.has_more
        try:
            if not unasked:
                program.send(question + "\n", is_last=False)
            piece = program.piece(deadline)
        except queue.Empty:
            return _too_long(self._timeout)
        if piece is None:
            return Said(None, f"no answer: {program.how_it_ended()}")
        if unasked:
            return Said(None, f"an answer before the question: {shown(piece)}")
        return _said(piece)

    def end(self) -> None:
        """End the program; the next question starts it anew."""
        if self._program is not None:
            self._program.end()
            self._program = None


def shown(data: bytes) -> str:
    """What a program printed, short and in quotes."""
    return quoted(_text(data)[:_SHOWN_LEN])


def _said(data: bytes) -> Said:
    text = _text(data)
    if len(data) > MAX_LINE_LEN:
        return Said(None, f"more than {MAX_LINE_LEN} bytes: {shown(data)}")
    if "\n" in text:
        return Said(None, f"more than one line: {shown(data)}")
    return Said(text)


def _text(data: bytes) -> str:
    return data.decode(errors="backslashreplace").strip()


def _too_long(timeout: float) -> Said:
    return Said(None, f"no answer within {timeout:g} s", in_time=False)


def _start(work: Callable[[], None]) -> Thread:
    thread = Thread(target=work, daemon=True)
    thread.start()
    return thread
