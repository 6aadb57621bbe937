"""Lists of contracts, for people, programs and spreadsheets."""

import csv
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple

from consentsig.cli.terminal import contract_words, output
from consentsig.cli.terminal.output import line, printable
from consentsig.errors import quoted
from consentsig.home.ledger import Entry, ListState, Standing, State

_STATES: Final = {
    State.HOLDS: "holds",
    State.NOT_BEGUN: "not begun",
    State.ENDED: "ended",
    State.TAKEN_BACK: "taken back",
    State.NOT_PUBLISHED: "taken back, not yet published",
    State.NEEDS_LIST: "permits nothing without a current list",
    State.STATUS_UNKNOWN: "no longer confirmed, since the newest list is by the recovery key",
    State.SUSPENDED: "suspended",
    State.UNKNOWN_CREATOR: "by a creator you have not said you believe",
}
# One and several, for the last line.
_SUMS: Final = {
    State.HOLDS: ("holds", "hold"),
    State.NOT_BEGUN: ("has not begun", "have not begun"),
    State.ENDED: ("has ended", "have ended"),
    State.TAKEN_BACK: ("was taken back", "were taken back"),
    State.NOT_PUBLISHED: (
        "is taken back, not yet published",
        "are taken back, not yet published",
    ),
    State.NEEDS_LIST: ("needs a current list", "need a current list"),
    State.STATUS_UNKNOWN: ("is no longer confirmed", "are no longer confirmed"),
    State.SUSPENDED: ("is suspended", "are suspended"),
    State.UNKNOWN_CREATOR: ("is by an unknown creator", "are by unknown creators"),
}
# A spreadsheet takes a cell that begins like this for a formula, and runs it. Where a comma is
# for decimals, a semicolon begins a cell, whatever quotes are around.
_FORMULA: Final = re.compile(r"(^|;[\s\"]*)(?=[=+\-@\t\r\n＝＋－＠])")  # noqa: RUF001  # the full-width ones, which some take too
_COLUMNS: Final = (
    *("contract_id", "sha256", "title", "file", "creator_name", "creator_thumbprint"),
    *("grantee_name", "grantee_uri", "grantee_key", "uses", "issued", "starts", "expires"),
    *("payments", "revocation_mode", "revocation_days", "state", "revoked_at", "reason"),
    *("list_uri", "list_idx", "list_issued", "list_expires", "list_state"),
    *("kept_since", "kept_result", "kept_as_of"),
)


class Row(NamedTuple):
    """A contract to list.

    Attributes:
        entry: What is remembered of it.
        standing: How it stands.
        creator: What its creator is called here, if the key is known.
    """

    entry: Entry
    standing: Standing
    creator: str | None


def values(row: Row) -> dict[str, object]:
    """All there is to say, for programs."""
    entry = row.entry
    said = contract_words.contract(entry.contract)
    shared = ("grantee", "uses", "issued", "starts", "expires", "payments", "revocation")
    creator = entry.contract.terms.creator
    return {
        "contract_id": entry.contract_id.hex(),
        "sha256": entry.contract.terms.work.sha256.hex(),
        "title": entry.contract.terms.work.title,
        "file": None if entry.file is None else str(entry.file),
        "creator": {
            "name": creator.name,
            "thumbprint": creator.key.thumbprint.hex(),
            "known_as": row.creator,
        },
        **{name: said[name] for name in shared},
        "state": row.standing.state.value,
        "revoked_at": entry.revoked and output.iso(entry.revoked),
        "reason": entry.reason,
        "list": _list_values(row),
        "kept": _kept_values(entry),
    }


def _list_values(row: Row) -> dict[str, object] | None:
    status, newest = row.entry.contract.terms.status, row.standing.newest
    if status is None:
        return None
    return {
        "uri": status.uri,
        "idx": status.idx,
        "issued": newest and output.iso(newest.issued),
        "expires": newest and output.iso(newest.expires),
        "state": row.standing.list_state.value,
    }


def _kept_values(entry: Entry) -> dict[str, object] | None:
    kept = entry.kept
    return kept and {
        "since": output.iso(kept.since),
        "result": kept.result,
        "as_of": kept.as_of and output.iso(kept.as_of),
        "evidence": [object_id.hex() for object_id in kept.evidence],
    }


