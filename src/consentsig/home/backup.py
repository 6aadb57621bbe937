"""Backups of a home folder: one zip file with the database and the key files, as they are.

A backup is older than what came after it. A home that is restored from one therefore
draws no position of a list that may have been in use: it could be used already.

Backups lie on other disks, where others may change them. So each has a seal: the signature of the
key that signs over all that is in it. Restoring takes that key, and so its passphrase: the seal
proves that the backup is as somebody made it who could use the key. It does not prove that it is
the latest. Where no passphrase locks the key it proves nothing against those who can read the
backup, since they have the key.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import io
import re
import secrets
import shutil
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from consentsig.errors import BadSignatureError
from consentsig.home import files
from consentsig.home.checkup import BROKEN, MAX_KEY_FILE_LEN, check, problem_of_key
from consentsig.home.database import DATABASE, HomeError, set_journal
from consentsig.home.home import Home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from consentsig.keys import PrivateKey, PublicKey

_KEY: Final = re.compile(r"keys/[0-9a-f]{16}\.pem")
_SEAL: Final = "seal"
# What is sealed begins so. No other text that a key signs does: a COSE Sig_structure is an array,
# of which the first byte is 84 (RFC 9052 §4.4).
_SEALED: Final = b"consentsig backup 1\n"
_THUMBPRINT_LEN, _SEAL_LEN = 32, 96
_MAX_DATABASE_LEN: Final = 1 << 31  # what SQLite takes as one piece of memory
_MAX_MEMBERS: Final = 1000
_MAX_RATIO: Final = 100  # an empty home is packed to a fortieth
_CHUNK_LEN: Final = 1 << 20
_PACKINGS: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # no other is ever made here
# What ``zipfile`` raises on files that are damaged or made to harm.
_BAD: Final = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError),
    *(ValueError, IndexError, KeyError, OSError),
)


class Restored(NamedTuple):
    """What was made of a backup.

    Attributes:
        sealed_by: The key that sealed the backup; None if that was not asked.
        closed: The lists that take no new contract.
    """

    sealed_by: PublicKey | None
    closed: list[str]


# --- making ---


def make(home: Home, private: PrivateKey | None) -> bytes:
    """The backup of *home*, whoever writes there meanwhile.

    Args:
        home: The home.
        private: The key that signs, to seal it; None for a home without keys.

    Raises:
        HomeError: A key file is missing or damaged, and would be so in the backup.
    """
    # The database first: the file of each key that it names is there before it is named.
    members = {DATABASE: home.image()}
    for key in home.own_keys():
        path = home.key_file(key.public)
        problem = problem_of_key(path, key)
        if problem is not None:
            raise HomeError(f"{path}: {problem}; a backup would lack that key")
        members[f"keys/{path.name}"] = files.read(path, MAX_KEY_FILE_LEN)
    if private is not None:
        digests = {name: hashlib.sha256(data).digest() for name, data in members.items()}
        members[_SEAL] = private.public.thumbprint + private.sign(_to_seal(digests))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


def _to_seal(digests: dict[str, bytes]) -> bytes:
    """What a seal signs: the SHA-256 digest of each member, by name."""
    lines = (f"{name} {digest.hex()}\n".encode() for name, digest in sorted(digests.items()))
    return _SEALED + b"".join(lines)


# --- restoring ---


def restore(
    backup: Path, home: Home, at: datetime, unlock: Callable[[Path], PrivateKey] | None
) -> Restored:
    """Make the home of *backup* in a folder that does not exist or is empty.

    All is checked before anything is in place.

    Args:
        backup: The backup.
        home: The home to make.
        at: When.
        unlock: Returns the private key in a file; None to take the backup without a seal.

    Raises:
        HomeError: There is something already, or *backup* is not sound, or not sealed.
    """
    folder = home.folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise HomeError(f"{home.folder} is not empty, and what is there is never replaced")
    with _beside(folder) as temporary:
        digests = _unpack(backup, temporary)
        sealed_by = None if unlock is None else _check_seal(backup, temporary, digests, unlock)
        (temporary / _SEAL).unlink(missing_ok=True)
        set_journal(temporary / DATABASE)
        with Home(temporary) as restored:
            _check(backup, restored)
            _check_signs(backup, restored, sealed_by)
            restored.forget_folders()
            closed = restored.close_lists(at)
        _move(temporary, folder)
    return Restored(sealed_by, closed)


def _unpack(backup: Path, folder: Path) -> dict[str, bytes]:
    """Put the members of *backup* into *folder*, under their limits; return their digests."""
    with backup.open("rb") as file, _opened(backup, file) as archive:
        members = archive.infolist()
        _check_names(backup, [member.filename for member in members])
        for member in members:
            _check_size(backup, member)
        if len(members) > 1:
            files.make_folder(folder / "keys")
        return {
            member.filename: _put(folder / member.filename, _content(backup, archive, member))
            for member in members
        }


@contextlib.contextmanager
def _opened(backup: Path, file: BinaryIO) -> Iterator[zipfile.ZipFile]:
    with _reported(backup):
        if not zipfile.is_zipfile(file):
            raise HomeError(f"{backup} is not a backup of a home, or its end is missing")
        archive = zipfile.ZipFile(file)
    with archive:
        yield archive


@contextlib.contextmanager
def _reported(backup: Path) -> Iterator[None]:
    """Raise what ``zipfile`` finds as one of our errors."""
    try:
        yield
    except _BAD as error:
        raise HomeError(f"{backup} is not a backup, or is damaged: {error}") from error


def _check_names(backup: Path, names: list[str]) -> None:
    known = (DATABASE, _SEAL)
    strange = [name for name in names if name not in known and not _KEY.fullmatch(name)]
    if strange:
        raise HomeError(f"{backup} is not a backup of a home: it holds {strange[0]!r}")
    if DATABASE not in names:
        raise HomeError(f"{backup} is not a backup of a home: it lacks {DATABASE}")
    if len(set(names)) != len(names) or len(names) > _MAX_MEMBERS:
        raise HomeError(f"{backup} holds a file twice, or more than {_MAX_MEMBERS} of them")


def _check_size(backup: Path, member: zipfile.ZipInfo) -> None:
    """Refuse what would grow out of proportion, by the sizes it claims; those are held to."""
    name, size = member.filename, member.file_size
    if member.compress_type not in _PACKINGS:
        raise HomeError(
            f"{backup} is not a backup of a home: {name} is packed by method "
            f"{member.compress_type}, expected 0 or 8"
        )
    limit = {DATABASE: _MAX_DATABASE_LEN, _SEAL: _SEAL_LEN}.get(name, MAX_KEY_FILE_LEN)
    if size > limit:
        raise HomeError(f"{name} is {size} bytes in the backup, at most {limit}")
    if size > _MAX_RATIO * member.compress_size + _CHUNK_LEN:
        raise HomeError(
            f"{backup} is damaged or made to harm: {name} is {member.compress_size} bytes there, "
            f"and {size} when unpacked"
        )


def _content(backup: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of *member*, as many as it claims."""
    left = member.file_size
    with _reported(backup):
        opened = archive.open(member)
    with opened:
        while True:
            with _reported(backup):
                chunk = opened.read(_CHUNK_LEN)
            if not chunk:
                break
            left -= len(chunk)
            yield chunk
    if left:
        raise HomeError(f"{backup} is damaged: {member.filename} has another size than it claims")


