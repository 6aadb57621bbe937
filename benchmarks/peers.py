"""The same licence as a contract and as a token of five other libraries, all with Ed25519.

    python benchmarks/peers.py [ROUNDS]

Each library signs the same facts the way its users do, from claims made before, and verifies with
keys loaded before. Ratios are to PyNaCl's raw calls in the same round: min / median / max. The
second table is the difference in work: what each call refused by itself when it was tried.
Libraries of requirements.txt that are not installed are left out.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from itertools import starmap
from statistics import median
from typing import Any, NamedTuple

from nacl.bindings import crypto_sign_seed_keypair

import batch_sizes
import core
from consentsig import (
    Digest,
    Grantee,
    KeySet,
    ListTerms,
    Question,
    StatusList,
    Terms,
    Use,
    pack_statuses,
    sign_batch,
    sign_contract,
    sign_status_list,
    verify_signature,
    verify_status_list,
)
from timing import Case, load, machine, ratios, rounds_of, spread

LICENCES = core.CONTRACTS
TODAY = datetime.combine(datetime.now(UTC).date(), time(), UTC)
ISSUED, EXPIRES = TODAY - timedelta(days=1), TODAY + timedelta(days=365)
KEY = core.private_key(0)
PUBLIC, SECRET = crypto_sign_seed_keypair(core.seed(0))
BELIEVED = KeySet([KEY.public])
RAW, BATCH = "raw Ed25519", f"consentsig, {LICENCES} in a batch"

Claims = Any  # what a library signs
Token = Any  # what it makes of that: bytes, or text


class Asked(NamedTuple):
    """What a builder wants to know of a licence."""

    work: Digest
    grantee: Grantee
    use: Use
    territory: str
    status: list[StatusList]


class Peer(NamedTuple):
    """A library, with the calls that its users make; *verify* raises to refuse."""

    name: str
    claims: Callable[[Terms], Claims]
    sign: Callable[[Claims], Token]
    verify: Callable[[Token, Asked], object]


def main(rounds: int = 15) -> None:
    """Print what each library takes, and what it refuses."""
    print(f"{LICENCES} licences a case, {rounds} rounds, CPU time; {machine()}, load {load()}\n")
    found = list(peers())
    speed(found, rounds)
    print()
    refusals(found)


# --- speed ---


def speed(found: Sequence[Peer], rounds: int) -> None:
    """Time each library; print its row."""
    licences, asked = list(map(licence, range(LICENCES))), list(map(asked_of, range(LICENCES)))
    sizes = {RAW: 390 + 64.0}
    sign_cases: dict[str, Case] = {RAW: core.raw_signer()}
    verify_cases: dict[str, Case] = {RAW: core.raw_opener()}
    for peer in found:
        claims = list(map(peer.claims, licences))
        tokens = list(map(peer.sign, claims))
        sizes[peer.name] = median(map(len, tokens))
        sign_cases[peer.name] = partial(each, peer.sign, zip_of(claims))
        verify_cases[peer.name] = partial(each, peer.verify, zip_of(tokens, asked))
    salted = [core.salted(terms, n) for n, terms in enumerate(licences)]
    batch = sign_batch(salted, KEY)
    sizes[BATCH] = len(batch) / LICENCES
    sign_cases[BATCH] = partial(sign_batch, salted, KEY)
    verify_cases[BATCH] = partial(verify_batch, batch)
    print_rows(sizes, rounds_of(sign_cases, rounds), rounds_of(verify_cases, rounds))


def zip_of(*columns: Sequence[object]) -> list[tuple[object, ...]]:
    """The rows of *columns*."""
    return list(zip(*columns, strict=True))


def each(call: Callable[..., object], arguments: Sequence[tuple[object, ...]]) -> None:
    """Make one call after the other."""
    for _ in starmap(call, arguments):
        pass


def print_rows(
    sizes: Mapping[str, float],
    signed: Mapping[str, list[float]],
    verified: Mapping[str, list[float]],
) -> None:
    """Print a row for each library; the first is the raw one."""
    print(f"{'':<30}{'bytes':>6}{'sign/s':>9}{'of raw sign':>21}{'verify/s':>10}{'of raw':>21}")
    for name, size in sizes.items():
        cells = ""
        for taken, width in ((signed, 9), (verified, 10)):
            rate = LICENCES / median(taken[name])
            cells += f"{rate:>{width},.0f}{spread(ratios(taken[RAW], taken[name])):>21}"
        print(f"{name:<30}{size:>6.0f}{cells}")


def verify_batch(batch: bytes) -> None:
    """Ask the whole question about each contract of a batch file."""
    batch_sizes.check(batch_sizes.judge_works([batch], question_of(asked_of(0))))


# --- what is refused ---


def refusals(found: Sequence[Peer]) -> None:
    """Try each library with what must not pass."""
    print(f"{'refuses by itself':<30}" + "".join(f"{name:>12}" for name in TRIES))
    for peer in found:
        cells = ["yes" if refuses(peer, *tried) else "no" for tried in TRIES.values()]
        print(f"{peer.name:<30}" + "".join(f"{cell:>12}" for cell in cells))


def refuses(peer: Peer, terms: Terms, asked: Asked, change: Callable[[Token], Token]) -> bool:
    """Whether *peer* refuses the licence, asked and changed so; it must take it otherwise."""
    peer.verify(peer.sign(peer.claims(licence(0))), asked_of(0))
    token = change(peer.sign(peer.claims(terms)))
    try:
        peer.verify(token, asked)
    except Exception:  # noqa: BLE001  # each library has its own
        return True
    return False


def changed(token: Token) -> Token:
    """Put another byte into the middle, among the claims."""
    middle = len(token) // 2
    if isinstance(token, str):
        return token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    return token[:middle] + bytes((token[middle] ^ 1,)) + token[middle + 1 :]


def same(token: Token) -> Token:
    """Change nothing."""
    return token


# --- the licence ---


def licence(n: int) -> Terms:
    """The everyday contract about work *n*; its times are of today, since libraries ask a clock."""
    return batch_sizes.shared_terms(n)._replace(issued=ISSUED, expires=EXPIRES)


def asked_of(n: int) -> Asked:
    """What is asked about work *n*; the answer is yes."""
    return Asked(
        core.work_of(n), Grantee(uri="https://acme.example/"), Use.FINETUNE, "PT", NONE_REVOKED
    )


def list_of(revoked: Mapping[int, int]) -> list[StatusList]:
    """The creator's list of today."""
    statuses, since = pack_statuses(4096, revoked), TODAY - timedelta(hours=1)
    terms = ListTerms(core.LIST, KEY.public, since, TODAY + timedelta(days=90), statuses)
    return [verify_status_list(sign_status_list(terms, KEY))]


