"""Asking with evidence: believed keys, lists once seen, and lists fetched where they are needed.

    Verifier        asks, and fetches within its limits
    AsyncVerifier   the same under asyncio

The decision is :mod:`consentsig.verify`'s alone. What is added here is where its lists come from:
the store, those handed over, and the address that a contract names. That address is asked only
once all steps before the status have passed, since anyone may have written it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from consentsig.asked import in_utc
from consentsig.errors import (
    ConsentsigError,
    RefusedError,
    StatusUnknownError,
    SuspendedError,
    UnknownCreatorError,
    utc,
)
from consentsig.evidence.fetch import (
    AsyncListFetcher,
    FetchError,
    ListFetcher,
)
from consentsig.evidence.refresh import (
    FetchPolicy,
    Found,
    Waits,
    is_fresh,
    list_in,
)
from consentsig.evidence.store import LastFetch
from consentsig.status_book import SKEW, StatusBook, speakers
from consentsig.terms import EPOCH
from consentsig.verify import Question, SignedContract, Verdict, verify_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from consentsig.asked import NotAsked
    from consentsig.digest import Digest
    from consentsig.evidence.store import ListStore
    from consentsig.keys import KeySet
    from consentsig.status_list import StatusList
    from consentsig.terms import Grantee, Work
    from consentsig.vocabulary import Use

_AT_ONCE: Final = 8  # addresses that are asked at the same time under asyncio
_BELIEVED: Final = UnknownCreatorError.step


@dataclass(frozen=True, slots=True)
class Answer:
    """A verdict and what its status rests on.

    Attributes:
        verdict: The answer.
        signed: The contract, where its signature is good.
        found: The list that was fetched for it, or why none was; None if none was asked for.
        checked: When the address of its list was last asked; None if it never was.
    """

    verdict: Verdict
    signed: SignedContract | None
    found: Found | None = None
    checked: datetime | None = None

    @property
    def list_uri(self) -> str | None:
        """The address of the list that the contract names."""
        status = None if self.signed is None else self.signed.terms.status
        return None if status is None else status.uri

    @property
    def is_believed(self) -> bool:
        """Whether the creator is believed, so that lists for the contract are worth keeping."""
        step = self.verdict.step
        return self.signed is not None and (step is None or step > _BELIEVED)


class NotRememberedError(ConsentsigError):
    """The answers are right, and the lists they rest on could not be kept for the next question.

    Attributes:
        answers: The answers.
        reason: What the store said.
    """

    def __init__(self, answers: list[Answer], reason: str) -> None:
        super().__init__(answers, reason)
        self.answers = answers
        self.reason = reason

    def __str__(self) -> str:
        return f"the lists that were used are not remembered: {self.reason}"


class _Asking:
    """What the two verifiers share: all but waiting for servers."""

    def __init__(
        self,
        keys: KeySet,
        store: ListStore,
        *,
        fetch: FetchPolicy | None = None,
        max_status_age: timedelta | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.keys = keys
        self.store = store
        self.policy = fetch
        self.max_status_age = max_status_age
        self.clock = clock


class Round:
    """One call: contracts asked about at one instant, before and after lists are fetched."""

    def __init__(
        self,
        asking: _Asking,
        contracts: Iterable[bytes | SignedContract],
        question: Callable[[StatusBook, datetime], Question],
        at: datetime | None,
        lists: Iterable[StatusList],
        *,
        works: Callable[[Work], Digest | NotAsked] | None = None,
    ) -> None:
        self._asking = asking
        self._question = question
        self._works = works
        self.now = asking.clock()
        self._at = self.now if at is None else in_utc(at)
        if self._at - self.now > SKEW:
            raise ValueError(
                f"asked about {utc(self._at)}, which is later than now, {utc(self.now)}"
            )
        self._lists = tuple(lists)
        self._last: dict[str, LastFetch | None] = {}  # by address
        self._later: dict[tuple[str, tuple[bytes, ...]], datetime | None] = {}  # by whose lists
        self._asked = self._ask()
        self._answers = [self._answer(each) for each in contracts]

    def _ask(self, found: Iterable[StatusList] = ()) -> Question:
        asking = self._asking
        lists = (*self._lists, *found)
        # Asked about the past, the lists at hand are known to exist now, those of the store since
        # it saw them. Asked about now, that is no question.
        seen = None if self._is_about_now else {each.object_id: self.now for each in lists}
        book = StatusBook(
            lists,
            at=self._at,
            max_age=asking.max_status_age,
            shelves=(asking.store,),
            seen=seen,
        )
        return self._question(book, self._at)

    def _answer(self, contract: bytes | SignedContract) -> Answer:
        try:
            signed = (
                contract if isinstance(contract, SignedContract) else verify_signature(contract)
            )
        except RefusedError:
            return Answer(self._asked.judge(contract), None)
        return Answer(self._judged(signed), signed)

    def _judged(self, signed: SignedContract) -> Verdict:
        """The verdict about the work asked about, or about the contract's own if it is at hand."""
        if self._works is None:
            return self._asked.judge(signed)
        return replace(self._asked, work=self._works(signed.terms.work)).judge(signed)

    def wanted(self) -> list[str]:
        """The addresses to ask, each once, where a newer list can change an answer."""
        policy = self._asking.policy
        if policy is None:
            return []
        uris = dict.fromkeys(filter(None, map(self._wanted, self._answers)))
        return list(uris)

    def _wanted(self, answer: Answer) -> str | None:
        uri, policy = answer.list_uri, self._asking.policy
        if uri is None or policy is None:
            return None
        match answer.verdict.error:
            case StatusUnknownError():
                return uri
            case None | SuspendedError():
                fresh = not policy.refresh and is_fresh(self._last_fetch(uri), self.now)
                return None if fresh else uri
        return None

    def _last_fetch(self, uri: str) -> LastFetch | None:
        """What the store knew of *uri* before this call; each address is looked up once."""
        if uri not in self._last:
            self._last[uri] = self._asking.store.last_fetch(uri)
        return self._last[uri]

    def answers(self, found: Mapping[str, Found]) -> list[Answer]:
        """The answers, with the lists in *found*; what counted is remembered.

        Raises:
            NotRememberedError: The store failed; it has the answers.
        """
        lists = [each.status_list for each in found.values() if isinstance(each, LastFetch)]
        if found:  # the store may have learned more meanwhile, from others that share it
            self._asked = self._ask(lists)
        answers = [self._final(answer, found) for answer in self._answers]
        if self._is_about_now:
            try:
                self._remember(answers, found)
            except (ConsentsigError, OSError) as error:
                raise NotRememberedError(answers, str(error)) from error
        return answers

    def _final(self, answer: Answer, found: Mapping[str, Found]) -> Answer:
        uri, signed = answer.list_uri, answer.signed
        if uri is None or signed is None:
            return answer
        here = found.get(uri)
        verdict = answer.verdict if here is None else self._judged(signed)
        if self._is_about_now:
            verdict = self._guarded(verdict, signed)
        last = here if isinstance(here, LastFetch) else self._last_fetch(uri)
        asked = None if last is None or last.checked == EPOCH else last.checked
        return Answer(verdict, signed, here, asked)

    @property
    def _is_about_now(self) -> bool:
        return abs(self.now - self._at) <= SKEW

    def _guarded(self, verdict: Verdict, signed: SignedContract) -> Verdict:
        """A no in place of a yes where lists were relied on that are dated later than now."""
        reference = signed.terms.status
        if verdict.contract is None or reference is None:
            return verdict
        lists = (reference.uri, speakers(signed.terms))
        if lists not in self._later:
            self._later[lists] = self._asking.store.seen_later(*lists, self.now)
        later = self._later[lists]
        if later is None:
            return verdict
        times = f"it is {utc(self.now)}, lists were seen at {utc(later)}"
        reason = f"this computer's clock went back: {times}"
        return replace(verdict, contract=None, error=StatusUnknownError(*reference, reason))

    def _remember(self, answers: list[Answer], found: Mapping[str, Found]) -> None:
        """Keep the lists that may speak for a contract of a believed creator.

        Of no others: anyone could fill the store.
        """
        counted = {
            (uri, signer)
            for answer in answers
            if answer.is_believed and answer.signed and (uri := answer.list_uri)
            for signer in speakers(answer.signed.terms)
        }
        store = self._asking.store
        store.add((each for each in self._lists if _speaker(each) in counted), self.now)
        for each in found.values():
            if isinstance(each, LastFetch) and _speaker(each.status_list) in counted:
                store.keep_fetch(each)
        for uri in {uri for uri, _ in counted}:
            store.note_now(uri, self.now)


