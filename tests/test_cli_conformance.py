import json
import re
import shlex
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from conftest import Cli
from consentsig.conformance import MAX_TIMEOUTS, load
from strategies import ROOT, VECTORS

VERIFIER = ROOT / "tests" / "verifier.py"
FEW = ("--only", "contract/before_*")  # a few vectors
WORDS = {
    "accepted": "ACCEPTED WHAT MUST BE REFUSED: ",
    "no-answer": "NO ANSWER: ",
    "refused": "REFUSED WHAT MUST BE ACCEPTED: ",
    "other-code": "RIGHTLY REFUSED, WITH ANOTHER CODE: ",
}


def verifier(kind: str, *words: str) -> str:
    return shlex.join([sys.executable, str(VERIFIER), kind, *words])


def rows(cli: Cli, *arguments: str, status: int = 1) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Ask; return a row for each vector, and the sum."""
    *found, total = cli("conformance", "--json", *arguments, status=status).json
    assert total["vectors"] == len(found)
    assert Counter(row["outcome"] for row in found) == {
        outcome: total[outcome] for outcome in (*WORDS, "passed") if total[outcome]
    }
    return found, total


def vectors() -> dict[str, dict[str, Any]]:
    files = VECTORS.glob("*/*.json")
    return {vector["name"]: vector for vector in (json.loads(path.read_text()) for path in files)}


# --- who conforms ---


def test_a_right_verifier_passes_every_vector(cli: Cli) -> None:
    result = cli("conformance", "--server", verifier("honest"))
    n = len(vectors())
    assert n > 1000
    assert result.out == f"{n} of {n} vectors passed.\n"
    assert result.err == ""


@pytest.mark.parametrize("words", [["{vector}"], []], ids=["by file", "on standard input"])
def test_it_can_be_started_for_each_vector(cli: Cli, words: list[str]) -> None:
    found, total = rows(cli, "--cmd", verifier("honest", *words), *FEW, status=0)
    assert total["passed"] == len(found) > 0
    assert {row["vector"] for row in found} == {
        name for name in vectors() if name.startswith("contract/before_")
    }


def test_the_exit_status_of_a_verifier_does_not_count(cli: Cli) -> None:
    command = shlex.join([sys.executable, "-c", "print('not-yet-valid'); raise SystemExit(3)"])
    assert "1 of 1 vector passed." in cli(
        "conformance", "--cmd", command, "--only", "contract/before_nbf"
    ).out  # fmt: skip


def test_the_question_does_not_hold_the_answer(cli: Cli) -> None:
    code = "import sys; print(sys.stdin.read())"
    command = shlex.join([sys.executable, "-c", code.replace("print", "sys.stderr.write")])
    found, _ = rows(cli, "--cmd", command, "--only", "text/everyday")
    assert "text/everyday" in found[0]["instead"]
    for vector in load(None).vectors:
        fields = json.loads(vector.question)
        assert not {"expect", "step", "flags", "claims", "text", "list_results"} & fields.keys()
        whole = vectors()[vector.name]
        assert {field: whole[field] for field in fields} == fields
        assert fields.keys() >= {"contract", "keys", "work", "grantee", "use", "at", "territory"}
        assert ("max_status_age" in fields) == ("max_status_age" in whole)


# --- who does not ---


def test_who_accepts_everything_is_told_what_that_means(cli: Cli) -> None:
    result = cli("conformance", "--server", verifier("always-valid"), status=1)
    first, *rest = result.out.splitlines()
    wrong = sum(vector["expect"] != "valid" for vector in vectors().values())
    assert first == f"ACCEPTED WHAT MUST BE REFUSED: {wrong}"
    assert "status-sequence: lets another list than the newest decide" in result.out
    assert "not-asked: says `valid` though not everything was asked" in result.out
    assert "refuses what is good" not in result.out
    assert rest[-1] == f"{len(vectors()) - wrong} of {len(vectors())} vectors passed."
    assert not re.search("NO ANSWER|REFUSED WHAT|ANOTHER CODE", result.out.partition("\n")[2])


def test_who_refuses_everything_is_told_apart(cli: Cli) -> None:
    _, total = rows(cli, "--server", verifier("always-malformed"))
    expected = Counter(vector["expect"] for vector in vectors().values())
    assert total["accepted"] == 0
    assert total["passed"] == expected["malformed"]
    assert total["refused"] == expected["valid"] + expected["authentic"]
    assert total["other-code"] == len(vectors()) - total["passed"] - total["refused"]


def test_who_ignores_revocation_accepts_what_was_taken_back(cli: Cli) -> None:
    found, total = rows(cli, "--server", verifier("forgetful"))
    failed = [row for row in found if row["outcome"] != "passed"]
    assert total["accepted"] == len(failed) > 100
    assert {row["expected"] for row in failed} == {"revoked", "suspended", "status-unknown"}
    assert {row["result"] for row in failed} == {"valid"}
    assert sum(total["by_section"].values()) == len(failed)
    assert total["by_flag"].keys() == total["meanings"].keys() >= {"status", "status-value"}
    out = cli("conformance", "--server", verifier("forgetful"), "--only", "status/*", status=1).out
    assert "  status/" in out
    assert ": expected revoked, got valid\n" in out


def test_who_gives_another_reason_still_refuses(cli: Cli) -> None:
    _, total = rows(cli, "--server", verifier("muddled"))
    wrong = sum(vector["expect"] == "malformed" for vector in vectors().values())
    assert total["other-code"] == wrong
    assert total["passed"] == len(vectors()) - wrong
    assert total["by_flag"]["duplicate"]


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("crashing", "exit status 1, its last words \"KeyError: 'contract/before"),
        ("silent", 'no code: ""'),
        ("unknown-code", 'no code: "{\\"result\\": \\"fine\\"}"'),
        ("other-name", "no code: "),
        ("no-object", "no code: "),
        ("deep", "no code: "),
        ("binary", "no code: "),
        ("escape", "no code: "),
        ("long-line", ""),
        ("twice", ""),
        ("endless", ""),
    ],
)
@pytest.mark.parametrize("how", ["--cmd", "--server"])
def test_an_answer_that_is_none_counts_as_failed(cli: Cli, kind: str, seen: str, how: str) -> None:
    # Of a server's second line, the first sees nothing; the next question does.
    first = int(how == "--server" and kind in {"twice", "endless"})
    result = cli("conformance", how, verifier(kind), "--json", *FEW, status=1)
    assert "\x1b" not in cli("conformance", how, verifier(kind), *FEW, status=1).out
    for row in result.json[first:-1]:
        assert (row["outcome"], row["result"]) == ("no-answer", None)
        assert seen in row["instead"]
        assert len(row["instead"]) < 300


def test_more_than_one_line_is_shown(cli: Cli) -> None:
    found, _ = rows(cli, "--cmd", verifier("twice"), *FEW)
    assert {row["instead"] for row in found} == {'more than one line, the first "valid"'}


def test_a_server_is_started_anew_after_it_crashed(cli: Cli) -> None:
    code = "import sys; print('not-yet-valid' if 'nbf' in sys.stdin.readline() else 1 / 0)"
    found, total = rows(cli, "--server", shlex.join([sys.executable, "-c", code]), *FEW)
    by_name = {row["vector"]: row for row in found}
    assert total["no-answer"] > 0
    # Whoever ends after one answer has not ended too early for that one.
    assert "no answer: exit status" in found[-1]["instead"] + found[0]["instead"]
    assert set(by_name) == {name for name in vectors() if name.startswith("contract/before_")}


@pytest.mark.parametrize("kind", ["hanging", "leaving-a-child"])
def test_who_takes_too_long_is_asked_a_few_times_only(cli: Cli, kind: str) -> None:
    code = f"import sys; sys.path.insert(0, {str(VERIFIER.parent)!r}); import time; "
    code += {
        "hanging": "time.sleep(1000)",
        "leaving-a-child": "import subprocess; subprocess.Popen(['sleep', '1000'])",
    }[kind]
    command = shlex.join([sys.executable, "-c", code])
    found, total = rows(cli, "--cmd", command, "--timeout", "0.5", "--only", "text/*")
    assert total["no-answer"] == len(found) > 2 * MAX_TIMEOUTS
    seen = Counter(row["instead"] for row in found)
    assert seen["no answer within 0.5 s"] >= MAX_TIMEOUTS
    assert seen[f"not asked, after {MAX_TIMEOUTS} waits in vain"] > 0
    assert len(seen) == 2


def test_a_server_that_hangs_is_ended(cli: Cli) -> None:
    command = shlex.join([sys.executable, "-c", "import time; time.sleep(1000)"])
    found, _ = rows(cli, "--server", command, "--timeout", "0.2", "--only", "text/a*")
    assert {row["outcome"] for row in found} == {"no-answer"}


def test_who_does_not_read_a_long_question_is_not_waited_for(cli: Cli) -> None:
    command = shlex.join([sys.executable, "-c", "print('valid')"])
    found, _ = rows(cli, "--cmd", command, "--only", "contract/unprotected_65536", status=0)
    assert len(found) == 1


def test_a_command_is_no_shell_script(cli: Cli) -> None:
    result = cli("conformance", "--cmd", "echo valid; touch owned", *FEW, status=1)
    assert "valid; touch owned" in result.out
    assert not (cli.folder / "owned").exists()
    cli("conformance", "--cmd", "sh -c 'touch owned; echo valid'", *FEW, status=1)
    assert (cli.folder / "owned").exists()


# --- what cannot be asked ---


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "either --cmd or --server"),
        (["--cmd", "a", "--server", "b"], "either --cmd or --server"),
        (["--cmd", "missing-verifier {vector}"], "missing-verifier: no such file"),
        (["--server", "missing-verifier"], "missing-verifier: no such file"),
        (["--cmd", "echo 'valid"], "no closing quotation"),
        (["--cmd", ""], "the command is empty"),
        (["--cmd", "echo valid", "--only", "nothing/*"], "no vector is called 'nothing/*'"),
        (["--cmd", "echo valid", "--vectors", "nowhere"], "no test vectors in nowhere"),
        (["--cmd", "echo valid", "--timeout", "0"], "--timeout is 0, expected more"),
        (["--cmd", "echo valid", "--timeout", "nan"], "--timeout is nan"),
    ],
)
def test_what_cannot_be_run_has_status_2(cli: Cli, arguments: list[str], message: str) -> None:
    assert message in cli.refuses("conformance", *arguments)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "{", "1", '{"expect": "fine", "spec": "§5", "flags": []}', "[" * 50_000],
)
def test_a_file_that_is_no_vector_is_refused(cli: Cli, text: str) -> None:
    folder = cli.folder / "other" / "group"
    folder.mkdir(parents=True)
    (folder / "one.json").write_text(text)
    assert "group/one.json" in cli.refuses("conformance", "--cmd", "echo", "--vectors", "other")


# --- where vectors come from ---


def test_vectors_of_another_folder_are_used(cli: Cli) -> None:
    path = VECTORS / "contract" / "before_nbf.json"
    (cli.folder / "other" / "mine").mkdir(parents=True)
    (cli.folder / "other" / "mine" / "first.json").write_bytes(path.read_bytes())
    found, total = rows(cli, "--cmd", "echo valid", "--vectors", "other")
    assert [row["vector"] for row in found] == ["mine/first"]
    assert total["meanings"] == {"time": None, "boundary": None}


def test_the_vectors_that_come_with_the_program_are_those_of_the_repository() -> None:
    assert load(None) == load(VECTORS)
    assert len(load(None).vectors) == len(vectors())


def test_every_flag_is_explained() -> None:
    known = load(None)
    assert {flag for vector in known.vectors for flag in vector.flags} == known.meanings.keys()


# --- what implementers are told ---


def test_the_example_of_a_verifier_in_the_readme_is_one(cli: Cli, tmp_path: Path) -> None:
    text = (VECTORS / "README.md").read_text()
    (example,) = re.findall(r"```python\n(import json, sys\n.*?)```", text, re.DOTALL)
    assert len(example.splitlines()) <= 5
    helper = f"import sys; sys.path.insert(0, {str(VERIFIER.parent)!r})\n"
    helper += "from test_vectors import judge\ndef verify(q): return judge(q).result\n"
    (tmp_path / "my_verifier.py").write_text(helper)
    script = tmp_path / "mine.py"
    script.write_text(example)
    for how in ("--server", "--cmd"):
        rows(cli, how, shlex.join([sys.executable, str(script)]), *FEW, status=0)
