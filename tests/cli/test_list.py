import csv
import io
import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from command_line import (
    FREE,
    LIST_URI,
    NEXT_YEAR,
    PUBLISH,
    PUBLISH_FIRST,
    QUESTION,
    TERMS,
    UNTIL,
    Cli,
)
from consentsig import (
    Creator,
    PrivateKey,
    ResultCode,
    StatusBook,
    StatusList,
    StatusReference,
    Use,
    pack_statuses,
    parse_contract,
    verify_status_list,
)
from consentsig.cli.terminal.columns import Column, lines, widths
from consentsig.evidence import sqlite_store
from consentsig.home import ledger
from consentsig.home.home import Home
from strategies import ANA, DAY, RECOVERY, SIGNED, contract, revocable, status_list, terms
from strategies import LIST_URI as STRATEGY_URI
from terminals import on_a_terminal

CONTRACT = QUESTION[0]
REVOCABLE = ("--revocable", "30", "--yes")


def states(cli: Cli, *arguments: str) -> list[str]:
    return [row["state"] for row in cli("list", "--json", *arguments).json]


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """Three contracts: two to Acme, one to Zoë; one of them is taken back and published."""
    cli = Cli(tmp_path_factory.mktemp("catalogue"))
    cli("init", "--name", "Ana Liu", "--list-uri", LIST_URI, "--no-recovery", "--no-passphrase")
    (cli.folder / "site").mkdir()
    for name in ("boats.txt", "harbour.txt", "tide.txt"):
        (cli.folder / name).write_text(name)
    cli("grant", "boats.txt", *TERMS, *FREE, *REVOCABLE, "--title", "Two red [b]Boats[/b]")
    paid = ("--worldwide", "--irrevocable", "--pay", "once:500:EUR")
    cli("grant", "harbour.txt", *TERMS, *paid, "--yes")
    cli(
        *("grant", "tide.txt", "--to", "Zoë Museum", "--to-url", "https://zoe.example"),
        *("--allow", "evaluate,index", "--until", f"{NEXT_YEAR + 5}-06-30", *FREE, *REVOCABLE),
    )
    cli("revoke", "tide.txt.consent", "--yes", "--reason", "a change of mind")
    cli(*PUBLISH_FIRST)
    return cli


# --- uses ---


def test_uses_explains_all_ten_and_that_there_is_no_all(cli: Cli) -> None:
    out = cli("uses").out
    for use in Use:
        assert f"{use.value:>2}  {use.label} " in out
        assert use.meaning in out
    assert 'No use implies another, and there is no "all"' in out
    assert not cli.home.exists()


def test_uses_for_programs_is_an_object_for_each(cli: Cli) -> None:
    assert cli("uses", "--json").json == [
        {"code": use.value, "name": use.label, "meaning": use.meaning} for use in Use
    ]


