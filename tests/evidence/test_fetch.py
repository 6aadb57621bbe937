import asyncio
import contextlib
import pickle
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import httpcore
import pytest

from consentsig import __version__
from consentsig.evidence.fetch import (
    MAX_REDIRECTS,
    AsyncListFetcher,
    Fetched,
    FetchError,
    Limits,
    ListFetcher,
    Validators,
    fetch_list,
    fetch_list_async,
)
from processes import unmeasured
from servers import (
    HOST,
    PROXY_VARIABLES,
    Answer,
    Authority,
    Proxy,
    Request,
    Server,
    closed_port,
    drip,
    make_authority,
    redirect,
    response,
)

OCTETS = "application/octet-stream"
ELSEWHERE = "https://ana.example/consent-list"
PRIVATE = [
    "127.0.0.1", "127.1", "2130706433", "0x7f.0.0.1", "0.0.0.1", "10.1.2.3", "172.16.0.1",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1",
    "240.0.0.1", "255.255.255.255", "[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]",
    "[::127.0.0.1]", "[fe80::1]", "[fec0::1]", "[fd00::1]", "[ff0e::1]", "[2001:db8::1]",
    "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:0:53aa:64c::80ff:fffe]", "[fe80::1%25lo]",
    "127.0.0.1.", "192.88.99.1", "[3fff::1]", "[2606:4700::5efe:a00:1]", "[64:ff9b:1::909:909]",
]  # fmt: skip


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, authority: Authority) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    """Ends what would go on for ever, after the test."""
    event = threading.Event()
    yield event
    event.set()


Way = Callable[..., Fetched | None]


def by_asyncio(uri: str, **arguments: Any) -> Fetched | None:  # noqa: ANN401  # those of fetch_list
    return asyncio.run(fetch_list_async(uri, **arguments))


BOTH_WAYS = pytest.mark.parametrize("way", [fetch_list, by_asyncio])


def fetch(
    uri: str,
    *,
    earlier: Validators | None = None,
    allow_private: bool = True,
    limits: Limits | None = None,
    way: Way = fetch_list,
) -> Fetched | None:
    return way(uri, earlier=earlier, allow_private=allow_private, limits=limits or Limits(each=5))


