"""Text laid out for a terminal; anywhere else each line goes out exactly as it is."""

import sys
from typing import Final, TextIO

from consentsig.cli.terminal.output import printable

_INDENT: Final = "  "


def line(text: str, style: str = "", indent: str = "", file: TextIO | None = None) -> None:
    """Print a line on *file*, else standard output; on a terminal in a style of rich.

    There it is also indented, and wrapped between words.
    """
    file = file or sys.stdout
    if not text or not file.isatty():
        print(printable(text), file=file)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=file, highlight=False)
    width = max(console.width - 2 * len(indent), 20)
    wrapped = Text(printable(text), style=style).wrap(console, width)
    for n, each in enumerate(wrapped):
        each.rstrip()  # rich leaves the space at which it broke the line
        console.print(Text(indent * (2 if n else 1)) + each, soft_wrap=True)


def contract(text: str) -> None:
    """Print the text of a contract, its headings apart from what stands below them."""
    before = ""
    for each in text.splitlines():
        # Signed texts stand in quotes, so none can pose as a heading.
        is_heading = not before and each.isupper()
        line(each, "bold" if is_heading else "", "" if is_heading else _INDENT)
        before = each
