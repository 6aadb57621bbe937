"""Write every vector: the only way they change.

    python vectors/generator/generate.py

Keys and times are fixed and Ed25519 has no randomness, so a second run leaves no difference.
Files of removed scenarios are deleted.
"""

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import addresses
import believed_keys
import bytewise_order
import character_classes
import code_points
import contract_fields
import encoding
import fault_pairs
import headers
import list_compression
import list_format
import look_alike_keys
import look_alike_values
import normal_form
import one_line
import questions
import rendered_texts
import several_faults
import signatures
import status_rules
import text_fields
from build import Vector

VECTORS = Path(__file__).parent.parent
GROUPS = ("contract", "line", "status", "text")
SCENARIOS = (
    encoding,
    bytewise_order,
    headers,
    contract_fields,
    look_alike_keys,
    look_alike_values,
    text_fields,
    code_points,
    normal_form,
    addresses,
    character_classes,
    signatures,
    believed_keys,
    questions,
    several_faults,
    status_rules,
    list_format,
    list_compression,
    one_line,
    fault_pairs,
    rendered_texts,
)


def every_vector() -> Iterator[Vector]:
    """Yield every scenario of every module."""
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
        path = VECTORS / f"{vector.name}.json"
        assert path not in files, vector.name
        files[path] = as_text(vector.to_json())
    for group in GROUPS:
        (VECTORS / group).mkdir(exist_ok=True)
        for stale in set((VECTORS / group).iterdir()) - files.keys():
            stale.unlink()
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    print(f"{len(files)} vectors written")


if __name__ == "__main__":
    main()
