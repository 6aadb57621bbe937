"""One price for all works of a command: ``--pay series:500:EUR``.

The format knows no payment for several contracts together: what a contract asks for is due for
it. So each contract asks for an equal part, once, and all parts together are exactly the price.
What cannot be divided so is refused. The other ways are not honest: an amount in one contract
alone leaves the others free, and words about it elsewhere are read by no program.
"""

from typing import Final

from consentsig import Payment, PaymentKind
from consentsig.cli.granting import read_terms as read
from consentsig.cli.granting.options import is_series
from consentsig.cli.terminal import output
from consentsig.cli.terminal.output import Problem
from consentsig.text import money

_MAX_DECIMALS: Final = 9  # of an amount in a contract
_CENTS: Final = 2


def in_parts(specs: tuple[str, ...], works: int) -> tuple[tuple[str, ...], frozenset[Payment]]:
    """The *specs* as each of so many contracts says them, and which are parts of one price."""
    said, parts = [], set()
    for spec in specs:
        if is_series(spec):
            part = part_of(spec, works)
            parts.add(part)
            spec = f"{PaymentKind.ONCE.label}:{money(part).replace(' ', ':')}"  # noqa: PLW2901  # as a contract says it
        said.append(spec)
    return tuple(said), frozenset(parts)


def part_of(spec: str, works: int) -> Payment:
    """What one of so many contracts asks for, so that all together ask for the price in *spec*."""
    price = _price(spec)
    units, rest = divmod(price.amount * 10 ** (_MAX_DECIMALS - price.decimals), works)
    if rest:
        near = " or ".join(_near(price, works))
        raise Problem(
            f"{money(price)} cannot be divided into {works} equal parts",
            f"prices that can be, in whole cents: {near}",
        )
    decimals = _MAX_DECIMALS
    while decimals and units % 10 == 0:
        units, decimals = units // 10, decimals - 1
    return price._replace(amount=units, decimals=decimals)


def _price(spec: str) -> Payment:
    once = f"{PaymentKind.ONCE.label}:{spec.partition(':')[2]}"
    try:
        (price,) = read.payments([once], free=False)
    except Problem as problem:
        raise Problem(str(problem).replace(once, spec), *problem.hints) from None
    return price


def _near(price: Payment, works: int) -> list[str]:
    """The next lower and higher price of which each part is whole cents."""
    cents = price.amount * 10**_CENTS // 10**price.decimals // works
    return [
        money(price._replace(amount=each * works, decimals=_CENTS))
        for each in (cents, cents + 1)
        if each
    ]


def tell(specs: tuple[str, ...], works: int) -> None:
    """Say what each contract asks for, where a price is for all of them."""
    for spec in filter(is_series, specs if works > 1 else ()):
        part = money(part_of(spec, works))
        whole = money(_price(spec))
        output.error(
            "note",
            f"{whole} is for all {works} works together: each contract asks for its part, {part}, "
            "once",
        )
