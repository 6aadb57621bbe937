"""``show``: what contracts say, without a word on whether they hold; or their very bytes."""

import sys
from typing import Annotated, Final

import typer

from consentsig import (
    MalformedError,
    RefusedError,
    UnverifiedContract,
    open_batch,
    parse_contract,
    parse_status_list,
    render,
    to_line,
)
from consentsig.batch import MAX_FILE_LEN
from consentsig.cli.terminal import arguments, layout, output
from consentsig.cli.terminal.mistaken_files import mistaken, seems_batch
from consentsig.cli.terminal.output import Problem, line
from consentsig.status_list import STATUS_LIST

app = arguments.command_app()

_NOT_VERIFIED: Final = (
    "NOT VERIFIED. This is what the file says; whether it holds is for: consentsig verify"
)
# Lists and batches are longer than contracts, and are told apart below.
_MAX_LEN: Final = max(STATUS_LIST.max_len, MAX_FILE_LEN)
_WORDS: Final = ""  # the form that no option asks for: the text
_MAX_FAULTS: Final = 8


@arguments.command(
    app, "consentsig show photo.jpg.consent", "consentsig show --diag photo.jpg.consent"
)
def show(
    paths: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="The contracts. - is standard input.")
    ],
    diag: Annotated[
        bool,
        typer.Option("--diag", help="Print the annotated bytes (CBOR diagnostic notation)."),
    ] = False,
    as_text: Annotated[
        bool, typer.Option("--text", help="Print each contract as one line, for mail or a QR code.")
    ] = False,
    as_json: arguments.Json = False,
    folder: arguments.HomeFolder = None,
) -> int:
    """Print what contracts say. Nothing is verified: anybody can write such a file.

    --diag also shows status lists and damaged files, as far as they can be read.
    """
    del folder  # accepted everywhere; nothing is looked up here
    form = _form({"--diag": diag, "--text": as_text, "--json": as_json})
    statuses: list[int] = []
    for path in paths:
        if len(paths) > 1 and form in (_WORDS, "--diag"):
            _heading(path, is_first=not statuses)
        where = f"{path}: " if len(paths) > 1 else ""
        statuses.append(_show(path, where, form))
    return max(statuses)


def _form(asked: dict[str, bool]) -> str:
    chosen = [option for option, is_asked in asked.items() if is_asked]
    if len(chosen) > 1:
        raise Problem(f"{' and '.join(chosen)} exclude each other")
    return chosen[0] if chosen else _WORDS


def _show(file: str, where: str, form: str) -> int:
    try:
        data = arguments.contract(file, _MAX_LEN)
    except MalformedError as error:
        output.error(error.code, f"{where}{error}")
        return output.DOES_NOT_HOLD
    except OSError as error:  # the other files are shown all the same
        output.error("error", output.os_error(error))
        output.hint(*output.os_hints(error))
        return output.NOT_ASKED
    if form == "--diag":
        return _diagnose(data, where)
    try:
        contract = parse_contract(data)
    except RefusedError as error:
        _refuse(file, where, data, error)
        return output.DOES_NOT_HOLD
    _print(file, form, contract, data)
    return output.HOLDS


def _print(file: str, form: str, contract: UnverifiedContract, data: bytes) -> None:
    if form == "--json":
        from consentsig.cli.terminal import contract_words

        output.json_line({"file": file, "verified": False} | contract_words.contract(contract))
    elif form == "--text":
        line(to_line(data))
    else:
        layout.line(_NOT_VERIFIED, "bold")
        if contract.place is not None:
            layout.line(f"One of {contract.place.size:,} contracts signed together.")
        line()
        layout.contract(render(contract.terms))


def _diagnose(data: bytes, where: str) -> int:
    """Print notation; a fault in it, or else what the reader of the format says, is a no."""
    from consentsig.inspect.diag import diagnose

    found = diagnose(data)
    for each in found.lines:
        line(each)
    for fault in found.faults[:_MAX_FAULTS]:  # the notation shows all of them
        output.error("malformed", f"{where}{fault}")
    try:
        _check(data)
    except RefusedError as error:
        if not found.faults:
            output.error(error.code, f"{where}{error}")
        return output.DOES_NOT_HOLD
    return output.HOLDS


def _check(data: bytes) -> None:
    """Read *data* as what it is.

    Raises:
        RefusedError: It is not well made, or a batch file does not fit together.
    """
    from consentsig.inspect.part_names import is_list

    if seems_batch(data):
        open_batch(data)
    elif is_list(data):
        parse_status_list(data)
    else:
        parse_contract(data)


def _refuse(file: str, where: str, data: bytes, error: RefusedError) -> None:
    quoted_file = output.shell(file)
    if _is_list(data):
        output.error(error.code, f"{where}{error}")
        output.hint(f"this is a status list: consentsig status {quoted_file}")
    elif what := mistaken(file, data, "consentsig show"):
        output.error(error.code, str(what))
        output.hint(*what.hints)
    else:
        output.error(error.code, f"{where}{error}")
        output.hint(f"to see its bytes: consentsig show --diag {quoted_file}")


def _is_list(data: bytes) -> bool:
    try:
        parse_status_list(data)
    except RefusedError:
        return False
    return True


def _heading(text: str, *, is_first: bool) -> None:
    if not is_first:
        line()
    layout.line(text, "bold")
    line()
    sys.stdout.flush()  # messages on standard error belong below it
