"""``init``: make the working key and the recovery key."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from consentsig import PrivateKey
from consentsig.cli.granting import answers
from consentsig.cli.terminal import arguments, output, own_keys, prompts
from consentsig.cli.terminal.output import Problem, line, say
from consentsig.cli.terminal.signed_texts import check_name, list_address
from consentsig.home import files
from consentsig.home.home import Home, Key

app = arguments.command_app()


@arguments.command(
    app,
    "consentsig init",
    "consentsig init --name 'Ana Liu' --list-uri https://ana.example/consent-list \\\n"
    "      --recovery-out recovery.pem",
)
def init(
    *,
    name: Annotated[
        str | None,
        typer.Option(
            "--name", metavar="NAME", help="Your name, as it will appear in your contracts."
        ),
    ] = None,
    list_uri: Annotated[
        str | None,
        typer.Option(
            metavar="URI", help="Where you will publish the list of contracts you took back."
        ),
    ] = None,
    is_new: Annotated[
        bool,
        typer.Option("--new", help="Confirm that no list or contract has ever used URI."),
    ] = False,
    recovery_out: Annotated[
        str | None, typer.Option(metavar="FILE", help="Where to put the recovery key.")
    ] = None,
    no_recovery: Annotated[
        bool, typer.Option("--no-recovery", help="Do not make a recovery key.")
    ] = False,
    another: Annotated[
        bool,
        typer.Option("--another", help="Add to the keys here, for example after one was lost."),
    ] = False,
    passphrase_file: arguments.PassphraseFile = None,
    recovery_passphrase_file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Read a separate passphrase for the recovery key."),
    ] = None,
    no_passphrase: Annotated[
        bool, typer.Option("--no-passphrase", help="Do not lock the keys.")
    ] = False,
    folder: arguments.HomeFolder = None,
) -> None:
    """Make your keys: a signing key, and a recovery key that can only take contracts back.

    Keep the recovery key elsewhere. Your passphrase locks both keys, or each has its own. At a
    terminal, it asks for whatever the options leave out.
    """
    with arguments.open_home(folder) as home:
        if not another:
            _check_is_new(home)
        _check_excluded(recovery_out, recovery_passphrase_file, none=no_recovery)
        if is_new and list_uri is None:
            raise Problem("--new is about the address of a list", "add --list-uri URI")
        given = _Wanted(name, list_uri, recovery_out, list_is_new=is_new)
        wanted = _wanted(home, given, none=no_recovery)
        passphrase = prompts.new_passphrase(passphrase_file, none=no_passphrase)
        for_recovery = prompts.recovery_passphrase(
            recovery_passphrase_file,
            passphrase,
            is_asked=not (no_recovery or no_passphrase or passphrase_file),
        )
        check = partial(_check_may_be_added, home, wanted, another=another)
        key = _make(home, wanted, passphrase, for_recovery, check)
        _explain(home, key, wanted.recovery_file)


def _check_excluded(out: str | None, passphrase_file: str | None, *, none: bool) -> None:
    if none and out is not None:
        raise Problem("--recovery-out and --no-recovery exclude each other")
    if none and passphrase_file is not None:
        raise Problem("--recovery-passphrase-file and --no-recovery exclude each other")


class _Wanted(NamedTuple):
    """What the keys will be called, and where the list and the recovery key will be."""

    name: str | None
    list_uri: str | None
    recovery_out: str | None
    list_is_new: bool = False  # somebody said so

    @property
    def recovery_file(self) -> Path | None:
        """Where the recovery key goes."""
        return None if self.recovery_out is None else Path(self.recovery_out)


def _wanted(home: Home, given: _Wanted, *, none: bool) -> _Wanted:
    """*given* and what is answered to what it leaves open, all of it checked."""
    checked = _checked(home, given)
    steps: list[Callable[[_Wanted], _Wanted]] = []
    if given.name is None:
        steps.append(_name)
        if given.list_uri is None:
            steps.append(partial(_list, home))
    if given.recovery_out is None and not none:
        steps.append(partial(_recovery, home))
    if steps and not prompts.is_possible():
        raise _lacks(given)
    if given.name is None:
        say("Type back to return to the question before, or press Ctrl-C to make nothing.")
    return prompts.Conversation(steps, checked).answers()


def _checked(home: Home, given: _Wanted) -> _Wanted:
    if given.recovery_out is not None:
        _recovery_file(home, Path(given.recovery_out))
    return given._replace(
        name=None if given.name is None else check_name(given.name),
        list_uri=given.list_uri
        and _open_list(home, list_address(given.list_uri), is_new=given.list_is_new),
    )


def _lacks(given: _Wanted) -> Problem:
    if given.name is None:
        return Problem("your name is needed, as your contracts will give it", "add --name NAME")
    return Problem(
        "where should the recovery key go?",
        "add --recovery-out FILE, on a disk that you keep elsewhere, or --no-recovery",
    )


def _name(wanted: _Wanted) -> _Wanted:
    question = "Your name, as your contracts will give it:"
    return wanted._replace(
        name=prompts.until(question, lambda typed: check_name(typed, "the name"))
    )


def _list(home: Home, wanted: _Wanted) -> _Wanted:
    say("A small file on your web site, your list, will say what you take back later.")
    question = "Its address, such as https://ana.example/consent-list:"
    uri, is_new = prompts.until(
        question,
        lambda typed: _new_or_open(home, answers.list_uri(typed)) if typed else (None, False),
        otherwise="to say it later",
    )
    return wanted._replace(list_uri=uri, list_is_new=is_new)


def _new_or_open(home: Home, uri: str) -> tuple[str, bool]:
    """*uri*, and whether somebody says that it is new, which only a restored home asks."""
    own_keys.check_keeps_list(home, uri)
    is_new = (
        home.is_closed(uri)
        and not home.is_known_list(uri)
        and prompts.yes_or_no(
            "  Contracts may have been signed since the backup was made. Is this address new: was "
            "no list ever published there, and does no contract name it?"
        )
    )
    return _open_list(home, uri, is_new=is_new), is_new


def _recovery(home: Home, wanted: _Wanted) -> _Wanted:
    path = prompts.until(
        "Where to put the recovery key (a file, best on another disk)?",
        lambda typed: _recovery_file(home, answers.path(typed)),
    )
    return wanted._replace(recovery_out=str(path))


def _check_is_new(home: Home) -> None:
    if keys := home.own_keys():
        raise Problem(
            f"{home.folder} already holds the key of {keys[0].name or 'somebody'}, "
            "which is kept as it is",
            "consentsig key show",
            "if that key was lost or stolen, make another beside it: add --another",
        )


def _open_list(home: Home, uri: str, *, is_new: bool) -> str:
    """*uri*, if no other key signs that list, and no backup may have forgotten its positions."""
    if is_new:
        own_keys.check_is_new(home, uri)
    elif home.is_closed(uri):
        raise Problem(
            f"{home.folder} was restored from a backup, and {uri} may have been used since that "
            "was made",
            "if no list was ever published there and no contract names it, add --new",
        )
    own_keys.check_keeps_list(home, uri)
    return uri


def _recovery_file(home: Home, path: Path) -> Path:
    """*path*, if a new file can be there and it is not where the other key is."""
    if path.resolve().is_relative_to(home.folder.resolve()):
        raise Problem(
            f"{path} is inside {home.folder}; whoever loses that folder would lose both keys",
            "name a file on another disk",
        )
    if path.is_dir():
        raise Problem(f"{path}: is a folder; name a file in it, such as {path}/recovery.pem")
    if path.exists() or path.is_symlink():
        raise Problem(
            f"{path}: already exists, and no key is ever overwritten",
            "name another file; if an interrupted init left this one, no key of yours names it",
        )
    if not path.parent.is_dir():
        raise Problem(f"{path.parent}: there is no such folder")
    return path


def _check_may_be_added(home: Home, wanted: _Wanted, *, another: bool) -> None:
    """Check again what another process may have changed while somebody typed."""
    if not another:
        _check_is_new(home)
    if wanted.list_uri is not None:
        _open_list(home, wanted.list_uri, is_new=wanted.list_is_new)
        if wanted.list_is_new:  # kept with the key, or not at all
            home.say_new(wanted.list_uri, arguments.now())


def _make(
    home: Home,
    wanted: _Wanted,
    passphrase: bytes | None,
    for_recovery: bytes | None,
    check: Callable[[], None],
) -> Key:
    """Make the keys and write them; if anything fails, no key stays behind."""
    recovery_file = wanted.recovery_file
    private, recovery = PrivateKey.generate(), PrivateKey.generate()
    thumbprint = None if recovery_file is None else recovery.public.thumbprint
    key = Key(private.public, wanted.name, thumbprint, wanted.list_uri, signs=True)
    pem = private.to_pem(passphrase)
    written: list[Path] = []
    with files.unless_all_goes_well(written, lambda: home.has_key(key.public)):
        if recovery_file is not None:
            files.write_new(recovery_file, recovery.to_pem(for_recovery), files.PRIVATE)
            written.append(recovery_file)
        home.add_key(key, pem, arguments.now(), check)
    return key


def _explain(home: Home, key: Key, recovery_file: Path | None) -> None:
    line(f"Your signing key:  {home.key_file(key.public)}")
    if recovery_file is not None:
        line(f"Your recovery key: {recovery_file}")
        line()
        line(
            "Keep the recovery key away from this computer, for example on a stick in a drawer. "
            "If the signing key is lost or stolen, the recovery key can still take back what you "
            "granted. If both are in one place, one fire or one thief takes both."
        )
    line()
    line("Give this line to those who will check your contracts; it holds no secret:")
    line(f"  {output.trust_line(key.public, key.name)}")
    if key.list_uri is None:
        line()
        line("Before you grant what you may want to take back, say where your list will be:")
        line(output.command("consentsig key set-list-uri https://YOUR.SITE/consent-list"))
    line()
    line("Next: permit uses of a work, step by step.")
    line(output.command("consentsig grant photo.jpg"))
