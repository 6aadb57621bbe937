"""Two faults at a time: for each pair of tests, a file that fails both (spec §3.9, §5).

A verifier that runs two tests in the wrong order gives the second code where the first is right.
The tables below are in the right order. checker/pairs.py finds the faults in the files
independently and checks that no pair is left out.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from build import (
    ACME_URI,
    ANA,
    BEN,
    ENDS,
    NOW,
    SIGNED,
    TYP,
    Key,
    Map,
    Vector,
    header,
    revocable,
    sign,
)
from cbor_writer import UINT, Raw, long_head
from status_rules import IDX, LIST_TYP, LISTED, list_claims, listed

FLAGS = "order"
HOUR = 3600
OTHER_LIST = "https://ana.example/consent/other"


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from of_contracts()
    yield from of_lists()
    yield from in_vain()
    yield from what_lists_say()


@dataclass
class Case:
    """The everyday contract and question, into which faults are put one by one."""

    top: Map = field(default_factory=dict)
    terms: Map = field(default_factory=dict)
    header: Map = field(default_factory=dict)
    signature: bytes | None = None
    keys: tuple[Key, ...] = (ANA,)
    question: dict[str, Any] = field(default_factory=dict)
    at: int = NOW
    value: int | None = 0  # what the status list says; None: there is no list

    def vector(self, name: str, comment: str, spec: str, expect: str, step: int) -> Vector:
        """Return the scenario, whose status list is an hour old."""
        claims = revocable(self.top, self.terms)
        file = sign(claims, header(self.header), signature=self.signature)
        said = () if self.value is None else (self.value,)
        lists = tuple(listed({IDX: value}, bits=2, iat=self.at - HOUR) for value in said)
        asked = {"keys": self.keys, "at": self.at, "lists": lists, **self.question}
        return Vector(name, comment, spec, FLAGS, file, expect, step, **asked)


def encoding(case: Case) -> None:
    """Write exp in eight bytes, where four would do."""
    case.top[4] = Raw(long_head(UINT, ENDS, 8))


def typ(case: Case) -> None:
    """Name another format."""
    case.header[16] = "application/cwt"


def kind(case: Case) -> None:
    """Make it of another kind."""
    case.terms[0] = 2


def rule(case: Case) -> None:
    """Ask for a report every 13 months."""
    case.terms[14] = 13


def unknown(case: Case) -> None:
    """Add an unknown field."""
    case.terms[16] = 1


def signature(case: Case) -> None:
    """Take the signature of another message."""
    case.signature = ANA.sign(b"another message")


def creator(case: Case) -> None:
    """Believe another key."""
    case.keys = (BEN,)


def work(case: Case) -> None:
    """Ask about another work."""
    case.question["work"] = {"sha256": "00" * 32}


def grantee(case: Case) -> None:
    """Ask about another grantee."""
    case.question["grantee"] = {"uri": ACME_URI + "labs"}


def use(case: Case) -> None:
    """Ask about another use."""
    case.question["use"] = "finetune"


def territory(case: Case) -> None:
    """Limit it to Spain, and ask about Portugal."""
    case.terms[9] = ["ES"]


def start(case: Case) -> None:
    """Ask about the second before it begins."""
    case.at = SIGNED - 1


def end(case: Case) -> None:
    """Ask about the instant at which it ends."""
    case.at = ENDS


def revoked(case: Case) -> None:
    """Let the list say revoked."""
    case.value = 1


def suspended(case: Case) -> None:
    """Let the list say suspended."""
    case.value = 2


def no_list(case: Case) -> None:
    """Take the list away."""
    case.value = None


Point = tuple[str, str, Callable[[Case], None], str, int]

POINTS: tuple[Point, ...] = (
    ("encoding", "an encoding that is not canonical", encoding, "malformed", 1),
    ("typ", "the wrong typ", typ, "malformed", 1),
    ("kind", "an unknown kind", kind, "unsupported", 2),
    ("rule", "a field out of range", rule, "malformed", 2),
    ("unknown", "an unknown field", unknown, "unsupported", 2),
    ("signature", "the signature of another message", signature, "bad-signature", 3),
    ("creator", "a creator who is not believed", creator, "unknown-creator", 4),
    ("work", "the wrong work", work, "wrong-work", 7),
    ("grantee", "the wrong grantee", grantee, "wrong-grantee", 8),
    ("use", "the wrong use", use, "use-not-granted", 9),
    ("territory", "the wrong place", territory, "wrong-territory", 10),
    ("start", "not begun", start, "not-yet-valid", 11),
    ("end", "ended", end, "expired", 12),
    ("revoked", "revoked", revoked, "revoked", 13),
    ("suspended", "suspended", suspended, "suspended", 13),
    ("no_list", "no status list", no_list, "status-unknown", 13),
)
# A contract ends after it begins, and a list says one thing.
IMPOSSIBLE = {("start", "end"), *combinations(("revoked", "suspended", "no_list"), 2)}


def of_contracts() -> Iterator[Vector]:
    """Every pair of tests of a contract; the first gives the code."""
    for (one, words, do_one, expect, step), (two, more, do_two, *_) in combinations(POINTS, 2):
        if (one, two) in IMPOSSIBLE:
            continue
        case = Case()
        do_one(case)
        do_two(case)
        spec = "§3.9" if step < 3 else "§5"
        text = f"Two faults: {words}; {more}."
        yield case.vector(f"contract/pair_{one}_{two}", text, spec, expect, step)


@dataclass
class ListCase:
    """A list of the creator that says valid, into which faults are put."""

    top: Map = field(default_factory=dict)
    own: Map = field(default_factory=dict)
    header: Map = field(default_factory=dict)
    key: Key = ANA
    spoilt: bool = False
    value: int = 0

    def data(self) -> bytes:
        """Return the list as a file."""
        claims = list_claims({IDX: self.value}, bits=2, key=self.key, top=self.top, own=self.own)
        protected = header(self.header, key=self.key, typ=LIST_TYP)
        other = self.key.sign(b"another message") if self.spoilt else None
        return sign(claims, protected, key=self.key, signature=other).data


def list_encoding(case: ListCase) -> None:
    """Write ttl in eight bytes."""
    case.top[65534] = Raw(long_head(UINT, 43200, 8))


def list_typ(case: ListCase) -> None:
    """Take the typ of a contract."""
    case.header[16] = TYP


def list_rule(case: ListCase) -> None:
    """Give the id of the previous list 31 bytes."""
    case.own[1] = bytes(31)


def list_unknown(case: ListCase) -> None:
    """Add an unknown field."""
    case.own[3] = 1


def list_signature(case: ListCase) -> None:
    """Take the signature of another message."""
    case.spoilt = True


def list_signer(case: ListCase) -> None:
    """Let a stranger sign."""
    case.key = BEN


def list_sub(case: ListCase) -> None:
    """Make it the list of another address."""
    case.top[2] = OTHER_LIST


ListPoint = tuple[str, str, Callable[[ListCase], None], str]

LIST_POINTS: tuple[ListPoint, ...] = (
    ("encoding", "an encoding that is not canonical", list_encoding, "malformed"),
    ("typ", "the typ of a contract", list_typ, "malformed"),
    ("rule", "a field of the wrong length", list_rule, "malformed"),
    ("unknown", "an unknown field", list_unknown, "unsupported"),
    ("signature", "the signature of another message", list_signature, "bad-signature"),
    ("signer", "the signature of a stranger", list_signer, "valid"),
    ("sub", "the wrong address", list_sub, "valid"),
)


def ignored(name: str, comment: str, case: ListCase, result: str) -> Vector:
    """Return a scenario whose only list says nothing about the contract."""
    spec = "§7.2" if result == "valid" else "§7.1"
    return Vector(
        f"status/pair_{name}",
        comment,
        spec,
        FLAGS,
        sign(revocable()),
        "status-unknown",
        13,
        lists=(case.data(),),
        list_results=(result,),
    )


def of_lists() -> Iterator[Vector]:
    """Every pair of tests of a list; the first gives the list's own result."""
    for (one, words, do_one, result), (two, more, do_two, _) in combinations(LIST_POINTS, 2):
        case = ListCase()
        do_one(case)
        do_two(case)
        text = f"A list with two faults: {words}; {more}."
        yield ignored(f"{one}_{two}", text, case, result)


