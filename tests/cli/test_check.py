"""``check``: many works and many contracts at once, matched by hash."""

import csv
import errno
import io
import json
import os
import re
import signal
import tarfile
import time
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from command_line import FREE, PUBLISH, TERMS, Cli, contents
from consentsig import PrivateKey, parse_contract, sign_contract
from consentsig.cli.terminal.contract_sources import Places

GIVEN = (*TERMS, *FREE, "--irrevocable", "--yes")
ASK = ("--for", "https://acme.example", "--use", "finetune", "--offline")


@pytest.fixture
def delivery(ana: Cli) -> Cli:
    """A builder's folder: three works, contracts for two of them, named after nothing."""
    works = ana.folder / "works" / "deep"
    works.mkdir(parents=True)
    for name in ("boats", "gulls", "tide"):
        (works / f"{name}.txt").write_text(f"{name}\n")
    (works.parent / "copy.txt").write_text("boats\n")
    pay = ("--pay", "once:500:EUR", "--revocable", "30", "--worldwide", "--yes")
    ana("grant", "works/deep/boats.txt", *TERMS, *pay, "--out", "1.consent")
    ana(
        "grant",
        "works/deep/gulls.txt",
        *TERMS,
        *FREE,
        "--irrevocable",
        "--yes",
        "--out",
        "2.consent",
    )
    (ana.folder / "contracts").mkdir()
    for name in ("1.consent", "2.consent"):
        (ana.folder / name).rename(ana.folder / "contracts" / name)
    ana(*PUBLISH, "--first")
    return ana


def key_of(cli: Cli) -> PrivateKey:
    return PrivateKey.from_pem(
        Path(cli("key", "show", "--json").json[0]["file"]).read_bytes(), None
    )


def check(cli: Cli, *more: str, status: int = 1, contracts: str = "contracts") -> list[str]:
    return cli("check", contracts, "--works", "works", *ASK, *more, status=status).out.splitlines()


def test_each_work_and_each_contract_gets_a_row_by_hash(delivery: Cli) -> None:
    lines = sorted(check(delivery))
    boats, gulls, tide = "works/deep/boats.txt", "works/deep/gulls.txt", "works/deep/tide.txt"
    paid = (
        "pay 500 EUR once; if it is revoked, start nothing new and stop running uses within 30 days"
    )
    assert lines == [
        f"works/copy.txt: permitted by contracts/1.consent; {paid}",
        f"{boats}: permitted by contracts/1.consent; {paid}",
        f"{gulls}: permitted by contracts/2.consent; nothing is owed",
        f"{tide}: not permitted: no contract here is for this work",
    ]
    told = delivery("check", "contracts", "--works", "works", *ASK, status=1).err
    assert "4 works: 3 permitted, 1 not. 2 contracts asked." in told


def test_all_works_permitted_is_a_yes(delivery: Cli) -> None:
    (delivery.folder / "works" / "deep" / "tide.txt").unlink()
    assert len(check(delivery, status=0)) == 3


def test_a_no_says_why(delivery: Cli) -> None:
    asked = ("check", "contracts", "--works", "works", "--for", "https://bolt.example", "--offline")
    lines = delivery(*asked, "--use", "finetune", status=1).out
    assert lines.count("not permitted by contracts/") == 3
    assert "wrong-grantee: granted to https://acme.example/" in lines
    delivery("revoke", "contracts/1.consent", "--yes")
    delivery(*PUBLISH)
    assert "not permitted by contracts/1.consent: revoked: " in "\n".join(check(delivery))


def test_one_poisoned_file_never_stops_the_rest(delivery: Cli) -> None:
    folder = delivery.folder / "contracts"
    good = (folder / "1.consent").read_bytes()
    (folder / "0.consent").write_bytes(b"")
    (folder / "0a.consent").write_bytes(b"\xd2\x84" + os.urandom(500))
    (folder / "0b.consent").write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    (folder / "0c.consent").write_bytes(b"\x00" * 2_000_000)
    (folder / "0d.consent").write_text("consentsig1:???")
    (folder / "0e.consent").mkdir()
    (folder / "0f.consent").symlink_to("nowhere")
    lines = check(delivery)
    assert sum(": permitted by " in line for line in lines) == 3
    assert "contracts/0b.consent: bad-signature: " in "\n".join(lines)
    assert sum(line.startswith("contracts/0") for line in lines) == 7


