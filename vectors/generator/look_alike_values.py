"""Values that some language takes for the right one (spec §3.2 to §3.6).

``true`` for 1, integers that are cut to 8, 16 or 32 bits, and integers that lose their sign.
"""

from collections.abc import Callable, Iterator
from functools import partial

from build import (
    ANA,
    CONTRACT,
    ENDS,
    NOW,
    SHA256,
    SHA384,
    SIGNED,
    STATUS,
    File,
    Map,
    Vector,
    headed,
    make,
    malformed,
    revocable,
    sign,
    status_claim,
    unsupported,
    valid,
)
from status_rules import listed

WIDTHS = (8, 16, 32)
# A number that is changed: name, section, a good value, words, and the contract with another one.
Number = tuple[str, str, int, str, Callable[[int], File]]


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from true_for_one()
    yield from true_for_anything()
    yield from codes_cut_short()
    yield from templates()
    yield from numbers_cut_short()
    yield from signs_lost()
    yield from large_amounts()
    yield from large_times()
    yield from large_sizes()


def paid(payment: list[object]) -> File:
    """Return the everyday contract with one payment."""
    return make(terms={5: [payment]})


def taken_back(mode: object, days: object) -> File:
    """Return a revocable contract with this revocation."""
    return sign(revocable(terms={6: [mode, days]}))


def in_key(changes: Map) -> File:
    """Return the everyday contract with changes to the creator's COSE_Key."""
    return make(creator={0: {**ANA.cose, **changes}})


def true_for_one() -> Iterator[Vector]:
    """True where 1 would be right; each of the other files of this kind is beside its field."""
    flags = "look-alike"
    refused = partial(malformed, lists=(listed(),))
    text = "Revocation: at will, and days is true."
    file = taken_back(1, days=True)
    yield refused("contract/revocation_days_true", text, "§3.3", flags, file)
    for name, file, spec, words in (
        ("erasure_days_true", make(terms={8: [True, 1]}), "§3.3", "The days of erasure are"),
        ("payment_e_true", paid([1, 5, True, "EUR"]), "§3.6", "e of a payment is"),
        ("payment_share_true", paid([4, True]), "§3.6", "A share of revenue is"),
        ("alg_true", headed({1: True}), "§3.1", "alg is"),
        ("crv_true", in_key({-1: True}), "§2.6", "crv is"),
        ("digest_alg_true", make(work={0: [True, SHA256]}), "§3.5", "The digest's algorithm is"),
        ("unknown_mode_days_true", make(terms={6: [3, True]}), "§3.3", "Of an unknown mode, days"),
    ):
        text = f"{words} true." if words.endswith(("is", "are")) else f"{words} is true."
        yield malformed(f"contract/{name}", text, spec, flags, file)
    text, file = "exp is true, one second after iat.", make({6: 0, 4: True})
    yield malformed("contract/exp_true", text, "§2.5", flags, file, at=0)


