"""Questions to the person at the terminal: passphrases, and whether to go on."""

import sys
from pathlib import Path

import typer

from consentsig import KeyFileError, PrivateKey, files
from consentsig.cli.inputs import MAX_KEY_FILE_LEN
from consentsig.cli.output import Problem, error, say
from consentsig.home import Home, Key

_MAX_PASSPHRASE_LEN = 4096
_TRIES = 3  # a slip of the finger must not cost all the answers before


def is_possible() -> bool:
    """Whether somebody can answer."""
    return sys.stdin.isatty()


def typed(question: str) -> str:
    """What somebody types, without spaces around it.

    Raises:
        typer.Abort: The input ended, as when the terminal was closed.
    """
    # On standard error, since standard output holds the result.
    print(question, end=" ", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        print(file=sys.stderr)
        raise typer.Abort
    return line.strip()


def check_can_confirm(*, yes: bool) -> None:
    """Refuse early what nobody could confirm later."""
    if not yes and not is_possible():
        raise Problem(
            "nobody can be asked to confirm, since standard input is no terminal",
            "add --yes if you have read what is done",
        )


def confirmed(question: str, words: str, *, yes: bool) -> bool:
    """Whether to go on: *yes* was written, or somebody types *words*."""
    if yes or typed(f"{question} Type {words} to go on:").lower() == words.lower():
        return True
    error("error", "not confirmed, so nothing was done")
    return False


def passphrase_in(file: str) -> bytes:
    """The first line of *file*, which is not empty."""
    first = files.read(file, _MAX_PASSPHRASE_LEN).split(b"\n")[0].rstrip(b"\r")
    if not first:
        raise Problem(f"{file}: the first line is empty, expected a passphrase")
    if len(first) > _MAX_PASSPHRASE_LEN:
        raise Problem(f"{file}: the passphrase is over {_MAX_PASSPHRASE_LEN} bytes")
    return first


def new_passphrase(file: str | None, *, none: bool) -> bytes | None:
    """The passphrase that will lock a key; None for none, which somebody must have written."""
    if none:
        if file is not None:
            raise Problem("--passphrase-file and --no-passphrase exclude each other")
        return None
    if file is not None:
        return passphrase_in(file)
    if not is_possible():
        raise Problem(
            "a passphrase is needed to lock the key, and standard input is no terminal",
            "add --passphrase-file FILE, or --no-passphrase if the disk itself is locked",
        )
    first = _hidden("Choose a passphrase (it is not shown): ")
    if not first:
        raise Problem(
            "the passphrase is empty", "add --no-passphrase if you want a key that is not locked"
        )
    if _hidden("The same again: ") != first:
        raise Problem("the two passphrases differ")
    return first


def unlock_file(path: Path | str, passphrase_file: str | None) -> tuple[PrivateKey, bytes | None]:
    """The private key in *path*, and the passphrase that opened it, if it was locked."""
    data = files.read(path, MAX_KEY_FILE_LEN)
    from consentsig.keyfile import is_locked  # loads the library that reads key files

    is_asked = is_locked(data) and passphrase_file is None and is_possible()
    for tries_left in reversed(range(_TRIES if is_asked else 1)):
        passphrase = _passphrase_for(path, passphrase_file) if is_locked(data) else None
        try:
            return PrivateKey.from_pem(data, passphrase), passphrase
        except KeyFileError as error:
            if not tries_left:
                raise Problem(f"{path}: {error}") from None
            say(f"{error}; once more.")
    raise AssertionError  # the last try returns or raises


def unlock(home: Home, key: Key, passphrase_file: str | None) -> PrivateKey:
    """The private half of *key*, which lives in *home*."""
    path = home.key_file(key.public)
    private = unlock_file(path, passphrase_file)[0]
    if private.public != key.public:
        raise Problem(f"{path}: holds {private.public!r}, expected {key.public!r}")
    return private


def _passphrase_for(path: Path | str, file: str | None) -> bytes:
    if file is not None:
        return passphrase_in(file)
    if not is_possible():
        raise Problem(
            f"{path}: the key needs a passphrase, and standard input is no terminal",
            "add --passphrase-file FILE",
        )
    return _hidden(f"Passphrase for {path}: ")


def _hidden(prompt: str) -> bytes:
    from getpass import getpass

    # What a terminal cannot decode comes as lone surrogates, and goes back as it came.
    return getpass(prompt).encode("utf-8", "surrogateescape")
