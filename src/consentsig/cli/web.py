"""``web``: the page on which anybody checks a contract in a browser, written or shown here."""

import sys
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Annotated, Final

import typer

from consentsig.cli.publishing import list_page
from consentsig.cli.terminal import arguments, output
from consentsig.cli.terminal.output import Problem, line
from consentsig.home import files
from consentsig.web import standalone

app = arguments.command_app()

_HOST: Final = "127.0.0.1"
_MARK: Final = "<!-- written by consentsig web -->"
# What the verifier begins with, in whichever version.
_MODULE_MARK: Final = f"// {standalone.VERIFIER} - "
_OPENING: Final = """<header>
<h1>Does this contract permit it?</h1>
<p>Check a contract for one creative work: who may use it, for what, until when. No account, no
network, nothing to install: what you choose stays on this computer.</p>
</header>"""


@arguments.command(app, "consentsig web --out site", "consentsig web --serve")
def web(
    out: Annotated[str | None, typer.Option(metavar="DIR", help="Write the page to DIR.")] = None,
    serve: Annotated[
        bool, typer.Option("--serve", help="Show the page on this computer until Ctrl-C.")
    ] = False,
    port: Annotated[
        int, typer.Option(metavar="N", min=0, max=65_535, help="The port. 0 chooses a free one.")
    ] = 0,
    folder: arguments.HomeFolder = None,
) -> int:
    """Make a page that checks contracts in a browser.

    The page is one file that works without a network. Its verifier is also written beside it
    as consentsig.mjs, for programs.
    """
    del folder  # accepted everywhere; nothing is looked up here
    if serve == (out is not None):
        raise Problem(
            "should the page be written or shown? one of the two is needed",
            "consentsig web --out DIR",
            "consentsig web --serve",
        )
    if out is not None:
        _write(Path(out))
    else:
        _serve(port)
    return output.HOLDS


def verifier_page() -> str:
    """The page, the same bytes each time."""
    return standalone.page(
        mark=_MARK,
        title="Check a contract",
        opening=_OPENING,
        card="",
        contract=standalone.source("choose.html"),
        says="hidden",
        text="",
        trust="",
        embedded="",
    )


def _write(folder: Path) -> None:
    made = {
        folder / "index.html": (verifier_page(), _MARK),
        folder / standalone.VERIFIER: (standalone.source(standalone.VERIFIER), _MODULE_MARK),
    }
    for path, (_, mark) in made.items():
        if not list_page.may_replace(path, mark):
            raise Problem(
                f"{path}: was not written by this command, so it is never overwritten",
                "name another folder with --out",
            )
    arguments.make_out(folder)
    for path, (text, _) in made.items():
        files.replace(path, text.encode())
        line(f"{path}")
    output.say("Open index.html in a browser, or upload both files to your site.")


class _Handler(BaseHTTPRequestHandler):
    """Answers with one of *answers*, by path: its media type and its bytes."""

    def __init__(self, answers: dict[str, tuple[str, bytes]], *connection: object) -> None:
        self.answers = answers
        super().__init__(*connection)  # type: ignore[arg-type]  # what the server hands on

    def do_GET(self) -> None:
        """Answer, headers and body."""
        self.wfile.write(self._head())

    def do_HEAD(self) -> None:
        """Answer with the headers alone."""
        self._head()

    def _head(self) -> bytes:
        path = self.path.partition("?")[0]
        status = 200 if path in self.answers else 404
        kind, body = self.answers.get(path, ("text/plain", b"there is nothing here\n"))
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", f"{_policy()}; frame-ancestors 'none'")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        return body

    def log_message(self, *_: object) -> None:
        """Say nothing: who asks sees the page."""


def _policy() -> str:
    return standalone.policy(standalone.program(), standalone.source("style.css"))


def _answers() -> dict[str, tuple[str, bytes]]:
    html = ("text/html", verifier_page().encode())
    module = ("text/javascript", standalone.source(standalone.VERIFIER).encode())
    return {"/": html, "/index.html": html, f"/{standalone.VERIFIER}": module}


def _serve(port: int) -> None:
    """Answer on loopback, which no other computer reaches, until somebody ends it."""
    try:
        server = ThreadingHTTPServer((_HOST, port), partial(_Handler, _answers()))
    except OSError as error:
        raise Problem(
            f"port {port} cannot be had: {output.os_error(error)}", "leave --port out"
        ) from None
    with server:
        line(f"http://{_HOST}:{server.server_port}/")
        sys.stdout.flush()  # whoever reads it through a pipe must not wait for the end
        output.say("Open this address in a browser. Ctrl-C ends it.")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            output.say()
