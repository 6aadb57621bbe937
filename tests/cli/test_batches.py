"""Many contracts under one signature, from `grant --batch` on."""

import hashlib
from pathlib import Path

import pytest

from command_line import FREE, TERMS, Cli, contents
from consentsig import (
    Batch,
    Payment,
    PaymentKind,
    SignedContract,
    Terms,
    open_batch,
    parse_contract,
    render,
)
from consentsig.home.home import Home

REVOCABLE = (*TERMS, *FREE, "--revocable", "30", "--yes")
IRREVOCABLE = (*TERMS, *FREE, "--irrevocable", "--yes")
WORKS = tuple(f"{n}.txt" for n in range(25))


@pytest.fixture
def many(ana: Cli) -> Cli:
    """A creator with 25 works."""
    for name in WORKS:
        (ana.folder / name).write_text(f"work {name}")
    return ana


def batch_in(path: Path) -> Batch:
    return open_batch(path.read_bytes())


def terms_in(path: Path) -> list[Terms]:
    found = []
    for contract in batch_in(path).contracts():
        assert isinstance(contract, SignedContract)
        found.append(contract.terms)
    return found


# --- grant ---


def test_one_signature_gives_each_work_a_contract_of_its_own(many: Cli) -> None:
    many("grant", *WORKS, *REVOCABLE, "--batch", "all.consents")
    terms = terms_in(many.folder / "all.consents")
    works = {hashlib.sha256((many.folder / name).read_bytes()).digest() for name in WORKS}
    assert {each.work.sha256 for each in terms} == works
    assert len({each.salt for each in terms}) == len({each.status for each in terms}) == 25
    assert {len(each.salt or b"") for each in terms} == {16}
    assert not list(many.folder.glob("*.consent"))


def test_the_home_keeps_each_contract_as_one_that_stands_alone(many: Cli) -> None:
    many("grant", *WORKS, *REVOCABLE, "--batch", "all.consents")
    batch = batch_in(many.folder / "all.consents")
    with Home(many.home) as home:
        kept = {data for (data,) in home.rows("SELECT data FROM contracts")}
        positions = home.rows("SELECT uri, idx FROM positions")
    assert kept == {batch.file(index) for index in range(25)}
    assert set(positions) == {each.status for each in terms_in(many.folder / "all.consents")}
    rows = many("list", "--json").json
    assert {row["batch"]["size"] for row in rows} == {25}
    files = {Path(row["file"]) for row in rows}
    assert files == {many.folder / "all.consents" / f"{name}.consent" for name in WORKS}


def test_it_is_shown_once_with_the_first_works_and_what_a_batch_reveals(many: Cli) -> None:
    told = many("grant", *WORKS, *REVOCABLE, "--batch", "all.consents")
    assert told.out.startswith(
        "25 contracts in one file, under one signature.\n"
        "Each has its own work, its own position in the list and its own random number (salt); "
        "otherwise they say the same.\n"
        "Each alone shows that there are 25. all.consents shows them all to whoever has it.\n"
    )
    assert told.out.count("PERMITTED USES") == 1
    assert told.out.count(" bytes of text/plain, position ") == 20
    assert "\nand 5 more\n" in told.out
    assert "To read each contract before you sign: answer no, and add --review FILE" in told.out
    assert "Salt: " not in told.out
    assert "Signed: 25 contracts in all.consents\n" in told.out
    split = "  consentsig batch split all.consents --out FOLDER --work 0.txt\n"
    assert split in told.out


def test_the_review_file_has_the_whole_text_of_each_contract(many: Cli) -> None:
    words = (*REVOCABLE, "--batch", "all.consents", "--review", "read.txt")
    told = many("grant", *WORKS, *words).out
    assert "The whole text of each contract is in read.txt. Read it before you sign." in told
    text = (many.folder / "read.txt").read_text()
    for terms in terms_in(many.folder / "all.consents"):
        assert text.count(render(terms)) == 1
    assert [text.count(f"\n{n} of 25: {name}\n") for n, name in enumerate(WORKS, 1)] == [1] * 25


def test_each_contract_is_written_beside_its_work_only_if_asked(many: Cli) -> None:
    rows = many("grant", *WORKS, *IRREVOCABLE, "--batch", "all.consents", "--each", "--json").json
    batch = batch_in(many.folder / "all.consents")
    files = {batch.file(index) for index in range(25)}
    assert {(many.folder / f"{name}.consent").read_bytes() for name in WORKS} == files
    assert [row["file"] for row in rows] == [f"{name}.consent" for name in WORKS]
    for name, row in zip(WORKS, rows, strict=True):
        contract = parse_contract((many.folder / row["file"]).read_bytes())
        contract.check_signature()
        assert contract.contract_id.hex() == row["contract_id"]
        assert row["work_file"] == name
        assert batch.contract_id(row["batch"]["index"]) == contract.contract_id


