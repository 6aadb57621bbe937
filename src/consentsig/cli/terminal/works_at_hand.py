"""The works in some folders, by the hash of their bytes, and what contracts say of each.

What is in a folder and was not read is no work that may be used: it is told, never passed over.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from consentsig import NOT_ASKED, Digest, RefusedError, open_batch
from consentsig.batch import MAX_FILE_LEN
from consentsig.cli.terminal.mistaken_files import is_contract
from consentsig.cli.terminal.output import Problem
from consentsig.cli.terminal.work_files import BATCH_SUFFIX, SUFFIX, measure, measure_all
from consentsig.home import files
from consentsig.oneline import MAX_LINE_LEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from consentsig import NotAsked, Work


class WorksAtHand:
    """Works by SHA-256; several files can be the same work."""

    def __init__(self) -> None:
        self._paths: dict[bytes, list[str]] = {}
        self._sizes: dict[bytes, int] = {}
        self._asked: set[bytes] = set()
        self._permitted: set[bytes] = set()
        self.unread: list[str] = []  # links, pipes and devices

    @classmethod
    def measured(cls, folders: Iterable[str]) -> WorksAtHand:
        """The works in *folders* and in all folders below; links there are not followed.

        Raises:
            OSError: One of them cannot be read.
            Problem: There is none.
        """
        found = cls()
        paths = list(_files(folders, found.unread))
        for path, digest in zip(paths, measure_all(paths), strict=True):
            found._paths.setdefault(digest.sha256, []).append(path)
            found._sizes[digest.sha256] = digest.size or 0
        if not found.total:
            raise Problem(f"there is no work in {', '.join(folders)}")
        return found

    def digest_of(self, work: Work) -> Digest | NotAsked:
        """What was measured of a contract's work; its further digests only if it names them."""
        if work.sha256 not in self._paths:
            return NOT_ASKED
        if not work.further:
            return Digest(work.sha256, self._sizes[work.sha256])
        return measure(self._paths[work.sha256][0], work.further)

    def note(self, sha256: bytes | None, *, permitted: bool) -> list[str] | list[None]:
        """Keep what a contract says of the work with this hash; its files, or one None."""
        if sha256 is None or sha256 not in self._paths:
            return [None]
        self._asked.add(sha256)
        if permitted:
            self._permitted.add(sha256)
        return self._paths[sha256]

    def without_contract(self) -> Iterator[tuple[str, bytes]]:
        """Each file that no contract is about, with its hash."""
        for sha256, paths in self._paths.items():
            if sha256 not in self._asked:
                yield from ((path, sha256) for path in paths)

    @property
    def permitted(self) -> int:
        """How many files may be used."""
        return sum(len(self._paths[sha256]) for sha256 in self._permitted)

    @property
    def total(self) -> int:
        """How many files there are, those included that were not read."""
        return sum(map(len, self._paths.values())) + len(self.unread)

    @property
    def all_permitted(self) -> bool:
        """Whether every work may be used."""
        return self._permitted == self._paths.keys() and not self.unread


def _files(folders: Iterable[str], unread: list[str]) -> Iterator[str]:
    """The ordinary files, but for contracts; what else is there goes to *unread*."""
    for folder in folders:
        if Path(folder).is_file():
            yield folder
            continue
        if not Path(folder).is_dir():
            raise Problem(f"{folder}: there is no such folder")
        for where, below, names in os.walk(folder, onerror=_raise):
            below.sort()
            links = [name for name in below if Path(where, name).is_symlink()]
            for path in (Path(where, name) for name in sorted([*links, *names])):
                if path.is_symlink() or not path.is_file():
                    unread.append(str(path))
                elif not is_contract_file(path):
                    yield str(path)


def _raise(error: OSError) -> None:
    """A folder that cannot be listed ends the run: what is in it may be works."""
    raise error


def is_contract_file(path: Path) -> bool:
    """Whether the file is a contract or a batch of them, and so no work."""
    if path.name.endswith(BATCH_SUFFIX):
        return _is_batch(files.read(path, MAX_FILE_LEN))
    return path.name.endswith(SUFFIX) and is_contract(files.read(path, MAX_LINE_LEN))


def _is_batch(data: bytes) -> bool:
    try:
        open_batch(data)
    except RefusedError:
        return False
    return True
