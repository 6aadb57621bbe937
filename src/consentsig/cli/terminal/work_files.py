"""A work in hand: what is measured of its bytes, and what kind of file it is."""

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from consentsig import Digest
from consentsig.cli.terminal import progress
from consentsig.home import files

SUFFIX: Final = ".consent"  # of the file of a contract, behind the name of the work
BATCH_SUFFIX: Final = ".consents"  # of the file of many contracts under one signature
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


def measure(path: str | Path, further: Collection[str] = ()) -> Digest:
    """The SHA-256 and size of the bytes in *path*, or of standard input, and *further* digests."""
    return measure_all([path], further)[0]


def measure_all(paths: Sequence[str | Path], further: Collection[str] = ()) -> list[Digest]:
    """The same of each of *paths*."""
    with progress.bar("Reading", partial(_size_of, paths)) as read:
        return [Digest.of_chunks(_told(path, read), further=further) for path in paths]


def _told(path: str | Path, read: Callable[[int], None]) -> Iterator[bytes]:
    for chunk in files.chunks(path):
        yield chunk
        read(len(chunk))


def _size_of(paths: Sequence[str | Path]) -> int | None:
    """How many bytes there are to read; None where that cannot be known."""
    return None if files.STDIN in paths else sum(Path(path).stat().st_size for path in paths)


def media_type(path: Path, first: bytes) -> str | None:
    """The kind of file by its content, else by its name; None where both say nothing."""
    for offset, signature, media_type in _SIGNATURES:
        if first.startswith(signature, offset):
            return media_type
    import mimetypes

    guessed, packed = mimetypes.guess_type(path.name)
    return guessed.lower() if guessed and not packed else None