def true_for_anything() -> Iterator[Vector]:
    """True where text, bytes, an array or a map belongs."""
    flags = "field look-alike"
    for name, file, spec, words in (
        ("salt", make({7: True}), "§3.2", "The salt"),
        ("contract_map", make({CONTRACT: True}), "§3.3", "The contract map"),
        ("creators", make(terms={1: True}), "§3.3", "The array of creators"),
        ("creator", make(terms={1: [True]}), "§3.4", "The creator"),
        ("creator_key", make(creator={0: True}), "§3.4", "The creator's key"),
        ("creator_name", make(creator={1: True}), "§3.4", "The creator's name"),
        ("recovery", make(creator={3: True}), "§3.4", "The recovery thumbprint"),
        ("work", make(terms={2: True}), "§3.3", "The work"),
        ("digest", make(work={0: True}), "§3.5", "The digest"),
        ("digest_bytes", make(work={0: [-16, True]}), "§3.5", "What follows -16 in the digest"),
        ("title", make(work={1: True}), "§3.5", "The title"),
        ("media_type", make(work={2: True}), "§3.5", "The media type"),
        ("digests", make(work={4: True}), "§3.5", "The array of further digests"),
        ("iscc", make(work={5: True}), "§3.5", "The array of ISCC codes"),
        ("iscc_code", make(work={5: [True]}), "§3.5", "An ISCC code"),
        ("grantee", make(terms={3: True}), "§3.3", "The grantee"),
        ("grantee_name", make(grantee={0: True}), "§3.6", "The grantee's name"),
        ("uri", make(grantee={1: True}), "§3.6", "The grantee's address"),
        ("grantee_key", make(grantee={2: True}), "§3.6", "The grantee's key"),
        ("payments", make(terms={5: True}), "§3.3", "The array of payments"),
        ("payment", make(terms={5: [True]}), "§3.6", "A payment"),
        ("currency", paid([1, 5, 0, True]), "§3.6", "The currency"),
        ("revocation", make(terms={6: True}), "§3.3", "The revocation"),
        ("template", make(terms={7: True}), "§3.3", "The template"),
        ("erasure", make(terms={8: True}), "§3.3", "The erasure"),
        ("territory", make(terms={9: True}), "§3.3", "The territory"),
        ("territory_code", make(terms={9: [True]}), "§3.3", "A country code"),
        ("purpose", make(terms={12: True}), "§3.3", "The purpose"),
        ("credit", make(terms={13: True}), "§3.3", "The credit line"),
        ("list_key", sign(revocable(terms={15: True})), "§3.3", "The list key"),
        ("status", sign(revocable({STATUS: True})), "§3.2", "The status claim"),
        ("status_list", sign(revocable({STATUS: {"status_list": True}})), "§3.2", "status_list"),
        ("status_uri", sign(revocable({STATUS: status_claim(uri=True)})), "§3.2", "The list's uri"),
        ("kid", headed({4: True}), "§3.1", "kid"),
    ):
        yield malformed(f"contract/{name}_is_true", f"{words} is true.", spec, flags, file)


def beyond(value: int) -> Iterator[tuple[int, str]]:
    """Yield integers that become *value* when only their last bits are kept."""
    for bits in WIDTHS:
        number = value + (1 << bits if value >= 0 else -(1 << bits))
        yield number, f"which is {value} when cut to {bits} bits"


def minus(number: int) -> str:
    """Return a number as it is written in a name."""
    return str(number).replace("-", "minus_")


def codes_cut_short() -> Iterator[Vector]:
    """Codes that are unknown, and known when they are cut or read without a sign."""
    flags = "unknown look-alike"
    codes: tuple[Number, ...] = (
        ("kind", "§3.3", 1, "The kind", lambda n: make(terms={0: n})),
        ("payment_type", "§3.6", 1, "The type of a payment", lambda n: paid([n, 5, 0, "EUR"])),
        ("mode", "§3.3", 0, "The mode of revocation", lambda n: make(terms={6: [n, 0]})),
        ("alg", "§3.1", -8, "alg", lambda n: headed({1: n})),
        ("alg_19", "§3.1", -19, "alg", lambda n: headed({1: n})),
        ("digest", "§3.5", -16, "The algorithm", lambda n: make(work={0: [n, SHA256]})),
        ("sha384", "§3.5", -43, "The algorithm", lambda n: make(work={4: [[n, SHA384]]})),
        ("kty", "§2.6", 1, "kty", lambda n: in_key({1: n})),
        ("crv", "§2.6", 6, "crv", lambda n: in_key({-1: n})),
    )
    for name, spec, known, words, change in codes:
        for number, reason in beyond(known):
            text, full = f"{words} is {number}, {reason}.", f"contract/{name}_{minus(number)}"
            yield unsupported(full, text, spec, flags, change(number))
        if known < 0:
            for bits in WIDTHS:
                number = known + (1 << bits)
                text = f"{words} is {number}, the {bits} bits of {known} without a sign."
                full = f"contract/{name}_{number}_unsigned"
                yield unsupported(full, text, spec, flags, change(number))
    for name, spec, number, words, file in (
        ("alg_7", "§3.1", 7, "alg", headed({1: 7})),
        ("alg_8", "§3.1", 8, "alg", headed({1: 8})),
        ("alg_18", "§3.1", 18, "alg", headed({1: 18})),
        ("alg_19", "§3.1", 19, "alg", headed({1: 19})),
        ("digest_15", "§3.5", 15, "The digest's algorithm", make(work={0: [15, SHA256]})),
        ("digests_42", "§3.5", 42, "The algorithm", make(work={4: [[42, SHA384]]})),
        ("kty_minus_2", "§2.6", -2, "kty", in_key({1: -2})),
        ("kty_minus_1", "§2.6", -1, "kty", in_key({1: -1})),
        ("crv_minus_7", "§2.6", -7, "crv", in_key({-1: -7})),
        ("crv_minus_6", "§2.6", -6, "crv", in_key({-1: -6})),
    ):
        text = f"{words} is {number}: the known one has another sign."
        yield unsupported(f"contract/{name}", text, spec, flags, file)
    for bits in (16, 31, 32):
        file, text = make(terms={4: 1 + (1 << bits)}), f"The uses have bit {bits} beside bit 0."
        yield unsupported(f"contract/uses_bit_{bits}", text, "§3.7", flags, file)
    for bits in (8, 16, 32):
        file = make(terms={8: [30, 1 + (1 << bits)]})
        text = f"What must be erased has bit {bits} beside bit 0."
        yield unsupported(f"contract/erasure_high_bit_{bits}", text, "§3.3", flags, file)