def test_uses_are_told_in_the_words_of_the_glossary_too(cli: Cli) -> None:
    glossary = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text()
    words = dict(re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", glossary, re.MULTILINE))
    assert words.keys() == {use.label for use in Use}
    shown = cli("uses").out
    assert all(f"\n{'':>18}{each}\n" in shown for each in words.values())


# --- list ---


def test_without_a_contract_it_says_so_and_what_to_try(cli: Cli) -> None:
    result = cli("list")
    assert result.out.startswith("You have not granted a contract yet.")
    assert "consentsig grant photo.jpg" in result.out
    assert "consentsig keep FILE" in cli("list", "--received").out
    assert cli("list", "--json").out == ""
    assert len(cli("list", "--csv").out.splitlines()) == 1
    assert not cli.home.exists()


def test_each_contract_is_a_line_and_a_summary_ends_it(catalogue: Cli) -> None:
    lines = catalogue("list").out.splitlines()
    assert len(lines) == 5
    (boats,) = [each for each in lines if "boats" in each]
    for part in (
        '"Two red [b]Boats[/b]"',
        '"Acme Labs" (https://acme.example/)',
        "for finetune",
        "holds",
    ):
        assert part in boats
    assert f"{NEXT_YEAR}-12-31 (UTC): holds; its list counts until " in boats
    assert "holds; cannot be revoked" in next(each for each in lines if "harbour" in each)
    assert next(each for each in lines if "tide" in each).endswith("revoked")
    assert lines[-1] == "3 contracts: 2 hold, 1 is revoked"


def test_a_line_has_no_colour_and_no_escape(catalogue: Cli) -> None:
    catalogue.environment["FORCE_COLOR"] = "1"
    assert "\x1b" not in catalogue("list").out
    del catalogue.environment["FORCE_COLOR"]


def test_json_has_every_field_with_full_ids(catalogue: Cli) -> None:
    rows = catalogue("list", "--json").json
    assert [row["issued"] for row in rows] == sorted((row["issued"] for row in rows), reverse=True)
    for row in rows:
        parsed = parse_contract((catalogue.folder / row["file"]).read_bytes())
        assert row["contract_id"] == parsed.contract_id.hex()
        assert row["work"]["sha256"] == parsed.terms.work.sha256.hex()
    (tide,) = [row for row in rows if "tide" in row["file"]]
    assert (tide["state"], tide["reason"]) == ("revoked", "a change of mind")
    assert datetime.fromisoformat(tide["revoked_at"]) <= datetime.now(UTC)
    assert tide["status"]["uri"] == LIST_URI
    assert tide["list"]["state"] == "current"
    (harbour,) = [row for row in rows if "harbour" in row["file"]]
    assert (harbour["status"], harbour["list"]) == (None, None)
    assert harbour["payments"] == [
        {"kind": "once", "amount": 500, "decimals": 0, "currency": "EUR", "division": None}
    ]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--to", "acme labs"], {"boats", "harbour"}),
        (["--to", "ZOË"], {"tide"}),
        (["--to", "Zoe\u0308"], {"tide"}),
        (["--to", "zoe.example"], {"tide"}),
        (["--to", "nobody"], set()),
        (["--use", "index"], {"tide"}),
        (["--use", "pretrain"], set()),
        (["--work", "boats.txt"], {"boats"}),
        (["--work", "two red"], {"boats"}),
        (["--ending", "800"], {"boats", "harbour"}),
        (["--ending", "0"], set()),
        (["--state", "authentic"], {"boats", "harbour"}),
        (["--state", "revoked"], {"tide"}),
        (["--to", "acme", "--state", "revoked"], set()),
    ],
)
def test_filters_narrow_it(catalogue: Cli, arguments: list[str], found: set[str]) -> None:
    rows = catalogue("list", "--json", *arguments).json
    assert {row["file"].rpartition("/")[2].split(".")[0] for row in rows} == found
    if not found:
        assert catalogue("list", *arguments).out == "No contract matches (3 in total).\n"


def test_a_work_is_found_by_digits_of_its_fingerprint(catalogue: Cli) -> None:
    sha256 = catalogue("list", "--json", "--work", "tide.txt").json[0]["work"]["sha256"]
    for digits in (sha256, sha256[:8], sha256.upper()):
        (row,) = catalogue("list", "--json", "--work", digits).json
        assert row["work"]["sha256"] == sha256


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--state", "fine"], "--state is 'fine', expected one of authentic, "),
        (["--use", "train"], "there is no use called 'train'"),
        (["--ending", "-1"], "--ending is -1 days, expected 0 to "),
        (["--ending", "99999999999"], "--ending is 99999999999 days"),
        (["--json", "--csv"], "exclude each other"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    catalogue: Cli, arguments: list[str], reason: str
) -> None:
    assert reason in catalogue.refuses("list", *arguments)


def test_revoked_here_is_another_state_than_revoked_and_published(granted: Cli) -> None:
    assert states(granted) == ["authentic"]
    granted("revoke", CONTRACT, "--yes")
    result = granted("list")
    assert "revoked here, but not yet published" in result.out
    assert "consentsig publish --out FOLDER, then upload the list" in result.err
    assert states(granted) == ["needs-publishing"]
    granted(*PUBLISH)
    assert states(granted) == ["revoked"]


def test_a_list_that_ends_soon_is_warned_of_with_what_to_do(granted: Cli) -> None:
    assert granted("list").err == ""
    granted(*PUBLISH, "--expires", "9")
    done = granted("list")
    warning, hint = done.err.splitlines()
    assert warning.startswith(f"consentsig: warning: the list {LIST_URI} ends in ")
    assert warning.endswith(" days; from then on its contracts permit nothing")
    assert hint == "consentsig: hint: consentsig publish --out FOLDER, then upload the list"
    assert granted("list", "--json").err == ""
    granted("revoke", CONTRACT, "--yes")
    granted(*PUBLISH, "--expires", "9")
    assert "ends in" not in granted("list").err


