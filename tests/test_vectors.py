"""Every vector through the public API: code, step, text, and what each list is by itself."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from ask_vector import judge, list_of, load, question
from consentsig import (
    Batch,
    Question,
    RefusedError,
    ResultCode,
    RevokedError,
    StatusDisputedError,
    judge_batch,
    open_batch,
    parse_contract,
    render,
)
from consentsig.sign import write_payload

VECTORS = Path(__file__).parent.parent / "vectors"
GROUPS = ("contract", "line", "status", "text", "batch", "batch_file")
FILES = sorted(VECTORS.glob("*/*.json"))
ASKED = [path for path in FILES if path.parent.name != "batch_file"]
BATCH_FILES = [path for path in FILES if path.parent.name == "batch_file"]

# Codes kept for what later versions add (spec §6).
NOT_REACHABLE_YET = {
    "incomplete",
    "key-revoked",
    "disputed",
    "not-accepted",
    "no-timestamp",
    "no-receipt",
}


@pytest.mark.parametrize("path", ASKED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_vector_gets_its_code_and_step(path: Path) -> None:
    vector = load(path)
    verdict = judge(vector)
    assert (verdict.result, verdict.step) == (vector["expect"], vector["step"]), verdict.message
    if "as_of" in vector:
        as_of = vector["as_of"]
        assert verdict.as_of == (as_of and datetime.fromisoformat(as_of))
    error = verdict.error
    against = error.against if isinstance(error, StatusDisputedError) else None
    assert (against and against.code) == vector.get("against")
    said = against or error
    since = said.since if isinstance(said, RevokedError) else None
    assert since == (datetime.fromisoformat(vector["since"]) if "since" in vector else None)
    if "contract_id" in vector:
        assert verdict.contract_id == bytes.fromhex(vector["contract_id"])
    for known, expected in zip(vector["status_lists"], vector["list_results"], strict=True):
        result = list_of(known)
        assert (result if isinstance(result, str) else "valid") == expected


@pytest.mark.parametrize(
    "path", [path for path in ASKED if "text" in load(path)], ids=lambda path: path.stem
)
def test_an_accepted_contract_renders_to_its_text_and_rewrites_to_its_bytes(path: Path) -> None:
    vector = load(path)
    parsed = parse_contract(bytes.fromhex(vector["contract"]))
    assert render(parsed.terms) == vector["text"]
    assert write_payload(parsed.terms) == parsed.payload


@pytest.mark.parametrize("path", BATCH_FILES, ids=lambda path: path.stem)
def test_a_batch_file_opens_or_not_and_each_of_its_contracts_gets_its_answer(path: Path) -> None:
    vector = load(path)
    batch = opened(bytes.fromhex(vector["batch"]))
    if not isinstance(batch, Batch):
        assert (batch.code, batch.step) == (vector["expect"], vector["step"]), batch
        return
    assert (vector["expect"], vector["step"]) == ("valid", None)
    asked = Question(**question(vector))
    for given in (judge_batch(batch, asked), map(asked.judge, files_of(batch))):
        answers = [
            {
                "contract_id": batch.contract_id(index).hex(),
                "expect": verdict.result,
                "step": verdict.step,
            }
            for index, verdict in enumerate(given)
        ]
        assert answers == vector["answers"]


def opened(data: bytes) -> Batch | RefusedError:
    try:
        return open_batch(data)
    except RefusedError as error:
        return error


def files_of(batch: Batch) -> Iterator[bytes]:
    return map(batch.file, range(len(batch)))


def test_the_vectors_reach_every_code_but_those_of_later_versions() -> None:
    assert len(FILES) >= 90
    seen = {load(path)["expect"] for path in ASKED}
    assert seen | NOT_REACHABLE_YET == set(ResultCode)
    assert not seen & NOT_REACHABLE_YET


# --- how many there are ---

ROOT = VECTORS.parent
# All but the one about changed verifiers, which tells of earlier sets too.
PAGES = (
    *(ROOT / "README.md", VECTORS / "README.md", VECTORS / "adapters" / "README.md"),
    *(ROOT / "docs").rglob("*.md"),
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_that_counts_the_vectors_counts_right(page: Path) -> None:
    text = page.read_text()
    totals = re.findall(r"\b(\d,\d{3}) (?:test )?(?:files|vectors)\b", text)
    assert set(totals) <= {f"{len(FILES):,}"}
    groups = "|".join(GROUPS)
    of_group = rf"`(?:vectors/)?({groups})/`[^\n]*?\b([\d,]+) (?:files|vectors)\b"
    for group, count in re.findall(of_group, text):
        assert (group, count) == (group, f"{len(list((VECTORS / group).glob('*.json'))):,}")


def test_the_readme_and_the_page_for_implementers_say_how_many_vectors_there_are() -> None:
    for page in (ROOT / "README.md", ROOT / "docs" / "implementers.md"):
        assert re.search(rf"\b{len(FILES):,} (?:test )?(?:files|vectors)\b", page.read_text())


def test_the_readme_says_how_many_signatures_are_hostile() -> None:
    hostile = [
        path
        for path in (VECTORS / "contract").glob("*.json")
        if load(path)["expect"] == "bad-signature"
        and any(flag.startswith("ed25519-") for flag in load(path)["flags"])
    ]
    said = re.findall(r"\b(\d+) hostile\b", (VECTORS / "README.md").read_text())
    assert said == [str(len(hostile))]


# --- how they are made and checked ---


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy the vectors, their scripts and the table of code points that the checker reads."""
    folder = tmp_path / "vectors"
    shutil.copytree(VECTORS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "spec").mkdir()
    shutil.copy(VECTORS.parent / "spec" / "codepoints.txt", tmp_path / "spec")
    return folder


