"""Verifiers: keys, a store and fetched lists, asked by one call."""

import asyncio
import pickle
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consentsig import (
    NOT_ASKED,
    Digest,
    Grantee,
    KeySet,
    PrivateKey,
    RevokedError,
    StatusDisputedError,
    StatusReference,
    Use,
    sign_contract,
    verify_signature,
)
from consentsig.evidence import (
    AsyncVerifier,
    FetchError,
    FetchPolicy,
    LastFetch,
    Limits,
    MemoryStore,
    NotRememberedError,
    Validators,
    Verifier,
)
from consentsig.evidence.refresh import Found
from servers import Authority, Server, make_authority, response
from strategies import (
    ANA,
    ASKED,
    DAY,
    RECOVERY,
    SECOND,
    STRANGER,
    WORK,
    contract,
    revocable,
    status_list,
)

HOUR = timedelta(hours=1)
QUESTION: dict[str, Any] = {
    "work": Digest.of(WORK),
    "grantee": Grantee(uri="https://acme.example/"),
    "use": Use.PRETRAIN,
    "territory": "PT",
}
LISTED = sign_contract(revocable(), ANA)


class Clock:
    """A clock that is set by hand."""

    def __init__(self, now: datetime = ASKED) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def verifier(store: MemoryStore | None = None, **options: Any) -> Verifier:  # noqa: ANN401  # its own
    options = {"clock": Clock()} | options
    return Verifier(KeySet([ANA.public]), MemoryStore() if store is None else store, **options)


def test_lists_of_the_store_answer(tmp_path: object) -> None:
    del tmp_path
    store = MemoryStore()
    assert verifier(store).judge(LISTED, **QUESTION).result == "status-unknown"
    store.add([status_list()], ASKED)
    assert verifier(store).judge(LISTED, **QUESTION).permitted
    assert verifier(store).judge(verify_signature(LISTED), **QUESTION).permitted
    assert verifier().judge(contract(), **QUESTION).permitted  # it needs no list