def _speaker(known: StatusList) -> tuple[str, bytes]:
    return known.terms.uri, known.terms.signer.thumbprint


def _fetch_one(
    fetcher: ListFetcher, uri: str, waits: Waits, now: datetime, last: LastFetch | None
) -> Found:
    try:
        limits = waits.limits(uri)
        earlier = None if last is None else last.validators
        return list_in(uri, fetcher.fetch(uri, earlier=earlier, limits=limits), last, now)
    except FetchError as error:
        return waits.note(error)


class Verifier(_Asking):
    """Asks contracts, and fetches the lists it needs.

    A believed creator can write as many addresses as they like, so all addresses of one call
    share a time limit, and a slow host is asked once.

    Args:
        keys: The keys the caller believes.
        store: The lists seen before; those that count are added to it.
        fetch: How lists are fetched; None fetches nothing.
        max_status_age: Greatest age of the status list that decides.
        clock: Gives the present instant, timezone-aware.
    """

    def judge(
        self,
        contract: bytes | SignedContract,
        *,
        work: Digest | NotAsked,
        grantee: Grantee | NotAsked,
        use: Use | NotAsked,
        territory: str | NotAsked | None,
        at: datetime | None = None,
    ) -> Verdict:
        """Ask one contract; see :meth:`judge_all`."""
        asked = self.judge_all(
            [contract], work=work, grantee=grantee, use=use, territory=territory, at=at
        )
        return asked[0].verdict

    def judge_all(
        self,
        contracts: Iterable[bytes | SignedContract],
        *,
        work: Digest | NotAsked,
        grantee: Grantee | NotAsked,
        use: Use | NotAsked,
        territory: str | NotAsked | None,
        at: datetime | None = None,
        lists: Iterable[StatusList] = (),
    ) -> list[Answer]:
        """Ask the same of all *contracts*; each address is fetched once at most.

        Args:
            contracts: Files, or what :func:`~consentsig.verify_signature` made of them.
            work: As for :class:`~consentsig.Question`, as the next three are.
            grantee: Who wants to use it.
            use: For what.
            territory: Where.
            at: The instant asked about; None for now.
            lists: Lists at hand beside those of the store.

        Raises:
            NotRememberedError: The answers are there, and the store failed.
            ValueError, TypeError: The question is not well formed.
        """
        asked = Round(
            self, contracts, question_maker(self, work, grantee, use, territory), at, lists
        )
        return asked.answers(self.fetch(asked.wanted(), asked.now))

    def fetch(self, uris: Iterable[str], now: datetime | None = None) -> dict[str, Found]:
        """The lists that are now at *uris*, or why there are none; nothing is remembered."""
        policy, uris = self.policy, list(uris)
        if policy is None or not uris:
            return {}
        waits, found = Waits(policy), {}
        when = self.clock() if now is None else now
        with ListFetcher(allow_private=policy.allow_private) as fetcher:
            for uri in uris:
                found[uri] = _fetch_one(fetcher, uri, waits, when, self.store.last_fetch(uri))
        return found


