"""What a contract says: as values for ``--json``, and as words for people.

A value has the name of its attribute in the Python API. docs/json.md lists them all.
"""

from datetime import datetime
from typing import Final

from consentsig import (
    Division,
    Erase,
    Erasure,
    Payment,
    PaymentKind,
    Revocability,
    Terms,
    UnverifiedContract,
    json_values,
)
from consentsig.cli.terminal import output
from consentsig.errors import quoted
from consentsig.text import money

_PER: Final = {
    PaymentKind.ONCE: "once",
    PaymentKind.PER_RUN: "for each training run",
    PaymentKind.PER_OUTPUT: "for each output of a model",
    PaymentKind.REVENUE_SHARE: "of the revenue",
    PaymentKind.POOL_REVENUE: "of the revenue",
    PaymentKind.POOL_OUTPUT: "for each output of a model",
}
_REVOCABLE: Final = {
    Revocability.NOT_BEFORE_END: "no, not before it ends",
    Revocability.AT_WILL: "yes, at any time and without a reason",
    Revocability.FOR_BREACH: "yes, if its terms are broken",
}
_SHARED: Final = {Division.EQUAL: "equally", Division.WEIGHT: "by weight"}
ERASE: Final = {
    Erase.COPIES: "copies of the work and datasets that hold it",
    Erase.INDEXES: "indexes and embeddings made from it",
    Erase.RETIRE: "models trained on it, by retiring them",
    Erase.RETRAIN: "what models learned from it, by retraining them without it",
}

# What there is to say of a contract that is refused.
NOTHING: Final[dict[str, object]] = dict.fromkeys(
    (
        *("contract_id", "batch", "creator", "work", "grantee", "uses", "territory", "issued"),
        *("starts", "expires", "revocation", "status", "list_key", "salt", "payments", "erasure"),
        *("purpose", "credit", "report_months", "exclusive", "pass_on"),
    )
)


def contract(parsed: UnverifiedContract) -> dict[str, object]:
    """Return every field of a contract; absent fields are None."""
    terms = parsed.terms
    return {
        "contract_id": parsed.contract_id.hex(),
        "batch": batch(parsed),
        "creator": json_values.creator(terms.creator),
        "work": work(terms),
        "grantee": {
            "name": terms.grantee.name,
            "uri": terms.grantee.uri,
            "key": _hex(terms.grantee.key),
        },
        "uses": [use.label for use in terms.uses],
        "territory": list(terms.territory),
        "issued": output.iso(terms.issued),
        "starts": output.iso(terms.starts),
        "expires": output.iso(terms.expires),
        "revocation": {"mode": terms.revocation.mode.label, "days": terms.revocation.days},
        "status": terms.status and terms.status._asdict(),
        "list_key": _hex(terms.list_key),
        "salt": _hex(terms.salt),
        "payments": [json_values.payment(due) for due in terms.payments],
        "erasure": None if terms.erasure is None else json_values.erasure(terms.erasure),
        "purpose": terms.purpose,
        "credit": terms.credit,
        "report_months": terms.report_months,
        "exclusive": terms.exclusive,
        "pass_on": terms.pass_on,
    }


def batch(parsed: UnverifiedContract) -> dict[str, object] | None:
    """Return a contract's place among those signed together; None if it was signed alone."""
    place = parsed.place
    if place is None:
        return None
    return {"index": place.index, "size": place.size, "root": place.root.hex()}


def work(terms: Terms) -> dict[str, object]:
    """Return a contract's work."""
    work = terms.work
    return {
        "sha256": work.sha256.hex(),
        "title": work.title,
        "media_type": work.media_type,
        "size": work.size,
        "sha384": _hex(work.sha384),
        "sha512": _hex(work.sha512),
        "iscc": list(work.iscc),
    }


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


def no_longer_confirmed(until: datetime | None) -> str:
    """What is to be said of a contract once the newest list is by the recovery key (spec §7.3).

    Args:
        until: When the list before it ends, by which verifiers may still answer; None for never.
    """
    words = "no longer confirmed, since the newest list is by the recovery key"
    if until is None:
        return words
    return f"{words}; the list before it still counts until {output.last_day(until)}"


def in_words(terms: Terms) -> list[str]:
    """Return what software cannot check and a person must keep, one line each."""
    words = []
    if terms.purpose is not None:
        words.append(f"use it only for this purpose: {quoted(terms.purpose)}")
    words += [f"pay {_due(payment)}" for payment in terms.payments]
    if terms.credit is not None:
        words.append(f"show this credit line: {quoted(terms.credit)}")
    if terms.report_months is not None:
        words.append(f"report on the use every {output.count(terms.report_months, 'month')}")
    if terms.revocation.days:
        days = output.count(terms.revocation.days, "day")
        words.append(f"if it is revoked, start nothing new and stop running uses within {days}")
    if terms.erasure is not None:
        words += _erasing(terms.erasure)
    if terms.pass_on:
        words.append("you may pass it on, by signed sub-licences that narrow it")
    if terms.exclusive:
        words.append("until it ends, the creator grants these uses to nobody else")
    return words


def payments(terms: Terms) -> str:
    """Return all that is due, on one line."""
    return "; ".join(map(_due, terms.payments)) or "nothing to pay"


def revocability(terms: Terms) -> str:
    """Return whether and when the creator can take a contract back, on one line."""
    mode = _REVOCABLE[terms.revocation.mode]
    if terms.status is None:
        return mode
    days = output.count(terms.revocation.days, "day")
    return f"{mode}; running uses must then stop within {days}"


def _due(payment: Payment) -> str:
    due = f"{money(payment)} {_PER[payment.kind]}"
    if payment.division is None:
        return due
    return f"a part of a pool of {due}, shared by all works {_SHARED[payment.division]}"


def _erasing(erasure: Erasure) -> list[str]:
    days = output.count(erasure.days, "day")
    when = f"within {days} after it ends or is revoked, erase"
    return [f"{when} {words}" for bit, words in ERASE.items() if bit in erasure.what]
