import re

import pytest

from command_line import FREE, NEXT_YEAR, QUESTION, TERMS, Cli
from consentsig import parse_contract, render
from terminals import on_a_terminal

CONTRACT = QUESTION[0]
HEADING = "\x1b[1m"


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """A contract whose texts are long and odd, and other files people might show."""
    cli = Cli(tmp_path_factory.mktemp("shown"))
    cli("init", "--name", "Ana Liu", "--no-recovery", "--no-passphrase")
    for name, data in {
        "poem.txt": b"two red boats\n",
        "harbour.jpg": b"\xff\xd8\xff\xe0 a picture",
        "wrong.consent": b"\x89PNG\r\n\x1a\n a picture",
        "tide.ogg": b"OggS a sound",
        "paper.pdf": b"%PDF-1.7",
        "key.pem": b"-----BEGIN PUBLIC KEY-----",
        "empty": b"",
        "noise": b"\0\1\2",
    }.items():
        (cli.folder / name).write_bytes(data)
    purpose = "PAYMENT [bold] " + "only for poems of the sea, " * 20 + "and no other"
    cli("grant", "poem.txt", *TERMS, *FREE, "--irrevocable", "--yes", "--purpose", purpose)
    return cli


def test_elsewhere_than_on_a_terminal_the_signed_text_is_untouched(shown: Cli) -> None:
    text = render(parse_contract((shown.folder / CONTRACT).read_bytes()).terms)
    shown.environment["FORCE_COLOR"] = "1"
    out = shown("show", CONTRACT).out
    del shown.environment["FORCE_COLOR"]
    first, _, rest = out.partition("\n\n")
    assert first.startswith("NOT VERIFIED.")
    assert rest == text


@pytest.mark.posix
def test_on_a_terminal_headings_are_bold_and_the_rest_is_indented_and_wrapped(shown: Cli) -> None:
    text = on_a_terminal(shown, "show", CONTRACT)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()
    assert f"{HEADING}TIME AND PLACE\x1b[0m\n" in text
    assert f"{HEADING}PAYMENT\x1b[0m\n" in text
    assert max(map(len, lines)) <= 72
    assert not [line for line in lines if line != line.rstrip()]
    body = [line for line in lines[3:] if line and not line.isupper()]
    assert all(line.startswith("  ") for line in body)
    words = render(parse_contract((shown.folder / CONTRACT).read_bytes()).terms).split()
    assert "".join("".join(lines).split()).endswith("".join(words))


@pytest.mark.posix
def test_a_signed_text_is_no_heading_and_no_markup(shown: Cli) -> None:
    text = on_a_terminal(shown, "show", CONTRACT)
    assert '  "PAYMENT [bold] only for poems' in text


@pytest.mark.posix
@pytest.mark.parametrize("columns", [40, 72, 100])
def test_a_signed_text_that_wraps_never_begins_where_a_term_does(cli: Cli, columns: int) -> None:
    cli("init", "--name", "Ana", "--no-recovery", "--no-passphrase")
    (cli.folder / "poem.txt").write_text("two red boats\n")
    pose = "Ends: 2066-12-31 00:00:00 UTC"
    title = " ".join(["boats"] * 5 + [pose] * 4)
    cli("grant", "poem.txt", *TERMS, *FREE, "--irrevocable", "--yes", "--title", title)
    shown = on_a_terminal(cli, "show", CONTRACT, columns=columns, NO_COLOR="1", TERM="dumb")
    lines = shown.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("  Title: "))
    end = next(n for n, line in enumerate(lines) if line.startswith("  Kind of file: "))
    assert end - start > 1
    assert all(line.startswith("      ") for line in lines[start + 1 : end])
    assert [line for line in lines if line.startswith("  Ends: ")] == [
        f"  Ends: {NEXT_YEAR + 1}-01-01 00:00:00 UTC"
    ]


@pytest.mark.parametrize("blank", [" ", "\u2800"])
def test_a_file_name_that_wraps_never_begins_where_a_result_does(cli: Cli, blank: str) -> None:
    name = f"{'x' * 60}{blank}poem.txt: valid: the contract{blank}permits{blank}this use"
    (cli.folder / name).write_text("")
    shown = on_a_terminal(cli, "show", name, name, TERM="dumb")
    assert "valid" in shown
    assert not [line for line in shown.splitlines() if line[:4].strip(" ") and "valid" in line[:40]]