NONE_REVOKED = list_of({})
TRIES = {
    "changed": (licence(0), asked_of(0), changed),
    "ended": (licence(0)._replace(expires=TODAY - timedelta(hours=1)), asked_of(0), same),
    "work": (licence(0), asked_of(0)._replace(work=core.work_of(1)), same),
    "company": (licence(0), asked_of(0)._replace(grantee=Grantee(uri="https://b.example/")), same),
    "use": (licence(0), asked_of(0)._replace(use=Use.EVALUATE), same),
    "country": (licence(0)._replace(territory=("ES",)), asked_of(0), same),
    "revoked": (licence(0), asked_of(0)._replace(status=list_of({0: 1})), same),
}


def json_claims(terms: Terms) -> dict[str, object]:
    """The licence in JSON, with the registered names where there are any."""
    creator, work, erasure = terms.creator, terms.work, terms.erasure
    assert creator.recovery and erasure and terms.status  # noqa: S101, PT018  # an everyday one has
    return {
        "iss": creator.key.to_did_key(),
        "iss_name": creator.name,
        "recovery": text(creator.recovery),
        "sub": {"sha256": text(work.sha256), "title": work.title, "type": work.media_type,
                "size": work.size},
        "iat": int(terms.issued.timestamp()),
        "exp": int(terms.expires.timestamp()),
        "aud": terms.grantee.uri,
        "aud_name": terms.grantee.name,
        "uses": [use.label for use in terms.uses],
        "payments": [[pay.kind.label, pay.amount, pay.decimals, pay.currency]
                     for pay in terms.payments],
        "revocable": terms.revocation.days,
        "territory": terms.territory,
        "erasure": [erasure.days, erasure.what.value],
        "credit": terms.credit,
        "status": {"uri": terms.status.uri, "idx": terms.status.idx},
    }  # fmt: skip


