"""``key``: show, copy, add, lock, rename and choose the keys that live in the home folder."""

from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from consentsig.cli.terminal import arguments, home_hints, output, own_keys, prompts
from consentsig.cli.terminal.output import Problem, line
from consentsig.cli.terminal.signed_texts import check_name, list_address
from consentsig.errors import quoted
from consentsig.home import files
from consentsig.home.database import Hint
from consentsig.home.home import Home, Key

_ANYTHING: Final = {"allow_extra_args": True, "ignore_unknown_options": True}

app = arguments.command_app(
    "Show, copy, add or choose your keys. To make one more: consentsig init --another"
)


@arguments.command(app, "consentsig key show")
def show(as_json: arguments.Json = False, folder: arguments.HomeFolder = None) -> None:
    """Show your keys, without their secrets."""
    with arguments.open_home(folder) as home:
        own_keys.signing(home)
        for key in home.own_keys():
            if as_json:
                output.json_line(_values(home, key))
            else:
                _print(home, key)


def _values(home: Home, key: Key) -> dict[str, object]:
    return {
        "name": key.name,
        "signs": key.signs,
        "thumbprint": key.public.thumbprint.hex(),
        "did": key.public.to_did_key(),
        "recovery": key.recovery and key.recovery.hex(),
        "list_uri": key.list_uri,
        "file": str(home.key_file(key.public)),
    }


def _print(home: Home, key: Key) -> None:
    line(f"{key.name or '(no name)'}{', signs' if key.signs else ''}")
    line(f"  Fingerprint:  {key.public.thumbprint.hex()}")
    line(f"  Public key:   {key.public.to_did_key()}")
    line(f"  Recovery key: {key.recovery.hex() if key.recovery else 'none'}")
    line(f"  Status list:  {key.list_uri or 'none; its contracts cannot be taken back'}")
    line(f"  File:         {home.key_file(key.public)}")


# Said by those who know the other commands.
app.command("list", hidden=True)(show)


@arguments.command(app, "consentsig key export --public --out ana.pem")
def export(
    out: Annotated[str, typer.Option(metavar="FILE", help="Where to put it.")],
    public: Annotated[
        bool, typer.Option("--public", help="Copy only the public half, which is not secret.")
    ] = False,
    folder: arguments.HomeFolder = None,
) -> None:
    """Copy the signing key to a file. If it is locked here, the copy is locked too."""
    with arguments.open_home(folder) as home:
        key = own_keys.signing(home)
        if public:
            files.write_new(Path(out), key.public.to_pem())
        else:
            pem = files.read(home.key_file(key.public), arguments.MAX_KEY_FILE_LEN)
            files.write_new(Path(out), pem, files.PRIVATE)
    line(f"{'Public' if public else 'Private'} key of {key.name or 'no name'}: {out}")
    if not public:
        line("Whoever has this file and its passphrase signs as you.")


@arguments.command(app, "consentsig key import recovery.pem --name 'Ana Liu'", name="import")
def import_(
    file: Annotated[str, typer.Argument(metavar="FILE", help="An Ed25519 key in PKCS#8 PEM.")],
    name: Annotated[
        str | None,
        typer.Option(
            "--name", metavar="NAME", help="Your name, as it will appear in your contracts."
        ),
    ] = None,
    passphrase_file: arguments.PassphraseFile = None,
    no_passphrase: Annotated[
        bool, typer.Option("--no-passphrase", help="Leave an unlocked key unlocked.")
    ] = False,
    folder: arguments.HomeFolder = None,
) -> None:
    """Add a private key and sign with it from now on. A locked key keeps its passphrase."""
    with arguments.open_home(folder) as home:
        name = None if name is None else check_name(name)
        if no_passphrase and passphrase_file is not None:
            raise Problem("--passphrase-file and --no-passphrase exclude each other")
        private, passphrase = prompts.unlock_file(file, passphrase_file)
        if passphrase is None:
            passphrase = prompts.new_passphrase(passphrase_file, none=no_passphrase)
        elif no_passphrase:
            raise Problem(f"{file}: the key is locked, and stays so; leave out --no-passphrase")
        key = Key(private.public, name, None, None, signs=True)
        home.add_key(
            key, private.to_pem(passphrase), arguments.now(), partial(_check_is_not_here, home, key)
        )
        line(f"Signs from now on: {home.key_file(key.public)}")
        _warn_of_used_positions()


def _check_is_not_here(home: Home, key: Key) -> None:
    if home.has_key(key.public):
        raise Problem(
            f"the key is already in {home.folder}",
            f"consentsig key use {key.public.thumbprint.hex()[:16]}",
        )


def _warn_of_used_positions() -> None:
    output.warning(
        "if this key has signed contracts elsewhere, give it a list address that is new: "
        "which positions of the old list are used is known only there"
    )
    output.hint("consentsig key set-list-uri https://YOUR.SITE/consent-list-2")