def refused(uri: str, **arguments: Any) -> FetchError:  # noqa: ANN401  # those of fetch
    with pytest.raises(FetchError) as caught:
        fetch(uri, **arguments)
    assert caught.value.uri == uri
    assert str(caught.value).startswith(f"{uri}: ")
    assert str(caught.value).isprintable()
    return caught.value


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until *condition* holds, as the last thread of a server ends."""
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def refused_answer(authority: Authority, answer: bytes | Answer, **arguments: Any) -> FetchError:  # noqa: ANN401  # those of fetch
    with Server((lambda _: answer) if isinstance(answer, bytes) else answer, authority.good) as at:
        return refused(at.uri, **arguments)


@BOTH_WAYS
def test_it_asks_for_a_list_as_it_is_and_says_who_asks(authority: Authority, way: Way) -> None:
    with Server(lambda _: response(b"list", Content_Type=OCTETS), authority.good) as server:
        assert fetch(server.uri, way=way) == Fetched(b"list", Validators())
    (request,) = server.requests
    assert request.line == "GET /consent-list HTTP/1.1"
    assert request.headers["host"] == f"{HOST}:{server.port}"
    assert request.headers["accept"] == "application/statuslist+cwt"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["user-agent"] == f"consentsig/{__version__}"
    assert not {"if-none-match", "if-modified-since", "cookie"} & request.headers.keys()


@BOTH_WAYS
def test_what_the_server_calls_its_version_is_sent_back(authority: Authority, way: Way) -> None:
    named = Validators('"v1"', "Tue, 06 Jan 2026 00:00:00 GMT")

    def answer(request: Request) -> bytes:
        if request.headers.get("if-none-match") == named.etag:
            assert request.headers["if-modified-since"] == named.last_modified
            return response(status="304 Not Modified", length=False)
        return response(b"list", ETag='"v1"', Last_Modified=str(named.last_modified))

    with Server(answer, authority.good) as server:
        assert fetch(server.uri, way=way) == Fetched(b"list", named)
        assert fetch(server.uri, way=way, earlier=named) is None
        assert fetch(server.uri, way=way, earlier=Validators('"v0"')) == Fetched(b"list", named)


@pytest.mark.parametrize("earlier", [None, Validators(), Validators("\r\nX: 1", "")])
def test_not_modified_is_no_answer_to_who_has_nothing(
    authority: Authority, earlier: Validators | None
) -> None:
    answer = response(status="304 Not Modified", length=False)
    assert "answers 304" in refused_answer(authority, answer, earlier=earlier).reason


@pytest.mark.parametrize("name", ["é", "a" * 1001, ""])
def test_a_validator_that_cannot_be_sent_back_is_dropped(authority: Authority, name: str) -> None:
    with Server(lambda _: response(b"list", ETag=name), authority.good) as server:
        assert fetch(server.uri) == Fetched(b"list", Validators())


@pytest.mark.parametrize(
    "uri",
    ["urn:example:list", "did:web:ana.example", "http://127.0.0.1/l", "ftp://a.example/", "list"],
)
def test_only_https_is_fetched(uri: str) -> None:
    assert refused(uri).reason.startswith("only https addresses are fetched, this is ")


@pytest.mark.parametrize("uri", ["https://", "https://a.example:99999/", "https://\0/", "//\n"])
def test_what_is_no_address_is_refused(uri: str) -> None:
    with pytest.raises(FetchError):
        fetch(uri)


@pytest.mark.parametrize("host", PRIVATE)
@pytest.mark.parametrize("proxied", [False, True])
def test_this_computer_and_private_networks_are_left_alone(
    monkeypatch: pytest.MonkeyPatch, host: str, *, proxied: bool
) -> None:
    if proxied:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{HOST}:{closed_port()}")
    error = refused(f"https://{host}/consent-list", allow_private=False)
    assert error.reason.endswith("which is no public address")


def test_a_name_that_leads_to_this_computer_is_refused(authority: Authority) -> None:
    with Server(lambda _: response(b"list"), authority.good) as server:
        uri = f"https://localhost:{server.port}/list"
        assert "no public address" in refused(uri, allow_private=False).reason
        assert server.requests == []
        assert fetch(uri) is not None


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "a.localhost"])
def test_behind_a_proxy_the_name_of_this_computer_is_refused(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{HOST}:{closed_port()}")
    assert "is this computer" in refused(f"https://{host}/list", allow_private=False).reason


class World:
    """What names lead to, and where connections to public addresses end: on loopback.

    Attributes:
        there: The public addresses at which a server answers; at others nobody does.
        looked_up: The hosts that were looked up.
        connected: The addresses to which connections were tried.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
        """Names have the *answers*, one after another; the last one stays."""
        self.answers = list(answers)
        self.there: set[str] = set()
        self.looked_up: list[object] = []
        self.connected: list[str] = []
        monkeypatch.setattr(socket, "getaddrinfo", self._look_up)
        self._connect = httpcore.AnyIOBackend.connect_tcp

        async def connect_tcp(
            network: httpcore.AnyIOBackend,
            host: str,
            port: int,
            *rest: Any,  # noqa: ANN401  # httpcore's own
        ) -> httpcore.AsyncNetworkStream:
            self.connected.append(host)
            if host not in {HOST, *self.there}:
                port = closed_port()
            return await self._connect(network, HOST, port, *rest)

        monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect_tcp)

    def _look_up(self, host: object, port: object, *_: object, **__: object) -> list[object]:
        self.looked_up.append(host)
        found = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        families = [socket.AF_INET6 if ":" in each else socket.AF_INET for each in found]
        pairs = zip(families, found, strict=True)
        return [(family, socket.SOCK_STREAM, 6, "", (each, port)) for family, each in pairs]


PUBLIC = "9.9.9.9"


