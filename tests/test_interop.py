"""What spec/interop.md and vectors/adapters/ tell others is true: recipes and adapters are run."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from command_line import Cli
from consentsig import PublicKey
from node_tools import SCRIPTS, TIMEOUT, require_node
from strategies import ROOT, VECTORS
from works import missing

RECIPES = (ROOT / "spec" / "interop.md").read_text()
ADAPTERS = VECTORS / "adapters"
CWT = ROOT / ".venv" / "cwt" / "bin" / "python"  # apart, since python-cwt needs an older cbor2


def recipe(heading: str) -> str:
    _, _, rest = RECIPES.partition(f"\n## {heading}\n")
    (block,) = re.findall(r"```\w+\n(.*?)```", rest.partition("\n## ")[0], re.DOTALL)
    return str(block)


def with_pycose(folder: Path) -> list[str]:
    (folder / "recipe.py").write_text(recipe("pycose (Python)"))
    return [sys.executable, "recipe.py"]


def with_cwt(folder: Path) -> list[str]:
    if not CWT.exists():
        missing(f"{CWT} (made by `make test`)")
    (folder / "recipe.py").write_text(recipe("python-cwt (Python)"))
    return [str(CWT), "recipe.py"]


def with_auth0(folder: Path) -> list[str]:
    node = require_node()
    (folder / "node_modules").symlink_to(SCRIPTS / "node_modules")
    (folder / "recipe.mjs").write_text(recipe("@auth0/cose (JavaScript)"))
    return [node, "recipe.mjs"]


def with_openssl(folder: Path) -> list[str]:
    if shutil.which("openssl") is None:
        missing("openssl")
    (folder / "recipe.sh").write_text(recipe("OpenSSL and any CBOR tool"))
    return ["/bin/sh", "-e", "recipe.sh"]


RUNNERS = [with_pycose, with_cwt, with_auth0, with_openssl]
Runner = Callable[[Path], list[str]]


def says_yes(runner: Runner, folder: Path, contract: bytes, did: str) -> bool:
    (folder / "contract.consent").write_bytes(contract)
    (folder / "ana.pem").write_bytes(PublicKey.from_did_key(did).to_pem())
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        runner(folder),
        capture_output=True,
        check=False,
        cwd=folder,
        env=os.environ | {"PATH": path},
        timeout=TIMEOUT,
    )
    assert b"ModuleNotFoundError" not in done.stderr
    assert b"ERR_MODULE_NOT_FOUND" not in done.stderr
    return done.returncode == 0


def vector(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text())
    return found


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_recipe_tells_a_signed_contract_from_a_changed_one(
    runner: Runner, tmp_path: Path
) -> None:
    good = vector("text/everyday")
    data = bytes.fromhex(good["contract"])
    places = [data.index(b"Harbour"), len(data) - 1]  # signed text, and the signature
    (tmp_path / "good").mkdir()
    assert says_yes(runner, tmp_path / "good", data, good["keys"][0])
    for place in places:
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        (tmp_path / str(place)).mkdir()
        assert not says_yes(runner, tmp_path / str(place), changed, good["keys"][0])
    (tmp_path / "key").mkdir()
    other = PublicKey(
        bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    )
    assert not says_yes(runner, tmp_path / "key", data, other.to_did_key())


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("name", ["contract/at_exp", "contract/duplicate_key"])
def test_a_recipe_lets_through_what_the_page_says(
    runner: Runner, name: str, tmp_path: Path
) -> None:
    bad = vector(name)
    assert bad["expect"] not in {"valid", "bad-signature"}
    assert says_yes(runner, tmp_path, bytes.fromhex(bad["contract"]), bad["keys"][0])


def test_the_recipe_in_go_is_go(tmp_path: Path) -> None:
    gofmt = shutil.which("gofmt") or missing("gofmt (Debian: golang-go)")
    (tmp_path / "main.go").write_text(recipe("go-cose (Go)"))
    words = [gofmt, "-l", "main.go", str(ADAPTERS)]
    done = subprocess.run(words, capture_output=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


# --- adapters ---


def pycose_adapter(_: Path) -> str:
    return f"{sys.executable} {ADAPTERS / 'with_pycose.py'}"


def auth0_adapter(folder: Path) -> str:
    node = require_node()
    (folder / "node_modules").symlink_to(SCRIPTS / "node_modules")
    script = shutil.copy(ADAPTERS / "with-auth0-cose.mjs", folder)
    return f"{node} {script}"


def go_adapter(folder: Path) -> str:
    go = shutil.which("go") or missing("go (Debian: golang-go)")
    program = folder / "in_go"
    environment = os.environ | {"GOCACHE": str(folder / "cache"), "GOFLAGS": "", "GOPROXY": "off"}
    source = ADAPTERS / "in_go.go"
    subprocess.run([go, "build", "-o", program, source], check=True, env=environment)
    return str(program)


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("with_pycose.py", pycose_adapter),
        ("with-auth0-cose.mjs", auth0_adapter),
        ("in_go.go", go_adapter),
    ],
)
def test_an_adapter_lets_through_as_much_as_its_page_says(
    cli: Cli, name: str, command: Callable[[Path], str]
) -> None:
    (row,) = re.findall(
        rf"^\| \[`{re.escape(name)}`\].*?\|.*?\|(.*)\|$",
        (ADAPTERS / "README.md").read_text(),
        re.MULTILINE,
    )
    asked = cli("conformance", "--json", "--server", command(cli.folder), status=1)
    total = asked.json[-1]
    columns = ("passed", "accepted", "no-answer", "refused", "other-code")
    assert [int(cell) for cell in row.split("|")] == [total[column] for column in columns]


def test_every_adapter_says_what_it_does_not_check() -> None:
    files = [path for path in ADAPTERS.iterdir() if path.is_file() and path.name != "README.md"]
    assert len(files) == 3
    for path in files:
        head = path.read_text()[:900]
        assert "Checks: " in head
        assert "Does not check: " in head


def test_the_pages_lead_somewhere() -> None:
    for page in (ROOT / "spec" / "interop.md", ADAPTERS / "README.md"):
        links = re.findall(r"\[[^\[\]\n]+\]\(([^)#\s]+)\)", page.read_text())
        assert links
        for link in links:
            assert (page.parent / link).exists(), link
