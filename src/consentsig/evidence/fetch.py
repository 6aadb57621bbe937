"""Fetching a status list from its address: its bytes, or the reason why there are none.

    fetch_list, fetch_list_async     one list
    ListFetcher, AsyncListFetcher    many lists, over connections that are kept open

Only bytes are fetched. Whether they are the list that belongs there is for the caller to
check, before anything is kept.

The address stands in a contract, so anyone may have written it, and the server may be hostile.
Only https is spoken, only public addresses are asked unless the caller allows more (see
:mod:`consentsig.evidence.network_addresses`), and size, time and redirects have limits.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from consentsig.errors import ConsentsigError, brief
from consentsig.evidence.network_addresses import NOT_PUBLIC, Refusal, check_host, proxy_for
from consentsig.status_list import STATUS_LIST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

    import httpcore
    import httpx
    from anyio.from_thread import BlockingPortal

__all__ = [
    "LIMITS",
    "MAX_REDIRECTS",
    "NOT_PUBLIC",
    "AsyncListFetcher",
    "FetchError",
    "Fetched",
    "Limits",
    "ListFetcher",
    "Validators",
    "fetch_list",
    "fetch_list_async",
]

MAX_REDIRECTS: Final = 3
_MAX_VALIDATOR_LEN: Final = 1000

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MISSING: Final = frozenset({404, 410})
# The type of the draft, its outer formats, and what servers say of a file whose type they do
# not know: octet-stream most, binary/octet-stream S3, text/plain nginx without its mime.types.
# The signature decides; the type only tells a list from somebody's "page not found".
_TYPES: Final = frozenset({
    STATUS_LIST.typ, "application/cwt", "application/cbor",
    "application/octet-stream", "binary/octet-stream", "text/plain", "",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a server may ask of us.

    Attributes:
        size: Bytes of the list.
        each: Seconds for finding the host's address, for connecting, and for each wait until
            bytes come.
        total: Seconds for all of it, redirects included, however steadily bytes come.
    """

    size: int = STATUS_LIST.max_len
    each: float = 10
    total: float = 30


LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server calls the version it sent, to ask it only for a newer one (RFC 9110 §8.8).

    Attributes:
        etag: Its entity tag.
        last_modified: Its date, as the server wrote it.
    """

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What is at an address.

    Attributes:
        data: Its bytes; only their number was checked.
        validators: What the server calls this version.
    """

    data: bytes
    validators: Validators


class FetchError(ConsentsigError):
    """A list could not be fetched from its address.

    Attributes:
        uri: The address.
        reason: Why not.
        missing: Whether the server says that nothing is there; otherwise nobody knows.
        slow: Whether the time was up.
    """

    def __init__(self, uri: str, reason: str, *, missing: bool = False, slow: bool = False) -> None:
        super().__init__(uri, reason)
        self.uri = uri
        self.reason = reason
        self.missing = missing
        self.slow = slow

    def __str__(self) -> str:
        return f"{self.uri}: {self.reason}"


def fetch_list(
    uri: str, *, earlier: Validators | None, allow_private: bool, limits: Limits = LIMITS
) -> Fetched | None:
    """Return what is now at *uri*; None if it is still what came with *earlier*.

    For many lists, use a :class:`ListFetcher`.

    Args:
        uri: A list's address. Only https is fetched.
        earlier: What came with the copy at hand, if there is one.
        allow_private: Whether this computer and private networks may be asked.
        limits: How much the server may ask of us.

    Raises:
        FetchError: There is no answer, or it is not accepted.
    """
    with ListFetcher(allow_private=allow_private) as fetcher:
        return fetcher.fetch(uri, earlier=earlier, limits=limits)


async def fetch_list_async(
    uri: str, *, earlier: Validators | None, allow_private: bool, limits: Limits = LIMITS
) -> Fetched | None:
    """Return what :func:`fetch_list` returns, without blocking the event loop of asyncio."""
    async with AsyncListFetcher(allow_private=allow_private) as fetcher:
        return await fetcher.fetch(uri, earlier=earlier, limits=limits)


