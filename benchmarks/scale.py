"""What large works and long lists cost, beside the hash and the signature check they rest on.

    python benchmarks/scale.py [MOST]

First, a large file and many small ones are measured: shown is the ratio to ``hashlib.file_digest``
with SHA-256 on the same files, and to SHA-256 of the same bytes in memory, which no reader of files
reaches. Then lists of 10,000 to MOST positions, of which one in a hundred is revoked at random, in
multiples of one raw signature check, or in nanoseconds for each position: to inflate and to verify
a list, to count what it revokes and read it as bits, to sign the next one, which revokes one more,
to keep that in a store, and to look up one position in it.

All cases are timed in turn in each round, in CPU time of this one thread; what counts is the least.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path

import cbor2

import core
from consentsig import (
    Digest,
    ListTerms,
    StatusBook,
    StatusList,
    pack_statuses,
    parse_status_list,
    sign_status_list,
    verify_status_list,
)
from consentsig.cli.terminal.work_files import measure_all
from consentsig.evidence import MemoryStore, Publisher, SqliteStore
from consentsig.status_list import STATUS_LIST_CLAIM, revoked_bits
from timing import load, machine, rounds_of

SIZES = (10_000, 100_000, 1_048_576, 10_000_000)
ROUNDS = 9
LARGE, SMALL = (1, 128_000_000), (300, 100_000)  # files, and bytes in each
ASKED, LOOK_UPS = 1_000, ("look up", "in a file")  # positions, and where they are asked about
LATER = core.NOW + timedelta(days=1)


def main(most: int = SIZES[-1]) -> None:
    """Print both tables."""
    print(f"{ROUNDS} rounds, CPU time, the least; {machine()}, load {load()}\n")
    with tempfile.TemporaryDirectory() as folder:
        works(Path(folder))
        lists(Path(folder), most)


def least(cases: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """CPU seconds of each case, the least of all rounds."""
    return {name: min(taken) for name, taken in rounds_of(cases, ROUNDS).items()}


# --- works ---


def works(folder: Path) -> None:
    """Print how fast works are measured."""
    print(f"{'works':<20}{'MB/s':>8}{'of file_digest':>16}{'of memory':>11}")
    for name, (count, size) in (("one of 128 MB", LARGE), (f"{SMALL[0]} of 100 kB", SMALL)):
        paths = [folder / f"{size}-{n}" for n in range(count)]
        for path in paths:
            path.write_bytes(os.urandom(size))
        print(name)
        for row in rates(paths, count * size / 1e6):
            print(row, flush=True)
        for path in paths:
            path.unlink()
    print()


def rates(paths: list[Path], megabytes: float) -> Iterable[str]:
    """A row for each way to measure the same files."""
    contents = [path.read_bytes() for path in paths]
    cases = {
        "bytes in memory": lambda: [hashlib.sha256(data).digest() for data in contents],
        "hashlib.file_digest": lambda: [file_digest(path) for path in paths],
        "Digest.of_file": lambda: [Digest.of_file(path, further=()) for path in paths],
        "verify, grant": lambda: measure_all(paths),
        "with SHA-512": lambda: [Digest.of_file(path, further=["sha512"]) for path in paths],
        "all three": lambda: [Digest.of_file(path) for path in paths],
    }
    seconds = least(cases)
    memory, digest = seconds["bytes in memory"], seconds["hashlib.file_digest"]
    for name, each in seconds.items():
        yield f"  {name:<18}{megabytes / each:>8,.0f}{digest / each:>16.2f}{memory / each:>11.2f}"


def file_digest(path: Path) -> bytes:
    """SHA-256 of a file, by the standard library."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


# --- lists ---


def lists(folder: Path, most: int) -> None:
    """Print what lists of each size cost."""
    print("lists: multiples of a raw signature check, and ns for each position")
    wide = "".join(f"{title:>16}" for title in ("inflate", "verify", "count", "sign next", "keep"))
    print(f"{'positions':>10}{wide}" + "".join(f"{title:>12}" for title in LOOK_UPS))
    for size in (each for each in SIZES if each <= most):
        print(f"{size:>10,}" + "".join(row(size, folder)), flush=True)


def row(size: int, folder: Path) -> Iterable[str]:
    """The cells of one size; verification is given without inflation."""
    key = core.private_key(0)
    first = list_of(size, random.Random(1).sample(range(size), size // 100))  # noqa: S311  # a sample
    lst = cbor2.loads(parse_status_list(first.data).sign1.payload)[STATUS_LIST_CLAIM]["lst"]
    memory = MemoryStore()
    memory.add([first], core.NOW)
    added = next(idx for idx in range(size) if not first.terms.value_at(idx))

    def sign_next() -> StatusList:
        return Publisher(core.LIST, key, memory).sign([added], now=LATER, size=size)

    second = sign_next()
    with SqliteStore.open(folder / f"{size}.db") as file:
        file.add([first, second], LATER)
        cases = {
            "raw": core.raw_opener(),
            "inflate": lambda: zlib.decompress(lst),
            "verify": lambda: verify_status_list(first.data),
            "count": lambda: (first.terms.count(1), revoked_bits(first.terms)),
            "sign next": sign_next,
            "keep the first": lambda: keep(first),
            "keep": lambda: keep(first, second),
            "look up": lambda: look_up(StatusBook(at=LATER, shelves=[memory])),
            "in a file": lambda: look_up(StatusBook(at=LATER, shelves=[file])),
        }
        seconds = least(cases)
    raw = seconds.pop("raw") / core.CONTRACTS
    seconds["verify"] -= seconds["inflate"]
    seconds["keep"] = max(seconds["keep"] - seconds.pop("keep the first"), 0)
    for name, each in seconds.items():
        if name in LOOK_UPS:
            yield f"{each / raw / ASKED:>12.2f}"
        else:
            yield f"{each / raw:>8.1f} {1e9 * each / size:>7.2f}"


def list_of(size: int, revoked: Iterable[int]) -> StatusList:
    """A list that revokes *revoked*."""
    key, until = core.private_key(0), core.NOW + timedelta(days=90)
    statuses = pack_statuses(size, dict.fromkeys(revoked, 1))
    terms = ListTerms(core.LIST, key.public, core.NOW, until, statuses)
    return verify_status_list(sign_status_list(terms, key))


def keep(*lists: StatusList) -> None:
    """Keep one list after the other."""
    store = MemoryStore()
    for each in lists:
        store.add([each], LATER)


def look_up(book: StatusBook) -> None:
    """Ask about positions spread over a list."""
    page = book.page(core.LIST, core.private_key(0).public.thumbprint)
    assert page is not None  # noqa: S101  # it was put there
    size = page.newest[0].terms.size
    for n in range(ASKED):
        page.revoked.since(n * size // ASKED)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
