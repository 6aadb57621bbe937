"""``verify`` asks for the list that a contract names, from servers on loopback."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from command_line import FREE, PUBLISH, PUBLISH_FIRST, QUESTION, TERMS, Cli, contents
from consentsig import (
    KeySet,
    ListTerms,
    PrivateKey,
    StatusReference,
    pack_statuses,
    parse_contract,
    sign_contract,
    sign_status_list,
    verify_status_list,
)
from consentsig.evidence import (
    FetchError,
    FetchPolicy,
    LastFetch,
    Limits,
    MemoryStore,
    Validators,
    Verifier,
)
from consentsig.home.home import VARIABLE, Home
from servers import (
    HOST,
    PROXY_VARIABLES,
    Answer,
    Authority,
    Proxy,
    Server,
    closed_port,
    make_authority,
    redirect,
    response,
)

ASK = tuple(word for word in QUESTION if word != "--offline")
CONTRACT = ASK[0]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("ca"))


class Online(NamedTuple):
    """A list that is online, its creator, and a builder who asks.

    Attributes:
        server: The server at the list's address.
        ana: The creator, whose ``site/consent-list`` is what the server has.
        builder: Somebody with a home of their own, who believes her.
    """

    server: Server
    ana: Cli
    builder: Cli

    @property
    def key(self) -> PrivateKey:
        file = Path(self.ana("key", "show", "--json").json[0]["file"])
        return PrivateKey.from_pem(file.read_bytes(), None)

    @property
    def requests(self) -> int:
        """How often the server was asked since this was last read."""
        count = len(self.server.requests)
        self.server.requests.clear()
        return count

    def takes_back(self) -> None:
        self.ana("revoke", CONTRACT, "--yes")
        self.ana(*PUBLISH)

    def sees(self, sql: str) -> None:
        """Change what the builder's home remembers."""
        database = sqlite3.connect(self.builder.home / "consentsig.db")
        with database:
            database.execute(sql)
        database.close()

    def forgets_when(self) -> None:
        """Make the last time the server was asked a day ago."""
        self.sees("UPDATE fetched SET checked = checked - 86400")

    def answers(self, answer: bytes | Answer) -> None:
        self.server.answer = (lambda _: answer) if isinstance(answer, bytes) else answer


def list_by(
    key: PrivateKey,
    uri: str,
    issued: timedelta = timedelta(0),
    *,
    ttl: int | None = None,
    days: int = 90,
) -> bytes:
    made = datetime.now(UTC).replace(microsecond=0) + issued
    statuses = pack_statuses(4096, {})
    terms = ListTerms(uri, key.public, made, made + timedelta(days), statuses, ttl=ttl)
    return sign_status_list(terms, key)


def clean(cli: Cli, authority: Authority) -> Cli:
    for name in PROXY_VARIABLES:
        cli.environment.pop(name, None)
    cli.environment["SSL_CERT_FILE"] = str(authority.file)
    return cli


@pytest.fixture
def online(ana: Cli, authority: Authority) -> Iterator[Online]:
    def answer(_: object) -> bytes:
        return response((ana.folder / "site" / "consent-list").read_bytes(), ETag='"1"')

    with Server(answer, authority.good) as server:
        ana("key", "set-list-uri", server.uri)
        ana("grant", "poem.txt", *TERMS, *FREE, "--revocable", "30", "--yes")
        ana(*PUBLISH_FIRST)
        builder = clean(Cli(ana.folder, "builder"), authority)
        did = ana("key", "show", "--json").json[0]["did"]
        builder("trust", "add", did, "--name", "Ana")
        yield Online(server, ana, builder)


def verify(online: Online, *more: str, status: int = 0) -> str:
    """What the builder is told, on standard error."""
    result = online.builder("verify", *ASK, "--allow-private", *more, status=status)
    return result.out if status == 0 and not result.err else result.err


def test_the_list_that_the_contract_names_is_fetched_and_remembered(online: Online) -> None:
    assert verify(online).startswith(f"{CONTRACT}: valid: ")
    assert online.requests == 1
    assert verify(online).startswith(f"{CONTRACT}: valid: ")
    assert online.requests == 0  # fresh for a day
    assert "minutes ago; no newer one was fetched" in verify(online, "--offline")


