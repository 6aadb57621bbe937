"""``vectors``: the folder that it writes, and where it writes none."""

import importlib.util
import shutil
import subprocess
from pathlib import Path

import pytest

from command_line import Cli
from consentsig.conformance import vectors
from consentsig.conformance.vectors import kit, load
from consentsig.errors import ConsentsigError
from consentsig.home import files
from strategies import ROOT, VECTORS

BESIDE = {"LICENSE", "README.md", "SHA256SUMS", "VERSION", "schema.json"}
COUNT = len(list(VECTORS.glob("*/*.json")))


def contents(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_it_writes_every_vector_as_it_was_published(cli: Cli) -> None:
    done = cli("vectors", "--out", "new")
    version = (VECTORS / "VERSION").read_text().strip()
    assert done.out == f"new: {COUNT} vectors, version {version}, for format 1.0\n"
    assert "cd new && sha256sum -c --quiet SHA256SUMS" in done.err
    written = contents(cli.folder / "new")
    assert len(written) == COUNT + len(BESIDE)
    for name, data in written.items():
        assert data == (VECTORS / name).read_bytes()
    assert load(cli.folder / "new") == load(None)


def test_the_check_that_it_names_finds_a_change(cli: Cli) -> None:
    if shutil.which("sha256sum") is None:
        pytest.skip("sha256sum: missing")
    check = cli("vectors", "--out", "a new folder").err.splitlines()[-1].strip()

    def checked() -> subprocess.CompletedProcess[str]:
        words = ["sh", "-c", check]
        return subprocess.run(words, capture_output=True, check=False, cwd=cli.folder, text=True)

    assert (checked().returncode, checked().stdout) == (0, "")
    (cli.folder / "a new folder" / "contract" / "at_exp.json").write_text("{}")
    assert checked().returncode == 1
    assert checked().stdout == "contract/at_exp.json: FAILED\n"


def test_a_folder_that_is_there_must_be_empty(cli: Cli) -> None:
    (cli.folder / "empty").mkdir()
    cli("vectors", "--out", "empty")
    before = contents(cli.folder / "empty")
    assert "empty: is not empty" in cli.refuses("vectors", "--out", "empty")
    assert contents(cli.folder / "empty") == before
    (cli.folder / "file").write_text("mine")
    assert "is a file, expected a folder" in cli.refuses("vectors", "--out", "file")
    assert "there is no such folder" in cli.refuses("vectors", "--out", "no/folder")
    (cli.folder / "here").mkdir()
    inside = Cli(cli.folder / "here")
    assert "is the current folder" in inside.refuses("vectors", "--out", ".")


@pytest.mark.parametrize("error", [OSError(28, "no space left on device"), KeyboardInterrupt()])
def test_what_fails_leaves_nothing_behind(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def fails(path: Path, data: bytes) -> int:
        written.append(path)
        if len(written) == 2:
            raise error
        return len(data)

    monkeypatch.setattr(Path, "write_bytes", fails)
    with pytest.raises(type(error)):
        files.write_new_folder(tmp_path / "new", {"a/b": b"", "a/c": b""})
    assert len(written) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_fills_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "mine").write_text("mine")
    with pytest.raises(OSError, match="not empty"):
        files.write_new_folder(folder, {"a": b""})
    assert contents(tmp_path) == {"new/mine": b"mine"}


# --- the vectors in a wheel ---


@pytest.fixture
def packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the program vectors in an archive, as an installed one has them."""
    pytest.importorskip("hatchling")
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec
    assert spec.loader
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    archive = tmp_path / "vectors.tar.gz"
    archive.write_bytes(hook.pack(VECTORS))
    monkeypatch.setattr(vectors, "_PACKED", archive)
    return archive


def test_a_wheel_has_the_same_vectors(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert packed.stat().st_size < 2_000_000
    of_wheel = kit(), load(None)
    monkeypatch.undo()
    assert of_wheel == (kit(), load(None)) == (kit(), load(VECTORS))


def test_vectors_that_are_not_those_of_their_manifest_are_not_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "vectors"
    shutil.copytree(VECTORS, folder)
    (folder / "line" / "padded.json").unlink()
    monkeypatch.setattr(vectors, "_PACKED", tmp_path / "none")
    monkeypatch.setattr(vectors, "_CHECKOUT", folder)
    with pytest.raises(ConsentsigError, match="not those of their manifest"):
        kit()
