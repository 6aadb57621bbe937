"""``list``: the contracts granted here or kept here, and the state of each."""

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from consentsig import StatusBook, Use
from consentsig.cli.terminal import arguments, contract_tables, given_lists, output
from consentsig.cli.terminal.contract_tables import Row
from consentsig.cli.terminal.output import Problem, hint, line
from consentsig.cli.terminal.work_files import measure
from consentsig.home import ledger, trust
from consentsig.home.home import Home
from consentsig.home.ledger import Entry, ListState, Standing, State

app = arguments.command_app()

_HEX: Final = re.compile(r"[0-9a-f]{8,64}")
_MAX_DAYS: Final = 36_525  # a hundred years, longer than any contract lasts
_SOON: Final = timedelta(days=14)  # before a list ends: enough for one who looks once a week
_STATES: Final = {state.value: state for state in State}

_Fits: TypeAlias = Callable[[Row], bool]


@arguments.command(
    app,
    "consentsig list",
    "consentsig list --to acme --ending 30",
    "consentsig list --csv > contracts.csv",
    name="list",
)
def list_contracts(
    *,
    received: Annotated[
        bool, typer.Option("--received", help="List contracts kept with `keep` instead.")
    ] = False,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="Show only contracts whose grantee's name or URL contains TEXT."
        ),
    ] = None,
    use: Annotated[
        str | None,
        typer.Option("--use", metavar="USE", help="Show only contracts that permit USE."),
    ] = None,
    work: Annotated[
        str | None,
        typer.Option(
            "--work",
            metavar="WORK",
            help="Show only contracts for WORK: a file, SHA-256 digits, or part of its title.",
        ),
    ] = None,
    ending: Annotated[
        int | None,
        typer.Option(metavar="DAYS", help="Show only contracts that expire within DAYS days."),
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(
            "--state", metavar="STATE", help=f"Show only contracts in STATE: {', '.join(_STATES)}."
        ),
    ] = None,
    as_json: arguments.Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for a spreadsheet.")] = False,
    folder: arguments.HomeFolder = None,
) -> int:
    """List the contracts you granted, newest first, and the state of each.

    A state is a result code, as `verify` prints it, except for two:

    needs-list: no current list is known here. The contract permits nothing without one.

    needs-publishing: you revoked it here. Nobody else knows until you publish the list.

    After a list by your recovery key, the state is status-unknown at once. `verify` still accepts
    your signing key's last list until that list ends, and says so.
    """
    if as_json and as_csv:
        raise Problem("--json and --csv exclude each other")
    at = arguments.now()
    filters = _filters(at, to=to, use=use, work=work, ending=ending, state=state)
    with arguments.open_home(folder) as home:
        entries = ledger.received(home) if received else ledger.granted(home)
        rows = _rows(home, entries, at)
        chosen = [row for row in rows if all(fits(row) for fits in filters)]
        hints = _hints(home, chosen)
        kept = home.counts()["kept"]
    if as_json:
        for row in chosen:
            output.json_line(contract_tables.values(row))
    elif as_csv:
        contract_tables.print_csv(chosen)
    elif chosen:
        contract_tables.print_rows(chosen)
        _warn_of_ends(chosen, at)
        hint(*hints)
    else:
        _tell_none(len(rows), kept, received=received)
    return output.HOLDS


def _rows(home: Home, entries: list[Entry], at: datetime) -> list[Row]:
    book = StatusBook(at=at, shelves=(home.lists,))
    names, believed = trust.names(home), trust.believed(home, ())
    rows = []
    for entry in entries:
        terms = entry.contract.terms
        standing = ledger.standing(home, entry, book)
        key = terms.creator.key.thumbprint
        if entry.kept is not None and not believed.believes(key, terms.work.sha256):
            standing = standing._replace(state=State.UNKNOWN_CREATOR)
        rows.append(Row(entry, standing, names.get(key)))
    return rows


def _filters(
    at: datetime,
    *,
    to: str | None,
    use: str | None,
    work: str | None,
    ending: int | None,
    state: str | None,
) -> list[_Fits]:
    found: list[_Fits] = []
    if to is not None:
        found.append(partial(_is_to, _folded(to)))
    if use is not None:
        found.append(partial(_permits, arguments.use(use)))
    if work is not None:
        found.append(_of_work(work))
    if ending is not None:
        found.append(_ending(at, ending))
    if state is not None:
        found.append(partial(_stands, _state(state)))
    return found


