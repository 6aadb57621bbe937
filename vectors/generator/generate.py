"""Write every vector and the manifest of them: the only way they change.

    python vectors/generator/generate.py

Keys and times are fixed and Ed25519 has no randomness, so a second run leaves no difference.
Files of removed scenarios are deleted.
"""

import json
from collections.abc import Iterator
from hashlib import sha256
from itertools import chain
from pathlib import Path

import addresses
import batch_faults
import batch_files
import batch_pairs
import batches
import believed_keys
import bytewise_order
import careless_javascript
import careless_verifiers
import character_classes
import code_points
import contract_fields
import encoding
import every_field
import fault_pairs
import headers
import limits
import list_compression
import list_envelope
import list_format
import list_look_alikes
import look_alike_keys
import look_alike_values
import normal_form
import one_line
import past
import pools
import questions
import rendered_payments
import rendered_texts
import several_faults
import signatures
import status_rules
import status_speakers
import text_fields
from batch_files import FileVector
from build import Vector

VECTORS = Path(__file__).parent.parent
GROUPS = ("contract", "line", "status", "text", "batch", "batch_file")
SCENARIOS = (
    encoding,
    bytewise_order,
    headers,
    contract_fields,
    pools,
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
    past,
    status_speakers,
    list_format,
    list_envelope,
    list_look_alikes,
    list_compression,
    one_line,
    limits,
    every_field,
    careless_verifiers,
    careless_javascript,
    fault_pairs,
    rendered_texts,
    rendered_payments,
    batches,
    batch_faults,
    batch_pairs,
    batch_files,
)


def every_vector() -> Iterator[Vector | FileVector]:
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
    (VECTORS / "SHA256SUMS").write_text(manifest(), encoding="utf-8")
    print(f"{len(files)} vectors written")


def manifest() -> str:
    """Return the SHA-256 of every vector, the schema and the version, as sha256sum reads it."""
    paths = [VECTORS / "VERSION", VECTORS / "schema.json"]
    paths += [path for group in GROUPS for path in (VECTORS / group).iterdir()]
    named = sorted((path.relative_to(VECTORS).as_posix(), path) for path in paths)
    return "".join(f"{sha256(path.read_bytes()).hexdigest()}  {name}\n" for name, path in named)


if __name__ == "__main__":
    main()