def print_csv(rows: list[Row]) -> None:
    """A header and a line for each contract, in columns that stay.

    Names and titles come from outside, so a cell that a spreadsheet would run as a formula
    gets an apostrophe in front, which shows it as text.
    """
    writer = csv.writer(sys.stdout, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(_COLUMNS)
    for row in rows:
        cells = _flat(values(row))
        writer.writerow([_cell(cells.get(column)) for column in _COLUMNS])


def _flat(nested: dict[str, object]) -> dict[str, object]:
    """The values, each group's under names of its own, such as ``list_uri``."""
    cells: dict[str, object] = {}
    for name, value in nested.items():
        if isinstance(value, dict):
            cells |= {f"{name}_{part}": each for part, each in value.items()}
        else:
            cells[name] = value
    return cells


def _cell(value: object) -> str:
    if isinstance(value, list):
        value = "; ".join(
            f"{each['kind']} {each['amount']}" if isinstance(each, dict) else str(each)
            for each in value
        )
    text = "" if value is None else str(value)
    return printable(_FORMULA.sub(r"\1'", text))


def print_rows(rows: list[Row]) -> None:
    """A table on a terminal; elsewhere a line for each contract. A summary ends it."""
    if sys.stdout.isatty():
        _print_table(rows)
    else:
        for row in rows:
            line(_in_words(row))
    line()
    line(_summary(rows))


def _in_words(row: Row) -> str:
    by = f", by {_creator(row)}" if row.entry.kept else ""
    until = output.last_day(row.entry.contract.terms.expires)
    return (
        f"{_file(row)}: {_work(row)}{by}, to {_grantee(row)}, for {_uses(row)}, "
        f"until {until}: {_state(row)}"
    )


def _print_table(rows: list[Row]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    received = any(row.entry.kept for row in rows)
    heads = ("Work", "From" if received else "To", "Uses", "Ends after (UTC)", "How it stands")
    # Folded and never cut: an address that lacks its end could be another.
    columns = (Column(head, overflow="fold") for head in heads)
    table = Table(*columns, box=box.HORIZONTALS, show_lines=True, pad_edge=False)
    for row in rows:
        until = output.last_day(row.entry.contract.terms.expires)
        until = until.removeprefix("the end of ").removesuffix(" (UTC)").removesuffix(" UTC")
        party = _creator(row) if received else _grantee(row)
        cells = _work_and_file(row), (party,), (_uses(row),), (until,), (_state(row),)
        # Text and not str, in which rich would take brackets for its markup.
        table.add_row(*(Text("\n".join(map(printable, parts))) for parts in cells))
    Console().print(table)


def _work_and_file(row: Row) -> list[str]:
    name = Path(_file(row)).name
    return [_work(row), name] if row.entry.contract.terms.work.title else [name]


def _file(row: Row) -> str:
    return str(row.entry.file or "a file of another name")


def _work(row: Row) -> str:
    work = row.entry.contract.terms.work
    return quoted(work.title) if work.title else f"work {work.sha256.hex()[:16]}…"


def _creator(row: Row) -> str:
    creator = row.entry.contract.terms.creator
    claim = quoted(creator.name) if creator.name else f"key {creator.key.thumbprint.hex()[:16]}…"
    return row.creator or f"{claim} (a claim)"


def _grantee(row: Row) -> str:
    grantee = row.entry.contract.terms.grantee
    return f"{quoted(grantee.name)} ({grantee.uri})" if grantee.uri else quoted(grantee.name)


def _uses(row: Row) -> str:
    return ", ".join(use.label for use in row.entry.contract.terms.uses)


def _state(row: Row) -> str:
    """How it stands; what its list has to do with it, while that matters; what was kept."""
    words = [_STATES[row.standing.state]]
    if row.standing.state in (State.HOLDS, State.NOT_BEGUN, State.NEEDS_LIST):
        words.append(_about_list(row.standing))
    if kept := row.entry.kept:
        words.append(f"kept since {kept.since:%Y-%m-%d} as {kept.result}")
    return "; ".join(words)


def _about_list(standing: Standing) -> str:
    newest = standing.newest
    match standing.list_state:
        case ListState.NOT_NEEDED:
            return "cannot be taken back"
        case ListState.CURRENT if newest is not None:
            return f"its list counts until {newest.expires:%Y-%m-%d}"
        case ListState.ENDED if newest is not None:
            return f"its list ended {newest.expires:%Y-%m-%d}"
        case ListState.TOO_OLD:
            return "its list is older than the contract"
    return "no list of its creator is known here"


def _summary(rows: list[Row]) -> str:
    counts = Counter(row.standing.state for row in rows)
    sums = [f"{n} {_SUMS[state][n > 1]}" for state in State if (n := counts[state])]
    return f"{output.count(len(rows), 'contract')}: {', '.join(sums)}"
