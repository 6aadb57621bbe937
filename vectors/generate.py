"""Write every vector: the only way they change.

    python vectors/generate.py

Keys and times are fixed and Ed25519 has no randomness, so that a second run leaves no difference.
Files of scenarios that are gone are deleted.
"""

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import addresses
import encoding
import envelope
import faults
import fields
import list_forms
import lists
import one_line
import pairs
import questions
import signatures
import signed_text
import streams
import texts
from parts import Vector

HERE = Path(__file__).parent
GROUPS = ("contract", "line", "status", "text")
SCENARIOS = (
    encoding,
    envelope,
    fields,
    signed_text,
    addresses,
    signatures,
    questions,
    faults,
    lists,
    list_forms,
    streams,
    one_line,
    pairs,
    texts,
)


def every_vector() -> Iterator[Vector]:
    """Yield every scenario there is."""
    return chain.from_iterable(module.vectors() for module in SCENARIOS)


def as_text(fields: dict[str, object]) -> str:
    """Return the JSON of a vector, one field a line.

    Claims and texts are in ASCII, since what they hold may be invisible.
    """
    escaped = {"claims", "line", "text"}
    lines = (
        f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=name in escaped)}"
        for name, value in fields.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    """Write the files and say how many there are."""
    files: dict[Path, str] = {}
    for vector in every_vector():
        path = HERE / f"{vector.name}.json"
        assert path not in files, vector.name
        files[path] = as_text(vector.to_json())
    for group in GROUPS:
        (HERE / group).mkdir(exist_ok=True)
        for stale in set((HERE / group).iterdir()) - files.keys():
            stale.unlink()
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    print(f"{len(files)} vectors written")


if __name__ == "__main__":
    main()