def test_what_was_taken_back_is_seen_when_the_list_is_fetched_again(online: Online) -> None:
    verify(online)
    online.takes_back()
    verify(online)  # not known yet
    online.forgets_when()
    assert verify(online, status=1).startswith("consentsig: revoked: ")
    assert online.requests == 2
    assert verify(online, status=1).startswith("consentsig: revoked: ")
    assert online.requests == 0  # nothing that could be fetched would change that


def test_after_a_day_only_a_newer_list_is_asked_for(online: Online) -> None:
    verify(online)
    online.forgets_when()
    online.server.requests.clear()
    online.answers(response(status="304 Not Modified", length=False))
    verify(online)
    assert [asked.headers["if-none-match"] for asked in online.server.requests] == ['"1"']
    online.server.requests.clear()
    verify(online)
    assert online.requests == 0  # fresh again


@pytest.mark.parametrize(("ttl", "waits"), [(None, True), (10**15, True), (3600, False)])
def test_how_long_a_list_is_fresh_is_its_own_word_within_a_day(
    online: Online, ttl: int | None, *, waits: bool
) -> None:
    online.answers(response(list_by(online.key, online.server.uri, ttl=ttl)))
    verify(online)
    online.sees("UPDATE fetched SET checked = checked - 7200")
    online.server.requests.clear()
    verify(online)
    assert online.requests == (0 if waits else 1)


def test_what_was_suspended_is_looked_up_again(online: Online) -> None:
    made = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    until, suspended = made + timedelta(days=9), b"\xaa" * 1024
    terms = ListTerms(online.server.uri, online.key.public, made, until, suspended, bits=2)
    now_online = online.server.answer
    online.answers(response(sign_status_list(terms, online.key)))
    assert verify(online, status=1).startswith("consentsig: suspended: ")
    online.answers(now_online)
    assert verify(online, status=1).startswith("consentsig: suspended: ")  # fresh for a day
    online.forgets_when()
    assert verify(online).startswith(f"{CONTRACT}: valid: ")


def test_a_clock_that_went_back_makes_nothing_fresh(online: Online) -> None:
    verify(online)
    online.sees("UPDATE fetched SET checked = checked + 600")
    online.server.requests.clear()
    verify(online)
    assert online.requests == 1


def test_a_no_says_when_the_list_was_last_asked_for(online: Online) -> None:
    online.takes_back()
    told = verify(online, status=1)
    assert f"note: the address {online.server.uri} was last asked 0 minutes ago" in told


def test_refresh_asks_although_the_list_is_fresh(online: Online) -> None:
    assert "its address was last asked 0 minutes ago; --refresh asks again" in verify(online)
    online.takes_back()
    assert verify(online).startswith(f"{CONTRACT}: valid: ")
    assert online.requests == 1
    assert verify(online, "--refresh", status=1).startswith("consentsig: revoked: ")
    assert online.requests == 1


@pytest.mark.parametrize("other", [("--offline",), ("--status", "site")])
def test_refresh_is_refused_where_no_list_is_fetched(ana: Cli, other: tuple[str, ...]) -> None:
    ana("grant", "poem.txt", *TERMS, *FREE, "--revocable", "30", "--yes")
    said = ana.refuses("verify", *ASK, "--refresh", *other)
    assert f"--refresh and {other[0]} exclude each other" in said


def test_a_list_that_came_another_way_does_not_count_as_asked_for(online: Online) -> None:
    told = online.builder("verify", *ASK, "--status", "site").out
    assert "its address was never asked from here; --refresh asks it" in told
    several = online.builder("verify", CONTRACT, *ASK, "--status", "site").err
    assert f"the address {online.server.uri} was never asked from here" in several
    online.ana(*PUBLISH)  # seen, and yet not asked for
    (row,) = online.ana("verify", *ASK, "--offline", "--json").json
    assert row["checked"] is None


