"""Another verifier against the test vectors: each is asked, and each answer judged.

The verifier gets the question of a vector without the answer. A yes where a no is right is
the worst that can happen, so it is told apart from every other mistake.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NamedTuple

from consentsig.conformance.programs import Said, Server, once, shown
from consentsig.conformance.vectors import Vector
from consentsig.errors import ResultCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

PLACE: Final = "{vector}"  # in a command, for the path of the question
MAX_TIMEOUTS: Final = 10  # after these nobody waits any longer
# How much each permits; every other code permits nothing.
_YES: Final[dict[str, int]] = {ResultCode.VALID: 2, ResultCode.AUTHENTIC: 1}


class Outcome(Enum):
    """How an answer compares with the right one, the worst first."""

    ACCEPTED = "accepted"
    NO_ANSWER = "no-answer"
    REFUSED = "refused"
    OTHER_CODE = "other-code"
    WITHOUT_BATCHES = "without-batches"
    PASSED = "passed"


class Answer(NamedTuple):
    """What a verifier answered to a vector.

    Attributes:
        vector: The vector.
        code: The code it gave, if it gave one.
        instead: What was seen in place of a code.
        excused: Whether it is that of a verifier without batches, which it may be.
    """

    vector: Vector
    code: str | None
    instead: str = ""
    excused: bool = False

    @property
    def outcome(self) -> Outcome:
        """The answer beside the right one."""
        if self.code is None:
            return Outcome.NO_ANSWER
        if self.excused:
            return Outcome.WITHOUT_BATCHES
        right, given = _YES.get(self.vector.expect, 0), _YES.get(self.code, 0)
        if given != right:
            return Outcome.ACCEPTED if given > right else Outcome.REFUSED
        return Outcome.PASSED if self.code == self.vector.expect else Outcome.OTHER_CODE

    @property
    def flags(self) -> tuple[str, ...]:
        """What kind of bug the answer is; ``valid`` for ``authentic`` is one whatever was asked."""
        if (self.vector.expect, self.code) == (ResultCode.AUTHENTIC, ResultCode.VALID):
            return ("not-asked",)
        return self.vector.flags


def excuse(answers: Sequence[Answer]) -> list[Answer]:
    """The *answers*, those about batches excused if all of them are as without batches.

    A verifier may be one without batches (spec §9.1). One that gives any other answer has batches,
    and is judged by what is right.
    """
    about = [answer for answer in answers if answer.vector.without_batches]
    without = all(answer.code == answer.vector.without_batches for answer in about)
    if not without or all(answer.code == answer.vector.expect for answer in about):
        return list(answers)
    return [answer._replace(excused=bool(answer.vector.without_batches)) for answer in answers]


def ask_each(words: Sequence[str], vectors: Iterable[Vector], timeout: float) -> Iterator[Answer]:
    """Start the command *words* for each of *vectors*, as many at once as there are cores.

    Args:
        words: The program and its arguments, :data:`PLACE` standing for the path of a file
            with the question; where it stands nowhere, the question goes to standard input.
        vectors: What is asked.
        timeout: Seconds that one question may take.

    Raises:
        OSError: The command cannot be started.
    """
    with TemporaryDirectory(prefix="consentsig-") as folder:

        def ask(vector: Vector) -> Said:
            if not any(PLACE in word for word in words):
                return once(words, vector.question + "\n", timeout)
            path = Path(folder, f"{vector.name}.json")
            path.parent.mkdir(exist_ok=True)
            path.write_text(vector.question + "\n", "utf-8")
            return once([word.replace(PLACE, str(path)) for word in words], "", timeout)

        patient = _Patient(ask)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            yield from pool.map(patient.answer, vectors)


def ask_server(words: Sequence[str], vectors: Iterable[Vector], timeout: float) -> Iterator[Answer]:
    """Ask one running program all *vectors*; it is started anew when it did not answer.

    Raises:
        OSError: The program cannot be started.
    """
    server = Server(words, timeout)
    patient = _Patient(lambda vector: server.ask(vector.question))
    try:
        for vector in vectors:
            answer = patient.answer(vector)
            if answer.code is None:
                server.end()
            yield answer
    finally:
        server.end()


class _Patient:
    """Asks, until it has waited in vain too often."""

    def __init__(self, ask: Callable[[Vector], Said]) -> None:
        self._ask = ask
        self._timeouts = 0

    def answer(self, vector: Vector) -> Answer:
        """The answer to *vector*, which is no answer if it is no longer asked."""
        if self._timeouts >= MAX_TIMEOUTS:
            return Answer(vector, None, f"not asked, after {MAX_TIMEOUTS} waits in vain")
        said = self._ask(vector)
        self._timeouts += not said.in_time
        if said.line is None:
            return Answer(vector, None, said.instead)
        code = _code(said.line, vector.name)
        return Answer(vector, code, "" if code else f"no code: {shown(said.line.encode())}")


def _code(line: str, name: str) -> str | None:
    """The result code in *line*: the bare code, or an object with it."""
    if line.startswith("{"):
        try:
            answer: dict[str, object] = json.loads(line)
        except (ValueError, RecursionError):
            return None
        # A server may say which question it answers, so that losing count cannot go unseen.
        if answer.get("name", name) != name:
            return None
        line = str(answer.get("result"))
    return line if line in set(ResultCode) else None
