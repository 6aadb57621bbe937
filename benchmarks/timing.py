"""How the benchmarks measure: all cases in turn in each round, in CPU time of this one thread.

A machine whose speed drifts then slows all cases of a round alike, so what counts is the ratio of
two cases in one round.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

from consentsig import contract, sign
from consentsig.format import common, fields, read_contract, rules, strings

Case = Callable[[], object]
CACHING = (common, contract, fields, read_contract, rules, sign, strings)


def rounds_of(cases: Mapping[str, Case], rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each case in each round; each meets its contracts for the first time."""
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            forget()
            taken[name].append(seconds(case))
    return taken


def seconds(case: Case) -> float:
    """CPU time of one run."""
    start = time.process_time()
    case()
    return time.process_time() - start


def ratios(raw: Sequence[float], taken: Sequence[float]) -> list[float]:
    """How fast *taken* is, as a share of *raw*, in each round."""
    return [one / other for one, other in zip(raw, taken, strict=True)]


def spread(found: Sequence[float]) -> str:
    """The least, the median and the greatest of ratios."""
    return f"{min(found):.2f} / {median(found):.2f} / {max(found):.2f}"


def forget() -> None:
    """Empty the caches of what recurs."""
    for module in CACHING:
        for clear in clearers(module):
            clear()


def clearers(module: object) -> list[Callable[[], None]]:
    """What empties the caches of the functions of *module*."""
    return [
        function.cache_clear
        for function in vars(module).values()
        if hasattr(function, "cache_clear") and not isinstance(function, type)
    ]


def machine() -> str:
    """What this runs on."""
    names = (line.partition(":")[2] for line in cpu_info() if line.startswith("model name"))
    cpu = next(names, platform.processor()).strip()
    return f"{os.cpu_count()} x {cpu}, {platform.system()}, Python {platform.python_version()}"


def cpu_info() -> list[str]:
    """What Linux says of the processor; nothing elsewhere."""
    try:
        return Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []


def load() -> str:
    """How many processes have been running or waiting, on average over the last minute."""
    return f"{os.getloadavg()[0]:.1f}"
