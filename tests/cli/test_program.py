import ast
import os
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from rich.cells import cell_len

import consentsig
import consentsig.cli as cli_module
from command_line import FREE, PROGRAM, QUESTION, TERMS, Cli
from consentsig import PrivateKey
from consentsig.cli.app import run
from consentsig.cli.terminal import arguments, output
from consentsig.home.home import VARIABLE
from processes import unmeasured

COMMANDS = [
    *("init", "uses", "grant", "list", "show", "verify", "keep", "revoke", "publish", "status"),
    *("key show", "key export", "key import", "key use", "key set-list-uri"),
    *("trust add", "trust list", "trust remove"),
    *("conformance", "vectors"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_takes_a_home(cli: Cli, command: str) -> None:
    out = cli(*command.split(), "--help").out
    assert out.startswith(f"Usage: consentsig {command} ")
    assert "--home FOLDER" in out


def test_help_lists_every_command(cli: Cli) -> None:
    out = cli("--help").out
    for command in COMMANDS:
        assert f"\n  {command.split()[0]} " in out


def test_alone_it_shows_the_five_things_that_people_do_first(cli: Cli) -> None:
    out = cli().out
    for command in ("init", "grant photo.jpg", "list", "revoke", "verify"):
        assert f"consentsig {command}" in out
    assert len(out.splitlines()) < 12


def examples(command: str, cli: Cli) -> list[list[str]]:
    _, _, shown = cli(*command.split(), "--help").out.partition("Examples:\n")
    return [shlex.split(line) for line in shown.replace("\\\n", " ").splitlines()]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_examples_in_its_help_are_understood(cli: Cli, command: str) -> None:
    found = examples(command, cli)
    assert found
    for program, *typed in found:
        assert program == "consentsig"
        words = [word for word in typed if word not in (">", "contracts.csv")]
        assert words[: len(command.split())] == command.split()
        # The help comes once all options are known, and before anything is done.
        assert cli(*words, "--help").out.startswith(f"Usage: consentsig {command} ")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("ver", ["verify"]),
        ("re", ["revoke"]),
        ("key ex", ["export"]),
        ("grant --ir", ["--irrevocable"]),
    ],
)
def test_a_shell_can_complete_what_is_typed(cli: Cli, typed: str, offered: list[str]) -> None:
    cli.environment |= {
        "_CONSENTSIG_COMPLETE": "complete_bash",
        "COMP_WORDS": f"consentsig {typed}",
        "COMP_CWORD": str(len(typed.split())),
    }
    assert cli().out.split() == offered


@pytest.mark.parametrize(
    ("shell", "word"),
    [("bash", "complete -o"), ("zsh", "#compdef"), ("fish", "complete --command")],
)
def test_each_shell_is_told_in_its_own_language_how_to_complete(
    cli: Cli, shell: str, word: str
) -> None:
    # Else typer looks for the shell that the tests were started from.
    cli.environment["_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION"] = "1"
    assert word in cli.installed("--show-completion", shell).out


@pytest.mark.parametrize(
    "words", [{}, {"COMP_WORDS": "consentsig ver"}, {"COMP_WORDS": "consentsig", "COMP_CWORD": "x"}]
)
def test_what_no_shell_completes_is_told_in_one_line(cli: Cli, words: dict[str, str]) -> None:
    cli.environment |= {"_CONSENTSIG_COMPLETE": "complete_bash"} | words
    assert "and COMP_WORDS or COMP_CWORD is missing or wrong" in cli.refuses()