def templates() -> Iterator[Vector]:
    """Texts that begin like en-1, or that some software takes for it."""
    for name, template, words in (
        ("en_10", "en-10", "en-10"),
        ("en_1x", "en-1x", "en-1x"),
        ("prefix", "en-", "en-"),
        ("language", "en", "en"),
        ("en_11", "en-11", "en-11"),
        ("en_01", "en-01", "en-01"),
        ("first_letter_upper_case", "En-1", "En-1"),
        ("space_after", "en-1 ", "en-1 and a space"),
        ("space_before", " en-1", "a space and en-1"),
        ("line_feed", "en-1\n", "en-1 and a line feed"),
        ("nul", "en-1\0", "en-1 and a NUL"),
        ("underscore", "en_1", "en_1"),
        ("hyphen", "en\u20101", "en-1 with a hyphen of another kind"),
        ("fullwidth", "en-\uff11", "en-1 with a full-width 1"),
        ("two", "en-1,de-1", "en-1 and another, with a comma"),
    ):
        file = make(terms={7: template})
        text = f"The template is {words}."
        yield unsupported(f"contract/template_{name}", text, "§3.3", "unknown look-alike", file)


def numbers_cut_short() -> Iterator[Vector]:
    """Numbers out of range, and in range when they are cut."""
    flags = "field look-alike"
    numbers: tuple[Number, ...] = (
        ("report", "§3.3", 6, "The months between reports:", lambda n: make(terms={14: n})),
        ("payment_e", "§3.6", 2, "e of a payment:", lambda n: paid([1, 5, n, "EUR"])),
        ("mode_0_days", "§3.3", 0, "Irrevocable, with days:", lambda n: make(terms={6: [0, n]})),
        ("days", "§3.3", 30, "Revocable, with days:", lambda n: taken_back(1, n)),
        ("erasure_days", "§3.3", 30, "Days of erasure:", lambda n: make(terms={8: [n, 1]})),
        ("share", "§3.6", 250, "A share of revenue:", lambda n: paid([4, n])),
    )
    for name, spec, good, words, change in numbers:
        for number, reason in beyond(good):
            if name in {"days", "erasure_days", "share"} and number < 1 << 16:
                continue  # in range
            lists = (listed(),) if name == "days" else ()
            text, full = f"{words} {number}, {reason}.", f"contract/{name}_{number}"
            yield malformed(full, text, spec, flags, change(number), lists=lists)


def signs_lost() -> Iterator[Vector]:
    """Negative numbers whose head has the argument of a good one, and those without their sign."""
    flags = "field look-alike"
    negatives: tuple[Number, ...] = (
        ("kind", "§3.3", 1, "The kind", lambda n: make(terms={0: n})),
        ("uses", "§3.7", 1, "The bit set of uses", lambda n: make(terms={4: n})),
        ("days", "§3.3", 30, "The days of a revocation", lambda n: taken_back(1, n)),
        ("erasure_days", "§3.3", 30, "The days of erasure", lambda n: make(terms={8: [n, 1]})),
        ("erasure_what", "§3.3", 1, "What must be erased", lambda n: make(terms={8: [30, n]})),
        ("report", "§3.3", 6, "The months between reports", lambda n: make(terms={14: n})),
        ("payment_type", "§3.6", 1, "The type of a payment", lambda n: paid([n, 5, 0, "EUR"])),
        ("payment_m", "§3.6", 5, "m of a payment", lambda n: paid([1, n, 0, "EUR"])),
        ("payment_e", "§3.6", 2, "e of a payment", lambda n: paid([1, 5, n, "EUR"])),
        ("share", "§3.6", 250, "A share of revenue", lambda n: paid([4, n])),
        ("size", "§3.5", 15, "The size", lambda n: make(work={3: n})),
        ("exp", "§2.5", ENDS, "exp", lambda n: make({4: n})),
        ("iat", "§2.5", SIGNED, "iat", lambda n: make({6: n})),
        ("idx", "§3.2", 9, "The position", lambda n: sign(revocable({STATUS: status_claim(n)}))),
    )
    for name, spec, good, words, change in negatives:
        lists = (listed(),) if name in {"days", "idx"} else ()
        for number, reason in (
            (-1 - good, f"whose head has the argument {good}"),
            (-good, f"which is {good} without its sign"),
        ):
            if (name, number) in {("kind", -1), ("uses", -1), ("erasure_what", -1)}:
                continue  # beside the field
            if (name, number) in {("payment_type", -1), ("payment_m", -5)}:
                continue  # beside the field
            text, full = f"{words} is {number}, {reason}.", f"contract/{name}_{minus(number)}"
            yield malformed(full, text, spec, flags, change(number), lists=lists)