@BOTH_WAYS
@pytest.mark.parametrize(
    "public", [PUBLIC, "2606:4700::1", "::ffff:9.9.9.9", "64:ff9b::909:909", "2002:909:909::"]
)
def test_a_name_that_changes_its_answer_leads_to_no_connection_here(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, public: str, way: Way
) -> None:
    world = World(monkeypatch, [public], [HOST])
    with Server(lambda _: response(b"list"), authority.good) as server:
        uri = f"https://ana.example:{server.port}/list"
        assert refused(uri, allow_private=False, way=way).reason == "connection refused"
        assert (world.looked_up, world.connected) == (["ana.example"], [public])
        assert "no public address" in refused(uri, allow_private=False, way=way).reason
        assert world.connected == [public]
    assert server.connections == 0


@BOTH_WAYS
@pytest.mark.parametrize("answer", [[PUBLIC, HOST], [HOST, PUBLIC], [PUBLIC] * 20 + ["::1"]])
def test_a_name_with_a_private_address_among_others_is_not_connected_to_at_all(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, answer: list[str], way: Way
) -> None:
    world = World(monkeypatch, answer)
    with Server(lambda _: response(b"list"), authority.good) as server:
        error = refused(f"https://ana.example:{server.port}/list", allow_private=False, way=way)
    assert error.reason.endswith("which is no public address")
    assert world.connected == []
    assert server.connections == 0


@BOTH_WAYS
def test_a_connection_by_number_still_asks_for_the_name(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, way: Way
) -> None:
    World(monkeypatch, [PUBLIC]).there.add(PUBLIC)
    names: list[str | None] = []
    monkeypatch.setattr(authority.good, "sni_callback", lambda _, name, __: names.append(name))
    with Server(lambda _: response(b"list"), authority.good) as server:
        uri = f"https://ana.example:{server.port}/list"
        assert fetch(uri, allow_private=False, way=way) == Fetched(b"list", Validators())
    assert server.requests[0].headers["host"] == f"ana.example:{server.port}"
    assert names == ["ana.example"]
    with Server(lambda _: response(b"list"), authority.other_host) as server:
        error = refused(f"https://ana.example:{server.port}/list", allow_private=False, way=way)
    assert error.reason.startswith("the certificate is wrong: ")
    assert server.requests == []


@BOTH_WAYS
def test_where_an_address_does_not_answer_the_next_one_is_tried(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, way: Way
) -> None:
    world = World(monkeypatch, ["2606:4700::1", "9.9.9.10", PUBLIC])
    with Server(lambda _: response(b"list"), authority.good) as server:
        uri = f"https://ana.example:{server.port}/list"
        assert refused(uri, allow_private=False, way=way).reason == "connection refused"
        world.there.add(PUBLIC)
        assert fetch(uri, allow_private=False, way=way) is not None
    assert world.connected == ["2606:4700::1", "9.9.9.10", PUBLIC] * 2


def test_of_hundreds_of_addresses_a_few_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, [f"9.9.{each}.9" for each in range(200)])
    refused(ELSEWHERE, allow_private=False)
    assert len(world.connected) == 8


def test_a_name_without_an_address_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    World(monkeypatch, [])
    assert "it has no address" in refused(ELSEWHERE).reason


@BOTH_WAYS
def test_a_redirect_is_looked_up_and_checked_again(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, way: Way
) -> None:
    world = World(monkeypatch, [PUBLIC], [HOST])
    world.there.add(PUBLIC)
    with Server(lambda _: response(b"list"), authority.good) as inside:
        to = f"https://b.example:{inside.port}/list"
        with Server(lambda _: redirect(to), authority.good) as server:
            uri = f"https://ana.example:{server.port}/list"
            error = refused(uri, allow_private=False, way=way)
    assert f"'b.example' is at {HOST}, which is no public address" in error.reason
    assert world.looked_up == ["ana.example", "b.example"]
    assert inside.connections == 0


