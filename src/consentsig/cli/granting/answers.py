"""What people type at a question, read as they mean it, and said where it was put right.

A command line is read as it stands; at a question somebody is there to see what was made of
the answer. What could mean two things is refused here too.
"""

import os
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from consentsig import Division, PaymentKind, Use
from consentsig.cli.granting import read_terms as read
from consentsig.cli.granting.assigned_codes import COUNTRIES, COUNTRY_NAMES, CURRENCIES
from consentsig.cli.terminal import arguments, prompts
from consentsig.cli.terminal.output import Problem, say
from consentsig.cli.terminal.signed_texts import list_address
from consentsig.terms import MAX_TERM

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

_DAY_FORMS: Final = (
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"),
    re.compile(r"(?P<day>[0-9]{1,2})\. ?(?P<month>[0-9]{1,2})\. ?(?P<year>[0-9]{4})"),
)

_SLASHED: Final = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")


def last_day(typed: str, since: str | None) -> str:
    """A last day that is not over, and near enough to the first day."""
    day = _day(typed).isoformat()
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


def _day(typed: str) -> date:
    if slashed := _SLASHED.fullmatch(typed):
        typed = _unslashed(typed, *slashed.groups())
    match = next(filter(None, (form.fullmatch(typed) for form in _DAY_FORMS)), None)
    if match is None:
        raise Problem(f"{typed!r} cannot be read as a day; write it as in 2027-12-31")
    year, month, day = (int(match[part]) for part in ("year", "month", "day"))
    if not 1 <= month <= 12:
        raise Problem(f"there is no month {month}")
    try:
        return date(year, month, day)
    except ValueError:
        raise Problem(f"there is no day {day} in month {month} of {year}") from None


def _unslashed(typed: str, one: str, other: str, year: str) -> str:
    """A day with slashes, which people write both ways round, if only one of them is a day."""
    if one != other and int(one) <= 12 and int(other) <= 12:
        raise Problem(f"{typed!r} can be read in two ways; write the year first, as in 2027-12-31")
    day, month = (one, other) if int(other) <= 12 else (other, one)
    return f"{year}-{month}-{day}"


def taken(typed: str, meant: str) -> str:
    """*meant*, and said where it is not what was typed."""
    if typed != meant:
        say(f"  Taken as {meant}")
    return meant


# --- money ---

_EXPECTED: Final = "a number and three letters are expected, such as 500 EUR or 499.50 EUR"
_SUM: Final = (
    re.compile(r"(?P<number>[0-9][0-9., ]*) ?(?P<code>[A-Z]{3})"),
    re.compile(r"(?P<code>[A-Z]{3}) ?(?P<number>[0-9][0-9., ]*)"),
)
_SHARE: Final = re.compile(r"([0-9]+)(?:[.,]([0-9]+))? ?%")
_BOTH_MARKS: Final = (
    re.compile(r"[0-9]{1,3}(\.[0-9]{3})+,[0-9]{1,2}"),
    re.compile(r"[0-9]{1,3}(,[0-9]{3})+\.[0-9]{1,2}"),
)
_THOUSANDS: Final = re.compile(r"(?<=[0-9]) (?=[0-9]{3}(?![0-9]))")


def payment(
    kind: PaymentKind, division: Division | None, typed: str, before: tuple[str, ...]
) -> str:
    """What is due, in the spelling of ``--pay``, and not the same as one *before*."""
    due = _share(typed) if kind.is_share else _sum(typed)
    spec = f"{kind.label}:{due}" + (f":{division.label}" if division is not None else "")
    try:
        read.payments([spec], free=False)
    except Problem as problem:
        # It speaks of an option, which nobody wrote here.
        raise Problem(f"{typed!r}, {str(problem).partition(', ')[2]}") from None
    try:
        read.payments([*before, spec], free=False)
    except Problem:
        raise Problem("it says the same twice") from None
    return spec


def _share(typed: str) -> str:
    match = _SHARE.fullmatch(typed)
    if match is None:
        raise Problem("a number and a percent sign are expected, such as 2.5%")
    return f"{match[1]}.{match[2]}%" if match[2] else f"{match[1]}%"


def _sum(typed: str) -> str:
    text = re.sub(r"€|\beuros?\b", " EUR ", typed, flags=re.IGNORECASE)
    text = " ".join(text.split())
    if sign := re.search(r"[$£¥]", text):
        raise Problem(
            f"{sign[0]} stands for several currencies; write the three letters, such as 500 USD"
        )
    text = text.upper() if text.isascii() else ""
    match = next(filter(None, (form.fullmatch(text) for form in _SUM)), None)
    if match is None:
        raise Problem(_EXPECTED)
    number, code = _amount(match["number"].strip()), match["code"]
    _check_currency(code)
    decimals = number.partition(".")[2]
    # A full stop before three digits can be meant for thousands, so it is said what it became.
    taken("" if len(decimals) > 2 else typed.upper(), f"{number} {code}")
    return f"{number}:{code}"


