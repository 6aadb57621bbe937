"""Which of the home's keys a command is about."""

from consentsig import PublicKey
from consentsig.cli.terminal.output import Problem
from consentsig.errors import quoted
from consentsig.home.home import Home, Key

_SHORTEST = 8  # digits of a thumbprint that may stand for all 64


def signing(home: Home) -> Key:
    """The key that signs."""
    for key in home.own_keys():
        if key.signs:
            return key
    raise Problem(f"there is no key in {home.folder}", "consentsig init")


def find(home: Home, text: str) -> Key:
    """The one key that *text* names: its name, thumbprint, the first digits of it, or did:key."""
    found = [key for key in home.own_keys() if _is_named(key, text)]
    if len(found) == 1:
        return found[0]
    which = "several keys are" if found else "no key is"
    known = [f"{key.public.thumbprint.hex()} {key.name or ''}".strip() for key in home.own_keys()]
    raise Problem(f"{which} called {text!r} in {home.folder}", *known)


def _is_named(key: Key, text: str) -> bool:
    public: PublicKey = key.public
    if text in (key.name, public.to_did_key()):
        return True
    return len(text) >= _SHORTEST and public.thumbprint.hex().startswith(text)


def check_keeps_list(home: Home, uri: str, thumbprint: bytes | None = None) -> None:
    """Refuse the address of a list that another key signs: either's list would end the other's.

    Args:
        home: Where the keys are, and the contracts that say who signs which list.
        uri: The address of the list.
        thumbprint: The key that shall sign it; None for one that is not made yet.
    """
    named = {key.public.thumbprint for key in home.own_keys() if key.list_uri == uri}
    others = sorted((named | home.deciding_keys(uri)) - {thumbprint})
    if others:
        names = {key.public.thumbprint: key.name for key in home.own_keys()}
        whose = quoted(names.get(others[0]) or others[0].hex())
        raise Problem(
            f"{uri} is the list of another key, {whose}; only one key signs a list",
            f"name another address, such as {uri}-2",
        )


def check_is_new(home: Home, uri: str) -> None:
    """Refuse as new the address of a list that is known here; of others, a person must know."""
    if home.is_known_list(uri):
        raise Problem(
            f"{uri}: is not new; a contract or a list known here names it",
            f"name another address, such as {uri}-2",
        )
