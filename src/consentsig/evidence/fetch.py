"""Fetching a status list from its address: its bytes, or the reason why there are none.

It only carries bytes. Whether they are the list that belongs there is for
:mod:`consentsig.evidence.list_cache` to check, before anything is kept.

The address stands in a contract, so anybody may have written it, and whoever answers may be
hostile: only https is spoken, this computer and its private network are left alone unless
the caller says otherwise, and size, time and redirects have limits.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, NamedTuple

from consentsig.errors import ConsentsigError, brief
from consentsig.status import STATUS_LIST

if TYPE_CHECKING:
    import ipaddress
    from collections.abc import Iterable

    import httpx

MAX_REDIRECTS: Final = 3
MAX_VALIDATOR_LEN: Final = 1000

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MISSING: Final = frozenset({404, 410})
# The type of the draft, its outer formats, and what servers say of a file whose type they do
# not know: octet-stream most, binary/octet-stream S3, text/plain nginx without its mime.types.
# The signature decides; the type only tells a list from somebody's "page not found".
_TYPES: Final = frozenset({
    STATUS_LIST.typ, "application/cwt", "application/cbor",
    "application/octet-stream", "binary/octet-stream", "text/plain", "",
})  # fmt: skip
NOT_PUBLIC: Final = "which is no public address"
_NAT64: Final = "64:ff9b::/96"


class Limits(NamedTuple):
    """How much a server may ask of us.

    Attributes:
        size: Bytes of the list.
        each: Seconds for connecting, and for each wait until bytes come.
        total: Seconds for all of it, however steadily bytes come.
    """

    size: int = STATUS_LIST.max_len
    each: float = 10
    total: float = 30


LIMITS: Final = Limits()


class Validators(NamedTuple):
    """What a server calls the version it sent, to ask it only for a newer one."""

    etag: str | None = None
    last_modified: str | None = None


class Fetched(NamedTuple):
    """What is at an address.

    Attributes:
        data: Its bytes, nothing about them checked but their number.
        validators: What the server calls this version.
    """

    data: bytes
    validators: Validators


class FetchError(ConsentsigError):
    """A list could not be had from its address.

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


class _Refusal(Exception):  # noqa: N818  # it becomes a FetchError, which adds the address
    """Why an answer, or an address, is not taken."""

    def __init__(self, reason: str, *, missing: bool = False) -> None:
        super().__init__(reason)
        self.missing = missing


class _Request(NamedTuple):
    """What is the same for every redirect."""

    earlier: Validators
    allow_private: bool
    limits: Limits


def fetch_list(
    uri: str, *, earlier: Validators | None, allow_private: bool, limits: Limits = LIMITS
) -> Fetched | None:
    """What is now at *uri*; None if it is still what came with *earlier*.

    Proxies and certificates are those of the environment: ``HTTPS_PROXY``, ``ALL_PROXY``,
    ``NO_PROXY``, ``SSL_CERT_FILE``, ``SSL_CERT_DIR``.

    Args:
        uri: A list's address, of which only https is ever fetched.
        earlier: What came with the copy at hand, if there is one.
        allow_private: Whether this computer and private networks may be asked.
        limits: How much the server may ask of us.

    Raises:
        FetchError: There is no answer, or it is not taken.
    """
    import queue

    # In a thread, since a time-out of a socket starts anew with each byte: nothing else ends
    # headers that drip. A thread left behind ends with the process, or when the server tires.
    answers: queue.SimpleQueue[Fetched | BaseException | None] = queue.SimpleQueue()
    request = _Request(earlier or Validators(), allow_private, limits)

    def exchange() -> None:
        try:
            answers.put(_fetch(uri, request))
        except BaseException as error:  # noqa: BLE001  # raised below, in the thread that asked
            answers.put(error)

    threading.Thread(target=exchange, daemon=True).start()
    try:
        answer = answers.get(timeout=limits.total)
    except queue.Empty:
        raise FetchError(uri, f"took longer than {limits.total} seconds", slow=True) from None
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _fetch(uri: str, request: _Request) -> Fetched | None:
    import httpx

    try:
        return _follow(uri, request)
    except _Refusal as error:
        raise FetchError(uri, str(error), missing=error.missing) from None
    except (httpx.HTTPError, OSError) as error:
        slow = isinstance(error, httpx.TimeoutException)
        raise FetchError(uri, _reason(error, request.limits), slow=slow) from error
    except (httpx.InvalidURL, ValueError) as error:
        # IDNA refuses names as httpx decodes them, as Python encodes them: a UnicodeError.
        reason = f"no address can be made of it, or of its proxy: {brief(str(error))}"
        raise FetchError(uri, reason) from error