def _amount(text: str) -> str:
    text = _THOUSANDS.sub("", text)
    if any(form.fullmatch(text) for form in _BOTH_MARKS):  # the last mark is that of decimals
        whole, decimals = re.split(r"[.,](?=[0-9]*$)", text)
        return f"{re.sub('[.,]', '', whole)}.{decimals}"
    if re.fullmatch(r"[0-9]+,[0-9]{1,2}", text):
        return text.replace(",", ".")
    if re.fullmatch(r"[0-9]{1,3}([.,][0-9]{3})*[.,][0-9]{2}0", text) or "," in text:
        raise Problem("that can be read in two ways; write thousands as in 1000 EUR")
    if not re.fullmatch(r"(0|[1-9][0-9]*)(\.[0-9]+)?", text):
        raise Problem(_EXPECTED)
    return text


def _check_currency(code: str) -> None:
    if code in CURRENCIES:
        return
    if not prompts.yes_or_no(f"  {code} is not a currency in use. Is it what you mean?"):
        raise Problem(_EXPECTED)


# --- countries ---


def countries(typed: str) -> str:
    """Codes of countries, in the spelling of ``--territory``; one that is none, only if meant."""
    codes = list(dict.fromkeys(_codes(typed)))
    spec = ",".join(arguments.territory(code) for code in codes)
    if not spec:
        raise Problem("two letters for each country are expected, such as PT, ES")
    for code in codes:
        if code not in COUNTRIES and code != "001":
            _check_is_meant(code)
    if "001" in codes:
        raise Problem("001 is the whole world; type back to answer that")
    return taken(typed.upper().replace(" ", ""), spec)


_CODES: Final = {
    name.lower(): code for code, names in COUNTRY_NAMES.items() for name in names
}  # by name


def _codes(typed: str) -> list[str]:
    """The codes of what was *typed*: codes, or names of countries in English."""
    if typed.lower() in _CODES:  # such as Antigua and Barbuda
        return [_CODES[typed.lower()]]
    parts = [part.strip() for part in re.split(r"[,;&]|\band\b", typed) if part.strip()]
    return [code for part in parts for code in _codes_of(part)]


def _codes_of(part: str) -> list[str]:
    if part.lower() in _CODES:
        return [_CODES[part.lower()]]
    codes = [word.upper() if word.isascii() else word for word in part.split()]
    for code in codes:
        if len(code) != 2 and code != "001":
            raise Problem(
                f"no country is known here by the name {part!r}; two letters are sure, such as PT"
            )
    return codes


def _check_is_meant(code: str) -> None:
    if not prompts.yes_or_no(f"  {code} is not the code of a country. Is it what you mean?"):
        raise Problem("two letters for each country are expected, such as PT, ES")


# --- addresses and files ---


def party(typed: str) -> tuple[str | None, str | None]:
    """A grantee's address, or else key."""
    if not typed:
        raise Problem("an address is needed")
    if typed.startswith("~"):
        typed = os.path.expanduser(typed)  # noqa: PTH111  # a text, which can be an address too
    if not (arguments.is_key(typed) or typed.startswith("did:")):
        typed = taken(typed, arguments.address(_web_address(typed)))
    elif arguments.party(typed).key is not None:
        return None, typed
    say("  The contract names exactly this address.")
    return typed, None


def list_uri(typed: str) -> str:
    """The address of a list."""
    if not typed:
        raise Problem("an address is needed")
    if not typed.startswith(("did:", "urn:")):
        typed = taken(typed, list_address(_web_address(typed)))
    return list_address(typed)


def _web_address(typed: str) -> str:
    """*typed* as an address on the web, with what is often left out or written otherwise."""
    scheme, has_scheme, rest = typed.rpartition("://")
    if has_scheme and scheme.lower() not in ("http", "https"):
        return typed
    host = re.split(r"[/?#]", rest)[0]
    path = rest[len(host) :]
    _check_host(host, is_whole=bool(has_scheme))
    return f"https://{host.lower()}{path}"


def _check_host(host: str, *, is_whole: bool) -> None:
    if "@" in host and not is_whole:
        raise Problem(f"{host} is an e-mail address; enter the web site")
    if not host.isascii():
        raise Problem(f"an address has plain letters only; this one is written {_ascii(host)}")
    if not is_whole and "." not in host:
        raise Problem(
            f"{host!r} is not a whole web address, which has a full stop in it, such as "
            f"acme.example, and neither a key nor a file"
        )


def _ascii(host: str) -> str:
    """A host as the web writes it: each label with other letters in Punycode (RFC 5891)."""
    return ".".join(
        label if label.isascii() else f"xn--{label.encode('punycode').decode()}"
        for label in host.lower().split(".")
    )


def path(typed: str) -> Path:
    """A file, with ``~`` for the person's own folder as a shell has it."""
    if not typed:
        raise Problem("the name of a file is needed")
    return Path(os.path.expanduser(typed))  # noqa: PTH111  # Path.expanduser fails for unknown users
