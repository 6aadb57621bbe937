"""Payments out of a pool, and whom a signer acts for (spec §3.4, §3.6)."""

from collections.abc import Iterator

from build import Vector, make
from contract_fields import bad, ok, unknown


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from pools()
    yield from divisions()
    yield from acts_for()


def pools() -> Iterator[Vector]:
    """Payments of types 5 and 6."""
    spec = "§3.6"
    for name, item, words in (
        ("revenue_equal", [5, 3000, 1], "a pool of 30 % of revenue, divided equally"),
        ("revenue_weight", [5, 3000, 2], "a pool of 30 % of revenue, divided by weight"),
        ("revenue_1", [5, 1, 1], "a pool of 0.01 % of revenue"),
        ("revenue_10000", [5, 10000, 1], "a pool of 100 % of revenue"),
        ("output_equal", [6, 5, 2, "EUR", 1], "a pool of 0.05 EUR, divided equally"),
        ("output_weight", [6, 5, 2, "EUR", 2], "a pool of 0.05 EUR, divided by weight"),
        ("output_largest", [6, 2**53 - 1, 9, "EUR", 1], "a pool with the largest m and e"),
    ):
        yield ok(f"pool_{name}", f"Payment: {words}.", spec, make(terms={5: [item]}))
    for name, item, words in (
        ("revenue_no_division", [5, 3000], "a pool of revenue without a division"),
        ("revenue_0", [5, 0, 1], "a pool of 0 %"),
        ("revenue_10001", [5, 10001, 1], "a pool of more than 100 %"),
        ("revenue_true", [5, True, 1], "a pool of revenue whose share is true"),
        ("revenue_currency", [5, 3000, 0, "EUR", 1], "a pool of revenue with a currency"),
        ("revenue_four_items", [5, 3000, 1, 1], "a pool of revenue with a fourth item"),
        ("output_no_division", [6, 5, 2, "EUR"], "a pool for each output without a division"),
        ("output_zero", [6, 0, 0, "EUR", 1], "a pool of 0 for each output"),
        ("output_trailing_zero", [6, 50, 3, "EUR", 1], "a pool of 50 × 10^-3, which is 0.05"),
        ("output_e_10", [6, 1, 10, "EUR", 1], "a pool for each output whose e is 10"),
        ("output_currency", [6, 5, 2, "eur", 1], "a pool whose currency is in lower case"),
        ("output_share", [6, 3000, 1], "a pool for each output that is a share"),
        ("output_six_items", [6, 5, 2, "EUR", 1, 1], "a pool for each output with a sixth item"),
        ("once_divided", [1, 5, 2, "EUR", 1], "type 1 with a division"),
        ("share_divided", [4, 3000, 1], "type 4 with a division"),
    ):
        yield bad(f"pool_{name}", f"Payment: {words}.", spec, make(terms={5: [item]}))
    text = "Two pools, the one with more items first."
    unsorted = make(terms={5: [[6, 5, 2, "EUR", 1], [5, 3000, 1]]})
    yield bad("pools_unsorted", text, spec, unsorted, "unsorted")
    text = "The same pool twice."
    yield bad("pools_twice", text, spec, make(terms={5: [[5, 3000, 1]] * 2}), "unsorted")
    text = "The same pool by two divisions: both are due."
    yield ok("pools_two_divisions", text, spec, make(terms={5: [[5, 3000, 1], [5, 3000, 2]]}))


def divisions() -> Iterator[Vector]:
    """How a pool is divided."""
    spec = "§3.9 test d"
    for name, division in (("true", True), ("negative", -1), ("text", "equal"), ("array", [1])):
        text = f"The division of a pool is {division!r}."
        yield bad(f"division_{name}", text, spec, make(terms={5: [[5, 3000, division]]}))
        item = [6, 5, 2, "EUR", division]
        text = f"The division of a pool for each output is {division!r}."
        yield bad(f"division_of_output_{name}", text, spec, make(terms={5: [item]}))
    spec = "§3.9 test e"
    for division in (0, 3, 257, 2**32 + 1):
        text = f"An unknown division: {division}."
        item = [5, 3000, division]
        yield unknown(f"division_{division}", text, spec, make(terms={5: [item]}))
        item = [6, 5, 2, "EUR", division]
        yield unknown(f"division_of_output_{division}", text, spec, make(terms={5: [item]}))
    text = "An unknown division of a pool of more than 100 %."
    flags, wrong = "order", make(terms={5: [[5, 10001, 3]]})
    yield bad("division_unknown_share_wrong", text, "§3.9", wrong, flags)
    text = "An unknown division of an amount with a trailing zero."
    wrong = make(terms={5: [[6, 10, 1, "EUR", 3]]})
    yield bad("division_unknown_amount_wrong", text, "§3.9", wrong, flags)


def acts_for() -> Iterator[Vector]:
    """Creator field 4."""
    spec = "§3.4"
    longest = "ä" * 100
    yield ok("acts_for", "The signer acts for an estate.", spec, make(creator={4: "Estate of Wu"}))
    text = "The signer acts for somebody whose name is 200 bytes long."
    yield ok("acts_for_200_bytes", text, spec, make(creator={4: longest}))
    for name, value, words in (
        ("empty", "", "is empty"),
        ("201_bytes", longest + "x", "is 201 bytes long"),
        ("true", True, "is true"),
        ("bytes", b"Wu", "is a byte string"),
        ("array", ["Wu"], "is an array"),
        ("line_end", "Wu\nName: Ana", "holds a line end"),
        ("bidi_override", "Wu\u202eanA", "holds a bidirectional override"),
        ("not_nfc", "Wu\u0308", "is not in NFC"),
        ("double_space", "Wu  Liu", "holds two spaces"),
    ):
        text = f"Whom the signer acts for {words}."
        yield bad(f"acts_for_{name}", text, spec, make(creator={4: value}))
