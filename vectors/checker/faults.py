"""Tests c, d and e of spec §3.9 and the form of lists (§7.1), written a second time.

It takes what cbor2 decodes and names every test that fails, not only the first. It was written
from the specification alone and shares nothing with the library or the generator.
"""

import re
import unicodedata
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import cbor2

Faults = set[str]  # of "c", "d" and "e"
Rule = Callable[[Any], Faults]
Claims = Mapping[Any, Any]

FINE: Faults = set()
OURS = -1455000947
MAX_INTEGER = 2**53 - 1
MAX_TIME = 253_402_300_799
LONGEST_TERM = 1_577_923_200
LONGEST_LIST = 31_622_400
MAX_INFLATED = 16_777_216
USES, IMITATE, ERASURES = 1023, 64, 15
CODEPOINTS = Path(__file__).parents[2] / "spec" / "codepoints.txt"


def contract_faults(protected: Claims, unprotected: object, claims: Claims) -> Faults:
    """Return which of the tests c, d and e a contract fails."""
    found = header_faults(protected, unprotected) | map_faults(claims, CLAIMS, {4, 6, OURS})
    contract = claims.get(OURS)
    if not isinstance(contract, Mapping):
        return found | {"d"}
    if (kind := contract.get(0)) != 1 and whole(kind, 0):
        return found | {"c"}
    if "d" not in found:
        found = found | broken(across_fields(claims, contract))
        found = found | kid_faults(protected, contract[1][0][0])
    return found


def list_faults(protected: Claims, unprotected: object, claims: Claims) -> Faults:
    """Return which of the tests d and e a status list fails."""
    found = header_faults(protected, unprotected)
    found = found | map_faults(claims, LIST_CLAIMS, {2, 4, 6, 65533, OURS})
    if "d" in found:
        return found
    lasts = claims[4] - claims[6]
    found = found | broken(0 < lasts <= LONGEST_LIST)
    return found | kid_faults(protected, claims[OURS][2])


def broken(*hold: object) -> Faults:
    """Return test d unless everything holds."""
    return FINE if all(hold) else {"d"}


def whole(value: object, low: int, high: int = MAX_INTEGER) -> bool:
    """Return whether *value* is an integer from *low* to *high*; true is none."""
    return type(value) is int and low <= value <= high


def integer(low: int, high: int = MAX_INTEGER) -> Rule:
    """Return the rule of an integer."""
    return lambda value: broken(whole(value, low, high))


def string_of(length: int) -> Rule:
    """Return the rule of a byte string of *length* bytes."""
    return lambda value: broken(isinstance(value, bytes) and len(value) == length)


def bits(known: int) -> Rule:
    """Return the rule of a bit set that is not empty."""

    def rule(value: object) -> Faults:
        if not whole(value, 1):
            return {"d"}
        return {"e"} if value > known else FINE  # type: ignore[operator]  # an int, see above

    return rule


def only_true(value: object) -> Faults:
    """Return the faults of a flag."""
    return broken(value is True)


def never(_: object) -> Faults:
    """Refuse a field that is not allowed here."""
    return {"d"}


def map_faults(value: object, rules: Mapping[Any, Rule], required: set[Any]) -> Faults:
    """Return the faults of a map: in its known values, and missing or unknown keys."""
    if not isinstance(value, Mapping):
        return {"d"}
    found = broken(required <= value.keys())
    for key, item in value.items():
        rule = rules.get(key)
        found = found | ({"e"} if rule is None else rule(item))
    return found


def a_map(rules: Mapping[Any, Rule], required: set[Any]) -> Rule:
    """Return the rule of a map."""
    return lambda value: map_faults(value, rules, required)


def ascending(rule: Rule, most: int = MAX_INTEGER, least: int = 1) -> Rule:
    """Return the rule of an array of *least* to *most* items in ascending order."""

    def check(value: object) -> Faults:
        if not isinstance(value, list) or not least <= len(value) <= most:
            return {"d"}
        encodings = [cbor2.dumps(item) for item in value]
        found = broken(encodings == sorted(set(encodings)))
        return found.union(*map(rule, value))

    return check


# --- headers and keys ---


