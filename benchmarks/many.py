"""What the library takes for each of many contracts, 100 to 1,000,000: it should stay the same.

    python benchmarks/many.py [MOST]

For each n, a process of its own signs and verifies n revocable contracts, no two about the same
work, first each alone, then in batches of at most 10,000. Every step is asked, the work too, and
the list has n positions or more. Shown are the rate in multiples of raw Ed25519 calls, of which
some are timed with each part of the contracts, and the most memory of the process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from resource import RUSAGE_SELF, getrusage
from typing import NamedTuple

import batch_sizes
import core
from consentsig import Question, Terms, Verdict, sign_batch, sign_contract, verify_signature
from timing import load, machine, seconds

SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)
PARTS = {"alone": 1_000, "in batches": 10_000}  # contracts at a time
LEAST = 2_000  # contracts of which a rate is taken


def main(most: int = 1_000_000) -> None:
    """Print a row for each number of contracts."""
    print(f"CPU time; {machine()}, load {load()}\n")
    print(f"{'':>10}" + "".join(f"{way:>30}" for way in PARTS))
    print(f"{'contracts':>10}" + f"{'sign':>10}{'verify':>10}{'peak MiB':>10}" * len(PARTS))
    for n in (size for size in SIZES if size <= most):
        print(f"{n:>10,}", end="", flush=True)
        for way in PARTS:
            command = [sys.executable, __file__, "--measure", way, str(n)]
            found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            sign, verify, peak = json.loads(found.stdout)
            print(f"{sign:>10.2f}{verify:>10.2f}{peak:>10.0f}", end="", flush=True)
        print()


def measure(way: str, n: int) -> None:
    """Print the two rates and the most memory, for :func:`main` to read."""
    question = batch_sizes.question(max(n, 4096))
    total = Costs(0, 0, 0, 0)
    for _ in range(max(1, LEAST // n)):
        for start in range(0, n, PARTS[way]):
            part = range(start, min(start + PARTS[way], n))
            costs = part_costs(way, part, question)
            total = Costs(*map(sum, zip(total, costs, strict=True)))
    peak = getrusage(RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([total.raw_sign / total.sign, total.raw_verify / total.verify, peak]))


class Costs(NamedTuple):
    """CPU seconds for the same number of contracts and raw calls."""

    raw_sign: float
    raw_verify: float
    sign: float
    verify: float


def part_costs(way: str, part: range, question: Question) -> Costs:
    """Sign and verify the contracts of *part*."""
    terms = [core.salted(batch_sizes.shared_terms(k), k) for k in part]
    files: list[bytes] = []
    sign, verify = WAYS[way]
    calls = len(part) / core.CONTRACTS
    return Costs(
        calls * seconds(RAW_SIGN),
        calls * seconds(RAW_VERIFY),
        seconds(lambda: files.extend(sign(terms))),
        seconds(lambda: batch_sizes.check(verify(files, question))),
    )


def sign_each(terms: Sequence[Terms]) -> list[bytes]:
    """A file for each."""
    return [sign_contract(each, batch_sizes.KEY) for each in terms]


def judge_each(files: Sequence[bytes], question: Question) -> Iterator[Verdict]:
    """Ask about each, with its work."""
    for file in files:
        signed = verify_signature(file)
        yield replace(question, work=batch_sizes.measured(signed.terms)).judge(signed)


def sign_together(terms: Sequence[Terms]) -> list[bytes]:
    """One file for all."""
    return [sign_batch(terms, batch_sizes.KEY)]


WAYS = {"alone": (sign_each, judge_each), "in batches": (sign_together, batch_sizes.judge_works)}
RAW_SIGN, RAW_VERIFY = core.raw_signer(), core.raw_opener()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], int(sys.argv[3]))
    else:
        main(*map(int, sys.argv[1:]))
