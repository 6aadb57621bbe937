"""A command run inside a test's process does what the installed command does."""

import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from command_line import FREE, PUBLISH, QUESTION, TERMS, Cli, contents
from consentsig.cli.terminal import output
from consentsig.home.home import VARIABLE

DID = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
# Each command once, and its exit status.
COMMANDS: dict[str, tuple[int, tuple[str, ...]]] = {
    "alone": (0, ()),
    "init": (0, ("--home", "new", "init", "--name", "Bo", "--no-recovery", "--no-passphrase")),
    "key": (0, ("key", "show")),
    "uses": (0, ("uses",)),
    "grant": (0, ("grant", "song.txt", *TERMS, *FREE, "--revocable", "30", "--yes")),
    "list": (0, ("list", "--csv")),
    "show": (0, ("show", "poem.txt.consent", "--diag")),
    "verify": (0, ("verify", *QUESTION)),
    "refused": (1, ("verify", *QUESTION, "--at", "2020-01-01T00:00Z")),
    "unknown": (1, ("--home", "none", "verify", *QUESTION, "--json")),
    "keep": (0, ("keep", "poem.txt.consent")),
    "trust": (0, ("trust", "add", DID, "--name", "Bo")),
    "revoke": (0, ("revoke", "poem.txt.consent", "--yes")),
    "publish": (0, PUBLISH),
    "status": (0, ("status", "site/consent-list")),
    "web": (0, ("web", "--out", "pages")),
    "card": (0, ("card", "poem.txt.consent", "--work", "poem.txt", "--out", "card.html")),
    "home": (0, ("home", "check")),
    "conformance": (1, ("conformance", "--cmd", "echo expired", "--only", "contract/at_*")),
    "vectors": (0, ("vectors", "--out", "kit")),
    "wrong": (2, ("grnat",)),
    "nobody to ask": (2, ("grant", "song.txt")),
}
VARIES = re.compile(r"[0-9a-f]{8,}|z6Mk\w+|\d+")  # digests, keys; positions, instants, lengths


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_the_same_inside_and_outside(granted: Cli, name: str) -> None:
    (granted.folder / "song.txt").write_text("three green boats\n")
    copy = granted.folder.with_name("copy")
    shutil.copytree(granted.folder, copy)
    status, command = COMMANDS[name]
    inside = granted(*command, status=status)
    made = contents(granted.folder).keys()
    shutil.rmtree(granted.folder)
    copy.rename(granted.folder)
    outside = granted.installed(*command, status=status)
    assert without_what_varies(inside.out) == without_what_varies(outside.out)
    assert without_what_varies(inside.err) == without_what_varies(outside.err)
    assert without_what_varies(*made) == without_what_varies(*contents(granted.folder))


def without_what_varies(*texts: str) -> list[str]:
    return sorted(VARIES.sub("…", text) for text in texts)


def test_what_a_command_changes_in_its_process_is_undone(granted: Cli) -> None:
    def state() -> list[object]:
        streams = [sys.stdin, sys.stdout, sys.stderr, sys.__stdin__, sys.__stdout__, sys.__stderr__]
        return [Path.cwd(), dict(os.environ), sys.argv, sys.excepthook, output.home, *streams]

    before = state()
    del granted.environment[VARIABLE]
    granted("--home", "home", "verify", *QUESTION)
    granted("--home", "home", "key", "show")
    assert state() == before
    assert VARIABLE not in granted.environment
