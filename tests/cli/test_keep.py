import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from command_line import FREE, LIST_URI, QUESTION, TERMS, Cli, contents
from consentsig import (
    ListTerms,
    PrivateKey,
    pack_statuses,
    parse_contract,
    sign_status_list,
    verify_status_list,
)

CONTRACT = QUESTION[0]
LIST = "site/consent-list"


@pytest.fixture
def acme(granted: Cli) -> Cli:
    """A grantee who believes Ana's key, in the folder where her contract and list are."""
    acme = Cli(granted.folder, "acme")
    did = granted("key", "show", "--json").json[0]["did"]
    acme("trust", "add", did, "--name", "Ana")
    return acme


@pytest.fixture
def stranger(granted: Cli) -> Cli:
    """Somebody who believes nobody."""
    return Cli(granted.folder, "stranger")


def key_of(cli: Cli) -> PrivateKey:
    file = Path(cli("key", "show", "--json").json[0]["file"])
    return PrivateKey.from_pem(file.read_bytes(), None)


def write_list(cli: Cli, name: str, days_ago: int, *, revoked: bool = False, days: int = 90) -> str:
    """Write a list by Ana that says something of her contract."""
    status = parse_contract((cli.folder / CONTRACT).read_bytes()).terms.status
    assert status is not None
    issued = datetime.now(UTC).replace(microsecond=0) - timedelta(days_ago)
    statuses = pack_statuses(4096, {status.idx: int(revoked)})
    key = key_of(cli)
    terms = ListTerms(LIST_URI, key.public, issued, issued + timedelta(days), statuses)
    (cli.folder / name).write_bytes(sign_status_list(terms, key))
    return name


def kept(cli: Cli) -> dict[str, object]:
    (row,) = cli("list", "--received", "--json").json
    found: dict[str, object] = row["kept"]
    return found


def test_a_copy_is_kept_with_the_list_that_speaks_for_it(acme: Cli) -> None:
    result = acme("keep", CONTRACT, "--status", LIST)
    assert result.out.startswith("Kept: ")
    assert "authentic, says the list of " in result.out
    assert "1 list kept" in result.out
    known = verify_status_list((acme.folder / LIST).read_bytes())
    found = kept(acme)
    assert found["result"] == "authentic"
    assert found["evidence"] == [known.object_id.hex()]
    assert datetime.fromisoformat(str(found["as_of"])) == known.terms.issued


def test_a_lost_file_loses_nothing(acme: Cli) -> None:
    data = (acme.folder / CONTRACT).read_bytes()
    acme("keep", CONTRACT, "--status", LIST)
    (acme.folder / CONTRACT).unlink()
    (acme.folder / LIST).unlink()
    out = acme("list", "--received").out
    assert "holds; its list counts until" in out
    assert f"kept since {datetime.now(UTC):%Y-%m-%d} as authentic" in out
    (acme.folder / "audit").mkdir()
    acme("keep", "--export", "audit")
    copy = acme.folder / "audit" / f"{parse_contract(data).contract_id.hex()}.consent"
    assert copy.read_bytes() == data


def test_received_is_told_apart_from_granted(acme: Cli, granted: Cli) -> None:
    acme("keep", CONTRACT, "--status", LIST)
    told = acme("list").out
    assert told.startswith("You have not granted a contract yet.")
    assert told.endswith("1 contract is kept. To list it:\n  consentsig list --received\n")
    assert granted("list", "--received").out.startswith("You have not kept a contract yet.")
    assert ', by Ana, to "Acme Labs"' in acme("list", "--received").out


def test_the_list_seen_before_is_evidence_too(acme: Cli) -> None:
    acme("verify", *QUESTION, "--status", LIST)
    (row,) = acme("keep", CONTRACT, "--json").json
    assert (row["result"], row["new"], row["lists_added"]) == ("authentic", True, 1)
    assert (
        row["contract_id"]
        == parse_contract((acme.folder / CONTRACT).read_bytes()).contract_id.hex()
    )


def test_without_a_list_it_is_kept_and_said_to_permit_nothing(acme: Cli) -> None:
    result = acme("keep", CONTRACT, status=1)
    assert "status-unknown, so it permits nothing now" in result.out
    assert result.err.startswith("consentsig: status-unknown: ")
    assert f"get the current list from {LIST_URI}" in result.err
    assert kept(acme)["result"] == "status-unknown"
    assert "1 contract: 1 needs a current list" in acme("list", "--received").out


