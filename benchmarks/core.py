"""Full verification and signing against the raw Ed25519 calls of PyNaCl, in one run.

    python benchmarks/core.py [ROUNDS]

What counts is the median of the ratios raw / case of the rounds: 1.00 would be a
verification that costs nothing but its signature. The raw calls run on bytes of the same
length as ours are signed over.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from statistics import median

from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair

from consentsig import (
    Creator,
    Digest,
    Erase,
    Erasure,
    Grantee,
    KeySet,
    ListTerms,
    Payment,
    PaymentKind,
    PrivateKey,
    Revocability,
    Revocation,
    StatusList,
    StatusReference,
    Terms,
    Use,
    Work,
    pack_statuses,
    parse_contract,
    sign_contract,
    sign_status_list,
    verify_contract,
    verify_status_list,
)
from timing import ratios, rounds_of, spread

CONTRACTS = 500
NOW = datetime(2026, 11, 24, tzinfo=UTC)
LIST = "https://ana.example/consent/list"


def main(rounds: int = 15) -> None:
    """Print the two tables and the sizes."""
    print(f"{CONTRACTS} contracts a case, {rounds} rounds, CPU time; ratios: min / median / max\n")
    verify_cases(rounds)
    sign_cases(rounds)
    sizes()


def verify_cases(rounds: int) -> None:
    """Time verification of a catalogue, and of contracts that share no field."""
    catalogue, strangers = [catalogue_terms(n) for n in range(CONTRACTS)], [
        stranger_terms(n) for n in range(CONTRACTS)
    ]  # fmt: skip
    cases = {
        "raw crypto_sign_open": raw_opener(),
        "verify, a catalogue": verifier(catalogue, [private_key(0)]),
        "verify, all different": verifier(strangers, list(map(private_key, range(CONTRACTS)))),
        "parse only, a catalogue": parser(catalogue),
    }
    report("verification", cases, rounds)


def sign_cases(rounds: int) -> None:
    """Time signing of a catalogue, and by many creators to many grantees."""
    catalogue = [(catalogue_terms(n), private_key(0)) for n in range(CONTRACTS)]
    strangers = [(stranger_terms(n), private_key(n)) for n in range(CONTRACTS)]
    cases = {
        "raw crypto_sign": raw_signer(),
        "sign, a catalogue": lambda: [sign_contract(terms, key) for terms, key in catalogue],
        "sign, all different": lambda: [sign_contract(terms, key) for terms, key in strangers],
    }
    report("signing", cases, rounds)


def report(title: str, cases: Mapping[str, Callable[[], object]], rounds: int) -> None:
    """Time *cases* in turn; the first is the raw one."""
    seconds = rounds_of(cases, rounds)
    raw = next(iter(seconds.values()))
    print(title)
    for name, taken in seconds.items():
        rate = CONTRACTS / median(taken)
        print(f"  {name:<26}{rate:>9,.0f}/s   {spread(ratios(raw, taken))}")
    print()


def sizes() -> None:
    """Print the bytes of an everyday contract and of the smallest legal one."""
    everyday = sign_contract(catalogue_terms(0), private_key(0))
    smallest = sign_contract(smallest_terms(), private_key(0))
    print(f"size\n  everyday contract {len(everyday)} bytes, the smallest {len(smallest)} bytes")


def seed(n: int) -> bytes:
    """A private key's bytes for a benchmark."""
    return hashlib.sha256(b"key %d" % n).digest()


@cache
def private_key(n: int) -> PrivateKey:
    """The key of creator *n*."""
    return PrivateKey(seed(n))


def catalogue_terms(n: int) -> Terms:
    """Work *n* of one creator, all granted to one grantee on the same terms."""
    return Terms(
        creator=Creator(private_key(0).public, "Ana Liu", hashlib.sha256(b"recovery").digest()),
        work=Work(work_of(n).sha256, f"Harbour at dawn, {n:05}", "image/png", 2_000_000 + n),
        issued=NOW + timedelta(seconds=n),
        expires=NOW + timedelta(days=365),
        grantee=Grantee("Acme Labs", "https://acme.example/"),
        uses=(Use.PRETRAIN, Use.FINETUNE),
        payments=(Payment(PaymentKind.ONCE, 500, 0, "EUR"),),
        revocation=Revocation(Revocability.AT_WILL, 30),
        territory=("001",),
        erasure=Erasure(90, Erase.COPIES | Erase.INDEXES),
        credit="Photo: Ana Liu",
        status=StatusReference(LIST, n),
    )


