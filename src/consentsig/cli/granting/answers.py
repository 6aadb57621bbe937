"""What people type at a question, read as they mean it, and said where it was put right.

Days, money, countries and addresses are read as the options are (:mod:`spellings`).
"""

import os
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from consentsig import Division, PaymentKind, Use
from consentsig.cli.granting import read_terms as read
from consentsig.cli.granting import spellings
from consentsig.cli.granting.assigned_codes import CURRENCIES
from consentsig.cli.granting.options import SERIES, is_series
from consentsig.cli.granting.series import in_parts
from consentsig.cli.granting.works import check_new_file
from consentsig.cli.terminal import arguments, parties, prompts
from consentsig.cli.terminal.output import Problem, say
from consentsig.cli.terminal.signed_texts import list_address
from consentsig.cli.terminal.work_files import BATCH_SUFFIX
from consentsig.terms import MAX_TERM
from consentsig.vocabulary import WORLD

# Nine digits are more than any question needs, and a number without zeros before it has one
# spelling.
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}")


# --- numbers, days, names of uses ---


def one(typed: str, most: int) -> int:
    """One number from 1 to *most*."""
    found = numbers(typed, most)
    if len(found) > 1:
        raise Problem(f"one number is expected, {len(found)} were given")
    return found[0]


def numbers(typed: str, most: int) -> list[int]:
    """Numbers from 1 to *most*, in order and none twice."""
    words = _words(typed)
    if not words:
        raise Problem(f"a number from 1 to {most} is expected")
    return sorted({_number(word, most, typed) for word in words})


def uses(typed: str, offered: tuple[Use, ...]) -> tuple[Use, ...]:
    """Uses by their numbers in *offered* or by their names, in the order offered."""
    by_name = {use.label: use for use in offered}
    chosen = {
        by_name.get(word.lower()) or offered[_number(word, len(offered), typed) - 1]
        for word in _words(typed)
    }
    if not chosen:
        raise Problem(f"a number from 1 to {len(offered)} is expected")
    return tuple(use for use in offered if use in chosen)


def _words(typed: str) -> list[str]:
    """The words of a list: with commas, spaces or ``and`` between."""
    return [word for word in re.split(r"[\s,;&]+", typed) if word and word.lower() != "and"]


def _number(word: str, most: int, typed: str) -> int:
    """One number in what was *typed*, which is said whole where it is none."""
    if not _NUMBER.fullmatch(word) or int(word) > most:
        raise Problem(f"a number from 1 to {most} is expected, not {typed!r}")
    return int(word)


def days(typed: str, most: int) -> int:
    """A number of days, with or without that word."""
    number = re.sub(r" ?days?$", "", typed.lower())
    if not _NUMBER.fullmatch(number) or int(number) > most:
        raise Problem(f"a number of days from 1 to {most} is expected")
    return int(number)


# --- the last day ---


def last_day(typed: str, since: str | None) -> str:
    """A last day that is not over, and near enough to the first day."""
    day = spellings.day(typed)
    expires = arguments.end_of(day, "the last day")
    start = arguments.now()
    if since is not None:
        start = max(start, arguments.day(since, "--from"))
    if expires <= arguments.now():
        raise Problem(f"{day} is over; today is {date.today()}")  # noqa: DTZ011  # as the person's calendar has it
    if expires <= start:
        raise Problem(f"{day} is before it begins, {start:%Y-%m-%d}")
    if expires > start + MAX_TERM:
        latest = (start + MAX_TERM - timedelta(days=1)).date()
        raise Problem(f"{day} is too far away; no contract is longer than 50 years, up to {latest}")
    return taken(typed, day)


def taken(typed: str, meant: str) -> str:
    """*meant*, and said where it is not what was typed."""
    if typed != meant:
        say(f"  Taken as {meant}")
    return meant


# --- money ---


def payment(
    kind: PaymentKind, division: Division | None, typed: str, before: tuple[str, ...]
) -> str:
    """What is due, in the spelling of ``--pay``, and not the same as one *before*."""
    due = spellings.due(kind, typed)
    if not kind.is_share:
        _check_sum(typed, *due.split(":"))
    spec = f"{kind.label}:{due}" + (f":{division.label}" if division is not None else "")
    try:
        read.payments([spec], free=False)
    except Problem as problem:
        # It speaks of an option, which nobody wrote here.
        raise Problem(f"{typed!r}, {str(problem).partition(', ')[2]}") from None
    try:
        read.payments([*(each for each in before if not is_series(each)), spec], free=False)
    except Problem:
        raise Problem("it says the same twice") from None
    return spec


def series(typed: str, works: int, before: tuple[str, ...]) -> str:
    """One price for all works together, which can be divided among them."""
    due = spellings.due(PaymentKind.ONCE, typed)
    _check_sum(typed, *due.split(":"))
    spec = f"{SERIES}:{due}"
    try:
        pay, _ = in_parts((*before, spec), works)
    except Problem as problem:
        raise Problem("; ".join((str(problem), *problem.hints))) from None
    try:
        read.payments(pay, free=False)
    except Problem:
        raise Problem("it says the same twice") from None
    return spec


def _check_sum(typed: str, number: str, code: str) -> None:
    if code not in CURRENCIES and not prompts.yes_or_no(
        f"  {code} is not a currency in use. Is it what you mean?"
    ):
        raise Problem(spellings.SUM_EXPECTED)
    decimals = number.partition(".")[2]
    # A full stop before three digits can be meant for thousands, so it is said what it became.
    taken("" if len(decimals) > 2 else typed.upper(), f"{number} {code}")


# --- countries ---


def countries(typed: str) -> str:
    """Codes of countries, in the spelling of ``--territory``, none twice."""
    codes = list(dict.fromkeys(spellings.countries(typed)))
    if WORLD in codes:
        raise Problem("001 is the whole world; type back to answer that")
    return taken(typed.upper().replace(" ", ""), ",".join(codes))


# --- addresses and files ---


def party(typed: str) -> tuple[str | None, str | None]:
    """A grantee's address, or else key."""
    if not typed:
        raise Problem("an address is needed")
    if typed.startswith("~"):
        typed = os.path.expanduser(typed)  # noqa: PTH111  # a text, which can be an address too
    if not (arguments.is_key(typed) or typed.startswith("did:")):
        typed = taken(typed, arguments.address(spellings.web_address(typed)))
    elif arguments.party(typed).key is not None:
        return None, typed
    say("  The contract names exactly this address.")
    if other := parties.www_twin(typed):
        say(f"  {other} would be another one. Ask them with which one they check.")
    return typed, None


def list_uri(typed: str) -> str:
    """The address of a list."""
    if not typed:
        raise Problem("an address is needed")
    if not typed.startswith(("did:", "urn:")):
        typed = taken(typed, list_address(spellings.web_address(typed)))
    return list_address(typed)


def batch_file(typed: str) -> str:
    """A new file for many contracts."""
    file = path(typed)
    if not file.suffix:
        file = Path(taken(typed, f"{file}{BATCH_SUFFIX}"))
    return str(check_new_file(file, "the file", BATCH_SUFFIX))


def path(typed: str) -> Path:
    """A file, with ``~`` for the person's own folder as a shell has it."""
    if not typed:
        raise Problem("the name of a file is needed")
    return Path(os.path.expanduser(typed))  # noqa: PTH111  # Path.expanduser fails for unknown users
