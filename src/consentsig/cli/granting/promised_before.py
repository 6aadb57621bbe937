"""Warns where a new contract and one that still runs do not go together.

The same use of the same work is promised to one grantee alone, and to another one besides; or
the same grantee gets it twice. Both are allowed, since the person may know more: the earlier one
may be about to be taken back.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from consentsig import Terms
from consentsig.cli.terminal import output, parties
from consentsig.errors import quoted
from consentsig.home import ledger
from consentsig.home.home import Home
from consentsig.home.ledger import Entry

_MOST: Final = 5  # warnings that are printed, since a command may name thousands of works


def warn(home: Home, new: Mapping[Path, Terms], now: datetime) -> None:
    """Compare *new* terms, by the file of the work, with contracts for the same bytes."""
    files = {terms.work.sha256: file for file, terms in new.items()}
    found: list[tuple[str, list[str]]] = []
    for earlier in ledger.running(home, now, files.keys()):
        file = files[earlier.contract.terms.work.sha256]
        found += _compared(file, new[file], earlier)
    for warning, hint in found[:_MOST]:
        output.warning(warning)
        output.hint(*hint)
    if len(found) > _MOST:
        more = output.count(len(found) - _MOST, "more earlier contract")
        output.warning(f"the same is true of {more}")


def _compared(file: Path, new: Terms, entry: Entry) -> Iterator[tuple[str, list[str]]]:
    earlier = entry.contract.terms
    uses = ", ".join(use.label for use in new.uses if use in earlier.uses)
    if not uses or not _meet(new, earlier):
        return
    until = f"until {output.last_day(earlier.expires)}"
    where = f" ({entry.file})" if entry.file else ""
    new_name, name = quoted(new.grantee.name), quoted(earlier.grantee.name)
    if parties.is_same(new.grantee, earlier.grantee):
        if _share_a_place(new, earlier):
            warning = f"{file}: {name} already has a contract for {uses} {until}{where}"
            due = ", and each asks for its own payment" * bool(new.payments and earlier.payments)
            yield f"{warning}; both will count{due}", _ending(entry, file)
    elif earlier.exclusive:
        warning = f"{file}: {uses} was promised to {name} alone {until}{where}"
        yield f"{warning}; a contract with {new_name} breaks that promise", []
    elif new.exclusive:
        warning = f"{file}: {uses} is promised to {new_name} alone, but {name} has it"
        yield f"{warning} {until}{where}", _ending(entry, file)


def _meet(one: Terms, other: Terms) -> bool:
    """Whether there is an instant at which both hold."""
    return one.starts < other.expires and other.starts < one.expires


def _share_a_place(one: Terms, other: Terms) -> bool:
    is_anywhere = one.is_worldwide or other.is_worldwide
    return is_anywhere or not set(one.territory).isdisjoint(other.territory)


def _ending(entry: Entry, work: Path) -> list[str]:
    """How the earlier contract is ended, if it can be and its file is known."""
    if entry.file is None or entry.contract.terms.status is None:
        return []
    if entry.contract.place is not None and not entry.file.exists():
        split = f"consentsig batch split {output.shell(entry.file.parent)} --out FOLDER"
        out_of = f"first get it out of its batch: {split} --work {output.shell(work)}"
        return [f"to take the earlier one back, {out_of}"]
    return [f"to take the earlier one back: consentsig revoke {output.shell(entry.file)}"]
