"""The keys this home believes: its own, and those somebody added by hand (spec §5 step 4).

A name here is what the person who added the key calls its holder. It is not what a
contract calls its creator, which anyone can write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from consentsig.home.database import HomeError
from consentsig.keys import KeySet, PublicKey

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from consentsig.home.home import Home


class Believed(NamedTuple):
    """A key that was added by hand.

    Attributes:
        name: What its holder is called here.
        thumbprint: The key's identity.
        key: The key itself, if it was given whole.
    """

    name: str
    thumbprint: bytes
    key: PublicKey | None


def added(home: Home) -> tuple[Believed, ...]:
    """The keys that were added, by name."""
    rows = home.rows("SELECT name, thumbprint, x FROM believed ORDER BY name")
    return tuple(
        Believed(name, thumbprint, None if x is None else home.public_key(x))
        for name, thumbprint, x in rows
    )


def add(home: Home, news: Iterable[Believed], at: datetime) -> list[bool]:
    """Believe all of *news* from now on, or none; False for what was believed before.

    Raises:
        HomeError: A name stands for another key, or a key has another name.
    """
    # Read in the transaction that writes, so that of two processes the later one sees the other.
    with home.writing() as db:
        known = added(home)
        by_name = {each.name: each for each in known}
        by_key = {each.thumbprint: each for each in known}
        answers = []
        for new in news:
            _check_fits(by_name.get(new.name), by_key.get(new.thumbprint), new)
            answers.append(new.thumbprint not in by_key)
            if answers[-1]:
                by_name[new.name] = by_key[new.thumbprint] = new
                row = (new.thumbprint, new.key and new.key.x, new.name, int(at.timestamp()))
                db.execute("INSERT INTO believed VALUES (?, ?, ?, ?)", row)
    return answers


def _check_fits(named: Believed | None, keyed: Believed | None, new: Believed) -> None:
    """Refuse *new* where its name or its key stands for something else."""
    if named is not None and named.thumbprint != new.thumbprint:
        old = named.thumbprint.hex()
        raise HomeError(f'"{new.name}" is key {old}, refused to make it {new.thumbprint.hex()}')
    if keyed is not None and keyed.name != new.name:
        raise HomeError(f'key {new.thumbprint.hex()} is already believed as "{keyed.name}"')


def remove(home: Home, old: Believed) -> None:
    """Believe *old* no longer."""
    with home.writing() as db:
        db.execute("DELETE FROM believed WHERE thumbprint = ?", (old.thumbprint,))


def believed(home: Home, also: Iterable[bytes]) -> KeySet:
    """All keys to believe: this home's own, those added, and the thumbprints in *also*."""
    own = [key.public for key in home.own_keys()]
    return KeySet([*own, *(known.thumbprint for known in added(home)), *also])


def names(home: Home) -> dict[bytes, str]:
    """What the holders of known keys are called here, by thumbprint."""
    own = {
        key.public.thumbprint: f"your own key{f' {key.name}' if key.name else ''}"
        for key in home.own_keys()
    }
    return own | {known.thumbprint: known.name for known in added(home)}
