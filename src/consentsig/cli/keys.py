"""Which of the home's keys a command is about."""

from consentsig import PublicKey
from consentsig.cli.output import Problem
from consentsig.home import Home, Key

_SHORTEST = 8  # digits of a thumbprint that may stand for all 64


def signing(home: Home) -> Key:
    """The key that signs."""
    for key in home.own_keys():
        if key.signs:
            return key
    raise Problem(f"there is no key in {home.folder}", 'consentsig init --name "YOUR NAME"')


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
