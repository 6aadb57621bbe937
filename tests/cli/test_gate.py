"""``gate``: real folders, Parquet and JSON Lines files, asked with real contracts."""

import hashlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from command_line import FREE, PUBLISH, PUBLISH_FIRST, TERMS, Cli, Result, contents
from consentsig import PrivateKey, parse_contract, sign_contract

ASK = ("--for", "https://acme.example", "--use", "finetune")
WORKS = {"boats": b"boats\n", "gulls": b"gulls\n", "tide": b"tide\n"}
OWED = {"payments", "stop_within_days"}


@pytest.fixture
def delivery(ana: Cli) -> Cli:
    """A builder's folder: three works, contracts for two of them, one of which can be revoked."""
    works = ana.folder / "works" / "deep"
    works.mkdir(parents=True)
    for name, data in WORKS.items():
        (works / f"{name}.txt").write_bytes(data)
    (ana.folder / "contracts").mkdir()
    paid = ("--pay", "once:500:EUR", "--revocable", "30", "--worldwide", "--yes")
    ana("grant", "works/deep/boats.txt", *TERMS, *paid, "--out", "contracts/1.consent")
    free = (*FREE, "--irrevocable", "--yes")
    ana("grant", "works/deep/gulls.txt", *TERMS, *free, "--out", "contracts/2.consent")
    ana(*PUBLISH_FIRST)
    return ana


def key_of(cli: Cli) -> PrivateKey:
    return PrivateKey.from_pem(
        Path(cli("key", "show", "--json").json[0]["file"]).read_bytes(), None
    )


def gate(
    cli: Cli, data: str, *more: str | Path, status: int | None = 1, out: str = "out"
) -> Result:
    return cli(
        *("gate", "run", data, "--contracts", "contracts", *ASK, "--out", out, *more), status=status
    )


def summary(cli: Cli, out: str = "out") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((cli.folder / out / "summary.json").read_text())
    return found


def table(cli: Cli, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parquet.read_table(cli.folder / path).to_pylist()
    return found


def write(cli: Cli, name: str, **columns: Any) -> None:  # noqa: ANN401  # pyarrow's
    (cli.folder / name).parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.table(columns), cli.folder / name)


# --- a folder ---


def test_a_folder_is_kept_and_refused_by_hash(delivery: Cli) -> None:
    told = gate(delivery, "works").err
    kept, refused = (
        table(delivery, "out/kept/works.parquet"),
        table(delivery, "out/refused/works.parquet"),
    )
    assert [row["path"] for row in kept] == ["deep/boats.txt", "deep/gulls.txt"]
    assert [row["path"] for row in refused] == ["deep/tide.txt"]
    boats, gulls = kept
    contract = parse_contract((delivery.folder / "contracts" / "1.consent").read_bytes())
    assert boats["consent_result"] == gulls["consent_result"] == "valid"
    assert boats["consent_contract_id"] == contract.contract_id.hex()
    assert boats["consent_creator"] == contract.terms.creator.key.thumbprint.hex()
    assert boats["consent_sha256"] == hashlib.sha256(WORKS["boats"]).hexdigest()
    assert boats["consent_hash"] == "recomputed"
    assert json.loads(boats["consent_owed"]).keys() == OWED
    assert boats["consent_as_of"] is not None
    assert gulls["consent_as_of"] is gulls["consent_owed"] is None
    assert (refused[0]["consent_result"], refused[0]["consent_step"]) == ("no-contract", None)
    assert "3 rows: 2 kept, 1 refused." in told
    assert "1 no-contract: no contract is for this work" in told


def test_the_summary_says_what_was_asked_and_on_what_it_rests(delivery: Cli) -> None:
    gate(delivery, "works", "--territory", "DE", "--max-status-age", "9")
    found = summary(delivery)
    assert (found["rows"], found["kept"], found["refused"]) == (3, 2, 1)
    assert found["by_result"]["valid"] == 2
    assert sum(found["by_result"].values()) == 3
    assert found["by_hash"]["recomputed"] == {"kept": 2, "refused": 1}
    asked = found["question"]
    assert asked["grantee"] == {"uri": "https://acme.example/", "key": None}
    assert (asked["use"], asked["territory"], asked["max_status_age_days"]) == ("finetune", "DE", 9)
    evidence = found["evidence"]
    index = (delivery.folder / "out" / "ledger" / "ledger.json").read_bytes()
    assert evidence["ledger"] == hashlib.sha256(index).hexdigest()
    assert len(evidence["status_lists"]) == 1
    assert evidence["software"].startswith("consentsig ")


