"""Fixtures: the command in a throw-away folder, and creators at each stage."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import processes
from command_line import FREE, MEASURED, PUBLISH_FIRST, TERMS, TIMEOUT, Cli, make_ana


def pytest_configure() -> None:
    """See to it that Ctrl-C can be tested also in the background."""
    processes.let_signals_through()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip on other systems what can only be tested on a POSIX one."""
    if os.name != "posix":
        for item in items:
            if item.get_closest_marker("posix"):
                item.add_marker(pytest.mark.skip(reason="needs a POSIX system"))


@pytest.fixture(scope="session", autouse=True)
def no_process_is_left() -> Iterator[None]:
    """Whatever the tests started has ended when they have."""
    processes.mark()
    yield
    deadline = time.monotonic() + TIMEOUT
    while processes.started_by_tests() and time.monotonic() < deadline:
        time.sleep(0.05)  # one that was killed needs a moment
    assert not processes.started_by_tests()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests measured, whichever process they ran in."""
    lines = [
        value
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if name == MEASURED
    ]
    if lines:
        terminalreporter.section("measured")
        for line in lines:
            terminalreporter.write_line(str(line))


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """The command, its home folder not made yet."""
    return Cli(tmp_path)


@pytest.fixture
def ana(cli: Cli) -> Cli:
    """A creator with keys that are not locked, and a work."""
    return make_ana(cli)


@pytest.fixture(scope="session")
def unchanged_ana(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """The same for commands that change nothing, shared by them all."""
    return make_ana(Cli(tmp_path_factory.mktemp("ana")))


@pytest.fixture
def granted(ana: Cli) -> Cli:
    """The same creator, after a revocable grant of which the list is published."""
    ana("grant", "poem.txt", *TERMS, *FREE, "--revocable", "30", "--yes")
    ana(*PUBLISH_FIRST)
    return ana
