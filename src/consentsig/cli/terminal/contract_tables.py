"""Lists of contracts, for people, programs and spreadsheets."""

import csv
import re
import sys
from collections import Counter
from datetime import datetime
from typing import Final, NamedTuple

from consentsig import json_values
from consentsig.cli.terminal import contract_words, output
from consentsig.cli.terminal.columns import GAP, Column, lines, widths
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
    State.STATUS_UNKNOWN: "not confirmed, since this computer's clock went back",
    State.SUSPENDED: "suspended",
    State.UNKNOWN_CREATOR: "by a creator whose key you do not believe",
}
# The same for a column.
_LABELS: Final = {
    State.AUTHENTIC: "holds",
    State.NOT_YET_VALID: "not yet valid",
    State.EXPIRED: "expired",
    State.REVOKED: "revoked",
    State.NEEDS_PUBLISHING: "not published",
    State.NEEDS_LIST: "needs a list",
    State.STATUS_UNKNOWN: "not confirmed",
    State.SUSPENDED: "suspended",
    State.UNKNOWN_CREATOR: "unknown key",
}
# The states that need no more words, and their colours.
_STYLES: Final = {
    State.AUTHENTIC: "green",
    State.NOT_YET_VALID: "yellow",
    State.EXPIRED: "dim",
    State.REVOKED: "red",
    State.SUSPENDED: "red",
}
_FEW: Final = 2  # uses that a column names
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
    """Print a line per contract, or two where the terminal is too narrow; then what it rests on.

    No name is shortened: without its end, one can look like another.
    """
    from shutil import get_terminal_size

    received = any(row.entry.kept for row in rows)
    columns = _table_columns("From" if received else "To")
    parties = _parties(rows)
    cells = [_cells(row, party) for row, party in zip(rows, parties, strict=True)]
    found = widths(columns, cells, get_terminal_size().columns)
    if found is None:
        for row, each in zip(rows, cells, strict=True):
            work, party, uses, day, state = each
            line(f"{work}: {state}, last day {day}")
            line(f"  {'from' if row.entry.kept else 'to'} {party}, for {uses}")
    else:
        _print_columns([column.head for column in columns], cells, found, rows)
    notes = list(dict.fromkeys(filter(None, map(_note, rows))))
    for note in ("", *notes) if notes else ():
        line(note)


def _table_columns(party: str) -> tuple[Column, ...]:
    return (
        *(Column("Work", 16), Column(party, 24), Column("Uses", 18)),
        *(Column("Last day", 10), Column("State", 14)),
    )


def _print_columns(
    heads: list[str], cells: list[list[str]], columns: list[int], rows: list[Row]
) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)

    def print_line(*parts: Text | str) -> None:
        # Text, not str: rich reads brackets in a str as markup.
        text = Text(GAP).join(each if isinstance(each, Text) else Text(each) for each in parts)
        text.rstrip()
        console.print(text, soft_wrap=True)

    for parts in lines(heads, columns):
        print_line(*(Text(each, style="bold") for each in parts))
    print_line("─" * (sum(columns) + len(GAP) * (len(columns) - 1)))
    for row, each in zip(rows, cells, strict=True):
        for parts in lines(each, columns):
            print_line(*parts[:-1], Text(parts[-1], style=_style(row.standing)))


def _cells(row: Row, party: str) -> list[str]:
    terms = row.entry.contract.terms
    found = (_titled(row), party, _few_uses(row), output.day(terms.expires), _label(row.standing))
    return [*map(printable, found)]


def _titled(row: Row) -> str:
    """The title of the work; where it has none, the name of the contract's file."""
    file = row.entry.file
    if row.entry.contract.terms.work.title or file is None:
        return _work(row)
    # Of a batch the file is named too, since there is no file for the contract alone.
    return "/".join(file.parts[-2:]) if file.parent.suffix == BATCH_SUFFIX else file.name


def _parties(rows: list[Row]) -> list[str]:
    """Whom each contract is with: a grantee by name alone, where no other has that name."""
    grantees: dict[str, set[str]] = {}
    for row in rows:
        grantees.setdefault(row.entry.contract.terms.grantee.name, set()).add(_grantee(row))
    return [_creator(row) if row.entry.kept else _short_grantee(row, grantees) for row in rows]


def _short_grantee(row: Row, grantees: dict[str, set[str]]) -> str:
    name = row.entry.contract.terms.grantee.name
    return quoted(name) if len(grantees[name]) == 1 else _grantee(row)


def _few_uses(row: Row) -> str:
    labels = [use.label for use in row.entry.contract.terms.uses]
    if len(labels) <= _FEW:
        return ", ".join(labels)
    return f"{', '.join(labels[: _FEW - 1])}, {len(labels) - _FEW + 1} more"


def _label(standing: Standing) -> str:
    return _LABELS[State.STATUS_UNKNOWN if _is_unconfirmed(standing) else standing.state]


def _style(standing: Standing) -> str:
    if _is_unconfirmed(standing):
        return "yellow"
    return _STYLES.get(standing.state, "yellow")


def _note(row: Row) -> str:
    """What the state of a contract rests on, if its label does not say it."""
    standing, status = row.standing, row.entry.contract.terms.status
    if not _is_unconfirmed(standing) and standing.state in _STYLES:
        if status is None or standing.state is not State.AUTHENTIC:
            return ""
        if standing.list_state is ListState.CURRENT and standing.newest is not None:
            return f"The list {status.uri} counts until {output.last_day(standing.newest.expires)}."
    label = _label(standing)
    return f"{label}: {_standing_in_words(standing).removeprefix(f'{label}; ')}"


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
    words = [_standing_in_words(row.standing)]
    if kept := row.entry.kept:
        words.append(f"kept since {kept.since:%Y-%m-%d} as {kept.result}")
    return "; ".join(words)


def _standing_in_words(standing: Standing) -> str:
    words = [_STATES[standing.state]]
    if _is_unconfirmed(standing):
        words = [contract_words.no_longer_confirmed(_still_counts_until(standing))]
    elif standing.state in (State.AUTHENTIC, State.NOT_YET_VALID, State.NEEDS_LIST):
        words.append(_about_list(standing))
    return "; ".join(words)


def _is_unconfirmed(standing: Standing) -> bool:
    """Whether only a list that was replaced by the recovery key's confirms it, or none."""
    states = (State.AUTHENTIC, State.NOT_YET_VALID, State.STATUS_UNKNOWN)
    return standing.is_replaced and standing.state in states


def _still_counts_until(standing: Standing) -> datetime | None:
    """When the list that was replaced ends; None if it has ended, or there is none."""
    if standing.newest is None or standing.list_state is ListState.EXPIRED:
        return None
    return standing.newest.expires


def _about_list(standing: Standing) -> str:
    newest = standing.newest
    match standing.list_state:
        case ListState.NOT_NEEDED:
            return "cannot be revoked"
        case ListState.CURRENT if newest is not None:
            return f"its list counts until {output.last_day(newest.expires)}"
        case ListState.EXPIRED if newest is not None:
            return f"its list expired {newest.expires:%Y-%m-%d}"
        case ListState.TOO_OLD:
            return "its list is older than the contract"
    return "this computer has no list by its creator"


def _summary(rows: list[Row]) -> str:
    counts = Counter(
        State.STATUS_UNKNOWN if _is_unconfirmed(row.standing) else row.standing.state
        for row in rows
    )
    sums = [f"{n} {_SUMS[state][n > 1]}" for state in State if (n := counts[state])]
    return f"{output.count(len(rows), 'contract')}: {', '.join(sums)}"
