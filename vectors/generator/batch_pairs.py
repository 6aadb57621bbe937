"""Two faults at a time in one contract of a batch: the first test that fails gives the code.

The table is in the order of spec §12.3. checker/pairs.py finds the faults independently.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

from batch_build import UNSUPPORTED, Tree, everyday, placed, salt
from build import ACME_URI, ANA, BEN, ENDS, NOW, STATUS, Key, Map, Vector, revocable, status_claim
from cbor_writer import UINT, Raw, encode, long_head
from status_rules import IDX, listed

HOUR = 3600


@dataclass
class Case:
    """The everyday contract of a batch and its question, into which faults are put one by one."""

    terms: Map = field(default_factory=dict)
    own: Map = field(default_factory=dict)
    top: Map = field(default_factory=dict)
    header: Map = field(default_factory=dict)
    fourth: bool = False  # in the place
    signature: bytes | None = None
    keys: tuple[Key, ...] = (ANA,)
    at: int = NOW
    value: int = 0
    grantee: str = ACME_URI

    def vector(self, name: str, text: str, expect: str, step: int) -> Vector:
        """Return the scenario."""
        first, _, third = everyday().payloads
        leaf = revocable({7: salt(1), STATUS: status_claim()}, self.terms)
        tree = Tree((first, encode(leaf), third), lambda _: leaf)
        place = [tree.payloads[1], 1, tree.path(1), *([3] if self.fourth else ())]
        file = placed(
            tree,
            1,
            place=place,
            signature=self.signature,
            own=self.own,
            top=self.top,
            protected=self.header,
        )
        return Vector(
            *(name, text, "§12.3", "order batch", file, expect, step),
            keys=self.keys,
            at=self.at,
            grantee={"uri": self.grantee},
            lists=(listed({IDX: self.value}, iat=self.at - HOUR),),
            without_batches="malformed" if step == 1 else UNSUPPORTED,
        )


def encoding(case: Case) -> None:
    """Write the size in nine bytes."""
    case.own[1] = Raw(long_head(UINT, 3, 8))


def typ(case: Case) -> None:
    """Name another format."""
    case.header[16] = "application/cwt"


def kind(case: Case) -> None:
    """Make the head one of another kind."""
    case.own[0] = 13


def place(case: Case) -> None:
    """Add a fourth item to the place."""
    case.fourth = True


def leaf_kind(case: Case) -> None:
    """Make the contract one of another kind."""
    case.terms[0] = 2


def leaf_rule(case: Case) -> None:
    """Ask for a report every 13 months."""
    case.terms[14] = 13


def unknown(case: Case) -> None:
    """Add an unknown claim to the head."""
    case.top[8] = 1


def leaf_unknown(case: Case) -> None:
    """Add an unknown field to the contract."""
    case.terms[16] = 1


def signature(case: Case) -> None:
    """Take the signature of another message."""
    case.signature = ANA.sign(b"another message")


def root(case: Case) -> None:
    """Name another root."""
    case.own[2] = bytes(32)


def creator(case: Case) -> None:
    """Believe another key."""
    case.keys = (BEN,)


def grantee(case: Case) -> None:
    """Ask about another grantee."""
    case.grantee = ACME_URI + "labs"


def end(case: Case) -> None:
    """Ask about the instant at which it ends."""
    case.at = ENDS


def revoked(case: Case) -> None:
    """Let the list say revoked."""
    case.value = 1


Point = tuple[str, str, Callable[[Case], None], str, int]

POINTS: tuple[Point, ...] = (
    ("encoding", "an encoding that is not canonical", encoding, "malformed", 1),
    ("typ", "the wrong typ", typ, "malformed", 1),
    ("kind", "a head of an unknown kind", kind, "unsupported", 2),
    ("place", "a place of four items", place, "malformed", 2),
    ("leaf_kind", "a contract of an unknown kind", leaf_kind, "unsupported", 2),
    ("leaf_rule", "a field of the contract out of range", leaf_rule, "malformed", 2),
    ("unknown", "an unknown claim in the head", unknown, "unsupported", 2),
    ("leaf_unknown", "an unknown field in the contract", leaf_unknown, "unsupported", 2),
    ("signature", "the signature of another message", signature, "bad-signature", 3),
    ("root", "another root", root, "bad-signature", 3),
    ("creator", "a creator who is not believed", creator, "unknown-creator", 4),
    ("grantee", "the wrong grantee", grantee, "wrong-grantee", 8),
    ("end", "ended", end, "expired", 12),
    ("revoked", "revoked", revoked, "revoked", 13),
)
AFTER = {"creator", "grantee", "end", "revoked"}  # their order is that of contract/pair_*


def vectors() -> Iterator[Vector]:
    """Yield every pair of which one is about batches."""
    for (one, words, do_one, expect, step), (two, more, do_two, *_) in combinations(POINTS, 2):
        if one in AFTER:
            continue
        case = Case()
        do_one(case)
        do_two(case)
        text = f"Two faults: {words}; {more}."
        yield case.vector(f"batch/pair_{one}_{two}", text, expect, step)