def text(octets: bytes) -> str:
    """Bytes as JSON's formats write them."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def cbor_claims(terms: Terms) -> dict[int, object]:
    """The licence in CBOR, with the registered labels where there are any and private ones."""
    creator, work, erasure, status = terms.creator, terms.work, terms.erasure, terms.status
    assert erasure and status  # noqa: S101, PT018  # an everyday one has them
    return {
        1: creator.name,
        3: terms.grantee.uri,
        4: int(terms.expires.timestamp()),
        6: int(terms.issued.timestamp()),
        65535: {"status_list": {"idx": status.idx, "uri": status.uri}},
        -65537: [creator.key.x, creator.recovery],
        -65538: [work.sha256, work.title, work.media_type, work.size],
        -65539: terms.grantee.name,
        -65540: sum(use.bit for use in terms.uses),
        -65541: [[pay.kind.value, pay.amount, pay.decimals, pay.currency]
                 for pay in terms.payments],
        -65542: [terms.revocation.mode.value, terms.revocation.days],
        -65543: list(terms.territory),
        -65544: [erasure.days, erasure.what.value],
        -65545: terms.credit,
    }  # fmt: skip


# --- the libraries ---


def peers() -> Iterator[Peer]:
    """Us, with every step and without a question, and every other library that is installed."""
    yield Peer("consentsig", same, partial(sign_contract, key=KEY), verify_ours)
    yield Peer(
        "consentsig, nothing asked",
        same,
        partial(sign_contract, key=KEY),
        lambda data, _: verify_signature(data),
    )
    for package, make in MAKERS.items():
        try:
            name = f"{package} {version(package)}"
        except PackageNotFoundError:
            continue
        yield make(name)


def verify_ours(data: bytes, asked: Asked) -> None:
    """Every step of the specification."""
    question_of(asked).verify(data)


def question_of(asked: Asked) -> Question:
    """The whole question."""
    work, grantee, use, territory, status = asked
    return Question(
        keys=BELIEVED,
        work=work,
        grantee=grantee,
        use=use,
        territory=territory,
        at=TODAY,
        status=status,
    )


def python_cwt(name: str) -> Peer:
    """CBOR Web Tokens; it asks the clock."""
    import cwt

    labels = {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "ana"}
    private = cwt.COSEKey.from_jwk(labels | {"x": text(PUBLIC), "d": text(core.seed(0))})
    public = cwt.COSEKey.from_jwk(labels | {"x": text(PUBLIC)})
    return Peer(
        name,
        cbor_claims,
        lambda claims: cwt.encode(dict(claims), private),  # it adds times of its own
        lambda token, _: cwt.decode(token, public),
    )


def pycose(name: str) -> Peer:
    """COSE_Sign1; what the bytes say is the caller's."""
    import cbor2
    from pycose.algorithms import EdDSA
    from pycose.headers import Algorithm
    from pycose.keys import OKPKey
    from pycose.messages import Sign1Message

    key = OKPKey(crv="ED25519", x=PUBLIC, d=core.seed(0))

    def sign(claims: Claims) -> Token:
        message = Sign1Message(phdr={Algorithm: EdDSA}, payload=cbor2.dumps(claims))
        message.key = key
        return message.encode()

    def verify(token: Token, _: Asked) -> object:
        message: Any = Sign1Message.decode(token)
        message.key = key
        if not message.verify_signature():
            raise ValueError("the signature does not fit")
        return cbor2.loads(message.payload)

    return Peer(name, cbor_claims, sign, verify)