def test_a_contract_of_a_work_that_is_not_here_says_so(delivery: Cli) -> None:
    delivery(
        "grant", "poem.txt", *TERMS, *FREE, "--irrevocable", "--yes", "--out", "contracts/3.consent"
    )
    assert "contracts/3.consent: authentic: its work is not among the works here" in check(delivery)


@pytest.mark.posix
def test_what_is_not_read_is_not_permitted(delivery: Cli) -> None:
    works = delivery.folder / "works"
    (works / "deep" / "tide.txt").unlink()
    check(delivery, status=0)
    (works / "link.txt").symlink_to("deep/boats.txt")
    (works / "more").symlink_to(delivery.folder)
    os.mkfifo(works / "pipe")
    not_read = "not permitted: not read: it is a link or no ordinary file"
    lines = check(delivery)
    for name in ("link.txt", "more", "pipe"):
        assert f"works/{name}: {not_read}" in lines
        (works / name).unlink()
    check(delivery, status=0)


def test_a_work_that_is_named_as_a_contract_is_a_work(delivery: Cli) -> None:
    works = delivery.folder / "works"
    (works / "deep" / "tide.txt").unlink()
    (works / "tide.consent").write_bytes(b"a picture")
    assert "works/tide.consent: not permitted: no contract here is for this work" in check(delivery)