def test_lists_of_one_host_come_over_one_connection(authority: Authority) -> None:
    def answer(request: Request) -> bytes:
        if "if-none-match" in request.headers:
            return response(status="304 Not Modified", length=False, kept=True)
        return response(request.path.encode(), kept=True, ETag='"1"')

    with Server(answer, authority.good) as server, ListFetcher(allow_private=True) as fetcher:
        for name in ("/a", "/b", "/c"):
            uri = f"https://{HOST}:{server.port}{name}"
            assert fetcher.fetch(uri) == Fetched(name.encode(), Validators('"1"'))
            assert fetcher.fetch(uri, earlier=Validators('"1"')) is None
        assert server.connections == 1
        # Another name, whose certificate was not checked, has a connection of its own.
        assert fetcher.fetch(f"https://localhost:{server.port}/d") is not None
    assert server.connections == 2
    assert len(server.requests) == 7


def test_a_connection_that_the_server_gave_up_is_replaced(authority: Authority) -> None:
    # It says that it keeps the connection, and closes it.
    with (
        Server(lambda _: [response(b"list", kept=True)], authority.good) as server,
        ListFetcher(allow_private=True) as fetcher,
    ):
        for _ in range(3):
            assert fetcher.fetch(server.uri) == Fetched(b"list", Validators())
            wait_for(lambda: not server.open)
    assert server.connections == 3


def test_each_new_connection_is_checked_again(
    monkeypatch: pytest.MonkeyPatch, authority: Authority
) -> None:
    world = World(monkeypatch, [PUBLIC], [HOST])
    world.there.add(PUBLIC)
    answers = [response(b"1", kept=True), response(b"2"), response(b"3")]
    with (
        Server(lambda _: answers.pop(0), authority.good) as server,
        ListFetcher(allow_private=False) as fetcher,
    ):
        uri = f"https://ana.example:{server.port}/list"
        assert fetcher.fetch(uri) == Fetched(b"1", Validators())
        assert fetcher.fetch(uri) == Fetched(b"2", Validators())  # which ends the connection
        with pytest.raises(FetchError, match="no public address"):
            fetcher.fetch(uri)
    assert (server.connections, world.connected) == (1, [PUBLIC])


def test_threads_share_a_fetcher(authority: Authority) -> None:
    together = threading.Barrier(4)

    def answer(request: Request) -> bytes:
        together.wait(5)
        return response(request.path.encode(), kept=True)

    with (
        Server(answer, authority.good) as server,
        ListFetcher(allow_private=True) as fetcher,
        ThreadPoolExecutor() as threads,
    ):
        uris = [f"https://{HOST}:{server.port}/{each}" for each in range(4)]
        found = list(threads.map(fetcher.fetch, uris))
    assert [each and each.data for each in found] == [b"/0", b"/1", b"/2", b"/3"]


def test_tasks_share_a_fetcher(authority: Authority) -> None:
    together = threading.Barrier(4)

    def answer(request: Request) -> bytes:
        together.wait(5)
        return response(request.path.encode(), kept=True)

    async def fetch_all(port: int) -> list[Fetched | None]:
        async with AsyncListFetcher(allow_private=True) as fetcher:
            uris = [f"https://{HOST}:{port}/{each}" for each in range(4)]
            return await asyncio.gather(*map(fetcher.fetch, uris))

    with Server(answer, authority.good) as server:
        found = asyncio.run(fetch_all(server.port))
    assert [each and each.data for each in found] == [b"/0", b"/1", b"/2", b"/3"]


def test_a_fetch_that_is_cancelled_closes_its_connection(authority: Authority) -> None:
    asked = threading.Event()

    def answer(request: Request) -> Iterator[bytes]:
        if request.path == "/list":
            return iter([response(b"list")])
        asked.set()
        return drip(b"HTTP/1.1 200 OK\r\nX: ", threading.Event())

    async def cancel(server: Server) -> Fetched | None:
        async with AsyncListFetcher(allow_private=True) as fetcher:
            task = asyncio.create_task(fetcher.fetch(f"https://{HOST}:{server.port}/drip"))
            assert await asyncio.to_thread(asked.wait, 5)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            assert task.cancelled()
            await asyncio.to_thread(wait_for, lambda: not server.open)
            return await fetcher.fetch(f"https://{HOST}:{server.port}/list")

    with Server(answer, authority.good) as server:
        assert asyncio.run(cancel(server)) == Fetched(b"list", Validators())


