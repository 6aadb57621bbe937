"""A bar on the terminal, where work takes longer than anybody likes to look at nothing."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.progress import Progress

AFTER: Final = 1.0  # seconds
_BETWEEN: Final = 0.1  # seconds


@contextlib.contextmanager
def bar(
    what: str, total: Callable[[], int | None], *, in_bytes: bool = True, beside_rows: bool = False
) -> Iterator[Callable[[int], None]]:
    """A function to be told of each further number that is done.

    After a second a bar shows them with the rate and the time left, on a terminal only. It is gone
    when the block ends, whichever way it ends.

    Args:
        what: What is done, for people.
        total: Gives how many there are in all, or None where that cannot be known cheaply. It is
            asked when the bar is first shown.
        in_bytes: Whether bytes are counted, and not things.
        beside_rows: Whether rows are printed meanwhile, which on a terminal are seen themselves.
    """
    if not sys.stderr.isatty() or (beside_rows and sys.stdout.isatty()):
        yield _nothing
        return
    shown = _Bar(what, total, in_bytes=in_bytes)
    try:
        yield shown.advance
    finally:
        shown.remove()


def _nothing(_: int) -> None:
    pass


class _Bar:
    def __init__(self, what: str, total: Callable[[], int | None], *, in_bytes: bool) -> None:
        self._made = partial(_made, what, total, in_bytes=in_bytes)
        self._done = 0
        self._next = time.monotonic() + AFTER
        self._progress: Progress | None = None

    def advance(self, count: int) -> None:
        self._done += count
        if time.monotonic() < self._next:  # each time would cost more than what is counted
            return
        if self._progress is None:
            self._progress = self._made()
            self._progress.start()
        self._progress.update(self._progress.task_ids[0], completed=self._done)
        self._next = time.monotonic() + _BETWEEN

    def remove(self) -> None:
        if self._progress is not None:
            self._progress.stop()


def _made(what: str, total: Callable[[], int | None], *, in_bytes: bool) -> "Progress":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text("" if task.speed is None else f"{task.speed:,.0f}/s")

    counted = (
        (DownloadColumn(), TransferSpeedColumn()) if in_bytes else (MofNCompleteColumn(), Rate())
    )
    progress = Progress(
        *(TextColumn("{task.description}"), BarColumn(), *counted, TimeRemainingColumn()),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,  # rows may go to a file meanwhile
    )
    progress.add_task(what, total=total())
    return progress