@pytest.mark.posix
@pytest.mark.parametrize(("no_color", "is_coloured"), [("", True), ("1", False)])
def test_colour_is_for_terminals_and_can_be_refused(
    granted: Cli, no_color: str, *, is_coloured: bool
) -> None:
    environment = granted.environment | {"NO_COLOR": no_color, "TERM": "xterm-256color"}
    for question, colour in ((QUESTION, "32"), ((*QUESTION, "--at", "2020-01-01T00:00Z"), "31")):
        command = shlex.join([str(PROGRAM), "verify", *question])
        shown = pexpect.run(command, cwd=str(granted.folder), env=environment)
        assert (f";{colour}m" in str(shown)) == is_coloured
    assert "\x1b" not in granted("verify", *QUESTION).out  # no terminal


def test_a_file_that_is_no_contract_is_met_with_a_way_to_see_what_it_is(granted: Cli) -> None:
    result = granted("verify", "poem.txt", *QUESTION[1:], status=1)
    hint = result.err.splitlines()[1]
    assert hint == "consentsig: hint: to see what the file is: consentsig show poem.txt"
    assert (
        "this is a text (text/plain), not a contract" in granted("show", "poem.txt", status=1).err
    )


def test_the_version_is_printed(cli: Cli) -> None:
    assert cli("--version").out == f"consentsig {consentsig.__version__}, format 1.0\n"


@pytest.mark.parametrize(
    ("arguments", "reason", "hint"),
    [
        (["frobnicate"], "no such command 'frobnicate'", "consentsig --help"),
        (["key", "frobnicate"], "no such command 'frobnicate'", "consentsig key --help"),
        (["grnat"], "no such command 'grnat'", "did you mean grant?"),
        (["key", "shwo"], "no such command 'shwo'", "did you mean show?"),
        (["--frobnicate"], "no such option: --frobnicate", "consentsig --help"),
        (["grant"], "missing argument", "consentsig grant --help"),
        (["status", "a", "b"], "got unexpected extra argument(s) (b)", "consentsig status --help"),
        (["publish", "--out", "x", "--expires", "soon"], "invalid", "consentsig publish --help"),
    ],
)
def test_a_wrong_command_line_is_status_2_with_a_hint(
    cli: Cli, arguments: list[str], reason: str, hint: str
) -> None:
    line = cli.refuses(*arguments)
    assert line.startswith("consentsig: error: ")
    assert reason in line
    assert cli(*arguments, status=2).err.splitlines()[1] == f"consentsig: hint: {hint}"


def test_the_home_is_named_before_or_after_the_command_or_by_the_environment(cli: Cli) -> None:
    cli("--home", "one", "init", "--name", "One", "--no-recovery", "--no-passphrase")
    cli("init", "--home", "two", "--name", "Two", "--no-recovery", "--no-passphrase")
    cli.environment[VARIABLE] = "one"
    assert cli("key", "show", "--json").json[0]["name"] == "One"
    assert cli("key", "show", "--json", "--home", "two").json[0]["name"] == "Two"
    assert cli("--home", "two", "key", "show", "--json").json[0]["name"] == "Two"


def test_without_a_word_the_home_is_the_platforms_data_folder(cli: Cli) -> None:
    del cli.environment[VARIABLE]
    cli("init", "--name", "Ana", "--no-recovery", "--no-passphrase")
    (database,) = cli.folder.rglob("consentsig.db")
    assert database.parent.name == "consentsig"


def test_verify_loads_nothing_that_it_does_not_need(granted: Cli) -> None:
    granted.environment = unmeasured(granted.environment) | {"PYTHONPROFILEIMPORTTIME": "1"}
    loaded = granted.installed("verify", *QUESTION).err
    assert "consentsig.cli.terminal.verdict_report\n" in loaded
    unneeded = {"cryptography", "rich", "platformdirs", "getpass", "httpx"}
    if " pydantic\n" not in loaded:  # newer versions of typer load it, and it loads more
        unneeded.add("json")
    for module in unneeded:
        assert f" {module}\n" not in loaded
    granted.environment[VARIABLE] = str(granted.folder / "none")
    assert " sqlite3\n" not in granted.installed("show", "poem.txt.consent").err