def test_all_rows_permitted_is_a_yes(delivery: Cli) -> None:
    (delivery.folder / "works" / "deep" / "tide.txt").unlink()
    gate(delivery, "works", status=0)
    assert not (delivery.folder / "out" / "refused").exists()


def test_a_contract_beside_its_work_is_no_row(delivery: Cli) -> None:
    (delivery.folder / "works" / "deep" / "tide.txt").unlink()
    data = (delivery.folder / "contracts" / "1.consent").read_bytes()
    (delivery.folder / "works" / "boats.txt.consent").write_bytes(data)
    gate(delivery, "works", status=0)
    (delivery.folder / "works" / "other.consent").write_bytes(b"no contract")
    gate(delivery, "works", status=1, out="second")


def test_a_revoked_contract_permits_no_longer(delivery: Cli) -> None:
    delivery("gate", "ledger", "contracts", "--out", "ledger")
    run = ("gate", "run", "works", "--ledger", "ledger", *ASK)
    delivery(*run, "--out", "before", status=1)
    delivery("revoke", "contracts/1.consent", "--yes")
    delivery(*PUBLISH)
    delivery(*run, "--out", "after", status=1)
    assert summary(delivery, "before")["kept"] == 2
    rows = table(delivery, "after/refused/works.parquet")
    assert [(row["consent_result"], row["consent_step"]) for row in rows] == [
        ("revoked", 13),
        ("no-contract", None),
    ]


def test_a_key_that_nobody_here_believes_permits_nothing(delivery: Cli, tmp_path: Path) -> None:
    stranger = Cli(tmp_path, home="other")
    gate(stranger, "works")
    assert summary(stranger)["by_result"]["unknown-creator"] == 2
    key = delivery("key", "show", "--json").json[0]["did"]
    gate(stranger, "works", "--creator", key, "--status", "site", out="believed")
    assert summary(stranger, "believed")["kept"] == 2


def test_a_list_that_was_given_once_is_remembered(delivery: Cli, tmp_path: Path) -> None:
    other = Cli(tmp_path, home="other")
    key = delivery("key", "show", "--json").json[0]["did"]
    gate(other, "works", "--creator", key, out="without")
    assert summary(other, "without")["by_result"]["status-unknown"] == 1
    gate(other, "works", "--creator", key, "--status", "site", out="given")
    gate(other, "works", "--creator", key, out="remembered")
    assert summary(other, "remembered")["kept"] == 2


def test_a_purpose_permits_once_somebody_read_it(delivery: Cli) -> None:
    purposed = ("--purpose", "Poems only", *FREE, "--irrevocable", "--yes")
    delivery("grant", "works/deep/tide.txt", *TERMS, *purposed, "--out", "contracts/3.consent")
    gate(delivery, "works")
    (row,) = table(delivery, "out/refused/works.parquet")
    assert row["consent_result"] == "purpose-not-read"
    assert json.loads(row["consent_owed"]) == {"purpose": "Poems only"}
    gate(delivery, "works", "--read-purpose", row["consent_contract_id"], out="read", status=0)
    assert (
        "no contract"
        in gate(delivery, "works", "--read-purpose", "0" * 64, out="none", status=2).err
    )


# --- what is hostile in a folder ---


@pytest.mark.posix
def test_links_pipes_and_names_that_are_no_utf8_are_refused_with_a_reason(delivery: Cli) -> None:
    works = delivery.folder / "works"
    (works / "link.txt").symlink_to(works / "deep" / "boats.txt")
    (works / "folder").symlink_to(works / "deep")
    (works / "dangling").symlink_to("nowhere")
    os.mkfifo(works / "pipe")
    Path(os.fsdecode(os.fsencode(works) + b"/b\xffats.txt")).write_bytes(WORKS["boats"])
    gate(delivery, "works")
    reasons = {
        row["path"]: row["consent_reason"] for row in table(delivery, "out/refused/works.parquet")
    }
    link = "the row has no SHA-256: not read: it is a link"
    assert reasons.pop("deep/tide.txt") == "no contract is for this work"
    assert reasons == {
        "link.txt": link,
        "folder": link,
        "dangling": link,
        "pipe": "the row has no SHA-256: not read: it is no ordinary file",
        "b\\udcffats.txt": "the row has no SHA-256: its name is no UTF-8",
    }
    assert summary(delivery)["by_hash"]["none"] == {"kept": 0, "refused": 5}


