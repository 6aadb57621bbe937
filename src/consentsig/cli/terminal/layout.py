"""Text laid out for a terminal; anywhere else each line goes out exactly as it is."""

import sys
from typing import Final, TextIO

from consentsig.cli.terminal.output import broken, printable

_INDENT: Final = "  "


def line(text: str, style: str = "", indent: str = "", file: TextIO | None = None) -> None:
    """Print a line on *file*, else standard output; on a terminal in a style of rich.

    There it is also indented, and broken between words.
    """
    file = file or sys.stdout
    if not text or not file.isatty():
        print(printable(text), file=file)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=file, highlight=False)
    for each in broken(indent + printable(text)):
        console.print(Text(each, style=style), soft_wrap=True)


def contract(text: str) -> None:
    """Print the text of a contract, its headings apart from the terms below them."""
    before = ""
    for each in text.splitlines():
        # Signed texts are in quotes, so none can pose as a heading.
        is_heading = not before and each.isupper()
        line(each, "bold" if is_heading else "", "" if is_heading else _INDENT)
        before = each