def large_amounts() -> Iterator[Vector]:
    """Amounts whose divisibility by 10 changes when they lose bits."""
    spec, flags = "§3.6", "redundant look-alike"
    for name, m, words in (
        ("2_32_plus_4", 2**32 + 4, "its last 32 bits are 4"),
        ("2_53_minus_2", 2**53 - 2, "it is the largest even number allowed"),
        ("2_24_plus_4", 2**24 + 4, "a float of four bytes holds it only just"),
    ):
        assert m % 10 == 0, m
        text = f"m is {m} with e = 1: it ends in a zero, and {words}."
        yield malformed(f"contract/payment_m_{name}", text, spec, flags, paid([1, m, 1, "EUR"]))
    for name, m in (("256", 256), ("65536", 65536), ("2_32", 2**32)):
        text = f"m is {m}: not 0, though its last bits are."
        yield valid(
            f"contract/payment_m_{name}", text, spec, "field accepted", paid([1, m, 0, "EUR"])
        )


def large_times() -> Iterator[Vector]:
    """Times that are others when they are cut to 32 bits."""
    flags, later = "time look-alike", 2**32
    text = "It ends 136 years after it begins; cut to 32 bits, exp is in the year after iat."
    file = make({4: ENDS + later})
    yield malformed("contract/term_2_32", text, "§3.2", "field look-alike", file)
    text = "It begins in 2162, which is 2026 when cut to 32 bits."
    file = make({5: SIGNED + later + 1, 4: ENDS + later})
    name = "contract/begins_2_32_seconds_later"
    yield Vector(name, text, "§5 step 11", flags, file, "not-yet-valid", 11)
    text = "Asked in 2162, which is 2026 when cut to 32 bits."
    name = "contract/asked_2_32_seconds_later"
    yield Vector(name, text, "§5 step 12", flags, make(), "expired", 12, at=NOW + later)
    text = "It runs through 2162, beyond 32 bits, and is asked about then."
    file = make({6: SIGNED + later, 4: ENDS + later})
    name = "contract/runs_2_32_seconds_later"
    yield valid(name, text, "§5 step 11", "time accepted", file, at=NOW + later)
    text = "It begins before 2038 and ends after; exp is beyond 31 bits."
    file = make({6: 2**31 - 100, 4: 2**31 + 100})
    yield valid("contract/runs_2_31", text, "§5 step 12", "time accepted", file, at=2**31)
    text = "It begins before 2106 and ends after; exp is beyond 32 bits."
    file = make({6: 2**32 - 100, 4: 2**32 + 100})
    yield valid("contract/runs_2_32", text, "§5 step 12", "time accepted", file, at=2**32)


def large_sizes() -> Iterator[Vector]:
    """Sizes that are equal when they are cut."""
    flags, sha256 = "work look-alike", SHA256.hex()
    refused = partial(Vector, expect="wrong-work", step=7)
    for number, reason in beyond(15):
        text = f"The measured size is {number}, {reason}; the contract's is 15."
        work, full = {"sha256": sha256, "size": number}, f"contract/work_measured_size_{number}"
        yield refused(full, text, "§5 step 7", flags, make(), work=work)
        text = f"The contract's size is {number}, {reason}; the measured one is 15."
        work, full = {"sha256": sha256, "size": 15}, f"contract/work_signed_size_{number}"
        yield refused(full, text, "§5 step 7", flags, make(work={3: number}), work=work)