def run(script: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, script], capture_output=True, check=False, text=True)


def files_in(folder: Path) -> dict[str, bytes]:
    paths = sorted(folder.glob("*/*.json"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_the_generator_writes_every_file_as_it_stands(copy: Path) -> None:
    for group in GROUPS:
        shutil.rmtree(copy / group)
    (copy / "SHA256SUMS").unlink()
    assert run(copy / "generator" / "generate.py").returncode == 0
    assert files_in(copy) == files_in(VECTORS)
    assert (copy / "SHA256SUMS").read_bytes() == (VECTORS / "SHA256SUMS").read_bytes()


def imported(script: Path) -> set[str]:
    """Return the top-level names of the modules that *script* imports."""
    found = set()
    for node in ast.walk(ast.parse(script.read_text())):
        match node:
            case ast.Import(names=names):
                found |= {name.name.partition(".")[0] for name in names}
            case ast.ImportFrom(module=str() as module):
                found.add(module.partition(".")[0])
    return found


def test_the_checker_shares_no_code_with_the_library_or_the_generator() -> None:
    checker = {path.stem: imported(path) for path in (VECTORS / "checker").glob("*.py")}
    generator = {path.stem: imported(path) for path in (VECTORS / "generator").glob("*.py")}
    assert not checker.keys() & generator.keys()
    assert not set.union(*checker.values()) & {"consentsig", *generator}
    assert not set.union(*generator.values()) & {"consentsig", *checker}


def test_the_checker_agrees_with_every_vector() -> None:
    checked = run(VECTORS / "checker" / "check.py")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout == f"{len(FILES)} vectors checked, 0 wrong\n"


def test_the_checker_names_wrong_answers_and_missing_pairs(copy: Path) -> None:
    wrong: dict[str, dict[str, object]] = {
        "batch/alg_minus_19": {"without_batches": "malformed"},
        "batch/index_2_32": {"expect": "unsupported"},
        "batch/root_zeros": {"step": 4},
        "batch_file/size_2": {"at": "2027-01-01T00:00:00Z"},
        "batch_file/tagged": {"step": 2},
        "contract/at_exp": {"step": 11},
        "contract/kind_2": {"expect": "malformed"},
        "contract/pair_rule_unknown": {"expect": "unsupported"},
        "status/list_bits_3": {"list_results": ["unsupported"]},
        "status/revoked_300_s_after_t": {"since": "2026-07-01T00:04:59Z"},
    }
    for name, change in wrong.items():
        path = copy / f"{name}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | change))
    (copy / "batch" / "pair_leaf_kind_root.json").unlink()
    (copy / "contract" / "pair_encoding_revoked.json").unlink()
    (copy / "status" / "pair_encoding_typ.json").unlink()
    checked = run(copy / "checker" / "check.py")
    assert checked.returncode == 1
    complaints = [
        line for line in checked.stderr.splitlines() if not line.startswith("SHA256SUMS: ")
    ]
    assert complaints[:3] == [
        "no vector has both encoding and revoked",
        "no vector has both list encoding and typ",
        "no vector has both batch leaf-kind and root",
    ]
    assert [line.partition(".json: AssertionError: ")[0] for line in complaints[3:]] == [*wrong]


def test_the_checker_names_files_that_are_not_as_the_manifest_says(copy: Path) -> None:
    (copy / "contract" / "at_nbf.json").unlink()
    shutil.copy(copy / "line" / "padded.json", copy / "line" / "another.json")
    with (copy / "schema.json").open("a") as file:
        file.write("\n")
    checked = run(copy / "checker" / "check.py")
    assert checked.returncode == 1
    assert checked.stderr.splitlines()[:3] == [
        "SHA256SUMS: contract/at_nbf.json is missing",
        "SHA256SUMS: line/another.json is not listed",
        "SHA256SUMS: schema.json is changed",
    ]


# --- the manifest ---


def test_the_manifest_has_every_file_in_order() -> None:
    lines = (VECTORS / "SHA256SUMS").read_text().splitlines()
    named = [line.split("  ") for line in lines]
    paths = [*FILES, VECTORS / "VERSION", VECTORS / "schema.json"]
    assert [name for _, name in named] == sorted(
        path.relative_to(VECTORS).as_posix() for path in paths
    )
    for digest, name in named:
        assert digest == hashlib.sha256((VECTORS / name).read_bytes()).hexdigest()


def test_the_version_of_the_vectors_is_a_draft_while_the_format_is_one() -> None:
    version = (VECTORS / "VERSION").read_text()
    assert re.fullmatch(r"\d+\.\d+\.\d+(-draft)?\n", version)
    is_draft = "draft, not frozen" in (ROOT / "CHANGELOG.md").read_text()
    assert version.endswith("-draft\n") == is_draft
