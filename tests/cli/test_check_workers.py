"""``check`` in several processes: the same rows, whatever becomes of a process."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from command_line import FREE, TERMS, Cli
from consentsig.cli.terminal import check_workers

ASK = ("--works", "works", "--for", "https://acme.example", "--use", "finetune", "--offline")
# Ends at once, or fails, where it is asked about a certain file.
ILL = """
import os, sys
from consentsig.cli.terminal import check_asking, check_workers

ask = check_asking.Asking.ask

def ill(self, part):
    if any(source.data == b"deadly" for source in part):
        os._exit(9)
    if any(source.data == b"wrong" for source in part):
        raise RuntimeError("a fault")
    return ask(self, part)

check_asking.Asking.ask = ill
check_workers._work(sys.stdin.buffer, sys.stdout.buffer)
"""


@pytest.fixture
def many(ana: Cli) -> Cli:
    """Two works, and 1,200 contracts, of which each tenth is none."""
    (ana.folder / "works").mkdir()
    (ana.folder / "contracts").mkdir()
    (ana.folder / "works" / "other.txt").write_text("no contract is about it\n")
    (ana.folder / "poem.txt").rename(ana.folder / "works" / "poem.txt")
    ana("grant", "works/poem.txt", *TERMS, *FREE, "--irrevocable", "--yes", "--out", "1.consent")
    data = (ana.folder / "1.consent").read_bytes()
    for n in range(1200):
        path = ana.folder / "contracts" / f"{n:04}.consent"
        path.write_bytes(data if n % 10 else b"")
    return ana


def check(cli: Cli, *more: str, status: int = 1) -> str:
    return cli("check", "contracts", *ASK, "--json", *more, status=status).out


def ill_workers(monkeypatch: pytest.MonkeyPatch, program: str = ILL) -> None:
    monkeypatch.setattr(check_workers, "_COMMAND", (sys.executable, "-P", "-c", program))


def test_the_rows_are_the_same_and_in_the_same_order(
    many: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = check(many, "--workers", "1")
    assert len(one.splitlines()) == 1201
    assert check(many, "--workers", "2") == one
    assert check(many, "--workers", "7") == one
    monkeypatch.setattr(check_workers, "_ALONE", 1)
    monkeypatch.setattr(check_workers, "_cores", lambda: 2)
    assert check(many) == one


def test_few_contracts_start_no_process(many: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)
    assert len(check(many).splitlines()) == 1201


def test_a_file_that_ends_a_process_gets_a_row_and_stops_nothing(
    many: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = check(many, "--workers", "1").splitlines()
    deadly = (7, 8, 1199)
    for n in deadly:
        (many.folder / "contracts" / f"{n:04}.consent").write_bytes(b"deadly")
    ill_workers(monkeypatch)
    found = check(many, "--workers", "2").splitlines()
    for n, (row, before) in enumerate(zip(found, one, strict=True)):
        if n in deadly:
            expected = {"contract": f"contracts/{n:04}.consent", "permitted": False}
            message = "not checked: the process that did ended with 9"
            assert json.loads(row) == dict.fromkeys(json.loads(row)) | expected | {
                "message": message
            }
        else:
            assert row == before


def test_processes_that_cannot_start_end_the_run(
    many: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    ill_workers(monkeypatch, "raise SystemExit(3)")
    told = many("check", "contracts", *ASK, "--workers", "2", status=2)
    assert "the process that did ended with 3, again and again" in told.err
    assert "--workers 1" in told.err
    assert told.out == ""


def test_an_error_in_a_process_is_told_as_in_one(
    many: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    (many.folder / "contracts" / "0600.consent").write_bytes(b"wrong")
    ill_workers(monkeypatch)
    told = many("check", "contracts", *ASK, "--workers", "2", status=70)
    assert "unexpected RuntimeError" in told.err
    assert "a fault" in told.err


def test_a_module_in_the_current_folder_is_not_run(many: Cli) -> None:
    for name in ("csv", "pickle", "signal", "consentsig"):
        (many.folder / f"{name}.py").write_text("raise SystemExit('run')")
    assert "run" not in many.installed("check", "contracts", *ASK, "--workers", "2", status=1).err


@pytest.mark.posix
def test_a_process_that_is_killed_takes_no_row_with_it(many: Cli) -> None:
    one = check(many, "--workers", "1")
    running = start(many)
    killed = 0
    while running.poll() is None and killed < 2:
        for worker in children(running.pid):
            killed += 1
            os.kill(worker, signal.SIGKILL)
        time.sleep(0.02)
    running.communicate(timeout=60)
    assert running.returncode == 1
    assert (many.folder / "out").read_text() == one


@pytest.mark.posix
def test_ctrl_c_in_the_terminal_stops_all_and_says_how_to_go_on(many: Cli) -> None:
    running = start(many)
    while not (many.folder / "out").stat().st_size and running.poll() is None:
        time.sleep(0.005)
    os.killpg(running.pid, signal.SIGINT)
    _, told = running.communicate(timeout=60)
    rows = [json.loads(line) for line in (many.folder / "out").read_text().splitlines()]
    assert all(row["permitted"] is not None for row in rows)
    assert not children(running.pid)
    if running.returncode == 130 and b"Interrupted after" in told:
        assert b"--skip " in told
    assert b"Traceback" not in told


def start(cli: Cli) -> subprocess.Popen[bytes]:
    with (cli.folder / "out").open("wb") as out:
        return cli.start(
            *("check", "contracts", *ASK, "--json", "--workers", "2"),
            stdout=out,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )


def children(process: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[1]) == process and words[0] != "Z":
            found.append(int(stat.parent.name))
    return found