def test_a_contract_with_the_same_grantee_beside_the_work_is_in_the_way_of_each_only(
    many: Cli,
) -> None:
    many("grant", "0.txt", *IRREVOCABLE)
    words = ("grant", *WORKS, *IRREVOCABLE, "--batch", "all.consents")
    assert "0.txt.consent: already exists" in many.refuses(*words, "--each")
    told = many(*words).err
    assert "already has a contract for finetune" in told


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--batch", "all.consent"), "expected a name that ends .consents"),
        (("--batch", "there.consents"), "there.consents: already exists"),
        (("--batch", "no/all.consents"), "no: there is no such folder"),
        (("--batch", "all.consents", "--review", "0.txt"), "0.txt: already exists"),
        (("--batch", "all.consents", "--out", "site"), "--out is where single contracts go"),
        (("--each",), "--each goes with --batch FILE.consents"),
        (("--review", "read.txt"), "--review goes with --batch FILE.consents"),
        (("--batch", "all.consents", "--title", "One"), "--title names one work"),
    ],
)
def test_what_cannot_be_a_batch_is_refused(many: Cli, words: tuple[str, ...], reason: str) -> None:
    (many.folder / "there.consents").write_text("mine")
    assert reason in many.refuses("grant", *WORKS, *IRREVOCABLE, *words)


def test_a_batch_is_for_several_works_that_differ(many: Cli) -> None:
    words = (*IRREVOCABLE, "--batch", "all.consents")
    assert "a batch is for 2 to 131072 works" in many.refuses("grant", "0.txt", *words)
    (many.folder / "copy.txt").write_bytes((many.folder / "0.txt").read_bytes())
    assert "the same bytes as 0.txt" in many.refuses("grant", "0.txt", "copy.txt", *words)
    many("grant", "0.txt", "1.txt", *words)
    again = many.refuses("grant", "all.consents", "1.txt", *IRREVOCABLE)
    assert "all.consents: this is a batch of contracts, not a work" in again


def test_nothing_is_left_if_the_batch_file_cannot_be_written(many: Cli) -> None:
    before = contents(many.folder)
    name = f"{'x' * 250}.consents"
    many("grant", *WORKS, *IRREVOCABLE, "--batch", name, "--review", "read.txt", status=2)
    assert contents(many.folder).keys() == before.keys()
    with Home(many.home) as home:
        assert not home.rows("SELECT 1 FROM contracts")


def test_a_contract_of_a_batch_is_published_and_revoked_like_any(many: Cli) -> None:
    many("grant", *WORKS, *REVOCABLE, "--batch", "all.consents", "--each")
    many("revoke", "3.txt.consent", "--yes")
    many("publish", "--out", "site", "--first")
    question = ("--for", "https://acme.example", "--use", "finetune", "--status", "site")
    many("verify", "4.txt.consent", "--work", "4.txt", *question)
    told = many("verify", "3.txt.consent", "--work", "3.txt", *question, status=1)
    assert "revoked" in told.err
    states = {row["work"]["sha256"]: row["state"] for row in many("list", "--json").json}
    assert sorted(states.values()) == ["authentic"] * 24 + ["revoked"]


def test_a_backup_brings_the_contracts_of_a_batch_back(many: Cli) -> None:
    many("grant", *WORKS, *REVOCABLE, "--batch", "all.consents")
    many("home", "backup", "--unlocked", "--out", "b")
    new = Cli(many.folder, "new")
    new("home", "restore", "b")
    assert len(new("list", "--json").json) == 25
    new("home", "check")


# --- home check ---


