"""Files, read under a limit and written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STDIN: Final = "-"
PRIVATE: Final = 0o600
_ORDINARY: Final = 0o666  # the umask takes its share
_CHUNK_LEN: Final = 1 << 20


def read(path: str | Path, limit: int) -> bytes:
    """The bytes of *path*, or of standard input for ``-``.

    One byte more than *limit* is read of a longer file, so that whoever checks its length
    sees that it is too long.
    """
    if path == STDIN:
        return sys.stdin.buffer.read(limit + 1)
    with Path(path).open("rb") as file:
        return file.read(limit + 1)


def chunks(path: str | Path) -> Iterator[bytes]:
    """The bytes of *path*, or of standard input for ``-``, a mebibyte at a time."""
    with contextlib.ExitStack() as stack:
        file = sys.stdin.buffer if path == STDIN else stack.enter_context(Path(path).open("rb"))
        while chunk := file.read(_CHUNK_LEN):
            yield chunk


def write_new(path: Path, data: bytes, mode: int = _ORDINARY) -> None:
    """Put *data* at *path*, where nothing may be.

    Raises:
        FileExistsError: Something is there; it is left as it is.
    """
    with _beside(path, data, mode) as temporary:
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            raise FileExistsError(errno.EEXIST, "already exists", str(path)) from None
        except OSError:  # a file system without hard links
            _create(path, data, mode)


def replace(path: Path, data: bytes) -> None:
    """Put *data* at *path*, in the place of what may be there."""
    with _beside(path, data, _ORDINARY) as temporary:
        temporary.replace(path)


@contextlib.contextmanager
def unless_all_goes_well(paths: Iterable[Path]) -> Iterator[None]:
    """Remove *paths*, as far as the list has grown, if the block does not end well."""
    try:
        yield
    except BaseException:
        for path in paths:
            path.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _beside(path: Path, data: bytes, mode: int) -> Iterator[Path]:
    # In the same folder, so that moving it into place is one step of the file system.
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        try:
            _create(temporary, data, mode)
        except FileNotFoundError:
            raise FileNotFoundError(
                errno.ENOENT, "there is no such folder", str(path.parent)
            ) from None
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _create(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
