"""Many contracts, each asked about its own work: in parts, so that memory stays the same."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from consentsig.asked import NOT_ASKED
from consentsig.evidence.fetch import FetchError
from consentsig.evidence.verifier import NotRememberedError, Round, question_maker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from consentsig.asked import NotAsked
    from consentsig.digest import Digest
    from consentsig.evidence.verifier import Answer, Verifier
    from consentsig.status_list import StatusList
    from consentsig.terms import Grantee, Work
    from consentsig.verify import SignedContract
    from consentsig.vocabulary import Use

_AT_ONCE: Final = 500  # contracts of which the status is looked up together


def verify_many(
    contracts: Iterable[bytes | SignedContract],
    verifier: Verifier,
    *,
    works: Callable[[Work], Digest | NotAsked],
    grantee: Grantee | NotAsked,
    use: Use | NotAsked,
    territory: str | NotAsked | None,
    at: datetime | None = None,
    lists: Iterable[StatusList] = (),
    unreachable: dict[str, FetchError] | None = None,
) -> Iterator[Answer]:
    """Ask each of *contracts* about its own work, found by hash; answers come in their order.

    A contract whose work is not at hand is asked without one, so its best result is
    ``authentic``, which permits nothing. An address that could not be fetched is not asked again
    in the same run.

    Args:
        contracts: Files, or what :func:`~consentsig.verify_signature` made of them; read as far as
            answers are taken.
        verifier: Keys, store and fetch policy.
        works: Gives what was measured of a contract's work, or NOT_ASKED if it is not at hand.
            It is called for good signatures only.
        grantee: As for :class:`~consentsig.Question`, as the next two are.
        use: For what.
        territory: Where.
        at: The instant asked about; None for the present, whenever each part is asked.
        lists: Lists at hand beside those of the store.
        unreachable: The addresses that could not be fetched, with the reason; more are added. Hand
            the same to several calls and none is asked again by the later ones.

    Raises:
        NotRememberedError: At the end, if lists could not be kept; all answers were given.
        ValueError, TypeError: The question is not well formed.
    """
    question = question_maker(verifier, NOT_ASKED, grantee, use, territory)
    lists, rest = tuple(lists), iter(contracts)
    failed = {} if unreachable is None else unreachable
    problem: NotRememberedError | None = None
    while part := list(islice(rest, _AT_ONCE)):
        asked = Round(verifier, part, question, at, lists, works=works)
        wanted = asked.wanted()
        found = verifier.fetch([uri for uri in wanted if uri not in failed], asked.now)
        failed.update((uri, each) for uri, each in found.items() if isinstance(each, FetchError))
        known = {uri: failed[uri] for uri in wanted if uri in failed and uri not in found}
        try:
            answers = asked.answers({**found, **known})
        except NotRememberedError as error:
            problem, answers = error, error.answers
        yield from answers
    if problem is not None:
        raise NotRememberedError([], problem.reason)