def test_two_revoked_contracts_are_counted(ana: Cli) -> None:
    (ana.folder / "tide.txt").write_text("low")
    ana("grant", "poem.txt", "tide.txt", *TERMS, *FREE, *REVOCABLE)
    ana("revoke", CONTRACT, "tide.txt.consent", "--yes")
    assert ana("list").out.endswith("2 contracts: 2 are revoked but not yet published\n")


def test_before_the_first_list_a_contract_permits_nothing(ana: Cli) -> None:
    ana("grant", "poem.txt", *TERMS, *FREE, *REVOCABLE)
    result = ana("list")
    assert (
        "permits nothing without a current list; this computer has no list by its creator"
        in result.out
    )
    assert "consentsig publish --out FOLDER --first, then upload the list" in result.err
    (row,) = ana("list", "--json").json
    assert (row["state"], row["list"]["state"]) == ("needs-list", "none")
    assert row["list"]["issued"] is None


def test_a_contract_whose_file_is_gone_is_still_listed(granted: Cli) -> None:
    (granted.folder / CONTRACT).unlink()
    assert states(granted) == ["authentic"]


def test_what_another_made_and_we_took_back_with_a_recovery_key_is_not_ours(granted: Cli) -> None:
    new = Cli(granted.folder, "new")
    new("key", "import", "recovery.pem", "--no-passphrase")
    new("revoke", CONTRACT, "--yes")
    assert states(new) == []


def test_no_cell_of_the_csv_is_a_formula(cli: Cli) -> None:
    cli("init", "--name", "Ana", "--no-recovery", "--no-passphrase")
    names = ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", 'x", "y']
    for n, name in enumerate(names):
        (cli.folder / f"{n}.txt").write_text(name)
        cli(
            *("grant", f"{n}.txt", "--to", name, "--to-url", "https://acme.example", "--title"),
            *(name, "--allow", "index", *UNTIL, *FREE, "--irrevocable", "--yes"),
        )
    rows = list(csv.DictReader(io.StringIO(cli("list", "--csv").out)))
    assert {row["grantee_name"] for row in rows} == {f"'{each}" for each in names[:-1]} | {
        names[-1]
    }
    assert {row["work_title"] for row in rows} == {row["grantee_name"] for row in rows}
    assert not [cell for row in rows for cell in row.values() if cell[:1] in tuple("=+-@\t\r＝")]


def test_no_cell_of_the_csv_is_a_formula_where_semicolons_part_cells(cli: Cli) -> None:
    cli("init", "--name", "Ana", "--no-recovery", "--no-passphrase")
    names = ["T;=1+1;@SUM(1)", "T; =1", 'T;"=1+1"', "T;;－1", "a; b"]
    for n, name in enumerate(names):
        (cli.folder / f"{n}.txt").write_text(name)
        cli(
            *("grant", f"{n}.txt", "--to", name, "--to-url", "https://acme.example", "--title"),
            *(name, "--allow", "index", *UNTIL, *FREE, "--irrevocable", "--yes"),
        )
    out = cli("list", "--csv").out
    cells = [cell for row in csv.reader(io.StringIO(out), delimiter=";") for cell in row]
    assert not [cell for cell in cells if cell.strip(' "')[:1] in tuple("=+-@－")]
    assert "\"T;'=1+1;'@SUM(1)\"" in out
    assert '"a; b"' in out
    assert all(line.startswith('"') and line.endswith('"') for line in out.splitlines())


def test_the_csv_has_what_json_has(catalogue: Cli) -> None:
    rows = list(csv.DictReader(io.StringIO(catalogue("list", "--csv").out)))
    objects = catalogue("list", "--json").json
    for row, values in zip(rows, objects, strict=True):
        assert row["contract_id"] == values["contract_id"]
        assert row["grantee_uri"] == values["grantee"]["uri"]
        assert row["status_idx"] == (str(values["status"]["idx"]) if values["status"] else "")
        assert row["uses"].split("; ") == values["uses"]
        assert row["state"] == values["state"]
        assert row["list_state"] == (values["list"]["state"] if values["list"] else "")


@pytest.mark.posix
def test_on_a_terminal_it_is_a_table_and_markup_in_a_name_is_only_text(catalogue: Cli) -> None:
    text = on_a_terminal(catalogue, "list", columns=140)
    assert "State" in text
    assert "───" in text
    assert '"Two red [b]Boats[/b]"' in text
    assert "3 contracts: 2 hold, 1 is revoked" in text