def _follow(uri: str, request: _Request) -> Fetched | None:
    import httpx

    url = httpx.URL(uri)
    for _ in range(1 + MAX_REDIRECTS):
        answer = _ask(url, request)
        if not isinstance(answer, httpx.URL):
            return answer
        url = answer
    raise _Refusal(f"is redirected more than {MAX_REDIRECTS} times, last to {brief(str(url))}")


def _ask(url: httpx.URL, request: _Request) -> Fetched | httpx.URL | None:
    import httpx

    _check_url(url)
    host = url.raw_host.decode("ascii")
    proxy = _proxy(host)
    addresses = _looked_up(host) if proxy is None else _literal(host)
    if not request.allow_private:
        _check_host(host, addresses)
    with (
        # The transport takes certificates from the environment, the client nothing.
        httpx.Client(
            transport=_transport(proxy), trust_env=False, timeout=request.limits.each
        ) as client,
        client.stream("GET", url, headers=_headers(request.earlier)) as response,
    ):
        if not request.allow_private and proxy is None:
            _check_peer(response)
        return _answer(response, url, request)


def _answer(
    response: httpx.Response, url: httpx.URL, request: _Request
) -> Fetched | httpx.URL | None:
    status = response.status_code
    if status in _REDIRECTS:
        if "location" not in response.headers:
            raise _Refusal(f"answers {status} without saying where to")
        return url.join(response.headers["location"])
    if status == 304 and any(request.earlier):
        return None
    if status in _MISSING:
        raise _Refusal(f"nothing is there ({status})", missing=True)
    if status != 200:
        raise _Refusal(f"the server answers {status}, expected 200")
    _check_form(response)
    return Fetched(_body(response, request.limits.size), _validators(response.headers))


# --- where to ---


def _check_url(url: httpx.URL) -> None:
    if url.scheme != "https":
        raise _Refusal(f"only https addresses are fetched, this is {brief(str(url))}")
    if url.userinfo:
        raise _Refusal(f"leads to an address with a user name in it, at {brief(url.host)}")
    port = 443 if url.port is None else url.port
    if not (url.host and 0 < port <= 65_535):
        raise _Refusal(f"leads to {brief(str(url))}, which names no host or no port there is")


