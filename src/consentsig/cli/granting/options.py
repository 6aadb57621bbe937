"""What ``grant`` is told about the terms: by options, by answers, or by an earlier contract.

All three end as the same :class:`Options`, in the spelling of the command line. So an answer
is read by the rules of its option, and the command for next time is what was answered.
"""

from datetime import date, timedelta
from typing import Final, NamedTuple

from consentsig import Payment, Revocability, Terms
from consentsig.cli.terminal.output import Problem
from consentsig.text import money

_NEEDED: Final = {
    "--to NAME": "who is permitted",
    "--to-url URL or --to-key KEY": "a name alone identifies nobody; others can have it too",
    "--allow USE,...": "each use by its name; consentsig uses has their meanings",
    "--until DATE": "the last day, such as 2027-12-31",
    "--free or --pay SPEC": "what is due; once:500:EUR is a SPEC",
    "--revocable DAYS, --revocable-on-breach DAYS or --irrevocable": "whether you can take it back",
    "--worldwide or --territory CC,...": "where it may be used",
}
_NAMES: Final = {"since": "--from", "each_file": "--each"}  # which Python has other plans for
SERIES: Final = "series"  # a price for all works of the command together, in place of a kind


def is_series(spec: str) -> bool:
    """Whether *spec*, of what is due, is one price for all works together."""
    return spec.partition(":")[0] == SERIES


class Options(NamedTuple):
    """The options of ``grant`` that a question can answer, named as its parameters are."""

    to: str | None = None
    to_url: str | None = None
    to_key: str | None = None
    allow: tuple[str, ...] = ()
    until: str | None = None
    since: str | None = None
    free: bool = False
    pay: tuple[str, ...] = ()
    worldwide: bool = False
    territory: str | None = None
    revocable: int | None = None
    revocable_on_breach: int | None = None
    irrevocable: bool = False
    erase: str | None = None
    erase_within: int | None = None
    exclusive: bool = False
    pass_on: bool = False
    purpose: str | None = None
    credit: str | None = None
    report: int | None = None
    acts_for: str | None = None
    title: str | None = None
    batch: str | None = None
    each_file: bool = False
    review: str | None = None
    list_uri: str | None = None  # an answer only: it is kept with the key, and never asked again

    @property
    def uses(self) -> tuple[str, ...]:
        """The labels of the uses named, each ``--allow`` being a list with commas."""
        return tuple(label.strip() for text in self.allow for label in text.split(","))

    @property
    def missing(self) -> dict[str, str]:
        """What has to be said and is not, and why."""
        said = (
            self.to is not None,
            self.to_url is not None or self.to_key is not None,
            bool(self.allow),
            self.until is not None,
            self.free or bool(self.pay),
            self.says_revocation,
            self.worldwide or self.territory is not None,
        )
        return {
            option: why
            for is_said, (option, why) in zip(said, _NEEDED.items(), strict=True)
            if not is_said
        }

    @property
    def says_revocation(self) -> bool:
        """Whether the options say anything about revocation."""
        days = (self.revocable, self.revocable_on_breach)
        return self.irrevocable or any(each is not None for each in days)

    @property
    def words(self) -> list[str]:
        """The same as words of a command line."""
        words: list[str] = []
        for name, value in self._replace(list_uri=None)._asdict().items():
            option = _NAMES.get(name) or f"--{name.replace('_', '-')}"
            for each in value if isinstance(value, tuple) else (value,):
                if each is True:
                    words.append(option)
                elif each is not None and each is not False:
                    words += [option, str(each)]
        return words


def like(given: Options, terms: Terms, today: date) -> Options:
    """*given*, and for what it does not say, *terms* of an earlier contract.

    Uses are never taken over: those named must be among the earlier ones. Nor is the first
    day; the last day is, if it is not over.
    """
    known = {use.label for use in terms.uses}
    if more := [label for label in given.uses if label not in known]:
        raise Problem(
            f"--allow names {more[0]}, which the earlier contract does not permit; it permits "
            f"{', '.join(use.label for use in terms.uses)}",
            "leave out --like to grant on new terms",
        )
    earlier = of(terms)
    if _last_day(terms) < today:
        earlier = earlier._replace(until=None)
    return _said(given, earlier)


# Options that answer one question together: what is said of one stands for all of them.
_TOGETHER: Final = (
    ("to", "to_url", "to_key"),
    ("until",),
    ("free", "pay"),
    ("worldwide", "territory"),
    ("revocable", "revocable_on_breach", "irrevocable"),
    ("erase", "erase_within"),
    ("exclusive",),
    ("pass_on",),
    ("purpose",),
    ("credit",),
    ("report",),
    ("acts_for",),
)


def _said(given: Options, earlier: Options) -> Options:
    taken: dict[str, object] = {}
    for names in _TOGETHER:
        if not any(getattr(given, name) for name in names):
            taken |= {name: getattr(earlier, name) for name in names}
    return given._replace(**taken)  # type: ignore[arg-type]  # each name's value is that name's


def of(terms: Terms) -> Options:
    """All that *terms* say, but for the first day and the work's own part."""
    days = terms.revocation.days
    mode = terms.revocation.mode
    erasure = terms.erasure
    grantee = terms.grantee
    return Options(
        to=grantee.name,
        to_url=grantee.uri,
        to_key=grantee.key.hex() if grantee.key else None,
        until=_last_day(terms).isoformat(),
        free=not terms.payments,
        pay=tuple(_spec(payment) for payment in terms.payments),
        worldwide=terms.is_worldwide,
        territory=None if terms.is_worldwide else ",".join(terms.territory),
        revocable=days if mode is Revocability.AT_WILL else None,
        revocable_on_breach=days if mode is Revocability.FOR_BREACH else None,
        irrevocable=mode is Revocability.NOT_BEFORE_END,
        erase=erasure and ",".join(each.label for each in erasure.what),
        erase_within=erasure and erasure.days,
        exclusive=terms.exclusive,
        pass_on=terms.pass_on,
        purpose=terms.purpose,
        credit=terms.credit,
        report=terms.report_months,
        acts_for=terms.creator.acts_for,
    )


def _last_day(terms: Terms) -> date:
    """The last day that counts whole."""
    return terms.expires.date() - timedelta(days=1)


def _spec(payment: Payment) -> str:
    between = "" if payment.kind.is_share else ":"
    spec = f"{payment.kind.label}:{money(payment).replace(' ', between)}"
    return spec if payment.division is None else f"{spec}:{payment.division.label}"