@pytest.mark.parametrize("how", ["--offline", "--allow-private"])
def test_a_clock_that_went_back_does_not_bring_back_what_an_older_list_said(
    online: Online, how: str
) -> None:
    verify(online)
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=22)
    terms = ListTerms(
        *(online.server.uri, online.key.public, later, later + timedelta(days=9)),
        b"\xff" * 512,
    )
    seen = verify_status_list(sign_status_list(terms, online.key))
    with Home(online.builder.home) as home:  # while the clock was right
        when = later + timedelta(hours=1)
        home.lists.keep_fetch(LastFetch(online.server.uri, seen, Validators(), when))
    for _ in range(2):  # what was asked with the wrong clock makes no difference
        result = online.builder("verify", *ASK, how, status=1)
        assert result.err.startswith("consentsig: status-unknown: this computer's clock went back:")
    (row,) = online.builder("verify", *ASK, how, "--json", status=1).json
    assert (row["result"], row["as_of"]) == ("status-unknown", None)


def test_a_list_that_was_dated_ahead_when_it_came_does_not_tell_of_the_clock(
    online: Online,
) -> None:
    now_online = online.server.answer
    online.answers(response(list_by(online.key, online.server.uri, timedelta(hours=1))))
    verify(online, status=1)
    online.answers(now_online)
    assert verify(online).startswith(f"{CONTRACT}: valid: ")


def test_a_remembered_list_that_was_lost_is_fetched_whole(online: Online) -> None:
    verify(online)
    online.sees("DELETE FROM lists")
    online.server.requests.clear()
    assert verify(online).startswith(f"{CONTRACT}: valid: ")
    assert "if-none-match" not in online.server.requests[0].headers


def test_where_fetching_fails_a_remembered_list_counts_until_it_ends(online: Online) -> None:
    issued = timedelta(days=-3)
    online.answers(response(list_by(online.key, online.server.uri, issued)))
    verify(online)
    online.forgets_when()
    online.answers(response(status="503 Busy"))
    said = verify(online)
    assert f"the list {online.server.uri} was not fetched: the server answers 503" in said
    assert "the answer rests on the one made 3 days ago" in said
    (row,) = online.builder("verify", *ASK, "--allow-private", "--json").json
    assert row["result"] == "valid"
    assert row["not_fetched"] == "the server answers 503, expected 200"


@pytest.mark.parametrize("how", ["--offline", "--allow-private"])
def test_a_remembered_list_that_ended_counts_for_nothing(online: Online, how: str) -> None:
    ended = list_by(online.key, online.server.uri, timedelta(days=-3), days=2)
    online.answers(response(ended))
    assert "ended" in verify(online, status=1)
    assert online.requests == 1
    result = online.builder("verify", *ASK, how, status=1)
    assert result.err.startswith("consentsig: status-unknown: the newest list is of ")
    assert online.requests == (0 if how == "--offline" else 1)


def test_nothing_to_be_had_is_no_with_the_reason_and_what_to_do(online: Online) -> None:
    online.answers(response(status="404 Not Found"))
    first, reason, do = verify(online, status=1).splitlines()
    assert first.startswith("consentsig: status-unknown: ")
    assert reason.endswith("was not fetched: nothing is there (404)")
    assert do.endswith(f"get the current list from {online.server.uri} and add: --status FILE")
    (row,) = online.builder("verify", *ASK, "--allow-private", "--json", status=1).json
    assert (row["result"], row["not_fetched"]) == ("status-unknown", "nothing is there (404)")


def foreign(online: Online) -> bytes:
    return list_by(PrivateKey.generate(), online.server.uri)


def elsewhere(online: Online) -> bytes:
    return list_by(online.key, f"{online.server.uri}/2")


def damaged(online: Online) -> bytes:
    data = list_by(online.key, online.server.uri)
    return data[:-1] + bytes([data[-1] ^ 1])


def a_contract(online: Online) -> bytes:
    return (online.ana.folder / CONTRACT).read_bytes()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (foreign, "is not used: it is signed by"),
        (elsewhere, "what is there is a list for another address, https://"),
        (damaged, "what is there is no status list: bad-signature"),
        (a_contract, "what is there is no status list: malformed"),
        (lambda _: b"", "what is there is no status list: malformed"),
        (lambda _: bytes(100_000), "what is there is no status list: malformed"),
    ],
)
def test_what_is_not_the_creators_list_is_refused_and_not_remembered(
    online: Online, make: Callable[[Online], bytes], reason: str
) -> None:
    before = contents(online.builder.home)
    online.answers(response(make(online)))
    said = verify(online, status=1)
    assert said.startswith("consentsig: status-unknown: ")
    assert reason in said
    assert contents(online.builder.home) == before