def test_a_fetcher_works_inside_its_block_only(authority: Authority) -> None:
    fetcher = ListFetcher(allow_private=True)
    with Server(lambda _: response(b"list"), authority.good) as server:
        with fetcher:
            assert fetcher.fetch(server.uri) is not None
        with pytest.raises(RuntimeError, match="inside its `with` block"):
            fetcher.fetch(server.uri)


def test_a_list_can_be_fetched_while_an_event_loop_runs(authority: Authority) -> None:
    async def fetch_without_waiting(uri: str) -> Fetched | None:
        return fetch(uri)

    with Server(lambda _: response(b"list"), authority.good) as server:
        assert asyncio.run(fetch_without_waiting(server.uri)) is not None


@pytest.mark.parametrize(
    "value",
    [Limits(), Validators('"1"'), Fetched(b"list", Validators())],
    ids=lambda each: type(each).__name__,
)
def test_what_was_fetched_cannot_be_altered(value: object) -> None:
    (first, *_) = type(value).__slots__  # type: ignore[attr-defined]  # a dataclass with slots
    with pytest.raises(FrozenInstanceError):
        setattr(value, first, None)
    assert not hasattr(value, "__dict__")
    assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301  # our own


@BOTH_WAYS
def test_redirects_are_followed_to_another_server(authority: Authority, way: Way) -> None:
    with Server(lambda _: response(b"list"), authority.good) as last:
        hops = {"/consent-list": "/second", "/second": last.uri}
        with Server(lambda asked: redirect(hops[asked.path]), authority.good) as first:
            assert fetch(first.uri, way=way) == Fetched(b"list", Validators())
    assert [asked.path for asked in first.requests] == ["/consent-list", "/second"]


@BOTH_WAYS
def test_a_circle_ends_after_three(authority: Authority, way: Way) -> None:
    with Server(lambda asked: redirect(asked.path), authority.good) as server:
        assert "more than 3 times" in refused(server.uri, way=way).reason
    assert len(server.requests) == 1 + MAX_REDIRECTS


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        (f"http://{HOST}/list", "only https"),
        ("http://ana.example/list", "only https"),
        ("file:///etc/passwd", "only https"),
        (f"https://ana:secret@{HOST}/list", "user name"),
        ("https://a.example:0/", "no port"),
        ("//////", "no address can be made of it"),
        ("https://" + "a" * 64 + "/", "is not found"),
    ],
)
def test_a_redirect_follows_the_same_rules(authority: Authority, to: str, reason: str) -> None:
    error = refused_answer(authority, redirect(to))
    assert reason in error.reason
    assert "secret" not in error.reason


NO_NAMES = ["xn--a", "xn--", "xn--a.example", "a..b", "." * 3, "\xdf" * 80 + ".example"]


@pytest.mark.parametrize("allow_private", [True, False])
@pytest.mark.parametrize("host", NO_NAMES)
def test_a_host_that_nobody_can_be_called_is_refused(host: str, *, allow_private: bool) -> None:
    assert refused(f"https://{host}/list", allow_private=allow_private).reason


@pytest.mark.parametrize("host", NO_NAMES)
def test_a_redirect_to_a_host_that_nobody_can_be_called_is_refused(
    authority: Authority, host: str
) -> None:
    assert refused_answer(authority, redirect(f"https://{host}/list")).reason


def test_a_proxy_that_no_host_can_be_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://u:secret@a..b:3")
    assert "secret" not in refused(ELSEWHERE).reason


def test_a_redirect_that_leads_nowhere_is_refused(authority: Authority) -> None:
    answer = response(status="301 Moved")
    assert "without saying where to" in refused_answer(authority, answer).reason