def test_a_folder_named_as_a_parquet_file_is_a_folder(delivery: Cli) -> None:
    (delivery.folder / "works").rename(delivery.folder / "works.parquet")
    gate(delivery, "works.parquet")
    assert summary(delivery)["rows"] == 3


# --- Parquet ---


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.string(), pa.large_string()])
def test_works_in_a_column_are_hashed(delivery: Cli, kind: pa.DataType) -> None:
    data = [WORKS["boats"], WORKS["tide"], None, WORKS["gulls"], WORKS["boats"]]
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        column = pa.array([None if each is None else each.decode() for each in data], kind)
    else:
        column = pa.array(data, kind)
    write(delivery, "train.parquet", work=column, n=pa.array(range(5)))
    gate(delivery, "train.parquet", "--bytes", "work")
    kept = parquet.read_table(delivery.folder / "out/kept/train.parquet")
    assert kept.schema.field("work").type == kind
    assert kept["n"].to_pylist() == [0, 3, 4]
    refused = table(delivery, "out/refused/train.parquet")
    assert [(row["n"], row["consent_result"]) for row in refused] == [
        (1, "no-contract"),
        (2, "no-hash"),
    ]
    assert refused[1]["consent_reason"] == "the row has no SHA-256: its work is NULL"


def test_works_in_a_struct_as_hugging_face_has_them(delivery: Cli) -> None:
    cells = [{"bytes": WORKS["boats"], "path": "a"}, {"bytes": None, "path": "b"}, None]
    write(delivery, "train.parquet", image=pa.array(cells))
    gate(delivery, "train.parquet", "--bytes", "image.bytes")
    (kept,) = table(delivery, "out/kept/train.parquet")
    assert kept["image"] == cells[0]
    assert summary(delivery)["by_result"]["no-hash"] == 2


def test_a_hash_is_declared_and_anything_else_is_none(delivery: Cli) -> None:
    boats = hashlib.sha256(WORKS["boats"])
    digits = boats.hexdigest()
    wrong = [None, "", digits[:-1], digits + "0", f" {digits}", hashlib.md5(b"").hexdigest()]  # noqa: S324  # what is refused
    write(delivery, "a.parquet", sha256=pa.array([digits, digits.upper(), *wrong]))
    gate(delivery, "a.parquet", "--hash", "sha256")
    found = summary(delivery)
    assert (found["kept"], found["by_result"]["no-hash"]) == (2, len(wrong))
    assert found["by_hash"]["declared"] == {"kept": 2, "refused": 0}
    raw = boats.digest()
    write(
        delivery, "b.parquet", sha256=pa.array([raw, raw[:-1], raw + b"0", None, digits.encode()])
    )
    gate(delivery, "b.parquet", "--hash", "sha256", out="raw")
    assert (summary(delivery, "raw")["kept"], summary(delivery, "raw")["rows"]) == (1, 5)


def test_a_folder_of_shards_keeps_their_names_and_tells_of_those_that_are_broken(
    delivery: Cli,
) -> None:
    write(delivery, "data/x.parquet/0.parquet", work=pa.array([WORKS["boats"]]))
    write(delivery, "data/1.parquet", work=pa.array([WORKS["tide"]]), more=pa.array([1]))
    whole = (delivery.folder / "data/1.parquet").read_bytes()
    (delivery.folder / "data/2.parquet").write_bytes(whole[:-20])
    write(delivery, "data/3.parquet", other=pa.array([WORKS["boats"]]))
    write(delivery, "data/4.parquet", work=pa.array([5]))
    (delivery.folder / "data/5.parquet").symlink_to("1.parquet")
    (delivery.folder / "data/_SUCCESS").touch()
    told = gate(delivery, "data", "--bytes", "work").err
    found = summary(delivery)
    assert found["rows"] == 2
    assert [each["file"] for each in found["unread"]] == [f"{n}.parquet" for n in (2, 3, 4, 5)]
    assert found["not_read"] == ["_SUCCESS"]
    assert (
        "3.parquet is not read to its end: it has no column 'work'; its columns are other" in told
    )
    assert (delivery.folder / "out/kept/x.parquet/0.parquet").is_file()
    assert (delivery.folder / "out/refused/1.parquet").is_file()


def test_rows_of_a_broken_shard_are_no_reason_to_say_that_all_is_permitted(delivery: Cli) -> None:
    write(delivery, "data/0.parquet", work=pa.array([WORKS["boats"]]))
    (delivery.folder / "data/1.parquet").write_bytes(b"PAR1")
    gate(delivery, "data", "--bytes", "work", status=1)


