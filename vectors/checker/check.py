"""Check every vector a second time, independently.

    python vectors/checker/check.py

It imports neither the library nor the generator. It reads CBOR with cbor2, checks signatures with
PyNaCl (libsodium), and has its own steps 1 to 13 of spec §5, its own batches of spec §12 and its
own renderer of texts. It also checks that each file has a good signature unless the signature is
the fault, and that for each pair of tests some vector fails both (pairs.py).
"""

import json
import re
import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cbor2

from batch_rules import (
    faults_with_batches,
    is_head,
    leaf_of,
    refusal_of_file,
    root_holds,
    single_files,
)
from faults import contract_faults, list_faults
from form import CONTRACT, LIST, Profile, is_tag_98, passes_step_1
from pairs import missing_batch_pairs, missing_pairs
from rendering import render
from verdict import (
    OURS,
    Claims,
    Vector,
    seconds,
    sig_structure,
    signature_holds,
    verdict,
)

VECTORS = Path(__file__).parent.parent
GROUPS = ("contract", "line", "status", "text", "batch", "batch_file")
GROUPS_SHOWN = tuple(f"{group}/" for group in GROUPS)  # README.md has a table of them too
ACCEPTED = {"valid", "authentic"}
# Ana's key and Ben's: one of them signed each head that is refused before its signature matters.
SIGNERS = (
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "7d59c5623dd40a74aa4d5a32ac645d3b3f95daeae4c22be25476dd6a486f7382",
)
HOSTILE = "ed25519-"  # the flags of signatures that some verifiers accept


def main() -> int:
    """Check all files, print what is wrong, and return the exit status."""
    paths = sorted(path for group in GROUPS for path in (VECTORS / group).glob("*.json"))
    schema = schema_checker()
    wrong = undescribed(paths) + unpaired(paths) + unlisted(paths)
    for path in paths:
        try:
            check(path, schema)
        except Exception as error:  # noqa: BLE001  # whatever it is, the vector is at fault
            wrong += 1
            print(f"{path.relative_to(VECTORS)}: {type(error).__name__}: {error}", file=sys.stderr)
    print(f"{len(paths)} vectors checked, {wrong} wrong")
    return int(wrong > 0 or not paths)


def load(path: Path) -> Vector:
    """Return a vector, its recipes carried out."""
    vector: Vector = json.loads(path.read_text(encoding="utf-8"))
    for field in vector.keys() & {"contract", "batch", "line", "sig_structure"}:
        vector[field] = expand(vector[field])
    vector["status_lists"] = [expand(data) for data in vector["status_lists"]]
    return vector


def expand(value: str | list[str | list[Any]]) -> str:
    """Return the text that a recipe makes; a text is its own recipe."""
    parts = [value] if isinstance(value, str) else value
    return "".join(part if isinstance(part, str) else part[0] * part[1] for part in parts)


def undescribed(paths: list[Path]) -> int:
    """Return how many flags are only in the vectors or only in README.md."""
    rows = (VECTORS / "README.md").read_text(encoding="utf-8").partition("## Flags")[2].splitlines()
    described = {row.split("`")[1] for row in rows if row.startswith("| `")} - set(GROUPS_SHOWN)
    used = (json.loads(path.read_text(encoding="utf-8"))["flags"] for path in paths)
    differ = described ^ {flag for flags in used for flag in flags}
    for flag in sorted(differ):
        print(f"README.md: the flag {flag} is not described or not used", file=sys.stderr)
    return len(differ)


def unpaired(paths: list[Path]) -> int:
    """Return how many pairs of tests have no vector that fails both."""
    of_batches = [load(path) for path in paths if path.parent.name == "batch"]
    others = [load(path) for path in paths if path.parent.name not in {"batch", "batch_file"}]
    missing = missing_pairs(others) + missing_batch_pairs(of_batches)
    for first, second in missing:
        print(f"no vector has both {first} and {second}", file=sys.stderr)
    return len(missing)


