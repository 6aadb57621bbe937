"""Rows in columns, for a terminal: a line each where there is room; no word is ever split."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

GAP: Final = "  "
# Before what goes on in a further line, so that no name can pose as the beginning of a row.
_HANGING: Final = "  "


class Column(NamedTuple):
    """A column.

    Attributes:
        head: Its heading.
        least: Up to which width its cells stay in one line, however narrow the terminal is.
    """

    head: str
    least: int


def widths(columns: Sequence[Column], rows: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """The width of each column; None where no division of *room* keeps every word whole."""
    cells = [[column.head, *below] for column, *below in zip(columns, *rows, strict=True)]
    found = [max(map(_len, each)) for each in cells]
    least = [
        max(*map(_longest_word, down), min(most, column.least))
        for column, down, most in zip(columns, cells, found, strict=True)
    ]
    room -= len(GAP) * (len(columns) - 1)
    if sum(least) > room:
        return None
    while sum(found) > room:
        spare = [most - fewest for most, fewest in zip(found, least, strict=True)]
        found[spare.index(max(spare))] -= 1
    return found


def lines(cells: Sequence[str], columns: Sequence[int]) -> Iterator[list[str]]:
    """The lines of a row, each as its cells, padded to the widths *columns*."""
    wrapped = [_wrapped(cell, width) for cell, width in zip(cells, columns, strict=True)]
    for parts in zip_longest(*wrapped, fillvalue=""):
        yield [
            part + " " * (width - _len(part)) for part, width in zip(parts, columns, strict=True)
        ]


def _wrapped(text: str, width: int) -> list[str]:
    """*text* broken between words."""
    found, line = [], ""
    for word in text.split(" "):
        if line and _len(line) + 1 + _len(word) > width:
            found.append(line)
            line = _HANGING + word
        else:
            line = f"{line} {word}" if line else word
    return [*found, line]


def _longest_word(text: str) -> int:
    first, *more = text.split(" ")
    return max(_len(first), *(_len(_HANGING + each) for each in more), 0)


def _len(text: str) -> int:
    """How many columns of a terminal *text* takes; some letters take two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
