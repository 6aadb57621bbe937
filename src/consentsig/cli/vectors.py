"""``vectors``: the test vectors that come with the program, as files in a folder."""

from pathlib import Path
from typing import Annotated

import typer

from consentsig.cli.terminal import arguments, output
from consentsig.cli.terminal.output import Problem, line, say
from consentsig.conformance.vectors import kit
from consentsig.home import files

app = arguments.command_app()


@arguments.command(app, "consentsig vectors --out consentsig-vectors")
def vectors(
    out: Annotated[
        str, typer.Option(metavar="DIR", help="Write them to DIR, which is new or empty.")
    ],
    folder: arguments.HomeFolder = None,
) -> int:
    """Write the test vectors to a folder.

    The folder has a file for each vector, the JSON Schema of one, README.md, which explains
    them, the licence, and SHA256SUMS. The vectors have a version of their own, in VERSION.
    """
    del folder  # accepted everywhere; nothing is looked up here
    target = Path(out).resolve()
    arguments.check_out(target)
    if target.exists() and (any(target.iterdir()) or target.samefile(".")):
        reason = "is the current folder" if target.samefile(".") else "is not empty"
        raise Problem(f"{out}: {reason}", "name a new folder with --out")
    made = kit()
    files.write_new_folder(target, made.files)
    line(f"{out}: {output.count(made.size, 'vector')}, version {made.version}, for format 1.0")
    say("To check that every file is there and unchanged:")
    say(output.command(f"cd {output.shell(out)} && sha256sum -c --quiet SHA256SUMS"))
    return output.HOLDS
