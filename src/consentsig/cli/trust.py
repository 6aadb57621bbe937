"""``trust``: whose keys are believed."""

from typing import Annotated

import typer

from consentsig import KeyFileError
from consentsig.cli.terminal import arguments, output
from consentsig.cli.terminal.output import Problem, line
from consentsig.cli.terminal.signed_texts import check_name
from consentsig.home import trust

app = arguments.command_app("Choose whose keys you believe.")


@arguments.command(app, "consentsig trust add ana.pem --name 'Ana Liu'")
def add(
    key: Annotated[
        str,
        typer.Argument(
            metavar="KEY", help="A did:key:… line, a 64-digit fingerprint, or a public key file."
        ),
    ],
    name: Annotated[
        str,
        typer.Option("--name", metavar="NAME", help="Whose key it is. Make sure first."),
    ],
    folder: arguments.HomeFolder = None,
) -> None:
    """Believe contracts signed by this key."""
    name = check_name(name)
    thumbprint, public = arguments.key(key)
    with arguments.open_home(folder) as home:
        if trust.add(home, trust.Believed(name, thumbprint, public), arguments.now()):
            line(f"Believed from now on: {name}, key {thumbprint.hex()}")
        else:
            line(f"Already believed: {name}, key {thumbprint.hex()}")


@arguments.command(app, "consentsig trust list", name="list")
def list_(as_json: arguments.Json = False, folder: arguments.HomeFolder = None) -> None:
    """List the keys you added. Your own keys are always believed."""
    with arguments.open_home(folder) as home:
        for known in trust.added(home):
            if as_json:
                output.json_line(
                    {
                        "known_as": known.name,
                        "thumbprint": known.thumbprint.hex(),
                        "did": known.key and known.key.to_did_key(),
                    }
                )
            else:
                line(f"{known.thumbprint.hex()} {known.name}")


@arguments.command(app, "consentsig trust remove 'Ana Liu'")
def remove(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key, or the name you gave it.")],
    folder: arguments.HomeFolder = None,
) -> None:
    """Stop believing a key."""
    with arguments.open_home(folder) as home:
        known = trust.added(home)
        named = [each for each in known if each.name == key] or [
            each for each in known if each.thumbprint == _thumbprint(key)
        ]
        if not named:
            raise Problem(f"{key!r} is not among the believed keys", "consentsig trust list")
        trust.remove(home, named[0])
        line(f"No longer believed: {named[0].name}, key {named[0].thumbprint.hex()}")


def _thumbprint(text: str) -> bytes | None:
    try:
        return arguments.key(text)[0]
    except (Problem, KeyFileError):  # then it is the name of nobody known
        return None
