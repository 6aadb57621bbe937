"""A verifier that is asked by ``consentsig conformance``: a good one, and liars of every kind.

python verifier.py KIND         answers the questions on standard input, a line each
python verifier.py KIND FILE    answers the one in FILE
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def result_of(question: dict[str, Any]) -> str:
    from ask_vector import judge  # here, since most liars need none of it and start faster

    return judge(question).result


def honest(question: dict[str, Any]) -> str:
    return json.dumps({"result": result_of(question), "name": question["name"]})


def forgetful(question: dict[str, Any]) -> str:
    """Knows nothing of revocation."""
    result = result_of(question)
    return "valid" if result in {"revoked", "suspended", "status-unknown"} else result


def without_batches(question: dict[str, Any]) -> str:
    """Know nothing of batches; what such a verifier says is in the file of the vector."""
    if not question["name"].startswith("batch/"):
        return result_of(question)
    path = Path(__file__).parents[2] / "vectors" / f"{question['name']}.json"
    return str(json.loads(path.read_text())["without_batches"])


def without_most_batches(question: dict[str, Any]) -> str:
    """Accept one batch, and none else."""
    is_one = question["name"] == "batch/size_2_index_0"
    return "valid" if is_one else without_batches(question)


def muddled(question: dict[str, Any]) -> str:
    """Takes one code for another."""
    result = result_of(question)
    return "unsupported" if result == "malformed" else result


def crashing(question: dict[str, Any]) -> str:
    raise KeyError(question["name"])


def hanging(_: dict[str, Any]) -> str:
    time.sleep(1000)
    return "valid"


def leaving_a_child(_: dict[str, Any]) -> str:
    """Ends, while what it started keeps its output open."""
    subprocess.Popen(["sleep", "1000"])  # noqa: S607  # wherever it is
    return "valid"


def endless(_: dict[str, Any]) -> str:
    while True:
        print("valid\n" * 100_000)


def long_line(_: dict[str, Any]) -> str:
    while True:
        print("valid" * 100_000, end="")


def printing(text: str) -> Callable[[dict[str, Any]], str]:
    return lambda _: text


KINDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "honest": honest,
    "forgetful": forgetful,
    "without-batches": without_batches,
    "without-most-batches": without_most_batches,
    "muddled": muddled,
    "crashing": crashing,
    "hanging": hanging,
    "leaving-a-child": leaving_a_child,
    "endless": endless,
    "long-line": long_line,
    "always-valid": printing("valid"),
    "always-malformed": printing("malformed"),
    "twice": printing("valid\nvalid"),
    "unknown-code": printing('{"result": "fine"}'),
    "other-name": printing('{"result": "valid", "name": "contract/another"}'),
    "no-object": printing('{"result": '),
    "deep": printing('{"result": ' + "[" * 50_000),
    "escape": printing("\x1b[2Jvalid\x1b]0;title\x07"),
    "binary": printing("\udcff\udcfe\udc80"),
    "silent": printing(""),
}


def main(kind: str, *files: str) -> None:
    sys.stdout.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]
    if files:
        print(KINDS[kind](json.loads(Path(files[0]).read_text())))
        return
    for line in sys.stdin:
        print(KINDS[kind](json.loads(line)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