def test_a_damaged_page_ends_a_shard_and_keeps_the_rows_before(delivery: Cli) -> None:
    path = delivery.folder / "train.parquet"
    rows = pa.table({"work": [WORKS["boats"]] * 2000, "n": [os.urandom(9) for _ in range(2000)]})
    parquet.write_table(rows, path, row_group_size=1000, compression="zstd")
    start = parquet.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    data = bytearray(path.read_bytes())
    data[start : start + 40] = b"\xff" * 40
    path.write_bytes(data)
    gate(delivery, "train.parquet", "--bytes", "work")
    kept = summary(delivery)["kept"]
    assert 768 <= kept <= 1000
    assert len(table(delivery, "out/kept/train.parquet")) == kept
    assert len(summary(delivery)["unread"]) == 1


# --- JSON Lines ---


def test_json_lines_are_written_as_they_were(delivery: Cli) -> None:
    text = WORKS["boats"].decode()
    good = '{"n":1.00, "text" : "boats\\n","big":12345678901234567890123}'
    lines = [
        good,
        json.dumps({"text": "tide\n"}),
        "",
        '{"text":"boats\\n","text":"boats\\n"}',
        '{"text":"\\ud800"}',
        '{"text":null}',
        "{}",
        "[]",
        "no json",
        json.dumps({"text": text, "consent_result": "valid"}),
        "[" * 100_000,
    ]
    (delivery.folder / "train.jsonl").write_bytes("\r\n".join(lines).encode() + b"\n\xff\n")
    gate(delivery, "train.jsonl", "--bytes", "text")
    (kept,) = (delivery.folder / "out/kept/train.jsonl").read_text().splitlines()
    assert kept.startswith(good[:-1])
    assert json.loads(kept)["consent_result"] == "valid"
    refused = (delivery.folder / "out/refused/train.jsonl").read_text().splitlines()
    assert len(refused) == 10
    assert {json.loads(each)["consent_result"] for each in refused} == {"no-contract", "no-hash"}
    digits = hashlib.sha256(WORKS["boats"]).hexdigest()
    (delivery.folder / "b.jsonl").write_text(json.dumps({"image": {"sha": digits}}) + "\n")
    gate(delivery, "b.jsonl", "--hash", "image.sha", out="declared", status=0)


# --- questions that cannot be asked ---


def test_what_cannot_be_asked_leaves_nothing(delivery: Cli) -> None:
    (delivery.folder / "empty").mkdir()
    write(delivery, "none.parquet", work=pa.array([], pa.binary()))
    write(delivery, "a.parquet", work=pa.array([b""]), consent_result=pa.array([""]))
    (delivery.folder / "there").mkdir()
    run = ("gate", "run")
    contracts = ("--contracts", "contracts")
    out = ("--out", "out")
    for wrong, expected in (
        (("empty", *contracts, *out), "no row in the data set"),
        (("none.parquet", "--bytes", "work", *contracts, *out), "no row in the data set"),
        (("a.parquet", *contracts, *out), "which column has the works"),
        (("a.parquet", "--bytes", "work", *contracts, *out), "has a column 'consent_result'"),
        (("a.parquet", "--bytes", "w", *contracts, *out), "no column 'w'"),
        (("a.parquet", "--bytes", "w", "--hash", "x", *contracts, *out), "exclude each other"),
        (("works", *out), "expected one of --ledger and --contracts"),
        (("works", "--ledger", "works", *out), "is no ledger"),
        (("works", *contracts, "--ledger", "l", *out), "expected one of"),
        (("works", *contracts, "--out", "there"), "already exists"),
        (("works", *contracts, "--out", "no/out"), "there is no such folder"),
        (("works", *contracts, "--out", "works/out"), "within the data set"),
        (("works", *contracts, *out, "--memory", "lots"), "expected such as 512MB"),
        (("works", *contracts, *out, "--read-purpose", "1"), "64 digits"),
        (("nowhere", *contracts, *out), "no such file or folder"),
        (("poem.txt", "--bytes", "x", *contracts, *out), "expected a folder, or a file that ends"),
    ):
        before = contents(delivery.folder)
        told = delivery(*run, *wrong, *ASK, status=2)
        assert expected in told.err, told
        assert contents(delivery.folder) == before


def test_without_the_extra_one_line_says_how_to_get_it(
    delivery: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib import util

    find = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name: None if name == "duckdb" else find(name))
    for words in (
        ("ledger", "contracts", "--out", "l"),
        ("run", "works", "--ledger", "l", *ASK, "--out", "o"),
    ):
        told = delivery("gate", *words, status=2).err
        assert "pip install 'consentsig[gate]'" in told
        assert len(told.splitlines()) == 1


