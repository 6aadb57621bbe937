"""A work in hand: what is measured of its bytes, and what kind of file it is."""

import hashlib
from pathlib import Path
from typing import Final

from consentsig import Digest
from consentsig.home import files

SUFFIX: Final = ".consent"  # of the file of a contract, behind the name of the work
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


def measure(path: str | Path) -> Digest:
    """Everything a contract could compare of the bytes in *path*, or of standard input."""
    sha256, sha384, sha512 = hashlib.sha256(), hashlib.sha384(), hashlib.sha512()
    size = 0
    for chunk in files.chunks(path):
        size += len(chunk)
        for each in (sha256, sha384, sha512):
            each.update(chunk)
    return Digest(sha256.digest(), size, sha384.digest(), sha512.digest())


def media_type(path: Path, first: bytes) -> str | None:
    """The kind of file by its content, else by its name; None where both say nothing."""
    for offset, signature, media_type in _SIGNATURES:
        if first.startswith(signature, offset):
            return media_type
    import mimetypes

    guessed, packed = mimetypes.guess_type(path.name)
    return guessed.lower() if guessed and not packed else None
