"""``trust``: whose keys are believed."""

from typing import Annotated, Final

import typer

from consentsig import KeyFileError
from consentsig.cli.terminal import arguments, output
from consentsig.cli.terminal.output import Problem, line
from consentsig.cli.terminal.signed_texts import check_name
from consentsig.home import files, trust

_MAX_LEN: Final = 16_777_216  # of a file of keys

app = arguments.command_app("Choose whose keys you believe.")


@arguments.command(
    app,
    "consentsig trust add ana.pem --name 'Ana Liu'",
    "consentsig trust add --from keys.txt",
)
def add(
    key: Annotated[
        str | None,
        typer.Argument(
            metavar="KEY", help="A did:key:… line, a 64-digit fingerprint, or a public key file."
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="Whose key it is. Make sure first."),
    ] = None,
    file: Annotated[
        str | None,
        typer.Option("--from", metavar="FILE", help="Add many: each line is a KEY and a NAME."),
    ] = None,
    folder: arguments.HomeFolder = None,
) -> None:
    """Believe contracts signed by this key, or by each key of a file."""
    if file is not None and key is None and name is None:
        new = _in_file(file)
    elif file is None and key is not None and name is not None:
        new = [_believed(key, name)]
    else:
        raise Problem("expected a KEY and its --name, or --from FILE alone")
    with arguments.open_home(folder) as home:
        answers = trust.add(home, new, arguments.now())
    for each, is_new in zip(new, answers, strict=True):
        known = "Believed from now on" if is_new else "Already believed"
        line(f"{known}: {each.name}, key {each.thumbprint.hex()}")


def _believed(key: str, name: str) -> trust.Believed:
    name = check_name(name)
    return trust.Believed(name, *arguments.key(key))


def _in_file(path: str) -> list[trust.Believed]:
    """The keys in a file: a line for each, the key first and then whose it is."""
    data = files.read(path, _MAX_LEN)
    if len(data) > _MAX_LEN:
        raise Problem(f"{path}: is longer than {_MAX_LEN:,} bytes; use several files")
    try:
        lines = data.decode().splitlines()
    except UnicodeDecodeError:
        raise Problem(f"{path}: is no text in UTF-8") from None
    found = []
    for number, each in enumerate(lines, start=1):
        key, *name = each.split(maxsplit=1)[:2] or ("#",)
        if key.startswith("#"):
            continue
        try:
            found.append(_believed(key, "".join(name).strip()))
        except (Problem, KeyFileError) as error:
            raise Problem(f"{path}, line {number}: {error}") from None
    if not found:
        raise Problem(f"{path}: there is no key in it, expected lines such as did:key:… Ana Liu")
    return found


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
