"""Pictures of a terminal for the pages, drawn from real runs of the installed program.

A person is played who reads what stands on the terminal and answers it; the tests of the
pages' commands play the same person. Nothing drawn is kept in the repository: keys are new
each time, so every build draws its own.
"""  # scripts of the documentation, not a package

import io
import os
import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

import pexpect
from rich.ansi import AnsiDecoder
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

COLUMNS: Final = 90
_TIMEOUT: Final = 30  # seconds

PASSPHRASE: Final = "two red boats at dawn"  # noqa: S105  # of keys that are thrown away
# What the person answers, by the words that the question begins with.
ANSWERS: Final = {
    "Your name, as your contracts will give it:": "Ana Liu",
    "Its address, such as https://ana.example/consent-list, or Enter to say it later:": (
        "https://ana.example/consent-list"
    ),
    "Where to put the recovery key": "recovery.pem",
    "The name of the person or company:": "Acme Labs",
    "Their web address or public key:": "acme.example",
    "Their numbers, such as": "2,4",
    "Permit finetune": "yes",
    "Permit evaluate": "yes",
    "The last day, such as": "2066-12-31",
    "Is it free, or is something due?": "2",
    "What is due?": "1",
    "How much": "500 EUR",
    "Is anything else due?": "no",
    "Which one? (1 to 3)": "1",
    "How many days, such as 30?": "30",
    "Which one? (1 to 2)": "1",
    "Their numbers, or Enter": "1,2",
    "Within how many days, such as 60?": "60",
    "Its title, or Enter for none:": "Two red boats",
    "Must a credit line": "yes",
    "The credit line, such as": "Photo: Ana Liu",
    "Type I sign to go on:": "I sign",
    "Type yes to go on:": "yes",
}
_HIDDEN: Final = {
    "Choose a passphrase": PASSPHRASE,
    "The same again:": PASSPHRASE,
    "Another one for the recovery key": "",
    "Passphrase for": PASSPHRASE,
}
# A question is the last on the screen: it ends so, and the program waits.
_QUESTION: Final = re.compile(
    r"(?:{})[^\r\n]*(?<=[:?)]) $".format("|".join(map(re.escape, (*ANSWERS, *_HIDDEN))))
)

_STYLE: Final = re.compile(r"\x1b\[[0-9;]*m")


class Piece(NamedTuple):
    """Something that appeared on the terminal; *typed* by the person, or else printed."""

    text: str
    typed: bool = False


class Session(NamedTuple):
    """One command, from its line to its exit status."""

    pieces: tuple[Piece, ...]
    status: int

    @property
    def output(self) -> str:
        """All that stood on the terminal below the command line, without its colours."""
        return _STYLE.sub("", "".join(piece.text for piece in self.pieces))


def run(line: str, folder: Path) -> Session:
    """Run one line of shell in *folder*, at a terminal, and answer what it asks.

    The installed program comes first; its home folder is the default one, with *folder* as
    the person's home.
    """
    programs = Path(sys.executable).parent
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONSENTSIG")}
    kept.pop("XDG_DATA_HOME", None)
    terminal = pexpect.spawn(
        "/bin/sh",
        ["-c", line],
        cwd=str(folder),
        dimensions=(50, COLUMNS),
        encoding="utf-8",
        maxread=65_536,  # a question comes whole
        env=kept
        | {
            "COLUMNS": str(COLUMNS),
            "HOME": str(folder),
            "NO_COLOR": "1",
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "TERM": "xterm-256color",
        },
        timeout=_TIMEOUT,
    )
    terminal.delaybeforesend = None  # answers are sent when they are asked for
    pieces = tuple(_conversation(terminal))
    terminal.close()
    return Session(pieces, 128 if terminal.exitstatus is None else terminal.exitstatus)


def _conversation(terminal: Any) -> Iterable[Piece]:  # noqa: ANN401  # pexpect has no types for it
    while terminal.expect([_QUESTION, pexpect.EOF]) == 0:
        question = terminal.after
        yield Piece(_printed(terminal.before + question))
        if begin := next(filter(question.startswith, _HIDDEN), None):
            terminal.waitnoecho()
            terminal.sendline(_HIDDEN[begin])
            continue
        answer = next(ANSWERS[begin] for begin in ANSWERS if begin in question)
        terminal.sendline(answer)
        terminal.expect_exact(f"{answer}\r\n")
        yield Piece(f"{answer}\n", typed=True)
    yield Piece(_printed(terminal.before))


def _printed(text: str) -> str:
    return text.replace("\r\n", "\n")


# --- drawing ---

_THEME: Final = TerminalTheme(
    (30, 34, 42),
    (220, 223, 228),
    [(30, 34, 42), (224, 108, 117), (152, 195, 121), (229, 192, 123)],
)
_TYPED: Final = "bold color(2)"
_FONT_FACE: Final = re.compile(r"@font-face \{.*?\}", re.DOTALL)


def draw(pieces: Iterable[Piece], title: str, path: Path) -> None:
    """Draw *pieces* as a terminal, in *path*."""
    text, decoder = Text(), AnsiDecoder()
    for piece in pieces:
        for number, line in enumerate(piece.text.split("\n")):
            text.append("\n" if number else "")
            text.append(line, _TYPED) if piece.typed else text.append(decoder.decode_line(line))
    text.rstrip()
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(text, highlight=False)
    svg = console.export_svg(title=title, theme=_THEME)
    # Rich names a font on somebody's server; any font of the reader's will do.
    path.write_text(_FONT_FACE.sub("", svg).replace("Fira Code, ", "ui-monospace, "), "utf-8")


def _shown(line: str, session: Session, folder: Path) -> list[Piece]:
    """The command line and what came of it; the throw-away folder is called as a home is."""
    pieces = [Piece("$ "), Piece(f"{line}\n", typed=True), *session.pieces]
    return [each._replace(text=each.text.replace(str(folder), "/home/ana")) for each in pieces]


def _until(pieces: list[Piece], words: str) -> tuple[list[Piece], list[Piece]]:
    """*pieces* before the one that holds *words*, cut there, and from it on."""
    place = next(number for number, each in enumerate(pieces) if words in each.text)
    before, after = pieces[place].text.split(words, 1)
    return [*pieces[:place], Piece(before)], [Piece(words + after), *pieces[place + 1 :]]


def make(target: Path) -> None:
    """Draw all pictures into *target*."""
    target.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="consentsig-docs-") as temporary:
        folder = Path(temporary).resolve()
        (folder / "photo.jpg").write_bytes(b"stands for a picture")
        (folder / "site").mkdir()

        def record(line: str) -> list[Piece]:
            session = run(line, folder)
            if session.status != 0:
                raise RuntimeError(f"{line} ended with {session.status}: {session.output}")
            return _shown(line, session, folder)

        draw(record("consentsig init"), "making keys", target / "init.svg")
        questions, rest = _until(record("consentsig grant photo.jpg"), "MAY YOU TAKE IT BACK")
        draw(questions, "the first questions", target / "questions.svg")
        more, contract = _until(rest, "CONTRACT FOR ONE WORK")
        draw(more, "the other questions", target / "more-questions.svg")
        contract, _ = _until(contract, "Next time")
        draw(contract, "the contract, before and after signing", target / "contract.svg")
        record("consentsig publish --out site --first")
        draw(record("consentsig list"), "what you granted", target / "list.svg")


if __name__ == "__main__":
    make(Path(__file__).parent / "_pictures")