def test_a_redirect_home_is_refused(monkeypatch: pytest.MonkeyPatch, authority: Authority) -> None:
    with Server(lambda _: redirect(target.uri), authority.good) as target, Proxy(target) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.uri)
        error = refused(ELSEWHERE, allow_private=False)
    assert f"is at {HOST}, which is no public address" in error.reason
    assert len(target.requests) == 1


@pytest.mark.parametrize(
    ("status", "missing"),
    [("404 Not Found", True), ("410 Gone", True), ("403 No", False), ("500 Oh", False),
     ("204 No Content", False), ("206 Partial Content", False)],
)  # fmt: skip
def test_nothing_there_is_told_from_no_answer(
    authority: Authority, status: str, *, missing: bool
) -> None:
    error = refused_answer(authority, response(status=status))
    assert error.missing is missing
    assert status[:3] in error.reason


@pytest.mark.parametrize(
    "media_type",
    ["application/statuslist+cwt", "Application/CBOR; a=b", "binary/octet-stream", "text/plain"],
)
def test_types_of_lists_and_of_unknown_files_are_taken(
    authority: Authority, media_type: str
) -> None:
    with Server(lambda _: response(b"list", Content_Type=media_type), authority.good) as server:
        assert fetch(server.uri) is not None


@pytest.mark.parametrize("media_type", ["text/html; charset=utf-8", "image/png", "\x1b[2J"])
def test_a_page_is_no_list(authority: Authority, media_type: str) -> None:
    error = refused_answer(authority, response(b"<p>", Content_Type=media_type))
    assert "expected application/statuslist+cwt" in error.reason or "not HTTP" in error.reason


def test_a_packed_answer_is_refused(authority: Authority) -> None:
    answer = response(b"\x1f\x8b\x08", Content_Encoding="gzip")
    assert "encoding 'gzip', which was not asked for" in refused_answer(authority, answer).reason


def test_the_longest_list_fits_and_no_longer_one(authority: Authority) -> None:
    limits = Limits(size=4)
    with Server(lambda _: response(b"list"), authority.good) as server:
        assert fetch(server.uri, limits=limits) is not None
    error = refused_answer(authority, response(b"lists"), limits=limits)
    assert "is '5' bytes, expected at most 4" in error.reason
    for length in ("9" * 19, "9" * 5000):
        answer = response(length=False, Content_Length=length)
        assert refused_answer(authority, answer).reason


@BOTH_WAYS
def test_an_endless_answer_is_cut_off(
    authority: Authority, stop: threading.Event, way: Way
) -> None:
    def answer(_: Request) -> Iterator[bytes]:
        yield response(length=False)
        while not stop.is_set():
            yield bytes(1 << 16)

    assert "is longer than 2097152 bytes" in refused_answer(authority, answer, way=way).reason


@BOTH_WAYS
@pytest.mark.parametrize(
    "start", [b"", b"HTTP/1.1 200 OK\r\nX: ", response(b"lis", length=False), b"HTTP/1.1 1"]
)
def test_what_drips_is_cut_off(
    authority: Authority, stop: threading.Event, start: bytes, way: Way
) -> None:
    answer, limits = drip(start, stop), Limits(total=0.5)
    error = refused_answer(authority, lambda _: answer, limits=limits, way=way)
    assert error.reason == "took longer than 0.5 seconds"
    assert error.slow


@BOTH_WAYS
def test_after_the_time_is_up_nothing_goes_on(authority: Authority, way: Way) -> None:
    before = threading.active_count()
    endless = threading.Event()
    with Server(lambda _: drip(b"HTTP/1.1 200 OK\r\nX: ", endless), authority.good) as server:
        refused(server.uri, limits=Limits(total=0.5), way=way)
        wait_for(lambda: not server.open)
    assert not [each for each in threading.enumerate() if "portal" in each.name]
    wait_for(lambda: threading.active_count() <= before)


