"""Parts of contracts and verdicts as plain values, ready for JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from consentsig.terms import Erasure

if TYPE_CHECKING:
    from consentsig.terms import Creator, Payment


def hexadecimal(value: bytes | None) -> str | None:
    """Bytes in lower-case hexadecimal."""
    return None if value is None else value.hex()


def instant(at: datetime | None) -> str | None:
    """An instant, such as ``2026-01-01T00:00:00Z``."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def creator(who: Creator) -> dict[str, str | None]:
    """Whose key it is, by the contract's own word."""
    return {
        "name": who.name,
        "thumbprint": who.key.thumbprint.hex(),
        "did": who.key.to_did_key(),
        "recovery": hexadecimal(who.recovery),
        "acts_for": who.acts_for,
    }


def conditions(found: dict[str, object]) -> dict[str, object]:
    """What a person must keep, of a verified contract's ``conditions``."""
    return {name: _condition(value) for name, value in found.items()}


def _condition(value: object) -> object:
    if isinstance(value, Erasure):
        return erasure(value)
    if isinstance(value, tuple):
        return [payment(due) for due in value]
    return value


def payment(due: Payment) -> dict[str, object]:
    """One payment, its fields as in :class:`~consentsig.Payment`."""
    division = None if due.division is None else due.division.label
    return due._asdict() | {"kind": due.kind.label, "division": division}


def erasure(term: Erasure) -> dict[str, object]:
    """What must be erased, within how many days."""
    return {"days": term.days, "what": [each.label for each in term.what]}