def _folded(text: str) -> str:
    """Return *text* in the form of signed texts, in one case, to compare with them."""
    return unicodedata.normalize("NFC", text).casefold()


def _is_to(text: str, row: Row) -> bool:
    grantee = row.entry.contract.terms.grantee
    return text in grantee.name.casefold() or text in (grantee.uri or "").casefold()


def _permits(use: Use, row: Row) -> bool:
    return use in row.entry.contract.terms.uses


def _of_work(text: str) -> _Fits:
    """Match the work in the file *text*, or these digits of its SHA-256, or part of its title."""
    if Path(text).is_file():
        sha256 = measure(text).sha256
        return lambda row: row.entry.contract.terms.work.sha256 == sha256
    digits, title = text.lower(), _folded(text)
    is_hex = bool(_HEX.fullmatch(digits))

    def fits(row: Row) -> bool:
        work = row.entry.contract.terms.work
        by_digits = is_hex and work.sha256.hex().startswith(digits)
        return by_digits or title in (work.title or "").casefold()

    return fits


def _ending(at: datetime, days: int) -> _Fits:
    if not 0 <= days <= _MAX_DAYS:
        raise Problem(f"--ending is {days} days, expected 0 to {_MAX_DAYS}")
    return lambda row: timedelta(0) < row.entry.contract.terms.expires - at <= timedelta(days)


def _state(label: str) -> State:
    if label not in _STATES:
        raise Problem(f"--state is {label!r}, expected one of {', '.join(_STATES)}")
    return _STATES[label]


def _stands(state: State, row: Row) -> bool:
    return row.standing.state is state


def _hints(home: Home, rows: list[Row]) -> list[str]:
    """Return what the creator must do about contracts granted here."""
    own = [row for row in rows if row.entry.kept is None]
    hints = []
    if _ending_lists(own, arguments.now()):
        hints.append("consentsig publish --out FOLDER, then upload the list")
    if waiting := [row for row in own if _waits_for_a_list(row.standing)]:
        status = (row.entry.contract.terms.status for row in waiting)
        first = " --first" * given_lists.are_first(home, {each.uri for each in status if each})
        hints.append(f"consentsig publish --out FOLDER{first}, then upload the list")
    if any(row.standing.state is State.STATUS_UNKNOWN for row in own):
        hints.append(
            "to grant them again, make a new key with a new list: consentsig init --another"
        )
    return list(dict.fromkeys(hints))


def _warn_of_ends(rows: list[Row], at: datetime) -> None:
    for uri, left in _ending_lists(rows, at).items():
        when = f"in {output.count(left.days, 'day')}" if left.days else "in less than a day"
        output.warning(f"the list {uri} ends {when}; from then on its contracts permit nothing")


def _ending_lists(rows: list[Row], at: datetime) -> dict[str, timedelta]:
    """Return the lists that end soon and that a contract needs, by address, and the time left."""
    found: dict[str, timedelta] = {}
    for row in rows:
        newest, status = row.standing.newest, row.entry.contract.terms.status
        if status is None or newest is None or row.standing.list_state is not ListState.CURRENT:
            continue
        if row.standing.state not in (State.AUTHENTIC, State.NOT_YET_VALID):
            continue
        if timedelta(0) < (left := newest.expires - at) <= _SOON:
            found[status.uri] = left
    return found


def _waits_for_a_list(standing: Standing) -> bool:
    if standing.state is State.AUTHENTIC:
        return standing.list_state is ListState.TOO_OLD
    return standing.state in (State.NEEDS_LIST, State.NEEDS_PUBLISHING)


def _tell_none(total: int, kept: int, *, received: bool) -> None:
    if total:
        line(f"No contract matches ({total} in total).")
    elif received:
        line("You have not kept a contract yet. To keep one:")
        line(output.command("consentsig keep FILE --status LIST"))
    else:
        line("You have not granted a contract yet. To grant one:")
        line(output.command("consentsig grant photo.jpg"))
        if kept:
            is_kept, it = ("is kept", "it") if kept == 1 else ("are kept", "them")
            line(f"{output.count(kept, 'contract')} {is_kept}. To list {it}:")
            line(output.command("consentsig list --received"))
