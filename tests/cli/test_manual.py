"""The manual page that is installed says what the commands' own help says."""

import importlib.util
import shutil
import subprocess
from pathlib import Path

from command_line import Cli

DOCS = Path(__file__).parents[2] / "docs"


def test_it_is_the_help_of_every_command(cli: Cli) -> None:
    spec = importlib.util.spec_from_file_location("man", DOCS / "man.py")
    assert spec
    assert spec.loader
    man = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(man)
    assert man.PAGE.read_text() == man.page(), "run: python docs/man.py"
    assert cli("revoke", "--help").out.splitlines()[2].strip() in man.PAGE.read_text()


def test_man_can_show_it() -> None:
    page = DOCS / "consentsig.1"
    for line in page.read_text().splitlines():
        assert not line.startswith(("'", ".")) or line.split()[0] in (".TH", ".SH", ".nf", ".fi")
    if man := shutil.which("man"):
        done = subprocess.run([man, "-l", page], check=True, capture_output=True, text=True)
        assert "consentsig - one signed contract" in done.stdout
        assert done.stderr == ""