@BOTH_WAYS
@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(each=0.2), "nothing came for 0.2 seconds"),
        (Limits(total=0.2), "took longer than 0.2 seconds"),
    ],
)
def test_a_name_server_that_is_silent_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, stop: threading.Event, limits: Limits, reason: str, way: Way
) -> None:
    def silent(*_: object, **__: object) -> list[object]:
        stop.wait()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    error = refused(ELSEWHERE, limits=limits, way=way)
    assert error.reason == reason
    assert error.slow


@BOTH_WAYS
def test_silence_is_cut_off(authority: Authority, stop: threading.Event, way: Way) -> None:
    def answer(_: Request) -> bytes:
        stop.wait()
        return b""

    error = refused_answer(authority, answer, limits=Limits(each=0.2), way=way)
    assert error.reason == "nothing came for 0.2 seconds"
    assert error.slow


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\0" * 100,
        b"SSH-2.0-x\r\n",
        response(b"list")[:-1],
        b"HTTP/1.1 200 OK\r\n\xff\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused(authority: Authority, answer: bytes) -> None:
    assert "not HTTP" in refused_answer(authority, answer).reason


@BOTH_WAYS
@pytest.mark.parametrize(
    ("which", "reason"),
    [
        ("unknown", "the certificate is wrong: "),
        ("other_host", "the certificate is wrong: "),
        (None, "TLS fails"),
    ],
)
def test_without_a_good_certificate_nothing_is_asked(
    authority: Authority, which: str | None, reason: str, way: Way
) -> None:
    context = None if which is None else getattr(authority, which)
    with Server(lambda _: response(b"list"), context) as server:
        assert refused(server.uri, way=way).reason.startswith(reason)
    assert server.requests == []


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_certificates_that_cannot_be_read_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "ca").write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca"))
    assert "SSL_CERT_FILE" in refused(f"https://{HOST}:{closed_port()}/list").reason


@BOTH_WAYS
def test_nobody_there_is_told_at_once(way: Way) -> None:
    error = refused(f"https://{HOST}:{closed_port()}/list", way=way)
    assert error.reason == "connection refused"
    assert not error.missing


def test_a_name_that_nobody_knows_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = refused(ELSEWHERE)
    assert error.reason == "the host 'ana.example' is not found: Name or service not known"
    assert not error.missing


@BOTH_WAYS
def test_the_proxy_of_the_environment_is_used(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, way: Way
) -> None:
    with Server(lambda _: response(b"list"), authority.good) as server, Proxy(server) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.uri)
        assert fetch(ELSEWHERE, allow_private=False, way=way) == Fetched(b"list", Validators())
        assert [asked.line for asked in proxy.requests] == ["CONNECT ana.example:443 HTTP/1.1"]
        monkeypatch.setenv("NO_PROXY", HOST)
        fetch(server.uri, way=way)
    assert len(proxy.requests) == 1
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("proxy", "reason"),
    [
        ("http://u:secret@{}", "connection refused"),
        ("ftp://u:secret@{}", "the proxy named in the environment cannot be used"),
        ("socks5://u:secret@{}", "the proxy named in the environment cannot be used"),
        ("u:secret@{}", "connection refused"),
    ],
)
def test_a_proxy_that_does_not_work_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, proxy: str, reason: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy.format(f"{HOST}:{closed_port()}"))
    error = refused(ELSEWHERE, allow_private=False)
    assert error.reason.startswith(reason)
    assert "secret" not in error.reason


def test_a_proxy_that_refuses_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Server(lambda _: response(status="403 Forbidden"), None) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{HOST}:{proxy.port}")
        assert "the proxy refuses: '403 " in refused(ELSEWHERE, allow_private=False).reason


def test_the_error_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(FetchError("https://a/", "gone", missing=True)))  # noqa: S301  # our own
    assert (error.uri, error.reason, error.missing) == ("https://a/", "gone", True)


def test_httpx_is_loaded_only_to_fetch() -> None:
    code = "import sys, consentsig.evidence.fetch; sys.exit('httpx' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env=unmeasured())