def test_a_folder_that_cannot_be_listed_ends_the_run(
    delivery: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("deep"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    asked = ("check", "contracts", "--works", "works", *ASK)
    assert "works/deep: permission denied" in delivery(*asked, status=2).err


def test_names_decide_nothing(delivery: Cli) -> None:
    works = delivery.folder / "works" / "deep"
    (works / "boats.txt").write_text("other boats\n")
    (works / "boats.txt.consent").write_bytes(
        (delivery.folder / "contracts/1.consent").read_bytes()
    )
    assert any("boats.txt: not permitted: no contract" in line for line in check(delivery))


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_contracts_in_an_archive_are_read_as_a_stream(delivery: Cli, mode: str) -> None:
    name = "all.tar" if mode == "w" else "all.tar.gz"
    with tarfile.open(delivery.folder / name, mode) as tar:  # type: ignore[call-overload]
        tar.add(delivery.folder / "contracts", "contracts")
        tar.add(delivery.folder / "poem.txt", "poem.txt")
    lines = check(delivery, contracts=name)
    assert (
        f"works/deep/gulls.txt: permitted by {name}:contracts/2.consent; nothing is owed" in lines
    )
    data = (delivery.folder / name).read_bytes()
    (delivery.folder / name).write_bytes(data[: len(data) // 2])
    assert any("the archive ends here" in line for line in check(delivery, contracts=name))


def test_csv_and_json_hold_the_same_rows(delivery: Cli) -> None:
    table = list(csv.DictReader(io.StringIO("\n".join(check(delivery, "--csv")))))
    rows = [json.loads(line) for line in check(delivery, "--json")]
    assert len(table) == len(rows) == 4
    for cells, row in zip(table, rows, strict=True):
        assert cells["work"] == row["work"]
        assert cells["permitted"] == str(row["permitted"])
    (boats,) = [row for row in rows if row["work"] == "works/deep/boats.txt"]
    data = (delivery.folder / "contracts/1.consent").read_bytes()
    assert boats["contract_id"] == parse_contract(data).contract_id.hex()
    assert (boats["result"], boats["permitted"], boats["step"]) == ("valid", True, None)


def test_further_digests_are_compared_where_a_contract_names_them(delivery: Cli) -> None:
    path = delivery.folder / "contracts" / "2.consent"
    terms = parse_contract(path.read_bytes()).terms
    wrong = terms._replace(work=terms.work._replace(sha384=b"\x01" * 48))
    path.write_bytes(sign_contract(wrong, key_of(delivery)))
    assert any("2.consent: wrong-work: " in line for line in check(delivery))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("nowhere", "--works", "works"), "no such file or folder"),
        (("contracts", "--works", "nowhere"), "no such folder"),
        (("contracts", "--works", "site"), "there is no work in"),
        (("-", "--works", "works"), "standard input"),
        (("contracts", "--works", "works", "--csv", "--json"), "exclude each other"),
        (("contracts", "--works", "works", "--csv", "--parquet", "x"), "exclude each other"),
        (("contracts", "--works", "works", "--parquet", "no/x"), "there is no such folder"),
        (("contracts", "--works", "works", "--max-age", "-1"), "expected 0 to"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    delivery: Cli, arguments: tuple[str, ...], reason: str
) -> None:
    for path in (delivery.folder / "site").iterdir():
        path.unlink()
    assert reason in delivery.refuses("check", *arguments, *ASK)


def table(cli: Cli, *cells: bytes | None, kind: object = None) -> str:
    """A Parquet file with the two contracts, then *cells*."""
    found = [path.read_bytes() for path in sorted((cli.folder / "contracts").iterdir())]
    column = pa.array([*found, *cells], kind or pa.binary())
    parquet.write_table(
        pa.table({"n": range(len(column)), "data": column}), cli.folder / "in.parquet"
    )
    return "in.parquet"


COLUMN = ("--contract-column", "data")


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.binary_view()], ids=str)
def test_contracts_in_a_column_of_a_parquet_file(delivery: Cli, kind: object) -> None:
    name = table(delivery, None, b"", b"\xd2" * 2_000_000, kind=kind)
    lines = check(delivery, *COLUMN, contracts=name)
    assert "works/deep/gulls.txt: permitted by in.parquet:2; nothing is owed" in lines
    assert "in.parquet:3: it is NULL" in lines
    assert any(line.startswith("in.parquet:4: malformed: ") for line in lines)
    assert any(line.startswith("in.parquet:5: malformed: ") for line in lines)
    assert len(lines) == 7


def test_contracts_are_counted_where_that_is_cheap(delivery: Cli) -> None:
    here = str(delivery.folder / "contracts")
    rows = str(delivery.folder / table(delivery, None))
    assert Places([here, rows, f"{here}/1.consent"], "data").count() == 2 + 3 + 1
    tar = delivery.folder / "all.tar"
    tar.touch()
    assert Places([here, str(tar)]).count() is None


def test_a_null_never_permits(delivery: Cli) -> None:
    name = table(delivery, None)
    rows = [json.loads(line) for line in check(delivery, *COLUMN, "--json", contracts=name)]
    (null,) = [row for row in rows if row["contract"] == "in.parquet:3"]
    assert null == dict.fromkeys(null) | {
        "permitted": False,
        "contract": "in.parquet:3",
        "message": "it is NULL",
    }


def test_no_rows_permit_nothing(delivery: Cli) -> None:
    parquet.write_table(
        pa.table({"data": pa.array([], pa.binary())}), delivery.folder / "in.parquet"
    )
    lines = check(delivery, *COLUMN, contracts="in.parquet")
    assert len(lines) == 4
    assert all(": not permitted: no contract here" in line for line in lines)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"data": ["text"]}, "its column 'data' is string, expected binary"),
        ({"data": [[b"a list"]]}, "its column 'data' is list<element: binary>, expected binary"),
        ({"data": [{"data": b"nested"}]}, "is struct<data: binary>, expected binary"),
        ({"data.x": [b""]}, "it has no column 'data'; its columns are data.x"),
        ({"data": pa.array([b"", b""]).dictionary_encode()}, "expected binary"),
    ],
)
def test_another_column_gets_a_row_with_the_reason(
    delivery: Cli, columns: dict[str, object], reason: str
) -> None:
    parquet.write_table(pa.table(columns), delivery.folder / "other.parquet")
    lines = check(delivery, table(delivery), *COLUMN, contracts="other.parquet")
    (line,) = [line for line in lines if line.startswith("other.parquet")]
    assert line.endswith(reason)
    assert sum(": permitted by in.parquet" in line for line in lines) == 3


def test_a_column_that_is_there_twice_is_not_chosen_from(delivery: Cli) -> None:
    twice = pa.table([pa.array([b""])] * 2, names=["data", "data"])
    parquet.write_table(twice, delivery.folder / "in.parquet")
    assert "in.parquet: it has 2 columns 'data'; its columns are data, data" in check(
        delivery, *COLUMN, contracts="in.parquet"
    )


