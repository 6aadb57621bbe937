import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from consentsig import (
    Creator,
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
    check_terms,
    render,
)
from consentsig.errors import quoted
from consentsig.text import money
from strategies import (
    ACME,
    ANA,
    LIST_KEY,
    LIST_URI,
    RECOVERY,
    STRANGER,
    all_terms,
    everything,
    terms,
)

HEADINGS = [
    "CONTRACT FOR ONE WORK",
    "CREATOR",
    "WORK",
    "GRANTEE",
    "PERMITTED USES",
    "PURPOSE",
    "TIME AND PLACE",
    "PAYMENT",
    "CREDIT AND REPORTS",
    "TAKING IT BACK",
    "ERASING",
    "ABOUT THIS TEXT",
]


def lines_under(heading: str, these: Terms) -> list[str]:
    sections = [section.splitlines() for section in render(these).split("\n\n")]
    (found,) = [lines for first, *lines in sections if first == heading]
    return found


def test_the_text_has_its_sections_in_order_and_a_purpose_only_where_there_is_one() -> None:
    sections = [section.splitlines()[0] for section in render(everything()).split("\n\n")]
    assert sections == HEADINGS
    without = [section.splitlines()[0] for section in render(terms()).split("\n\n")]
    assert without == [heading for heading in HEADINGS if heading != "PURPOSE"]


def test_the_text_ends_with_one_line_feed_and_has_no_two_empty_lines() -> None:
    for these in (terms(), everything()):
        text = render(these)
        assert text.endswith(".\n")
        assert "\n\n\n" not in text
        assert not text.startswith("\n")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Harbour", '"Harbour"'),
        ('say "yes"', r'"say \"yes\""'),
        ("a\\b", r'"a\\b"'),
        ('\\"', r'"\\\""'),
        ("naïve ☀", '"naïve ☀"'),
    ],
)
def test_a_signed_text_stands_in_quotes_that_it_cannot_leave(text: str, shown: str) -> None:
    assert quoted(text) == shown
    assert re.fullmatch(r'"(?:[^"\\]|\\["\\])*"', shown)


@pytest.mark.parametrize(
    ("amount", "decimals", "shown"),
    [
        (500, 0, "500 EUR"),
        (5, 4, "0.0005 EUR"),
        (1, 9, "0.000000001 EUR"),
        (5005, 2, "50.05 EUR"),
        (123, 3, "0.123 EUR"),
        (10, 0, "10 EUR"),
        (2**53 - 1, 0, "9007199254740991 EUR"),
        (2**53 - 1, 9, "9007199.254740991 EUR"),
    ],
)
def test_an_amount_has_exactly_its_decimals(amount: int, decimals: int, shown: str) -> None:
    assert money(Payment(PaymentKind.ONCE, amount, decimals, "EUR")) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (1, "0.01 %"),
        (5, "0.05 %"),
        (10, "0.1 %"),
        (100, "1 %"),
        (250, "2.5 %"),
        (1000, "10 %"),
        (1001, "10.01 %"),
        (9999, "99.99 %"),
        (10_000, "100 %"),
    ],
)
def test_a_share_has_no_needless_zeros(share: int, shown: str) -> None:
    assert money(Payment(PaymentKind.REVENUE_SHARE, share)) == shown


DUE = """\
All of the following is due:
Share of revenue: 2.5 %
A part of a pool of revenue: the pool is 30 %, shared by all works equally
Once: 500 EUR
For each training run: 50.05 USD
For each output of a model: 0.0005 EUR
A part of a pool for each output of a model: the pool is 0.05 EUR, shared by all works by weight
A training run is one training that changes the parameters of a model and yields a model that is \
used.
An output is one result that a model delivers, such as one picture or one answer.
Revenue is all that the grantee, and whoever it passes this permission to, receives for outputs \
of, access to or copies of a model or system for which this work was put to a permitted use, \
before costs.
Equally: this work's part is the pool divided by the number of works in the training record of \
the model.
By weight: this work's part is the weight that the grantee's signed report gives it, by a method \
that the report names. All weights together are at most one. What is left of the pool is divided \
equally.
"""


def test_payments_are_shown_with_what_they_are_counted_by() -> None:
    assert lines_under("PAYMENT", check_terms(everything())) == DUE.splitlines()
    assert lines_under("PAYMENT", terms()) == ["No payment is due."]


@pytest.mark.parametrize(("n", "shown"), [(1, "1 byte"), (2, "2 bytes"), (0, "0 bytes")])
def test_a_number_of_bytes_agrees_with_its_word(n: int, shown: str) -> None:
    assert f"Size: {shown}" in lines_under("WORK", terms(work=Work(bytes(32), size=n)))


@pytest.mark.parametrize(("n", "shown"), [(1, "1 month"), (12, "12 months")])
def test_a_number_of_months_agrees_with_its_word(n: int, shown: str) -> None:
    expected = f"A report on the use is due every {shown}."
    assert expected in lines_under("CREDIT AND REPORTS", terms(report_months=n))


