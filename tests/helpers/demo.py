"""The main job, from keys to a refusal, as one list of commands: what `make demo` shows.

Every command runs for real, in a throw-away folder, and its output is printed as it is.
"""

import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple


class Command(NamedTuple):
    """A line for the shell.

    Attributes:
        line: The line.
        status: The exit status it must have.
        comment: What it shows.
    """

    line: str
    status: int = 0
    comment: str = ""


_NEXT_YEAR = datetime.now(UTC).year + 1
_ASK = "--for https://acme.example --use finetune --status site --home builder"

COMMANDS = (
    Command(
        "printf 'P3 2 1 255  255 120 0  0 80 160\\n' > harbour.ppm && echo 'two red boats' > words",
        comment="A small picture, and a passphrase.",
    ),
    Command(
        "consentsig init --name 'Ana Liu' --list-uri https://ana.example/consent-list"
        " --recovery-out recovery.pem --passphrase-file words",
        comment="The creator makes her keys.",
    ),
    Command(
        "consentsig grant harbour.ppm --to 'Acme Labs' --to-url https://acme.example"
        f" --allow finetune,evaluate --until {_NEXT_YEAR}-12-31 --territory ES,PT"
        " --pay once:500:EUR --pay per-output:0.0005:EUR --revocable 30"
        " --erase copies,indexes --erase-within 60 --credit 'Photo: Ana Liu'"
        " --title 'Harbour at dawn' --passphrase-file words --yes",
        comment="She permits two uses of one picture, and sees what she signs.",
    ),
    Command("consentsig show harbour.ppm.consent | head -4", comment="Anyone can read it."),
    Command(
        "mkdir site && consentsig publish --out site --first --passphrase-file words",
        comment="She publishes the list that says which contracts still stand.",
    ),
    Command(
        "consentsig key export --public --out ana.pem"
        " && consentsig trust add ana.pem --name 'Ana Liu' --home builder",
        comment="A builder, in a home folder of its own, believes her key.",
    ),
    Command(
        f"consentsig verify harbour.ppm.consent --work harbour.ppm --territory PT {_ASK}",
        comment="May it be used? Yes.",
    ),
    Command(
        "sed s/255/254/g harbour.ppm > paler.ppm && consentsig verify harbour.ppm.consent"
        f" --work paler.ppm --territory PT {_ASK}",
        status=1,
        comment="Another picture: no.",
    ),
    Command(
        "LC_ALL=C sed 's/Acme Labs/Evil Labs/' harbour.ppm.consent > tampered.consent"
        f" && consentsig verify tampered.consent --work harbour.ppm --territory PT {_ASK}",
        status=1,
        comment="A contract that somebody changed: no.",
    ),
    Command(
        "consentsig revoke harbour.ppm.consent --reason 'changed my mind' --yes",
        comment="She takes it back.",
    ),
    Command("consentsig publish --out site --online site --passphrase-file words"),
    Command(
        f"consentsig verify harbour.ppm.consent --work harbour.ppm --territory PT {_ASK}",
        status=1,
        comment="May it still be used? No.",
    ),
)


def run(command: Command, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run *command* in *folder*, with the installed program and a home folder of its own.

    Standard error comes with standard output, in the order a terminal would show.
    """
    programs = Path(sys.executable).parent
    environment = os.environ | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "CONSENTSIG_HOME": str(folder / "creator"),
    }
    return subprocess.run(
        ["/bin/sh", "-c", command.line],
        check=False,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def main() -> int:
    """Run and print all commands; 1 if one ends otherwise than it must."""
    with tempfile.TemporaryDirectory(prefix="consentsig-demo-") as folder:
        for command in COMMANDS:
            if command.comment:
                print(f"# {command.comment}")
            print(f"$ {command.line}", flush=True)
            result = run(command, Path(folder))
            print(result.stdout, end="")
            if result.returncode != command.status:
                print(f"ended with {result.returncode}, expected {command.status}")
                return 1
            print(f"-> exit status {result.returncode}\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