def test_an_unknown_creators_contract_is_kept_and_her_lists_are_not(stranger: Cli) -> None:
    result = stranger("keep", CONTRACT, "--status", LIST, status=1)
    assert "unknown-creator, so it permits nothing now; no new list kept" in result.out
    assert "consentsig trust add did:key:" in result.err
    assert kept(stranger)["evidence"] == []
    (row,) = stranger("list", "--received", "--json").json
    assert row["state"] == "unknown-creator"
    assert "by a creator whose key you do not believe" in stranger("list", "--received").out
    with sqlite3.connect(stranger.home / "consentsig.db") as db:
        assert db.execute("SELECT COUNT(*) FROM lists").fetchone() == (0,)
    db.close()


def test_keeping_again_goes_forward_only(acme: Cli, granted: Cli) -> None:
    early = write_list(granted, "early", 3)
    acme("keep", CONTRACT, "--status", early, "--json")
    first = kept(acme)
    assert acme("keep", CONTRACT, "--status", LIST).out.startswith("Was kept before: ")
    second = kept(acme)
    assert str(second["as_of"]) > str(first["as_of"])
    assert second["since"] == first["since"]
    assert len(second["evidence"]) == 2  # type: ignore[arg-type]  # it is a list
    acme("keep", CONTRACT, "--status", early)
    assert kept(acme) == second


def test_what_could_once_be_shown_is_not_replaced_by_less(acme: Cli, granted: Cli) -> None:
    acme("keep", CONTRACT, "--status", LIST)
    before = kept(acme)
    acme("trust", "remove", "Ana")
    assert acme("keep", CONTRACT, "--json", status=1).json[0]["result"] == "unknown-creator"
    assert kept(acme) == before
    assert key_of(granted).public.to_did_key() not in acme("trust", "list").out


def test_a_contract_taken_back_is_kept_as_that_for_ever(acme: Cli, granted: Cli) -> None:
    acme("keep", CONTRACT, "--status", LIST)
    revoked = write_list(granted, "revoked", 1, revoked=True)
    result = acme("keep", CONTRACT, "--status", revoked, status=1)
    assert "revoked, so it permits nothing now; 1 list kept" in result.out
    assert kept(acme)["result"] == "revoked"
    assert len(kept(acme)["evidence"]) == 2  # type: ignore[arg-type]  # it is a list
    acme("keep", CONTRACT, "--status", LIST, status=1)
    assert kept(acme)["result"] == "revoked"
    assert acme("list", "--received").out.endswith("1 contract: 1 is revoked\n")


def test_what_is_no_contract_or_badly_signed_is_never_kept(acme: Cli) -> None:
    data = (acme.folder / CONTRACT).read_bytes()
    (acme.folder / "tampered").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    for file, code in [
        ("tampered", "bad-signature"),
        ("poem.txt", "malformed"),
        (LIST, "malformed"),
    ]:
        result = acme("keep", file, status=1)
        assert result.out == ""
        assert result.err.splitlines()[0].startswith(f"consentsig: {code}: {file}: ")
        assert "; not kept" in result.err
    assert acme("list", "--received", "--json").out == ""


def test_what_cannot_be_kept_does_not_keep_the_others_out(acme: Cli) -> None:
    (acme.folder / "broken").write_text("consentsig1:=")
    (acme.folder / "empty").write_bytes(b"")
    files = ("broken", "poem.txt", "missing", "empty")
    result = acme("keep", *files, CONTRACT, "--status", LIST, status=1)
    assert "Kept: " in result.out
    assert result.out.endswith("1 of 5 files kept.\n")
    assert result.err.count("not kept") == 4
    assert len(acme("list", "--received", "--json").json) == 1
    rows = acme("keep", *files, CONTRACT, "--json", status=1).json
    results = {str(row["file"]).rpartition("/")[2]: row["result"] for row in rows}
    assert results == dict.fromkeys(files, "malformed") | {"missing": None, CONTRACT: "authentic"}
    assert "missing" in acme("keep", "missing", status=2).err