@pytest.mark.posix
def test_a_reader_that_leaves_early_causes_no_complaint(granted: Cli) -> None:
    process = granted.start("show", "poem.txt.consent", stdout=subprocess.PIPE, stderr=-1)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 2


@pytest.mark.posix
def test_a_full_disk_under_the_output_is_an_error(granted: Cli) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123  # a device
        process = granted.start("show", "poem.txt.consent", stdout=full, stderr=subprocess.PIPE)
        err = process.communicate()[1].decode()
    assert process.returncode == 2
    assert err.splitlines()[0] == "consentsig: error: no space left on device"
    assert "Traceback" not in err


def unread(pipe: int) -> int:
    """How many bytes of *pipe* nobody has read yet."""
    import fcntl  # which Windows has not
    import termios

    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


@pytest.mark.posix
def test_ctrl_c_is_one_line_and_status_130(cli: Cli) -> None:
    process = cli.start("show", "-", stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(b"not all of it")
    process.stdin.flush()
    while unread(process.stdin.fileno()):
        time.sleep(0.01)
    time.sleep(0.3)  # until it waits for the rest
    process.send_signal(signal.SIGINT)
    err = process.communicate()[1]
    assert process.returncode == 130
    assert err == b"consentsig: interrupted\n"


def test_a_locked_database_is_told_and_changes_nothing(ana: Cli) -> None:
    with sqlite3.connect(ana.home / "consentsig.db", isolation_level=None) as database:
        database.execute("BEGIN IMMEDIATE")
        line = ana.refuses("trust", "add", "0" * 64, "--name", "Bo")
        database.execute("ROLLBACK")
    database.close()
    assert "consentsig.db: is in use by another process; try again" in line


def test_a_database_of_a_newer_version_is_refused(ana: Cli) -> None:
    database = sqlite3.connect(ana.home / "consentsig.db")
    database.execute("PRAGMA user_version = 99")
    database.close()
    assert "install a newer consentsig" in ana.refuses("key", "show")


def test_a_database_that_is_none_is_told(cli: Cli) -> None:
    cli.home.mkdir()
    (cli.home / "consentsig.db").write_text("my shopping list, which is longer than a header" * 9)
    assert "consentsig.db: file is not a database" in cli.refuses("key", "show")


def test_a_file_without_permission_is_named_with_what_to_do() -> None:
    # Made by hand, since root, as which tests may run, has every permission.
    error = PermissionError(13, "Permission denied", "my poem.txt")
    assert output.os_error(error) == "my poem.txt: permission denied"
    assert output.os_hints(error) == ["ls -ld 'my poem.txt'"]


@pytest.mark.posix
def test_names_of_files_cannot_move_the_cursor_or_break_the_line(cli: Cli) -> None:
    err = cli("show", "a\x1b[2J\nb", status=2).err
    assert "\x1b" not in err
    assert err.startswith("consentsig: error: a\\x1b[2J\\nb: no such file or directory\n")


@pytest.mark.posix
def test_a_file_name_that_is_not_unicode_is_printed(ana: Cli) -> None:
    name = b"caf\xe9.txt"
    (ana.folder / "poem.txt").rename(os.path.join(ana.folder, os.fsdecode(name)))  # noqa: PTH118
    grant = ("grant", name, *TERMS, *FREE, "--irrevocable", "--yes", "--json")
    assert "Signed" not in ana.installed(*grant).out


def test_a_terminal_without_unicode_is_no_hindrance(ana: Cli) -> None:
    ana.environment |= {"PYTHONIOENCODING": "ascii"}
    credited = (*FREE, "--irrevocable", "--yes", "--credit", "© Ana Liu")
    ana.installed("grant", "poem.txt", *TERMS, *credited)
    assert "\\xa9 Ana Liu" in ana.installed("show", "poem.txt.consent").out


def test_the_program_is_also_a_function() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from consentsig.cli import main; raise SystemExit(main())", "-h"],
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 2
    assert "no such option: -h" in done.stderr


def test_an_unexpected_error_is_told_in_one_line_and_is_never_a_no(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError("two\nboats")

    monkeypatch.setattr(arguments, "open_home", fail)
    assert run(["key", "show"]) == output.FAULT
    line, hint = capsys.readouterr().err.splitlines()
    assert line.startswith("consentsig: error: unexpected ZeroDivisionError in test_program.py, ")
    assert line.endswith(r": two\nboats")
    assert (
        hint == "consentsig: hint: to report this fault, run it again with CONSENTSIG_TRACEBACK=1"
    )
    monkeypatch.setenv("CONSENTSIG_TRACEBACK", "1")
    assert run(["key", "show"]) == output.FAULT
    assert "Traceback (most recent call last):" in capsys.readouterr().err


def test_an_error_before_a_command_begins_is_not_a_no(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "consentsig.cli.app", None)
    assert cli_module.main() == output.FAULT
    assert "ModuleNotFoundError" in capsys.readouterr().err


# What reaches the terminal goes through one of these, or is a constant.
SAFE = {"printable", "_laid_out", "dumps"}
PRINTING = {"print", "input", "getpass"}


def calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text())):
        name = getattr(node, "func", None)
        if isinstance(node, ast.Call) and isinstance(name, ast.Name) and name.id in PRINTING:
            yield node


