"""The options of ``grant``, read into the terms of a contract; what is unclear is refused."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from consentsig import (
    Creator,
    Division,
    Erase,
    Erasure,
    Grantee,
    Payment,
    PaymentKind,
    Revocability,
    Revocation,
    Terms,
    Use,
    Work,
)
from consentsig.cli.granting.assigned_codes import CURRENCIES
from consentsig.cli.granting.options import Options
from consentsig.cli.granting.spellings import check_country
from consentsig.cli.terminal import arguments, output
from consentsig.cli.terminal.output import Problem
from consentsig.cli.terminal.signed_texts import signable
from consentsig.home.home import Key
from consentsig.terms import MAX_TERM
from consentsig.vocabulary import WORLD

_NO_WORK: Final = bytes(32)
_AMOUNT: Final = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]+))?")
_MAX_DECIMALS: Final = 9
_MAX_AMOUNT: Final = 2**53 - 1
_SPEC: Final = (
    "once:500:EUR, per-run:500:EUR, per-output:0.0005:EUR, revenue-share:2.5%, "
    "pool-revenue:30%:equal or pool-output:0.05:EUR:weight"
)


def all_terms(key: Key, options: Options, issued: datetime) -> Terms:
    """The terms that *options* say, but for the work's bytes and its position in the list."""
    party = grantee(options.to or "", options.to_url, options.to_key)
    acts_for = _text(options.acts_for, "--acts-for", 200)
    creator = Creator(key.public, key.name, key.recovery, acts_for)
    terms = _draft(creator, party, uses(options.uses), issued)
    return term(terms, options.since, options.until or "")._replace(
        payments=payments(options.pay, free=options.free),
        territory=territory(options.territory, worldwide=options.worldwide),
        revocation=revocation(
            options.revocable, options.revocable_on_breach, irrevocable=options.irrevocable
        ),
        erasure=erasure(options.erase, options.erase_within),
        exclusive=options.exclusive,
        pass_on=options.pass_on,
        work=Work(_NO_WORK, _text(options.title, "--title", 200)),
        purpose=_text(options.purpose, "--purpose", 1000),
        credit=_text(options.credit, "--credit", 200),
        report_months=report(options.report),
    )


def _text(text: str | None, option: str, limit: int) -> str | None:
    return None if text is None else signable(text, option, limit)


def _draft(creator: Creator, grantee: Grantee, uses: tuple[Use, ...], issued: datetime) -> Terms:
    """Terms that still lack the work, the time, and whatever else is granted or asked for."""
    return Terms(
        creator=creator,
        work=Work(_NO_WORK),
        grantee=grantee,
        uses=uses,
        payments=(),
        revocation=Revocation(Revocability.NOT_BEFORE_END),
        territory=(WORLD,),
        issued=issued,
        expires=issued,
    )


def grantee(name: str, url: str | None, key: str | None) -> Grantee:
    """Who is permitted: a name for people, and an address or key that machines compare."""
    if url is None and key is None:
        raise Problem(
            "a name alone identifies nobody; others can have it too",
            "add --to-url with the grantee's web address, or --to-key with their public key",
        )
    return Grantee(
        signable(name, "--to"),
        None if url is None else arguments.address(url),
        None if key is None else arguments.key(key)[0],
    )


def uses(labels: tuple[str, ...]) -> tuple[Use, ...]:
    """The uses called *labels*, none twice."""
    found = tuple(arguments.use(label) for label in labels)
    if len(set(found)) < len(found):
        raise Problem(f"--allow names a use twice: {', '.join(labels)}")
    return found


def term(terms: Terms, since: str | None, until: str) -> Terms:
    """*terms* with their start and end, both days of UTC; the last day counts whole."""
    expires = arguments.end_of(until, "--until")
    start = terms.issued if since is None else arguments.day(since, "--from")
    if start.date() < terms.issued.date():
        raise Problem(f"--from is {since}, which is in the past; leave it out to begin now")
    if expires <= max(start, terms.issued):
        raise Problem(f"--until is {until}, which is before it begins, {start:%Y-%m-%d}")
    if expires > max(start, terms.issued) + MAX_TERM:
        raise Problem(
            f"--until is {until}, more than {MAX_TERM.days} days (50 years) after it begins, "
            f"{start:%Y-%m-%d}"
        )
    return terms._replace(expires=expires, not_before=start if start > terms.issued else None)


def payments(specs: Sequence[str], *, free: bool) -> tuple[Payment, ...]:
    """All that is due; nothing only where *free* says so."""
    if free == bool(specs):
        raise Problem(
            "--free and --pay exclude each other" if free else "what is due for it?",
            f"write --free, or --pay once or more: {_SPEC}",
        )
    found = tuple(_payment(spec) for spec in specs)
    if len(set(found)) < len(found):
        raise Problem(f"--pay says the same twice: {', '.join(specs)}")
    return found


