"""Many contracts under one signature, from `grant --batch` on."""

import hashlib
import re
import zlib
from datetime import timedelta
from pathlib import Path

import pytest

from command_line import FREE, TERMS, Cli, contents
from consentsig import (
    Batch,
    Creator,
    Grantee,
    Payment,
    PaymentKind,
    SignedContract,
    Terms,
    Use,
    Work,
    open_batch,
    parse_contract,
    render,
    sign_batch,
)
from consentsig.format import cbor, merkle, read_batch
from consentsig.home.home import Home
from consentsig.sign import sign_payload, write_payload
from creators import key_of, now
from strategies import ANA, Value, terms
from terminals import on_a_terminal

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
    for each in terms_in(many.folder / "all.consents"):
        assert text.count(render(each)) == 1
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
        (("--batch", "a.consents", "--review", "./a.consents"), "name the same file"),
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


def test_one_price_for_one_work_is_just_its_price(many: Cli) -> None:
    told = many("grant", "0.txt", *SOLD[:-2], "--pay", "series:500:EUR")
    assert "Once: 500 EUR" in told.out
    assert "note" not in told.err


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


def test_like_refuses_a_batch_whose_contracts_say_different_things(many: Cli) -> None:
    (many.folder / "mixed.consents").write_bytes(mixed(many))
    like = ("grant", "20.txt", "--allow", "finetune", "--yes", "--like", "mixed.consents")
    assert "says something else than the first one" in many.refuses(*like)
    assert "consentsig batch split mixed.consents --out FOLDER" in many(*like, status=2).err


def drafted(cli: Cli, *changes: dict[str, Value]) -> list[Terms]:
    """Terms of ana's own for the first works, with *changes* for one after the other."""
    public = key_of(cli).public
    found = []
    for name, change in zip(WORKS, changes, strict=False):
        data = (cli.folder / name).read_bytes()
        work = Work(hashlib.sha256(data).digest(), change.pop("title", None))
        salt = hashlib.sha256(name.encode()).digest()[:16]
        each = terms(creator=Creator(public, "Ana Liu"), work=work, salt=salt, issued=now())
        found.append(each._replace(expires=now() + timedelta(90), **change))
    return found


def mixed(cli: Cli) -> bytes:
    """A batch file with contracts for two grantees."""
    bolt = Grantee("Bolt", "https://bolt.example/")
    return sign_batch(drafted(cli, {}, {"grantee": bolt}), key_of(cli))


# --- list and split ---


@pytest.fixture
def made(many: Cli) -> Cli:
    """The same creator, after a grant of ten works in one batch."""
    many("grant", *TEN, *IRREVOCABLE, "--batch", "all.consents")
    return many


def test_list_has_a_row_for_each_contract(made: Cli) -> None:
    batch = batch_in(made.folder / "all.consents")
    lines = made("batch", "list", "all.consents").out.splitlines()
    assert lines[0].startswith("NOT VERIFIED.")
    assert lines[-1] == "10 contracts signed together"
    for number, (row, each) in enumerate(
        zip(lines[2:12], terms_in(made.folder / "all.consents"), strict=True), start=1
    ):
        assert row == (
            f'{number}  work {each.work.sha256.hex()[:16]}…  "Acme Labs" (https://acme.example/)  '
            f"finetune  {batch.contract_id(number - 1).hex()[:16]}…"
        )
    rows = made("batch", "list", "all.consents", "--json").json
    assert [row["number"] for row in rows] == [*range(1, 11)]
    assert [row["batch"]["index"] for row in rows] == [*range(10)]
    stdin = (made.folder / "all.consents").read_bytes()
    assert made("batch", "list", "-", stdin=stdin).out.splitlines() == lines


def test_split_writes_each_contract_as_one_that_stands_alone(made: Cli) -> None:
    batch = batch_in(made.folder / "all.consents")
    told = made("batch", "split", "all.consents", "--out", "each").out
    found = {path.name: path.read_bytes() for path in (made.folder / "each").iterdir()}
    assert found == {f"{batch.contract_id(n).hex()}.consent": batch.file(n) for n in range(10)}
    assert set(told.splitlines()) == {f"each/{name}" for name in found}
    assert "already exists" in made.refuses("batch", "split", "all.consents", "--out", "each")


def test_split_finds_the_contract_of_a_work_by_its_bytes(made: Cli) -> None:
    (made.folder / "renamed").write_bytes((made.folder / "3.txt").read_bytes())
    words = ("batch", "split", "all.consents", "--out", "each", "--work")
    rows = made(*words, "renamed", "--work", "4.txt", "--json").json
    assert [row["file"] for row in rows] == ["each/renamed.consent", "each/4.txt.consent"]
    question = ("--for", "https://acme.example", "--use", "finetune")
    made("verify", "each/renamed.consent", "--work", "3.txt", *question)
    none = made.refuses(*words, "11.txt", "--work", "5.txt")
    assert "all.consents: none of its 10 contracts is for 11.txt" in none
    assert not (made.folder / "each" / "5.txt.consent").exists()


