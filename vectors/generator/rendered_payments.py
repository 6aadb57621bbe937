"""The text of payments: PAYMENT in template en-1 (spec §3.8)."""

from collections.abc import Iterator

from build import Vector, make
from rendered_texts import shown

RUN = """\
A training run is one training that changes the parameters of a model and yields a model that is \
used.
"""
OUTPUT = """\
An output is one result that a model delivers, such as one picture or one answer.
"""
REVENUE = """\
Revenue is all that the grantee, and whoever it passes this permission to, receives for outputs \
of, access to or copies of a model or system for which this work was put to a permitted use, \
before costs.
"""
EQUALLY = """\
Equally: this work's part is the pool divided by the number of works in the training record of \
the model.
"""
BY_WEIGHT = """\
By weight: this work's part is the weight that the grantee's signed report gives it, by a method \
that the report names. All weights together are at most one. What is left of the pool is divided \
equally.
"""
MONEY = (
    ("amount_whole", [1, 500, 0, "EUR"], "Once: 500 EUR"),
    ("amount_ten", [1, 10, 0, "EUR"], "Once: 10 EUR"),
    ("amount_cents", [1, 49999, 2, "USD"], "Once: 499.99 USD"),
    ("amount_below_one", [1, 5, 1, "EUR"], "Once: 0.5 EUR"),
    ("amount_no_digit_left", [1, 99, 2, "EUR"], "Once: 0.99 EUR"),
    ("amount_one_digit_left", [1, 101, 2, "EUR"], "Once: 1.01 EUR"),
    ("amount_zeros", [3, 5, 4, "EUR"], f"For each output of a model: 0.0005 EUR\n{OUTPUT}"),
    ("amount_smallest", [3, 1, 9, "JPY"], f"For each output of a model: 0.000000001 JPY\n{OUTPUT}"),
    (
        "amount_largest",
        [2, 2**53 - 1, 0, "XAU"],
        f"For each training run: 9007199254740991 XAU\n{RUN}",
    ),
    (
        "amount_longest",
        [2, 2**53 - 1, 9, "XAU"],
        f"For each training run: 9007199.254740991 XAU\n{RUN}",
    ),
)
POOL_REVENUE = "A part of a pool of revenue: the pool is"
POOL_OUTPUT = "A part of a pool for each output of a model: the pool is"
POOLS = (
    (
        "pool_revenue_equal",
        [[5, 3000, 1]],
        f"{POOL_REVENUE} 30 %, shared by all works equally\n{REVENUE}{EQUALLY}",
    ),
    (
        "pool_revenue_weight",
        [[5, 250, 2]],
        f"{POOL_REVENUE} 2.5 %, shared by all works by weight\n{REVENUE}{BY_WEIGHT}",
    ),
    (
        "pool_output_equal",
        [[6, 5, 2, "EUR", 1]],
        f"{POOL_OUTPUT} 0.05 EUR, shared by all works equally\n{OUTPUT}{EQUALLY}",
    ),
    (
        "pool_output_weight",
        [[6, 1, 0, "USD", 2]],
        f"{POOL_OUTPUT} 1 USD, shared by all works by weight\n{OUTPUT}{BY_WEIGHT}",
    ),
    (
        "pools_by_both_divisions",
        [[5, 100, 2], [6, 5, 2, "EUR", 1]],
        (
            f"{POOL_REVENUE} 1 %, shared by all works by weight\n"
            f"{POOL_OUTPUT} 0.05 EUR, shared by all works equally\n"
            f"{OUTPUT}{REVENUE}{EQUALLY}{BY_WEIGHT}"
        ),
    ),
    (
        "pool_and_share",
        [[4, 250], [5, 3000, 1]],
        (
            f"Share of revenue: 2.5 %\n{POOL_REVENUE} 30 %, shared by all works equally\n"
            f"{REVENUE}{EQUALLY}"
        ),
    ),
)


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from payments()
    yield from percentages()


def payments() -> Iterator[Vector]:
    """PAYMENT: amounts."""
    for name, payment, line in MONEY:
        section = f"PAYMENT\nAll of the following is due:\n{line.rstrip()}\n"
        yield shown(name, f"Payment {payment}.", make(terms={5: [payment]}), section)
    section = f"""\
PAYMENT
All of the following is due:
Share of revenue: 1 %
Share of revenue: 2.5 %
Once: 7 EUR
For each training run: 120.75 EUR
For each output of a model: 0.02 EUR
{RUN}{OUTPUT}{REVENUE}"""
    every = [[4, 100], [4, 250], [1, 7, 0, "EUR"], [2, 12075, 2, "EUR"], [3, 2, 2, "EUR"]]
    yield shown("payments_all", "Types 1 to 4, in order.", make(terms={5: every}), section)
    for name, items, lines in POOLS:
        section = f"PAYMENT\nAll of the following is due:\n{lines}"
        text = f"Payments {items}."
        yield shown(name, text, make(terms={5: items}), section)


SHARES = (
    (1, "0.01 %"),
    (5, "0.05 %"),
    (10, "0.1 %"),
    (99, "0.99 %"),
    (100, "1 %"),
    (101, "1.01 %"),
    (250, "2.5 %"),
    (1000, "10 %"),
    (9990, "99.9 %"),
    (10000, "100 %"),
)


def percentages() -> Iterator[Vector]:
    """PAYMENT: shares."""
    for share, percent in SHARES:
        section = f"PAYMENT\nAll of the following is due:\nShare of revenue: {percent}\n{REVENUE}"
        words = f"A share of {share} basis point{'' if share == 1 else 's'}."
        yield shown(f"share_{share}", words, make(terms={5: [[4, share]]}), section)
