import errno
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from consentsig.home import files


@pytest.mark.posix
def test_a_new_file_is_whole_and_has_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "key"
    files.write_new(path, b"secret", files.PRIVATE)
    assert path.read_bytes() == b"secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.posix
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


@pytest.fixture
def no_unnamed_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that has no files without a name, such as macOS, or a stick with FAT on it."""
    monkeypatch.setattr(files, "_OPEN_FILES", Path("/nonexistent"))


@pytest.fixture
def no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, without hard links either."""
    monkeypatch.setattr(files, "_OPEN_FILES", Path("/nonexistent"))

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)


@pytest.mark.posix
@pytest.mark.parametrize("lacking", [None, "no_unnamed_files", "no_links"])
def test_on_every_file_system_nothing_is_overwritten(
    tmp_path: Path, request: pytest.FixtureRequest, lacking: str | None
) -> None:
    if lacking:
        request.getfixturevalue(lacking)
    files.write_new(tmp_path / "file", b"mine", files.PRIVATE)
    with pytest.raises(FileExistsError):
        files.write_new(tmp_path / "file", b"yours")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"mine"]
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600
    files.replace(tmp_path / "file", b"new")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"new"]


def test_what_a_killed_process_left_is_cleared_away_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    (tmp_path / ".file.tmp").write_bytes(b"another program's")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", kill)
        with pytest.raises(Killed):
            files.replace(tmp_path / "file", b"new")
    assert len(list(tmp_path.glob(files.LEFT_OVER))) == 1
    files.replace(tmp_path / "file", b"new")
    assert {path.name for path in tmp_path.iterdir()} == {"file", ".file.tmp"}


def test_a_name_as_long_as_a_name_can_be_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 255)
    for data in (b"one", b"two"):
        files.replace(path, data)
    assert path.read_bytes() == b"two"


@pytest.mark.parametrize("put", [files.write_new, files.replace])
def test_a_name_that_cannot_be_given_is_the_one_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, put: Callable[[Path, bytes], None]
) -> None:
    def link(source: str, target: str, **_: int) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM), source, None, target)

    monkeypatch.setattr(os, "link", link)
    path = tmp_path / "contract"
    with pytest.raises(PermissionError) as caught:
        put(path, b"data")
    assert (caught.value.filename, caught.value.filename2) == (str(path), None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.posix
def test_what_may_never_answer_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not an ordinary file"):
        files.read_ordinary(tmp_path / "pipe", 10)


@pytest.mark.posix
def test_what_was_written_is_on_the_disk_before_it_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[tuple[int, int]] = []

    def sync(descriptor: int) -> None:
        found = os.fstat(descriptor)
        kept.append((found.st_ino, found.st_size if stat.S_ISREG(found.st_mode) else 0))

    monkeypatch.setattr(os, "fsync", sync)
    for write in (files.write_new, files.replace):
        kept.clear()
        write(tmp_path / "file", b"12345")
        assert kept == [((tmp_path / "file").stat().st_ino, 5), (tmp_path.stat().st_ino, 0)]


def test_parallel_replacements_leave_one_that_is_whole(tmp_path: Path) -> None:
    contents = [bytes([n]) * 100_000 for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda data: files.replace(tmp_path / "file", data), contents * 20))
    assert (tmp_path / "file").read_bytes() in contents
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.posix
def test_a_pipe_or_device_is_not_read_to_its_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(OSError, match="not an ordinary file"):
            next(files.chunks(path))
    with pytest.raises(IsADirectoryError):
        next(files.chunks(tmp_path))


@pytest.mark.posix
def test_a_network_folder_is_known_by_the_nearest_mount(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a b" / "local").mkdir(parents=True)
    place = str(tmp_path).replace(" ", "\\040")
    table = tmp_path / "mounts"
    table.write_text(
        f"/dev/vda / ext4 rw 0 0\nhost:/x {place}/a\\040b nfs4 rw 0 0\n"
        f"tmpfs {place}/a\\040b/local tmpfs rw 0 0\n"
    )
    monkeypatch.setattr(files, "MOUNTS", table)
    assert files.network_of(tmp_path) is None
    assert files.network_of(tmp_path / "a b") == "nfs4"
    assert files.network_of(tmp_path / "a b" / "not made yet") == "nfs4"
    assert files.network_of(tmp_path / "a b" / "local") is None
    monkeypatch.setattr(files, "MOUNTS", tmp_path / "missing")
    assert files.network_of(tmp_path / "a b") is None


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


def test_what_is_read_under_a_limit_takes_no_more_memory_than_the_file(tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"two red boats")
    mappings = Path("/proc/self/maps")
    before = len(mappings.read_text().splitlines())
    read = [files.read(tmp_path / "small", 1 << 21) for _ in range(2000)]
    assert set(read) == {b"two red boats"}
    assert len(mappings.read_text().splitlines()) - before < 100


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 5000, 200_000])
@pytest.mark.parametrize("limit", [0, 1000, 100_000])
def test_a_file_is_read_to_its_end_or_one_byte_over_the_limit(
    tmp_path: Path, size: int, limit: int
) -> None:
    data = os.urandom(size)
    (tmp_path / "file").write_bytes(data)
    assert files.read(tmp_path / "file", limit) == data[: limit + 1]


@pytest.mark.parametrize("limit", [0, 1000, 100_000])
def test_a_pipe_is_read_to_its_end_or_one_byte_over_the_limit(limit: int) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"two red boats" * 1000)
    os.close(writing)
    assert files.read(f"/dev/fd/{reading}", limit) == (b"two red boats" * 1000)[: limit + 1]
    os.close(reading)
