"""Warns where the same money is promised more than once: 2.5 % of one revenue, for each work.

A payment is due in full for each work (spec §3.6). That adds up over the works of one command: 500
EUR for each of 1,000 works is 500,000 EUR. For each output or of revenue it also adds up with
earlier contracts with the same grantee. Part of a pool never does.
"""

from collections.abc import Collection
from datetime import datetime

from consentsig import Grantee, Payment, PaymentKind, Terms
from consentsig.cli.granting.options import SERIES
from consentsig.cli.terminal import output, parties
from consentsig.errors import quoted
from consentsig.home import ledger
from consentsig.home.home import Home
from consentsig.text import money

_POOL = {
    PaymentKind.PER_OUTPUT: PaymentKind.POOL_OUTPUT,
    PaymentKind.REVENUE_SHARE: PaymentKind.POOL_REVENUE,
}
_PER = {
    PaymentKind.ONCE: "",
    PaymentKind.PER_RUN: "for each training run",
    PaymentKind.PER_OUTPUT: "for each output",
}


def warn(
    home: Home, terms: Terms, works: int, now: datetime, parts: Collection[Payment] = ()
) -> None:
    """Say what *terms* ask in all, for so many *works* and beside contracts that still run.

    *parts* are those payments that were divided among the works on purpose.
    """
    if works > 1:
        for payment in terms.payments:
            if not payment.kind.is_pool and payment not in parts:
                _warn_of_works(payment, works)
    due = [payment for payment in terms.payments if payment.kind in _POOL]
    if not due:
        return
    earlier = _running(home, terms.grantee, now)
    for payment in due:
        same = sum(_is_same_money(payment, other) for each in earlier for other in each.payments)
        if same:
            _warn_of_earlier(payment, terms.grantee, same)


def _warn_of_works(payment: Payment, works: int) -> None:
    total = " ".join(filter(None, (money(payment._replace(amount=payment.amount * works)),
                                   _of(payment))))  # fmt: skip
    output.warning(
        f"{money(payment)} is due for each of the {works} works: {total} in all"
        f"{_instead_of(payment)}"
    )


def _instead_of(payment: Payment) -> str:
    if payment.kind in _POOL:
        return f". For many works, let them share a pool: --pay {_POOL[payment.kind].label}"
    if payment.kind is PaymentKind.ONCE:
        return f". For one price for all of them: --pay {SERIES}:{money(payment).replace(' ', ':')}"
    return ""


def _warn_of_earlier(payment: Payment, grantee: Grantee, same: int) -> None:
    contracts = output.count(same, "earlier contract")
    asks = "asks" if same == 1 else "ask"
    output.warning(
        f"{contracts} with {quoted(grantee.name)} {asks} for a part {_of(payment)} too. "
        "Each is due in full, so together they can be more than there is"
    )


def _of(payment: Payment) -> str:
    if payment.kind.is_share:
        return "of the revenue"
    return _PER[payment.kind]


def _running(home: Home, grantee: Grantee, now: datetime) -> list[Terms]:
    """The terms of contracts with *grantee* that still run."""
    return [
        terms
        for each in ledger.running(home, now)
        if parties.is_same((terms := each.contract.terms).grantee, grantee)
    ]


def _is_same_money(one: Payment, other: Payment) -> bool:
    return (one.kind, one.currency) == (other.kind, other.currency)
