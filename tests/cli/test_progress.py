"""The bar that is shown while works are read."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from consentsig import Digest
from consentsig.cli.terminal import progress
from consentsig.cli.terminal.work_files import measure, measure_all
from processes import unmeasured

pytestmark = pytest.mark.posix

SHOW_CURSOR, HIDE_CURSOR = "\x1b[?25h", "\x1b[?25l"


@contextlib.contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """Have a terminal for standard error; gives what came out of it."""
    import pty  # which Windows has not

    leader, follower = pty.openpty()
    os.set_blocking(leader, False)

    def text() -> str:
        try:
            return os.read(leader, 1 << 16).decode()
        except BlockingIOError:
            return ""

    with os.fdopen(follower, "w") as file, monkeypatch.context() as patch:
        patch.setenv("TERM", "xterm-256color")
        patch.setattr(sys, "stderr", file)
        yield text
    os.close(leader)


def test_what_is_read_at_once_shows_no_bar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").write_bytes(bytes(1_000_000))
    with terminal(monkeypatch) as text:
        measure(tmp_path / "work")
        assert text() == ""


def test_after_its_time_the_bar_is_there_and_then_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "AFTER", 0)
    paths = [tmp_path / name for name in ("a", "b")]
    for path in paths:
        path.write_bytes(path.name.encode() * 1_000_000)
    with terminal(monkeypatch) as text:
        found = measure_all(paths)
        shown = text()
    assert found == [Digest.of(path.read_bytes(), further=()) for path in paths]
    assert "Reading" in shown
    assert "/2.0 MB" in shown
    assert shown.rindex(SHOW_CURSOR) > shown.rindex(HIDE_CURSOR)


def test_ctrl_c_removes_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "AFTER", 0)

    def interrupted() -> None:
        with progress.bar("Reading", lambda: None) as read:
            read(7)
            raise KeyboardInterrupt

    with terminal(monkeypatch) as text:
        with pytest.raises(KeyboardInterrupt):
            interrupted()
        shown = text()
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
