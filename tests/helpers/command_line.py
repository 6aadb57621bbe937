"""The installed command, run in throw-away folders, and a creator who has keys."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import in_process

PROGRAM = Path(sys.executable).with_name("consentsig")
TIMEOUT = 60  # seconds
LIST_URI = "https://ana.example/consent-list"
NEXT_YEAR = datetime.now(UTC).year + 1
UNTIL = ("--until", f"{NEXT_YEAR}-12-31")
TERMS = (
    *("--to", "Acme Labs", "--to-url", "https://acme.example"),
    *("--allow", "finetune", *UNTIL),
)
PUBLISH_FIRST = ("publish", "--out", "site", "--first")
PUBLISH = ("publish", "--out", "site", "--online", "site")
FREE = ("--free", "--worldwide")


class Result(NamedTuple):
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> list[dict[str, Any]]:
        """Standard output, an object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


class Cli:
    """The installed command, with a home folder in *folder*, which is where it runs."""

    def __init__(self, folder: Path, home: str = "home") -> None:
        self.folder = folder
        self.home = folder / home
        self.environment = {
            name: value for name, value in os.environ.items() if name != "XDG_DATA_HOME"
        } | {"CONSENTSIG_HOME": str(self.home), "HOME": str(folder)}

    def __call__(
        self, *arguments: str | Path, status: int | None = 0, stdin: bytes = b""
    ) -> Result:
        """Run the command in this process; its exit status must be *status*, where it is given."""
        words = [*map(str, arguments)]
        ended, out, err = in_process.run(words, self.folder, self.environment, stdin)
        result = Result(ended, out.decode(), err.decode())
        assert status in (None, ended), result
        return result

    def installed(
        self, *arguments: str | Path | bytes, status: int = 0, stdin: bytes = b""
    ) -> Result:
        """The same in a process of its own, where the process is what is tested."""
        done = subprocess.run(
            [PROGRAM, *arguments],
            capture_output=True,
            check=False,
            cwd=self.folder,
            env=self.environment,
            input=stdin,
            timeout=TIMEOUT,
        )
        result = Result(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert result.status == status, result
        assert "Traceback" not in result.err
        return result

    def start(self, *arguments: str | Path, **streams: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401  # Popen's own
        """Start the command and leave it running."""
        return subprocess.Popen(
            [PROGRAM, *map(str, arguments)], cwd=self.folder, env=self.environment, **streams
        )

    def refuses(self, *arguments: str | Path, stdin: bytes = b"") -> str:
        """Run a command that ends with status 2, and changes nothing; return its first line."""
        before = contents(self.folder)
        result = self(*arguments, status=2, stdin=stdin)
        assert contents(self.folder) == before
        assert result.out == ""
        first = result.err.splitlines()[0]
        assert first.startswith("consentsig: ")
        return first


def contents(folder: Path) -> dict[str, bytes]:
    """Every file under *folder*; SQLite's own beside the database come and go."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


MEASURED = "measured"  # what a test records under this name is printed at the end


def make_ana(cli: Cli) -> Cli:
    """Give *cli* keys that are not locked, and a work."""
    cli(
        *("init", "--name", "Ana Liu", "--list-uri", LIST_URI),
        *("--recovery-out", "recovery.pem", "--no-passphrase"),
    )
    (cli.folder / "poem.txt").write_text("two red boats\n")
    (cli.folder / "site").mkdir()
    return cli


# Offline, since the list of these contracts is nowhere; tests/test_cli_fetch.py asks otherwise.
QUESTION = (
    *("poem.txt.consent", "--work", "poem.txt"),
    *("--for", "https://acme.example", "--use", "finetune", "--offline"),
)