def test_home_check_looks_for_the_batch_file_once(many: Cli) -> None:
    many("grant", *WORKS, *REVOCABLE, "--batch", "all.consents")
    path = many.folder / "all.consents"
    assert [row["kind"] for row in many("home", "check", "--json").json] == ["ok"]
    many("home", "check", "--restore-files", "site")
    assert not list((many.folder / "site").iterdir())

    path.rename(many.folder / "moved")
    note, _ = many("home", "check", "--json").json
    assert (note["kind"], note["what"]) == ("note", str(path))
    assert "is no longer there; its contracts are kept here" in note["message"]
    many("home", "check", "--restore-files", "site")
    batch = batch_in(many.folder / "moved")
    written = {file.name: file.read_bytes() for file in (many.folder / "site").iterdir()}
    assert set(written) == {f"{name}.consent" for name in WORKS}
    assert set(written.values()) == {batch.file(index) for index in range(25)}

    path.write_bytes(b"no batch")
    assert "cannot be read" in many("home", "check", "--json").json[0]["message"]
    many("grant", "0.txt", "1.txt", *IRREVOCABLE, "--batch", "two.consents")
    path.unlink()
    (many.folder / "two.consents").rename(path)
    found = {row["what"]: row["message"] for row in many("home", "check", "--json").json[:-1]}
    assert "is no longer the batch that was signed there" in found[str(path)]


# --- money ---

TEN = WORKS[:10]
SOLD = (*TERMS, "--worldwide", "--irrevocable", "--yes", "--batch", "all.consents")


def test_money_for_each_work_is_summed_up(many: Cli) -> None:
    told = many("grant", *TEN, *SOLD, "--pay", "once:500:EUR", "--pay", "per-run:7.5:USD").err
    assert (
        "warning: 500 EUR is due for each of the 10 works: 5000 EUR in all. "
        "For one price for all of them: --pay series:500:EUR\n" in told
    )
    assert (
        "warning: 7.5 USD is due for each of the 10 works: 75.0 USD for each training run in all\n"
        in told
    )


@pytest.mark.parametrize(
    ("price", "part"),
    [("500:EUR", (50, 0)), ("5 €", (5, 1)), ("0.00000001:EUR", (1, 9)), ("12.5:USD", (125, 2))],
)
def test_one_price_for_all_is_an_equal_part_in_each(
    many: Cli, price: str, part: tuple[int, int]
) -> None:
    told = many("grant", *TEN, *SOLD, "--pay", f"series:{price}")
    assert "warning" not in told.err
    assert "for all 10 works together: each contract asks for its part, " in told.err
    currency = "USD" if "USD" in price else "EUR"
    expected = (Payment(PaymentKind.ONCE, *part, currency),)
    assert {each.payments for each in terms_in(many.folder / "all.consents")} == {expected}


def test_a_price_that_cannot_be_divided_is_refused_with_the_next_ones(many: Cli) -> None:
    three = ("grant", *WORKS[:3], *SOLD, "--pay")
    assert "500 EUR cannot be divided into 3 equal parts" in many.refuses(*three, "series:500:EUR")
    hints = many(*three, "series:500:EUR", status=2).err
    assert "hint: prices that can be, in whole cents: 499.98 EUR or 500.01 EUR" in hints
    hints = many(*three, "series:0.01:EUR", status=2).err
    assert "in whole cents: 0.03 EUR" in hints
    many(*three, "series:500.01:EUR")
    assert many.refuses(*three, "series:2.5%").startswith(
        "consentsig: error: --pay is 'series:2.5%'"
    )


# --- like ---


def test_like_takes_a_batch_file_and_a_contract_of_one(many: Cli) -> None:
    many("grant", *TEN, *REVOCABLE, "--batch", "all.consents", "--each")
    for like in ("all.consents", "0.txt.consent"):
        out = f"{like}.new"
        many("grant", "20.txt", "--like", like, "--allow", "finetune", "--yes", "--out", out)
        terms = parse_contract((many.folder / out).read_bytes()).terms
        first = terms_in(many.folder / "all.consents")[0]
        changed = {"work": first.work, "issued": first.issued, "status": first.status}
        assert terms._replace(salt=first.salt, **changed) == first  # type: ignore[arg-type]


def test_like_refuses_a_batch_that_is_damaged_or_of_somebody_else(many: Cli) -> None:
    many("grant", *TEN, *IRREVOCABLE, "--batch", "all.consents")
    data = (many.folder / "all.consents").read_bytes()
    like = ("grant", "20.txt", "--allow", "finetune", "--yes", "--like")
    (many.folder / "cut.consents").write_bytes(data[:-1])
    assert "malformed" in many.refuses(*like, "cut.consents")
    other = Cli(many.folder, "other")
    other("init", "--name", "Bo", "--no-recovery", "--no-passphrase")
    other("grant", *TEN, *IRREVOCABLE, "--batch", "bo.consents")
    assert "which is none of yours" in many.refuses(*like, "bo.consents")
