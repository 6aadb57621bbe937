"""What commands print: results on standard output, all else on standard error."""

from __future__ import annotations

import re
import shlex
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from consentsig.errors import utc

if TYPE_CHECKING:
    from consentsig.keys import PublicKey

HOLDS, DOES_NOT_HOLD, NOT_ASKED = 0, 1, 2  # exit statuses
FAULT: Final = 70  # EX_SOFTWARE of sysexits.h; Python's own 1 would read as "it does not hold"
_STYLES: Final = {"warning": "yellow", "note": ""}
_ONE_DAY: Final = timedelta(days=1)
# Letters and signs without a picture. Terminals do not agree on how wide they are.
_BLANKS: Final = set("\u115f\u1160\u2800\u3164\uffa0")
_NARROWEST: Final = 20  # columns
_BEGINNING: Final = re.compile(r" *([0-9]+  )?")  # what is before an answer of several
_HANGING: Final = 4  # columns; no line begins so much deeper than another
# A command that is shown: alone in its line, or after a colon.
_COMMAND: Final = re.compile(r"(^|(?<=: ))consentsig (?!--home )")

home: str | None = None  # what --home said, as a shell reads it


class Problem(Exception):  # noqa: N818  # it is one: the command cannot be carried out as asked
    """Why a command cannot be carried out, and commands that lead on."""

    def __init__(self, message: str, *hints: str) -> None:
        super().__init__(message)
        self.hints = hints


def line(text: str = "") -> None:
    """Print a line of the result."""
    print(_laid_out(text, sys.stdout))


def say(text: str = "") -> None:
    """Print a line that is no result: what a person is told or asked on the way."""
    print(_laid_out(text, sys.stderr), file=sys.stderr)


def _laid_out(text: str, file: TextIO) -> str:
    """*text* as it is printed, on a terminal with its lines broken between words."""
    text = printable(text)
    if text.startswith("  consentsig ") or not file.isatty():
        return text  # a command is there to be copied
    return "\n".join(broken(text, keeps_words=True))


def broken(text: str, *, keeps_words: bool = False) -> list[str]:
    """*text* in lines that fit the terminal, all but the first deeper than any line begins.

    Of a numbered answer, the text continues below itself, behind the number, where no line begins.
    So no text of somebody else that continues in the next line can pose as a line of its own.

    Args:
        text: Printable text.
        keeps_words: Whether long words stay whole, to be copied, if they are ASCII; in others
            something could look like a space.
    """
    from shutil import get_terminal_size
    from textwrap import wrap

    columns = max(get_terminal_size().columns, _NARROWEST)
    begins = _BEGINNING.match(text)
    start = len(begins[0]) if begins else 0
    is_numbered = begins is not None and begins[1] is not None
    hanging = " " * (start if is_numbered else start + _HANGING)
    if text.isascii():
        return wrap(
            *(text, columns),
            subsequent_indent=hanging,
            break_long_words=not keeps_words,
            break_on_hyphens=False,
        )
    first = _folded(text[start:], columns - start)[0]
    rest = text[start + len(first) :].strip()
    below = _folded(rest, columns - len(hanging)) if rest else []
    return [text[:start] + first, *(hanging + each for each in below)]


def _folded(text: str, columns: int) -> list[str]:
    """*text* in lines of so many columns, of which some letters take two."""
    from rich.console import Console
    from rich.text import Text

    wrapped = Text(text).wrap(Console(), max(columns, _NARROWEST), overflow="fold")
    return [each.plain.rstrip() for each in wrapped]  # rich leaves the space at the break


def command(text: str) -> str:
    """A command that leads on, as a line to be copied."""
    return f"  {_in_this_home(text)}"


def _in_this_home(text: str) -> str:
    """*text* with ``--home`` in the command it names, where this run was told the folder."""
    return text if home is None else _COMMAND.sub(lambda found: f"{found[0]}--home {home} ", text)


def json_line(values: dict[str, object]) -> None:
    """Print one object on one line."""
    import json

    print(json.dumps(values))  # ASCII, so that no terminal or locale can spoil it


def error(what: str, message: str) -> None:
    """Say what went wrong: a result code of spec §6, or ``error``. On a terminal in colour."""
    if what == "hint":
        message = _in_this_home(message)
    text = f"consentsig: {what}: {message}"
    if what == "hint" or not sys.stderr.isatty():
        print(printable(text), file=sys.stderr)  # a hint can be a command, to be copied whole
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False)
    for each in broken(printable(text), keeps_words=True):
        console.print(Text(each, style=_STYLES.get(what, "bold red")), soft_wrap=True)


def warning(message: str) -> None:
    """Say what may be wrong."""
    error("warning", message)


def hint(*hints: str) -> None:
    """Say what to do next, each as one line."""
    for each in hints:
        error("hint", each)


def printable(text: str) -> str:
    """*text* as one line: escaped is what could move the cursor, or look like spaces."""
    if text.isprintable() and not _BLANKS & set(text):
        return text
    return "".join(
        char
        if char.isprintable() and char not in _BLANKS
        else char.encode("unicode_escape", "surrogatepass").decode()
        for char in text
    )


def os_error(error: OSError) -> str:
    """An error of the operating system, the path first."""
    reason = (error.strerror or str(error)).lower()
    return f"{error.filename}: {reason}" if error.filename else reason


def os_hints(error: OSError) -> list[str]:
    """What to do about an error of the operating system."""
    match error:
        case FileNotFoundError() if error.filename and not str(error.filename).startswith("/"):
            return [f"the path is looked up from {Path.cwd()}"]
        case PermissionError() if error.filename:
            return [f"ls -ld {shlex.quote(str(error.filename))}"]
        case NotADirectoryError() if (
            error.filename and (batch := Path(error.filename).parent).suffix == ".consents"
        ):
            return [
                f"to get it out of the batch: consentsig batch split {shell(batch)} --out FOLDER"
            ]
        case IsADirectoryError():
            return ["name a file, not a folder"]
    return []


def iso(at: datetime) -> str:
    """An instant for programs, such as ``2026-01-01T00:00:00Z``."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def last_day(expires: datetime) -> str:
    """Until when something holds that ends at *expires*: a whole day, if it ends at midnight."""
    return f"the end of {day(expires)} (UTC)" if _is_midnight(expires) else utc(expires)


def day(expires: datetime) -> str:
    """The same where a heading says that it is a last day."""
    return f"{expires - _ONE_DAY:%Y-%m-%d}" if _is_midnight(expires) else utc(expires)


def _is_midnight(at: datetime) -> bool:
    return at.hour == at.minute == at.second == 0


def count(n: int, unit: str) -> str:
    """A number of things, such as ``1 day`` or ``2 days``."""
    return f"{n} {unit}" if n == 1 else f"{n} {unit}s"


def age(age: timedelta) -> str:
    """How long ago something was, such as ``3 days ago``."""
    if age < timedelta(0):
        return "which is later than this computer's clock"
    if age.days:
        return f"{count(age.days, 'day')} ago"
    minutes = age.seconds // 60
    return (
        f"{count(minutes // 60, 'hour')} ago"
        if minutes >= 60
        else f"{count(minutes, 'minute')} ago"
    )


def shell(path: object) -> str:
    """A path as a shell reads it, for commands that can be pasted."""
    return shlex.quote(str(path))


def trust_line(key: PublicKey, name: str | None) -> str:
    """The command by which somebody says that they believe *key*."""
    return f"consentsig trust add {key.to_did_key()} --name {shlex.quote(name or 'NAME')}"
