"""The bar that is shown while works are read."""

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from consentsig import Digest
from consentsig.cli.terminal import progress
from consentsig.cli.terminal.work_files import measure, measure_all
from processes import unmeasured
from terminals import read_from

pytestmark = pytest.mark.posix

SHOW_CURSOR, HIDE_CURSOR = "\x1b[?25h", "\x1b[?25l"


@contextlib.contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Have a terminal for standard error; gives a list that has what came out of it, at the end."""
    import pty  # which Windows has not

    leader, follower = pty.openpty()
    shown: list[str] = []
    with os.fdopen(follower, "w") as file, monkeypatch.context() as patch:
        patch.setenv("TERM", "xterm-256color")
        patch.setattr(sys, "stderr", file)
        yield shown
    text = b""
    while chunk := read_from(leader):
        text += chunk
    os.close(leader)
    shown.append(text.decode())


def test_what_is_read_at_once_shows_no_bar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").write_bytes(bytes(1_000_000))
    with terminal(monkeypatch) as shown:
        measure(tmp_path / "work")
    assert shown == [""]


def test_after_its_time_the_bar_is_there_and_then_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "AFTER", 0)
    paths = [tmp_path / name for name in ("a", "b")]
    for path in paths:
        path.write_bytes(path.name.encode() * 1_000_000)
    with terminal(monkeypatch) as texts:
        found = measure_all(paths)
    (shown,) = texts
    assert found == [Digest.of(path.read_bytes(), further=()) for path in paths]
    assert "Reading" in shown
    assert "/2.0 MB" in shown
    assert shown.rindex(SHOW_CURSOR) > shown.rindex(HIDE_CURSOR)


@pytest.mark.parametrize(("total", "known"), [(5000, "2000/5000"), (None, "2000/?")])
def test_things_are_counted_with_their_rate(
    monkeypatch: pytest.MonkeyPatch, total: int | None, known: str
) -> None:
    monkeypatch.setattr(progress, "AFTER", 0)
    monkeypatch.setattr(progress, "_BETWEEN", 0)
    with (
        terminal(monkeypatch) as texts,
        progress.bar("Checking", lambda: total, in_bytes=False) as advance,
    ):
        for _ in range(20):
            advance(100)
            time.sleep(0.02)
    (shown,) = texts
    assert "Checking" in shown
    assert known in shown
    assert re.search(r"\d,\d{3}/s", shown)


def test_rows_on_the_terminal_need_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "AFTER", 0)
    with terminal(monkeypatch) as shown:
        monkeypatch.setattr(sys, "stdout", sys.stderr)
        with progress.bar("Checking", lambda: None, beside_rows=True) as advance:
            advance(1)
        monkeypatch.undo()
    assert shown == [""]


def test_ctrl_c_removes_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "AFTER", 0)

    def interrupted() -> None:
        with progress.bar("Reading", lambda: None) as read:
            read(7)
            raise KeyboardInterrupt

    with terminal(monkeypatch) as texts, pytest.raises(KeyboardInterrupt):
        interrupted()
    (shown,) = texts
    assert "Reading" in shown
    assert shown.rindex(SHOW_CURSOR) > shown.rindex(HIDE_CURSOR)


def test_where_nobody_looks_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "AFTER", 0)
    (tmp_path / "work").write_bytes(bytes(1_000_000))
    measure(tmp_path / "work")
    assert capfd.readouterr() == ("", "")


def test_the_library_that_draws_it_is_loaded_only_then(tmp_path: Path) -> None:
    (tmp_path / "work").write_bytes(b"two red boats")
    program = (
        "import sys; from consentsig.cli.terminal.work_files import measure;"
        "measure(sys.argv[1]); sys.exit('rich' in sys.modules)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "work")]
    assert subprocess.run(command, check=False, env=unmeasured()).returncode == 0
