"""``batch``: what is in a file of many contracts under one signature, and each one's own file."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from consentsig import (
    Batch,
    RefusedError,
    SignedContract,
    open_batch,
    parse_contract,
    verify_signature,
)
from consentsig.cli.terminal import arguments, contract_words, layout, output
from consentsig.cli.terminal.batch_files import OfBatch, contracts_in, file_name, may_be_for
from consentsig.cli.terminal.mistaken_files import is_contract, mistaken, seems_batch
from consentsig.cli.terminal.output import Problem, line, printable
from consentsig.cli.terminal.work_files import SUFFIX, measure_all
from consentsig.errors import quoted
from consentsig.home import files

app = arguments.command_app("List or split a batch: many contracts under one signature.")

_NOT_VERIFIED: Final = (
    "NOT VERIFIED. This is what the file says; whether a contract holds is for: consentsig verify"
)
File = Annotated[str, typer.Argument(metavar="FILE", help="The batch file. - is standard input.")]


@arguments.command(app, "consentsig batch list series.consents", name="list")
def list_(
    file: File,
    as_json: arguments.Json = False,
    folder: arguments.HomeFolder = None,
) -> int:
    """List the contracts in a batch file. Nobody's key is believed or asked about.

    Exit status 0: each is a contract with a good signature. 1: some are not. 2: the file is none.
    """
    del folder  # accepted everywhere; nothing is looked up here
    batch = _opened(file)
    found = list(contracts_in(batch))
    if as_json:
        for each in found:
            output.json_line(_values(file, batch, each))
    else:
        layout.line(_NOT_VERIFIED, "bold")
        line()
        _print_table(batch, found)
    for each in found:
        _tell_refused(file, each)
    return _status(found)


@arguments.command(
    app,
    "consentsig batch split series.consents --out contracts",
    "consentsig batch split series.consents --out contracts --work photo.jpg",
)
def split(
    *,
    file: File,
    out: Annotated[str, typer.Option(metavar="DIR", help="The folder to write to.")],
    works: Annotated[
        list[str] | None,
        typer.Option(
            "--work", metavar="PATH", help="Write only the contracts for this work. Repeatable."
        ),
    ] = None,
    as_json: arguments.Json = False,
    folder: arguments.HomeFolder = None,
) -> int:
    """Write contracts of a batch file to files of their own. Each is complete by itself.

    With --work, a contract is found by the bytes of the work, and its file is named after it.
    Others are named after the title and the id. No file is ever overwritten.

    Exit status 0: all are written. 1: some contracts are refused, or a work has none.
    """
    del folder  # as above
    target = Path(out)
    arguments.check_out(target)
    batch = _opened(file)
    found = list(contracts_in(batch))
    named = dict(_named(found)) if not works else _for_works(file, found, works)
    _check_free(target, named)
    arguments.make_out(target)
    written: list[Path] = []
    with files.unless_all_goes_well(written):
        for name, contract in named.items():
            files.write_new(target / name, contract.data)
            written.append(target / name)
    for path, contract in zip(written, named.values(), strict=True):
        if as_json:
            output.json_line({"file": str(path), "contract_id": contract.contract_id.hex()})
        else:
            line(str(path))
    wanted = found if not works else []
    for each in wanted:
        _tell_refused(file, each)
    return _status(wanted)


def _opened(file: str) -> Batch:
    try:
        data = arguments.contract_or_batch(file)
        if not seems_batch(data):
            raise _no_batch(file, data)
        return open_batch(data)
    except RefusedError as error:
        raise Problem(f"{file}: {error.code}: {error}") from None


def _no_batch(file: str, data: bytes) -> Problem:
    if is_contract(data):
        return Problem(
            f"{file}: this is one contract, not a batch of them",
            f"to read it: consentsig show {output.shell(file)}",
        )
    what = mistaken(file, data, "consentsig batch list")
    return (
        Problem(str(what).replace("not a contract", "not a batch of contracts"))
        if what
        else (Problem(f"{file}: malformed: this is no batch of contracts"))
    )


def _status(found: list[OfBatch]) -> int:
    is_good = all(isinstance(each.contract, SignedContract) for each in found)
    return output.HOLDS if is_good else output.DOES_NOT_HOLD


def _refusal(contract: bytes) -> RefusedError:
    try:
        verify_signature(contract)
    except RefusedError as error:
        return error
    raise AssertionError  # a batch gives the bytes of refused contracts only


def _tell_refused(file: str, each: OfBatch) -> None:
    if isinstance(each.contract, bytes):
        error = _refusal(each.contract)
        output.error(error.code, f"{file}, contract {each.number}: {error}")


# --- list ---


def _values(file: str, batch: Batch, each: OfBatch) -> dict[str, object]:
    shared: dict[str, object] = {"file": file, "number": each.number, "verified": False}
    if isinstance(each.contract, SignedContract):
        said = contract_words.contract(parse_contract(each.contract.data))
        return shared | said | {"result": None, "message": ""}
    error = _refusal(each.contract)
    contract_id = batch.contract_id(each.number - 1).hex()
    found = {"contract_id": contract_id, "result": error.code, "message": str(error)}
    return shared | contract_words.NOTHING | found


def _print_table(batch: Batch, found: list[OfBatch]) -> None:
    rows = [_row(batch, each) for each in found]
    if sys.stdout.isatty():
        _print_on_terminal(rows)
    else:
        for row in rows:
            line("  ".join(row))
    line()
    line(f"{len(batch):,} contracts signed together")


def _row(batch: Batch, each: OfBatch) -> tuple[str, ...]:
    digits = batch.contract_id(each.number - 1).hex()[:16] + "…"
    if isinstance(each.contract, bytes):
        return str(each.number), "refused", "", "", digits
    terms = each.contract.terms
    title = terms.work.title
    work = quoted(title) if title else f"work {terms.work.sha256.hex()[:16]}…"
    name = quoted(terms.grantee.name)
    grantee = f"{name} ({terms.grantee.uri})" if terms.grantee.uri else name
    uses = ", ".join(use.label for use in terms.uses)
    return str(each.number), work, grantee, uses, digits


def _print_on_terminal(rows: list[tuple[str, ...]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    # Folded, never truncated: without its end, one address can look like another.
    heads = ("No.", "Work", "To", "Uses", "Id")
    columns = (Column(head, overflow="fold") for head in heads)
    table = Table(*columns, box=box.HORIZONTALS, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    Console().print(table)


# --- split ---


def _named(found: list[OfBatch]) -> Iterator[tuple[str, SignedContract]]:
    """The contracts with a good signature, each by the name of its file."""
    for each in found:
        if isinstance(each.contract, SignedContract):
            yield file_name(each.contract), each.contract


def _for_works(file: str, found: list[OfBatch], works: list[str]) -> dict[str, SignedContract]:
    """The contracts for the files *works*, named after these; each work has one at least."""
    named: dict[str, SignedContract] = {}
    for path, measured in zip(works, measure_all(works), strict=True):
        fitting = [each for each in found if may_be_for(each.contract, measured.sha256)]
        good = [each.contract for each in fitting if isinstance(each.contract, SignedContract)]
        if not good:
            for each in fitting:
                _tell_refused(file, each)
            raise Problem(
                f"{file}: none of its {len(found):,} contracts is for {path}",
                "a copy that was changed, resized or saved again is another work",
            )
        for contract in good:
            name = f"{Path(path).name}{SUFFIX}"
            if len(good) > 1 or name in named:
                name = f"{Path(path).name}.{file_name(contract)}"
            named[name] = contract
    return named


def _check_free(folder: Path, names: dict[str, SignedContract]) -> None:
    for name in names:
        path = folder / name
        if path.exists() or path.is_symlink():
            raise Problem(
                f"{path}: already exists, and no contract is ever overwritten",
                "add --out with another folder",
            )