def header_faults(protected: Claims, unprotected: object) -> Faults:
    """Return the faults of both headers, except typ and whether kid matches."""
    known: dict[object, Rule] = {1: algorithm, 4: string_of(8), 16: lambda _: FINE}
    beside: dict[object, Rule] = {33: chain, 270: a_string, 394: receipts}
    return map_faults(protected, known, {1, 4}) | map_faults(unprotected, beside, set())


def algorithm(value: object) -> Faults:
    """Label 1."""
    if type(value) is not int:
        return {"d"}
    return FINE if value in {-8, -19} else {"e"}


def a_string(value: object) -> Faults:
    """Label 270."""
    return broken(isinstance(value, bytes))


def strings(value: object, least: int) -> bool:
    """Return whether *value* is an array of *least* or more byte strings."""
    return (
        isinstance(value, list | tuple)  # cbor2 gives tuples under a tag
        and len(value) >= least
        and all(isinstance(item, bytes) for item in value)
    )


def chain(value: object) -> Faults:
    """Label 33."""
    return broken(isinstance(value, bytes) or strings(value, 2))


def receipts(value: object) -> Faults:
    """Label 394."""
    return broken(strings(value, 1))


def cose_key(value: object) -> Faults:
    """Return the faults of a COSE_Key (§2.6)."""
    if not isinstance(value, Mapping):
        return {"d"}
    for label, known in ((1, 1), (-1, 6)):
        if type(value.get(label)) is not int:
            return {"d"}
        if value[label] != known:
            return {"e"}
    found = string_of(32)(value.get(-2))
    return found | ({"e"} if value.keys() - {1, -1, -2} else FINE)


def thumbprint(key: Claims) -> bytes | None:
    """Return the thumbprint of a key; None if it is of an unknown kind."""
    if (key[1], key.get(-1)) != (1, 6):
        return None
    return sha256(bytes.fromhex("a301012006215820") + key[-2]).digest()


def kid_faults(protected: Claims, key: Claims) -> Faults:
    """Return the fault of a kid that is another key's."""
    own = thumbprint(key)
    return broken(own is None or protected[4] == own[:8])


# --- texts and addresses ---


@cache
def classes() -> dict[str, str]:
    """Return the class of each code point that may be signed."""
    table: dict[str, str] = {}
    for line in CODEPOINTS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            reach, name = line.split()
            first, _, last = reach.partition("..")
            table |= {chr(n): name for n in range(int(first, 16), int(last, 16) + 1)}
    return table


def text(most: int) -> Rule:
    """Return the rule of a text (§2.3) of at most *most* bytes."""
    return lambda value: broken(
        isinstance(value, str) and 0 < len(value.encode()) <= most and may_be_signed(value)
    )


def may_be_signed(value: str) -> bool:
    """Return whether rules 2 to 5 of §2.3 hold."""
    kinds = "".join(classes().get(one, "J" if one in "\u200c\u200d" else "?") for one in value)
    marks = kinds.startswith("M") or "MMMMM" in kinds
    joiners = all(
        place > 0 and kinds[place - 1] in "LM" and kinds[place + 1 : place + 2] == "L"
        for place, kind in enumerate(kinds)
        if kind == "J"
    )
    spaces = value.strip(" ") != value or "  " in value
    composed = unicodedata.normalize("NFC", value) == value
    return "?" not in kinds and joiners and composed and not marks and not spaces


def matches(pattern: str, most: int = MAX_INTEGER) -> Rule:
    """Return the rule of a string of a form, at most *most* characters."""
    form = re.compile(pattern, re.ASCII)
    return lambda value: broken(
        isinstance(value, str) and len(value) <= most and form.fullmatch(value)
    )


UNRESERVED = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
PCHAR = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2})"
HTTPS = re.compile(rf"https://([a-z0-9.-]+)(?::([1-9][0-9]{{0,4}}))?((?:/{PCHAR}*)+)(\?.+)?")
QUERY = re.compile(rf"\?(?:{PCHAR}|[/?])+")
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
DID = re.compile(r"did:[a-z0-9]+:((?:[A-Za-z0-9._:-]|%[0-9A-F]{2})+)")
URN = re.compile(rf"urn:[a-z0-9][a-z0-9-]{{0,30}}[a-z0-9]:{PCHAR}(?:{PCHAR}|/)*")


