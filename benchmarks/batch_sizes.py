"""What a contract costs in a batch, beside one that is signed alone: sizes 2 to 131,072.

    python benchmarks/batch_sizes.py [ROUNDS] [MOST]

One creator signs revocable contracts: on the same terms in one second, as one grant does; on terms
that are alike but made one by one, each in another second; and with nothing shared but creator and
list. Columns, medians of the rounds:

    sign     the batch signed, in multiples of signing each contract alone
    file     the whole file verified by judge_batch: every step but the work, which one question
             cannot ask of many (nor the grantee, where each contract has another)
    + work   the same, with the work of each contract asked too
    yes      the whole file asked by permitted_in, works too: which contracts permit; it asks for
             everything, so not where the grantee is not asked
    own      contracts in files of their own; the signature of each batch is checked once
    new      the same, with the signature checked each time
    single   contracts signed alone
    bytes    of a contract: in the batch file, in a file of its own, signed alone

All but sign and bytes are in multiples of raw Ed25519 checks in the same round: 2.00 is two
contracts in the time of one signature.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from statistics import median

import core
from consentsig import (
    NOT_ASKED,
    Digest,
    Grantee,
    KeySet,
    ListTerms,
    Question,
    SignedContract,
    StatusReference,
    Terms,
    Use,
    Verdict,
    judge_batch,
    open_batch,
    pack_statuses,
    permitted_in,
    sign_batch,
    sign_contract,
    sign_status_list,
    verify_status_list,
)
from consentsig.contract import check_head
from timing import Case, load, machine, ratios, rounds_of

SIZES = (2, 10, 100, 1_000, 10_000, 131_072)
CONTRACTS = core.CONTRACTS  # in each case at least, in several batches if need be
LARGE, LARGE_ROUNDS = 10_000, 3
KEY = core.private_key(0)
ONE_GRANT = core.catalogue_terms(0)


def main(rounds: int = 9, most: int = SIZES[-1]) -> None:
    """Print both tables."""
    print(f"{rounds} rounds, at most {LARGE_ROUNDS} from {LARGE:,} on, CPU time;", end=" ")
    print(f"{machine()}, load {load()}")
    shared = question()
    for title, terms_of, asked in (
        ("shared terms", shared_terms, shared),
        ("alike", core.catalogue_terms, shared),
        ("nothing shared", unlike_terms, replace(shared, grantee=NOT_ASKED)),
    ):
        columns = ("sign", "file", "+ work", "yes", "own", "new", "single")
        print(f"\n{title:<15}" + "".join(f"{column:>8}" for column in columns), end="")
        print("   bytes: file, own, single")
        for size in (each for each in SIZES if each <= most):
            fewer = rounds if size < LARGE else min(rounds, LARGE_ROUNDS)
            print(row(Batches(size, terms_of), asked, fewer), flush=True)


class Batches:
    """What one row is measured with: batches of one size, and contracts signed alone."""

    def __init__(self, size: int, terms_of: Callable[[int], Terms]) -> None:
        self.size = size
        self.count = max(1, CONTRACTS // size)
        terms = [core.salted(terms_of(n), n) for n in range(size * self.count)]
        self.works = {each.work.sha256: measured(each) for each in terms}
        self.terms = [terms[n : n + size] for n in range(0, len(terms), size)]
        self.some = terms[:: max(1, size // CONTRACTS)]
        self.files = [sign_batch(each, KEY) for each in self.terms]
        step = max(1, size // CONTRACTS)
        opened = map(open_batch, self.files)
        self.own = [batch.file(n) for batch in opened for n in range(0, size, step)]
        self.single = [sign_contract(each, KEY) for each in self.some]

    def sign(self) -> None:
        """Sign all batches."""
        for terms in self.terms:
            sign_batch(terms, KEY)

    def sign_alone(self) -> None:
        """Sign some of the contracts alone."""
        for terms in self.some:
            sign_contract(terms, KEY)


def row(batches: Batches, asked: Question, rounds: int) -> str:
    """Time what is done with the batches of one size."""
    check(judge_files(batches.files, asked))
    check(map(asked.judge, [*batches.own, *batches.single]))
    every, some = batches.size * batches.count, len(batches.some)
    asks_all = asked.not_asked == ("work",)
    if asks_all:
        check_all(permitted_files(batches.files, asked, batches.works), every)
    cases: dict[str, tuple[int, Case]] = {
        "raw": (CONTRACTS, core.raw_opener()),
        "sign": (every, batches.sign),
        "sign alone": (some, batches.sign_alone),
        "file": (every, lambda: drain(judge_files(batches.files, asked))),
        "+ work": (every, lambda: drain(judge_works(batches.files, asked))),
        "yes": (every, lambda: drain(permitted_files(batches.files, asked, batches.works))),
        "own": (some, lambda: drain(map(asked.judge, batches.own))),
        "new": (some, lambda: drain(map(partial(judge_new, asked), batches.own))),
        "single": (some, lambda: drain(map(asked.judge, batches.single))),
    }
    taken = rounds_of({name: case for name, (_, case) in cases.items()}, rounds)
    each = {name: [one / cases[name][0] for one in found] for name, found in taken.items()}
    shown = [median(ratios(each["sign alone"], each["sign"]))]
    shown += [median(ratios(each["raw"], each[name])) for name in list(cases)[3:]]
    in_file = sum(map(len, batches.files)) / every
    sizes = (in_file, mean_len(batches.own), mean_len(batches.single))
    cells = "".join(f"{ratio:>8.2f}" for ratio in shown)
    if not asks_all:  # then nothing is permitted
        cells = f"{cells[:24]}{'-':>8}{cells[32:]}"
    return f"{batches.size:>15,}{cells}" + "".join(f"{size:>8.0f}" for size in sizes)


def mean_len(files: Sequence[bytes]) -> float:
    """How many bytes a file has."""
    return sum(map(len, files)) / len(files)


# --- what is asked ---


def question(positions: int = SIZES[-1]) -> Question:
    """Everything but the work, with a list of so many positions that revokes nothing."""
    statuses = pack_statuses(positions, {})
    terms = ListTerms(core.LIST, KEY.public, core.NOW, core.NOW + timedelta(days=90), statuses)
    return Question(
        keys=KeySet([KEY.public]),
        work=NOT_ASKED,
        grantee=Grantee(uri="https://acme.example/"),
        use=Use.FINETUNE,
        territory="PT",
        at=core.NOW + timedelta(days=30),
        status=[verify_status_list(sign_status_list(terms, KEY))],
    )


def judge_files(files: Iterable[bytes], asked: Question) -> Iterable[Verdict]:
    """Ask of every contract of every file."""
    for data in files:
        yield from judge_batch(open_batch(data), asked)


def judge_works(files: Iterable[bytes], asked: Question) -> Iterable[Verdict]:
    """Ask of every contract of every file about its work, as if that had been measured."""
    for data in files:
        for contract in open_batch(data).contracts():
            if isinstance(contract, SignedContract):
                yield replace(asked, work=measured(contract.terms)).judge(contract)
            else:
                yield asked.judge(contract)


def permitted_files(
    files: Iterable[bytes], asked: Question, works: Mapping[bytes, Digest]
) -> Iterable[int]:
    """Ask every file which of its contracts permit the use of the works at hand."""
    for data in files:
        yield from permitted_in(open_batch(data), asked, works)


def measured(terms: Terms) -> Digest:
    """What a builder has measured, as if these terms were about it."""
    return Digest(terms.work.sha256, terms.work.size)


def judge_new(asked: Question, file: bytes) -> Verdict:
    """Ask as if no contract of this batch had been met."""
    check_head.cache_clear()
    return asked.judge(file)


def drain(verdicts: Iterable[object]) -> None:
    """Take all of them."""
    deque(verdicts, maxlen=0)


def check(verdicts: Iterable[Verdict]) -> None:
    """End here if a contract is refused: that costs something else."""
    for verdict in verdicts:
        if verdict.step is not None:
            raise SystemExit(verdict.message)


def check_all(permitted: Iterable[int], expected: int) -> None:
    """End here if not all contracts permit."""
    found = sum(1 for _ in permitted)
    if found != expected:
        raise SystemExit(f"{found} of {expected} contracts permit")


def shared_terms(n: int) -> Terms:
    """Contract *n* of one grant: its work, position and salt put into the terms of all."""
    return ONE_GRANT._replace(
        work=core.catalogue_terms(n).work, status=StatusReference(core.LIST, n)
    )


def unlike_terms(n: int) -> Terms:
    """Contract *n* of one creator; no other has the same name, grantee, uses, money or times."""
    terms = core.stranger_terms(n, KEY)
    return terms._replace(
        expires=terms.expires + timedelta(seconds=n),
        uses=tuple(use for use in Use if use is Use.FINETUNE or use in terms.uses),
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
