"""The plain-language text of a contract, template en-1 (spec §3.8).

It is made from the signed fields alone. A published template never changes. A different text
is a different template.
"""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING, Final

from consentsig.errors import quoted, utc
from consentsig.vocabulary import Division, Erase, PaymentKind, Revocability

if TYPE_CHECKING:
    from collections.abc import Iterator

    from consentsig.terms import Payment, Terms

_PER: Final = {
    PaymentKind.ONCE: "Once",
    PaymentKind.PER_RUN: "For each training run",
    PaymentKind.PER_OUTPUT: "For each output of a model",
    PaymentKind.REVENUE_SHARE: "Share of revenue",
    PaymentKind.POOL_REVENUE: "A part of a pool of revenue: the pool is",
    PaymentKind.POOL_OUTPUT: "A part of a pool for each output of a model: the pool is",
}
_SHARED: Final = {Division.EQUAL: "equally", Division.WEIGHT: "by weight"}
# What the words of a payment mean; each explained once.
_PAYMENT_WORDS: Final = (
    (
        {PaymentKind.PER_RUN},
        (
            "A training run is one training that changes the parameters of a model and yields a "
            "model that is used."
        ),
    ),
    (
        {PaymentKind.PER_OUTPUT, PaymentKind.POOL_OUTPUT},
        "An output is one result that a model delivers, such as one picture or one answer.",
    ),
    (
        {PaymentKind.REVENUE_SHARE, PaymentKind.POOL_REVENUE},
        (
            "Revenue is all that the grantee, and whoever it passes this permission to, receives "
            "for outputs of, access to or copies of a model or system for which this work was put "
            "to a permitted use, before costs."
        ),
    ),
)
_DIVISION_WORDS: Final = {
    Division.EQUAL: (
        "Equally: this work's part is the pool divided by the number of works in the training "
        "record of the model."
    ),
    Division.WEIGHT: (
        "By weight: this work's part is the weight that the grantee's signed report gives it, by "
        "a method that the report names. All weights together are at most one. What is left of "
        "the pool is divided equally."
    ),
}
_MODES: Final = {
    Revocability.NOT_BEFORE_END: "The creator cannot take this permission back before it ends.",
    Revocability.AT_WILL: (
        "The creator can take this permission back at any time and needs no reason."
    ),
    Revocability.FOR_BREACH: (
        "The creator can take this permission back if the grantee breaks these terms."
    ),
}
_ERASE: Final = {
    Erase.COPIES: "copies of the work, and datasets that hold it",
    Erase.INDEXES: "indexes and embeddings made from it",
    Erase.RETIRE: "checkpoints of models trained on it, by retiring them",
    Erase.RETRAIN: "what models learned from it, by retraining their checkpoints without it",
}


def render(terms: Terms) -> str:
    """Return the text of *terms* in template en-1. Each line ends with one line feed."""
    sections = (
        _opening, _creator, _work, _grantee, _uses, _purpose, _time_and_place, _payment,
        _credit_and_reports, _taking_it_back, _erasing, _about,
    )  # fmt: skip
    texts = ("\n".join(section(terms)) for section in sections)
    return "\n\n".join(text for text in texts if text) + "\n"


def money(payment: Payment) -> str:
    """Return the amount due, such as ``0.0005 EUR`` or ``2.5 %``."""
    if payment.kind.is_share:
        whole, hundredths = divmod(payment.amount, 100)
        return f"{whole}.{hundredths:02}".rstrip("0").rstrip(".") + " %"
    digits = str(payment.amount).zfill(payment.decimals + 1)
    point = len(digits) - payment.decimals
    return f"{digits[:point]}.{digits[point:]}".rstrip(".") + f" {payment.currency}"


def _opening(_: Terms) -> Iterator[str]:
    yield "CONTRACT FOR ONE WORK"
    yield (
        "The creator permits the uses named below, of this one work, to this one grantee, "
        "and nothing else."
    )


def _creator(terms: Terms) -> Iterator[str]:
    creator = terms.creator
    yield "CREATOR"
    if creator.name is not None:
        yield f"Name: {quoted(creator.name)}"
    if creator.acts_for is not None:
        yield f"Signs for: {quoted(creator.acts_for)}"
    yield f"Signing key: {creator.key.thumbprint.hex()}"
    if creator.recovery is not None:
        yield f"Recovery key: {creator.recovery.hex()}"


def _work(terms: Terms) -> Iterator[str]:
    work = terms.work
    yield "WORK"
    if work.title is not None:
        yield f"Title: {quoted(work.title)}"
    if work.media_type is not None:
        yield f"Kind of file: {quoted(work.media_type)}"
    if work.size is not None:
        yield f"Size: {_count(work.size, 'byte')}"
    yield f"Fingerprint (SHA-256): {work.sha256.hex()}"
    if work.sha384 is not None:
        yield f"Fingerprint (SHA-384): {work.sha384.hex()}"
    if work.sha512 is not None:
        yield f"Fingerprint (SHA-512): {work.sha512.hex()}"
    for code in work.iscc:
        yield f"Similarity code (ISCC): {quoted(code)}"
    yield (
        "Only the file with exactly this fingerprint is meant. "
        "A copy that was changed, resized or saved again is another work."
    )


