"""``keep``: a grantee's copies of contracts, with the evidence there was at the time.

What was permitted must be shown years later. A copy is kept whatever the answer is today,
and the answer with it, since an auditor wants both; but never a file that is no contract,
or whose signature is not good, which would be evidence of nothing.
"""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from consentsig import (
    NOT_ASKED,
    MalformedError,
    SignedContract,
    StatusList,
    StatusUnknownError,
    Terms,
    UnknownCreatorError,
    open_batch,
    verify_signature,
)
from consentsig.cli.terminal import arguments, given_lists, output
from consentsig.cli.terminal.batch_files import contracts_in, file_name
from consentsig.cli.terminal.mistaken_files import mistaken, seems_batch
from consentsig.cli.terminal.output import Problem, line
from consentsig.cli.terminal.work_files import SUFFIX
from consentsig.errors import RefusedError, utc
from consentsig.evidence import Answer, Verifier
from consentsig.home import files, ledger, trust
from consentsig.home.home import Home
from consentsig.home.ledger import Copy, Outcome
from consentsig.oneline import PREFIX
from consentsig.status_book import speakers, why_not_acceptable

app = arguments.command_app()

LIST_SUFFIX: Final = ".list"


@arguments.command(app, "consentsig keep photo.jpg.consent", "consentsig keep --export evidence")
def keep(
    *,
    contracts: Annotated[
        list[str] | None, typer.Argument(metavar="FILE...", help="The contracts you received.")
    ] = None,
    status: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE|DIR", help="Also use these status lists."),
    ] = None,
    export: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Write all copies and their lists to DIR, for an audit."),
    ] = None,
    as_json: arguments.Json = False,
    folder: arguments.HomeFolder = None,
) -> int:
    """Keep copies of contracts, with the status lists that confirm them now.

    Of a batch file (.consents), every contract is kept, as one that is complete by itself.

    Each file that is a contract with a good signature is kept, whatever becomes of the others.

    Exit status 0: all are kept and authentic. 1: some do not hold, or some are not kept. 2: no
    file could be read.
    """
    if bool(contracts) == (export is not None):
        raise Problem(
            "name contracts to keep, or --export DIR to write out those that were kept",
            "consentsig keep FILE --status LIST",
        )
    with arguments.open_home(folder) as home:
        if export is not None:
            return _export(home, Path(export), as_json=as_json)
        return _keep(home, contracts or [], status or [], as_json=as_json)


def _keep(home: Home, paths: list[str], status: list[str], *, as_json: bool) -> int:
    read = _read(paths, as_json=as_json)
    if not read:
        return output.NOT_ASKED
    checked = [each for path, data in read for each in _checked_all(path, data, as_json=as_json)]
    wanted = len(paths) - len(read) + len(checked)
    signed = [(path, contract) for path, contract in checked if contract is not None]
    if not signed:
        return output.DOES_NOT_HOLD
    speaking = set().union(*(given_lists.speakers_of(contract.terms) for _, contract in signed))
    given, _ = given_lists.read(status, speaking)
    verifier = Verifier(trust.believed(home, ()), home.lists, clock=arguments.now)
    answers = verifier.judge_all(
        [contract for _, contract in signed],
        work=NOT_ASKED,
        grantee=NOT_ASKED,
        use=NOT_ASKED,
        territory=NOT_ASKED,
        lists=[each.known for each in given],
    )
    copies = [
        _copy(home, path, contract, answer)
        for (path, contract), answer in zip(signed, answers, strict=True)
    ]
    _tell_unused(given, copies)
    for copy, outcome in zip(copies, ledger.keep(home, copies, arguments.now()), strict=True):
        _tell(copy, outcome, as_json=as_json)
    if len(copies) < wanted and not as_json:
        what = "file" if wanted == len(paths) else "contract"
        line(f"{len(copies)} of {output.count(wanted, what)} kept.")
    if len(copies) == wanted and all(copy.verdict.contract is not None for copy in copies):
        return output.HOLDS
    return output.DOES_NOT_HOLD


def _read(paths: list[str], *, as_json: bool) -> list[tuple[str, bytes | None]]:
    """The files that can be read; of each other one the reason is told."""
    if any(path == files.STDIN or path.startswith(PREFIX) for path in paths):
        raise Problem("a copy is kept with its file's name, so it must be in a file")
    read: list[tuple[str, bytes | None]] = []
    for path in paths:
        try:
            read.append((path, arguments.contract_or_batch(path)))
        except OSError as error:
            _tell_not_kept(path, "error", output.os_error(error), as_json=as_json)
        except MalformedError as error:  # a line that stands for no bytes
            read.append((path, None))
            _tell_not_kept(path, error.code, f"{path}: {error}", as_json=as_json)
    return read


def _checked_all(
    path: str, data: bytes | None, *, as_json: bool
) -> Iterator[tuple[Path, SignedContract | None]]:
    """The contract in *data*, or all of a batch, each with the name of its file."""
    if data is None or not seems_batch(data):
        yield Path(path), _checked(path, data, as_json=as_json)
        return
    try:
        batch = open_batch(data)
    except RefusedError as error:
        _tell_not_kept(path, error.code, f"{path}: {error}", as_json=as_json)
        yield Path(path), None
        return
    for number, contract in contracts_in(batch):
        if isinstance(contract, bytes):
            yield Path(path), _checked(f"{path}:{number}", contract, as_json=as_json)
        else:
            yield Path(path, file_name(contract)), contract