@pytest.mark.posix
def test_on_a_terminal_each_contract_is_one_line(catalogue: Cli) -> None:
    text = on_a_terminal(catalogue, "list", columns=100, NO_COLOR="1")
    (boats,) = [each for each in text.splitlines() if "Boats" in each]
    assert re.split(r" {2,}", re.sub(r"\x1b\[[0-9;]*m", "", boats).strip()) == [
        *('"Two red [b]Boats[/b]"', '"Acme Labs"', "finetune", f"{NEXT_YEAR}-12-31", "holds")
    ]
    assert text.count(f"The list {LIST_URI} counts until ") == 1


@pytest.mark.posix
@pytest.mark.parametrize("columns", [24, 40, 60, 80])
def test_on_a_narrow_terminal_no_word_is_split(catalogue: Cli, columns: int) -> None:
    text = re.sub(r"\x1b\[[0-9;]*m", "", on_a_terminal(catalogue, "list", columns=columns))
    words = text.replace("\n", " ").split()
    for word in ('[b]Boats[/b]"', '"Acme', "harbour.txt.consent", f"{NEXT_YEAR}-12-31", "holds"):
        assert any(each.rstrip(",:") == word for each in words), word
    assert '"Acme Labs"' in " ".join(words)
    assert all(len(each) <= columns for each in text.splitlines() if " " in each.strip())


def test_cells_go_on_below_themselves_and_never_at_the_beginning_of_a_row() -> None:
    heads = (Column("Work", 4), Column("State", 5))
    rows = [['"one two three"', "holds"], ["ふたつの船", "revoked"]]
    assert widths(heads, rows, 24) == [15, 7]
    assert widths(heads, rows, 17) is None
    found = widths(heads, rows, 19)
    assert found == [10, 7]
    assert list(lines(rows[0], found)) == [*(['"one two  ', "holds  "], ['  three"  ', "       "])]
    assert list(lines(rows[1], found)) == [["ふたつの船", "revoked"]]


@pytest.mark.posix
def test_two_grantees_of_one_name_are_told_apart(granted: Cli) -> None:
    (granted.folder / "tide.txt").write_text("low")
    other = ("--to", "Acme Labs", "--to-url", "https://acme.test", *TERMS[4:])
    granted("grant", "tide.txt", *other, *FREE, *REVOCABLE)
    text = on_a_terminal(granted, "list", columns=140)
    assert '"Acme Labs" (https://acme.test/)' in text
    assert '"Acme Labs" (https://acme.example/)' in text


def test_a_damaged_database_is_said_to_be(granted: Cli) -> None:
    db = sqlite3.connect(granted.home / "consentsig.db")
    with db:
        db.execute("UPDATE contracts SET data = x'00'")
    db.close()
    assert "consentsig.db is damaged: a contract in it is malformed" in granted.refuses("list")


# --- the state of a contract ---


def test_a_state_is_a_result_code_or_says_what_it_needs() -> None:
    own = {state.value for state in ledger.State} - set(ResultCode)
    assert own == {"needs-list", "needs-publishing"}


def test_the_glossary_explains_every_state() -> None:
    glossary = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text()
    for state in ledger.State:
        assert f"\n{state.value}\n  " in glossary, state


NOW = SIGNED + 180 * DAY
NOWHERE = Home(Path("nowhere"))  # a home that remembers nothing


@pytest.fixture
def home(cli: Cli) -> Iterator[Home]:
    with Home(cli.home) as home:
        yield home


def entry(**changes: object) -> ledger.Entry:
    data = contract(**(revocable()._asdict() | changes))
    parsed = parse_contract(data)
    return ledger.Entry(parsed, parsed.contract_id, data, None)


def stands(lists: list[StatusList], at: datetime = NOW, **changes: object) -> tuple[str, str]:
    found = ledger.standing(NOWHERE, entry(**changes), StatusBook(lists, at=at))
    return found.state.value, found.list_state.value


def test_the_list_decides_how_it_stands() -> None:
    def made(days: int, **changes: Any) -> StatusList:  # noqa: ANN401  # any field of ListTerms
        issued = NOW - days * DAY
        return status_list(issued=issued, expires=issued + 30 * DAY, **changes)

    assert stands([]) == ("needs-list", "none")
    assert stands([made(1)]) == ("authentic", "current")
    assert stands([made(31)]) == ("needs-list", "expired")
    assert stands([made(1, statuses=bytes([32] * 8))]) == ("revoked", "current")
    assert stands([made(40, statuses=bytes([32] * 8)), made(1)]) == ("revoked", "current")
    assert stands([made(1, statuses=b"\0" * 8)], revocation=terms().revocation, status=None) == (
        "authentic",
        "not-needed",
    )
    assert stands([made(1)], issued=NOW - DAY / 2)[1] == "too-old"
    assert stands([made(1)], status=StatusReference(STRATEGY_URI, 64)) == (
        "needs-list",
        "too-old",
    )
    assert stands([made(1)], at=terms().expires)[0] == "expired"
    assert stands([made(1)], not_before=NOW + DAY)[0] == "not-yet-valid"
    assert stands([made(1, bits=2, statuses=b"\0\x08" + b"\0" * 14)])[0] == "suspended"
    assert stands([made(-1)]) == ("needs-list", "none")