class ListFetcher:
    """Fetches lists, and keeps connections open for more lists of the same hosts.

    Use ``with``. Several threads may fetch at once; how many is for the caller to decide.
    The work is done by an :class:`AsyncListFetcher` in a thread of its own, so it may also be
    used where an event loop runs already.

    Args:
        allow_private: Whether this computer and private networks may be asked.
    """

    __slots__ = ("_fetcher", "_open", "_portal")

    def __init__(self, *, allow_private: bool) -> None:
        self._fetcher = AsyncListFetcher(allow_private=allow_private)
        self._open = contextlib.ExitStack()
        self._portal: BlockingPortal | None = None

    def __enter__(self) -> Self:
        from anyio.from_thread import start_blocking_portal

        self._portal = self._open.enter_context(start_blocking_portal())
        self._open.enter_context(self._portal.wrap_async_context_manager(self._fetcher))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, traceback)
        self._portal = None

    def fetch(
        self, uri: str, *, earlier: Validators | None = None, limits: Limits = LIMITS
    ) -> Fetched | None:
        """Return what is now at *uri*; None if it is still what came with *earlier*.

        Raises:
            FetchError: There is no answer, or it is not accepted.
        """
        if self._portal is None:
            raise RuntimeError("a ListFetcher is used inside its `with` block only")
        answer = self._portal.start_task_soon(self._fetch, uri, earlier, limits)
        try:
            return answer.result()
        finally:
            answer.cancel()  # if waiting was interrupted; nothing goes on unseen

    async def _fetch(self, uri: str, earlier: Validators | None, limits: Limits) -> Fetched | None:
        return await self._fetcher.fetch(uri, earlier=earlier, limits=limits)


class AsyncListFetcher:
    """Fetches lists, and keeps connections open for more lists of the same hosts.

    Use ``async with``, under asyncio. Any number of fetches may run at once; how many is for
    the caller to decide.

    Proxies and certificates are those of the environment: ``HTTPS_PROXY``, ``ALL_PROXY``,
    ``NO_PROXY``, ``SSL_CERT_FILE``, ``SSL_CERT_DIR``.

    Each connection goes to an address that was checked.
    A proxy finds the addresses by itself: behind one, only an address in place of a name, and
    the names of this computer, can be refused here.

    Args:
        allow_private: Whether this computer and private networks may be asked.
    """

    __slots__ = ("_allow_private", "_pools")

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._pools: dict[str | None, httpcore.AsyncConnectionPool] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        while self._pools:
            await self._pools.popitem()[1].aclose()

    async def fetch(
        self, uri: str, *, earlier: Validators | None = None, limits: Limits = LIMITS
    ) -> Fetched | None:
        """Return what is now at *uri*; None if it is still what came with *earlier*.

        Raises:
            FetchError: There is no answer, or it is not accepted.
        """
        import asyncio

        known = _sendable(earlier.etag, earlier.last_modified) if earlier else Validators()
        with _failures_explained(uri, limits):
            async with asyncio.timeout(limits.total):
                return await self._follow(uri, known, limits)

    async def _follow(self, uri: str, earlier: Validators, limits: Limits) -> Fetched | None:
        import httpx

        url = httpx.URL(uri)
        for _ in range(1 + MAX_REDIRECTS):
            answer = await self._ask(url, earlier, limits)
            if not isinstance(answer, httpx.URL):
                return answer
            url = answer
        raise Refusal(f"is redirected more than {MAX_REDIRECTS} times, last to {brief(str(url))}")

    async def _ask(
        self, url: httpx.URL, earlier: Validators, limits: Limits
    ) -> Fetched | httpx.URL | None:
        import httpcore
        import httpx

        _check_url(url)
        async with self._pool(url).stream(
            "GET",
            httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=list(_headers(url, earlier).items()),
            extensions={"timeout": dict.fromkeys(("connect", "read", "write"), limits.each)},
        ) as response:
            headers = httpx.Headers(response.headers)
            if response.status in _REDIRECTS:
                return _target(url, response.status, headers)
            is_new = _check_status(response.status, earlier)
            if is_new:
                _check_form(headers, limits.size)
            # Read even where it is empty: only then may the connection be used again.
            body = await _body(response, limits.size)
            return Fetched(body, _validators(headers)) if is_new else None

    def _pool(self, url: httpx.URL) -> httpcore.AsyncConnectionPool:
        """The connections for *url*, of which the direct ones check where they lead."""
        from consentsig.evidence.connections import open_pool

        host = url.raw_host.decode("ascii")
        if not self._allow_private:
            check_host(host)
        proxy = proxy_for(host)
        if proxy not in self._pools:
            self._pools[proxy] = open_pool(proxy, allow_private=self._allow_private)
        return self._pools[proxy]


