"""A bar on the terminal, where reading takes longer than anybody likes to look at nothing."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.progress import Progress

AFTER: Final = 1.0  # seconds


@contextlib.contextmanager
def bar(what: str, total: Callable[[], int | None]) -> Iterator[Callable[[int], None]]:
    """A function to be told of each further number of bytes that is done.

    After a second a bar shows them, on a terminal only. It is gone when the block ends, whichever
    way it ends.

    Args:
        what: What is done, for people.
        total: Gives how many bytes there are in all, or None where that cannot be known.
    """
    if not sys.stderr.isatty():
        yield _nothing
        return
    shown = _Bar(what, total)
    try:
        yield shown.advance
    finally:
        shown.remove()


def _nothing(_: int) -> None:
    pass


class _Bar:
    def __init__(self, what: str, total: Callable[[], int | None]) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._from = time.monotonic() + AFTER
        self._progress: Progress | None = None

    def advance(self, count: int) -> None:
        self._done += count
        if self._progress is None and time.monotonic() >= self._from:
            self._progress = _made(self._what, self._total())
            self._progress.start()
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], completed=self._done)

    def remove(self) -> None:
        if self._progress is not None:
            self._progress.stop()


def _made(what: str, total: int | None) -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    progress = Progress(
        *columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True
    )
    progress.add_task(what, total=total)
    return progress
