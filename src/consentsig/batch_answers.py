"""What a batch permits: a question asked of each of its contracts (spec §5, §12.4).

:func:`judge_batch` gives a verdict for each. :func:`permitted_in` gives those that permit, several
times as fast: what contracts share is looked at once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from consentsig.asked import NOT_ASKED, check_digest
from consentsig.contract import FRAMES, check_head
from consentsig.digest import Digest
from consentsig.errors import RefusedError, StatusError
from consentsig.verify import SignedContract

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from consentsig.batch import Batch
    from consentsig.format.cose import Sign1
    from consentsig.format.frames import Frame, Own
    from consentsig.status_book import Desk
    from consentsig.terms import Terms
    from consentsig.verify import Question, Verdict


def judge_batch(batch: Batch, question: Question) -> Iterator[Verdict]:
    """Ask *question* of each contract of *batch*; answers come in the order of the file."""
    return map(question.judge, batch.contracts())


def permitted_in(batch: Batch, question: Question, works: Mapping[bytes, Digest]) -> Iterator[int]:
    """The indexes of the contracts of *batch* that permit what *question* asks, ascending.

    Each is asked about its own work. ``replace(question, work=…).judge(batch.file(index))`` says
    of any other why it does not.

    Args:
        batch: The batch.
        question: What is asked, but for the work.
        works: What was measured of the works at hand, by SHA-256.

    Raises:
        ValueError: *question* names a work, or a work is not well formed.
        TypeError: A work has the wrong type.
    """
    if question.work is not NOT_ASKED:
        raise ValueError("the question names a work, expected NOT_ASKED; works has them")
    if question.not_asked != ("work",):
        return
    shared: dict[Frame | None, _Shared | None] = {None: None}
    for index, (frame, own) in enumerate(_framed(batch)):
        if frame not in shared and frame is not None:
            shared[frame] = _shared(frame.terms, question, batch.sign1)
        known = shared[frame]
        if (
            _permits(batch.contract(index), question, works)
            if known is None or own is None
            else known.permits(own, works)
        ):
            yield index


def _framed(batch: Batch) -> Iterator[tuple[Frame | None, Own | None]]:
    """For each contract the frame it fits, and what is its own; None where none does."""
    if not batch.is_bare:
        yield from [(None, None)] * len(batch)
        return
    frame, own, kid = None, None, batch.sign1.kid
    for payload in batch.payloads:  # each is mostly like the one before
        own = None if frame is None else frame.own(payload, kid)
        if own is None:
            frame, own = FRAMES.find(payload, kid) or (None, None)
        yield frame, own


class _Shared:
    """What contracts of one frame share, all of it asked and found good, but for the work.

    Attributes:
        desk: What the lists say of them; None if they cannot be revoked.
    """

    __slots__ = ("desk",)

    def __init__(self, desk: Desk | None) -> None:
        self.desk = desk

    def permits(self, own: Own, works: Mapping[bytes, Digest]) -> bool:
        """Make steps 7 and 13 of spec §5 for a contract that has *own*."""
        work = works.get(own.sha256)
        if work is None:
            return False
        size = own.size
        if type(work) is not Digest or type(work.size) is not int or work.size < 0:
            check_digest(work)
        if work.sha256 != own.sha256 or not (
            size is None or work.size is None or size == work.size
        ):
            return False
        if self.desk is None or own.idx is None:
            return self.desk is None and own.idx is None
        try:
            self.desk.decided(own.idx)
        except StatusError:
            return False
        return True


def _shared(terms: Terms, question: Question, sign1: Sign1) -> _Shared | None:
    """What contracts like *terms* share; None if each must be asked by itself.

    So it is where something they share is refused, and where the key is believed for some works
    only.
    """
    key = terms.creator.key
    if question.keys.works_of(key) is not None:
        return None
    try:
        check_head(key, sign1.signature, sign1.sig_structure)
        question.check_before_status(terms)
    except RefusedError:
        return None
    return _Shared(None if terms.status is None else question.book.desk(terms))


def _permits(
    contract: SignedContract | bytes, question: Question, works: Mapping[bytes, Digest]
) -> bool:
    if not isinstance(contract, SignedContract):
        return False
    work = works.get(contract.terms.work.sha256)
    return work is not None and replace(question, work=work).judge(contract).permitted
