"""What must be true of all bytes is true of the vectors, and of what a short search finds."""

import platform
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import oracles
from works import missing

FUZZ = Path(__file__).parent / "helpers" / "fuzz.py"
RUNS = 3000  # the vectors, and again as many; a long search is started by hand
HAS_WHEEL = (
    sys.platform == "linux" and platform.machine() == "x86_64" and sys.version_info < (3, 15)
)


@pytest.mark.parametrize("target", oracles.TARGETS)
def test_both_readers_agree_on_the_vectors(target: str) -> None:
    seeds = oracles.seeds(target)
    assert len(seeds) > 300
    for data in seeds:
        oracles.TARGETS[target](data)


@pytest.mark.parametrize("target", oracles.TARGETS)
def test_a_short_search_finds_nothing_on_which_they_differ(target: str, tmp_path: Path) -> None:
    if find_spec("atheris") is None:
        if HAS_WHEEL:
            missing("atheris")
        pytest.skip("atheris has no wheel for this platform")
    search = subprocess.run(
        [sys.executable, FUZZ, target, tmp_path, f"-runs={RUNS}", "-seed=1"],
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )
    assert search.returncode == 0, search.stderr
    (runs,) = re.findall(r"^Done (\d+) runs", search.stderr, re.MULTILINE)
    assert int(runs) >= RUNS
