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


def add(home: Home, new: Believed, at: datetime) -> bool:
    """Believe *new* from now on; False if it was believed under this name before.

    Raises:
        HomeError: The name stands for another key, or the key has another name.
    """
    # Read in the transaction that writes, so that of two processes the later one sees the other.
    with home.writing() as db:
        for old in added(home):
            if _is_known(old, new):
                return False
        db.execute(
            "INSERT INTO believed VALUES (?, ?, ?, ?)",
            (new.thumbprint, new.key and new.key.x, new.name, int(at.timestamp())),
        )
    return True


def _is_known(old: Believed, new: Believed) -> bool:
    """Whether *old* is *new*; refused is what contradicts it."""
    same_name, same_key = old.name == new.name, old.thumbprint == new.thumbprint
    if same_name and not same_key:
        raise HomeError(
            f'"{new.name}" is key {old.thumbprint.hex()}, refused to make it {new.thumbprint.hex()}'
        )
    if same_key and not same_name:
        raise HomeError(f'key {new.thumbprint.hex()} is already believed as "{old.name}"')
    return same_key


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
