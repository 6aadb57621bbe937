"""``conformance``: whether another verifier gives the right answer to every test vector."""

import shlex
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Final

import typer

from consentsig.cli.terminal import arguments, output
from consentsig.cli.terminal.output import Problem, line
from consentsig.conformance.asking import (
    Answer,
    Outcome,
    ask_each,
    ask_server,
    excuse,
)
from consentsig.conformance.vectors import Vector, Vectors, load

app = arguments.command_app()

_HEADINGS: Final = {
    Outcome.ACCEPTED: "ACCEPTED WHAT MUST BE REFUSED",
    Outcome.NO_ANSWER: "NO ANSWER",
    Outcome.REFUSED: "REFUSED WHAT MUST BE ACCEPTED",
    Outcome.OTHER_CODE: "RIGHTLY REFUSED, WITH ANOTHER CODE",
}
_CONFORMS: Final = {Outcome.PASSED, Outcome.WITHOUT_BATCHES}
_SHOWN: Final = 10  # vectors named under each heading
_LONGEST: Final = 86_400.0  # seconds


@arguments.command(
    app,
    "consentsig conformance --cmd './my-verifier {vector}'",
    "consentsig conformance --server ./my-verifier --only 'status/*'",
)
def conformance(  # noqa: PLR0917  # options, which typer passes by name
    cmd: Annotated[
        str | None,
        typer.Option(
            metavar="COMMAND",
            help="Run this for each vector. {vector} is the path of the question. Without "
            "{vector}, the question is on standard input.",
        ),
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(
            metavar="COMMAND",
            help="Run this once. Each input line is a question, each output line an answer.",
        ),
    ] = None,
    vectors: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Use these test vectors instead of the built-in ones."),
    ] = None,
    only: Annotated[
        str,
        typer.Option(
            metavar="PATTERN", help="Ask only vectors whose names match, such as 'status/*'."
        ),
    ] = "*",
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", help="The time allowed for an answer.")
    ] = 10,
    batches: Annotated[
        bool,
        typer.Option("--batches", help="A verifier without batches does not conform."),
    ] = False,
    as_json: arguments.Json = False,
    folder: arguments.HomeFolder = None,
) -> int:
    """Check whether another verifier gives the right answer to every test vector.

    The verifier gets each question as JSON and prints the result code on one line, alone or as
    {"result": CODE}. Its exit status does not count. It runs without a shell.
    A verifier without batches is reported as such. Batch files are not asked about.

    Exit status: 0 it conforms, 1 it does not, 2 it could not be asked.
    """
    del folder  # accepted everywhere; nothing is looked up here
    if not 0 < timeout <= _LONGEST:  # which is not so for nan either
        raise Problem(f"--timeout is {timeout:g}, expected more than 0 and at most {_LONGEST:g}")
    known = load(vectors)
    asked = [vector for vector in known.vectors if fnmatchcase(vector.name, only)]
    if not asked:
        raise Problem(f"no vector is called {only!r}, such as {known.vectors[0].name}")
    answers: list[Answer] = []
    for answer in _ask(cmd, server, asked, timeout):
        answers.append(answer)
        if as_json and (batches or not answer.vector.without_batches):
            _tell(answer)
    if not batches:
        answers = excuse(answers)
        for answer in answers:  # what is to be said of one depends on all of them
            if as_json and answer.vector.without_batches:
                _tell(answer)
    (_sum_up if as_json else _report)(answers, known)
    passed = all(answer.outcome in _CONFORMS for answer in answers)
    return output.HOLDS if passed else output.DOES_NOT_HOLD


def _ask(
    cmd: str | None, server: str | None, vectors: list[Vector], timeout: float
) -> Iterator[Answer]:
    if cmd is not None and server is None:
        return ask_each(_words(cmd), vectors, timeout)
    if server is not None and cmd is None:
        return ask_server(_words(server), vectors, timeout)
    raise Problem(
        "name the verifier with either --cmd or --server",
        "consentsig conformance --cmd './my-verifier {vector}'",
    )


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise Problem(f"{command!r} is no command: {str(error).lower()}") from None
    if not words:
        raise Problem("the command is empty")
    return words


def _report(answers: list[Answer], known: Vectors) -> None:
    for outcome, heading in _HEADINGS.items():
        failed = [answer for answer in answers if answer.outcome is outcome]
        if failed:
            line(f"{heading}: {len(failed)}")
            _by_section(failed)
            _by_flag(failed, known.meanings if outcome is Outcome.ACCEPTED else {})
            _by_name(failed)
            line()
    counts = Counter(answer.outcome for answer in answers)
    without = counts[Outcome.WITHOUT_BATCHES]
    about = output.count(len(answers) - without, "vector")
    if without:
        line(
            f"Without batches: {output.count(without, 'vector')} refused, as such a verifier must."
        )
    line(f"{counts[Outcome.PASSED]} of {about} passed.")


def _by_section(failed: list[Answer]) -> None:
    sections = Counter(answer.vector.spec for answer in failed).most_common()
    line("  Sections: " + ", ".join(f"{spec} ({n})" for spec, n in sections))


def _by_flag(failed: list[Answer], meanings: dict[str, str]) -> None:
    """The flags; what one means is said where it is what happened, a wrong yes."""
    flags = Counter(flag for answer in failed for flag in answer.flags).most_common()
    if not meanings:
        line("  Flags: " + ", ".join(f"{flag} ({n})" for flag, n in flags))
        return
    line("  Flags:")
    for flag, n in flags:
        line(f"    {n:>4}  {flag}: {meanings.get(flag, 'not explained')}")


def _by_name(failed: list[Answer]) -> None:
    line("  Vectors:")
    for answer in failed[:_SHOWN]:
        vector = answer.vector
        line(f"    {vector.name}: expected {vector.expect}, got {answer.code or answer.instead}")
    if len(failed) > _SHOWN:
        line(f"    and {len(failed) - _SHOWN} more, which --json names")


def _tell(answer: Answer) -> None:
    vector = answer.vector
    output.json_line({
        "vector": vector.name,
        "outcome": answer.outcome.value,
        "expected": vector.expect,
        "result": answer.code,
        "instead": answer.instead or None,
        "spec": vector.spec,
        "flags": list(answer.flags),
    })  # fmt: skip


def _sum_up(answers: list[Answer], known: Vectors) -> None:
    failed = [answer for answer in answers if answer.outcome not in _CONFORMS]
    counts = Counter(answer.outcome for answer in answers)
    flags = Counter(flag for answer in failed for flag in answer.flags)
    output.json_line({
        "vectors": len(answers),
        **{outcome.value: counts[outcome] for outcome in Outcome},
        "by_section": Counter(answer.vector.spec for answer in failed),
        "by_flag": flags,
        "meanings": {flag: known.meanings.get(flag) for flag in flags},
    })  # fmt: skip
