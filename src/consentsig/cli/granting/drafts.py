"""Contracts as they will be signed, and what the person who decides sees of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from consentsig import Terms, render
from consentsig.cli.granting.works import Planned
from consentsig.cli.terminal import layout, output
from consentsig.cli.terminal.output import line, printable
from consentsig.home import files

_MOST_ROWS: Final = 20  # of a batch; a table of thousands would push the terms off the screen


class Draft(NamedTuple):
    """The whole terms of one contract, before it is signed."""

    planned: Planned
    terms: Terms


class Review:
    """The text of every contract of a batch in one file, to be read before all are signed.

    Args:
        path: Where it goes; None if nobody asked for it.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._is_written = False

    def write(self, drafts: list[Draft]) -> None:
        """Write the file, or put what has become of the contracts into it."""
        if self._path is None:
            return
        put = files.replace if self._is_written else files.write_new
        put(self._path, _whole_texts(drafts).encode())
        self._is_written = True

    def remove(self) -> None:
        """Take the file away, as nothing was signed."""
        if self._is_written and self._path is not None:
            self._path.unlink(missing_ok=True)


def _whole_texts(drafts: list[Draft]) -> str:
    parts = [f"{len(drafts):,} CONTRACTS TO READ BEFORE YOU SIGN THEM. This file is no contract.\n"]
    for number, (planned, terms) in enumerate(drafts, start=1):
        about = f"{number:,} of {len(drafts):,}: {printable(str(planned.path))}"
        parts.append(f"{'=' * 72}\n{about}\n\n{render(terms)}")
    return "\n".join(parts)


def show(drafts: list[Draft], batch: Path | None, review: Path | None, *, as_json: bool) -> None:
    """Print what will be signed: whole for one work, the common part once for several."""
    say = output.say if as_json else line
    text = render(drafts[0].terms)
    if len(drafts) == 1:
        # Signed are a fingerprint and a size only; which file that is, only the person can tell.
        output.say(_heading(drafts[0].planned))
        output.say()
    else:
        for each in _opening(drafts, batch):
            say(each)
        say()
        text = _common(text)
    if as_json:
        for each in text.splitlines():
            say(each)
    else:
        layout.contract(text)
    say()
    if len(drafts) > 1:
        _show_works(drafts, _MOST_ROWS if batch else len(drafts), review, say)


def _heading(planned: Planned) -> str:
    about = [planned.work.media_type] if planned.work.media_type else []
    size = planned.work.size or 0
    about.append(f"{size:,} byte{'' if size == 1 else 's'}")
    return f"Contract for {planned.path} ({', '.join(about)})"


def _opening(drafts: list[Draft], batch: Path | None) -> list[str]:
    more = " What is due is due for each of them." if drafts[0].terms.payments else ""
    if batch is None:
        say_the_same = "which say the same but for the work and the position"
        return [f"{len(drafts)} contracts, {say_the_same}.{more}"]
    count = f"{len(drafts):,}"
    position = ", its own position in the list" if drafts[0].terms.status else ""
    own = f"Each has its own work{position} and its own random number (salt)"
    return [
        f"{count} contracts in one file, under one signature.",
        f"{own}; otherwise they say the same.{more}",
        f"Each alone shows that there are {count}. {batch} shows them all to whoever has it.",
    ]


def _common(text: str) -> str:
    """The text without what differs from work to work. Signed fields hold no line break."""
    sections = [section for section in text.split("\n\n") if not section.startswith("WORK\n")]
    lines = "\n\n".join(sections).splitlines()
    own = ("Position in the list: ", "Salt: ")
    return "\n".join(each for each in lines if not each.startswith(own))


def _show_works(
    drafts: list[Draft], most: int, review: Path | None, say: Callable[[str], None]
) -> None:
    say(f"THE {len(drafts):,} WORKS")
    for planned, terms in drafts[:most]:
        position = f", position {terms.status.idx}" if terms.status else ""
        size = output.count(planned.work.size or 0, "byte")
        if planned.work.media_type is not None:
            size += f" of {planned.work.media_type}"
        say(f"{planned.work.sha256.hex()} {size}{position}: {planned.path}")
    if left := len(drafts) - most if len(drafts) > most else 0:
        say(f"and {left:,} more")
    say("")
    if review is not None:
        say(f"The whole text of each contract is in {review}. Read it before you sign.")
        say("")
    elif left:
        say("To read each contract before you sign: answer no, and add --review FILE")
        say("")