def _grantee(terms: Terms) -> Iterator[str]:
    grantee = terms.grantee
    yield "GRANTEE"
    yield f"Name: {quoted(grantee.name)}"
    if grantee.uri is not None:
        yield f"Address: {quoted(grantee.uri)}"
    if grantee.key is not None:
        yield f"Key: {grantee.key.hex()}"
    if terms.exclusive:
        yield (
            "Exclusive: until the end, the creator grants these uses of this work to nobody else."
        )
    else:
        yield "Not exclusive: the creator may grant the same uses to others."
    if terms.pass_on:
        yield "The grantee may pass this permission on, by signed sub-licences that narrow it."
    else:
        yield "The grantee may not pass this permission on."


def _uses(terms: Terms) -> Iterator[str]:
    yield "PERMITTED USES"
    for use in sorted(set(terms.uses)):
        yield f"{use.label}: {use.meaning}"
    yield "Every other use is refused."


def _purpose(terms: Terms) -> Iterator[str]:
    if terms.purpose is not None:
        yield "PURPOSE"
        yield "The uses above are permitted only for this purpose, in the creator's words:"
        yield quoted(terms.purpose)


def _time_and_place(terms: Terms) -> Iterator[str]:
    yield "TIME AND PLACE"
    yield f"Signed: {utc(terms.issued)}"
    yield f"Begins: {utc(terms.starts)}"
    yield f"Ends: {utc(terms.expires)}"
    if terms.expires.time() == time.min:
        yield f"Last day: {terms.expires - timedelta(days=1):%Y-%m-%d}"
    yield "From the moment it ends, it permits nothing."
    if terms.is_worldwide:
        yield "Where: in the whole world"
    else:
        yield f"Where: only in {', '.join(terms.territory)}"


def _payment(terms: Terms) -> Iterator[str]:
    yield "PAYMENT"
    yield "All of the following is due:" if terms.payments else "No payment is due."
    for payment in terms.payments:
        yield _due(payment)
    kinds = {due.kind for due in terms.payments}
    yield from (words for meant, words in _PAYMENT_WORDS if meant & kinds)
    divisions = {due.division for due in terms.payments}
    yield from (words for division, words in _DIVISION_WORDS.items() if division in divisions)


def _due(payment: Payment) -> str:
    if payment.division is None:
        return f"{_PER[payment.kind]}: {money(payment)}"
    shared = _SHARED[payment.division]
    return f"{_PER[payment.kind]} {money(payment)}, shared by all works {shared}"


def _credit_and_reports(terms: Terms) -> Iterator[str]:
    yield "CREDIT AND REPORTS"
    if terms.credit is not None:
        yield f"This credit line must appear: {quoted(terms.credit)}"
    else:
        yield "No credit line is required."
    if terms.report_months is not None:
        yield f"A report on the use is due every {_count(terms.report_months, 'month')}."
    else:
        yield "No report is required."


def _taking_it_back(terms: Terms) -> Iterator[str]:
    yield "TAKING IT BACK"
    yield _MODES[terms.revocation.mode]
    if terms.status is None:
        return
    yield (
        "Once the status list says it was taken back, no new use may begin, and running uses "
        f"must stop within {_count(terms.revocation.days, 'day')}."
    )
    yield "Nothing is permitted while no current status list can be shown."
    yield f"Position in the list: {terms.status.idx}"
    if terms.list_key is not None:
        yield f"Key that signs the list: {terms.list_key.hex()}"
    yield f"Status list: {quoted(terms.status.uri)}"


def _erasing(terms: Terms) -> Iterator[str]:
    yield "ERASING"
    if terms.erasure is None:
        yield "This contract sets no term for erasing."
        return
    yield (
        f"Within {_count(terms.erasure.days, 'day')} after the end, or after it was taken back, "
        "the following must be gone:"
    )
    for bit, what in _ERASE.items():
        if bit in terms.erasure.what:
            yield what


def _about(terms: Terms) -> Iterator[str]:
    yield "ABOUT THIS TEXT"
    if terms.salt is not None:
        yield f"Salt: {terms.salt.hex()}"
    yield "Made from the signed fields alone, by template en-1."
    yield (
        "The signature proves which key signed. "
        "It does not prove who holds the key, or that the signer made the work."
    )


def _count(n: int, unit: str) -> str:
    return f"{n} {unit}" if n == 1 else f"{n} {unit}s"