def _proxy(host: str) -> str | None:
    """The proxy that the environment names for *host*.

    Found here and not by httpx, so that it is certain which of the checks is due.
    """
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    proxy = proxies.get("https") or proxies.get("all")
    if not proxy or proxy_bypass(host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _transport(proxy: str | None) -> httpx.HTTPTransport:
    import httpx

    try:
        return httpx.HTTPTransport(proxy=proxy)
    except (ImportError, ValueError, httpx.InvalidURL):  # its address may hold a password
        raise _Refusal(
            "the proxy named in the environment cannot be used, expected http:// or https://"
        ) from None
    except OSError as error:
        raise _Refusal(
            f"the certificates named by SSL_CERT_FILE or SSL_CERT_DIR cannot be read: {error}"
        ) from None


def _check_host(host: str, addresses: Iterable[str]) -> None:
    """Refuse this computer and private networks, before anything is sent there."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        raise _Refusal(f"{brief(host)} is this computer, {NOT_PUBLIC}")
    for address in addresses:
        _check_public(host, address)


def _looked_up(host: str) -> list[str]:
    import socket

    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "no host can be called so"
        raise _Refusal(f"the host {brief(host)} is not found: {why}") from None
    return [str(address[0]) for *_, address in found]


def _literal(host: str) -> list[str]:
    """The address that *host* is by itself.

    A proxy looks names up, and perhaps only a proxy can: behind one no more than this can be
    checked, and the name of this computer.
    """
    import ipaddress
    import socket

    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        try:
            return [socket.inet_ntoa(socket.inet_aton(host))]  # 127.1, 0x7f000001, 2130706433
        except OSError:
            return []


def _check_peer(response: httpx.Response) -> None:
    # The name may have been looked up again, with another answer.
    peer = response.extensions["network_stream"].get_extra_info("server_addr")
    _check_public(response.url.host, str(peer[0]))


def _check_public(host: str, text: str) -> None:
    import ipaddress

    address = _innermost(ipaddress.ip_address(text))
    is_old_private = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    if not address.is_global or address.is_multicast or address.is_reserved or is_old_private:
        raise _Refusal(f"{brief(host)} is at {text}, {NOT_PUBLIC}")


def _innermost(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address inside an IPv6 one, where packets would go in the end."""
    import ipaddress

    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in ipaddress.IPv6Network(_NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


# --- what is asked, and what comes ---


def _headers(earlier: Validators) -> dict[str, str]:
    from consentsig import __version__

    headers = {
        "Accept": STATUS_LIST.typ,
        "Accept-Encoding": "identity",
        "User-Agent": f"consentsig/{__version__}",
    }
    if earlier.etag is not None:
        headers["If-None-Match"] = earlier.etag
    if earlier.last_modified is not None:
        headers["If-Modified-Since"] = earlier.last_modified
    return headers


def _check_form(response: httpx.Response) -> None:
    headers = response.headers
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _TYPES:
        raise _Refusal(f"is of type {brief(media_type)}, expected {STATUS_LIST.typ}")
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise _Refusal(f"comes in the encoding {brief(encoding)}, which was not asked for")


def _body(response: httpx.Response, limit: int) -> bytes:
    said = response.headers.get("content-length", "0")
    if len(said) > 19 or int(said) > limit:  # the reader of HTTP lets only digits through
        raise _Refusal(f"is {brief(said)} bytes, expected at most {limit}")
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > limit:
            raise _Refusal(f"is longer than {limit} bytes, which no list is")
    return bytes(body)


def _validators(headers: httpx.Headers) -> Validators:
    values = (headers.get(name) for name in ("etag", "last-modified"))
    return Validators(*(value if value and _can_be_sent(value) else None for value in values))


def _can_be_sent(value: str) -> bool:
    return len(value) <= MAX_VALIDATOR_LEN and value.isascii() and value.isprintable()


# --- in words ---


def _reason(error: BaseException, limits: Limits) -> str:
    import ssl

    import httpx

    if isinstance(error, httpx.TimeoutException):
        return f"nothing came for {limits.each} seconds"
    if isinstance(error, httpx.ProxyError):
        return f"the proxy refuses: {brief(str(error))}"
    cause = _first_os_error(error)
    match cause:
        case ssl.SSLCertVerificationError():
            return f"the certificate is wrong: {cause.verify_message}"
        case ssl.SSLError():
            return f"TLS fails, as where plain http is spoken: {brief(cause.reason or str(cause))}"
        case OSError():
            return (cause.strerror or str(cause)).lower() or type(cause).__name__
    return f"the answer breaks off or is not HTTP: {brief(str(error))}"


def _first_os_error(error: BaseException | None) -> OSError | None:
    """The error of the operating system or of TLS beneath what httpx made of it."""
    while error is not None and not isinstance(error, OSError):
        error = error.__cause__ or error.__context__  # httpcore hides the cause of some
    return error