def test_what_a_recovery_key_leaves_unconfirmed_no_longer_holds() -> None:
    key = entry().contract.terms.creator.key
    creator = Creator(key, "Ana Liu", RECOVERY.public.thumbprint)

    def made(days: int, key: PrivateKey = ANA, value: int = 0) -> StatusList:
        issued = NOW - days * DAY
        statuses = pack_statuses(64, {5: value})
        return status_list(key, issued=issued, expires=issued + 30 * DAY, statuses=statuses)

    def state(*lists: StatusList, at: datetime = NOW, **changes: object) -> str:
        return stands(list(lists), at, creator=creator, **changes)[0]

    assert state(made(2), made(1, RECOVERY)) == "status-unknown"
    assert state(made(40), made(1, RECOVERY)) == "status-unknown"
    assert state(made(1, RECOVERY)) == "status-unknown"
    assert state(made(2), made(1, RECOVERY), not_before=NOW + DAY) == "status-unknown"
    assert state(made(2), made(1, RECOVERY, value=1)) == "revoked"
    assert state(made(2), made(1, RECOVERY), at=terms().expires) == "expired"
    assert state(made(1), made(2, RECOVERY)) == "authentic"  # it was undone
    assert state(made(2), made(-1, RECOVERY)) == "authentic"  # it is of later
    assert stands([made(2), made(1, RECOVERY)])[0] == "authentic"  # it names no recovery key


def test_after_a_recovery_the_list_says_what_is_no_longer_confirmed(granted: Cli) -> None:
    (granted.folder / "second.txt").write_text("three")
    granted("grant", "second.txt", *TERMS, *FREE, *REVOCABLE)
    granted(*PUBLISH)
    assert states(granted) == ["authentic", "authentic"]
    granted("revoke", CONTRACT, "--yes")
    granted(*PUBLISH, "--recovery-key", "recovery.pem", "--yes")
    assert sorted(states(granted)) == ["revoked", "status-unknown"]
    result = granted("list")
    both = "no longer confirmed, since the newest list is by the recovery key; the list before it "
    assert f"{both}still counts until " in result.out
    told = granted("verify", "second.txt.consent", "--only-authentic", "--offline").out
    assert told.startswith(f"second.txt.consent: authentic: not revoked, but {both}still counts")
    granted("keep", "second.txt.consent", "--status", "site")
    kept = granted("list", "--received").out
    assert both in kept
    assert kept.endswith("\n1 contract: 1 is no longer confirmed\n")
    assert "consentsig init --another" in result.err
    assert "consentsig publish" not in result.err


def test_what_was_taken_back_here_and_has_ended_needs_no_publishing() -> None:
    revoked = entry()._replace(revoked_at=NOW)
    for at, expected in (
        (NOW, ledger.State.NEEDS_PUBLISHING),
        (terms().expires, ledger.State.EXPIRED),
    ):
        assert ledger.standing(NOWHERE, revoked, StatusBook(at=at)).state is expected


def test_a_thousand_contracts_need_one_look_at_each_list(
    home: Home, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    with home.writing() as db:
        for n in range(1000):
            changed = revocable(salt=n.to_bytes(16), status=StatusReference(STRATEGY_URI, n))
            data = contract(**changed._asdict())
            home.record(db, parse_contract(data), data, cli.folder / f"{n}.consent")
    home.lists.add([status_list(issued=NOW - 31 * DAY, expires=NOW - DAY)], NOW)
    looks: list[bytes] = []

    def look(data: bytes) -> StatusList:
        looks.append(data)
        return verify_status_list(data)

    monkeypatch.setattr(sqlite_store, "verify_status_list", look)
    from consentsig.cli.list import _rows

    assert len(_rows(home, ledger.granted(home), NOW)) == 1000
    assert len(looks) == 1
    assert cli("list").out.endswith("\n1000 contracts: 1000 need a current list\n")
