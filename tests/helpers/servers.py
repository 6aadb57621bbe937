"""Servers on loopback that answer as a test says, however hostile, and a proxy before them."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Self

import trustme

HOST = "127.0.0.1"
PROXY_VARIABLES = tuple(
    name for base in ("https_proxy", "all_proxy", "no_proxy") for name in (base, base.upper())
)


class Request(NamedTuple):
    """What a client asked, its header names in lower case."""

    line: str
    headers: dict[str, str]

    @property
    def path(self) -> str:
        return self.line.split()[1]


_KEPT = "Connection: keep-alive"
Answer = Callable[[Request], bytes | Iterable[bytes]]


class Authority(NamedTuple):
    """Certificates for loopback, and for the host of the tests' contracts."""

    file: Path
    good: ssl.SSLContext
    other_host: ssl.SSLContext
    unknown: ssl.SSLContext


def make_authority(folder: Path) -> Authority:
    ours, theirs = trustme.CA(), trustme.CA()
    file = folder / "ca.pem"
    ours.cert_pem.write_to_path(file)
    names = ("localhost", HOST, "ana.example")
    return Authority(file, _context(ours, *names), _context(ours, "b.example"),
                     _context(theirs, *names))  # fmt: skip


def _context(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


class Server:
    """Answers what it is asked. Use ``with``.

    A connection ends with its first answer, unless that says that it is kept open.

    Attributes:
        connections: How many were made, whether or not anything was asked.
        open: Those of them that are open still.
        requests: What was asked.
    """

    def __init__(self, answer: Answer, context: ssl.SSLContext | None) -> None:
        self.answer = answer
        self.context = context
        self.connections = 0
        self.open: set[socket.socket] = set()
        self.requests: list[Request] = []
        self.listening = socket.create_server((HOST, 0))
        self.port: int = self.listening.getsockname()[1]
        self.uri = f"https://{HOST}:{self.port}/consent-list"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # it is closed
            while True:
                connection = self.listening.accept()[0]
                self.connections += 1
                self.open.add(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            self._answer(connection)
        finally:
            self.open.remove(connection)

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):  # the client may leave when it likes
            if self.context is None and connection.recv(1, socket.MSG_PEEK) == b"\x16":
                connection.sendall(response(status="400 Bad Request"))  # TLS, as servers answer it
            elif self.context is None:
                self._talk(connection)
            else:
                with self.context.wrap_socket(connection, server_side=True) as wrapped:
                    self._talk(wrapped)

    def _talk(self, connection: socket.socket) -> None:
        is_kept = True
        while is_kept:
            request = read_request(connection)
            self.requests.append(request)
            answer = self.answer(request)
            for part in [answer] if isinstance(answer, bytes) else answer:
                connection.sendall(part)
            is_kept = isinstance(answer, bytes) and _KEPT.encode() in answer


class Proxy(Server):
    """A proxy of which every tunnel leads to *target*."""

    def __init__(self, target: Server) -> None:
        super().__init__(lambda _: b"", None)
        self.target = target
        self.uri = f"http://user:secret@{HOST}:{self.port}"

    def _talk(self, connection: socket.socket) -> None:
        self.requests.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with socket.create_connection((HOST, self.target.port)) as onward:
            back = threading.Thread(target=_pour, args=(onward, connection), daemon=True)
            back.start()
            _pour(connection, onward)
            back.join()


def _pour(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def read_request(connection: socket.socket) -> Request:
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65_536)
        if not part:
            raise ConnectionError
        data += part
    first, *rest = data.decode().removesuffix("\r\n\r\n").split("\r\n")
    pairs = (each.partition(":") for each in rest)
    return Request(first, {name.lower(): value.strip() for name, _, value in pairs})


def response(
    body: bytes = b"",
    status: str = "200 OK",
    *,
    length: bool = True,
    kept: bool = False,
    **headers: str,
) -> bytes:
    """An answer; of a header's name the underlines become hyphens."""
    lines = [f"HTTP/1.1 {status}", _KEPT if kept else "Connection: close"]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def redirect(to: str) -> bytes:
    return response(status="302 Found", Location=to)


def drip(start: bytes, pause: threading.Event) -> Iterator[bytes]:
    """*start*, then a byte at a time until *pause* is set."""
    yield start
    while not pause.wait(0.05):
        yield b"a"


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.create_server((HOST, 0)) as server:
        return int(server.getsockname()[1])
