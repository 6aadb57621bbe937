import json
import re
import shlex
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from command_line import TIMEOUT, Cli
from consentsig.conformance.asking import MAX_TIMEOUTS
from consentsig.conformance.vectors import load
from strategies import ROOT, VECTORS

VERIFIER = ROOT / "tests" / "helpers" / "verifier.py"
FEW = ("--only", "contract/before_*")  # a few vectors
PATIENTLY = ("--timeout", "50")  # since other tests run beside this one
BATCHES = ("--only", "batch/*")
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
    patience = () if "--timeout" in arguments else PATIENTLY
    *found, total = cli("conformance", "--json", *arguments, *patience, status=status).json
    assert total["vectors"] == len(found)
    assert Counter(row["outcome"] for row in found) == {
        outcome: total[outcome]
        for outcome in (*WORDS, "without-batches", "passed")
        if total[outcome]
    }
    return found, total


def vectors() -> dict[str, dict[str, Any]]:
    """Return every vector that is asked about, by name."""
    groups = ("contract", "line", "status", "text", "batch")
    files = (path for group in groups for path in (VECTORS / group).glob("*.json"))
    return {vector["name"]: vector for vector in (json.loads(path.read_text()) for path in files)}


# --- who conforms ---


def test_a_right_verifier_passes_every_vector(cli: Cli) -> None:
    result = cli("conformance", "--server", verifier("honest"), "--batches", *PATIENTLY)
    n = len(vectors())
    assert n > 1000
    assert result.out == f"{n} of {n} vectors passed.\n"
    assert result.err == ""


def test_a_right_verifier_without_batches_passes_all_others(cli: Cli) -> None:
    result = cli("conformance", "--server", verifier("without-batches"), *PATIENTLY)
    about = sum("without_batches" in vector for vector in vectors().values())
    n = len(vectors()) - about
    assert about > 400
    first, second = result.out.splitlines()
    assert first == f"Without batches: {about} vectors refused, as such a verifier must."
    assert second == f"{n} of {n} vectors passed."
    found, total = rows(cli, "--server", verifier("without-batches"), *BATCHES, status=0)
    assert {row["outcome"] for row in found} == {"without-batches"}
    assert total["without-batches"] == total["vectors"] == about
    assert total["by_flag"] == total["by_section"] == {}


def test_a_verifier_without_batches_does_not_conform_if_batches_are_asked_for(cli: Cli) -> None:
    ask = ("--server", verifier("without-batches"), "--batches")
    _, total = rows(cli, *ask, *BATCHES)
    assert total["without-batches"] == total["accepted"] == 0
    assert total["refused"] > 60
    assert total["other-code"] > 100


def test_a_verifier_that_accepts_one_batch_is_judged_as_one_with_batches(cli: Cli) -> None:
    _, total = rows(cli, "--server", verifier("without-most-batches"), *BATCHES)
    assert total["without-batches"] == 0
    assert total["refused"] > 60


def test_what_is_right_either_way_passes(cli: Cli) -> None:
    for kind in ("honest", "without-batches"):
        only = ("--only", "batch/kind_1_*")
        found, total = rows(cli, "--server", verifier(kind), *only, status=0)
        assert total["passed"] == len(found) > 3


@pytest.mark.parametrize("words", [["{vector}"], []], ids=["by file", "on standard input"])
def test_it_can_be_started_for_each_vector(cli: Cli, words: list[str]) -> None:
    found, total = rows(cli, "--cmd", verifier("honest", *words), *FEW, status=0)
    assert total["passed"] == len(found) > 0
    assert {row["vector"] for row in found} == {
        name for name in vectors() if name.startswith("contract/before_")
    }


def test_the_exit_status_of_a_verifier_does_not_count(cli: Cli) -> None:
    command = python("print('not-yet-valid'); raise SystemExit(3)")
    assert rows(cli, "--cmd", command, "--only", "contract/before_nbf", status=0)[1]["passed"] == 1


def test_the_question_does_not_hold_the_answer(cli: Cli) -> None:
    code = "import json, sys; sys.exit(str(sorted(json.load(sys.stdin))))"
    found, _ = rows(cli, "--cmd", python(code), "--only", "text/everyday")
    assert "'at', 'contract', 'grantee', 'keys', 'name', 'status_lists'" in found[0]["instead"]
    files = vectors()
    for vector in load(None).vectors:
        fields, whole = json.loads(vector.question), files[vector.name]
        assert not {"expect", "step", "flags", "claims", "text", "list_results"} & fields.keys()
        assert "without_batches" not in fields
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
    assert "refuses what it must accept" not in result.out
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
    asked = vectors().values()
    wrong = sum(vector["expect"] == "malformed" for vector in asked)
    assert total["other-code"] == wrong
    assert total["passed"] == len(asked) - wrong
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
        ("long-line", 'more than 65536 bytes: "validvalid'),
        ("twice", 'more than one line: "valid\nvalid"'),
        ("endless", "more than "),
    ],
)
@pytest.mark.parametrize("how", ["--cmd", "--server"])
def test_an_answer_that_is_none_counts_as_failed(cli: Cli, kind: str, seen: str, how: str) -> None:
    for row in rows(cli, how, verifier(kind), *FEW)[0]:
        assert (row["outcome"], row["result"]) == ("no-answer", None)
        assert seen in row["instead"]
        assert len(row["instead"]) < 300


