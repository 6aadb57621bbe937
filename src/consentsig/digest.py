"""What is measured of a work: its hashes and its size (spec §5).

The one module of the core that can open a file, since what is measured of a work must be the
same everywhere.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from os import PathLike

# Short enough to be still in the processor's cache when it is hashed.
_CHUNK_LEN: Final = 1 << 17
_FURTHER: Final = {"sha384": hashlib.sha384, "sha512": hashlib.sha512}
FURTHER: Final = tuple(_FURTHER)


class Source(Protocol):
    """What bytes are read from: a file, standard input."""

    def read(self, size: int, /) -> bytes | None:
        """At most *size* bytes; none at the end."""


def read_chunks(file: Source) -> Iterator[bytes]:
    """What is left of *file*, piece by piece."""
    while chunk := file.read(_CHUNK_LEN):
        yield chunk


@dataclass(frozen=True, slots=True)
class Digest:
    """What was measured of a work's exact bytes (spec §5).

    Each way to measure takes *further*: which of ``"sha384"`` and ``"sha512"`` are computed as
    well. The default is both, which takes several times as long as SHA-256 alone. Those that are in
    no contract change no answer: :attr:`Work.further` names those that are in one.

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
    def of(cls, work: bytes, *, further: Collection[str] = FURTHER) -> Digest:
        """What there is to measure of *work*."""
        return cls.of_chunks((work,), further=further)

    @classmethod
    def of_file(cls, path: str | PathLike[str], *, further: Collection[str] = FURTHER) -> Digest:
        """What there is to measure of the file at *path*, of which little is in memory at once.

        Raises:
            OSError: It cannot be read.
        """
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123  # pathlib is for those who have a Path
            return cls.of_chunks(read_chunks(file), further=further)

    @classmethod
    def of_chunks(cls, chunks: Iterable[bytes], *, further: Collection[str] = FURTHER) -> Digest:
        """What there is to measure of a work that comes in pieces.

        Raises:
            ValueError: *further* names something else.
        """
        if unknown := set(further).difference(FURTHER):
            raise ValueError(f"there is no further digest {min(unknown)!r}, only {FURTHER}")
        sha256 = hashlib.sha256()
        others = {name: _FURTHER[name]() for name in further}
        every = (sha256, *others.values())
        size = 0
        for chunk in chunks:
            size += len(chunk)
            for each in every:
                each.update(chunk)
        return cls(sha256.digest(), size, **{name: each.digest() for name, each in others.items()})
