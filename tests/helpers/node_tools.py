"""Second opinions from npm: what other people's COSE and status list libraries say of a file."""

import json
import shutil
import subprocess
from pathlib import Path

from works import missing

SCRIPTS = Path(__file__).parents[1] / "node"
TIMEOUT = 60  # seconds; one call takes half of one
ACCEPTED, REFUSED = 0, 1  # exit status of verify-cose.mjs


def node_20() -> str:
    """Return the path of a node that knows Ed25519; where there is none, end the test."""
    node = shutil.which("node")
    if node is None or not _is_new(node):
        missing("node 20 or later")
    return node


def _is_new(node: str) -> bool:
    done = subprocess.run([node, "--version"], capture_output=True, check=True, text=True)
    return int(done.stdout.removeprefix("v").partition(".")[0]) >= 20


def npm() -> str:
    """Return the path of npm; where it is missing, end the test."""
    return shutil.which("npm") or missing("npm")


def tsc() -> list[str | Path]:
    """Return the command of the TypeScript compiler; where it is missing, end the test."""
    compiler = SCRIPTS / "node_modules" / "typescript" / "bin" / "tsc"
    if not compiler.is_file():
        missing("typescript in tests/node/node_modules (made by `make test`)")
    return [node_20(), compiler]


def require_node() -> str:
    """Return the path of node; where it or its packages are missing, end the test."""
    node = shutil.which("node")
    if node is None:
        missing("node")
    if not (SCRIPTS / "node_modules").is_dir():
        missing("tests/node/node_modules (made by `make test`)")
    return node


def verify_cose(file: Path, public_key: bytes) -> bool:
    """Say whether @auth0/cose accepts *file*, a tag-18 COSE_Sign1.

    Args:
        file: Any file; what is not a COSE_Sign1 is refused.
        public_key: The 32 bytes of an Ed25519 public key.
    """
    result = _run("verify-cose.mjs", str(file), public_key.hex())
    assert result.returncode in {ACCEPTED, REFUSED}, result.stderr
    return result.returncode == ACCEPTED


def read_status(file: Path) -> list[int]:
    """Return the value of every position that @owf/token-status-list reads in *file*."""
    result = _run("read-status.mjs", str(file))
    assert result.returncode == 0, result.stderr
    values: list[int] = json.loads(result.stdout)
    return values


def _run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [require_node(), str(SCRIPTS / script), *arguments],
        capture_output=True,
        check=False,
        text=True,
        timeout=TIMEOUT,
    )
