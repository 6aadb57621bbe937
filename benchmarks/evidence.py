"""What lists cost: however long their history, and however many creators there are.

    python benchmarks/evidence.py [MOST]

First, contracts of one creator are asked about with a history of 1 to 2,000 lists of their
address: in a status book, a store in memory and a store in a file. Shown are the ratios to one
list and, after the slash, to the raw signature check. Then ``consentsig verify`` is given n
contracts by n creators and a folder with their n lists, in a process of its own: CPU time for
each contract, and the most memory.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median

import core
from consentsig import (
    KeySet,
    ListTerms,
    PrivateKey,
    Question,
    StatusBook,
    StatusList,
    StatusReference,
    Use,
    pack_statuses,
    sign_contract,
    sign_status_list,
    verify_status_list,
)
from consentsig.evidence import MemoryStore, SqliteStore
from timing import load, seconds

HISTORIES = (1, 20, 500, 2_000)
CREATORS = (100, 300, 1_000, 3_000, 10_000)
ROUNDS = 7
CONTRACTS = 300
ASKED = core.NOW + timedelta(days=80)


def main(most: int = 3_000) -> None:
    """Print both tables."""
    print(f"{CONTRACTS} contracts, {ROUNDS} rounds, CPU time; load {load()}\n")
    histories()
    many_creators(most)


def histories() -> None:
    """Time questions with longer and longer histories of one address."""
    key = core.private_key(0)
    files = [sign_contract(core.catalogue_terms(n), key) for n in range(CONTRACTS)]
    lists = [list_of(key, n) for n in range(max(HISTORIES))]
    print(f"{'lists':>7} {'book':>14} {'in memory':>14} {'in a file':>14}")
    alone: list[float] = []
    for count in HISTORIES:
        ratios = ratios_of(files, key, lists[-count:])
        alone = alone or ratios
        cells = [f"{each / one:.2f} / {each:.2f}" for each, one in zip(ratios, alone, strict=True)]
        print(f"{count:>7,} " + " ".join(f"{cell:>14}" for cell in cells), flush=True)
    print()


def ratios_of(files: Sequence[bytes], key: PrivateKey, lists: list[StatusList]) -> list[float]:
    """The raw check's time over that of a question, for each place where lists can be."""
    memory = MemoryStore()
    memory.add(lists, ASKED)
    with tempfile.TemporaryDirectory() as folder, SqliteStore.open(f"{folder}/db") as file:
        file.add(lists, ASKED)
        books = (
            StatusBook(lists, at=ASKED),
            StatusBook(at=ASKED, shelves=[memory]),
            StatusBook(at=ASKED, shelves=[file]),
        )
        ask_all = [asker(files, key, book) for book in books]
        raw = core.raw_opener()
        rounds = [[seconds(raw), *map(seconds, ask_all)] for _ in range(ROUNDS)]
    # The raw opener opens as many signatures as core has contracts.
    share = CONTRACTS / core.CONTRACTS
    return [median(share * one[0] / one[n] for one in rounds) for n in range(1, 4)]


def asker(files: Sequence[bytes], key: PrivateKey, book: StatusBook) -> Callable[[], None]:
    """Ask the whole question about each contract."""
    question = Question(
        keys=KeySet([key.public]),
        work=core.work_of(0),
        grantee=core.catalogue_terms(0).grantee,
        use=Use.FINETUNE,
        territory="PT",
        at=ASKED,
        status=book,
    )
    works = [core.work_of(n) for n in range(len(files))]

    def ask() -> None:
        for data, work in zip(files, works, strict=True):
            replace(question, work=work).verify(data)

    return ask


def list_of(key: PrivateKey, n: int, uri: str = core.LIST) -> StatusList:
    """List number *n* of a history, each of which revokes one more position than the last."""
    issued = core.NOW + timedelta(seconds=n)
    statuses = pack_statuses(8192, dict.fromkeys(range(4096, 4096 + n), 1))
    terms = ListTerms(uri, key.public, issued, issued + timedelta(days=90), statuses)
    return verify_status_list(sign_status_list(terms, key))


def many_creators(most: int) -> None:
    """Verify contracts by as many creators, with as many lists in a folder."""
    print(f"{'creators':>9} {'CPU s':>7} {'ms each':>8} {'peak MiB':>9}")
    for n in (count for count in CREATORS if count <= most):
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), n)
            cpu, peak = run(folder)
        print(f"{n:>9,} {cpu:>7.2f} {1000 * cpu / n:>8.2f} {peak:>9.0f}", flush=True)


def write(folder: Path, n: int) -> None:
    """Write n contracts, their n lists, and the names that :data:`TRUST` and the program read."""
    (folder / "lists").mkdir()
    dids = []
    for number in range(n):
        key = core.private_key(number)
        uri = f"https://creator-{number}.example/list"
        terms = core.stranger_terms(number)._replace(status=StatusReference(uri, 9))
        (folder / f"{number}.consent").write_bytes(sign_contract(terms, key))
        (folder / "lists" / str(number)).write_bytes(list_of(key, 0, uri).data)
        dids.append(key.public.to_did_key())
    (folder / "keys").write_text("\n".join(dids))
    (folder / "contracts").write_text("\n".join(f"{number}.consent" for number in range(n)))


# The home believes all keys; the arguments come in a file, as in growth.py.
PROGRAM = """
import pathlib, sys
from consentsig.cli.app import run
contracts = pathlib.Path("contracts").read_text().split()
sys.exit(run(["verify", *contracts, "--only-authentic", "--json", "--status", "lists"]))
"""
TRUST = """
import pathlib
from consentsig import PublicKey
from consentsig.home.home import Home
with Home(pathlib.Path("home")) as home, home.writing() as db:
    for n, did in enumerate(pathlib.Path("keys").read_text().split()):
        key = PublicKey.from_did_key(did)
        row = (key.thumbprint, key.x, f"creator {n}")
        db.execute("INSERT INTO believed VALUES (?, ?, ?, 0)", row)
"""


def run(folder: str) -> tuple[float, float]:
    """CPU seconds and the most memory of one ``consentsig verify``."""
    environment = os.environ | {"CONSENTSIG_HOME": str(Path(folder, "home"))}
    subprocess.run([sys.executable, "-c", TRUST], cwd=folder, env=environment, check=True)
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=folder, env=environment, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"consentsig verify ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