def in_vain() -> Iterator[Vector]:
    """A list that is not acceptable says nothing, whatever its value."""
    for name, words, spoil, result in LIST_POINTS:
        for value, says in ((1, "revoked"), (2, "suspended")):
            case = ListCase(value=value)
            spoil(case)
            text = f"The only list says {says} but has a fault: {words}."
            yield ignored(f"{name}_{says}", text, case, result)


def what_lists_say() -> Iterator[Vector]:
    """The order of §7.4: revoked first, then whether the newest list counts, then its value."""
    ends, hour = {4: NOW}, NOW - HOUR

    def said(value: int, iat: int = LISTED, top: Map | None = None) -> bytes:
        return listed({IDX: value}, bits=2, iat=iat, top=top)

    first, last = said(1, iat=hour), said(2, iat=hour + 1)
    for name, words, lists, age in (
        ("revoked_then_suspended", "Revoked, then suspended", (first, last), None),
        (
            "suspended_with_revoked",
            "Suspended and revoked with the same iat",
            (said(2), said(1)),
            None,
        ),
        (
            "revoked_ended_old",
            "Revoked in a list that has ended and is old",
            (said(1, top=ends),),
            60,
        ),
        ("revoked_equivocal_old", "Revoked in one of two old lists", (said(1), said(0)), 60),
    ):
        yield decides(name, f"{words}.", "revoked", lists, age)
    later = said(2, iat=NOW + 1)
    for name, words, lists, age in (
        ("suspended_old", "Suspended in a list that is too old", (said(2),), HOUR - 1),
        ("suspended_ended_old", "Suspended in a list that has ended", (said(2, top=ends),), 60),
        (
            "suspended_twice",
            "Suspended in two different lists",
            (said(2), listed({IDX: 2, 1: 1}, bits=2)),
            None,
        ),
        (
            "suspended_later",
            "Suspended in a list made after T; none was made before T",
            (later,),
            None,
        ),
        (
            "equivocal_ended",
            "Two different lists that have ended",
            (said(0, top=ends), listed(top=ends)),
            None,
        ),
    ):
        yield decides(name, f"{words}.", "status-unknown", lists, age)


def decides(
    name: str, words: str, expect: str, lists: tuple[bytes, ...], age: int | None
) -> Vector:
    """Return a scenario whose lists are all valid by themselves."""
    since = LISTED if expect == "revoked" else None
    return Vector(
        f"status/order_{name}",
        words,
        "§7.4",
        FLAGS,
        sign(revocable()),
        expect,
        13,
        lists=lists,
        max_status_age=age,
        since=since,
    )
