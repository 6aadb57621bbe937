"""Questions to the person at the terminal: one after the other, passphrases, whether to go on."""

import sys
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Final, Generic, TypeVar

import typer

from consentsig import KeyFileError, PrivateKey
from consentsig.cli.terminal.arguments import MAX_KEY_FILE_LEN
from consentsig.cli.terminal.output import Problem, error, os_error, printable, say
from consentsig.home import files
from consentsig.home.home import Home, Key

_T = TypeVar("_T")
_R = TypeVar("_R")
_YES: Final = ("y", "yes")
_NO: Final = ("n", "no", "stop")
_MAX_PASSPHRASE_LEN = 4096
_FORGOTTEN: Final = (
    "type it exactly as you wrote it down; a backup of the key has the same passphrase",
    "without it this key can sign and revoke nothing; for new contracts: consentsig init --another",
)
_SHORT: Final = 8  # bytes that a computer tries through in hours, for whoever has the key file
_IS_SHORT: Final = "  Anybody who copies the file can find such a short one by trying. Use it?"
_TRIES = 3  # a slip of the finger must not cost all the answers before


def is_possible() -> bool:
    """Whether somebody can answer."""
    return sys.stdin.isatty()


def typed(question: str) -> str:
    """What somebody types, without spaces around it.

    Raises:
        typer.Abort: The input ended, as when the terminal was closed.
    """
    # On standard error, since standard output holds the result.
    print(printable(question), end=" ", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        print(file=sys.stderr)
        raise typer.Abort
    return line.strip()


class Back(Exception):  # noqa: N818  # it is no error: somebody wants to see the question before
    """The person wants to return to the question before."""


class AskAgain(Exception):  # noqa: N818  # as above
    """Something was explained, and the question is asked again."""


class _Trail:
    """What somebody typed at the questions of one step, to be offered if they are asked again.

    A question is known again by its words and its place among the questions of the step.
    """

    def __init__(self) -> None:
        self._typed: list[tuple[str, str]] = []
        self._place = 0

    def begin(self) -> None:
        self._place = 0

    def before(self, question: str) -> str:
        """What was typed at this question; nothing, if it was not asked."""
        return self._typed[self._place][1] if self._is_known(question) else ""

    def keep(self, question: str, answer: str) -> None:
        """Note an answer; what followed another question is forgotten."""
        end = self._place + 1 if self._is_known(question) else None
        self._typed[self._place : end] = [(question, answer)]
        self._place += 1

    def _is_known(self, question: str) -> bool:
        return self._place < len(self._typed) and self._typed[self._place][0] == question

    def back(self) -> None:
        self._place = max(0, self._place - 1)


_TRAIL: Final[ContextVar[_Trail | None]] = ContextVar("_TRAIL", default=None)
_NOTHING: Final = "-"  # typed where Enter would repeat the answer from before


def until(question: str, understand: Callable[[str], _T], *, otherwise: str = "") -> _T:
    """What somebody answers, asked again until it is understood.

    Where :class:`Conversation` asks it once more, Enter repeats the answer from before.

    Args:
        question: The question.
        understand: Takes the answer, or raises what does not work.
        otherwise: What Enter alone means, in words, if it is an answer.

    Raises:
        Back: The answer is ``back``.
    """
    trail = _TRAIL.get() or _Trail()
    while True:
        before = trail.before(question)
        answer = typed(_offering(question, before, otherwise)) or before
        if otherwise and before and answer == _NOTHING:
            answer = ""
        inner = _TRAIL.set(None)  # what is asked about the answer is no question of its own
        try:
            meant = _understood(answer, understand)
        except Back:
            trail.back()
            raise
        except AskAgain:
            continue
        except (Problem, KeyFileError) as problem:
            say(f"  That does not work: {problem}.")
        except OSError as problem:
            say(f"  That does not work: {os_error(problem)}.")
        else:
            trail.keep(question, answer)
            return meant
        finally:
            _TRAIL.reset(inner)


def _understood(answer: str, understand: Callable[[str], _T]) -> _T:
    if answer.lower() == "back":
        raise Back
    return understand(answer)


def _offering(question: str, before: str, otherwise: str) -> str:
    """The *question* with what Enter means."""
    if not before:
        return f"{question.removesuffix(':')}, or Enter {otherwise}:" if otherwise else question
    offer = f"Enter for {before}{f', {_NOTHING} for nothing' if otherwise else ''}"
    if question.endswith(")"):
        return f"{question[:-1]}; {offer})"
    return f"{question.removesuffix(':')} ({offer}):"


def yes_or_no(question: str) -> bool:
    """What somebody answers; Enter alone is no answer, unless it repeats one."""
    return until(f"{question} (yes or no)", _is_yes)


def _is_yes(answer: str) -> bool:
    if answer.lower() not in (*_YES, *_NO):
        raise Problem("yes or no is expected")
    return answer.lower() in _YES


def followed(question: Callable[[], _T], then: Callable[[_T], _R]) -> _R:
    """What *then* makes of the answer to *question*, which ``back`` in it asks again."""
    while True:
        answer = question()
        try:
            return then(answer)
        except Back:
            continue


class Conversation(Generic[_T]):
    """Questions one after the other, of which ``back`` repeats the last that was asked.

    Args:
        steps: Each takes the answers so far and adds its own; None if it had nothing to ask.
        known: What is known before.
    """

    def __init__(self, steps: Sequence[Callable[[_T], _T | None]], known: _T) -> None:
        self._steps = steps
        self._answers = known
        self._place = 0
        self._asked: list[tuple[int, _T]] = []
        self._trails = [_Trail() for _ in steps]

    @property
    def can_return(self) -> bool:
        """Whether there is a question to return to."""
        return bool(self._asked)

    def answers(self) -> _T:
        """The answers to all questions, those that are open asked first."""
        while self._place < len(self._steps):
            try:
                new = self._ask()
            except Back:
                self._return()
                continue
            if new is not None:
                self._asked.append((self._place, self._answers))
                self._answers = new
            self._place += 1
        return self._answers

    @property
    def so_far(self) -> _T:
        """What is known and was answered before the question that is open."""
        return self._answers

    def _ask(self) -> _T | None:
        self._trails[self._place].begin()
        outer = _TRAIL.set(self._trails[self._place])
        try:
            return self._steps[self._place](self._answers)
        finally:
            _TRAIL.reset(outer)

    def concluded(self, end: Callable[[_T], _R]) -> tuple[_T, _R]:
        """The answers, and what *end* makes of them; ``back`` in it asks the last one again."""
        while True:
            answers = self.answers()
            try:
                return answers, end(answers)
            except Back:
                self._return()

    def _return(self) -> None:
        if self._asked:
            self._place, self._answers = self._asked.pop()


def check_can_confirm(*, yes: bool) -> None:
    """Refuse early what nobody could confirm later."""
    if not yes and not is_possible():
        raise Problem(
            "nobody can be asked to confirm, since standard input is no terminal",
            "add --yes if you have read what is done",
        )


def confirmed(question: str, words: str, *, yes: bool, can_return: bool = False) -> bool:
    """Whether to go on: *yes* was written, or somebody types *words*; only ``no`` ends it.

    Raises:
        Back: The answer is ``back``, and there is a question to return to.
    """
    back = ", back to change an answer," if can_return else ","
    while not yes:
        answer = typed(f"{question} Type {words} to go on:").lower()
        if answer == words.lower():
            break
        if answer in _NO:
            error("error", "not confirmed, so nothing was done")
            return False
        if can_return and answer == "back":
            raise Back
        say(f"  Nothing has been done yet. Type {words}{back} or no to leave everything as it is.")
    return True


def passphrase_in(file: str) -> bytes:
    """The first line of *file*, which is not empty."""
    first = files.read(file, _MAX_PASSPHRASE_LEN).split(b"\n")[0].rstrip(b"\r")
    if not first:
        raise Problem(f"{file}: the first line is empty, expected a passphrase")
    if len(first) > _MAX_PASSPHRASE_LEN:
        raise Problem(f"{file}: the passphrase is over {_MAX_PASSPHRASE_LEN} bytes")
    return first


def new_passphrase(
    file: str | None, *, none: bool, option: str = "--passphrase-file"
) -> bytes | None:
    """The passphrase that will lock a key; None for none, which somebody must have written.

    *file* is what *option* names.
    """
    if none:
        if file is not None:
            raise Problem(f"{option} and --no-passphrase exclude each other")
        return None
    if file is not None:
        return passphrase_in(file)
    if not is_possible():
        raise Problem(
            "a passphrase is needed to lock the key, and standard input is no terminal",
            f"add {option} FILE, or --no-passphrase if the disk itself is locked",
        )
    return _chosen("Choose a passphrase (it is not shown): ")


def recovery_passphrase(file: str | None, other: bytes | None, *, is_asked: bool) -> bytes | None:
    """The passphrase for the recovery key: that in *file*, the one chosen, or else *other*."""
    if file is not None:
        return passphrase_in(file)
    if not is_asked:
        return other
    say("The same passphrase can lock the recovery key. But if you forget it, both are lost; with")
    say("another one you can still take back what you granted.")
    return _chosen("Another one for the recovery key, or Enter for the same: ", other)


def _is_meant(question: str) -> bool:
    try:
        return yes_or_no(question)
    except Back:  # to the question before, which is what a no leads to as well
        return False


def _chosen(prompt: str, otherwise: bytes | None = None) -> bytes:
    """What somebody types twice alike; *otherwise*, if there is one, for Enter."""
    while True:
        first = _hidden(prompt)
        if not first and otherwise is not None:
            return otherwise
        if not first:
            say("  It is empty. For keys that are not locked, start again with --no-passphrase.")
        elif first.lower() == b"back":
            say("  There is no way back from here; press Ctrl-C to make nothing.")
        elif len(first) < _SHORT and not _is_meant(_IS_SHORT):
            continue
        elif _hidden("The same again: ") != first:
            say("  The two differ. Try again.")
        else:
            return first


def unlock_file(
    path: Path | str, passphrase_file: str | None, called: str | None = None
) -> tuple[PrivateKey, bytes | None]:
    """The private key in *path*, and the passphrase that opened it, if it was locked.

    *called* is what a person knows the file as, if not by its path.
    """
    called = called or str(path)
    data = files.read(path, MAX_KEY_FILE_LEN)
    from consentsig.keyfile import is_locked  # loads the library that reads key files

    is_asked = is_locked(data) and _can_ask(passphrase_file)
    for tries_left in reversed(range(_TRIES if is_asked else 1)):
        passphrase = _passphrase_for(called, passphrase_file) if is_locked(data) else None
        try:
            return PrivateKey.from_pem(data, passphrase), passphrase
        except KeyFileError as error:
            if not tries_left:
                raise Problem(f"{called}: {error}", *(_FORGOTTEN if is_asked else ())) from None
            say(f"{error}; try again.")
    raise AssertionError  # the last try returns or raises


def asks_passphrase(home: Home, key: Key, passphrase_file: str | None) -> bool:
    """Whether :func:`unlock` would have to ask somebody."""
    from consentsig.keyfile import is_locked  # as above

    data = files.read(home.key_file(key.public), MAX_KEY_FILE_LEN)
    return is_locked(data) and _can_ask(passphrase_file)


def _can_ask(passphrase_file: str | None) -> bool:
    return passphrase_file is None and is_possible()


def unlock(home: Home, key: Key, passphrase_file: str | None) -> PrivateKey:
    """The private half of *key*, which lives in *home*."""
    path = home.key_file(key.public)
    private = unlock_file(path, passphrase_file)[0]
    if private.public != key.public:
        raise Problem(f"{path}: holds {private.public!r}, expected {key.public!r}")
    return private


def _passphrase_for(called: str, file: str | None) -> bytes:
    if file is not None:
        return passphrase_in(file)
    if not is_possible():
        raise Problem(
            f"{called}: the key needs a passphrase, and standard input is no terminal",
            "add --passphrase-file FILE",
        )
    return _hidden(f"Passphrase for {called}: ")


def _hidden(prompt: str) -> bytes:
    from getpass import getpass

    # What a terminal cannot decode comes as lone surrogates, and goes back as it came.
    return getpass(printable(prompt)).encode("utf-8", "surrogateescape")