def test_no_color_and_a_dumb_terminal_are_respected(shown: Cli) -> None:
    assert "\x1b[3" not in on_a_terminal(shown, "show", CONTRACT, NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(shown, "show", CONTRACT, TERM="dumb")


def test_several_files_are_shown_each_under_its_name(shown: Cli) -> None:
    result = shown("show", CONTRACT, "missing", "noise", CONTRACT, status=2)
    assert result.out.startswith(f"{CONTRACT}\n\nNOT VERIFIED")
    assert result.out.count("NOT VERIFIED") == 2
    assert "\n\nmissing\n" in result.out
    assert "consentsig: error: missing: no such file" in result.err
    assert "consentsig: malformed: noise: the file begins 00" in result.err
    assert shown("show", CONTRACT, "noise", status=1).out.count("NOT VERIFIED") == 1
    rows = shown("show", CONTRACT, CONTRACT, "--json").json
    assert [row["file"] for row in rows] == [CONTRACT, CONTRACT]


@pytest.mark.parametrize(
    ("file", "kind", "hint"),
    [
        ("harbour.jpg", "a picture (image/jpeg)", "usually beside it: harbour.jpg.consent"),
        ("wrong.consent", "a picture (image/png)", "usually beside it: wrong.consent.consent"),
        ("tide.ogg", "a sound recording (audio/ogg)", "usually beside it: tide.ogg.consent"),
        ("paper.pdf", "a document (application/pdf)", "usually beside it: paper.pdf.consent"),
        ("poem.txt", "a text (text/plain)", "beside it: consentsig show poem.txt.consent"),
    ],
)
def test_a_work_shown_in_place_of_its_contract_is_told(
    shown: Cli, file: str, kind: str, hint: str
) -> None:
    first, second = shown("show", file, status=1).err.splitlines()
    assert first == f"consentsig: malformed: {file}: this is {kind}, not a contract"
    assert second.startswith("consentsig: hint: its contract is ")
    assert second.endswith(hint)


def test_other_files_are_told_too(shown: Cli) -> None:
    assert "this is an empty file, not a contract" in shown("show", "empty", status=1).err
    assert "this is a key or a certificate (PEM)" in shown("show", "key.pem", status=1).err
    err = shown("show", "noise", status=1).err
    assert err.startswith("consentsig: malformed: the file begins 00, expected d2\n")
    assert "consentsig show --diag noise" in err


def test_diag_annotates_a_contract_and_a_list(granted: Cli) -> None:
    result = granted("show", "--diag", CONTRACT)
    assert result.err == ""
    for part in ("/ alg: EdDSA /", "/ uses: finetune /", '"Acme Labs"', "h'  / signature /"):
        assert part in result.out
    assert "/ zlib stream /" in granted("show", "--diag", "site/consent-list").out
    assert granted("show", "--diag", "-", stdin=b"\xd2\x84", status=1).out.startswith("/ ")


def test_diag_says_where_a_damaged_file_ends_or_what_is_wrong_with_it(granted: Cli) -> None:
    data = (granted.folder / CONTRACT).read_bytes()
    (granted.folder / "short").write_bytes(data[:-70])
    result = granted("show", "--diag", "short", status=1)
    assert "/ kind: contract /" in result.out
    assert "/ reading stops at byte " in result.out
    assert result.err.startswith("consentsig: malformed: byte ")
    (granted.folder / "other").write_bytes(data.replace(b"en-1", b"en-2"))
    result = granted("show", "--diag", "other", status=1)
    assert '"en-2",  / template /' in result.out
    assert result.err.startswith("consentsig: unsupported: the template is 'en-2'")


def test_diag_and_json_exclude_each_other(shown: Cli) -> None:
    assert "exclude each other" in shown.refuses("show", "--diag", "--json", CONTRACT)


def test_diag_escapes_what_could_move_the_cursor(cli: Cli) -> None:
    (cli.folder / "nasty").write_bytes(b"\x66\x1b[2J\n\x07")
    out = cli("show", "--diag", "nasty", status=1).out
    assert '"\\u001b[2J\\n\\u0007"' in out
    assert "\x1b" not in out


def test_diag_of_a_file_full_of_faults_names_the_first_few(cli: Cli) -> None:
    (cli.folder / "nasty").write_bytes(b"\x99\x03\xe8" + b"\x61\xff" * 1000)
    result = cli("show", "--diag", "nasty", status=1)
    assert result.out.count("not valid UTF-8 /") == 1000
    assert len(result.err.splitlines()) == 8
