import tempfile
from pathlib import Path

import pytest

import demo

pytestmark = pytest.mark.posix


def test_every_command_of_the_demo_ends_as_it_must(tmp_path: Path) -> None:
    printed = ""
    for command in demo.COMMANDS:
        result = demo.run(command, tmp_path)
        assert result.returncode == command.status, (command.line, result.stdout)
        printed += result.stdout
    for code in ("valid", "wrong-work", "bad-signature", "revoked"):
        assert f"{code}: " in printed
    assert "Traceback" not in printed
    assert "CONTRACT FOR ONE WORK" in printed


def test_the_demo_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(demo, "COMMANDS", (demo.Command("echo hello", 1), demo.COMMANDS[0]))
    assert demo.main() == 1  # the first command ends with another status than it says
    assert "ended with 0, expected 1" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())
