"""The test vectors that come with the program, or those in a folder; and all their files."""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from pathlib import Path
from typing import Any, Final, NamedTuple

from consentsig.errors import ConsentsigError, ResultCode

_PACKED: Final = Path(__file__).with_name("vectors.tar.gz")  # put there by hatch_build.py
_CHECKOUT: Final = Path(__file__).parents[3] / "vectors"  # where an editable install has them
# What belongs to the vectors, beside the files that hold one each.
_BESIDE: Final = ("LICENSE", "README.md", "SHA256SUMS", "VERSION", "schema.json")
_FLAG: Final = re.compile(r"^\| `([a-z0-9-]+)` \| (.+) \|$", re.MULTILINE)
_IS_VECTOR: Final = re.compile(r"[^/]+/[^/]+\.json").fullmatch
_IS_ASKED: Final = re.compile(r"(?!batch_file/)[^/]+/[^/]+\.json").fullmatch
_QUESTION: Final = frozenset([
    *("name", "contract", "keys", "work", "grantee", "use", "territory", "at"),
    *("line", "max_status_age", "status_lists", "status_seen"),
])  # fmt: skip


class Vector(NamedTuple):
    """One test vector.

    Attributes:
        name: Such as ``contract/expired_at_exp``.
        question: What a verifier is told, as JSON on one line.
        expect: The right answer.
        spec: The section that decides.
        flags: What kind of bug a wrong answer would be.
        without_batches: The answer of a verifier without batches, if the vector is about one.
    """

    name: str
    question: str
    expect: str
    spec: str
    flags: tuple[str, ...]
    without_batches: str | None = None


class Vectors(NamedTuple):
    """Test vectors, and what their flags mean."""

    vectors: tuple[Vector, ...]
    meanings: dict[str, str]


class Kit(NamedTuple):
    """The test vectors as files: with schema, manifest, explanation and licence.

    Attributes:
        version: Their version, which is not that of the format or the program.
        size: How many vectors there are.
        files: Their bytes, by path.
    """

    version: str
    size: int
    files: dict[str, bytes]


def kit() -> Kit:
    """The files of the vectors that came with this program, just as they were published.

    Raises:
        ConsentsigError: One of them is missing or is not as their manifest says.
    """
    if _PACKED.exists():
        files = _unpacked(_PACKED)
    else:
        paths = [*_CHECKOUT.glob("*/*.json"), *map(_CHECKOUT.joinpath, _BESIDE)]
        files = {path.relative_to(_CHECKOUT).as_posix(): path.read_bytes() for path in paths}
    listed = dict(line.split("  ", 1)[::-1] for line in files["SHA256SUMS"].decode().splitlines())
    covered = files.keys() - {"LICENSE", "README.md", "SHA256SUMS"}
    if {name: hashlib.sha256(files[name]).hexdigest() for name in covered} != listed:
        raise ConsentsigError("the test vectors are not those of their manifest SHA256SUMS")
    size = sum(_IS_VECTOR(name) is not None for name in files)
    return Kit(files["VERSION"].decode().strip(), size, dict(sorted(files.items())))


def load(folder: Path | None) -> Vectors:
    """The vectors in *folder*, or those that came with this program, but no batch files.

    A batch file is opened and has many answers; a program is asked about one contract.

    Raises:
        ConsentsigError: There are none, or one cannot be read.
    """
    if folder is None and _PACKED.exists():
        files = {name: data.decode() for name, data in _unpacked(_PACKED).items()}
    else:
        files = _in_folder(folder or _CHECKOUT)
    _, _, flags = files.pop("README.md", "").partition("\n## Flags\n")
    meanings = dict(_FLAG.findall(flags.partition("\n## ")[0]))
    vectors = tuple(_vector(path, text) for path, text in sorted(files.items()) if _IS_ASKED(path))
    if not vectors:
        raise ConsentsigError(f"no test vectors in {folder or _CHECKOUT}, expected */*.json there")
    return Vectors(vectors, meanings)


def _in_folder(folder: Path) -> dict[str, str]:
    paths = [*folder.glob("*/*.json"), *folder.glob("README.md")]
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in paths}


def _unpacked(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as tar:
        members = [(member.name, tar.extractfile(member)) for member in tar]
        return {name: data.read() for name, data in members if data}


def _vector(path: str, text: str) -> Vector:
    name = path.removesuffix(".json")
    try:
        whole: dict[str, Any] = json.loads(text)
        question = {field: whole[field] for field in whole if field in _QUESTION} | {"name": name}
        flags = tuple(map(str, whole["flags"]))
        expect, spec = str(whole["expect"]), str(whole["spec"])
        without = whole.get("without_batches")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ConsentsigError(f"{path} is no test vector: {error!r}") from error
    for code in (expect, without or expect):
        if code not in set(ResultCode):
            raise ConsentsigError(f"{path} expects {code!r}, which is no result code")
    return Vector(name, json.dumps(question), expect, spec, flags, without)
