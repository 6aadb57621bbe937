"""Works in hand: what is measured of them, where their contracts go, what is taken for another."""

import hashlib
import shlex
import stat
import sys
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

from consentsig import (
    Digest,
    MalformedError,
    RefusedError,
    UnverifiedContract,
    Work,
    files,
    parse_contract,
)
from consentsig.cbor import TAG
from consentsig.cli import output
from consentsig.cli.output import Problem
from consentsig.oneline import MAX_LINE_LEN, PREFIX, from_line

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
# What a file is for people, by its media type.
_KINDS: Final = {
    "image": "a picture",
    "audio": "a sound recording",
    "video": "a film",
    "text": "a text",
    "application": "a document",
}
_PEM: Final = b"-----BEGIN "


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
            f"name the files, such as: consentsig grant {_within(path)}*.jpg",
        )
    if not stat.S_ISREG(mode):
        raise Problem(f"{path}: is not an ordinary file")
    _check_is_work(path)
    return path


def _within(folder: Path) -> str:
    return "" if folder == Path() else f"{output.shell(folder)}/"


def _check_is_work(path: Path) -> None:
    """Refuse what is no work of anybody's: a contract, and a key that nobody else should see."""
    data = files.read(path, MAX_LINE_LEN)
    if is_contract(data) or path.name.endswith(SUFFIX):
        raise Problem(
            f"{path}: this is a contract, not a work",
            f"to read it: consentsig show {output.shell(path)}",
        )
    if data.startswith(_PEM) and b"PRIVATE KEY" in data[:64]:
        raise Problem(
            f"{path}: this is a private key, not a work; nobody else should see it",
            "name the work: consentsig grant photo.jpg",
        )


def is_contract(data: bytes) -> bool:
    """Whether *data* can be read as a contract or as the one line of one."""
    try:
        if data.startswith(PREFIX.encode()):
            data = from_line(data.decode("ascii", "replace").strip())
        parse_contract(data)
    except RefusedError:
        return False
    return True


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
                *_elsewhere(target, is_one=len(targets) == 1, is_named=out is not None),
            )
        if targets.count(target) > 1:
            raise Problem(f"{target}: two contracts would go there")
        if not target.parent.is_dir():
            raise Problem(f"{target.parent}: there is no such folder")
    return targets


def _elsewhere(target: Path, *, is_one: bool, is_named: bool) -> list[str]:
    """What to write instead where *target* exists: the whole command, if one was given for it."""
    if not is_one or is_named:
        return ["add --out with another file or folder"]
    stem = target.name.removesuffix(SUFFIX)
    names = (target.with_name(f"{stem}.{n}{SUFFIX}") for n in count(2))
    free = next(name for name in names if not (name.exists() or name.is_symlink()))
    words = ["consentsig", *sys.argv[1:], "--out", str(free)]
    return [f"for one more contract: {shlex.join(words)}"]


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


# --- a work where a contract is expected ---


def read_contract(file: str, data: bytes, command: str) -> UnverifiedContract:
    """The contract in *data*; where it is something else that people know, it is said what.

    Args:
        file: Where it came from.
        data: Its bytes.
        command: What takes the contract, for the hint.

    Raises:
        RefusedError: It is no contract.
        Problem: It is something else.
    """
    try:
        return parse_contract(data)
    except MalformedError:
        if what := mistaken(file, data, command):
            raise what from None
        raise


def mistaken(file: str, data: bytes, command: str) -> Problem | None:
    """What somebody took for a contract, by its first bytes and its name."""
    if kind := kind_of(file, data):
        return Problem(f"{file}: this is {kind}, not a contract", *beside(file, command))
    if data == b"" or data.startswith(_PEM):
        kind = "a key or a certificate (PEM)" if data else "an empty file"
        return Problem(f"{file}: this is {kind}, not a contract")
    return None


def kind_of(file: str, data: bytes) -> str | None:
    """What kind of work *data* is, for people; None where nothing says so."""
    if not data or data[0] >> 5 == TAG or data.startswith(_PEM):
        return None
    found = media_type(Path(file), data[:16])
    kind = found and _KINDS.get(found.partition("/")[0])
    return f"{kind} ({found})" if kind else None


def beside(file: str, command: str) -> list[str]:
    """Where the contract for a work is looked for."""
    contract = f"{file}{SUFFIX}"
    if Path(contract).is_file():
        return [f"its contract is beside it: {command} {output.shell(contract)}"]
    return [f"its contract is usually beside it: {contract}"]
