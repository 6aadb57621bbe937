"""Data sets as they are read: what changes, what is damaged, what is more than it seems."""

import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from consentsig.gate import Columns, GateError, open_data_set, readers
from consentsig.gate.readers import Hashed, Rows, ShardError, hash_file, of_digits

DIGEST = hashlib.sha256(b"boats")


def hashed_in(path: Path, columns: Columns) -> list[Hashed]:
    (shard,) = open_data_set(path, columns).shards
    return [each for rows in shard.rows() for each in rows.hashed]


def test_a_file_that_goes_while_the_folder_is_read_is_a_row_without_a_hash(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(b"boats")

    def take_away(path: Path) -> bool:
        if path.name == "a":
            (tmp_path / "b").unlink()
        return False

    (shard,) = open_data_set(tmp_path, Columns(), take_away).shards
    (rows,) = shard.rows()
    assert rows.content["path"].to_pylist() == ["a", "b", "c"]
    assert [each.sha256 for each in rows.hashed] == [DIGEST.digest(), None, DIGEST.digest()]
    assert rows.hashed[1].problem == "not read: no such file or directory"


def test_a_file_that_grows_while_it_is_read_has_no_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "work"
    path.write_bytes(b"boats")

    def growing(file: object) -> Iterator[bytes]:
        del file
        yield b"boats"
        with path.open("ab") as more:
            more.write(b"!")
        yield b"!"

    monkeypatch.setattr(readers, "read_chunks", growing)
    assert hash_file(path) == Hashed(None, problem="it changed while it was read")


@pytest.mark.posix
def test_a_link_that_comes_after_the_look_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").write_bytes(b"boats")
    (tmp_path / "link").symlink_to("work")
    ordinary = (tmp_path / "work").lstat()
    monkeypatch.setattr(Path, "lstat", lambda _: ordinary)
    with pytest.raises(OSError, match="symbolic links"):
        hash_file(tmp_path / "link")


def test_a_folder_that_cannot_be_listed_is_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hidden").mkdir()
    scandir = os.scandir

    def refusing(path: str | Path) -> object:
        if Path(path).name == "hidden":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    (found,) = hashed_in(tmp_path, Columns())
    assert found.sha256 is None


@pytest.mark.parametrize("value", [None, 5, b"0" * 64, "0" * 63, "0" * 65, "g" * 64, "٠" * 64])
def test_only_64_digits_are_a_hash(value: object) -> None:
    assert of_digits(value).sha256 is None
    assert of_digits(DIGEST.hexdigest()).sha256 == DIGEST.digest()


@pytest.mark.parametrize("column", ["image.bytes", "image"])
def test_a_name_that_means_two_columns_is_refused(tmp_path: Path, column: str) -> None:
    path = tmp_path / "a.parquet"
    struct = pa.array([{"bytes": b"boats"}])
    table = pa.Table.from_arrays(
        [struct, struct, pa.array([b"x"])], ["image", "image", "image.bytes"]
    )
    parquet.write_table(table, path)
    with pytest.raises(ShardError, match=f"columns '{column}'"):
        hashed_in(path, Columns(of_bytes=column))


def test_a_struct_without_the_field_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"image": pa.array([{"path": "x"}])}), path)
    with pytest.raises(ShardError, match="without 'bytes'"):
        hashed_in(path, Columns(of_bytes="image.bytes"))


def test_rows_are_gathered_and_none_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "_MOST_ROWS", 300)
    path = tmp_path / "a.parquet"
    works = [str(n).encode() for n in range(1_000)]
    parquet.write_table(pa.table({"work": works}), path)
    (shard,) = open_data_set(path, Columns(of_bytes="work")).shards
    every: list[Rows] = list(shard.rows())
    assert len(every) > 1
    assert [cell for rows in every for cell in rows.content["work"].to_pylist()] == works
    expected = [Hashed(hashlib.sha256(work).digest(), len(work)) for work in works]
    assert [each for rows in every for each in rows.hashed] == expected


@pytest.mark.posix
def test_a_pipe_in_place_of_a_shard_is_no_shard(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jsonl")
    with pytest.raises(ShardError, match="no ordinary file"):
        hashed_in(tmp_path, Columns(of_bytes="work"))


def test_both_columns_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(GateError, match="exclude each other"):
        open_data_set(tmp_path, Columns("a", "b"))
