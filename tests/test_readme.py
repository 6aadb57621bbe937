"""The README is true: its commands run, its Python runs, its help is the program's."""

import re
import shlex
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

import consentsig
from command_line import Cli
from consentsig.evidence import SqliteStore

README = Path(__file__).parent.parent / "README.md"
TEXT = README.read_text()

# What the README leaves to the reader: a real key, and answers at the prompt.
UNATTENDED = {
    "init": ["--no-passphrase"],
    "grant": ["--yes"],
    "revoke": ["--yes"],
    "publish": ["--yes"],
}


def blocks(language: str, section: str) -> list[str]:
    _, _, rest = TEXT.partition(f"\n## {section}\n")
    return re.findall(rf"```{language}\n(.*?)```", rest.partition("\n## ")[0], re.DOTALL)


def commands(section: str) -> list[list[str]]:
    """Every consentsig command of the console blocks of *section*, without the program."""
    lines = "".join(blocks("console", section)).replace("\\\n", " ").splitlines()
    split = [shlex.split(line.removeprefix("$ ")) for line in lines]
    return [words[1:] for words in split if words[0] == "consentsig"]


@pytest.fixture
def ana(cli: Cli) -> Cli:
    (cli.folder / "harbour.png").write_bytes(b"\x89PNG not much of a picture")
    (cli.folder / "site").mkdir()
    return cli


def test_its_commands_end_in_a_yes(ana: Cli) -> None:
    first = commands("In the terminal")
    assert [words[0] for words in first] == ["init", "grant", "publish", "trust", "verify"]
    for words in first:
        if words[0] == "trust":
            words[2] = ana("key", "show", "--json").json[0]["did"]
        result = ana(*words, *UNATTENDED.get(words[0], []))
    assert result.out.startswith("harbour.png.consent: valid")
    size = (ana.folder / "harbour.png.consent").stat().st_size
    assert abs(size - 430) <= 10  # "about 430 bytes"


def test_its_batch_ends_in_a_yes(ana: Cli) -> None:
    for words in commands("In the terminal")[:2]:
        ana(*words, *UNATTENDED[words[0]])
    (ana.folder / "window.png").write_bytes(b"\x89PNG another one")
    ana("publish", "--out", "site", "--first", "--yes")
    grant, verify = commands("Many works, one signature")
    works = ["harbour.png", "window.png"]  # as a shell reads *.png
    ana(*(each for word in grant for each in (works if word == "*.png" else [word])), "--yes")
    ana("publish", "--out", "site", "--online", "site", "--yes")
    assert "valid: this use of this work is permitted" in ana(*verify).out


def test_its_python_verifies_in_at_most_six_lines(
    ana: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in commands("In the terminal")[:3]:
        ana(*words, *UNATTENDED.get(words[0], []))
    example, with_store = blocks("python", "In Python")
    assert len([line for line in example.splitlines() if line.strip()]) <= 6
    names: dict[str, Any] = {
        "ana": ana("key", "show", "--json").json[0]["did"],
        "contract_bytes": (ana.folder / "harbour.png.consent").read_bytes(),
        "work_bytes": (ana.folder / "harbour.png").read_bytes(),
        "list_bytes": (ana.folder / "site" / "consent-list").read_bytes(),
    }
    exec(example, names)  # noqa: S102  # it is our own README
    assert names["contract"].result == "valid"
    monkeypatch.chdir(ana.folder)
    with SqliteStore.open("lists.db") as store:
        store.add(names["lists"], datetime.now(UTC))
    # Where the list cannot be fetched, the one that was seen before still counts.
    monkeypatch.setattr(socket, "getaddrinfo", Mock(side_effect=socket.gaierror("no network")))
    exec(with_store, names)  # noqa: S102  # as above
    assert names["verdict"].permitted


def test_its_way_out_of_a_lost_key_takes_back_what_must_go(ana: Cli) -> None:
    (ana.folder / "song.ogg").write_bytes(b"OggS not much of a song")
    init, grant, publish, *_ = commands("In the terminal")
    ana(*init, *UNATTENDED["init"])
    for work in ("harbour.png", "song.ogg"):
        ana("grant", work, *grant[2:], *UNATTENDED["grant"])
    ana(*publish)
    did = ana("key", "show", "--json").json[0]["did"]
    new = Cli(ana.folder, "new")
    for words in commands("When a key is lost"):
        result = new(*words, *UNATTENDED.get(words[0], []))
    assert "1 contract will be taken back, for ever" in result.err
    assert "all others there will count for nothing (status-unknown)" in result.err
    builder = Cli(ana.folder, "builder")
    ask = ("--only-authentic", "--creator", did, "--status", "site/consent-list", "--json")
    rows = builder("verify", "harbour.png.consent", "song.ogg.consent", *ask, status=1).json
    assert [row["result"] for row in rows] == ["revoked", "status-unknown"]
    # The new keys are ready for what shall go on.
    new("grant", "song.ogg", *grant[2:], "--out", "again.consent", *UNATTENDED["grant"])


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