def stranger_terms(n: int, key: PrivateKey | None = None) -> Terms:
    """A contract that has no field in common with the others, but the list's address.

    Its creator is number *n*, if *key* is not given.
    """
    return catalogue_terms(n)._replace(
        creator=Creator(
            (key or private_key(n)).public, f"Ana {n:03}", hashlib.sha256(b"%d" % n).digest()
        ),
        grantee=Grantee(f"Acme {n:04}", f"https://acme-{n:04}.example/"),
        uses=tuple(use for use in Use if (n % 63 + 1) & use.bit),
        payments=(Payment(PaymentKind.ONCE, 501 + 10 * n, 0, "EUR"),),
        revocation=Revocation(Revocability.AT_WILL, n % 3650 + 1),
        erasure=Erasure(n % 365 + 1, Erase(n % 15 + 1)),
        credit=f"Photo: Ana {n:03}",
    )


def salted(terms: Terms, n: int) -> Terms:
    """The same with salt *n*, as every contract of a batch has one."""
    return terms._replace(salt=hashlib.sha256(b"salt %d" % n).digest()[:16])


def smallest_terms() -> Terms:
    """A contract with nothing optional."""
    return Terms(
        creator=Creator(private_key(0).public),
        work=Work(work_of(0).sha256),
        issued=NOW,
        expires=NOW + timedelta(days=1),
        grantee=Grantee("A", "did:a:b"),
        uses=(Use.EVALUATE,),
        payments=(),
        revocation=Revocation(Revocability.NOT_BEFORE_END),
        territory=("PT",),
    )


def work_of(n: int) -> Digest:
    """What a builder has measured of work *n*: its hash and size."""
    return Digest(hashlib.sha256(b"work %d" % n).digest(), 2_000_000 + n)


def verifier(terms: Sequence[Terms], keys: Sequence[PrivateKey]) -> Callable[[], object]:
    """Ask the whole question about each contract, every step of the specification."""
    by_key = {key.public: key for key in keys}
    files = [sign_contract(one, by_key[one.creator.key]) for one in terms]
    believed = KeySet(by_key)
    lists = [status_list(keys[0])] if len(keys) == 1 else None
    each = [lists or [status_list(by_key[one.creator.key])] for one in terms]
    uses = [one.uses[0] for one in terms]

    def run() -> None:
        for n, data in enumerate(files):
            verify_contract(
                data,
                keys=believed,
                work=works[n],
                grantee=grantees[n],
                use=uses[n],
                territory="PT",
                at=asked,
                status=each[n],
            )

    works = list(map(work_of, range(len(terms))))
    grantees = [Grantee(uri=one.grantee.uri) for one in terms]
    asked = NOW + timedelta(days=30)
    return run


def status_list(key: PrivateKey) -> StatusList:
    """A list of *key* that revokes nothing."""
    statuses = pack_statuses(4096, {})
    terms = ListTerms(LIST, key.public, NOW, NOW + timedelta(days=90), statuses)
    return verify_status_list(sign_status_list(terms, key))


def parser(terms: Sequence[Terms]) -> Callable[[], object]:
    """Read each contract, without any signature."""
    files = [sign_contract(one, private_key(0)) for one in terms]
    return lambda: [parse_contract(data) for data in files]


def raw_signer() -> Callable[[], object]:
    """The signature alone, of messages of a contract's length."""
    secret = crypto_sign_seed_keypair(seed(0))[1]
    messages = [bytes([n % 256]) * 390 for n in range(CONTRACTS)]
    return lambda: [crypto_sign(message, secret) for message in messages]


def raw_opener() -> Callable[[], object]:
    """The signature check alone, on messages of a contract's length."""
    public, secret = crypto_sign_seed_keypair(seed(0))
    signed = [crypto_sign(bytes([n % 256]) * 390, secret) for n in range(CONTRACTS)]
    return lambda: [crypto_sign_open(message, public) for message in signed]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
