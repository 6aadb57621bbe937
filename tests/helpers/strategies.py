"""Keys, terms, contracts and lists that tests share, and strategies that draw more of them."""

import hashlib
import operator
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, reduce
from pathlib import Path
from typing import Any, TypeAlias

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from ask_vector import load
from consentsig import (
    Creator,
    Digest,
    Division,
    Erase,
    Erasure,
    Grantee,
    KeySet,
    ListTerms,
    Payment,
    PaymentKind,
    PrivateKey,
    RefusedError,
    Revocability,
    Revocation,
    StatusList,
    StatusReference,
    Terms,
    Use,
    Work,
    sign_contract,
    sign_status_list,
    verify_status_list,
)
from consentsig.contract import CONTRACT
from consentsig.format.cbor import Item, encode, head
from consentsig.format.cose import Profile, unsigned_sign1
from consentsig.terms import EPOCH

settings.register_profile(
    "consentsig",
    deadline=None,  # how fast a machine is says nothing about the code
    max_examples=100,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("consentsig")

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "vectors"

Value: TypeAlias = Any  # of a field, whatever its type


def _key(name: str) -> PrivateKey:
    return PrivateKey(hashlib.sha256(name.encode()).digest())


ANA, RECOVERY, LIST_KEY, STRANGER = map(_key, ("Ana", "recovery", "list", "stranger"))
ACME = _key("Acme").public.thumbprint
WORK = b"Harbour at dawn"
LIST_URI = "https://ana.example/list"
SIGNED = datetime(2026, 1, 1, tzinfo=UTC)
ASKED = datetime(2026, 7, 1, tzinfo=UTC)
ENDS = datetime(2027, 1, 1, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def terms(**changes: Value) -> Terms:  # any field of Terms
    """Make a short contract's terms, with *changes*."""
    return Terms(
        creator=Creator(ANA.public, "Ana Liu"),
        work=Work(hashlib.sha256(WORK).digest(), WORK.decode(), "text/plain", len(WORK)),
        issued=SIGNED,
        expires=ENDS,
        grantee=Grantee("Acme Labs", "https://acme.example/", ACME),
        uses=(Use.PRETRAIN, Use.EVALUATE),
        payments=(),
        revocation=Revocation(Revocability.NOT_BEFORE_END),
        territory=("ES", "PT"),
    )._replace(**changes)


def revocable(**changes: Value) -> Terms:  # any field of Terms
    """Make the terms of a contract that can be taken back, with *changes*."""
    return terms(
        revocation=Revocation(Revocability.AT_WILL, 30), status=StatusReference(LIST_URI, 5)
    )._replace(**changes)


def everything() -> Terms:
    """Make terms that have every field there is, each list of more than one item."""
    digest = Digest.of(WORK)
    return revocable(
        creator=Creator(ANA.public, "Ana Liu", RECOVERY.public.thumbprint, "Estate of Wu Liu"),
        work=Work(
            digest.sha256,
            "Harbour at dawn",
            "text/plain",
            digest.size,
            digest.sha384,
            digest.sha512,
            ("ISCC:AAAAAAAAAA", "ISCC:BBBBBBBBBB"),
        ),
        uses=tuple(Use),
        payments=(
            Payment(PaymentKind.REVENUE_SHARE, 250),
            Payment(PaymentKind.POOL_REVENUE, 3000, division=Division.EQUAL),
            Payment(PaymentKind.ONCE, 500, 0, "EUR"),
            Payment(PaymentKind.PER_RUN, 5005, 2, "USD"),
            Payment(PaymentKind.PER_OUTPUT, 5, 4, "EUR"),
            Payment(PaymentKind.POOL_OUTPUT, 5, 2, "EUR", Division.WEIGHT),
        ),
        erasure=Erasure(30, Erase.COPIES | Erase.RETIRE),
        exclusive=True,
        pass_on=True,
        purpose='Poems only, "as they are"',
        credit="Photo: Ana Liu",
        report_months=6,
        list_key=LIST_KEY.public.thumbprint,
        not_before=SIGNED + DAY,
        salt=bytes(range(16)),
    )


def wrapped(payload: bytes, profile: Profile = CONTRACT, key: PrivateKey = ANA) -> bytes:
    """Put any *payload* into an envelope, rightly signed."""
    unsigned, signed = unsigned_sign1(key.public.kid, payload, profile)
    return unsigned + key.sign(signed)


def list_terms(**changes: Value) -> ListTerms:  # any field of ListTerms
    """Make the terms of a list of 64 positions that revokes nothing, with *changes*."""
    usual = ListTerms(
        uri=LIST_URI,
        signer=ANA.public,
        issued=ASKED - DAY,
        expires=ASKED + 29 * DAY,
        statuses=bytes(8),
    )
    return replace(usual, **changes)


def status_list(key: PrivateKey = ANA, **changes: Value) -> StatusList:  # as above
    """Sign :func:`list_terms` by *key*."""
    signed = sign_status_list(list_terms(signer=key.public, **changes), key)
    return verify_status_list(signed)


def question(**changes: Value) -> dict[str, Any]:  # any argument of verify_contract
    """Make the question to which :func:`terms` are a yes, with *changes*."""
    return {
        "keys": KeySet([ANA.public]),
        "work": Digest.of(WORK),
        "grantee": Grantee(uri="https://acme.example/"),
        "use": Use.PRETRAIN,
        "territory": "PT",
        "at": ASKED,
        "status": (),
    } | changes


def code_of(error: RefusedError) -> str:
    """Return the code of *error*, whose message is one line, as every message is."""
    assert len(str(error).splitlines()) == 1
    return error.code


# --- CBOR as a tree whose maps keep repeated keys and any order ---


class Pairs(list[tuple[Any, Any]]):
    """A map as its pairs."""


def as_pairs(item: Item) -> Item:  # any item
    """Turn each map within *item* into :class:`Pairs`, in the order it has."""
    if isinstance(item, dict):
        return Pairs((key, as_pairs(value)) for key, value in item.items())
    return [as_pairs(value) for value in item] if isinstance(item, list) else item


def write_pairs(item: Item) -> bytes:  # any item
    """Encode *item*, writing each of its :class:`Pairs` as it stands."""
    if isinstance(item, Pairs):
        return head(5, len(item)) + b"".join(
            encode(key) + write_pairs(value) for key, value in item
        )
    if isinstance(item, list):
        return head(4, len(item)) + b"".join(map(write_pairs, item))
    return encode(item)


# --- the vectors ---


@cache
def vectors() -> tuple[dict[str, Any], ...]:
    """Return every vector about one contract, in order of path."""
    groups = ("batch", "contract", "line", "status", "text")
    return tuple(
        load(path) for group in groups for path in sorted((VECTORS / group).glob("*.json"))
    )


@cache
def vector_contracts(*results: str) -> tuple[bytes, ...]:
    """Return the different contracts of vectors that expect one of *results*, or of all.

    Where a line is received in place of the file, the answer is about the line.
    """
    return tuple(
        dict.fromkeys(
            bytes.fromhex(vector["contract"])
            for vector in vectors()
            if "line" not in vector and (not results or vector["expect"] in results)
        )
    )


@cache
def vector_lists(*results: str) -> tuple[bytes, ...]:
    """Return the different lists of vectors that get one of *results* by themselves, or all."""
    return tuple(
        dict.fromkeys(
            bytes.fromhex(known)
            for vector in vectors()
            for known, result in zip(vector["status_lists"], vector["list_results"], strict=True)
            if not results or result in results
        )
    )


# --- strategies ---

# Letters and signs of several scripts, none of which changes in NFC whatever stands beside it.
_LETTERS = "abcxyzABCXYZ0123456789éñßøłЖяλωأبगक中文한글あア!?.,:;'\"\\/()€–…🌊𝄞"
_WORDS = st.text(_LETTERS, min_size=1, max_size=12) | st.sampled_from(
    ["می\u200cخواهم", "q\u0303", "ක්\u200dෂ", "q\u0323\u0307", "Ana", "Liu"]
)


def texts(limit: int) -> st.SearchStrategy[str]:
    """Draw texts of at most *limit* bytes that may be signed (spec §2.3)."""
    lines = st.lists(_WORDS, min_size=1, max_size=6).map(" ".join)
    return lines.filter(lambda text: len(text.encode()) <= limit)


_LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
_SEGMENTS = st.text("abcXYZ019-_~!$&'()*+,;=:@", max_size=8) | st.sampled_from(
    ["%20", "...", ".a", "%C3%A9"]
)
_PATHS = st.lists(_SEGMENTS, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
_QUERIES = st.just("") | st.text("abc019=&/?", min_size=1, max_size=8).map("?".__add__)
_PORTS = st.just("") | st.integers(1, 65535).filter(lambda n: n != 443).map(":{}".format)
_HTTPS = st.builds(
    "https://{}{}{}{}".format,
    st.lists(_LABELS, min_size=1, max_size=3).map(".".join),
    _PORTS,
    _PATHS,
    _QUERIES,
)
_DIDS = st.from_regex(r"did:[a-z0-9]{1,5}:[A-Za-z0-9._-]{1,20}(:[a-z]{1,5})?", fullmatch=True)
_URNS = st.from_regex(r"urn:[a-z0-9][a-z0-9-]{0,8}[a-z0-9]:[A-Za-z0-9@/]{0,9}x", fullmatch=True)

party_addresses = _HTTPS | _DIDS
list_addresses = _HTTPS | _DIDS | _URNS.filter(lambda uri: ":/" not in uri)

_INT53 = st.integers(0, 2**53 - 1) | st.integers(0, 300)
_MEDIA_TYPES = st.from_regex(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,9}/[a-z0-9][a-z]{0,9}", fullmatch=True)
_ISCCS = st.from_regex(r"ISCC:[A-Z2-7]{10,20}", fullmatch=True)
_CURRENCIES = st.from_regex(r"[A-Z]{3}", fullmatch=True)

works = st.builds(
    Work,
    st.binary(min_size=32, max_size=32),
    st.none() | texts(200),
    st.none() | _MEDIA_TYPES,
    st.none() | _INT53,
    st.none() | st.binary(min_size=48, max_size=48),
    st.none() | st.binary(min_size=64, max_size=64),
    st.lists(_ISCCS, max_size=3, unique=True).map(tuple),
)
_SHARES = st.builds(Payment, st.just(PaymentKind.REVENUE_SHARE), st.integers(1, 10_000))
_AMOUNTS = st.builds(
    Payment,
    st.sampled_from([PaymentKind.ONCE, PaymentKind.PER_RUN, PaymentKind.PER_OUTPUT]),
    st.integers(1, 2**53 - 1) | st.integers(1, 30),
    st.integers(0, 9),
    _CURRENCIES,
).filter(lambda payment: payment.decimals == 0 or payment.amount % 10 != 0)
_POOLS = st.builds(
    lambda payment, division: payment._replace(
        kind=PaymentKind.POOL_REVENUE if payment.kind.is_share else PaymentKind.POOL_OUTPUT,
        division=division,
    ),
    _SHARES | _AMOUNTS,
    st.sampled_from(Division),
)
payments = st.lists(_SHARES | _AMOUNTS | _POOLS, max_size=4, unique=True).map(tuple)
_COUNTRIES = st.lists(st.from_regex(r"[A-Z]{2}", fullmatch=True), min_size=1, unique=True)
territories = st.just(("001",)) | _COUNTRIES.map(tuple)
_ERASE = st.sets(st.sampled_from(list(Erase)), min_size=1).map(
    lambda bits: reduce(operator.or_, bits)
)
erasures = st.builds(Erasure, st.integers(1, 365), _ERASE)
# Of the three keys that must differ, each has its own first byte.
_grantee_keys, _recovery_keys, _list_keys = (
    st.binary(min_size=31, max_size=31).map(bytes([first]).__add__) for first in range(3)
)
_GRANTEES = st.builds(Grantee, texts(200), party_addresses, st.none() | _grantee_keys) | st.builds(
    Grantee, texts(200), st.none(), _grantee_keys
)
_INSTANTS = st.integers(0, 250_000_000_000).map(lambda seconds: EPOCH + timedelta(0, seconds))
_LATER = st.integers(1, 1_000_000_000).map(lambda seconds: timedelta(0, seconds))


@st.composite
def all_terms(draw: st.DrawFn) -> Terms:
    """Draw any terms that keep every rule, their arrays in any order."""
    issued = draw(_INSTANTS)
    not_before = draw(st.none() | _LATER.map(lambda later: issued + later))
    mode = draw(st.sampled_from(Revocability))
    revocable_at_all = mode is not Revocability.NOT_BEFORE_END
    uses = draw(st.lists(st.sampled_from(Use), min_size=1, unique=True).map(tuple))
    purpose = texts(1000) if Use.IMITATE in uses else st.none() | texts(1000)
    return Terms(
        creator=Creator(
            ANA.public,
            draw(st.none() | texts(200)),
            draw(st.none() | _recovery_keys),
            draw(st.none() | texts(200)),
        ),
        work=draw(works),
        issued=issued,
        expires=(not_before or issued) + draw(_LATER),
        grantee=draw(_GRANTEES),
        uses=uses,
        payments=draw(payments),
        revocation=Revocation(mode, draw(st.integers(1, 3650)) if revocable_at_all else 0),
        territory=draw(territories),
        erasure=draw(st.none() | erasures),
        exclusive=draw(st.booleans()),
        pass_on=draw(st.booleans()),
        purpose=draw(purpose),
        credit=draw(st.none() | texts(200)),
        report_months=draw(st.none() | st.integers(1, 12)),
        list_key=draw(st.none() | _list_keys) if revocable_at_all else None,
        not_before=not_before,
        status=draw(st.builds(StatusReference, list_addresses, _INT53))
        if revocable_at_all
        else None,
        salt=draw(st.none() | st.binary(min_size=16, max_size=16)),
    )


# --- a small world, in which contracts, lists and questions often meet ---

BEA = _key("Bea")
WORLD_WORKS = tuple(hashlib.sha256(bytes([n])).digest() for n in range(4))
_PARTIES = (*["https://acme.example/"] * 5, "https://other.example/", None)
_PLACES = (*[("001",)] * 7, ("ES", "PT"), ("DE",), ("PT",))
_WORLD_TIMES = tuple(ASKED + n * DAY for n in (*[0] * 12, -400, -10, -1, 1, 10, 400))
_STARTS = tuple(ASKED + n * DAY for n in (*[-10] * 6, -20, -400, -1, 0, 1))
_STATUSES = tuple(
    map(bytes.fromhex, ("0000000000", "0000000000", "00000000", "8412841284", "2101210121"))
)
_OTHER_URI = "https://bea.example/list"


_KEY_SETS = (
    *[KeySet([ANA.public, BEA.public])] * 12,
    KeySet(),
    KeySet([BEA.public], works={ANA.public: WORLD_WORKS[:2]}),
    KeySet(works={ANA.public: [], BEA.public: WORLD_WORKS[1:]}),
)
_ASKING = (
    *[Grantee(uri="https://acme.example/")] * 6,
    Grantee(key=ACME),
    Grantee(uri="https://other.example/", key=ACME),
)


@st.composite
def world_terms(draw: st.DrawFn) -> tuple[PrivateKey, Terms]:
    """Draw a contract of the small world, and who signs it."""
    key = draw(st.sampled_from([ANA, ANA, ANA, ANA, BEA, STRANGER]))
    recovery = draw(st.sampled_from([None, None, RECOVERY.public.thumbprint]))
    uri, party = draw(st.sampled_from(_PARTIES)), draw(st.sampled_from([None, ACME]))
    issued = draw(st.sampled_from(_STARTS))
    not_before = draw(st.sampled_from([None, None, None, None, ASKED, ASKED + DAY]))
    start = max(issued, not_before or issued)
    listed = draw(st.sampled_from([True, True, False]))
    mode = Revocability.AT_WILL if listed else Revocability.NOT_BEFORE_END
    reference = StatusReference(
        draw(st.sampled_from([LIST_URI, LIST_URI, LIST_URI, _OTHER_URI])), draw(st.integers(0, 20))
    )
    uses = draw(st.sampled_from([(Use.PRETRAIN,), (Use.EVALUATE, Use.PRETRAIN), tuple(Use)]))
    purpose = draw(st.sampled_from([None, None, "Poems"]))
    return key, Terms(
        creator=Creator(key.public, recovery=recovery),
        work=Work(draw(st.sampled_from(WORLD_WORKS)), size=draw(st.sampled_from([None, 1, 2]))),
        issued=issued,
        expires=start + draw(st.sampled_from([500, 500, 500, 20, 1])) * DAY,
        grantee=Grantee("Acme", uri, ACME if uri is None else party),
        uses=uses,
        payments=(),
        revocation=Revocation(mode, 30 if listed else 0),
        territory=draw(st.sampled_from(_PLACES)),
        purpose="Likeness" if Use.IMITATE in uses else purpose,
        list_key=draw(st.sampled_from([None, None, None, LIST_KEY.public.thumbprint]))
        if listed
        else None,
        not_before=None if not_before is None or not_before <= issued else not_before,
        status=reference if listed else None,
        salt=draw(st.binary(min_size=16, max_size=16)),
    )


@st.composite
def world_lists(draw: st.DrawFn) -> list[StatusList]:
    """Draw status lists of the small world, which may contradict each other."""
    found: list[StatusList] = []
    for _ in range(draw(st.integers(1, 4))):
        key = draw(st.sampled_from([*[ANA] * 5, BEA, RECOVERY, LIST_KEY, STRANGER]))
        issued = ASKED + draw(st.sampled_from([-1, -2, -3, -5, -20, 0, 1])) * DAY
        issued += draw(st.sampled_from([0, 0, 0, 300, 301])) * SECOND
        found.append(
            status_list(
                key,
                uri=draw(st.sampled_from([LIST_URI, LIST_URI, _OTHER_URI])),
                issued=issued,
                expires=issued + draw(st.sampled_from([30, 30, 2])) * DAY,
                bits=2,
                statuses=draw(st.sampled_from(_STATUSES)),
                previous=draw(st.sampled_from([None, *(each.object_id for each in found)])),
            )
        )
    return found


@st.composite
def world_questions(draw: st.DrawFn) -> dict[str, Any]:
    """Draw what is asked in the small world, but for work and lists."""
    return {
        "keys": draw(st.sampled_from(_KEY_SETS)),
        "grantee": draw(st.sampled_from(_ASKING)),
        "use": draw(st.sampled_from([*[Use.PRETRAIN] * 6, Use.EVALUATE, Use.REDISTRIBUTE])),
        "territory": draw(st.sampled_from([None, "001", "PT", "DE", "SP"])),
        "at": draw(st.sampled_from(_WORLD_TIMES)),
        "max_status_age": draw(st.sampled_from([*[None] * 5, timedelta(0), DAY, 5 * DAY])),
    }


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """Draw one of *seeds*, damaged in up to four places, or joined with another."""
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data)))
        behind = min(len(data), place + draw(st.integers(0, 4)))
        match draw(st.sampled_from(["substitute", "insert", "delete", "repeat", "splice"])):
            case "substitute":
                data = data[:place] + draw(st.binary(min_size=1, max_size=4)) + data[behind:]
            case "insert":
                data = data[:place] + draw(st.binary(min_size=1, max_size=4)) + data[place:]
            case "delete":
                data = data[:place] + data[behind:]
            case "repeat":
                data = data[:behind] + data[place:]
            case _:
                other = draw(st.sampled_from(seeds))
                data = data[:place] + other[draw(st.integers(0, len(other))) :]
    return data


def contract(**changes: Value) -> bytes:  # any field of Terms
    """Sign :func:`terms` with *changes*."""
    return sign_contract(terms(**changes), ANA)
