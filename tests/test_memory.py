from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consentsig import (
    ListTerms,
    PrivateKey,
    StatusList,
    memory,
    pack_statuses,
    sign_status_list,
    verify_status_list,
)
from consentsig.database import HomeError
from consentsig.home import Home

NOW = datetime(2026, 1, 1, tzinfo=UTC)
URI = "https://ana.example/list"
KEY, OTHER = PrivateKey(bytes([1]) * 32), PrivateKey(bytes([2]) * 32)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Home(tmp_path / "home") as home:
        yield home


def make_list(hours: int, *revoked: int, key: PrivateKey = KEY) -> StatusList:
    issued = NOW + timedelta(hours=hours)
    statuses = pack_statuses(64, dict.fromkeys(revoked, 1))
    terms = ListTerms(URI, key.public, issued, issued + timedelta(days=1), statuses)
    return verify_status_list(sign_status_list(terms, key))


def test_every_list_is_kept_once_oldest_first(home: Home) -> None:
    lists = [make_list(0), make_list(1, 7), make_list(2, 7), make_list(100)]
    for seen in [*reversed(lists), *lists]:
        memory.remember(home, [seen])
    assert memory.known(home, URI) == lists


def test_lists_of_one_instant_are_both_kept(home: Home) -> None:
    memory.remember(home, [make_list(0)])
    memory.remember(home, [make_list(0, 3)])
    assert len(memory.known(home, URI)) == 2


def test_signers_and_addresses_are_kept_apart(home: Home) -> None:
    memory.remember(home, [make_list(0), make_list(1, key=OTHER)])
    assert len(memory.known(home, URI)) == 2
    assert memory.known(home, "urn:example:other") == []


def test_a_damaged_database_is_never_taken_for_an_empty_one(home: Home) -> None:
    memory.remember(home, [make_list(0)])
    with home.writing() as db:
        db.execute("UPDATE lists SET data = x'00'")
    with pytest.raises(HomeError, match="damaged"):
        memory.known(home, URI)