def test_two_contracts_for_one_work_get_two_names(many: Cli) -> None:
    one, other = drafted(many, {}, {"title": "Harbour"})
    batch = sign_batch([one, other._replace(work=one.work._replace(title="Harbour"))], key_of(many))
    (many.folder / "two.consents").write_bytes(batch)
    many("batch", "split", "two.consents", "--out", "each", "--work", "0.txt")
    names = sorted(path.name for path in (many.folder / "each").iterdir())
    assert len(names) == 2
    assert all(name.startswith("0.txt.") and name.endswith(".consent") for name in names)


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("Two red boats", "Two_red_boats"),
        ("../../etc/passwd", "etc_passwd"),
        ("C:\\x", "C_x"),
        ("...", ""),
        (".ssh", "ssh"),
        ("CON", "CON"),
        ("Häfen 港", "Häfen_港"),
        ("x" * 200, "x" * 60),
        ("-rf", "rf"),
        ("a'b\"c$(d)`e`", "a_b_c_d_e"),
    ],
)
def test_a_title_cannot_leave_the_folder(many: Cli, title: str, stem: str) -> None:
    data = sign_batch(drafted(many, {"title": title}, {}), key_of(many))
    (many.folder / "two.consents").write_bytes(data)
    many("batch", "split", "two.consents", "--out", "each")
    batch = open_batch(data)
    ids = {n: batch.contract_id(n).hex() for n in range(2)}
    titled = next(n for n, each in enumerate(batch.contracts()) if each.terms.work.title)  # type: ignore[union-attr]
    name = f"{stem}.{ids[titled][:16]}" if stem else ids[titled]
    expected = {f"{ids[1 - titled]}.consent", f"{name}.consent"}
    assert {path.name for path in (many.folder / "each").iterdir()} == expected


def test_what_is_no_batch_is_said(made: Cli) -> None:
    data = (made.folder / "all.consents").read_bytes()
    made("batch", "split", "all.consents", "--out", "each", "--work", "0.txt")
    for name, content in (
        ("cut", data[:-1]),
        ("long", data + b"\0"),
        ("head", data[:200]),
        ("huge", data.ljust(67_108_865, b"\0")),
        ("empty", b""),
        ("noise", b"\x82" + bytes(100)),
    ):
        (made.folder / name).write_bytes(content)
        for words in (("list", name), ("split", name, "--out", "new")):
            made.refuses("batch", *words)
        assert not (made.folder / "new").exists()
        question = ("--work", "0.txt", "--for", "https://acme.example", "--use", "finetune")
        assert "malformed" in made("verify", name, *question, status=1).err
    assert "is one contract, not a batch" in made.refuses("batch", "list", "each/0.txt.consent")
    assert "this is a text" in made.refuses("batch", "list", "poem.txt")
    changed = bytearray(data)
    changed[data.index(b"\x0c\x01") + 4] ^= 1
    (made.folder / "other").write_bytes(changed)
    made.refuses("batch", "list", "other")


def test_one_contract_that_is_refused_does_not_spoil_the_others(many: Cli) -> None:
    good = drafted(many, {}, {})
    stranger = good[1]._replace(creator=Creator(ANA.public, "Eve"))
    payloads = sorted([write_payload(good[0]), write_payload(stranger)])
    tree = merkle.Tree(payloads)
    head = sign_payload(read_batch.write_head(read_batch.Head(2, tree.root)), key_of(many), -8)
    stream = zlib.compress(b"".join(map(cbor.encode, payloads)))
    (many.folder / "b.consents").write_bytes(cbor.encode([head, stream]))

    listed = many("batch", "list", "b.consents", status=1)
    assert "refused" in listed.out
    assert "consentsig: malformed: b.consents, contract " in listed.err
    rows = many("batch", "list", "b.consents", "--json", status=1).json
    assert {row["result"] for row in rows} == {None, "malformed"}
    assert len({frozenset(row) for row in rows}) == 1
    many("batch", "split", "b.consents", "--out", "each", status=1)
    assert len(list((many.folder / "each").iterdir())) == 1
    question = ("--for", "https://acme.example", "--use", "finetune", "--only-authentic")
    many("verify", "b.consents", "--work", "0.txt", *question[-1:])
    assert "malformed" in many("verify", "b.consents", "--work", "1.txt", *question, status=1).err
    assert "not kept" in many("keep", "b.consents", status=1).err
    assert len(many("list", "--received", "--json").json) == 1


# --- the other commands ---

QUESTION = ("--for", "https://acme.example", "--use", "finetune")


def test_verify_answers_for_the_work(made: Cli) -> None:
    told = made("verify", "all.consents", "--work", "7.txt", *QUESTION).out
    assert "valid: this use of this work is permitted" in told
    (row,) = made("verify", "all.consents", "--work", "7.txt", *QUESTION, "--json").json
    number = int(row["file"].removeprefix("all.consents:"))
    batch = batch_in(made.folder / "all.consents")
    assert row["contract_id"] == batch.contract_id(number - 1).hex()
    other = ("--for", "https://acme.example", "--use", "pretrain")
    assert (
        "use-not-granted" in made("verify", "all.consents", "--work", "7.txt", *other, status=1).err
    )


