"""Orders that differ from the bytewise one: of map keys and of the items of arrays (spec §2.1)."""

from collections.abc import Iterator

from build import (
    CONTRACT,
    ENDS,
    SIGNED,
    Vector,
    claims,
    make,
    malformed,
    sign,
    unsupported,
    valid,
)
from cbor_writer import encode, pairs

# Two unknown keys in the right order, and the comparison that would exchange them.
KEYS = (
    ("signed_bytes", 127, 128, "bytes with a sign"),
    ("signed_four_bytes", 2**31 - 1, 2**31, "bytes, or 32-bit integers, with a sign"),
    ("decimal_text", 19, 100, "decimal digits"),
    ("descending", 20, 21, "descending numbers"),
    ("negative", -10, -11, "numbers"),
    ("text_length", "b", "aa", "letters, without the length"),
    ("text_case", "B", "a", "letters in any case"),
    ("text_signed", "zz", "\u00e9", "bytes with a sign"),
    ("text_accent", "z\u00e9", "\u00e9a", "letters of an alphabet"),
    ("utf_16", "\uff41a", "\U00010000", "units of UTF-16"),
    ("integer_text", 30, "0", "the keys as texts"),
    ("negative_text", -30, "-", "the keys as texts"),
)

# Two payments in the right order, and the comparison that would exchange them.
PAYMENTS = (
    ("signed_bytes", [1, 127, 0, "EUR"], [1, 129, 0, "EUR"], "bytes with a sign"),
    ("signed_four_bytes", [1, 2**31 - 1, 0, "EUR"], [1, 2**31 + 1, 0, "EUR"], "signed integers"),
    ("decimal_text", [1, 9, 0, "EUR"], [1, 11, 0, "EUR"], "decimal digits"),
    ("currency", [1, 5, 0, "AUD"], [1, 5, 0, "ZAR"], "descending letters"),
    ("amount_worth", [1, 3, 2, "EUR"], [1, 4, 3, "EUR"], "what the amounts are worth"),
    ("shorter", [4, 10000], [1, 5, 0, "EUR"], "type"),
)


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from orders_of_keys()
    yield from orders_of_payments()
    yield from orders_of_digests()
    yield from many_items()


def as_words(key: int | str) -> str:
    """Return a key as it is written in a comment."""
    return str(key) if isinstance(key, int) else ascii(key).replace("'", '"')


def orders_of_keys() -> Iterator[Vector]:
    """Two unknown claims in the right order and in another."""
    inner = claims()[CONTRACT]
    for name, first, second, words in KEYS:
        assert encode(first) < encode(second), name
        known = [(4, ENDS), (6, SIGNED), (CONTRACT, inner), (first, 1), (second, 1)]
        right = sorted(known, key=lambda pair: encode(pair[0]))
        both = f"Two unknown claims, {as_words(first)} and {as_words(second)},"
        text = f"{both} in bytewise order, which is not that of {words}."
        file, full = sign(pairs(*right)), f"contract/key_order_{name}"
        yield unsupported(full, text, "§2.1", "encoding unknown", file)
        places = {first: second, second: first}
        wrong = [(places.get(key, key), value) for key, value in right]
        text = f"{both} in the order of {words}, which is not bytewise."
        file, full = sign(pairs(*wrong)), f"contract/key_order_{name}_wrong"
        yield malformed(full, text, "§3.9 test a", "encoding", file, step=1)


def orders_of_payments() -> Iterator[Vector]:
    """Two payments in the right order and in another."""
    spec = "§3.6"
    for name, first, second, words in PAYMENTS:
        assert encode(first) < encode(second), name
        text = f"Two payments in bytewise order, which is not that of {words}."
        file, full = make(terms={5: [first, second]}), f"contract/payments_order_{name}"
        yield valid(full, text, spec, "field accepted", file)
        text = f"Two payments in the order of {words}, which is not bytewise."
        file, full = make(terms={5: [second, first]}), f"contract/payments_order_{name}_wrong"
        yield malformed(full, text, spec, "unsorted", file)
    three = [[1, 5, 0, "EUR"], [2, 5, 0, "EUR"], [1, 5, 0, "USD"]]
    text = "Three payments, of which the last two are out of order."
    yield malformed("contract/payments_last_two", text, spec, "unsorted", make(terms={5: three}))
    three = [[2, 5, 0, "EUR"], [1, 5, 0, "EUR"], [3, 5, 0, "EUR"]]
    text = "Three payments, of which the first two are out of order."
    yield malformed("contract/payments_first_two", text, spec, "unsorted", make(terms={5: three}))
    three = [[1, 5, 0, "EUR"], [2, 5, 0, "EUR"], [2, 5, 0, "EUR"]]
    text = "Three payments, of which the last two are equal."
    yield malformed("contract/payments_last_twice", text, spec, "unsorted", make(terms={5: three}))


def orders_of_digests() -> Iterator[Vector]:
    """Two digests of one unknown algorithm; only the order of their bytes matters."""
    spec, low, high = "§3.5", [-45, b"\x7f" * 32], [-45, b"\x80" * 32]
    text = "Two unknown digests in bytewise order, which is not that of bytes with a sign."
    name, file = "contract/digests_order_signed_bytes", make(work={4: [low, high]})
    yield unsupported(name, text, spec, "unknown", file)
    text = "Two unknown digests in the order of bytes with a sign."
    name, file = "contract/digests_order_signed_bytes_wrong", make(work={4: [high, low]})
    yield malformed(name, text, spec, "unsorted", file)


def many_items() -> Iterator[Vector]:
    """Arrays whose head takes one, two or three bytes."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    codes = [first + second for first in letters for second in letters]
    for count in (23, 24, 255, 256, 676):
        file, text = make(terms={9: codes[:count]}), f"Territory: {count} codes."
        full, flags = f"contract/territory_{count}_codes", "territory boundary accepted"
        yield valid(full, text, "§3.3", flags, file, territory=codes[count - 1])
    for count in (24, 256):
        items: list[object] = [[1, number, 0, "EUR"] for number in range(1, count + 1)]
        file, text = make(terms={5: items}), f"{count} payments."
        yield valid(f"contract/payments_{count}", text, "§3.6", "field boundary accepted", file)
