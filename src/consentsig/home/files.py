"""Files, read under a limit and written whole or not at all, even if the computer stops."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from consentsig.digest import read_chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

STDIN: Final = "-"
PRIVATE: Final = 0o600
RANDOM: Final = "[0-9a-f]" * 16  # what makes a name ours alone, as a pattern
LEFT_OVER: Final = f".consentsig-{RANDOM}.tmp"  # what a killed process may leave in a folder
_ORDINARY: Final = 0o666  # the umask takes its share
_SMALL_CHUNK_LEN: Final = 1 << 16  # too little for a memory mapping of its own
# What the open files of this process are called, where there is such a folder.
_OPEN_FILES: Final = Path("/proc/self/fd")
_NOT_SUPPORTED: Final = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL}
MOUNTS = Path("/proc/self/mounts")
_OVER_A_NETWORK: Final = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "ncpfs", "davfs", "glusterfs"),
    *("fuse.sshfs", "fuse.davfs2", "fuse.glusterfs", "fuse.rclone", "fuse.gvfsd-fuse"),
}


def read(path: str | Path, limit: int) -> bytes:
    """The bytes of *path*, or of standard input for ``-``.

    One byte more than *limit* is read of a longer file, so that the caller, who checks the
    length, sees that it is too long.
    """
    if path == STDIN:
        return sys.stdin.buffer.read(limit + 1)
    with Path(path).open("rb", buffering=0) as file:
        return _up_to(file.fileno(), limit + 1)


def read_ordinary(path: Path, limit: int) -> bytes:
    """As :func:`read`, of a file whose name somebody else may have chosen.

    Raises:
        OSError: *path* is a pipe or a device, which may never answer.
    """
    _check_ends(path)
    return read(path, limit)


def _up_to(descriptor: int, count: int) -> bytes:
    """At most *count* bytes of an open file.

    ``file.read(count)`` sets memory aside for all of *count* first and keeps the mapping when
    the file was short: a hundred thousand short files would use up what the system permits.
    """
    parts: list[bytes] = []
    size = os.fstat(descriptor).st_size  # 0 for a pipe, and for some files that are not empty
    step = size + 1 if size else _SMALL_CHUNK_LEN
    while count and (part := os.read(descriptor, min(step, count))):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def chunks(path: str | Path) -> Iterator[bytes]:
    """The bytes of *path*, or of standard input for ``-``, piece by piece.

    Raises:
        OSError: *path* is a pipe or a device, which may have no end.
    """
    if path == STDIN:
        yield from read_chunks(sys.stdin.buffer)
        return
    path = Path(path)
    _check_ends(path)
    with path.open("rb", buffering=0) as file:
        yield from read_chunks(file)


def _check_ends(path: Path) -> None:
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # a folder is refused when opened
        raise OSError(errno.EINVAL, "is not an ordinary file", str(path))


def write_new(path: Path, data: bytes, mode: int = _ORDINARY) -> None:
    """Put *data* at *path*, where nothing may be; on return it outlasts a power failure.

    Raises:
        FileExistsError: Something is there; it is left as it is.
    """
    with _whole(path, data, mode) as put_at:
        try:
            put_at(path)
        except FileExistsError:
            raise FileExistsError(errno.EEXIST, "already exists", str(path)) from None
    with unless_all_goes_well([path]):
        keep_names(path.parent)


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[tuple[BinaryIO, Callable[[], None]]]:
    """A file to be written piece by piece, and what puts it at *path*; unless called, it is gone.

    Raises:
        FileExistsError: Something is at *path*; it is left as it is.
    """
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, "already exists", str(path))
    with _begun(path, _ORDINARY) as (file, put_at):

        def finish() -> None:
            keep(file)
            put_at(path)
            keep_names(path.parent)

        yield file, finish


def replace(path: Path, data: bytes, mode: int = _ORDINARY) -> None:
    """Put *data* at *path*, in the place of what may be there; on return it lasts, as above."""
    # Always the same name, so that the next call clears away what a killed one left there;
    # and one that nobody else gives a file.
    digest = hashlib.sha256(os.fsencode(path.name)).hexdigest()
    temporary = path.with_name(f".consentsig-{digest[:16]}.tmp")
    while not _moved(temporary, path, data, mode):
        pass
    keep_names(path.parent)


def _moved(temporary: Path, path: Path, data: bytes, mode: int) -> bool:
    """Whether no other process that replaces *path* came between. All that is moved is whole."""
    temporary.unlink(missing_ok=True)
    with _whole(path, data, mode) as put_at:
        try:
            put_at(temporary)
            temporary.replace(path)
        except (FileExistsError, FileNotFoundError):
            return False
        except OSError as error:
            raise _naming(path, error) from None
    return True


def _naming(path: Path, error: OSError) -> OSError:
    """*error*, of the file that somebody knows and not of one that only this process has."""
    return OSError(error.errno, error.strerror, str(path))


def write_new_folder(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Make *folder* with these files, by their paths; it has its name once all are written.

    Raises:
        OSError: Something else than an empty folder is there, and left as it is.
    """
    temporary = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}.writing")
    temporary.mkdir()
    try:
        for name, data in contents.items():
            path = temporary / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        if folder.exists():
            folder.rmdir()  # which refuses one that is not empty
        temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    keep_names(folder.parent)


