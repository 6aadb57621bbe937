"""Days, money, countries and addresses as people write them, in the one spelling of the options.

Questions and options are read by the same rules. What could mean two things is refused, and the
refusal says what to write. What is written in the one spelling already stays as it is.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Final

from consentsig import PaymentKind
from consentsig.cli.granting.assigned_codes import COUNTRIES, COUNTRY_NAMES, EU_MEMBERS
from consentsig.cli.granting.options import Options, is_series
from consentsig.cli.terminal import output
from consentsig.cli.terminal.output import Problem
from consentsig.vocabulary import WORLD

# --- options ---


def in_one_spelling(given: Options) -> Options:
    """*given* in the spelling that is read exactly, and said where it was written otherwise."""
    return given._replace(
        to_url=_read("--to-url", given.to_url, web_address),
        until=_read("--until", given.until, day),
        since=_read("--from", given.since, day),
        pay=tuple(str(_read("--pay", spec, _payment)) for spec in given.pay),
        territory=_read("--territory", given.territory, _territory),
    )


def _read(option: str, typed: str | None, understand: Callable[[str], str]) -> str | None:
    if typed is None:
        return None
    try:
        meant = understand(typed)
    except Problem as problem:
        raise Problem(f"{option} is {typed!r}: {problem}", *problem.hints) from None
    if meant != "".join(typed.upper().split()) and meant != typed:  # pt, es is as good as PT,ES
        output.error("note", f"{option} {output.shell(typed)} is taken as {meant}")
    return meant


def _payment(spec: str) -> str:
    """A payment; what is not of a kind that is known is left for :mod:`read_terms` to refuse."""
    label, _, rest = spec.partition(":")
    if is_series(spec):
        return f"{label}:{due(PaymentKind.ONCE, rest.replace(':', ' ', 1).strip())}"
    try:
        kind = PaymentKind.from_label(label)
    except ValueError:
        return spec
    rest, *division = rest.rsplit(":", 1) if kind.is_pool and _DIVIDED.search(rest) else [rest]
    return ":".join([label, due(kind, rest.replace(":", " ", 1).strip()), *division])


_DIVIDED: Final = re.compile(r":(?![A-Za-z]{3}$)[^:]*$")  # what follows is no currency


def _territory(typed: str) -> str:
    return ",".join(countries(typed))


# --- days ---

_DAY_FORMS: Final = (
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"),
    re.compile(r"(?P<day>[0-9]{1,2})\. ?(?P<month>[0-9]{1,2})\. ?(?P<year>[0-9]{4})"),
)

_SLASHED: Final = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")


def day(typed: str) -> str:
    """A day, such as ``2027-12-31``."""
    if slashed := _SLASHED.fullmatch(typed):
        typed = _unslashed(*slashed.groups())
    match = next(filter(None, (form.fullmatch(typed) for form in _DAY_FORMS)), None)
    if match is None:
        raise Problem("that cannot be read as a day; write it as in 2027-12-31")
    year, month, number = (int(match[part]) for part in ("year", "month", "day"))
    if not 1 <= month <= 12:
        raise Problem(f"there is no month {month}")
    try:
        return date(year, month, number).isoformat()
    except ValueError:
        raise Problem(f"there is no day {number} in month {month} of {year}") from None


def _unslashed(one: str, other: str, year: str) -> str:
    """A day with slashes, which people write both ways round, if only one of them is a day."""
    if one != other and int(one) <= 12 and int(other) <= 12:
        raise Problem("that can be read in two ways; write the year first, as in 2027-12-31")
    number, month = (one, other) if int(other) <= 12 else (other, one)
    return f"{year}-{month}-{number}"


# --- money ---

SUM_EXPECTED: Final = "a number and three letters are expected, such as 500 EUR or 499.50 EUR"
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


def due(kind: PaymentKind, typed: str) -> str:
    """What is due, in the spelling of ``--pay``: ``500:EUR`` or ``2.5%``."""
    return _share(typed) if kind.is_share else ":".join(amount(typed))


def _share(typed: str) -> str:
    match = _SHARE.fullmatch(typed)
    if match is None:
        raise Problem("a number and a percent sign are expected, such as 2.5%")
    return f"{match[1]}.{match[2]}%" if match[2] else f"{match[1]}%"


def amount(typed: str) -> tuple[str, str]:
    """A sum as its number and the code of its currency."""
    text = re.sub(r"€|\beuros?\b", " EUR ", typed, flags=re.IGNORECASE)
    text = " ".join(text.split())
    if sign := re.search(r"[$£¥]", text):
        raise Problem(
            f"{sign[0]} stands for several currencies; write the three letters, such as 500 USD"
        )
    text = text.upper() if text.isascii() else ""
    match = next(filter(None, (form.fullmatch(text) for form in _SUM)), None)
    if match is None:
        raise Problem(SUM_EXPECTED)
    return _number(match["number"].strip()), match["code"]


def _number(text: str) -> str:
    text = _THOUSANDS.sub("", text)
    if any(form.fullmatch(text) for form in _BOTH_MARKS):  # the last mark is that of decimals
        whole, decimals = re.split(r"[.,](?=[0-9]*$)", text)
        return f"{re.sub('[.,]', '', whole)}.{decimals}"
    if re.fullmatch(r"[0-9]+,[0-9]{1,2}", text):
        return text.replace(",", ".")
    if re.fullmatch(r"[1-9][0-9]{0,2}([.,][0-9]{3})*[.,][0-9]{2}0", text) or "," in text:
        raise Problem("that can be read in two ways; write thousands as in 1000 EUR")
    if not re.fullmatch(r"(0|[1-9][0-9]*)(\.[0-9]+)?", text):
        raise Problem(SUM_EXPECTED)
    return text


# --- countries ---


_CODES: Final = {name.lower(): code for code, names in COUNTRY_NAMES.items() for name in names} | {
    "european union": "EU"
}  # by name
_MEANT: Final = {
    "EL": "write GR for Greece",
    "EU": f"name those of its members that you mean: {','.join(EU_MEMBERS)}",
    "UK": "write GB for the United Kingdom",
}


def countries(typed: str) -> list[str]:
    """The codes of what was *typed*: codes of countries, or their names in English."""
    if typed.lower() in _CODES:  # such as Antigua and Barbuda
        codes = [_CODES[typed.lower()]]
    else:
        parts = [part.strip() for part in re.split(r"[,;&]|\band\b", typed) if part.strip()]
        codes = [code for part in parts for code in _codes_of(part)]
    if not codes:
        raise Problem("two letters for each country are expected, such as PT,ES")
    for code in codes:
        check_country(code)
    return codes


def check_country(code: str) -> None:
    """Refuse a code that is assigned to no country; 001 for the world is not looked at here."""
    if code in COUNTRIES or code == WORLD:
        return
    meant = _MEANT.get(code, "the two letters of ISO 3166-1 are expected, such as PT")
    raise Problem(f"{code} is not the code of a country; {meant}")


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


# --- addresses ---


def web_address(typed: str) -> str:
    """*typed* as an address on the web, with what is often left out or written otherwise."""
    if typed.startswith("did:"):
        return typed
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
