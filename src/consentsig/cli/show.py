"""``show``: what a contract says, without a word on whether it holds."""

import shlex
from typing import Annotated

import typer

from consentsig import (
    MalformedError,
    RefusedError,
    UnverifiedContract,
    files,
    parse_contract,
    parse_status_list,
    render,
)
from consentsig.cli import inputs, output
from consentsig.cli.output import line
from consentsig.contract import CONTRACT

app = inputs.command_app()


@app.command()
def show(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A contract; - is standard input.")],
    as_json: inputs.Json = False,
    folder: inputs.HomeFolder = None,
) -> int:
    """Print what a contract says. It is NOT verified: anybody can write such a file."""
    del folder  # accepted everywhere; nothing is looked up here
    data = files.read(file, CONTRACT.max_len)
    try:
        contract = parse_contract(data)
    except MalformedError as error:
        output.error(error.code, str(error))
        if _is_list(data):
            output.hint(f"this is a status list: consentsig status {shlex.quote(file)}")
        return output.DOES_NOT_HOLD
    except RefusedError as error:
        output.error(error.code, str(error))
        return output.DOES_NOT_HOLD
    _print(file, contract, as_json=as_json)
    return output.HOLDS


def _print(file: str, contract: UnverifiedContract, *, as_json: bool) -> None:
    if as_json:
        from consentsig.cli import fields

        output.json_line({"file": file, "verified": False} | fields.contract(contract))
        return
    line("NOT VERIFIED. This is what the file says; whether it holds is for: consentsig verify")
    line()
    for each in render(contract.terms).splitlines():
        line(each)


def _is_list(data: bytes) -> bool:
    try:
        parse_status_list(data)
    except RefusedError:
        return False
    return True