@arguments.command(app, "consentsig key use 'Ana Liu'")
def use(
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="Its name, or the first digits of its fingerprint.")
    ],
    folder: arguments.HomeFolder = None,
) -> None:
    """Choose the signing key."""
    with arguments.open_home(folder) as home:
        chosen = own_keys.find(home, key)
        _check_is_there(home, chosen)
        home.use_key(chosen)
        line(f"Signs from now on: {chosen.name or '(no name)'} {chosen.public.thumbprint.hex()}")


@arguments.command(app, "consentsig key rename 'Ana Liu-Wu'")
def rename(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Your name, as it will appear in your contracts.")
    ],
    folder: arguments.HomeFolder = None,
) -> None:
    """Change your name in the contracts that you sign from now on."""
    with arguments.open_home(folder) as home:
        key = own_keys.signing(home)
        name = check_name(name, "the name")
        home.rename_key(key, name)
        line(f"Contracts signed from now on name {quoted(name)}.")
        if key.name not in (None, name):
            line(f"Contracts signed before name {quoted(str(key.name))}, for ever.")


@arguments.command(app, "consentsig key passphrase")
def passphrase(
    *,
    key: Annotated[
        str | None,
        typer.Argument(
            metavar="KEY",
            help="Its name, or the first digits of its fingerprint. The default is the key that "
            "signs.",
        ),
    ] = None,
    passphrase_file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Read the present one from the first line."),
    ] = None,
    new_passphrase_file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Read the new one from the first line."),
    ] = None,
    no_passphrase: Annotated[
        bool, typer.Option("--no-passphrase", help="Do not lock the key any more.")
    ] = False,
    folder: arguments.HomeFolder = None,
) -> None:
    """Change the passphrase of a key. The key itself stays the same."""
    with arguments.open_home(folder) as home:
        home.check_writable()
        chosen = own_keys.signing(home) if key is None else own_keys.find(home, key)
        private = prompts.unlock(home, chosen, passphrase_file)
        new = prompts.new_passphrase(
            new_passphrase_file, none=no_passphrase, option="--new-passphrase-file"
        )
        home.lock_key(private, new)
        path = home.key_file(chosen.public)
    line(f"{'Not locked any more' if new is None else 'Locked with the new passphrase'}: {path}")
    output.warning("copies and backups made before keep the passphrase that they had")
    output.hint("consentsig home backup --out FILE")


# Said by those who look for it here.
@app.command("new", hidden=True, context_settings=_ANYTHING)
def new() -> None:
    """Say how a further key is made."""
    raise Problem(
        "a further key is made by init, with a recovery key of its own",
        "consentsig init --another",
    )


@arguments.command(app, "consentsig key set-list-uri https://ana.example/consent-list")
def set_list_uri(
    uri: Annotated[
        str, typer.Argument(metavar="URI", help="An https, did or urn URI that will stay yours.")
    ],
    is_new: Annotated[
        bool,
        typer.Option("--new", help="Confirm that no list or contract has ever used URI."),
    ] = False,
    folder: arguments.HomeFolder = None,
) -> None:
    """Set where you publish the list of contracts you took back.

    A home restored from a backup cannot know which lists were used after the backup. There, new
    contracts name the list only if you confirm with --new that it was never used.
    """
    with arguments.open_home(folder) as home:
        key = own_keys.signing(home)
        uri = list_address(uri)
        keeps_list = partial(own_keys.check_keeps_list, home, uri, key.public.thumbprint)
        keeps_list()
        if is_new:
            own_keys.check_is_new(home, uri)
            home.say_new(uri, arguments.now())
        home.set_list_uri(key, uri, keeps_list)
        if home.is_closed(uri):
            _tell_closed(home, uri)
            return
        line(f"Contracts signed from now on name the list {uri}")
        if key.list_uri not in (None, uri):
            line(f"Contracts signed before name {key.list_uri}, which you must go on publishing.")


def _check_is_there(home: Home, key: Key) -> None:
    from consentsig.home.checkup import problem_of_key

    path = home.key_file(key.public)
    problem = problem_of_key(path, key)
    if problem is None:
        return
    hints = [Hint.RESTORE_BACKUP]
    if key.recovery is not None:
        hints.append(Hint.PUBLISH_WITH_RECOVERY_KEY)
    raise Problem(f"{path}: {problem}; it cannot sign", *home_hints.words(hints))


def _tell_closed(home: Home, uri: str) -> None:
    line(f"The key names the list {uri}, and no new contract will.")
    output.warning(
        f"{home.folder} was restored from a backup, and positions of this list may have been "
        "used since that was made; none is drawn there"
    )
    if not home.is_known_list(uri):
        output.hint(
            "if no list was ever published there and no contract names it: "
            f"consentsig key set-list-uri {output.shell(uri)} --new"
        )
