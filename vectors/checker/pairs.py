"""Which tests each vector fails, and which pairs of tests no vector fails together.

A verifier that runs two tests in the wrong order gives a wrong code to a file with both faults, so
each pair needs such a file. What a vector fails is found from its own data: every test runs,
whether or not an earlier one failed.
"""

import zlib
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Any

import cbor2

from batch_rules import batch_faults, is_head, leaf_of, root_holds
from faults import contract_faults, list_faults
from form import CONTRACT, LIST, Profile, passes_test_a
from verdict import OURS, Vector, lists_of, look_up, signature_holds, status, steps, thumbprint

Pair = tuple[str, str]

FORM = {"c": "kind", "d": "rule", "e": "unknown"}
STATUS = ("revoked", "suspended", "status-unknown")
# In the order of §3.9 and §5. The last three are answers of one step.
POINTS = (
    "encoding",
    "typ",
    "kind",
    "rule",
    "unknown",
    "bad-signature",
    "unknown-creator",
    "wrong-work",
    "wrong-grantee",
    "use-not-granted",
    "wrong-territory",
    "not-yet-valid",
    "expired",
    *STATUS,
)
# What a list fails, in the order of §7.1 and §7.2, and what it says without effect.
LIST_POINTS = ("encoding", "typ", "rule", "unknown", "bad-signature", "signer", "sub")
SAYS = {1: "revoked", 2: "suspended"}
# What the readers of claims raise when the claims have a wrong form.
UNREADABLE = (
    *(AssertionError, AttributeError, IndexError, KeyError, TypeError, ValueError, zlib.error),
)
IMPOSSIBLE = {
    ("not-yet-valid", "expired"),  # a contract ends after it begins
    *combinations(STATUS, 2),  # generator/status_rules.py has what §7.4 makes of several lists
}

BATCH_FORM = {"d": "place", "e": "leaf-kind", "f": "leaf-rule", "g": "unknown"}
# In the order of §12.3. The order of what comes after them is that of contracts.
BATCH_POINTS = (
    *("encoding", "typ", "kind", *BATCH_FORM.values()),
    *("bad-signature", "root"),
)
AFTER_BATCHES = ("unknown-creator", "wrong-grantee", "expired", "revoked")


def missing_pairs(vectors: list[Vector]) -> list[Pair]:
    """Return the pairs of tests that no vector fails, each in the order of the tests."""
    failed = [contract_points(vector) for vector in vectors]
    missing = set(combinations(POINTS, 2)) - IMPOSSIBLE - pairs_of(failed, POINTS)
    of_lists = [points for vector in vectors for points in all_lists(vector)]
    wanted = set(combinations(LIST_POINTS, 2))
    wanted |= {(point, says) for point in LIST_POINTS for says in SAYS.values()}
    found = pairs_of(of_lists, (*LIST_POINTS, *SAYS.values()))
    return sorted(missing) + [(f"list {one}", two) for one, two in sorted(wanted - found)]


def missing_batch_pairs(vectors: list[Vector]) -> list[Pair]:
    """Return the pairs of tests of which one is about batches and that no vector fails."""
    order = (*BATCH_POINTS, *AFTER_BATCHES)
    wanted = set(combinations(order, 2)) - set(combinations(AFTER_BATCHES, 2))
    found = pairs_of((batch_points(vector) for vector in vectors), order)
    return [(f"batch {one}", two) for one, two in sorted(wanted - found)]


def batch_points(vector: Vector) -> set[str]:
    """Return which tests a contract of a batch fails, as far as it can be read."""
    data = bytes.fromhex(vector["contract"])
    found = set() if passes_test_a(data, CONTRACT) else {"encoding"}
    try:
        items, protected, head = opened(data) or ([], {}, {})
        found |= set() if protected.get(16) == CONTRACT.typ else {"typ"}
        found |= set() if is_head(head) else {"kind"}
        as_12 = {**head, OURS: {**head[OURS], 0: 12}}
        found |= {BATCH_FORM[fault] for fault in batch_faults(protected, items[1], as_12)}
        found |= set() if root_holds(items[1], head) else {"root"}
        claims: Any = leaf_of(items[1])
        found |= set(failed_steps(vector, items, claims))
    except UNREADABLE:
        return {"unreadable"}
    return found


def pairs_of(failed: Iterable[set[str]], order: tuple[str, ...]) -> set[Pair]:
    """Return the pairs of tests that fail together and with no others, in *order*."""
    ordered = ([point for point in order if point in points] for points in failed)
    return {(points[0], points[1]) for points in ordered if len(points) == 2}


def opened(data: bytes) -> tuple[list[Any], Any, Any] | None:
    """Return the four items, the protected header and the claims, as a lax reader finds them."""
    try:
        items = list(cbor2.loads(data).value)
        protected, claims = cbor2.loads(items[0]), cbor2.loads(items[2])
    except (AttributeError, IndexError, TypeError, ValueError, cbor2.CBORError):
        return None
    fits = len(items) == 4 and isinstance(protected, dict) and isinstance(claims, dict)
    return (items, protected, claims) if fits else None


def form_points(data: bytes, profile: Profile, faults: Any) -> set[str]:  # noqa: ANN401
    """Return which tests of §3.9 a file fails."""
    found = set() if passes_test_a(data, profile) else {"encoding"}
    if parts := opened(data):
        items, protected, claims = parts
        found |= set() if protected.get(16) == profile.typ else {"typ"}
        found |= {FORM[fault] for fault in faults(protected, items[1], claims)}
    return found


def contract_points(vector: Vector) -> set[str]:
    """Return which tests a vector fails."""
    data = bytes.fromhex(vector["contract"])
    found = form_points(data, CONTRACT, contract_faults)
    if parts := opened(data):
        items, _, claims = parts
        found |= set(failed_steps(vector, items, claims))
    return found


def failed_steps(vector: Vector, items: list[Any], claims: Any) -> Iterator[str]:  # noqa: ANN401
    """Yield the codes of steps 3 to 13 that fail, as far as the claims can be read."""
    try:
        if not signature_holds(items, claims[OURS][1][0][0][-2]):
            yield "bad-signature"
        yield from (code for _, code, passes in steps(vector, claims) if not passes)
        code, _ = status(vector, claims, lists_of(vector, claims))
        if code != "good":
            yield code
    except UNREADABLE:
        return


def all_lists(vector: Vector) -> Iterator[set[str]]:
    """Yield which tests each list of a vector fails, and what it says about the position."""
    parts = opened(bytes.fromhex(vector["contract"]))
    for data in vector["status_lists"]:
        found = form_points(bytes.fromhex(data), LIST, list_faults)
        try:
            assert parts is not None
            found |= list_points(data, parts[2])
        except UNREADABLE:
            continue  # it says nothing that could make a pair
        yield found


def list_points(data: str, claims: Any) -> set[str]:  # noqa: ANN401
    """Return whether a list fails from the signature on, and what it says."""
    items, _, own = opened(bytes.fromhex(data)) or ([], None, {})
    public, contract = own[OURS][2][-2], claims[OURS]
    reference = claims[65535]["status_list"]
    creator = contract[1][0]
    speakers = {thumbprint(creator[0][-2]), creator.get(3), contract.get(15)}
    said = look_up(data, {**reference, "uri": own[2]})
    found = set() if signature_holds(items, public) else {"bad-signature"}
    found |= set() if thumbprint(public) in speakers else {"signer"}
    found |= set() if own[2] == reference["uri"] else {"sub"}
    return found | ({SAYS[said.value]} if said and said.value in SAYS else set())