def test_a_list_of_somebody_else_is_no_evidence(acme: Cli) -> None:
    key, now = PrivateKey.generate(), datetime.now(UTC).replace(microsecond=0)
    terms = ListTerms(LIST_URI, key.public, now, now + timedelta(1), bytes([255] * 512))
    (acme.folder / "theirs").write_bytes(sign_status_list(terms, key))
    err = acme("keep", CONTRACT, "--status", LIST, "--status", "theirs").err
    assert err.startswith("consentsig: warning: theirs is not used: it is signed by ")
    assert len(err.splitlines()) == 1
    assert len(kept(acme)["evidence"]) == 1  # type: ignore[arg-type]  # it is a list


def test_an_export_answers_offline_for_then_and_now(acme: Cli, granted: Cli) -> None:
    granted("grant", "poem.txt", *TERMS, *FREE, "--irrevocable", "--yes", "--out", "second.consent")
    acme("keep", CONTRACT, "second.consent", "--status", LIST)
    then = datetime.now(UTC)
    revoked = write_list(granted, "revoked", 0, revoked=True)
    acme("keep", CONTRACT, "--status", revoked, status=1)
    (acme.folder / "audit").mkdir()
    result = acme("keep", "--export", "audit")
    assert result.out.startswith("2 contracts and 2 lists in audit\n")
    auditor = Cli(acme.folder, "auditor")
    did = key_of(granted).public.to_did_key()
    copies = sorted(str(path) for path in (acme.folder / "audit").glob("*.consent"))
    ask = (*copies, "--creator", did, "--status", "audit", "--only-authentic", "--json")
    assert sorted(row["result"] for row in auditor("verify", *ask, status=1).json) == [
        "authentic",
        "revoked",
    ]
    at = (then - timedelta(hours=1)).isoformat()  # before both were granted
    rows = auditor("verify", *ask, "--at", at, status=1).json
    assert {row["result"] for row in rows} == {"not-yet-valid"}


def test_an_export_never_overwrites_and_can_be_repeated(acme: Cli) -> None:
    acme("keep", CONTRACT, "--status", LIST)
    (acme.folder / "audit").mkdir()
    acme("keep", "--export", "audit")
    first = contents(acme.folder / "audit")
    (row,) = acme("keep", "--export", "audit", "--json").json
    assert (row["contracts"], row["lists"]) == (1, 1)
    assert contents(acme.folder / "audit") == first
    (copy,) = (acme.folder / "audit").glob("*.consent")
    copy.write_bytes(b"mine")
    assert "nothing is ever overwritten" in acme.refuses("keep", "--export", "audit")


def test_a_work_is_not_kept_and_its_contract_is_named(acme: Cli) -> None:
    told = acme("keep", "poem.txt", status=1).err
    assert "malformed: poem.txt: this is a text (text/plain), not a contract" in told
    assert f"its contract is beside it: consentsig keep {CONTRACT}\n" in told


def test_an_export_makes_its_folder(acme: Cli) -> None:
    acme("keep", CONTRACT, "--status", LIST)
    assert "1 contract and 1 list in audit" in acme("keep", "--export", "audit").out
    assert len(list((acme.folder / "audit").iterdir())) == 2


def test_an_export_that_fails_leaves_nothing(acme: Cli) -> None:
    acme("keep", CONTRACT, "--status", LIST)
    (acme.folder / "audit").mkdir()
    name = parse_contract((acme.folder / CONTRACT).read_bytes()).contract_id.hex()
    (acme.folder / "audit" / f"{name}.consent").symlink_to("/nowhere")
    assert "already exists" in acme.refuses("keep", "--export", "audit")
    assert [path.name for path in (acme.folder / "audit").iterdir()] == [f"{name}.consent"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "name contracts to keep"),
        ([CONTRACT, "--export", "site"], "name contracts to keep"),
        (["--export", "nowhere/audit"], "nowhere: there is no such folder"),
        (["--export", CONTRACT], f"{CONTRACT}: is a file, expected a folder"),
        (["missing"], "missing: no such file"),
        (["-"], "it must be in a file"),
    ],
)
def test_what_cannot_be_done_is_said(acme: Cli, arguments: list[str], reason: str) -> None:
    assert reason in acme.refuses("keep", *arguments)
