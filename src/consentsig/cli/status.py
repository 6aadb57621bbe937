"""``status``: what a published list says, how old it is, and until when it counts."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from consentsig import RefusedError, StatusList, verify_status_list
from consentsig.cli.terminal import arguments, given_lists, output
from consentsig.cli.terminal.mistaken_files import beside, is_contract, kind_of, seems_batch
from consentsig.cli.terminal.output import Problem, line
from consentsig.errors import utc
from consentsig.home import files, trust
from consentsig.status_list import REVOKED, STATUS_LIST, SUSPENDED

app = arguments.command_app()


@arguments.command(app, "consentsig status site/consent-list", "consentsig status site")
def status(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE|DIR", help="A list, or a folder of lists. - is standard input."
        ),
    ],
    as_json: arguments.Json = False,
    folder: arguments.HomeFolder = None,
) -> int:
    """Print what a status list says, who signed it, its age, and when it expires.

    For a folder, print the newest list by each key for each address.
    """
    with arguments.open_home(folder) as home:
        names = trust.names(home)
    if file != files.STDIN and Path(file).is_dir():
        return _tell_folder(file, names, as_json=as_json)
    data = files.read(file, STATUS_LIST.max_len)
    try:
        known = verify_status_list(data)
    except RefusedError as error:
        output.error(error.code, str(error))
        output.hint(*_hints(file, data))
        return output.DOES_NOT_HOLD
    return _tell(file, known, names, as_json=as_json)


def _tell_folder(folder: str, names: dict[bytes, str], *, as_json: bool) -> int:
    statuses: list[int] = []
    for file in _newest_in(folder):
        if statuses and not as_json:
            line()
        if not as_json:
            line(f"File:       {file}")
        given, _ = given_lists.read([file], set())
        statuses += [_tell(file, each.known, names, as_json=as_json) for each in given]
    return max(statuses, default=output.DOES_NOT_HOLD)


def _newest_in(folder: str) -> list[str]:
    """The files of the newest lists in *folder*; read one by one, since each can be 16 MiB."""
    newest: dict[given_lists.Speaker, tuple[datetime, str]] = {}
    for path in filter(given_lists.seems_one, sorted(Path(folder).iterdir())):
        for each in given_lists.read([str(path)], set())[0]:
            terms = each.known.terms
            found = (terms.uri, terms.signer.thumbprint)
            if found not in newest or terms.issued > newest[found][0]:
                newest[found] = (terms.issued, str(path))
    if not newest:
        raise Problem(f"{folder}: there is no list in this folder", "name a list, or its folder")
    return [file for _, file in newest.values()]


def _hints(file: str, data: bytes) -> list[str]:
    """What the file is that somebody took for a list."""
    if is_contract(data):
        return [f"this is a contract: consentsig show {output.shell(file)}"]
    if seems_batch(data):
        return [f"this is a batch of contracts: consentsig batch list {output.shell(file)}"]
    if kind := kind_of(file, data):
        return [f"this is {kind}, not a list; {each}" for each in beside(file, "consentsig show")]
    return []


def _tell(file: str, known: StatusList, names: dict[bytes, str], *, as_json: bool) -> int:
    name = names.get(known.terms.signer.thumbprint)
    if as_json:
        output.json_line(_values(file, known, name))
    else:
        _print(known, name)
    if _has_expired(known):
        output.error("status-unknown", f"the list ended {utc(known.terms.expires)}")
        return output.DOES_NOT_HOLD
    return output.HOLDS


def _has_expired(known: StatusList) -> bool:
    return arguments.now() >= known.terms.expires


def _values(file: str, known: StatusList, name: str | None) -> dict[str, object]:
    terms = known.terms
    return {
        "file": file,
        "uri": terms.uri,
        "signer": terms.signer.thumbprint.hex(),
        "known_as": name,
        "issued": output.iso(terms.issued),
        "expires": output.iso(terms.expires),
        "expired": _has_expired(known),
        "bits": terms.bits,
        "size": terms.size,
        "revoked": terms.count(REVOKED),
        "suspended": terms.count(SUSPENDED) if terms.bits > 1 else 0,
        "previous": terms.previous and terms.previous.hex(),
        "object_id": known.object_id.hex(),
    }


def _print(known: StatusList, name: str | None) -> None:
    terms = known.terms
    line(f"List:       {terms.uri}")
    line(f"Signed by:  {name or 'a key you have not said you believe'}")
    line(f"            key {terms.signer.thumbprint.hex()}")
    line(f"Made:       {utc(terms.issued)}, {output.age(arguments.now() - terms.issued)}")
    line(f"Counts until {output.last_day(terms.expires)}")
    line(f"Positions:  {terms.size}")
    line(f"Revoked:    {terms.count(REVOKED)}")
    if terms.bits > 1:
        line(f"Suspended:  {terms.count(SUSPENDED)}")
