"""The README is true: its commands run, its Python runs, its help is the program's."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

import consentsig
from conftest import Cli

README = Path(__file__).parent.parent / "README.md"
TEXT = README.read_text()

# What the README leaves to the reader: a real key, and answers at the prompt.
UNATTENDED = {
    "init": ["--no-passphrase"],
    "grant": ["--yes"],
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def commands() -> list[list[str]]:
    """Every consentsig command of the console blocks that stands alone, without the program."""
    lines = "".join(blocks("console")).replace("\\\n", " ").splitlines()
    split = [shlex.split(line.removeprefix("$ ")) for line in lines]
    return [words[1:] for words in split if words[0] == "consentsig"]


@pytest.fixture
def ana(cli: Cli) -> Cli:
    (cli.folder / "harbour.png").write_bytes(b"\x89PNG not much of a picture")
    (cli.folder / "site").mkdir()
    return cli


def test_its_commands_end_in_a_yes(ana: Cli) -> None:
    assert [words[0] for words in commands()] == ["init", "grant", "publish", "trust", "verify"]
    for words in commands():
        if words[0] == "trust":
            words[2] = ana("key", "show", "--json").json[0]["did"]
        result = ana(*words, *UNATTENDED.get(words[0], []))
    assert result.out.startswith("harbour.png.consent: valid")
    size = (ana.folder / "harbour.png.consent").stat().st_size
    assert abs(size - 430) <= 10  # "about 430 bytes"


def test_its_python_verifies_in_at_most_six_lines(ana: Cli) -> None:
    for words in commands()[:3]:
        ana(*words, *UNATTENDED.get(words[0], []))
    (example,) = blocks("python")
    assert len([line for line in example.splitlines() if line.strip()]) <= 6
    names: dict[str, Any] = {
        "ana": ana("key", "show", "--json").json[0]["did"],
        "contract_bytes": (ana.folder / "harbour.png.consent").read_bytes(),
        "work_bytes": (ana.folder / "harbour.png").read_bytes(),
        "list_bytes": (ana.folder / "site" / "consent-list").read_bytes(),
    }
    exec(example, names)  # noqa: S102  # it is our own README
    assert names["contract"].result == "valid"


def test_its_commands_block_is_the_help_of_the_program(cli: Cli) -> None:
    block = TEXT.split("<!-- help -->")[1].split("<!-- /help -->")[0]
    assert block.strip() == f"```\n{cli('--help').out.strip()}\n```"


def test_every_name_it_mentions_is_in_the_library() -> None:
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", TEXT, re.MULTILINE)
    names = re.findall(r"`(\w+)`", " ".join(rows))
    assert names
    assert set(names) <= set(consentsig.__all__)


def test_it_names_every_use() -> None:
    for use in consentsig.Use:
        assert f"`{use.label}`" in TEXT


def test_its_links_lead_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", TEXT) if "://" not in link]
    assert links
    for link in links:
        assert (README.parent / link).exists(), link
