"""How long commands take to start and how much is installed: measured and printed, not asserted.

What is asserted is that the README tells of it, each row by the name that the benchmarks
give it. Its figures stand beside those measured here, for a person to compare.
"""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from command_line import MEASURED

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def measured(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / script, *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


@pytest.fixture(scope="module")
def starts() -> str:
    return measured("start.py", "3")


COMMANDS = ["--help", "show", "verify"]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_time_to_start_is_printed_beside_what_the_readme_says(
    command: str, starts: str, record_property: Callable[[str, object], None]
) -> None:
    said = re.search(rf"^\| `consentsig {command}` \| (\d+) ms", README, re.MULTILINE)
    found = re.search(rf"consentsig {command}(?:, 1 file)? +(\d+) ms", starts)
    assert said, f"the README does not say how long {command} takes"
    assert found, starts
    line = f"consentsig {command:<8} README {said[1]:>4} ms, here {found[1]:>4} ms"
    record_property(MEASURED, line)


def test_what_is_installed_is_printed_beside_what_the_readme_says(
    record_property: Callable[[str, object], None],
) -> None:
    out = measured("size.py")
    found = re.search(r"(\d+) packages, ([\d.]+) MB", out)
    said = re.search(r"(\d+) packages of together (\d+) MB", README)
    assert said, "the README does not say how much is installed"
    assert found, out
    record_property(MEASURED, f"an installation     README {said[0]}, here {found[0]}")