# --- what is asked ---


def _check_url(url: httpx.URL) -> None:
    if url.scheme != "https":
        raise Refusal(f"only https addresses are fetched, this is {brief(str(url))}")
    if url.userinfo:
        raise Refusal(f"leads to an address with a user name in it, at {brief(url.host)}")
    port = 443 if url.port is None else url.port
    if not (url.host and 0 < port <= 65_535):
        raise Refusal(f"leads to {brief(str(url))}, which names no host or no port there is")


def _headers(url: httpx.URL, earlier: Validators) -> dict[str, str]:
    from consentsig import __version__

    headers = {
        "Host": url.netloc.decode("ascii"),
        "Accept": STATUS_LIST.typ,
        "Accept-Encoding": "identity",
        "User-Agent": f"consentsig/{__version__}",
    }
    if earlier.etag is not None:
        headers["If-None-Match"] = earlier.etag
    if earlier.last_modified is not None:
        headers["If-Modified-Since"] = earlier.last_modified
    return headers


# --- what comes ---


def _target(url: httpx.URL, status: int, headers: httpx.Headers) -> httpx.URL:
    if "location" not in headers:
        raise Refusal(f"answers {status} without saying where to")
    return url.join(headers["location"])


def _check_status(status: int, earlier: Validators) -> bool:
    """Whether *status* says that a list follows; otherwise it says that there is no newer one.

    Raises:
        Refusal: It says neither.
    """
    if status == 304 and earlier != Validators():
        return False
    if status in _MISSING:
        raise Refusal(f"nothing is there ({status})", missing=True)
    if status != 200:
        raise Refusal(f"the server answers {status}, expected 200")
    return True


def _check_form(headers: httpx.Headers, limit: int) -> None:
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _TYPES:
        raise Refusal(f"is of type {brief(media_type)}, expected {STATUS_LIST.typ}")
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise Refusal(f"comes in the encoding {brief(encoding)}, which was not asked for")
    said = headers.get("content-length", "0")
    if len(said) > 19 or int(said) > limit:  # the reader of HTTP lets only digits through
        raise Refusal(f"is {brief(said)} bytes, expected at most {limit}")


async def _body(response: httpcore.Response, limit: int) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_stream():
        body += chunk
        if len(body) > limit:
            raise Refusal(f"is longer than {limit} bytes, which no list is")
    return bytes(body)


def _validators(headers: httpx.Headers) -> Validators:
    return _sendable(headers.get("etag"), headers.get("last-modified"))


def _sendable(*values: str | None) -> Validators:
    """Those of an entity tag and a date that can be sent in a request."""
    return Validators(*(value if value and _can_be_sent(value) else None for value in values))


def _can_be_sent(value: str) -> bool:
    return len(value) <= _MAX_VALIDATOR_LEN and value.isascii() and value.isprintable()


# --- what fails ---


@contextlib.contextmanager
def _failures_explained(uri: str, limits: Limits) -> Iterator[None]:
    """Raise a :class:`FetchError` for whatever goes wrong on the way to *uri*."""
    import httpcore
    import httpx

    from consentsig.evidence.connections import HTTP_ERRORS, reason

    try:
        yield
    except Refusal as error:
        raise FetchError(uri, str(error), missing=error.missing) from None
    except TimeoutError:
        raise FetchError(uri, f"took longer than {limits.total} seconds", slow=True) from None
    except (*HTTP_ERRORS, OSError) as error:
        slow = isinstance(error, httpcore.TimeoutException)
        raise FetchError(uri, reason(error, limits.each), slow=slow) from error
    except (httpx.InvalidURL, ValueError) as error:
        # IDNA refuses names as httpx decodes them, as Python encodes them: a UnicodeError.
        why = f"no address can be made of it, or of its proxy: {brief(str(error))}"
        raise FetchError(uri, why) from error