def pyjwt(name: str) -> Peer:
    """JSON Web Tokens; it asks the clock and for whom the token is."""
    import jwt
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.from_private_bytes(core.seed(0))
    public = private.public_key()
    return Peer(
        name,
        lambda terms: json_claims(terms) | {"sub": text(terms.work.sha256)},  # it wants text
        lambda claims: jwt.encode(claims, private, algorithm="EdDSA"),
        lambda token, asked: jwt.decode(token, public, ["EdDSA"], audience=asked.grantee.uri),
    )


def fast_paseto(name: str) -> Peer:
    """PASETO v4.public, all of it in Rust."""
    import fast_paseto as paseto

    return Peer(
        name,
        json_claims,
        lambda claims: paseto.encode(SECRET, claims, purpose="public"),
        lambda token, _: paseto.decode(token, PUBLIC, purpose="public"),
    )


def biscuit(name: str) -> Peer:
    """Biscuit, in Rust; facts, and checks that the token carries with it."""
    import biscuit_auth

    private = biscuit_auth.PrivateKey.from_bytes(core.seed(0), biscuit_auth.Algorithm.Ed25519)
    public = biscuit_auth.KeyPair.from_private_key(private).public_key
    limits = biscuit_auth.AuthorizerBuilder("").limits()
    limits.max_time = timedelta(minutes=1)  # 1 ms of wall time is not enough on a busy machine

    def sign(claims: Claims) -> Token:
        return biscuit_auth.BiscuitBuilder(BISCUIT, claims).build(private).to_bytes()

    def verify(token: Token, asked: Asked) -> None:
        work, grantee = asked.work.sha256, asked.grantee.uri
        facts = {"work": work, "grantee": grantee, "use": asked.use.label, "now": NOW}
        authorizer = biscuit_auth.AuthorizerBuilder(BISCUIT_QUESTION, facts)
        authorizer.set_limits(limits)
        authorizer.build(biscuit_auth.Biscuit.from_bytes(token, public)).authorize()

    return Peer(name, biscuit_claims, sign, verify)


NOW = datetime.now(UTC)
BISCUIT = """
    creator({key}, {creator}, {recovery}); work({work}, {title}, {type}, {size});
    grantee({grantee}, {name}); issued({issued}); payment({kind}, {amount}, {decimals}, {currency});
    revocable({mode}, {days}); territory({territory}); erasure({erase_days}, {erase});
    credit({credit}); status({uri}, {idx});
    check if time($now), $now < {expires};
    check if asked_work({work});
    check if asked_grantee({grantee});
    check if asked_use($use), {uses}.contains($use);
"""
BISCUIT_QUESTION = """
    time({now}); asked_work({work}); asked_grantee({grantee}); asked_use({use}); allow if true;
"""


def biscuit_claims(terms: Terms) -> dict[str, object]:
    """The licence as the parameters of :data:`BISCUIT`."""
    creator, work, erasure, status = terms.creator, terms.work, terms.erasure, terms.status
    (payment,) = terms.payments
    assert erasure and status  # noqa: S101, PT018  # an everyday one has them
    return {
        "key": creator.key.x,
        "creator": creator.name,
        "recovery": creator.recovery,
        "work": work.sha256,
        "title": work.title,
        "type": work.media_type,
        "size": work.size,
        "grantee": terms.grantee.uri,
        "name": terms.grantee.name,
        "issued": terms.issued,
        "expires": terms.expires,
        "kind": payment.kind.label,
        "amount": payment.amount,
        "decimals": payment.decimals,
        "currency": payment.currency,
        "mode": terms.revocation.mode.value,
        "days": terms.revocation.days,
        "territory": terms.territory[0],
        "erase_days": erasure.days,
        "erase": erasure.what.value,
        "credit": terms.credit,
        "uri": status.uri,
        "idx": status.idx,
        "uses": {use.label for use in terms.uses},
    }


MAKERS: Mapping[str, Callable[[str], Peer]] = {
    "cwt": python_cwt,
    "pycose": pycose,
    "PyJWT": pyjwt,
    "biscuit-python": biscuit,
    "fast-paseto": fast_paseto,
}


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
