"""The tests end whichever way they are started, and leave no process behind."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from processes import started_by_tests

pytestmark = pytest.mark.posix

TESTS = Path(__file__).parent
HANGS = """
import time

def test_that_hangs():
    time.sleep(1000)

def test_after_it():
    pass
"""


def pytest_in_the_background(*arguments: str | Path) -> str:
    """Start pytest as shells start what runs in the background: signals of terminals ignored."""
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, arguments)]
    done = subprocess.run(
        ["/bin/sh", "-c", f"trap '' HUP INT QUIT; exec {shlex.join(run)}"],
        capture_output=True,
        check=False,
        text=True,
    )
    return done.stdout


def test_ctrl_c_is_tested_also_where_it_is_ignored() -> None:
    test = TESTS / "cli/test_program.py::test_ctrl_c_is_one_line_and_status_130"
    assert "1 passed" in pytest_in_the_background("-n", "0", test)


def test_a_test_that_hangs_fails_and_the_next_one_runs(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(HANGS)
    settings = TESTS.parent / "pyproject.toml"
    out = pytest_in_the_background("-c", settings, "-n", "1", "--timeout", "2", tmp_path)
    assert "1 failed, 1 passed" in out
    assert "worker" not in out  # none had to be replaced


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes cannot be seen")
def test_a_process_that_is_left_is_seen() -> None:
    with subprocess.Popen(["sleep", "1000"]) as process:  # noqa: S607  # wherever it is
        assert started_by_tests() == ["sleep 1000 "]
        process.kill()
    assert started_by_tests() == []