def is_https(value: str) -> bool:
    """Return whether *value* is an https address."""
    if not (found := HTTPS.fullmatch(value)):
        return False
    host, port, path, query = found.groups()
    labels = len(host) <= 253 and all(map(LABEL.fullmatch, host.split(".")))
    at_port = port is None or (int(port) <= 65535 and port != "443")
    walks = {".", ".."} & set(path.split("/"))
    return bool(labels and at_port and not walks and (query is None or QUERY.fullmatch(query)))


def is_did(value: str) -> bool:
    """Return whether *value* is a did address."""
    found = DID.fullmatch(value)
    return found is not None and found[1].strip(":") == found[1]


def has_one_spelling(value: str) -> bool:
    """Return whether no unreserved character is escaped."""
    escaped = re.findall("%([0-9A-F]{2})", value)
    return value.isascii() and not {chr(int(digits, 16)) for digits in escaped} & UNRESERVED


def party(value: object) -> Faults:
    """Return the faults of a grantee's address."""
    return broken(
        isinstance(value, str)
        and len(value) <= 512
        and has_one_spelling(value)
        and (is_https(value) or is_did(value))
    )


def list_address(value: object) -> Faults:
    """Return the faults of a list's address."""
    if isinstance(value, str) and len(value) <= 512 and URN.fullmatch(value):
        return broken(has_one_spelling(value))
    return party(value)


# --- the contract ---


def creators(value: object) -> Faults:
    """Field 1: exactly one under tag 18."""
    rules: dict[object, Rule] = {
        0: cose_key,
        1: text(200),
        2: never,
        3: string_of(32),
        4: text(200),
    }
    if not isinstance(value, list) or len(value) != 1:
        return {"d"}
    return map_faults(value[0], rules, {0})


LENGTHS = {-16: 32, -43: 48, -44: 64}


