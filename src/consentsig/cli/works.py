"""Works in hand: what is measured of them, and where their contracts go."""

import hashlib
import stat
from pathlib import Path
from typing import Final, NamedTuple

from consentsig import Digest, Work, files
from consentsig.cli import output
from consentsig.cli.output import Problem

SUFFIX: Final = ".consent"
# What a work is, by its first bytes; the names of files are often wrong.
_SIGNATURES: Final = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypheic", "image/heic"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (8, b"WAVE", "audio/wav"),
)


class Planned(NamedTuple):
    """A work and the file its contract will go to."""

    path: Path
    work: Work
    out: Path


def measure(path: str | Path) -> Digest:
    """Everything a contract could compare of the bytes in *path*, or of standard input."""
    sha256, sha384, sha512 = hashlib.sha256(), hashlib.sha384(), hashlib.sha512()
    size = 0
    for chunk in files.chunks(path):
        size += len(chunk)
        for each in (sha256, sha384, sha512):
            each.update(chunk)
    return Digest(sha256.digest(), size, sha384.digest(), sha512.digest())


def plan(paths: list[str], out: str | None, title: str | None) -> list[Planned]:
    """What to grant for, each work with its contract's file, where nothing may be yet."""
    if title is not None and len(paths) > 1:
        raise Problem(f"--title names one work, {len(paths)} were given")
    works = [_regular(Path(path)) for path in paths]
    targets = _targets(works, out)
    planned = [
        Planned(path, _work(path, title), target)
        for path, target in zip(works, targets, strict=True)
    ]
    _check_differ(planned)
    return planned


def _check_differ(planned: list[Planned]) -> None:
    seen: dict[bytes, Path] = {}
    for each in planned:
        first = seen.setdefault(each.work.sha256, each.path)
        if first is not each.path:
            raise Problem(
                f"{each.path}: holds the same bytes as {first}; one contract is for both",
                "leave one of them out",
            )


def _regular(path: Path) -> Path:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise Problem(
            f"{path}: is a folder; a contract is for one work, by its exact bytes",
            f"name the files: consentsig grant {output.shell(path)}/*",
        )
    if not stat.S_ISREG(mode):
        raise Problem(f"{path}: is not an ordinary file")
    return path


def _targets(works: list[Path], out: str | None) -> list[Path]:
    if out is None:
        targets = [work.with_name(work.name + SUFFIX) for work in works]
    elif Path(out).is_dir():
        targets = [Path(out, work.name + SUFFIX) for work in works]
    elif len(works) > 1:
        raise Problem(f"--out is {out}, expected a folder that exists, for {len(works)} contracts")
    else:
        targets = [Path(out)]
    for target in targets:
        if target.exists() or target.is_symlink():
            raise Problem(
                f"{target}: already exists, and no contract is ever overwritten",
                "add --out with another file or folder",
            )
        if targets.count(target) > 1:
            raise Problem(f"{target}: two contracts would go there")
        if not target.parent.is_dir():
            raise Problem(f"{target.parent}: there is no such folder")
    return targets


def _work(path: Path, title: str | None) -> Work:
    sha256 = hashlib.sha256()
    size = 0
    first = b""
    for chunk in files.chunks(path):
        first = first or chunk[:16]
        size += len(chunk)
        sha256.update(chunk)
    return Work(sha256.digest(), title, media_type(path, first), size)


def media_type(path: Path, first: bytes) -> str | None:
    """The kind of file by its content, else by its name; None where both say nothing."""
    for offset, signature, media_type in _SIGNATURES:
        if first.startswith(signature, offset):
            return media_type
    import mimetypes

    guessed, packed = mimetypes.guess_type(path.name)
    return guessed.lower() if guessed and not packed else None
