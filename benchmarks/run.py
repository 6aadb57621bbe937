"""Every benchmark, one after the other, and what they found in RESULTS.md.

    python benchmarks/run.py [--quick] [NAME…]

With ``--quick`` the sizes are small and nothing is written: it shows that all of them work. With
names, such as ``core batch_sizes``, only those run, and nothing is written either. A whole run
takes half an hour on an idle machine.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import NamedTuple

from timing import load, machine

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "RESULTS.md"


class Benchmark(NamedTuple):
    """A script, and its arguments in a whole run and in a quick one."""

    name: str
    whole: tuple[int, ...]
    quick: tuple[int, ...]


BENCHMARKS = (  # the long ones last
    Benchmark("core", (), (1,)),
    Benchmark("peers", (), (1,)),
    Benchmark("start", (), (1,)),
    Benchmark("size", (), ()),
    Benchmark("batch_sizes", (), (1, 10)),
    Benchmark("scale", (), (10_000,)),
    Benchmark("evidence", (10_000,), (100,)),
    Benchmark("many", (), (100,)),
    Benchmark("growth", (100_000,), (10,)),
)
PACKAGES = (
    *("consentsig", "PyNaCl", "cryptography", "typer"),
    *("cwt", "pycose", "cbor2", "PyJWT", "biscuit-python", "fast-paseto"),
)


def main(*arguments: str) -> None:
    """Run what is asked for; write the results if that is everything."""
    quick = "--quick" in arguments
    names = [each for each in arguments if each != "--quick"]
    if unknown := set(names) - {each.name for each in BENCHMARKS}:
        raise SystemExit(f"no such benchmark: {', '.join(sorted(unknown))}")
    parts = [*head()]
    for each in BENCHMARKS:
        if not names or each.name in names:
            parts += section(each.name, each.quick if quick else each.whole)
            if not quick and not names:  # after each, so that a run that is stopped leaves some
                RESULTS.write_text("\n".join(parts) + "\n")


def head() -> Iterator[str]:
    """What was measured, and on what."""
    yield "# What was measured\n"
    yield f"`make bench`, {datetime.now(UTC):%Y-%m-%d}, {machine()}.\n"
    yield "CPU time. Ratios are of cases that ran in turn; *load* is how many processes ran or"
    yield "waited, on average over a minute, before and after. On a busy machine ratios keep their"
    yield "order, single figures vary by a tenth or more.\n"
    yield f"With {', '.join(versions())}."


def versions() -> Iterator[str]:
    """The packages that are installed of those measured."""
    for name in PACKAGES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            continue


def section(name: str, arguments: Sequence[int]) -> Iterator[str]:
    """Run one script and show what it prints as it does; give its section."""
    words = [f"{name}.py", *map(str, arguments)]
    print(f"--- {' '.join(words)}", flush=True)
    about, before, started, used = docstring(name), load(), time.monotonic(), cpu_seconds()
    shown = list(output([sys.executable, str(FOLDER / words[0]), *words[1:]]))
    took, cpu = time.monotonic() - started, cpu_seconds() - used
    yield f"\n## {about[0]}\n"
    yield f"`{' '.join(words)}`; load {before} to {load()}, {cpu:,.0f} s of CPU in {took:,.0f} s.\n"
    yield about[1]
    yield "\n```text\n" + "".join(shown).strip("\n") + "\n```"


def output(command: Sequence[str]) -> Iterator[str]:
    """What a script prints, line by line, shown here too."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout  # noqa: S101  # it is a pipe
        for line in process.stdout:
            print(line, end="", flush=True)
            yield line
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")


def cpu_seconds() -> float:
    """What the scripts have used so far."""
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def docstring(name: str) -> tuple[str, str]:
    """What a script measures, and how: its docstring without the command."""
    text = (FOLDER / f"{name}.py").read_text().split('"""')[1]
    title, _, rest = text.partition("\n\n")
    how = rest.partition("\n\n")[2] if rest.startswith("    python") else rest
    return title.rstrip("."), how.strip()


if __name__ == "__main__":
    main(*sys.argv[1:])
