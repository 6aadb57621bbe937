"""The benchmarks run; what they measure is for `make bench`, and never decides here."""

import subprocess
import sys

from strategies import ROOT

RUN = ROOT / "benchmarks" / "run.py"


def test_a_quick_run_measures_batches_and_what_beside_them_is_installed() -> None:
    run = [sys.executable, str(RUN), "--quick", "batch_sizes", "size"]
    found = subprocess.run(run, check=True, capture_output=True, text=True)
    assert "shared terms" in found.stdout
    assert "nothing shared" in found.stdout
    assert "packages" in found.stdout


def test_an_unknown_name_is_refused() -> None:
    run = [sys.executable, str(RUN), "--quick", "unheard-of"]
    found = subprocess.run(run, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "no such benchmark: unheard-of" in found.stderr
