import base64
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line import QUESTION, Cli
from consentsig import MalformedError, from_line, to_line
from consentsig.contract import CONTRACT
from consentsig.oneline import MAX_LINE_LEN, PREFIX
from strategies import contract

LINE = to_line(contract())


def test_it_is_the_prefix_and_base64url_without_padding() -> None:
    assert to_line(b"\xfb\xff\xbe") == "consentsig1:-_--"
    assert to_line(b"a") == "consentsig1:YQ"
    assert from_line("consentsig1:YWI") == b"ab"


@given(st.binary(min_size=1))
def test_every_file_has_one_line_and_comes_back_from_it(data: bytes) -> None:
    line = to_line(data)
    assert from_line(line) == data
    assert line == PREFIX + base64.urlsafe_b64encode(data).decode().rstrip("=")


@given(st.text(max_size=40))
def test_any_other_text_is_malformed_or_the_line_of_what_it_stands_for(text: str) -> None:
    for line in (text, PREFIX + text):
        with contextlib.suppress(MalformedError):
            assert to_line(from_line(line)) == line


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "does not begin consentsig1:"),
        (LINE.removeprefix(PREFIX), "does not begin consentsig1:"),
        (LINE.replace("consentsig1", "Consentsig1"), "does not begin consentsig1:"),
        (LINE.replace("consentsig1", "consentsig2"), "does not begin consentsig1:"),
        (f" {LINE}", "does not begin consentsig1:"),
        (PREFIX, "holds more than"),
        (f"{LINE}\n", "holds more than"),
        (f"{LINE} ", "holds more than"),
        (LINE[:80] + "\n" + LINE[80:], "holds more than"),
        ("consentsig1:YQ==", "holds more than"),
        ("consentsig1:+/+/", "holds more than"),
        ("consentsig1:ÀÀÀÀ", "holds more than"),
        ("consentsig1:YWJjA", "in the middle of a byte"),
        ("consentsig1:YR", "not the only one"),
        ("consentsig1:YWL", "not the only one"),
        (PREFIX + "A" * (MAX_LINE_LEN - len(PREFIX) + 1), "is over 1398114 characters"),
    ],
)
def test_only_one_spelling_is_taken(line: str, reason: str) -> None:
    with pytest.raises(MalformedError, match=reason) as refused:
        from_line(line)
    assert refused.value.step == 1


def test_the_longest_file_has_the_longest_line() -> None:
    assert len(to_line(bytes(CONTRACT.max_len))) == MAX_LINE_LEN == 1_398_114


def test_every_command_takes_a_line_in_a_file_or_as_it_is(granted: Cli) -> None:
    line = granted("show", "--text", "poem.txt.consent").out.strip()
    assert line == to_line((granted.folder / "poem.txt.consent").read_bytes())
    (granted.folder / "lf").write_text(f"{line}\n")
    (granted.folder / "crlf").write_bytes(f"{line}\r\n".encode())
    did = granted("key", "show", "--json").json[0]["did"]
    builder = Cli(granted.folder, "builder")
    builder("trust", "add", did, "--name", "Ana")
    for form in ("lf", "crlf", line):
        assert "CONTRACT FOR ONE WORK" in builder("show", form).out
        builder("verify", form, *QUESTION[1:], "--status", "site")
    assert builder("show", "--diag", line).out == builder("show", "--diag", "poem.txt.consent").out
    builder("verify", "-", *QUESTION[1:], "--status", "site", stdin=line.encode())
    builder("keep", "lf", "--status", "site")
    assert "must be in a file" in builder.refuses("keep", line)
    (granted.folder / "song.txt").write_text("three")
    granted("grant", "song.txt", "--like", "lf", "--allow", "finetune", "--yes")
    granted("revoke", line, "--yes")


def test_a_line_that_stands_for_nothing_is_malformed_everywhere(granted: Cli) -> None:
    (granted.folder / "broken").write_text(f"{LINE[:80]}.{LINE[80:]}\n")
    for form in ("broken", f"{LINE}="):
        (row,) = granted("verify", form, *QUESTION[1:], "--json", status=1).json
        assert (row["result"], row["step"]) == ("malformed", 1)
        assert "holds more than" in row["message"]
        assert "malformed: the line holds more than" in granted("show", form, status=1).err
        assert "the line holds more than" in granted.refuses("revoke", form, "--yes")
        assert "the line holds more than" in granted(
            *("grant", "poem.txt", "--out", "b", "--like", form),
            *("--allow", "index", "--yes"),
            status=2,
        ).err  # fmt: skip


def test_grant_prints_the_line_where_it_is_asked_to(ana: Cli) -> None:
    terms = ("--to", "Acme", "--to-url", "https://acme.example", "--allow", "index", "--free")
    rest = ("--until", "2060-12-31", "--worldwide", "--irrevocable", "--yes")
    out = ana("grant", "poem.txt", *terms, *rest, "--text").out
    line = to_line((ana.folder / "poem.txt.consent").read_bytes())
    assert line in out.splitlines()
    (row,) = ana("grant", "poem.txt", *terms, *rest, "--json", "--out", "b").json
    assert from_line(row["line"]) == (ana.folder / "b").read_bytes()
