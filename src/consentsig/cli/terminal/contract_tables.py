"""Lists of contracts, for people, programs and spreadsheets."""

import csv
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple

from consentsig import json_values
from consentsig.cli.terminal import contract_words, output
from consentsig.cli.terminal.output import line, printable
from consentsig.cli.terminal.work_files import BATCH_SUFFIX
from consentsig.errors import quoted
from consentsig.home.ledger import Entry, ListState, Standing, State
from consentsig.text import money

_STATES: Final = {
    State.AUTHENTIC: "holds",
    State.NOT_YET_VALID: "not yet valid",
    State.EXPIRED: "expired",
    State.REVOKED: "revoked",
    State.NEEDS_PUBLISHING: "revoked here, but not yet published",
    State.NEEDS_LIST: "permits nothing without a current list",
    State.STATUS_UNKNOWN: "no longer confirmed, since the newest list is by the recovery key",
    State.SUSPENDED: "suspended",
    State.UNKNOWN_CREATOR: "by a creator whose key you do not believe",
}
# Singular and plural, for the summary.
_SUMS: Final = {
    State.AUTHENTIC: ("holds", "hold"),
    State.NOT_YET_VALID: ("is not yet valid", "are not yet valid"),
    State.EXPIRED: ("has expired", "have expired"),
    State.REVOKED: ("is revoked", "are revoked"),
    State.NEEDS_PUBLISHING: (
        "is revoked but not yet published",
        "are revoked but not yet published",
    ),
    State.NEEDS_LIST: ("needs a current list", "need a current list"),
    State.STATUS_UNKNOWN: ("is no longer confirmed", "are no longer confirmed"),
    State.SUSPENDED: ("is suspended", "are suspended"),
    State.UNKNOWN_CREATOR: ("is by an unknown creator", "are by unknown creators"),
}
# A spreadsheet runs a cell that begins like this as a formula. In locales with a decimal comma,
# a semicolon starts a new cell even inside quotes.
_FORMULA: Final = re.compile(r"(^|;[\s\"]*)(?=[=+\-@\t\r\n＝＋－＠])")  # noqa: RUF001  # full-width signs work too
_COLUMNS: Final = (
    *("contract_id", "file", "work_sha256", "work_title"),
    *("creator_name", "creator_thumbprint", "creator_known_as"),
    *("grantee_name", "grantee_uri", "grantee_key", "uses", "territory"),
    *("issued", "starts", "expires", "payments", "revocation_mode", "revocation_days"),
    *("state", "revoked_at", "reason", "status_uri", "status_idx"),
    *("list_state", "list_issued", "list_expires", "kept_since", "kept_result", "kept_as_of"),
)


class Row(NamedTuple):
    """A contract to list.

    Attributes:
        entry: The contract, as this home remembers it.
        standing: Its state.
        known_as: The name the user gave to its creator's key, if any.
    """

    entry: Entry
    standing: Standing
    known_as: str | None


def values(row: Row) -> dict[str, object]:
    """Return every field of a contract, its state and its list's state."""
    entry = row.entry
    creator = json_values.creator(entry.contract.terms.creator)
    return contract_words.contract(entry.contract) | {
        "file": None if entry.file is None else str(entry.file),
        "creator": creator | {"known_as": row.known_as},
        "state": row.standing.state.value,
        "revoked_at": entry.revoked_at and output.iso(entry.revoked_at),
        "reason": entry.reason,
        "list": _list_values(row.standing),
        "kept": _kept_values(entry),
    }


