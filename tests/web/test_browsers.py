"""The verifier in JavaScript gives every vector its answer in real browsers too."""

import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from consentsig.web import standalone
from works import missing

pytestmark = pytest.mark.posix

HERE = Path(__file__).parent
VECTORS = HERE.parents[1] / "vectors"
LIMIT = 240  # seconds until a browser that says nothing counts as failed

MEDIA_TYPES = {".html": "text/html", ".mjs": "text/javascript", ".json": "application/json"}


def chromium(profile: Path, uri: str) -> list[str]:
    return [
        *("chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"),
        *("--disable-dev-shm-usage", "--disable-background-networking"),
        # Without it the new headless mode ends as soon as the page is there.
        *("--remote-debugging-port=0", f"--user-data-dir={profile}", uri),
    ]


def firefox(profile: Path, uri: str) -> list[str]:
    return ["firefox-esr", "--headless", "--no-remote", "--profile", str(profile), uri]


def files() -> dict[str, bytes]:
    """What the browser may ask for, by path."""
    vectors = {
        str(path.relative_to(VECTORS)): json.loads(path.read_text("utf-8"))
        for path in sorted(VECTORS.glob("*/*.json"))
    }
    return {
        "/vectors.html": (HERE / "vectors.html").read_bytes(),
        "/checks.mjs": (HERE / "checks.mjs").read_bytes(),
        "/consentsig.mjs": standalone.source(standalone.VERIFIER).encode(),
        "/vectors.json": json.dumps(vectors).encode(),
        "/codepoints.txt": (HERE.parents[1] / "spec" / "codepoints.txt").read_bytes(),
    }


class Handler(BaseHTTPRequestHandler):
    """Hands out *files*, and puts what comes back into *reports*."""

    def __init__(
        self, files: dict[str, bytes], reports: queue.Queue[bytes], *connection: object
    ) -> None:
        self.files, self.reports = files, reports
        super().__init__(*connection)  # type: ignore[arg-type]  # what the server hands on

    def do_GET(self) -> None:
        data = self.files.get(self.path)
        self.send_response(200 if data is not None else 404)
        self.send_header("Content-Type", MEDIA_TYPES.get(Path(self.path).suffix, "text/plain"))
        self.end_headers()
        self.wfile.write(data or b"")

    def do_POST(self) -> None:
        self.reports.put(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(reports: queue.Queue[bytes]) -> Iterator[str]:
    """A server on loopback; the address of the page."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, files(), reports)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/vectors.html"
        server.shutdown()


def report_of(command: Callable[[Path, str], list[str]], folder: Path) -> dict[str, Any]:
    """What the page says after all vectors, in a browser with a profile of its own."""
    reports: queue.Queue[bytes] = queue.Queue()
    with serving(reports) as uri:
        program, *arguments = command(folder, uri)
        found = shutil.which(program) or missing(program)
        process = subprocess.Popen(
            [found, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            report: dict[str, Any] = json.loads(reports.get(timeout=LIMIT))
        finally:
            process.terminate()
            process.wait(20)
    return report


@pytest.mark.parametrize(
    ("command", "name"), [(chromium, "Chrome/"), (firefox, "Firefox/")], ids=["chromium", "firefox"]
)
def test_the_verifier_passes_every_vector_in_a_browser(
    command: Callable[[Path, str], list[str]], name: str, tmp_path: Path
) -> None:
    report = report_of(command, tmp_path)
    assert name in report["agent"]
    assert report["failed"] == []
    assert report["run"] == len(list(VECTORS.glob("*/*.json"))) > 1000
