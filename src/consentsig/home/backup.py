"""Backups of a home folder: one zip file with the database and the key files, as they are.

A backup is older than what came after it. A home that is restored from one therefore
draws no position of a list that may have been in use: it could be used already.
"""

from __future__ import annotations

import contextlib
import glob
import io
import re
import secrets
import shutil
import zipfile
import zlib
from typing import TYPE_CHECKING, BinaryIO, Final

from consentsig.home import files
from consentsig.home.checkup import BROKEN, MAX_KEY_FILE_LEN, check, problem_of_key
from consentsig.home.database import DATABASE, HomeError, put_database
from consentsig.home.home import Home

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

_KEY: Final = re.compile(r"keys/[0-9a-f]{16}\.pem")
_MAX_DATABASE_LEN: Final = 1 << 31  # what SQLite takes as one piece of memory
_MAX_MEMBERS: Final = 10_000
_PACKINGS: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # no other is ever made here
# What ``zipfile`` raises on files that are damaged or made to harm.
_BAD: Final = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError),
    *(ValueError, IndexError, KeyError, OSError),
)


def make(home: Home) -> bytes:
    """The backup of *home*, whoever writes there meanwhile.

    Raises:
        HomeError: A key file is missing or damaged, and so would be the backup.
    """
    # The database first: the file of each key that it names is there before it is named.
    members = {DATABASE: home.image()}
    for key in home.own_keys():
        path = home.key_file(key.public)
        problem = problem_of_key(path, key)
        if problem is not None:
            raise HomeError(f"{path}: {problem}; a backup would lack that key")
        members[f"keys/{path.name}"] = files.read(path, MAX_KEY_FILE_LEN)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


def restore(backup: Path, home: Home, at: datetime) -> list[str]:
    """Make the home of *backup* at a folder that is not there or empty; return its closed lists.

    All is checked before anything is in place.

    Raises:
        HomeError: There is something already, or *backup* is no sound backup.
    """
    folder = home.folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise HomeError(f"{home.folder} is not empty, and what is there is never replaced")
    members = _read(backup)
    with _beside(folder) as temporary:
        _put(members, temporary)
        with Home(temporary) as restored:
            _check(backup, restored)
            closed = restored.close_lists(at)
        _move(temporary, folder)
    return closed


def _read(backup: Path) -> dict[str, bytes]:
    """The members of *backup*, under their known names and limits."""
    with backup.open("rb") as file:
        return _members(backup, file)


def _members(backup: Path, file: BinaryIO) -> dict[str, bytes]:
    try:
        if not zipfile.is_zipfile(file):
            raise HomeError(f"{backup} is no backup of a home, or its end is missing")
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            names = [member.filename for member in members]
            _check_names(backup, names)
            _check_packings(backup, members)
            return {member.filename: _member(archive, member) for member in members}
    except _BAD as error:
        raise HomeError(f"{backup} is no backup, or damaged: {error}") from error


def _check_names(backup: Path, names: list[str]) -> None:
    strange = [name for name in names if name != DATABASE and not _KEY.fullmatch(name)]
    if strange:
        raise HomeError(f"{backup} is no backup of a home: it holds {strange[0]!r}")
    if DATABASE not in names:
        raise HomeError(f"{backup} is no backup of a home: it lacks {DATABASE}")
    if len(set(names)) != len(names) or len(names) > _MAX_MEMBERS:
        raise HomeError(f"{backup} holds a file twice, or more than {_MAX_MEMBERS} of them")


def _check_packings(backup: Path, members: list[zipfile.ZipInfo]) -> None:
    for member in members:
        if member.compress_type not in _PACKINGS:
            raise HomeError(
                f"{backup} is no backup of a home: {member.filename} is packed by method "
                f"{member.compress_type}, expected 0 or 8"
            )


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    limit = _MAX_DATABASE_LEN if member.filename == DATABASE else MAX_KEY_FILE_LEN
    with archive.open(member) as file:
        data = file.read(limit + 1)  # whatever length it claims
    if len(data) > limit:
        raise HomeError(f"{member.filename} is over {limit} bytes in the backup")
    return data


@contextlib.contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A folder on the same disk, which goes again; what killed restores left goes too."""
    files.make_folder(folder.parent)
    for left in folder.parent.glob(f".{glob.escape(folder.name)}.{files.RANDOM}.restoring"):
        shutil.rmtree(left)
    temporary = folder.parent / f".{folder.name}.{secrets.token_hex(8)}.restoring"
    files.make_folder(temporary)
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _put(members: dict[str, bytes], folder: Path) -> None:
    put_database(folder / DATABASE, members.pop(DATABASE))
    for name, data in members.items():
        files.make_folder(folder / "keys")
        files.write_new(folder / name, data, files.PRIVATE)


def _check(backup: Path, restored: Home) -> None:
    for finding in check(restored):
        if finding.kind == BROKEN:
            what = finding.what.replace(str(restored.folder), "").lstrip("/")
            raise HomeError(f"{backup} is damaged: {what}: {finding.message}")


def _move(temporary: Path, folder: Path) -> None:
    if folder.exists():
        folder.rmdir()  # which refuses one that is not empty
    temporary.rename(folder)
    files.keep_names(folder.parent)