@pytest.mark.parametrize(("n", "shown"), [(1, "1 day"), (30, "30 days")])
def test_a_number_of_days_agrees_with_its_word(n: int, shown: str) -> None:
    these = everything()._replace(
        erasure=Erasure(n, Erase.COPIES), revocation=Revocation(Revocability.AT_WILL, n)
    )
    assert lines_under("ERASING", these)[0].startswith(f"Within {shown} after the end,")
    assert any(
        line.endswith(f"must stop within {shown}.") for line in lines_under("TAKING IT BACK", these)
    )


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), "1970-01-01 00:00:00 UTC"),
        (datetime(2026, 7, 1, 9, 5, 3, tzinfo=UTC), "2026-07-01 09:05:03 UTC"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "9999-12-31 23:59:59 UTC"),
    ],
)
def test_a_time_is_shown_in_utc(at: datetime, shown: str) -> None:
    assert f"Signed: {shown}" in lines_under("TIME AND PLACE", terms(issued=at))


def test_the_start_is_shown_whether_or_not_it_is_later_than_the_signing() -> None:
    at_once, later = (lines_under("TIME AND PLACE", these) for these in (terms(), everything()))
    assert at_once[:2] == ["Signed: 2026-01-01 00:00:00 UTC", "Begins: 2026-01-01 00:00:00 UTC"]
    assert later[:2] == ["Signed: 2026-01-01 00:00:00 UTC", "Begins: 2026-01-02 00:00:00 UTC"]


def test_uses_are_shown_by_code_however_they_are_given() -> None:
    shown = lines_under("PERMITTED USES", terms(uses=(Use.INDEX, Use.PRETRAIN, Use.INDEX)))
    assert [line.partition(":")[0] for line in shown[:-1]] == ["pretrain", "index"]
    assert shown[-1] == "Every other use is refused."


# A value of its own for each field of Terms, so that each must show.
OTHER_VALUES: dict[str, dict[str, Any]] = {
    "creator's key": {"creator": Creator(STRANGER.public, "Ana Liu", RECOVERY.public.thumbprint)},
    "creator's name": {"creator": Creator(ANA.public, "Ana", RECOVERY.public.thumbprint)},
    "no name": {"creator": Creator(ANA.public, None, RECOVERY.public.thumbprint)},
    "recovery": {"creator": Creator(ANA.public, "Ana Liu", STRANGER.public.thumbprint)},
    "digest": {"work": everything().work._replace(sha256=bytes(32))},
    "title": {"work": everything().work._replace(title="Harbour at dusk")},
    "media type": {"work": everything().work._replace(media_type="text/html")},
    "size": {"work": everything().work._replace(size=16)},
    "SHA-384": {"work": everything().work._replace(sha384=bytes(48))},
    "SHA-512": {"work": everything().work._replace(sha512=bytes(64))},
    "ISCC": {"work": everything().work._replace(iscc=("ISCC:AAAAAAAAAA",))},
    "issued": {"issued": datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)},
    "expires": {"expires": datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)},
    "grantee's name": {"grantee": Grantee("Acme", "https://acme.example/", ACME)},
    "grantee's uri": {"grantee": Grantee("Acme Labs", "https://acme.example/a", ACME)},
    "grantee's key": {"grantee": Grantee("Acme Labs", "https://acme.example/", bytes(32))},
    "uses": {"uses": tuple(Use)[:-1]},
    "payments": {"payments": everything().payments[:-1]},
    "mode": {"revocation": Revocation(Revocability.FOR_BREACH, 30)},
    "days": {"revocation": Revocation(Revocability.AT_WILL, 31)},
    "territory": {"territory": ("ES",)},
    "world": {"territory": ("001",)},
    "erasure": {"erasure": Erasure(31, Erase.COPIES | Erase.RETIRE)},
    "what is erased": {"erasure": Erasure(30, Erase.COPIES | Erase.RETRAIN)},
    "exclusive": {"exclusive": False},
    "pass_on": {"pass_on": False},
    "purpose": {"purpose": "Poems"},
    "credit": {"credit": "Ana Liu"},
    "report_months": {"report_months": 7},
    "list_key": {"list_key": STRANGER.public.thumbprint},
    "not_before": {"not_before": datetime(2026, 1, 2, 0, 0, 1, tzinfo=UTC)},
    "status uri": {"status": everything().status._replace(uri=f"{LIST_URI}/2")},  # type: ignore[union-attr]
    "status idx": {"status": everything().status._replace(idx=6)},  # type: ignore[union-attr]
    "salt": {"salt": bytes(16)},
}


@pytest.mark.parametrize("change", OTHER_VALUES.values(), ids=OTHER_VALUES)
def test_what_is_signed_is_seen(change: dict[str, Any]) -> None:
    assert render(everything()._replace(**change)) != render(everything())


@pytest.mark.parametrize("field", [name for name, default in Terms._field_defaults.items()])
def test_a_field_that_is_left_out_is_seen(field: str) -> None:
    without = everything()._replace(**{field: Terms._field_defaults[field]})
    assert render(without) != render(everything())


def test_every_key_is_shown_whole() -> None:
    text = render(everything())
    for thumbprint in (
        ANA.public.thumbprint,
        RECOVERY.public.thumbprint,
        LIST_KEY.public.thumbprint,
        ACME,
    ):
        assert text.count(thumbprint.hex()) == 1


@given(all_terms())
def test_what_people_wrote_stands_in_quotes_at_the_end_of_a_line(these: Terms) -> None:
    text = render(check_terms(these))
    frame = re.sub(r'"(?:[^"\\]|\\["\\])*"$', "", text, flags=re.MULTILINE)
    assert frame.isascii()
    assert '"' not in frame
    assert {character for character in text if not character.isprintable()} <= set("\n\u200c\u200d")
