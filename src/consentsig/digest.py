"""What is measured of a work: its hashes and its size (spec §5).

The one module of the core that can open a file, since what is measured of a work must be the
same everywhere.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

_CHUNK_LEN: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Digest:
    """What was measured of a work's exact bytes (spec §5).

    Attributes:
        sha256: SHA-256, 32 bytes.
        size: Number of bytes, where known.
        sha384: SHA-384, 48 bytes, where computed.
        sha512: SHA-512, 64 bytes, where computed.
    """

    sha256: bytes
    size: int | None = None
    sha384: bytes | None = None
    sha512: bytes | None = None

    @classmethod
    def of(cls, work: bytes) -> Digest:
        """Everything there is to measure of *work*."""
        return cls.of_chunks((work,))

    @classmethod
    def of_file(cls, path: str | PathLike[str]) -> Digest:
        """Everything there is to measure of the file at *path*, read a mebibyte at a time.

        Raises:
            OSError: It cannot be read.
        """
        with open(path, "rb") as file:  # noqa: PTH123  # pathlib is for those who have a Path
            return cls.of_chunks(iter(lambda: file.read(_CHUNK_LEN), b""))

    @classmethod
    def of_chunks(cls, chunks: Iterable[bytes]) -> Digest:
        """Everything there is to measure of a work that comes in pieces."""
        sha256, sha384, sha512 = hashlib.sha256(), hashlib.sha384(), hashlib.sha512()
        size = 0
        for chunk in chunks:
            size += len(chunk)
            for each in (sha256, sha384, sha512):
                each.update(chunk)
        return cls(sha256.digest(), size, sha384.digest(), sha512.digest())
