"""How long commands take to start and how much is installed: measured and printed, not asserted.

What is asserted is that the README tells of it, each row by the name that the benchmarks
give it. Its figures stand beside those measured here, for a person to compare.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def measured(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / script, *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def test_the_time_to_start_is_printed_beside_what_the_readme_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = measured("start.py", "3")
    with capsys.disabled():
        print("\n")
        for command in ("--help", "show", "verify"):
            said = re.search(rf"^\| `consentsig {command}` \| (\d+) ms", README, re.MULTILINE)
            found = re.search(rf"consentsig {command}(?:, 1 file)? +(\d+) ms", out)
            assert said, f"the README does not say how long {command} takes"
            assert found, out
            print(f"  {command:<8} README {said[1]:>4} ms, here {found[1]:>4} ms")


def test_what_is_installed_is_printed_beside_what_the_readme_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = measured("size.py")
    found = re.search(r"(\d+) packages, ([\d.]+) MB", out)
    said = re.search(r"(\d+) packages of together (\d+) MB", README)
    assert said, "the README does not say how much is installed"
    assert found, out
    with capsys.disabled():
        print(f"\n  README {said[0]}, here {found[0]}")