def test_verify_refuses_a_work_that_no_contract_is_for(made: Cli) -> None:
    words = ("verify", "all.consents", "--work", "11.txt", *QUESTION)
    told = made(*words, status=1).err
    assert told.startswith(
        "consentsig: wrong-work: none of the contracts in this batch is for that"
    )
    (row,) = made(*words, "--json", status=1).json
    assert (row["file"], row["result"], row["permitted"]) == ("all.consents", "wrong-work", False)


def test_verify_answers_for_each_of_several_contracts_for_one_work(many: Cli) -> None:
    permitted = {"uses": (Use.FINETUNE,), "territory": ("001",)}
    one, other = drafted(many, permitted, {"uses": (Use.INDEX,)})
    data = sign_batch([one, other._replace(work=one.work)], key_of(many))
    (many.folder / "two.consents").write_bytes(data)
    words = ("verify", "two.consents", "--work", "0.txt", *QUESTION)
    results = [row["result"] for row in many(*words, "--json", status=1).json]
    assert sorted(results) == ["use-not-granted", "valid"]


def test_verify_of_a_whole_batch_answers_for_each_contract(made: Cli) -> None:
    rows = made("verify", "all.consents", "--only-authentic", "--json").json
    assert [row["file"] for row in rows] == [f"all.consents:{n}" for n in range(1, 11)]
    assert {row["result"] for row in rows} == {"authentic"}


@pytest.mark.parametrize(
    "words",
    [
        ("show",),
        ("revoke", "--yes"),
        ("card", "--work", "0.txt", "--out", "card.html"),
        ("status",),
    ],
)
def test_a_command_for_one_contract_says_what_to_do_with_a_batch(
    made: Cli, words: tuple[str, ...]
) -> None:
    told = made(words[0], "all.consents", *words[1:], status=None)
    assert told.status != 0
    assert "this is a batch of contracts" in told.err
    assert "consentsig batch " in told.err


def test_show_says_that_a_contract_is_one_of_many(made: Cli) -> None:
    made("batch", "split", "all.consents", "--out", "each", "--work", "0.txt")
    lines = made("show", "each/0.txt.consent").out.splitlines()
    assert lines[1] == "One of 10 contracts signed together."
    (row,) = made("show", "each/0.txt.consent", "--json").json
    assert row["batch"]["size"] == 10


def test_the_bytes_of_a_batch_are_shown_and_what_is_wrong_with_it(made: Cli) -> None:
    assert "/ batch file /" in made("show", "--diag", "all.consents").out
    data = (made.folder / "all.consents").read_bytes()
    (made.folder / "bad.consents").write_bytes(data[:-5] + bytes(5))
    told = made("show", "--diag", "bad.consents", status=1)
    assert "malformed: the stream of the batch is " in told.err


def test_keep_keeps_each_contract_of_a_batch(made: Cli) -> None:
    assert made("keep", "all.consents").out.count("Kept: ") == 10
    assert made("keep", "all.consents").out.count("Was kept before: ") == 10
    rows = made("list", "--received", "--json").json
    assert {row["kept"]["result"] for row in rows} == {"authentic"}
    made("keep", "--export", "audit")
    batch = batch_in(made.folder / "all.consents")
    files = {path.read_bytes() for path in (made.folder / "audit").glob("*.consent")}
    assert files == {batch.file(n) for n in range(10)}


def test_the_hint_for_an_earlier_contract_in_a_batch_leads_there(many: Cli) -> None:
    many("grant", *TEN, *REVOCABLE, "--batch", "all.consents")
    bolt = ("--to", "Bolt", "--to-url", "https://bolt.example", *TERMS[4:])
    told = many("grant", "3.txt", *bolt, *FREE, "--irrevocable", "--exclusive", "--yes").err
    path = many.folder / "all.consents"
    split = f"consentsig batch split {path} --out FOLDER --work 3.txt"
    assert f"to take the earlier one back, first get it out of its batch: {split}\n" in told
    many("batch", "split", path, "--out", "each", "--work", "3.txt")
    many("revoke", "each/3.txt.consent", "--yes")
    inside = str(path / "3.txt.consent")
    assert f"consentsig batch split {path}" in many("revoke", inside, "--yes", status=2).err


@pytest.mark.posix
def test_the_table_of_list_names_the_batch_file(made: Cli) -> None:
    assert "all.consents/0.txt.consent" in on_a_terminal(made, "list", columns=120)


@pytest.mark.posix
def test_the_table_fits_a_terminal(made: Cli) -> None:
    told = on_a_terminal(made, "batch", "list", "all.consents", columns=72)
    assert max(map(len, re.sub(r"\x1b\[[0-9;]*m", "", told).splitlines())) <= 72
