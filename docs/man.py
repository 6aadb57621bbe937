"""Write the manual page ``docs/consentsig.1`` from the help of the commands.

    python docs/man.py

The page is installed with the package, so that ``man consentsig`` finds it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from consentsig.cli.app import COMMANDS

PAGE = Path(__file__).parent / "consentsig.1"
PROGRAM = Path(sys.executable).with_name("consentsig")
GROUPS = {
    "key": ("show", "export", "import", "use", "rename", "passphrase", "set-list-uri"),
    "gate": ("ledger", "run"),
    "batch": ("list", "split"),
    "trust": ("add", "list", "remove"),
    "home": ("check", "backup", "restore"),
}


def page() -> str:
    """The page, in the macros of man(7)."""
    sections = [
        '.TH CONSENTSIG 1 "" "consentsig" "User Commands"',
        ".SH NAME",
        r"consentsig \- one signed contract for one work",
        ".SH SYNOPSIS",
        r"\fBconsentsig\fR [\fIOPTIONS\fR] \fICOMMAND\fR [\fIARGUMENTS\fR]",
        ".SH DESCRIPTION",
        *verbatim(help_of()),
    ]
    for command in COMMANDS:
        for part in GROUPS.get(command, ("",)):
            name = f"{command} {part}".strip()
            sections += [f".SH CONSENTSIG {name.upper()}", *verbatim(help_of(*name.split()))]
    return "\n".join(sections) + "\n"


def help_of(*command: str) -> str:
    """The help of a command, as at a terminal of 80 columns."""
    done = subprocess.run([PROGRAM, *command, "--help"], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def verbatim(text: str) -> list[str]:
    """Lines as they are: what could be a macro, or a hyphen to be broken at, is escaped."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    lines = [rf"\&{line}" if line.startswith((".", "'")) else line for line in escaped.split("\n")]
    return [".nf", *lines, ".fi"]


if __name__ == "__main__":
    PAGE.write_text(page())