def is_safe(node: ast.expr, constants: set[str]) -> bool:
    match node:
        case ast.Constant():
            return True
        case ast.Name(id=name):
            return name in constants
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in SAFE
        case ast.JoinedStr(values=parts):
            return all(isinstance(part, ast.Constant) or is_safe(part, constants) for part in parts)
        case ast.FormattedValue(value=value):
            return is_safe(value, constants)
    return False


def test_every_prompt_and_line_is_made_printable_before_it_is_printed() -> None:
    found = 0
    for path in Path(cli_module.__file__).parent.rglob("*.py"):
        for call in calls(path):
            found += 1
            for part in call.args:
                assert is_safe(part, {"_FIRST", "__version__"}), f"{path}:{call.lineno}"
    assert found > 8


def test_a_passphrase_prompt_shows_no_escapes_of_a_path(cli: Cli) -> None:
    name = "\x1b]0;boats\x07\x1b[2Jkey.pem"
    (cli.folder / name).write_bytes(PrivateKey(bytes(32)).to_pem(b"two red boats"))
    terminal = pexpect.spawn(
        str(PROGRAM), ["key", "import", name], cwd=str(cli.folder), env=cli.environment, timeout=60
    )
    terminal.expect_exact(rb"Passphrase for \x1b]0;boats\x07\x1b[2Jkey.pem: ")
    terminal.sendline("two red boats")
    terminal.expect(pexpect.EOF)


@pytest.mark.parametrize(
    "text",
    [
        "boats: " + "two red boats " * 9 + "Ends: 2066-12-31",
        "  Title: " + "two red boats " * 9 + "Ends: 2066-12-31",
        "  題名: " + "二艘の赤い船 " * 9 + "Ends: 2066-12-31",
        "  Title: " + "x" * 30 + "\u3164" * 30 + "Ends:\u31642066-12-31",
    ],
)
def test_what_continues_in_the_next_line_begins_deeper_than_any_line(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    start = len(text) - len(text.lstrip())
    text = output.printable(text)
    first, *below = output.broken(text)
    assert len(below) > 2
    assert first == text[: len(first)]
    assert all(line.startswith(" " * (start + 4)) for line in below)
    assert all(cell_len(line) <= 40 for line in (first, *below))
    assert "".join("".join((first, *below)).split(" ")) == "".join(text.split(" "))


def test_a_long_word_is_kept_whole_to_be_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    address = "https://ana.example/" + "boat" * 20
    assert f"    {address}" in output.broken(f"upload it to {address}", keeps_words=True)