def _checked(path: str, data: bytes | None, *, as_json: bool) -> SignedContract | None:
    """The contract in *data*, its signature good; else None, and the reason is told."""
    if data is None:
        return None
    try:
        return verify_signature(data)
    except RefusedError as error:
        what = mistaken(path, data, "consentsig keep")
        _tell_not_kept(path, error.code, str(what or f"{path}: {error}"), as_json=as_json)
        output.hint(*(what.hints if what else ()))
        return None


def _tell_not_kept(path: str, code: str, message: str, *, as_json: bool) -> None:
    if as_json:
        result = None if code == "error" else code
        output.json_line(_NOT_KEPT | {"file": path, "result": result, "message": message})
    else:
        output.error(code, f"{message}; not kept")


def _copy(home: Home, path: Path, contract: SignedContract, answer: Answer) -> Copy:
    status = contract.terms.status
    evidence: list[bytes] = []
    if answer.is_believed and status is not None:  # a stranger's lists were not remembered
        evidence = home.lists.ids(status.uri, speakers(contract.terms))
    return Copy(path.absolute(), contract, answer.verdict, tuple(sorted(evidence)))


def _tell(copy: Copy, outcome: Outcome, *, as_json: bool) -> None:
    verdict = copy.verdict
    if as_json:
        output.json_line(_values(copy, outcome))
        return
    added = output.count(outcome.lists_added, "list") if outcome.lists_added else "no new list"
    if verdict.contract is None:
        answer = f"{verdict.result}, so it permits nothing now"
    elif verdict.as_of is None:
        answer = f"{verdict.result}, and cannot be revoked"
    else:
        answer = f"{verdict.result}, says the list of {utc(verdict.as_of)}"
    line(f"{'Kept' if outcome.is_new else 'Was kept before'}: {copy.file}: {answer}; {added} kept")
    if verdict.contract is None:
        output.error(verdict.result, f"{copy.file}: {verdict.message}")
        output.hint(*_hints(copy))


def _tell_unused(given: list[given_lists.Given], copies: list[Copy]) -> None:
    """Report lists that were named and speak for none of the contracts (spec §7.2)."""
    for each in given:
        reasons = [_why_unused(copy.contract.terms, each.known) for copy in copies]
        if each.named and None not in reasons:
            output.warning(f"{each.file} is not used: {reasons[0]}")


def _why_unused(terms: Terms, known: StatusList) -> str | None:
    if terms.status is None:
        return "the contract cannot be revoked, so no list applies to it"
    return why_not_acceptable(terms, terms.status, known)


def _hints(copy: Copy) -> list[str]:
    """What to do so that the answer can be a yes."""
    creator = copy.contract.terms.creator
    match copy.verdict.error:
        case UnknownCreatorError():
            return [
                "if you have made sure whose key it is, do this, then keep it again with its list:",
                output.trust_line(creator.key, None),
            ]
        case StatusUnknownError(uri=uri):
            return [f"get the current list from {uri} and keep it again with: --status FILE"]
    return []


def _values(copy: Copy, outcome: Outcome) -> dict[str, object]:
    verdict = copy.verdict
    return {
        "file": str(copy.file),
        "contract_id": copy.contract.contract_id.hex(),
        "new": outcome.is_new,
        "result": verdict.result,
        "step": verdict.step,
        "message": verdict.message,
        "as_of": verdict.as_of and output.iso(verdict.as_of),
        "lists_added": outcome.lists_added,
    }


# What there is to say of a file that is not kept.
_NOT_KEPT: Final[dict[str, object]] = {
    "file": "", "contract_id": None, "new": None, "result": None, "step": None, "message": "",
    "as_of": None, "lists_added": 0,
}  # fmt: skip


def _export(home: Home, folder: Path, *, as_json: bool) -> int:
    """Write every copy, and every list that may speak for one, each under its own id."""
    copies = ledger.received(home)
    wanted = {folder / f"{each.contract_id.hex()}{SUFFIX}": each.data for each in copies}
    for copy in copies:
        terms = copy.contract.terms
        if terms.status is None:
            continue
        # Those kept with it and those seen later; one left out could be what took it back.
        for known in home.lists.lists(terms.status.uri, speakers(terms)):
            wanted[folder / f"{known.object_id.hex()}{LIST_SUFFIX}"] = known.data
    missing = {path: data for path, data in wanted.items() if not _is_there(path, data)}
    arguments.make_out(folder)
    written: list[Path] = []
    with files.unless_all_goes_well(written):
        for path, data in missing.items():
            files.write_new(path, data)
            written.append(path)
    _tell_exported(folder, len(copies), len(wanted) - len(copies), as_json=as_json)
    return output.HOLDS


def _is_there(path: Path, data: bytes) -> bool:
    """Whether an earlier export wrote the same; anything else in its place is refused."""
    if not os.path.lexists(path):
        return False
    if path.is_file() and files.read(path, len(data)) == data:
        return True
    raise Problem(f"{path}: already exists and is another file; nothing is ever overwritten")


def _tell_exported(folder: Path, contracts: int, known: int, *, as_json: bool) -> None:
    if as_json:
        output.json_line({"folder": str(folder), "contracts": contracts, "lists": known})
        return
    line(f"{output.count(contracts, 'contract')} and {output.count(known, 'list')} in {folder}")
    if contracts:
        place = shlex.quote(str(folder))
        line()
        line("Whoever believes the creators' keys can ask about any instant, offline:")
        line(f"  consentsig verify {place}/*{SUFFIX} --status {place} --at TIME --only-authentic")
        line("What was found when each was kept:")
        line(output.command("consentsig list --received --json"))