def unlisted(paths: list[Path]) -> int:
    """Return how many files are not as SHA256SUMS says."""
    listed = {}
    for line in (VECTORS / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        listed[name] = digest
    there = {
        path.relative_to(VECTORS).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in (*paths, VECTORS / "VERSION", VECTORS / "schema.json")
    }
    differ = sorted({name for name, _ in there.items() ^ listed.items()})
    for name in differ:
        fault = "missing" if name not in there else "changed" if name in listed else "not listed"
        print(f"SHA256SUMS: {name} is {fault}", file=sys.stderr)
    return len(differ)


def schema_checker() -> Any | None:  # noqa: ANN401  # jsonschema's own type, where it is there
    """Return a validator of schema.json."""
    if find_spec("jsonschema") is None:
        print("jsonschema is not installed: the schema is not checked", file=sys.stderr)
        return None
    from jsonschema import Draft202012Validator  # it is optional

    schema = json.loads((VECTORS / "schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def check(path: Path, schema: Any | None) -> None:  # noqa: ANN401
    """Raise if the vector in *path* is not what it says."""
    vector = load(path)
    if schema is not None:
        schema.validate(json.loads(path.read_text(encoding="utf-8")))
    name = path.relative_to(VECTORS).with_suffix("").as_posix()
    assert vector["name"] == name, f"its name is {vector['name']}"
    check_lists(vector)
    if "batch" in vector:
        check_file(vector)
        return
    data = bytes.fromhex(vector["contract"])
    if "without_batches" in vector:
        check_without_batches(vector, data)
    with_batches = "without_batches" in vector
    refused = form_of(data, CONTRACT, faults_with_batches if with_batches else contract_faults)
    if "line" in vector and not is_line_of(vector["line"], data):
        # Refused for its spelling alone, so that nothing else can be the reason.
        assert refused is None, "the file has a fault too"
        assert (vector["expect"], vector["step"]) == ("malformed", 1), "the line is bad"
        return
    expected = (vector["expect"], vector["step"]) if vector["step"] in {1, 2} else None
    assert refused == expected, f"found {refused}, expected {expected}"
    if vector["step"] == 1:
        return
    items = cbor2.loads(data).value
    assert vector["sig_structure"] == sig_structure(items).hex(), "sig_structure differs"
    claims = cbor2.loads(items[2])
    if is_head(claims) and with_batches:
        claims = check_batch(vector, items, claims)
    else:
        check_signature(vector, items, claims)
    if vector["step"] not in {2, 3}:
        check_answer(vector, claims)
    if vector["expect"] in ACCEPTED:
        check_accepted(vector, items, claims)


def check_without_batches(vector: Vector, data: bytes) -> None:
    """A verifier without batches gives the code that is said."""
    line = "line" not in vector or is_line_of(vector["line"], data)
    refused = form_of(data, CONTRACT, contract_faults)
    found = refused[0] if refused and line else "malformed"
    assert found == vector["without_batches"], f"without batches, found {found}"


def check_batch(vector: Vector, items: list[Any], head: Claims) -> Claims:
    """Signature and root of a contract of a batch are as they must be; return its claims."""
    claims = dict(leaf_of(items[1]) or {})
    if vector["step"] == 2:
        keys = (public_key(claims), *map(bytes.fromhex, SIGNERS))
        signed = any(signature_holds(items, key) for key in keys if key)
        assert signed or "signature" in vector["name"], "the signature is bad"
    elif root_holds(items[1], head) or vector["expect"] != "bad-signature":
        assert root_holds(items[1], head), "the root is another"
        check_signature(vector, items, claims)
    return claims


def check_file(vector: Vector) -> None:
    """A batch file is opened or not, and each contract in it gets its answer."""
    data = bytes.fromhex(vector["batch"])
    refused = refusal_of_file(data)
    expected = None if vector["expect"] == "valid" else (vector["expect"], vector["step"])
    assert refused == expected, f"found {refused}, expected {expected}"
    if refused:
        return
    found = [
        {"contract_id": sha256(leaf).hexdigest(), "expect": code, "step": step}
        for leaf, file in single_files(data)
        for code, step in [answer_of(vector, file)]
    ]
    assert found == vector["answers"], f"found {found}"


def answer_of(vector: Vector, data: bytes) -> tuple[str, int | None]:
    """Return the answer to a question about one contract of a batch."""
    if refused := form_of(data, CONTRACT, faults_with_batches):
        return refused
    items = cbor2.loads(data).value
    claims = dict(leaf_of(items[1]) or {})
    public = public_key(claims)
    good = public is not None and signature_holds(items, public)
    if not good or not root_holds(items[1], cbor2.loads(items[2])):
        return "bad-signature", 3
    return verdict(vector, claims)[:2]


def is_line_of(line: str, data: bytes) -> bool:
    """Whether the text file *line* holds the one line of a file (spec §3.10)."""
    line = re.sub(r"\r?\n\Z", "", line)
    return line == "consentsig1:" + urlsafe_b64encode(data).decode().rstrip("=")


def form_of(
    data: bytes, profile: Profile, faults: Callable[..., set[str]]
) -> tuple[str, int] | None:
    """Return code and step where step 1 or 2 refuses a file."""
    if not passes_step_1(data, profile):
        return "unsupported" if is_tag_98(data, profile) else "malformed", 1
    protected, unprotected, payload, _ = cbor2.loads(data).value
    found = faults(cbor2.loads(protected), unprotected, cbor2.loads(payload))
    if not found:
        return None
    return "malformed" if min(found) in {"d", "f"} else "unsupported", 2  # f: §12.3


def check_signature(vector: Vector, items: list[Any], claims: Claims) -> None:
    """The signature is good, unless the vector is about the signature."""
    hostile = any(flag.startswith(HOSTILE) for flag in vector["flags"])
    public = public_key(claims)
    if vector["expect"] == "bad-signature":
        # libsodium refuses what §4.2 refuses. If a later one accepts the cofactored equation,
        # only the hostile signatures may pass it.
        good = public is not None and signature_holds(items, public)
        assert hostile or not good, "the signature is good"
    elif public is not None and "signature" not in vector["name"]:
        assert signature_holds(items, public), "the signature is bad"


def public_key(claims: Claims) -> bytes | None:
    """Return the creator's Ed25519 key, if the claims have one of 32 bytes."""
    try:
        key = claims[OURS][1][0][0]
        known = (key[1], key[-1]) == (1, 6) and isinstance(key[-2], bytes) and len(key[-2]) == 32
        return key[-2] if known else None
    except (KeyError, TypeError, IndexError, AttributeError):
        return None


def check_answer(vector: Vector, claims: Claims) -> None:
    """The verdict of this checker is the expected one."""
    found = verdict(vector, claims)
    since = vector.get("as_of", vector.get("since"))  # as_of, where both are there
    expected = (vector["expect"], vector["step"], seconds(since) if since else None)
    assert found == expected, f"found {found}, expected {expected}"


def check_accepted(vector: Vector, items: list[Any], claims: Claims) -> None:
    """Claims, id, text and encoding of a contract that holds."""
    for part in (items[0], items[2]):
        assert cbor2.dumps(cbor2.loads(part)) == part, "it re-encodes to other bytes"
    whole = cbor2.dumps(cbor2.CBORTag(18, items)).hex()
    assert whole == vector["contract"], "the file re-encodes to other bytes"
    payload = items[1][OURS][0] if OURS in items[1] else items[2]
    assert cbor2.dumps(claims) == payload, "the contract re-encodes to other bytes"
    assert vector["contract_id"] == sha256(payload).hexdigest(), "contract_id differs"
    assert json.dumps(vector["claims"]) == json.dumps(to_json(claims)), "claims differ"
    if "text" in vector:
        assert vector["text"] == render(claims), "text differs"


def to_json(item: object) -> object:
    """Return *item* in the form that README.md describes."""
    match item:
        case bytes():
            return {"hex": item.hex()}
        case list():
            return [to_json(part) for part in item]
        case dict():
            return {"map": [[key, to_json(value)] for key, value in item.items()]}
    return item


def check_lists(vector: Vector) -> None:
    """Each list has the expected result by itself."""
    for data, result in zip(vector["status_lists"], vector["list_results"], strict=True):
        found = list_result(bytes.fromhex(data))
        assert found == result, f"list is {found}, not {result}"


def list_result(data: bytes) -> str:
    """Return the result of a list by itself."""
    if refused := form_of(data, LIST, list_faults):
        return refused[0]
    items = cbor2.loads(data).value
    public = cbor2.loads(items[2])[OURS][2][-2]
    return "valid" if signature_holds(items, public) else "bad-signature"


if __name__ == "__main__":
    sys.exit(main())