def test_a_list_by_the_recovery_key_is_told_as_one_that_confirms_nothing(online: Online) -> None:
    recovery = PrivateKey.from_pem((online.ana.folder / "recovery.pem").read_bytes(), None)
    online.answers(response(list_by(recovery, online.server.uri)))
    for _ in range(2):
        said = verify(online, status=1)
        assert said.startswith("consentsig: status-unknown: no list by key ")
        assert "the list there is by the creator's recovery key, which confirms nothing" in said
        assert "ask the creator for a new contract" in said
        assert "get the current list" not in said


def test_an_older_list_served_again_clears_nothing(online: Online) -> None:
    old = (online.ana.folder / "site" / "consent-list").read_bytes()
    online.takes_back()
    verify(online, status=1)
    online.answers(response(old))
    online.forgets_when()
    assert verify(online, status=1).startswith("consentsig: revoked: ")


def test_an_unknown_creators_contract_causes_no_request(online: Online) -> None:
    stranger = Cli(online.ana.folder, "stranger")
    stranger.environment = online.builder.environment | {VARIABLE: str(stranger.home)}
    ask = ("verify", *ASK, "--allow-private")
    assert "unknown-creator" in stranger(*ask, status=1).err
    data = (online.ana.folder / CONTRACT).read_bytes()
    (online.ana.folder / CONTRACT).write_bytes(data.replace(b"Acme Labs", b"Evil Labs"))
    assert "bad-signature" in verify(online, status=1)
    assert online.requests == 0
    assert not stranger.home.exists()


@pytest.mark.parametrize(
    "more",
    [
        ("--offline",),
        ("--status", "site"),
        ("--use", "pretrain"),
        ("--for", "https://evil.example"),
        ("--work", CONTRACT),
        ("--at", "2020-01-01T00:00:00Z"),
    ],
)
def test_nothing_is_fetched_where_no_list_could_help(online: Online, more: tuple[str, ...]) -> None:
    online.builder("verify", *ASK, "--allow-private", *more, status=0 if "site" in more else 1)
    assert online.requests == 0


def test_contracts_of_one_list_cause_one_request(online: Online) -> None:
    (online.ana.folder / "other.txt").write_text("three green boats\n")
    online.ana("grant", "other.txt", *TERMS, *FREE, "--revocable", "30", "--yes")
    online.ana(*PUBLISH)
    ask = ("--only-authentic", "--allow-private", "--json")
    rows = online.builder("verify", CONTRACT, "other.txt.consent", *ask).json
    assert [row["result"] for row in rows] == ["authentic", "authentic"]
    assert online.requests == 1


def test_a_list_fetched_for_one_contract_counts_for_all_of_its_address(online: Online) -> None:
    verify(online)
    (online.ana.folder / "other.txt").write_text("three green boats\n")
    online.ana("grant", "other.txt", *TERMS, *FREE, "--revocable", "30", "--yes")
    online.takes_back()
    other = online.ana.folder / "other.txt.consent"
    terms = parse_contract(other.read_bytes()).terms
    beyond = terms._replace(status=StatusReference(online.server.uri, 10_000_000))
    other.write_bytes(sign_contract(beyond, online.key))  # so that for it a newer list is asked for
    ask = ("--only-authentic", "--allow-private", "--json")
    rows = online.builder("verify", CONTRACT, other.name, *ask, status=1).json
    assert [row["result"] for row in rows] == ["revoked", "status-unknown"]
    (row,) = online.builder("verify", CONTRACT, *ask, "--offline", status=1).json
    assert row["result"] == "revoked"  # remembered


def test_of_several_contracts_each_list_is_told_once(online: Online) -> None:
    online.answers(response(status="404 Not Found"))
    (online.ana.folder / "copy").write_bytes(a_contract(online))
    said = online.builder("verify", CONTRACT, "copy", *ASK[1:], "--allow-private", status=1)
    assert said.err.count("was not fetched: nothing is there (404)") == 1
    assert online.requests == 1


def ask_each(uris: list[str], total: float = 60) -> list[str]:
    """Why none of *uris* gives a list."""
    policy = FetchPolicy(allow_private=True, limits=Limits(each=0.2), total=total)
    found = Verifier(KeySet(), MemoryStore(), fetch=policy).fetch(uris)
    return [error.reason for error in found.values() if isinstance(error, FetchError)]


