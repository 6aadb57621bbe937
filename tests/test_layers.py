"""The house: imports point down the list of rooms, nothing goes in circles, the core is pure."""

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from strategies import ROOT

SOURCE = ROOT / "src"
# From the top: each room imports from itself and from those before it.
PURE = (
    *("errors", "sealed", "vocabulary", "keyfile", "keys", "digest", "terms", "format"),
    *("asked", "contract", "oneline", "text", "json_values", "sign", "status_list"),
    *("status_book", "verify", "batch", "batch_answers"),
    "inspect",
)
ROOMS = (
    *PURE,
    *("", "evidence", "home", "gate", "conformance", "web"),
    *("cli.terminal", "cli.granting", "cli.publishing", "cli"),
)
IMPURE = {
    *("io", "sys", "socket", "ssl", "time", "pathlib", "subprocess", "tempfile", "sqlite3", "http"),
    *("urllib", "random", "shutil", "logging", "threading", "httpx", "platformdirs", "typer"),
}
# What a pure module may take from a module that can do more.
ALLOWED = {"os": {"urandom"}, "secrets": {"token_bytes"}}
OPENS_A_WORK = ("consentsig.digest", "open")
CLOCKS_AND_FILES = {"now", "utcnow", "today", "open", "print", "input", "exec", "eval"}


def name_of(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {name_of(path): ast.parse(path.read_text()) for path in SOURCE.rglob("*.py")}


def imported(module: str) -> Iterator[str]:
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            for each in node.names:
                inner = f"{node.module}.{each.name}"
                yield inner if inner in TREES else node.module


def room(module: str) -> str:
    """The most specific room that *module* is in; the package itself for what has none."""
    inside = module.partition(".")[2]
    return max((each for each in ROOMS if f"{inside}.".startswith(f"{each}.")), key=len, default="")


def test_every_module_has_a_room_and_imports_point_down() -> None:
    for module in TREES:
        for other in imported(module):
            if other.startswith("consentsig"):
                assert ROOMS.index(room(other)) <= ROOMS.index(room(module)), (module, other)


def test_no_module_needs_itself_in_the_end() -> None:
    at_start = {
        module: {other for other in imported(module) if other in TREES and other != "consentsig"}
        for module in TREES
        if module != "consentsig"  # whose names are loaded when they are used
    }
    TopologicalSorter(at_start).prepare()


CLI = "consentsig.cli"
NO_COMMANDS = [module for module in TREES if room(module) in ("home", "evidence", "gate")]


def strings(module: str) -> Iterator[str]:
    """The string literals of *module*, but for docstrings."""
    docstrings = {node.value for node in ast.walk(TREES[module]) if isinstance(node, ast.Expr)}
    for node in set(ast.walk(TREES[module])) - docstrings:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("module", NO_COMMANDS)
def test_what_is_below_the_command_line_names_no_command_of_it(module: str) -> None:
    for text in strings(module):
        assert "consentsig " not in text, text
        assert not re.search(r"(^|\s)--[a-z]", text), text


@pytest.mark.parametrize("module", [each for each in TREES if f"{each}.".startswith(f"{CLI}.")])
def test_the_command_line_asks_the_home_and_not_its_database(module: str) -> None:
    for text in strings(module):
        assert not re.match("(SELECT|INSERT|UPDATE|DELETE|PRAGMA|CREATE) ", text), text
    names = {node.attr for node in ast.walk(TREES[module]) if isinstance(node, ast.Attribute)}
    assert not names & {"rows", "each", "execute", "executemany"}


CORE = [module for module in TREES if room(module) in PURE]


@pytest.mark.parametrize("module", CORE)
def test_the_core_reads_no_file_network_or_clock(module: str) -> None:
    assert not {name.partition(".")[0] for name in imported(module)} & IMPURE
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert node.attr in ALLOWED.get(node.value.id, {node.attr})
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
            assert name not in CLOCKS_AND_FILES or (module, name) == OPENS_A_WORK