class AsyncVerifier(_Asking):
    """Asks contracts under asyncio; as :class:`Verifier`, with several fetches at once."""

    async def judge(
        self,
        contract: bytes | SignedContract,
        *,
        work: Digest | NotAsked,
        grantee: Grantee | NotAsked,
        use: Use | NotAsked,
        territory: str | NotAsked | None,
        at: datetime | None = None,
    ) -> Verdict:
        """Ask one contract; see :meth:`Verifier.judge_all`."""
        asked = await self.judge_all(
            [contract], work=work, grantee=grantee, use=use, territory=territory, at=at
        )
        return asked[0].verdict

    async def judge_all(
        self,
        contracts: Iterable[bytes | SignedContract],
        *,
        work: Digest | NotAsked,
        grantee: Grantee | NotAsked,
        use: Use | NotAsked,
        territory: str | NotAsked | None,
        at: datetime | None = None,
        lists: Iterable[StatusList] = (),
    ) -> list[Answer]:
        """Ask the same of all *contracts*; see :meth:`Verifier.judge_all`."""
        asked = Round(
            self, contracts, question_maker(self, work, grantee, use, territory), at, lists
        )
        return asked.answers(await self.fetch(asked.wanted(), asked.now))

    async def fetch(self, uris: Iterable[str], now: datetime | None = None) -> dict[str, Found]:
        """The lists that are now at *uris*, or why there are none; nothing is remembered."""
        import asyncio

        policy, uris = self.policy, list(uris)
        if policy is None or not uris:
            return {}
        waits, turns = Waits(policy), asyncio.Semaphore(_AT_ONCE)
        when = self.clock() if now is None else now

        async def fetch_one(uri: str) -> Found:
            async with turns:
                try:
                    limits, last = waits.limits(uri), self.store.last_fetch(uri)
                    earlier = None if last is None else last.validators
                    answer = await fetcher.fetch(uri, earlier=earlier, limits=limits)
                    return list_in(uri, answer, last, when)
                except FetchError as error:
                    return waits.note(error)

        async with AsyncListFetcher(allow_private=policy.allow_private) as fetcher:
            found = await asyncio.gather(*map(fetch_one, uris))
        return dict(zip(uris, found, strict=True))


def question_maker(
    asking: _Asking,
    work: Digest | NotAsked,
    grantee: Grantee | NotAsked,
    use: Use | NotAsked,
    territory: str | NotAsked | None,
) -> Callable[[StatusBook, datetime], Question]:
    """What makes the question, once there is a book for it."""

    def make(book: StatusBook, at: datetime) -> Question:
        return Question(
            keys=asking.keys, work=work, grantee=grantee, use=use, territory=territory,
            at=at, status=book, max_status_age=asking.max_status_age,
        )  # fmt: skip

    return make