# --- the ledger ---


def test_a_ledger_says_what_it_refused_and_is_the_same_from_the_same_input(delivery: Cli) -> None:
    folder = delivery.folder / "contracts"
    data = (folder / "1.consent").read_bytes()
    (folder / "3.consent").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    (folder / "4.consent").write_bytes(b"none")
    (folder / "5.consent").write_bytes(data)
    told = delivery("gate", "ledger", "contracts", "--out", "ledger", status=1).err
    assert "2 contracts in the ledger, 2 refused, 1 repeated." in told
    refused = table(delivery, "ledger/refused.parquet")
    assert [(row["source"], row["code"], row["step"]) for row in refused] == [
        ("contracts/3.consent", "bad-signature", 3),
        ("contracts/4.consent", "malformed", 1),
    ]
    assert all(row["message"] for row in refused)
    ids = [row["contract_id"] for row in table(delivery, "ledger/contracts.parquet")]
    assert ids == sorted(ids)
    delivery("gate", "ledger", "contracts", "--out", "second", status=1)
    assert contents(delivery.folder / "ledger") == contents(delivery.folder / "second")
    assert not list(delivery.folder.glob("*.parts"))


def test_a_damaged_ledger_is_refused(delivery: Cli) -> None:
    delivery("gate", "ledger", "contracts", "--out", "ledger")
    for name in ("contracts.parquet", "speakers.parquet", "refused.parquet", "ledger.json"):
        path = delivery.folder / "ledger" / name
        whole = path.read_bytes()
        path.write_bytes(whole[:-3])
        run = ("gate", "run", "works", "--ledger", "ledger", *ASK, "--out", "out")
        assert "damaged" in delivery(*run, status=2).err
        path.write_bytes(whole)


@pytest.mark.posix
def test_parts_that_somebody_else_may_have_made_are_not_believed(delivery: Cli) -> None:
    (delivery.folder / "elsewhere").mkdir()
    (delivery.folder / "ledger.parts").symlink_to("elsewhere")
    told = delivery.refuses("gate", "ledger", "contracts", "--out", "ledger")
    assert told.endswith("ledger.parts is not a folder of yours: remove it")


def test_no_contract_makes_no_ledger(delivery: Cli) -> None:
    (delivery.folder / "empty").mkdir()
    delivery.refuses("gate", "ledger", "empty", "--out", "ledger")
    delivery.refuses("gate", "ledger", "contracts", "--out", "contracts")


@pytest.mark.posix
def test_a_ledger_that_was_killed_goes_on_and_comes_out_the_same(delivery: Cli) -> None:
    terms = parse_contract((delivery.folder / "contracts" / "1.consent").read_bytes()).terms
    key = key_of(delivery)
    for n in range(2_000):
        data = sign_contract(terms._replace(salt=n.to_bytes(16, "big")), key)
        (delivery.folder / "contracts" / f"many-{n}.consent").write_bytes(data)
    delivery.installed("gate", "ledger", "contracts", "--out", "whole")
    parts = delivery.folder / "killed.parts"
    started = delivery.start(
        "gate", "ledger", "contracts", "--out", "killed", stderr=subprocess.DEVNULL
    )
    while not list(parts.glob("*.parquet")) and started.poll() is None:
        time.sleep(0.001)
    started.send_signal(signal.SIGKILL)
    assert started.wait() == -signal.SIGKILL
    assert not (delivery.folder / "killed").exists()
    assert list(parts.glob("*.parquet"))
    delivery.installed("gate", "ledger", "contracts", "--out", "killed")
    assert contents(delivery.folder / "killed") == contents(delivery.folder / "whole")
    assert not parts.exists()


# --- the installed command ---


def test_a_real_folder_and_a_real_parquet_file_end_to_end(delivery: Cli) -> None:
    delivery.installed("gate", "ledger", "contracts", "--out", "ledger")
    write(delivery, "train.parquet", image=pa.array([{"bytes": each} for each in WORKS.values()]))
    run = ("--ledger", "ledger", *ASK, "--memory", "256MB")
    delivery.installed("gate", "run", "works", *run, "--out", "a", status=1)
    delivery.installed(
        "gate", "run", "train.parquet", "--bytes", "image.bytes", *run, "--out", "b", status=1
    )
    for out in ("a", "b"):
        assert summary(delivery, out)["kept"] == 2
