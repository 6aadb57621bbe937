"""``init``: make the working key and the recovery key."""

from pathlib import Path
from typing import Annotated

import typer

from consentsig import PrivateKey, files
from consentsig.cli import ask, inputs, output
from consentsig.cli.output import Problem, line, say
from consentsig.cli.texts import check_name, list_address
from consentsig.home import Home, Key

app = inputs.command_app()


@inputs.command(
    app,
    "consentsig init",
    "consentsig init --name 'Ana Liu' --list-uri https://ana.example/consent-list \\\n"
    "      --recovery-out recovery.pem",
)
def init(
    *,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="Your name, as your contracts will give it."),
    ] = None,
    list_uri: Annotated[
        str | None,
        typer.Option(metavar="URI", help="Where you will publish the list of what you took back."),
    ] = None,
    recovery_out: Annotated[
        str | None, typer.Option(metavar="FILE", help="Where to put the recovery key.")
    ] = None,
    no_recovery: Annotated[
        bool, typer.Option("--no-recovery", help="Make no recovery key.")
    ] = False,
    another: Annotated[
        bool,
        typer.Option("--another", help="Beside the keys here, as after one was lost or stolen."),
    ] = False,
    passphrase_file: inputs.PassphraseFile = None,
    no_passphrase: Annotated[
        bool, typer.Option("--no-passphrase", help="Do not lock the keys.")
    ] = False,
    folder: inputs.HomeFolder = None,
) -> None:
    """Make your keys: one that signs, and one to keep elsewhere that can only take back.

    Both are locked with your passphrase. At a terminal it asks for what no option says.
    """
    with inputs.open_home(folder) as home:
        if not another:
            _check_is_new(home)
        name, list_uri = _name_and_list(name, list_uri)
        name = check_name(name)
        uri = list_address(list_uri) if list_uri else None
        _check_is_open(home, uri)
        recovery_file = _recovery_file(home, recovery_out, none=no_recovery)
        passphrase = ask.new_passphrase(passphrase_file, none=no_passphrase)
        key = _make(home, name, uri, recovery_file, passphrase)
        _explain(home, key, recovery_file)


def _name_and_list(name: str | None, list_uri: str | None) -> tuple[str, str | None]:
    """Both as given; where somebody can be asked for the name, they are asked for both."""
    if name is not None:
        return name, list_uri
    if not ask.is_possible():
        raise Problem("your name is needed, as your contracts will give it", "add --name NAME")
    name = ask.typed("Your name, as your contracts will give it:")
    if list_uri is None:
        say("What you take back later is told by a small file, your list, on a web site of yours.")
        list_uri = ask.typed("Its address, such as https://ana.example/consent-list, or Enter:")
    return name, list_uri


def _check_is_new(home: Home) -> None:
    if keys := home.own_keys():
        raise Problem(
            f"{home.folder} already holds the key of {keys[0].name or 'somebody'}, "
            "which is kept as it is",
            "consentsig key show",
            "if that key was lost or stolen, make another beside it: add --another",
        )


def _check_is_open(home: Home, uri: str | None) -> None:
    if uri is not None and home.is_closed(uri):
        raise Problem(
            f"{home.folder} was restored from a backup, and {uri} may have been used since that "
            "was made",
            "make the key without --list-uri; then, if no list was ever published there and no "
            f"contract names it: consentsig key set-list-uri {output.shell(uri)} --new",
        )


def _recovery_file(home: Home, out: str | None, *, none: bool) -> Path | None:
    if none:
        if out is not None:
            raise Problem("--recovery-out and --no-recovery exclude each other")
        return None
    if out is None and ask.is_possible():
        out = ask.typed("Where to put the recovery key (a file, best on another disk)?")
    if not out:
        raise Problem(
            "where should the recovery key go?",
            "add --recovery-out FILE, on a disk that you keep elsewhere, or --no-recovery",
        )
    path = Path(out)
    if path.resolve().is_relative_to(home.folder.resolve()):
        raise Problem(
            f"{path} is inside {home.folder}; whoever loses that folder would lose both keys",
            "name a file on another disk",
        )
    if path.exists() or path.is_symlink():
        raise Problem(
            f"{path}: already exists, and no key is ever overwritten",
            "name another file; if an interrupted init left this one, no key of yours names it",
        )
    if not path.parent.is_dir():
        raise Problem(f"{path.parent}: there is no such folder")
    return path


def _make(
    home: Home, name: str, uri: str | None, recovery_file: Path | None, passphrase: bytes | None
) -> Key:
    """Make the keys and write them; if anything fails, no key stays behind."""
    private, recovery = PrivateKey.generate(), PrivateKey.generate()
    thumbprint = None if recovery_file is None else recovery.public.thumbprint
    key = Key(private.public, name, thumbprint, uri, signs=True)
    pem = private.to_pem(passphrase)
    written: list[Path] = []
    with files.unless_all_goes_well(written, lambda: home.has_key(key.public)):
        if recovery_file is not None:
            files.write_new(recovery_file, recovery.to_pem(passphrase), files.PRIVATE)
            written.append(recovery_file)
        home.add_key(key, pem, inputs.now())
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
        line("  consentsig key set-list-uri https://YOUR.SITE/consent-list")