def _payment(spec: str) -> Payment:
    label, _, rest = spec.partition(":")
    try:
        kind = PaymentKind.from_label(label)
    except ValueError:
        raise Problem(f"--pay is {spec!r}, expected {_SPEC}") from None
    division = None
    if kind.is_pool:
        rest, _, label = rest.rpartition(":")
        division = _division(label, spec)
    if kind.is_share:
        return Payment(kind, _share(rest, spec), division=division)
    amount, _, currency = rest.partition(":")
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise Problem(f"--pay is {spec!r}, expected {_SPEC}")
    if currency not in CURRENCIES:
        output.warning(f"{currency} is not a currency in use")
    return Payment(kind, *_number(amount, spec), currency, division)


def _division(label: str, spec: str) -> Division:
    try:
        return Division.from_label(label)
    except ValueError:
        raise Problem(
            f"--pay is {spec!r}; how is the pool divided?",
            f"{spec}:equal, the same for each work",
            f"{spec}:weight, by weights that the grantee's report gives",
        ) from None


def _share(text: str, spec: str) -> int:
    """A share of revenue in basis points."""
    if not text.endswith("%"):
        raise Problem(f"--pay is {spec!r}, expected {_SPEC}")
    share, decimals = _number(text.removesuffix("%"), spec)
    points = share * (100, 10, 1, 0)[min(decimals, 3)]
    if not 1 <= points <= 10_000:
        raise Problem(f"--pay is {spec!r}, expected 0.01% to 100%, in steps of 0.01%")
    return points


def _number(text: str, spec: str) -> tuple[int, int]:
    """The number as digits and decimals, exactly: no binary fraction comes near money."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise Problem(f"--pay is {spec!r}, expected an amount such as 500 or 0.0005")
    decimals = match[2] or ""
    if len(decimals) > _MAX_DECIMALS:
        raise Problem(f"--pay is {spec!r}, with {len(decimals)} decimals, at most 9 fit")
    decimals = decimals.rstrip("0")
    amount = int(match[1] + decimals) if len(match[1]) < 20 else _MAX_AMOUNT + 1
    if amount == 0:
        raise Problem(f"--pay is {spec!r}, which is nothing", "write --free instead")
    if amount > _MAX_AMOUNT:
        raise Problem(f"--pay is {spec!r}, which is too much to be written")
    return amount, len(decimals)


def territory(codes: str | None, *, worldwide: bool) -> tuple[str, ...]:
    """Where: the countries in *codes*; everywhere only where *worldwide* says so."""
    if worldwide == (codes is not None):
        raise Problem(
            "--worldwide and --territory exclude each other" if worldwide else "where?",
            "write --worldwide, or --territory with countries, such as PT,ES",
        )
    if codes is None:
        return (WORLD,)
    found = tuple(arguments.territory(code.strip()) for code in codes.split(","))
    if WORLD in found:
        raise Problem("001 is the whole world", "write --worldwide instead")
    if len(set(found)) < len(found):
        raise Problem(f"--territory names a country twice: {codes}")
    for code in found:
        check_country(code)
    return found


def revocation(at_will: int | None, on_breach: int | None, *, irrevocable: bool) -> Revocation:
    """Return whether and how it can be revoked. Exactly one option must say it."""
    if (at_will is not None) + (on_breach is not None) + irrevocable != 1:
        raise Problem(
            "can you take it back? exactly one answer is needed",
            "--revocable DAYS: at any time; running uses must stop within DAYS",
            "--revocable-on-breach DAYS: if the grantee breaks these terms",
            "--irrevocable: not before it ends",
        )
    if at_will is not None:
        return Revocation(Revocability.AT_WILL, _within(at_will, 3650, "--revocable"))
    if on_breach is not None:
        days = _within(on_breach, 3650, "--revocable-on-breach")
        return Revocation(Revocability.FOR_BREACH, days)
    return Revocation(Revocability.NOT_BEFORE_END)


def erasure(what: str | None, days: int | None) -> Erasure | None:
    """What must be erased within how many days; both or neither."""
    if what is None and days is None:
        return None
    if what is None or days is None:
        raise Problem(
            "--erase and --erase-within need each other",
            "for example: --erase copies,indexes --erase-within 30",
        )
    labels = [label.strip() for label in what.split(",")]
    if len(set(labels)) < len(labels):
        raise Problem(f"--erase names one thing twice: {what}")
    try:
        total = Erase(sum(Erase.from_label(label) for label in labels))
    except ValueError as error:
        raise Problem(f"--erase: {error}") from None
    return Erasure(_within(days, 365, "--erase-within"), total)


def report(months: int | None) -> int | None:
    """How often a report is due, if it is."""
    return None if months is None else _within(months, 12, "--report", "months")


def _within(n: int, most: int, option: str, unit: str = "days") -> int:
    if not 1 <= n <= most:
        raise Problem(f"{option} is {n} {unit}, expected 1 to {most}")
    return n
