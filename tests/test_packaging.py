"""The lock for development fits pyproject.toml, and workflows run nothing that can be exchanged."""

import re
import subprocess
import sys
import tarfile
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "requirements-dev.lock").read_text()
PINS = [Requirement(line) for line in re.findall(r"^([a-z0-9].+?) \\$", LOCK, re.MULTILINE)]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def wanted() -> list[Requirement]:
    lines = chain(PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
    return [each for each in map(Requirement, lines) if each.name != PROJECT["name"]]


@pytest.mark.parametrize("requirement", wanted(), ids=str)
def test_the_lock_has_a_version_that_pyproject_allows(requirement: Requirement) -> None:
    name = canonicalize_name(requirement.name)
    (pin, *others) = [each for each in PINS if canonicalize_name(each.name) == name]
    for each in (pin, *others):
        (version,) = each.specifier
        assert version.operator == "=="
        assert requirement.specifier.contains(version.version)


def test_every_locked_file_has_a_hash_and_none_an_address() -> None:
    entries = re.split(r"^(?=[a-z0-9])", LOCK, flags=re.MULTILINE)[1:]
    assert len(entries) == len(PINS) > len(wanted()) / 2
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in LOCK
    assert not re.search(r"^ *--(?!hash)", LOCK, re.MULTILINE)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_starts_without_permissions_and_pins_what_it_uses(workflow: Path) -> None:
    text = workflow.read_text()
    assert "\npermissions: {}\n" in text
    used = re.findall(r"uses: (.*)", text)
    assert used
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}  # v[\d.]+", each) for each in used)
    assert "id-token: write" not in text.partition("\n  publish:")[0]


def test_the_source_distribution_holds_the_specification_with_its_tables(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(build, check=True, cwd=ROOT, capture_output=True)
    (made,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(made) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    tables = {"codepoints.txt", "nfc.txt"}
    texts = {"consentsig.md", "consentsig.cddl", "requirements.md", "make_nfc.py", "LICENSE"}
    assert {f"spec/{name}" for name in tables | texts} <= names
