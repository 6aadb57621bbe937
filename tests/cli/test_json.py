"""docs/json.md lists exactly the fields that the commands print with ``--json``."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

from command_line import LIST_URI, NEXT_YEAR, PUBLISH, PUBLISH_FIRST, Cli
from consentsig import (
    Division,
    Grantee,
    PaymentKind,
    PrivateKey,
    Revocability,
    Terms,
    Work,
)
from strategies import ROOT

PAGE: Final = (ROOT / "docs" / "json.md").read_text()
SECTIONS: Final = {
    heading: re.findall(r"^\| `([^`]+)` \| (.*) \|$", text, re.MULTILINE)
    for heading, _, text in (part.partition("\n") for part in PAGE.split("\n## ")[1:])
}
CONTRACT: Final = "A contract"
WHOLE: Final = ("show", "list", "batch list")  # which print all of a contract
KEYED: Final = ("by_section", "by_flag", "meanings")  # their members are data, not fields
EVERYTHING: Final = (
    *("--to", "Acme Labs", "--to-url", "https://acme.example", "--allow", "finetune,imitate"),
    *("--until", f"{NEXT_YEAR}-12-31", "--worldwide", "--revocable", "30", "--yes"),
    *("--pay", "once:500:EUR", "--pay", "revenue-share:2.5%", "--credit", "Photo: Ana Liu"),
    *("--purpose", "posters", "--report", "3", "--erase", "copies", "--erase-within", "60"),
    *("--exclusive", "--pass-on"),
)


def documented(*headings: str) -> set[str]:
    """Return the fields in the tables of these sections."""
    whole = [path for path, _ in SECTIONS[CONTRACT]]
    found: set[str] = set()
    for path, meaning in (row for heading in headings for row in SECTIONS[heading]):
        found.add(path)
        if meaning.startswith("as in a contract"):
            name = path.rpartition(".")[2]
            inside = (each for each in whole if re.match(rf"{name}(\.|\[)", each))
            found |= {path + each.removeprefix(name) for each in inside}
    return found


def fields(value: object, path: str = "") -> Iterator[str]:
    """Yield the path of each field in *value*."""
    if isinstance(value, list):
        for each in value:
            if isinstance(each, dict):
                yield from fields(each, f"{path}[]")
    elif isinstance(value, dict):
        for name, each in value.items():
            inside = f"{path}.{name}" if path else name
            yield inside
            if name not in KEYED:
                yield from fields(each, inside)


@pytest.fixture(scope="module")
def ana(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """A creator who can grant."""
    cli = Cli(tmp_path_factory.mktemp("json"))
    cli(
        *("init", "--name", "Ana Liu", "--list-uri", LIST_URI),
        *("--recovery-out", "recovery.pem", "--no-passphrase"),
    )
    (cli.folder / "poem.txt").write_text("two red boats\n")
    (cli.folder / "site").mkdir()
    return cli


@pytest.fixture(scope="module")
def printed(ana: Cli) -> dict[str, list[dict[str, Any]]]:
    """What each command printed in a life of one contract, under the heading of its section."""
    contract, site = "poem.txt.consent", ("--status", "site/consent-list")
    other = PrivateKey.generate().public.to_did_key()
    rows = {"grant": ana("grant", "poem.txt", *EVERYTHING, "--json").json}
    (ana.folder / "song.txt").write_text("three green boats\n")
    both = ("--like", contract, "--allow", "finetune", "--batch", "both.consents", "--each")
    (ana.folder / "singles").mkdir()
    rows["grant"] += ana(
        *("grant", "poem.txt", "song.txt", *both, "--out", "singles", "--yes", "--json")
    ).json
    rows["batch list"] = ana("batch", "list", "both.consents", "--json").json
    split = ("batch", "split", "both.consents", "--out", "more", "--json")
    rows["batch split"] = ana(*split).json
    rows["publish"] = ana(*PUBLISH_FIRST, "--json").json
    rows["publish --check"] = ana("publish", "--check", "--online", "site", "--json").json
    rows["status"] = ana("status", "site/consent-list", "--json").json
    rows["key show"] = ana("key", "show", "--json").json
    rows["show"] = ana("show", contract, "singles/song.txt.consent", "--json").json
    rows["uses"] = ana("uses", "--json").json
    rows["card"] = ana(
        "card", contract, "--work", "poem.txt", "--out", "card.html", *site, "--json"
    ).json
    (ana.folder / "not-a-list").write_text("x")
    asked = ("verify", contract, "--only-authentic", *site, "--status", "not-a-list", "--json")
    rows["verify"] = ana(*asked).json + ana("verify", "no.consent", *asked[2:], status=2).json
    rows["keep"] = ana("keep", contract, *site, "--json").json
    rows["keep --export"] = ana("keep", "--export", "audit", "--json").json
    ana("trust", "add", other, "--name", "Zoë")
    rows["trust list"] = ana("trust", "list", "--json").json
    rows["revoke"] = ana("revoke", contract, "--yes", "--json").json
    ana(*PUBLISH)
    question = ("--for", "https://acme.example", "--use", "finetune", "--offline", "--json")
    rows["check"] = ana("check", contract, "--works", "poem.txt", *question, status=1).json
    rows["list"] = ana("list", "--json").json + ana("list", "--received", "--json").json
    (ana.folder / contract).unlink()
    rows["home check"] = ana("home", "check", "--json").json
    yes = ("--cmd", "echo valid", "--only", "contract/before_*", "--json")
    rows["conformance"] = ana("conformance", *yes, status=1).json
    return rows


@pytest.mark.parametrize("heading", [each for each in SECTIONS if each != CONTRACT])
def test_a_command_prints_the_fields_that_the_page_lists(
    heading: str, printed: dict[str, list[dict[str, Any]]]
) -> None:
    sections = (heading, CONTRACT) if heading in WHOLE else (heading,)
    assert {path for row in printed[heading] for path in fields(row)} == documented(*sections)


def test_each_column_of_the_csv_is_a_field_of_list(ana: Cli) -> None:
    columns = ana("list", "--csv").out.splitlines()[0].replace('"', "").split(",")
    assert set(columns) <= {path.replace(".", "_") for path in documented("list", CONTRACT)}


def test_every_command_that_has_the_option_is_on_the_page(
    printed: dict[str, list[dict[str, Any]]],
) -> None:
    manual = (ROOT / "docs" / "consentsig.1").read_text()
    helps = manual.replace("\\-", "-").split("\nUsage: consentsig ")[1:]
    commands = {each.partition(" [OPTIONS]")[0] for each in helps if "--json" in each}
    assert commands == {re.sub(" --.*", "", heading) for heading in printed}


def test_the_page_for_builders_has_every_field_of_verify() -> None:
    text = (ROOT / "docs" / "builders.md").read_text()
    section = text.partition("\n## For programs")[2].partition("\n## ")[0]
    named = set(re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE))
    assert named == {path for path in documented("verify") if path.isidentifier()}


def test_the_fields_of_a_contract_have_the_names_of_the_api() -> None:
    whole = {path for path, _ in SECTIONS[CONTRACT] if "." not in path} - {"contract_id", "batch"}
    assert whole <= {*Terms._fields, "starts"}
    for name, kind in (("work", Work), ("grantee", Grantee)):
        inside = {path.partition(".")[2] for path, _ in SECTIONS[CONTRACT] if f"{name}." in path}
        assert inside == set(kind._fields)


def test_the_labels_on_the_page_are_those_of_the_vocabulary() -> None:
    meanings = dict(SECTIONS[CONTRACT])
    for path, kinds in (
        ("payments[].kind", PaymentKind),
        ("payments[].division", Division),
        ("revocation.mode", Revocability),
    ):
        assert re.findall(r"`([^`]+)`", meanings[path]) == [each.label for each in kinds]


def test_a_payment_has_the_label_and_the_numbers_of_the_api(
    printed: dict[str, list[dict[str, Any]]],
) -> None:
    row = printed["show"][0]
    assert row["payments"] == [
        {"kind": "revenue-share", "amount": 250, "decimals": 0, "currency": "", "division": None},
        {"kind": "once", "amount": 500, "decimals": 0, "currency": "EUR", "division": None},
    ]
