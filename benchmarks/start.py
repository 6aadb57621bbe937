"""`consentsig` as a process beside `python -c pass`, and what the difference is made of.

    python benchmarks/start.py [ROUNDS]

Runs the installed program in turn with bare Python, in CPU time of the child processes, and
prints medians and ratios. One process checks as many contracts as it is given, so the
last rows show what one more contract costs.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

PROGRAM = str(Path(sys.executable).with_name("consentsig"))
MANY = 200


def main(rounds: int = 15) -> None:
    """Make a contract, then time the commands in turn."""
    with tempfile.TemporaryDirectory(prefix="consentsig-bench-") as name:
        folder = Path(name)
        prepare(folder)
        cases = commands()
        taken: dict[str, list[float]] = {case: [] for case in cases}
        for _ in range(rounds):
            for case, command in cases.items():
                taken[case].append(cpu_seconds(command, folder))
    report(taken, rounds)


def prepare(folder: Path) -> None:
    """A creator's home, a work, its contract and the list."""
    (folder / "harbour.txt").write_text("Harbour at dawn")
    init = ["init", "--name", "Ana Liu", "--no-passphrase", "--no-recovery"]
    terms = ["--to", "Acme Labs", "--to-url", "https://acme.example/", "--allow", "finetune"]
    rest = ["--until", "2066-12-31", "--free", "--worldwide", "--revocable", "30", "--yes"]
    for arguments in (
        [*init, "--list-uri", "https://ana.example/consent-list"],
        ["grant", "harbour.txt", *terms, *rest],
        ["publish", "--out", ".", "--first"],
    ):
        subprocess.run(
            [PROGRAM, "--home", "home", *arguments], cwd=folder, check=True, capture_output=True
        )


def commands() -> dict[str, list[str]]:
    """What is timed: bare Python first, then its imports one heap upon another."""
    python = [sys.executable, "-c"]
    contract, question = "harbour.txt.consent", ["--work", "harbour.txt"]
    question += ["--for", "https://acme.example/", "--use", "finetune", "--status", "consent-list"]
    verify = [PROGRAM, "--home", "home", "verify"]
    return {
        "python -c pass": [*python, "pass"],
        "  + consentsig.verify": [*python, "import consentsig.verify"],
        "  + typer": [*python, "import consentsig.verify, typer"],
        "  + sqlite3": [*python, "import consentsig.verify, typer, sqlite3"],
        "consentsig --help": [PROGRAM, "--help"],
        "consentsig show": [PROGRAM, "show", contract],
        "consentsig verify, 1 file": [*verify, contract, *question],
        f"consentsig verify, {MANY} files": [*verify, *[contract] * MANY, *question],
    }


def cpu_seconds(command: list[str], folder: Path) -> float:
    """User and system time of one run; it must succeed."""
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run(
        command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def report(taken: dict[str, list[float]], rounds: int) -> None:
    """Print the medians, in milliseconds and as a multiple of bare Python."""
    bare = statistics.median(taken["python -c pass"])
    print(f"{rounds} rounds, CPU time, medians\n")
    for case, seconds in taken.items():
        median = statistics.median(seconds)
        print(f"  {case:<28}{median * 1000:>7.0f} ms   {median / bare:>5.1f} x bare Python")
    one, many = list(taken)[-2:]
    more = (statistics.median(taken[many]) - statistics.median(taken[one])) / (MANY - 1)
    print(f"\n  one more contract in the same process: {more * 1e6:.0f} us")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