def test_a_host_that_let_the_time_run_out_is_not_asked_again(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    stop = threading.Event()

    def answer(_: object) -> bytes:
        stop.wait()
        return b""

    with Server(answer, authority.good) as server:
        first, second, other = ask_each(
            [server.uri, f"{server.uri}/2", f"https://{HOST}:{closed_port()}/"]
        )
        assert len(server.requests) == 1
        stop.set()
    assert first == "nothing came for 0.2 seconds"
    assert second == "its host did not answer in time before, so it was not asked again"
    assert other == "connection refused"


def test_all_addresses_together_have_a_limit(authority: Authority) -> None:
    with Server(lambda _: response(b""), authority.good) as server:
        (reason,) = ask_each([server.uri], total=0)
        assert not server.requests
    assert reason == "the 0 seconds for all lists together were over before"


def test_a_question_about_the_past_fetches_and_remembers_nothing(online: Online) -> None:
    online.answers(response(list_by(online.key, online.server.uri, timedelta(days=-2))))
    terms = parse_contract(a_contract(online)).terms
    before = contents(online.builder.home)
    past = f"{datetime.now(UTC) - timedelta(seconds=400):%Y-%m-%dT%H:%M:%SZ}"
    early = terms._replace(issued=terms.issued - timedelta(days=1))
    (online.ana.folder / CONTRACT).write_bytes(sign_contract(early, online.key))
    assert verify(online, "--at", past).startswith(f"{CONTRACT}: valid: ")
    assert online.requests == 1
    assert contents(online.builder.home) == before


def test_this_computer_is_asked_only_by_option(online: Online) -> None:
    said = online.builder("verify", *ASK, status=1).err
    assert f"was not fetched: '{HOST}' is at {HOST}, which is no public address" in said
    assert online.requests == 0


@pytest.mark.parametrize("uri", ["urn:example:list", "did:web:ana.example:list"])
def test_a_name_that_is_no_address_is_never_fetched(ana: Cli, uri: str) -> None:
    ana("key", "set-list-uri", uri)
    ana("grant", "poem.txt", *TERMS, *FREE, "--revocable", "30", "--yes")
    said = ana("verify", *ASK, status=1).err
    assert f"the list {uri} was not fetched: only https addresses are fetched" in said


def test_a_redirect_to_another_server_is_followed(online: Online, authority: Authority) -> None:
    data = (online.ana.folder / "site" / "consent-list").read_bytes()
    with Server(lambda _: response(data), authority.good) as mirror:
        online.answers(redirect(mirror.uri))
        assert verify(online).startswith(f"{CONTRACT}: valid: ")
        assert len(mirror.requests) == 1


def test_a_proxy_of_the_environment_carries_it(ana: Cli, authority: Authority) -> None:
    ana("grant", "poem.txt", *TERMS, *FREE, "--revocable", "30", "--yes")
    ana(*PUBLISH_FIRST)
    data = (ana.folder / "site" / "consent-list").read_bytes()
    builder = clean(Cli(ana.folder, "builder"), authority)
    did = ana("key", "show", "--json").json[0]["did"]
    with Server(lambda _: response(data), authority.good) as server, Proxy(server) as proxy:
        builder.environment["HTTPS_PROXY"] = proxy.uri
        assert "valid" in builder("verify", *ASK, "--creator", did).out
        assert len(proxy.requests) == 1
    builder.environment["HTTPS_PROXY"] = f"http://u:secret@{HOST}:{closed_port()}"
    (builder.home / "consentsig.db").unlink()
    said = builder("verify", *ASK, "--creator", did, status=1).err
    assert "was not fetched: connection refused" in said
    assert "secret" not in said


def test_where_no_home_can_be_made_the_answer_comes_with_a_warning(online: Online) -> None:
    online.builder.environment[VARIABLE] = str(online.ana.folder / "poem.txt" / "home")
    did = online.key.public.to_did_key()
    result = online.builder("verify", *ASK, "--allow-private", "--creator", did)
    assert result.out.startswith(f"{CONTRACT}: valid: ")
    assert "the lists that were used are not remembered" in result.err