def make_folder(path: Path) -> None:
    """Make the folder *path* for its owner alone, unless it is there."""
    if not path.is_dir():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        keep_names(path.parent)


@contextlib.contextmanager
def unless_all_goes_well(
    paths: Iterable[Path], is_done: Callable[[], bool] = lambda: False
) -> Iterator[None]:
    """Remove *paths*, as far as the list has grown, if the block does not end well.

    They stay if *is_done* says so, or fails: a signal may come after the last step.
    """
    try:
        yield
    except BaseException:
        for path in () if is_done() else paths:
            path.unlink(missing_ok=True)
        raise


def network_of(path: Path) -> str | None:
    """The kind of network file system that *path* is on; None for a disk, or if unknown."""
    try:
        mounts = MOUNTS.read_text(errors="surrogateescape").splitlines()
    except OSError:  # only Linux has the table
        return None
    found = [line.split(" ")[1:3] for line in mounts]
    above = {str(each) for each in (path.resolve(), *path.resolve().parents)}
    # The longest mount point is the nearest; of two at one place the later covers the earlier.
    kinds = [(len(place), n, kind) for n, (place, kind) in enumerate(found)
             if _unescaped(place) in above]  # fmt: skip
    kind = max(kinds, default=(0, 0, ""))[2]
    return kind if kind in _OVER_A_NETWORK else None


def _unescaped(place: str) -> str:
    for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        place = place.replace(code, char)
    return place


@contextlib.contextmanager
def _whole(path: Path, data: bytes, mode: int) -> Iterator[Callable[[Path], None]]:
    """Write *data* to the disk of *path*; yield what gives it a name where nothing may be."""
    with _begun(path, mode) as (file, put_at):
        file.write(data)
        keep(file)
        yield put_at


@contextlib.contextmanager
def _begun(path: Path, mode: int) -> Iterator[tuple[BinaryIO, Callable[[Path], None]]]:
    """A file on the disk of *path*, and what gives it a name; without one it goes."""
    try:
        descriptor = _open_unnamed(path.parent, mode)
    except FileNotFoundError:
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(path.parent)) from None
    if descriptor is None:
        with _named(path, mode) as begun:
            yield begun
        return
    with os.fdopen(descriptor, "wb") as file:
        yield file, lambda target: _name(file.fileno(), target)


def _open_unnamed(folder: Path, mode: int) -> int | None:
    """A file without a name, which goes with the process; None where there is no such thing."""
    if sys.platform != "linux" or not _OPEN_FILES.is_dir():
        return None
    try:
        return os.open(folder, os.O_WRONLY | os.O_TMPFILE, mode)
    except OSError as error:
        if error.errno in _NOT_SUPPORTED:
            return None
        raise


def _name(descriptor: int, target: Path) -> None:
    with _opened(target.parent) as folder:
        # Only with a folder named does Python follow the link in /proc to the file itself.
        source = str(_OPEN_FILES / str(descriptor))
        try:
            os.link(source, target.name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError as error:
            raise _naming(target, error) from None


@contextlib.contextmanager
def _named(path: Path, mode: int) -> Iterator[tuple[BinaryIO, Callable[[Path], None]]]:
    """As ``_begun``, on other systems; a process that is killed may leave the temporary file."""
    temporary = path.with_name(f".consentsig-{secrets.token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)

    def put_at(target: Path) -> None:
        file.close()  # Windows moves no file that is open
        _link(temporary, target)

    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file, put_at
    finally:
        temporary.unlink(missing_ok=True)


def _link(temporary: Path, target: Path) -> None:
    try:
        target.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: the name is taken, then filled at once
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        with unless_all_goes_well([target]):
            temporary.replace(target)


def keep(file: BinaryIO) -> None:
    """Make what was written to *file* outlast a power failure."""
    file.flush()
    os.fsync(file.fileno())


def keep_names(folder: Path) -> None:
    """Make the names in *folder* outlast a power failure; fsync(2) of a file does not."""
    if os.name == "nt":  # which opens no folders
        return
    with _opened(folder) as descriptor:
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in _NOT_SUPPORTED:
                raise


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
