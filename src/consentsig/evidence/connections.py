"""Connections to the hosts of lists: each goes to an address that was checked, and to no other.

A name is looked up once for each connection. All its addresses are checked before any is
connected to, and the connection is made to one of them by number, so a name that changes its
answer in between gains nothing. The certificate is checked for the name.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Final

import httpcore
import httpx

from consentsig.errors import brief
from consentsig.evidence.network_addresses import Refusal, check_addresses

if TYPE_CHECKING:
    from collections.abc import Iterable

HTTP_ERRORS: Final = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
)
_MAX_TRIED: Final = 8  # addresses of one host; a hostile name server may give hundreds
_IDLE: Final = 5  # seconds for which an unused connection is kept


def open_pool(proxy: str | None, *, allow_private: bool) -> httpcore.AsyncConnectionPool:
    """Connections through *proxy*, or direct ones.

    Args:
        proxy: The address of a proxy. It is the user's own choice, so it may be private, and
            it makes the connections: where to is not checked here.
        allow_private: Whether direct connections may go to addresses that are not public.

    Raises:
        Refusal: The proxy or the certificates that the environment names cannot be used.
    """
    return httpcore.AsyncConnectionPool(
        ssl_context=_certificates(),
        proxy=None if proxy is None else _proxy(proxy),
        max_connections=None,  # the caller decides how much is fetched at once
        max_keepalive_connections=20,
        keepalive_expiry=_IDLE,
        network_backend=_Network(allow_private=allow_private or proxy is not None),
    )


def _certificates() -> ssl.SSLContext:
    try:
        return httpx.create_ssl_context(trust_env=True)
    except OSError as error:
        raise Refusal(
            f"the certificates named by SSL_CERT_FILE or SSL_CERT_DIR cannot be read: {error}"
        ) from None


def _proxy(address: str) -> httpcore.Proxy:
    try:
        proxy = httpx.Proxy(address)
        if proxy.url.scheme.startswith("socks5"):
            importlib.import_module("socksio")
    except (ImportError, ValueError, httpx.InvalidURL):  # its address may hold a password
        raise Refusal(
            "the proxy named in the environment cannot be used, expected http:// or https://"
        ) from None
    url = proxy.url
    return httpcore.Proxy(
        httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        auth=proxy.raw_auth,
    )


class _Network(httpcore.AsyncNetworkBackend):
    """Connects to the checked addresses of a host, one after another until one answers."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        async def connect(address: str) -> httpcore.AsyncNetworkStream:
            return await self._network.connect_tcp(
                address, port, timeout, local_address, socket_options
            )

        *others, last = (await self._addresses(host, timeout))[:_MAX_TRIED]
        for address in others:
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await connect(address)
        return await connect(last)

    async def _addresses(self, host: str, seconds: float | None) -> list[str]:
        try:
            async with asyncio.timeout(seconds):
                addresses = await _look_up(host)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(error) from error
        if not self._allow_private:
            check_addresses(host, addresses)
        return addresses


async def _look_up(host: str) -> list[str]:
    """The addresses of *host*, as :func:`socket.getaddrinfo` knows them; at least one.

    It cannot be interrupted, so it runs in a thread that may be left behind. The loop's own
    threads would hold up the end of the loop, and others the end of the process.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str] | Refusal] = loop.create_future()

    def settle(found: list[str] | Refusal) -> None:
        if not answer.done():
            answer.set_result(found)

    def look_up() -> None:
        found = _resolve(host)
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, found)

    threading.Thread(target=look_up, daemon=True).start()
    found = await answer
    if isinstance(found, Refusal):
        raise found
    return found


def _resolve(host: str) -> list[str] | Refusal:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, ValueError) as error:  # a UnicodeError, from IDNA
        why = error.strerror if isinstance(error, OSError) else "no host can be called so"
        return Refusal(f"the host {brief(host)} is not found: {why}")
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
    return addresses or Refusal(f"the host {brief(host)} is not found: it has no address")


def reason(error: BaseException, seconds: float) -> str:
    """Why a connection failed, in words.

    Args:
        error: One of ``HTTP_ERRORS``, or of the operating system.
        seconds: How long each wait was allowed to be.
    """
    if isinstance(error, httpcore.TimeoutException):
        return f"nothing came for {seconds} seconds"
    if isinstance(error, httpcore.ProxyError):
        return f"the proxy refuses: {brief(str(error))}"
    cause = _deepest_os_error(error)
    match cause:
        case ssl.SSLCertVerificationError():
            return f"the certificate is wrong: {cause.verify_message}"
        case ssl.SSLError():
            return f"TLS fails, as where plain http is spoken: {brief(cause.reason or str(cause))}"
        case OSError():
            # asyncio writes texts of its own, but keeps the number.
            text = os.strerror(cause.errno) if cause.errno else str(cause)
            return text.lower() or type(cause).__name__
    return f"the answer breaks off or is not HTTP: {brief(str(error))}"


def _deepest_os_error(error: BaseException | None) -> OSError | None:
    """The error of the operating system or of TLS from which the others were made."""
    deepest = None
    while error is not None:
        deepest = error if isinstance(error, OSError) else deepest
        error = error.__cause__ or error.__context__  # httpcore hides the cause of some
    return deepest