def test_a_column_beside_a_nested_one_of_the_same_path_is_read(delivery: Cli) -> None:
    data = (delivery.folder / "contracts" / "2.consent").read_bytes()
    columns = pa.table({"a": [{"b": b"no"}], "a.b": [data]})
    parquet.write_table(columns, delivery.folder / "in.parquet")
    lines = check(delivery, "--contract-column", "a.b", contracts="in.parquet")
    assert "works/deep/gulls.txt: permitted by in.parquet:1; nothing is owed" in lines


def test_a_broken_parquet_file_ends_where_it_is_broken(delivery: Cli) -> None:
    path = delivery.folder / table(delivery)
    good = path.read_bytes()
    for data in (b"", b"PAR1", good[: len(good) // 2], b"PAR1" + bytes(100) + b"PAR1", bytes(99)):
        path.write_bytes(data)
        lines = check(delivery, "contracts", *COLUMN, contracts=path.name)
        assert sum(": permitted by contracts/" in line for line in lines) == 3
        assert sum(line.startswith("in.parquet: ") for line in lines) == 1
    several = pa.table({"data": [os.urandom(300) for _ in range(3000)]})
    parquet.write_table(several, path, row_group_size=1000, compression="gzip")
    data = path.read_bytes()
    middle, after = len(data) // 2, len(data) // 2 + 100_000
    path.write_bytes(data[:middle] + bytes(100_000) + data[after:])
    lines = check(delivery, "contracts", *COLUMN, contracts=path.name)
    assert any("in.parquet: the file ends here, after row 1000: " in line for line in lines), lines
    assert sum(": permitted by contracts/" in line for line in lines) == 3


def test_the_column_is_never_guessed(delivery: Cli) -> None:
    asked = ("check", table(delivery), "--works", "works", *ASK)
    assert "in.parquet: which column has the contracts?" in delivery.refuses(*asked)


def test_a_folder_is_no_parquet_file(delivery: Cli) -> None:
    (delivery.folder / "in.parquet").mkdir()
    asked = ("check", "in.parquet", "--works", "works", *ASK, *COLUMN)
    assert "in.parquet is a folder, expected a file" in delivery.refuses(*asked)


def test_without_pyarrow_it_says_how_to_install_it(
    delivery: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    asked = ("check", "contracts", "--works", "works", *ASK, "--parquet", "out.parquet")
    told = delivery(*asked, status=2).err
    assert "Parquet files need pyarrow, not installed here" in told
    assert "pip install 'consentsig[parquet]'" in told
    table(delivery)
    asked = ("check", "in.parquet", "--works", "works", *ASK, *COLUMN)
    assert "Parquet files need pyarrow" in delivery.refuses(*asked)


def test_rows_are_the_same_in_a_parquet_file(delivery: Cli) -> None:
    rows = [json.loads(line) for line in check(delivery, "--json")]
    assert check(delivery, "--parquet", "out.parquet") == []
    found = parquet.read_table(delivery.folder / "out.parquet")
    assert found.to_pylist() == rows
    assert found.schema.field("permitted").type == pa.bool_()
    asked = ("check", "contracts", "--works", "works", *ASK, "--parquet", "out.parquet")
    assert "out.parquet: already exists" in delivery.refuses(*asked)


def test_what_fails_leaves_no_parquet_file(delivery: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(parquet.ParquetWriter, "write_table", fails)
    asked = ("check", "contracts", "--works", "works", *ASK, "--parquet", "out.parquet")
    assert "no space left" in delivery.refuses(*asked)


def test_contracts_that_were_asked_before_are_skipped(delivery: Cli) -> None:
    rows = check(delivery, "--json")
    later = delivery(
        "check", "contracts", "--works", "works", *ASK, "--json", "--skip", "1", status=1
    )
    assert [row["contract"] for row in later.json[:2]] == ["contracts/2.consent", None]
    reason = "no contract here after the first 1 is for this work"
    assert {row["message"] for row in later.json[1:]} == {reason}
    assert not any(row["permitted"] for row in later.json[1:])
    assert "The first 1 contract not asked" in later.err
    assert json.loads(rows[2]) == later.json[0]
    (nothing, *_) = check(delivery, "--skip", "9")
    assert "no contract here after the first 9" in nothing


@pytest.mark.posix
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_whole_rows_and_says_how_to_go_on(
    delivery: Cli, ending: signal.Signals
) -> None:
    make_many(delivery)
    before = contents(delivery.folder / "works")
    with Path(delivery.folder, "out").open("wb") as out:
        running = delivery.start(
            *("check", "contracts", "--works", "works", *ASK, "--json"), stdout=out, stderr=-1
        )
        while Path(delivery.folder, "out").stat().st_size < 10_000:
            time.sleep(0.01)
            assert running.poll() is None
        running.send_signal(ending)
        _, told = running.communicate(timeout=60)
    assert running.returncode == 128 + ending
    lines = Path(delivery.folder, "out").read_text().splitlines()
    assert all(json.loads(line)["permitted"] is not None for line in lines)
    assert contents(delivery.folder / "works") == before
    go_on_and_find_the_rest(delivery, [json.loads(line) for line in lines], told)


@pytest.mark.posix
def test_interrupted_it_leaves_a_parquet_file_with_the_rows_so_far(delivery: Cli) -> None:
    make_many(delivery)
    for tenths in range(4, 40):  # until the signal comes while contracts are asked
        running = delivery.start(
            *("check", "contracts", "--works", "works", *ASK, "--parquet", "out.parquet"), stderr=-1
        )
        time.sleep(tenths / 10)
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=60)
        if b"Interrupted after" in told:
            break
        (delivery.folder / "out.parquet").unlink(missing_ok=True)
    else:
        pytest.fail("no signal came while contracts were asked")
    rows = parquet.read_table(delivery.folder / "out.parquet").to_pylist()
    go_on_and_find_the_rest(delivery, rows, told)


def make_many(cli: Cli) -> None:
    data = (cli.folder / "contracts" / "2.consent").read_bytes()
    for n in range(4000):
        (cli.folder / "contracts" / f"x{n}.consent").write_bytes(data)


def go_on_and_find_the_rest(cli: Cli, rows: list[dict[str, object]], told: bytes) -> None:
    skip = re.search(rb"--skip ([0-9]+)", told)
    assert skip is not None
    rest = check(cli, "--json", "--skip", skip[1].decode())
    found = [row["contract"] for row in (*rows, *map(json.loads, rest))]
    assert {path.name for path in (cli.folder / "contracts").iterdir()} == {
        Path(str(each)).name for each in found if each is not None
    }
    assert len({row["contract"] for row in rows}) in (int(skip[1]), int(skip[1]) + 1)


# --- batches ---


@pytest.fixture
def together(ana: Cli) -> Cli:
    """A folder of three works, and one batch file for all of them beside it."""
    works = ana.folder / "works"
    works.mkdir()
    for name in ("boats", "gulls", "tide"):
        (works / f"{name}.txt").write_text(f"{name}\n")
    ana("grant", *(f"works/{name}.txt" for name in ("boats", "gulls", "tide")), *GIVEN,
        "--batch", "all.consents")  # fmt: skip
    return ana


@pytest.mark.parametrize("where", ["all.consents", "folder"])
def test_each_contract_of_a_batch_gets_a_row(together: Cli, where: str) -> None:
    if where == "folder":
        (together.folder / "folder").mkdir()
        (together.folder / "all.consents").rename(together.folder / "folder" / "all.consents")
    lines = sorted(check(together, status=0, contracts=where))
    batch = where if where == "all.consents" else "folder/all.consents"
    works = {row.partition(":")[0] for row in lines}
    assert works == {f"works/{name}.txt" for name in ("boats", "gulls", "tide")}
    contracts = {re.findall(rf"permitted by {batch}:(\d)", row)[0] for row in lines}
    assert contracts == {"1", "2", "3"}


def test_a_batch_among_the_works_is_no_work(together: Cli) -> None:
    (together.folder / "all.consents").rename(together.folder / "works" / "all.consents")
    assert len(check(together, status=0, contracts="works")) == 3


def test_a_batch_that_is_cut_short_permits_nothing_and_ends_nothing(together: Cli) -> None:
    whole = (together.folder / "all.consents").read_bytes()
    (together.folder / "all.consents").write_bytes(whole[:-1])
    lines = check(together, contracts="all.consents")
    assert [line for line in lines if "permitted by" in line] == []
    assert "all.consents: malformed: the batch file ends inside an item" in lines
    assert sum("not permitted" in line for line in lines) == 3
