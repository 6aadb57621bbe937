import os
import stat
from pathlib import Path

import pytest

from consentsig import files


def test_a_new_file_is_whole_and_has_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "key"
    files.write_new(path, b"secret", files.PRIVATE)
    assert path.read_bytes() == b"secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_or_link_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("file", "link"):
        with pytest.raises(FileExistsError, match="already exists"):
            files.write_new(tmp_path / name, b"yours")
    assert (tmp_path / "file").read_bytes() == b"mine"
    assert sorted(os.listdir(tmp_path)) == ["file", "link"]  # noqa: PTH208  # names, links too


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such folder") as raised:
        files.write_new(tmp_path / "nowhere" / "file", b"")
    assert raised.value.filename == str(tmp_path / "nowhere")


def test_without_hard_links_nothing_is_overwritten_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    files.write_new(tmp_path / "file", b"mine")
    with pytest.raises(FileExistsError):
        files.write_new(tmp_path / "file", b"yours")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"mine"]


def test_a_disk_that_is_full_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "file").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        files.replace(tmp_path / "file", b"new")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_what_was_made_before_a_failure_is_removed(tmp_path: Path) -> None:
    made: list[Path] = []

    def interrupted() -> None:
        with files.unless_all_goes_well(made):
            files.write_new(tmp_path / "one", b"1")
            made.append(tmp_path / "one")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_one_byte_more_than_the_limit_is_read(tmp_path: Path) -> None:
    (tmp_path / "long").write_bytes(bytes(100))
    assert len(files.read(tmp_path / "long", 10)) == 11