def _list_values(standing: Standing) -> dict[str, object] | None:
    if standing.list_state is ListState.NOT_NEEDED:
        return None
    newest = standing.newest
    return {
        "state": standing.list_state.value,
        "issued": newest and output.iso(newest.issued),
        "expires": newest and output.iso(newest.expires),
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
    """Print a header and one line per contract. The columns are always the same.

    Names and titles are untrusted. A cell that a spreadsheet would run as a formula gets a
    leading apostrophe, which makes it text.
    """
    writer = csv.writer(sys.stdout, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(_COLUMNS)
    for row in rows:
        cells = _flat(values(row)) | {"payments": _payments(row)}
        writer.writerow([cell(cells.get(column)) for column in _COLUMNS])


def _flat(nested: dict[str, object]) -> dict[str, object]:
    """Flatten nested values into names such as ``status_uri``."""
    cells: dict[str, object] = {}
    for name, value in nested.items():
        if isinstance(value, dict):
            cells |= {f"{name}_{part}": each for part, each in value.items()}
        else:
            cells[name] = value
    return cells


def _payments(row: Row) -> list[str]:
    payments = row.entry.contract.terms.payments
    return [f"{payment.kind.label} {money(payment)}" for payment in payments]


def cell(value: object) -> str:
    """A value as a cell, which no spreadsheet runs as a formula."""
    if isinstance(value, list):
        value = "; ".join(map(str, value))
    text = "" if value is None else str(value)
    return printable(_FORMULA.sub(r"\1'", text))


def print_rows(rows: list[Row]) -> None:
    """Print a table on a terminal, otherwise one line per contract, then a summary."""
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
    heads = ("Work", "From" if received else "To", "Uses", "Ends after (UTC)", "State")
    # Folded, never truncated: without its end, one address can look like another.
    columns = (Column(head, overflow="fold") for head in heads)
    table = Table(*columns, box=box.HORIZONTALS, show_lines=True, pad_edge=False)
    for row in rows:
        until = output.last_day(row.entry.contract.terms.expires)
        until = until.removeprefix("the end of ").removesuffix(" (UTC)").removesuffix(" UTC")
        party = _creator(row) if received else _grantee(row)
        cells = _work_and_file(row), (party,), (_uses(row),), (until,), (_state(row),)
        # Text, not str: rich reads brackets in a str as markup.
        table.add_row(*(Text("\n".join(map(printable, parts))) for parts in cells))
    Console().print(table)


def _work_and_file(row: Row) -> list[str]:
    path = Path(_file(row))
    # Of a batch the file is named too, since there is no file for the contract alone.
    name = "/".join(path.parts[-2:]) if path.parent.suffix == BATCH_SUFFIX else path.name
    return [_work(row), name] if row.entry.contract.terms.work.title else [name]


def _file(row: Row) -> str:
    return str(row.entry.file or "a file of another name")


def _work(row: Row) -> str:
    work = row.entry.contract.terms.work
    return quoted(work.title) if work.title else f"work {work.sha256.hex()[:16]}…"


def _creator(row: Row) -> str:
    creator = row.entry.contract.terms.creator
    claim = quoted(creator.name) if creator.name else f"key {creator.key.thumbprint.hex()[:16]}…"
    return row.known_as or f"{claim} (a claim)"


def _grantee(row: Row) -> str:
    grantee = row.entry.contract.terms.grantee
    return f"{quoted(grantee.name)} ({grantee.uri})" if grantee.uri else quoted(grantee.name)


def _uses(row: Row) -> str:
    return ", ".join(use.label for use in row.entry.contract.terms.uses)


def _state(row: Row) -> str:
    """Describe the state, the list where it matters, and the result when kept."""
    words = [_STATES[row.standing.state]]
    if row.standing.state in (State.AUTHENTIC, State.NOT_YET_VALID, State.NEEDS_LIST):
        words.append(_about_list(row.standing))
    if kept := row.entry.kept:
        words.append(f"kept since {kept.since:%Y-%m-%d} as {kept.result}")
    return "; ".join(words)


def _about_list(standing: Standing) -> str:
    newest = standing.newest
    match standing.list_state:
        case ListState.NOT_NEEDED:
            return "cannot be revoked"
        case ListState.CURRENT if newest is not None:
            return f"its list expires {newest.expires:%Y-%m-%d}"
        case ListState.EXPIRED if newest is not None:
            return f"its list expired {newest.expires:%Y-%m-%d}"
        case ListState.TOO_OLD:
            return "its list is older than the contract"
    return "this computer has no list by its creator"


def _summary(rows: list[Row]) -> str:
    counts = Counter(row.standing.state for row in rows)
    sums = [f"{n} {_SUMS[state][n > 1]}" for state in State if (n := counts[state])]
    return f"{output.count(len(rows), 'contract')}: {', '.join(sums)}"
