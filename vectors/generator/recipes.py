"""Long values written briefly: a recipe says how often a byte or letter is repeated."""

import re
from collections.abc import Callable

Recipe = list[str | list[str | int]]

RUN = re.compile(rb"(.)\1{4095,}", re.DOTALL)  # only files about a limit have one so long


def of_bytes(data: bytes) -> str | Recipe:
    """Return *data* in hexadecimal; as a recipe, if it has long runs."""
    return _compact(data, bytes.hex)


def of_text(text: str) -> str | Recipe:
    """Return *text*; as a recipe, if it has long runs."""
    return _compact(text.encode(), bytes.decode)


def _compact(data: bytes, spell: Callable[[bytes], str]) -> str | Recipe:
    recipe: Recipe = []
    end = 0
    for run in RUN.finditer(data):
        recipe += [spell(data[end : run.start()]), [spell(run[1]), len(run[0])]]
        end = run.end()
    if not recipe:
        return spell(data)
    return [part for part in (*recipe, spell(data[end:])) if part]