class CountingStore(MemoryStore):
    """A store that counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def last_fetch(self, uri: str) -> LastFetch | None:
        self.asked.append("last_fetch")
        return super().last_fetch(uri)

    def seen_later(self, uri: str, signers: Collection[bytes], now: datetime) -> datetime | None:
        self.asked.append("seen_later")
        return super().seen_later(uri, signers, now)


def test_a_store_is_asked_once_about_an_address_whatever_the_number_of_contracts() -> None:
    store = CountingStore()
    store.keep_fetch(LastFetch(status_list().terms.uri, status_list(), Validators(), ASKED))
    for policy in (None, FetchPolicy()):
        store.asked.clear()
        rows = verifier(store, fetch=policy).judge_all([LISTED] * 9, **QUESTION)
        assert all(row.verdict.permitted and row.checked == ASKED for row in rows)
        assert sorted(store.asked) == ["last_fetch", "seen_later"]


def test_lists_that_are_handed_over_are_remembered() -> None:
    store = MemoryStore()
    (answer,) = verifier(store).judge_all([LISTED], lists=[status_list()], **QUESTION)
    assert answer.verdict.permitted
    assert verifier(store).judge(LISTED, **QUESTION).permitted


def test_lists_for_contracts_of_strangers_are_not() -> None:
    """Anyone could fill the store with lists for contracts of their own."""
    store = MemoryStore()
    theirs = sign_contract(
        revocable(creator=revocable().creator._replace(key=STRANGER.public)), STRANGER
    )
    rows = verifier(store).judge_all(
        [theirs, b"", LISTED[:-1] + bytes([LISTED[-1] ^ 1])],
        lists=[status_list(STRANGER), status_list(RECOVERY), status_list()],
        **QUESTION,
    )
    assert [row.verdict.result for row in rows][:2] == ["unknown-creator", "malformed"]
    assert store.page(revocable().status.uri, STRANGER.public.thumbprint, ASKED) is None  # type: ignore[union-attr]
    assert store.page(revocable().status.uri, ANA.public.thumbprint, ASKED) is None  # type: ignore[union-attr]


def test_a_question_about_the_past_remembers_nothing() -> None:
    store = MemoryStore()
    at = ASKED + 2 * HOUR
    (answer,) = verifier(store, clock=Clock(ASKED + DAY)).judge_all(
        [LISTED], lists=[status_list()], at=at, **QUESTION
    )
    assert answer.verdict.permitted
    assert verifier(store).judge(LISTED, **QUESTION).result == "status-unknown"


def test_a_list_dated_back_does_not_overrule_one_that_was_seen() -> None:
    store, clock = MemoryStore(), Clock()
    asked = verifier(store, clock=clock)
    (answer,) = asked.judge_all([LISTED], lists=[status_list()], **QUESTION)
    assert answer.verdict.permitted
    clock.now = ASKED + DAY
    dated_back = status_list(statuses=b"\xff" * 8, issued=ASKED - HOUR / 2)
    (answer,) = asked.judge_all([LISTED], lists=[dated_back], at=ASKED, **QUESTION)
    verdict = answer.verdict
    assert (verdict.result, verdict.permitted) == ("status-disputed", False)
    assert isinstance(verdict.error, StatusDisputedError)
    assert isinstance(verdict.error.against, RevokedError)
    assert verdict.as_of == status_list().terms.issued
    assert verdict.status_list_id == status_list().object_id
    again = pickle.loads(pickle.dumps(verdict))  # noqa: S301  # our own bytes
    assert again.message == verdict.message
    # Asked about now it is revoked, whatever was seen before.
    (answer,) = asked.judge_all([LISTED], lists=[dated_back], **QUESTION)
    assert answer.verdict.result == "revoked"
    # Since then the store has seen it too, and for now nothing is disputed.
    assert asked.judge(LISTED, **QUESTION).result == "revoked"


def test_nobody_can_ask_about_later_than_now() -> None:
    """No list of then is there yet, and what is asked for is remembered as if it were now."""
    asked = verifier(clock=Clock(ASKED - DAY))
    with pytest.raises(ValueError, match="later than now"):
        asked.judge(LISTED, at=ASKED, **QUESTION)
    with pytest.raises(ValueError, match="no time zone"):
        asked.judge(LISTED, at=ASKED.replace(tzinfo=None), **QUESTION)


def test_what_others_learned_while_a_fetch_failed_counts() -> None:
    class Elsewhere(Verifier):
        def fetch(self, uris: Iterable[str], now: datetime | None = None) -> dict[str, Found]:
            del now
            self.store.add([status_list(statuses=b"\xff" * 8, issued=ASKED - HOUR)], ASKED)
            return {uri: FetchError(uri, "no answer") for uri in uris}

    store = MemoryStore()
    store.add([status_list()], ASKED)
    policy = FetchPolicy(refresh=True)
    asked = Elsewhere(KeySet([ANA.public]), store, fetch=policy, clock=Clock())
    assert asked.judge(LISTED, **QUESTION).result == "revoked"


def test_an_old_list_is_refused_where_the_caller_wants_a_younger_one() -> None:
    store = MemoryStore()
    store.add([status_list()], ASKED)  # of the day before
    assert verifier(store, max_status_age=DAY).judge(LISTED, **QUESTION).permitted
    limit = DAY - SECOND
    verdict = verifier(store, max_status_age=limit).judge(LISTED, **QUESTION)
    assert verdict.result == "status-unknown"


@pytest.mark.parametrize("ahead", [0, 250, 300])
def test_a_clock_that_goes_back_does_not_undo_a_revocation(ahead: int) -> None:
    """A list dated within 300 s of the clock revoked; later the clock says it is earlier."""
    clock = Clock(ASKED)
    asked = verifier(clock=clock)
    revoking = status_list(issued=ASKED + ahead * SECOND, statuses=b"\xff" * 8)
    rows = asked.judge_all([LISTED], lists=[status_list(), revoking], **QUESTION)
    assert rows[0].verdict.result == "revoked"
    clock.now = ASKED - 2 * HOUR
    assert asked.judge(LISTED, **QUESTION).result == "status-unknown"


def test_nor_where_the_list_came_long_before_its_date() -> None:
    clock = Clock(ASKED)
    asked = verifier(clock=clock)
    revoking = status_list(issued=ASKED + DAY, expires=ASKED + 9 * DAY, statuses=b"\xff" * 8)
    rows = asked.judge_all([LISTED], lists=[status_list(), revoking], **QUESTION)
    assert rows[0].verdict.permitted
    clock.now = ASKED + DAY - 200 * SECOND
    assert asked.judge(LISTED, **QUESTION).result == "revoked"
    clock.now = ASKED
    assert asked.judge(LISTED, **QUESTION).result == "status-unknown"


def test_a_store_that_fails_takes_no_answer_away() -> None:
    class Full(MemoryStore):
        def add(self, lists: object, at: datetime) -> None:
            del lists, at
            raise OSError(28, "No space left on device")

    revoking = status_list(statuses=b"\xff" * 8)
    with pytest.raises(NotRememberedError, match="No space left") as caught:
        verifier(Full()).judge_all([LISTED], lists=[revoking], **QUESTION)
    assert [answer.verdict.result for answer in caught.value.answers] == ["revoked"]


def test_a_question_that_cannot_be_asked_is_refused_at_once() -> None:
    for changed in ({"work": Digest(b"")}, {"grantee": Grantee(uri="acme.example")}):
        with pytest.raises(ValueError, match=r"expected 32|cannot be the address"):
            verifier().judge(LISTED, **(QUESTION | changed))


# --- fetching ---


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("ca"))


class Online:
    """A server of one list, and contracts that name it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.clock = Clock(datetime.now(UTC).replace(microsecond=0))
        self.key = PrivateKey.generate()
        self.store = MemoryStore()
        self.policy = FetchPolicy(allow_private=True, limits=Limits(each=5, total=5))
        self.statuses = bytes(8)

    def data(self) -> bytes:
        return status_list(
            self.key,
            uri=self.server.uri,
            issued=self.clock.now - HOUR,
            expires=self.clock.now + DAY,
            statuses=self.statuses,
        ).data

    def contract(self, idx: int = 0, path: str = "") -> bytes:
        these = revocable()._replace(
            creator=revocable().creator._replace(key=self.key.public),
            issued=self.clock.now - DAY,
            expires=self.clock.now + DAY,
            status=StatusReference(self.server.uri + path, idx),
        )
        return sign_contract(these, self.key)

    def options(self) -> dict[str, Any]:
        return {"fetch": self.policy, "clock": self.clock}

    def sync(self, *contracts: bytes) -> list[Any]:
        made = Verifier(KeySet([self.key.public]), self.store, **self.options())
        return made.judge_all(contracts, **QUESTION)

    def under_asyncio(self, *contracts: bytes) -> list[Any]:
        made = AsyncVerifier(KeySet([self.key.public]), self.store, **self.options())
        return asyncio.run(made.judge_all(contracts, **QUESTION))


