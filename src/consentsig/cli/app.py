"""The commands there are, how one is found and run, and what becomes of errors."""

import importlib
import os
import sys
from typing import Annotated, Any, Final, NoReturn

import typer
from typer.core import TyperGroup

from consentsig.cli.terminal import output
from consentsig.cli.terminal.output import Problem
from consentsig.errors import ConsentsigError, RefusedError
from consentsig.home.database import HomeError

COMMANDS: Final = {
    "init": "Make your keys.",
    "key": "Show, copy, add or choose your keys.",
    "uses": "Explain the uses that a contract can permit.",
    "grant": "Sign a contract that permits named uses of a work to one grantee.",
    "list": "List the contracts you granted or kept, and their state.",
    "show": "Print what a contract says, without verifying it.",
    "verify": "Check whether a contract permits a use of a work.",
    "check": "Check which works of a folder may be used.",
    "gate": "Check which works of a whole data set may be used.",
    "batch": "List or split many contracts under one signature.",
    "keep": "Keep copies of contracts you received, with their status lists.",
    "trust": "Choose whose keys you believe.",
    "revoke": "Take contracts back.",
    "publish": "Sign the list of contracts that you took back.",
    "status": "Print what a status list says.",
    "web": "Make a page that checks contracts in a browser.",
    "card": "Make a page for one contract that checks itself when opened.",
    "home": "Check, back up or restore the home folder.",
    "conformance": "Test another verifier with the test vectors.",
    "vectors": "Write the test vectors to a folder.",
}


_DID_YOU_MEAN: Final = " Did you mean "  # as typer words it


class _Commands(TyperGroup):
    """The commands by name, each module loaded when its command is named.

    ``verify`` so never pays for what only ``grant`` needs.
    """

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002  # typer hides its type
        """Every command, in the order of a first use."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002  # as above
        """The command called *cmd_name*."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"consentsig.cli.{cmd_name}")
        return typer.main.get_command(module.app)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002  # as above
        """The list in ``--help``, made without loading a command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401  # as above
        """The command that *args* begin with; typer looks for one like it among loaded ones."""
        try:
            return super().resolve_command(ctx, args)
        except typer.TyperException as error:
            from difflib import get_close_matches

            if close := get_close_matches(args[0], COMMANDS, 1):
                error.message += f"{_DID_YOU_MEAN}{close[0]!r}?"
            raise


app = typer.Typer(
    cls=_Commands,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

TRACEBACK: Final = "CONSENTSIG_TRACEBACK"  # set to see where an unexpected error was raised
_COMPLETE: Final = "_CONSENTSIG_COMPLETE"
_INTERRUPTED: Final = 130  # what typer returns when it has caught Ctrl-C
# What people do first, by the command alone.
_FIRST: Final = """consentsig: one signed contract for one work. What people do first:

  Make your keys                      consentsig init
  Permit uses of a work, step by step consentsig grant photo.jpg
  See what you permitted              consentsig list
  Take a contract back                consentsig revoke photo.jpg.consent
  Check a contract you were given     consentsig verify photo.jpg.consent --work photo.jpg \\
                                          --for https://YOU.example --use finetune

All commands: consentsig --help. About one of them: consentsig grant --help
"""


def _version(asked: bool) -> None:
    if asked:
        from consentsig import __version__

        print(f"consentsig {__version__}, format 1.0")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def options(
    context: typer.Context,
    folder: Annotated[
        str | None,
        typer.Option(
            "--home", metavar="FOLDER", help="The home folder. The default is $CONSENTSIG_HOME."
        ),
    ] = None,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Sign and check contracts, each for one work: who may use it, and for what.

    Exit status: 0 yes or done, 1 no, 2 the question could not be asked.
    """
    del version  # its callback has answered
    if folder is not None:
        from consentsig.cli.terminal.arguments import home_folder
        from consentsig.home.home import VARIABLE

        # Every command has a --home of its own, which reads this where it is not given.
        os.environ[VARIABLE] = home_folder(folder)
    if context.invoked_subcommand is None:
        print(_FIRST, end="")


def run(arguments: list[str]) -> int:
    """Run one command; print what goes wrong as one line; return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        # A name the terminal cannot show must not end the program.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        status = app(arguments, prog_name="consentsig", standalone_mode=False) or 0
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit) as end:
        if isinstance(end, SystemExit) and not end.code:  # as after completing what was typed
            return output.HOLDS
        _leave_quietly()  # typer turns a pipe that broke into an exit with 1, "does not hold"
    except Exception as error:  # noqa: BLE001  # none may end as Python ends one: with 1, for a no
        return _told(error)
    if status == _INTERRUPTED:
        raise KeyboardInterrupt
    return int(status)


def _told(error: Exception) -> int:
    match error:
        case typer.TyperException():
            return _usage(error)
        case typer.Abort():
            output.error("error", "the input ended before the answer")
        case Problem():
            output.error("error", str(error))
            output.hint(*error.hints)
        case RefusedError():
            output.error(error.code, str(error))
        case ConsentsigError():
            output.error("error", str(error))
            output.hint(*_home_hints(error))
        case OSError():
            output.error("error", output.os_error(error))
            output.hint(*output.os_hints(error))
        case UnicodeError():
            output.error("error", f"text that is not Unicode: {error}")
        case KeyError() | ValueError() if _COMPLETE in os.environ:  # from typer's own part
            what = f"{_COMPLETE} is set, as by a shell that completes what is typed"
            output.error("error", f"{what}, and COMP_WORDS or COMP_CWORD is missing or wrong")
            output.hint(f"unset {_COMPLETE}")
        case MemoryError():
            output.error("error", "there is not enough memory")
        case _:
            return _unexpected(error)
    return output.NOT_ASKED


def _home_hints(error: ConsentsigError) -> list[str]:
    if not isinstance(error, HomeError):
        return []
    from consentsig.cli.terminal import home_hints

    return home_hints.words(error.hints)


def _unexpected(error: Exception) -> int:
    """Report a fault in this program: where it is, and how to see more of it."""
    import traceback

    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.basename(where.filename)}, line {where.lineno}"  # noqa: PTH119  # a text
    output.error("error", f"unexpected {type(error).__name__} in {place}: {error}")
    if TRACEBACK in os.environ:
        for each in "".join(traceback.format_exception(error)).splitlines():
            output.say(each)
    else:
        output.hint(f"to report this fault, run it again with {TRACEBACK}=1")
    return output.FAULT


def _usage(error: typer.TyperException) -> int:
    context = getattr(error, "ctx", None)
    message = error.format_message()
    if message.startswith("Usage:"):  # nothing was asked, so the help is shown
        for each in message.splitlines():
            output.say(each)
        return output.NOT_ASKED
    message, _, close = message.partition(_DID_YOU_MEAN)
    output.error("error", message[0].lower() + message[1:].rstrip("."))
    known = close.replace("'", "")
    help_of = f"{context.command_path if context else 'consentsig'} --help"
    output.hint(f"did you mean {known}" if known else help_of)
    return output.NOT_ASKED


def _leave_quietly() -> NoReturn:
    # Whoever read our output has left; Python must not complain about it at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(output.NOT_ASKED)