def is_digest(value: object) -> bool:
    """Return whether *value* is an array of an integer and a byte string."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and type(value[0]) is int
        and isinstance(value[1], bytes)
    )


def digest(fitting: set[int]) -> Rule:
    """Return the rule of a digest whose algorithm is one of *fitting*."""

    def rule(value: Any) -> Faults:  # noqa: ANN401  # whatever was decoded
        if not is_digest(value):
            return {"d"}
        if (length := LENGTHS.get(value[0])) is None:
            return {"e"}
        return broken(value[0] in fitting, len(value[1]) == length)

    return rule


def further_digests(value: object) -> Faults:
    """Work field 4."""
    found = ascending(digest({-43, -44}), 2)(value)
    if "d" in found:
        return found
    known = [item[0] for item in value if item[0] in LENGTHS]  # type: ignore[attr-defined]  # a list
    return found | broken(len(known) == len(set(known)))


def payment(value: Any) -> Faults:  # noqa: ANN401  # whatever was decoded
    """Return the faults of one payment."""
    if not isinstance(value, list) or not value or not whole(value[0], 0):
        return {"d"}
    kind, *rest = value
    if kind not in range(1, 7):
        return {"e"}
    if kind > 4:
        return {"d"} if not rest else share_of_pool(kind, *rest)
    return share(rest) if kind == 4 else amount(rest)


def share_of_pool(kind: int, *parts: Any) -> Faults:  # noqa: ANN401
    """Return the faults of a part of a pool: an amount or a share, and then the division."""
    *pool, division = parts
    if not whole(division, 0):
        return {"d"}
    found = share(pool) if kind == 5 else amount(pool)
    return found if division in {1, 2} else found | {"e"}


def share(parts: list[Any]) -> Faults:
    """Return the faults of a share in basis points."""
    return broken(len(parts) == 1 and whole(parts[0], 1, 10_000))


def amount(parts: list[Any]) -> Faults:
    """Return the faults of an amount of money."""
    if len(parts) != 3:
        return {"d"}
    amount, decimals, currency = parts
    if not whole(amount, 1) or not whole(decimals, 0, 9):
        return {"d"}
    return broken(not decimals or amount % 10) | matches("[A-Z]{3}")(currency)


def revocation(value: Any) -> Faults:  # noqa: ANN401  # whatever was decoded
    """Field 6."""
    if not isinstance(value, list) or len(value) != 2 or not all(whole(n, 0) for n in value):
        return {"d"}
    mode, days = value
    if mode > 2:
        return {"e"}
    return broken(days == 0 if mode == 0 else 1 <= days <= 3650)


def template(value: object) -> Faults:
    """Field 7."""
    if not isinstance(value, str):
        return {"d"}
    return FINE if value == "en-1" else {"e"}


def erasure(value: object) -> Faults:
    """Field 8."""
    if not isinstance(value, list) or len(value) != 2:
        return {"d"}
    return integer(1, 365)(value[0]) | bits(ERASURES)(value[1])


def territory(value: object) -> Faults:
    """Field 9."""
    return FINE if value == ["001"] else ascending(matches("[A-Z]{2}"))(value)


def grantee(value: object) -> Faults:
    """Field 3."""
    found = map_faults(value, {0: text(200), 1: party, 2: string_of(32)}, {0})
    if "d" in found:
        return found
    return found | broken({1, 2} & value.keys())  # type: ignore[attr-defined]  # a map, see above


WORK: dict[object, Rule] = {
    0: digest({-16}),
    1: text(200),
    2: matches("[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*", 127),
    3: integer(0),
    4: further_digests,
    5: ascending(matches("ISCC:[A-Z2-7]{10,80}")),
}
CONTRACT: dict[object, Rule] = {
    0: integer(0),  # and 1, which is test c
    1: creators,
    2: a_map(WORK, {0}),
    3: grantee,
    4: bits(USES),
    5: ascending(payment, least=0),
    6: revocation,
    7: template,
    8: erasure,
    9: territory,
    10: only_true,
    11: only_true,
    12: text(1000),
    13: text(200),
    14: integer(1, 12),
    15: string_of(32),
}
POSITION: dict[object, Rule] = {"idx": integer(0), "uri": list_address}
CLAIMS: dict[object, Rule] = {
    4: integer(0, MAX_TIME),
    5: integer(0, MAX_TIME),
    6: integer(0, MAX_TIME),
    7: string_of(16),
    65535: a_map({"status_list": a_map(POSITION, {"idx", "uri"})}, {"status_list"}),
    OURS: a_map(CONTRACT, {0, 1, 2, 3, 4, 5, 6, 7, 9}),
}


def across_fields(claims: Claims, contract: Claims) -> bool:
    """Return whether the rules across fields hold, of fields that hold by themselves."""
    creator, mode = contract[1][0], contract[6][0]
    own, list_key = thumbprint(creator[0]), contract.get(15)
    start = claims.get(5, claims[6])
    others = {own, list_key, contract[3].get(2)}
    named = {65535 in claims, 15 in contract}
    return all(
        (
            start > claims[6] or 5 not in claims,
            0 < claims[4] - start <= LONGEST_TERM,
            list_key is None or list_key != own,
            3 not in creator or creator[3] not in others,
            mode not in {1, 2} or 65535 in claims,
            mode != 0 or named == {False},
            not contract[4] & IMITATE or 12 in contract,
        )
    )


# --- lists ---


def one_stream(value: object) -> Faults:
    """Return the faults of lst."""
    if not isinstance(value, bytes):
        return {"d"}
    stream = zlib.decompressobj()
    try:
        out = stream.decompress(value, MAX_INFLATED)
        more = stream.decompress(stream.unconsumed_tail, 1)
    except zlib.error:
        return {"d"}
    return broken(out, not more, stream.eof, not stream.unused_data)


INNER: dict[object, Rule] = {
    "bits": lambda value: broken(type(value) is int and value in {1, 2, 4, 8}),
    "lst": one_stream,
    "aggregation_uri": lambda value: broken(isinstance(value, str)),
}
LIST_CLAIMS: dict[object, Rule] = {
    2: list_address,
    4: integer(0, MAX_TIME),
    6: integer(0, MAX_TIME),
    65534: integer(1),
    65533: a_map(INNER, {"bits", "lst"}),
    OURS: a_map({1: string_of(32), 2: cose_key}, {2}),
}
