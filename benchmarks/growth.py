"""What commands cost for each contract, as homes grow: it should stay the same.

    python benchmarks/growth.py [MOST]

For each n, n works are granted at once into a new home. The list is published, all contracts are
verified, the home is listed and checked, one more work is granted there, all contracts are revoked
at once, and the list is published again. Each command is a process of its own. Shown are the CPU
time for each contract, less that of the same command in a home with one contract, and the most
memory the process had.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

SIZES = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
TERMS = (
    *("--to", "Acme Labs", "--to-url", "https://acme.example", "--allow", "finetune"),
    *("--until", f"{datetime.now(UTC).year + 1}-12-31", "--free", "--worldwide"),
    *("--revocable", "30", "--yes"),
)
# The arguments come in a file, since a command line has no room for a hundred thousand names.
PROGRAM = (
    "import json, sys, pathlib\n"
    "from consentsig.cli.app import run\n"
    "sys.exit(run(json.loads(pathlib.Path(sys.argv[1]).read_text())))"
)


class Cost(NamedTuple):
    """What one command took."""

    seconds: float
    mebibytes: float


def main(most: int = 10_000) -> None:
    """Print a row for each size and command."""
    base = dict(measured(1))
    print(f"{'contracts':>9}  {'command':<12} {'CPU s':>8} {'ms each':>8} {'peak MiB':>9}")
    for n in (size for size in SIZES if size <= most):
        for command, cost in measured(n):
            each = 1000 * (cost.seconds - base[command].seconds) / n
            row = f"{n:>9,}  {command:<12} {cost.seconds:>8.2f} {each:>8.3f}"
            print(f"{row} {cost.mebibytes:>9.0f}", flush=True)


def measured(n: int) -> Iterator[tuple[str, Cost]]:
    """Each command and its cost, for *n* works in a new home."""
    with tempfile.TemporaryDirectory() as folder:
        works = [f"{k}.txt" for k in range(n)]
        for name in (*works, "more.txt"):
            Path(folder, name).write_text(f"work {name}")
        list_uri = ("--list-uri", "https://ana.example/consent-list")
        run(folder, "init", "--name", "Ana", "--no-recovery", "--no-passphrase", *list_uri)
        yield "grant all", run(folder, "grant", *works, *TERMS)
        contracts = [f"{name}.consent" for name in works]
        yield "publish", run(folder, "publish", "--out", "site", "--first")
        verify = ("verify", *contracts, "--only-authentic", "--offline", "--json")
        yield "verify all", run(folder, *verify)
        yield "list", run(folder, "list", "--json")
        yield "home check", run(folder, "home", "check")
        yield "grant one", run(folder, "grant", "more.txt", *TERMS)
        yield "revoke all", run(folder, "revoke", *contracts, "--yes")
        yield "publish all", run(folder, "publish", "--out", "site", "--online", "site")


def run(folder: str, *arguments: str) -> Cost:
    """Run one command in *folder*, where its home is too."""
    Path(folder, "arguments.json").write_text(json.dumps(arguments))
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "arguments.json"],
        cwd=folder,
        env=os.environ | {"CONSENTSIG_HOME": str(Path(folder, "home"))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"consentsig {arguments[0]} ended with {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