def test_what_a_verifier_prints_cannot_move_the_cursor(cli: Cli) -> None:
    out = cli("conformance", "--cmd", verifier("escape"), *FEW, status=1).out
    assert '"\\x1b[2Jvalid\\x1b]0;title\\x07"' in out
    assert "\x1b" not in out


def python(code: str) -> str:
    return shlex.join([sys.executable, "-c", code])


def test_a_server_is_started_anew_after_it_ended(cli: Cli) -> None:
    # It answers one question; whatever it is asked after that goes to another.
    code = "import sys; print('not-yet-valid' if 'nbf' in sys.stdin.readline() else 1 / 0)"
    found, total = rows(cli, "--server", python(code), *FEW)
    assert total["passed"] == 1
    assert total["no-answer"] == len(found) - 1
    assert "ZeroDivisionError" in found[0]["instead"]


def test_a_server_that_answers_before_it_is_asked_has_no_answers(cli: Cli) -> None:
    code = "print('ready', flush=True); [print('valid', flush=True) for _ in open(0)]"
    _, total = rows(cli, "--server", python(code), *FEW)
    assert total["no-answer"] == total["vectors"]


@pytest.mark.posix
def test_who_is_killed_has_not_answered(cli: Cli) -> None:
    code = "import os; print('not-yet-valid', flush=True); os.kill(os.getpid(), 11)"
    found, _ = rows(cli, "--cmd", python(code), *FEW)
    assert {row["instead"] for row in found} == {"no answer: ended by signal 11"}


@pytest.mark.posix
@pytest.mark.parametrize("kind", ["hanging", "leaving-a-child"])
def test_who_takes_too_long_is_asked_a_few_times_only(cli: Cli, kind: str) -> None:
    found, _ = rows(cli, "--cmd", verifier(kind), "--timeout", "0.3", "--only", "text/*")
    seen = Counter(row["instead"] for row in found)
    assert seen.keys() == {
        "no answer within 0.3 s",
        f"not asked, after {MAX_TIMEOUTS} waits in vain",
    }
    assert seen["no answer within 0.3 s"] >= MAX_TIMEOUTS
    assert len(found) > 2 * MAX_TIMEOUTS


@pytest.mark.posix
def test_what_a_verifier_started_is_ended_with_it(cli: Cli) -> None:
    code = "import subprocess; print(subprocess.Popen(['sleep', '1000']).pid)"
    found, _ = rows(cli, "--cmd", python(code), "--timeout", "0.5", "--only", "contract/before_nbf")
    assert found[0]["instead"] == "no answer within 0.5 s"
    code = "import subprocess, sys; sys.stderr.write(str(subprocess.Popen(['sleep', '1000'],"
    code += " stdin=-3, stdout=-3, stderr=-3).pid))"
    found, _ = rows(cli, "--cmd", python(code), "--only", "contract/before_nbf")
    (pid,) = re.findall(r'last words "(\d+)"', found[0]["instead"])
    wait_until_it_ended(int(pid))


def wait_until_it_ended(pid: int) -> None:
    deadline = time.monotonic() + TIMEOUT
    while running(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def running(pid: int) -> bool:
    """Whether the process runs, and is not only waiting to be buried."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def test_a_server_that_hangs_is_ended(cli: Cli) -> None:
    found, _ = rows(cli, "--server", verifier("hanging"), "--timeout", "0.2", "--only", "text/a*")
    assert {row["outcome"] for row in found} == {"no-answer"}


def test_who_does_not_read_a_long_question_is_not_waited_for(cli: Cli) -> None:
    only = ("--only", "contract/unprotected_65536")
    found, _ = rows(cli, "--cmd", python("print('valid')"), *only, status=0)
    assert len(found) == 1


@pytest.mark.posix
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
    helper += "from ask_vector import judge\ndef verify(q): return judge(q).result\n"
    (tmp_path / "my_verifier.py").write_text(helper)
    script = tmp_path / "mine.py"
    script.write_text(example)
    for how in ("--server", "--cmd"):
        rows(cli, how, shlex.join([sys.executable, str(script)]), *FEW, status=0)
