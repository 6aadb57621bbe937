from datetime import UTC, datetime
from pathlib import Path

import pytest

from consentsig import PrivateKey
from consentsig.home import trust
from consentsig.home.database import HomeError
from consentsig.home.home import Home, Key

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ANA, EVE, OWN = (PrivateKey(bytes([n]) * 32) for n in (1, 2, 3))


def believed(key: PrivateKey, name: str) -> trust.Believed:
    return trust.Believed(name, key.public.thumbprint, key.public)


def test_own_added_and_given_keys_are_believed_and_no_other(tmp_path: Path) -> None:
    with Home(tmp_path / "home") as home:
        home.add_key(Key(OWN.public, "Me", None, None, signs=True), OWN.to_pem(None), NOW)
        assert trust.add(home, [believed(ANA, "Ana")], NOW) == [True]
        keys = trust.believed(home, [EVE.public.thumbprint])
        assert all(key.public in keys for key in (ANA, EVE, OWN))
        assert EVE.public not in trust.believed(home, [])
        assert trust.names(home)[ANA.public.thumbprint] == "Ana"


def test_a_recovery_key_is_not_believed_to_grant(tmp_path: Path) -> None:
    recovery = EVE.public
    with Home(tmp_path / "home") as home:
        key = Key(OWN.public, "Me", recovery.thumbprint, None, signs=True)
        home.add_key(key, OWN.to_pem(None), NOW)
        assert recovery not in trust.believed(home, [])


def test_a_name_and_a_key_stand_for_each_other(tmp_path: Path) -> None:
    with Home(tmp_path / "home") as home:
        assert trust.add(home, [believed(ANA, "Ana")], NOW) == [True]
        assert trust.add(home, [believed(ANA, "Ana")], NOW) == [False]
        with pytest.raises(HomeError, match="refused to make it"):
            trust.add(home, [believed(EVE, "Ana")], NOW)
        with pytest.raises(HomeError, match='already believed as "Ana"'):
            trust.add(home, [believed(ANA, "Anna")], NOW)
        trust.remove(home, believed(ANA, "Ana"))
        assert trust.add(home, [believed(EVE, "Ana")], NOW) == [True]


def test_a_home_that_is_not_there_believes_nobody(tmp_path: Path) -> None:
    with Home(tmp_path / "home") as home:
        assert len(trust.believed(home, [])) == 0
        assert trust.added(home) == ()
    assert not (tmp_path / "home").exists()