@pytest.fixture
def online(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Online]:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    made: list[Online] = []
    with Server(lambda _: response(made[0].data()), authority.good) as server:
        made.append(Online(server))
        yield made[0]


HOWS: dict[str, Callable[..., list[Any]]] = {
    "sync": Online.sync,
    "asyncio": Online.under_asyncio,
}


@pytest.mark.parametrize("how", HOWS.values(), ids=HOWS)
def test_the_list_that_a_contract_names_is_fetched_once_and_kept(
    online: Online, how: Callable[..., list[Any]]
) -> None:
    rows = how(online, online.contract(0), online.contract(1), online.contract(1))
    assert [row.verdict.permitted for row in rows] == [True] * 3
    assert isinstance(rows[0].found, LastFetch)
    assert rows[0].checked == online.clock.now
    assert len(online.server.requests) == 1
    rows = how(online, online.contract(2))  # the list is fresh
    assert rows[0].verdict.permitted
    assert rows[0].found is None
    assert rows[0].checked == online.clock.now
    assert len(online.server.requests) == 1


@pytest.mark.parametrize("how", HOWS.values(), ids=HOWS)
def test_what_was_revoked_since_is_seen_when_the_caller_wants_it_fresh(
    online: Online, how: Callable[..., list[Any]]
) -> None:
    assert how(online, online.contract())[0].verdict.permitted
    online.clock.now += HOUR
    online.statuses = b"\xff" * 8
    assert how(online, online.contract())[0].verdict.permitted  # nobody asked again
    online.policy = FetchPolicy(allow_private=True, refresh=True)
    assert how(online, online.contract())[0].verdict.result == "revoked"
    online.policy = FetchPolicy(allow_private=True)
    assert how(online, online.contract())[0].verdict.result == "revoked"


@pytest.mark.parametrize("how", HOWS.values(), ids=HOWS)
def test_a_list_of_another_address_is_none(online: Online, how: Callable[..., list[Any]]) -> None:
    (row,) = how(online, online.contract(path="/2"))
    assert row.verdict.result == "status-unknown"
    assert isinstance(row.found, FetchError)
    assert "is a list for another address" in row.found.reason


@pytest.mark.parametrize("how", HOWS.values(), ids=HOWS)
def test_nobody_is_asked_before_all_else_has_passed(
    online: Online, how: Callable[..., list[Any]]
) -> None:
    data = online.contract()
    forged = data[:-1] + bytes([data[-1] ^ 1])
    stranger = sign_contract(
        revocable(creator=revocable().creator._replace(key=STRANGER.public))._replace(
            status=StatusReference(online.server.uri, 0)
        ),
        STRANGER,
    )
    rows = how(online, forged, stranger)
    assert [row.verdict.result for row in rows] == ["bad-signature", "unknown-creator"]
    assert online.server.requests == []


def test_parts_that_are_not_asked_are_authentic_at_best() -> None:
    verdict = verifier().judge(contract(), **(QUESTION | {"use": NOT_ASKED}))
    assert (verdict.result, verdict.permitted) == ("authentic", False)