def _put(path: Path, content: Iterator[bytes]) -> bytes:
    """Write a new file for its owner alone; return its digest."""
    digest = hashlib.sha256()
    path.touch(files.PRIVATE, exist_ok=False)
    with path.open("r+b") as file:
        for chunk in content:
            file.write(chunk)
            digest.update(chunk)
        files.keep(file)
    return digest.digest()


def _check_seal(
    backup: Path, folder: Path, digests: dict[str, bytes], unlock: Callable[[Path], PrivateKey]
) -> PublicKey:
    """The key that sealed what is in *folder*, after it was unlocked: before all else is read."""
    if _SEAL not in digests:
        raise UnsealedError(
            f"{backup} has no seal, so anybody can have changed or made it: it is of an earlier "
            "version, or of a home without a key, or the seal was taken off"
        )
    seal = files.read(folder / _SEAL, _SEAL_LEN)
    thumbprint, signature = seal[:_THUMBPRINT_LEN], seal[_THUMBPRINT_LEN:]
    path = folder / "keys" / f"{thumbprint.hex()[:16]}.pem"
    if f"keys/{path.name}" not in digests:
        raise HomeError(f"{backup} is damaged: it lacks the key that sealed it")
    public = unlock(path).public
    sealed = {name: digest for name, digest in digests.items() if name != _SEAL}
    try:
        public.verify(signature, _to_seal(sealed))
    except BadSignatureError as error:
        raise HomeError(f"{backup} was changed after it was made: its seal does not fit") from error
    return public


class UnsealedError(HomeError):
    """A backup has no seal."""


def _check_signs(backup: Path, restored: Home, sealed_by: PublicKey | None) -> None:
    """Only the key that signs seals: an older one may have been given up because it was stolen."""
    signing = {key.public for key in restored.own_keys() if key.signs}
    if sealed_by is not None and sealed_by not in signing:
        raise HomeError(f"{backup} is sealed by another key than the one that signs")


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


def _check(backup: Path, restored: Home) -> None:
    for finding in check(restored, looks_outside=False):
        if finding.kind == BROKEN:
            what = finding.what.replace(str(restored.folder), "").lstrip("/")
            raise HomeError(f"{backup} is damaged: {what}: {finding.message}")


def _move(temporary: Path, folder: Path) -> None:
    if folder.exists():
        folder.rmdir()  # which refuses one that is not empty
    temporary.rename(folder)
    files.keep_names(folder.parent)
