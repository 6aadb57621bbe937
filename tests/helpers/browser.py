"""Chromium without a window, driven through a pipe by its DevTools protocol."""

import base64
import contextlib
import itertools
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from works import missing

_WAIT: Final = 60  # seconds until something that must happen counts as not happening
# The browser reads commands from descriptor 3 and answers on 4, each message ending with a NUL.
# Debian's sh takes no descriptor above 9.
_START: Final = 'exec "$0" "$@" 3<&{read} 4>&{write}'


def _chromium() -> str:
    """The path of Chromium; where it is missing, the test ends."""
    return shutil.which("chromium") or missing("chromium")


class Browser:
    """One page in a browser with a profile of its own."""

    def __init__(self, send: int, receive: int) -> None:
        self._send, self._receive = send, os.fdopen(receive, "rb", buffering=0)
        self._numbers = itertools.count(1)
        self._rest = b""
        self.session: str | None = None
        self.events: list[dict[str, Any]] = []

    def close(self) -> None:
        """Close both ends of ours."""
        os.close(self._send)
        self._receive.close()

    def command(self, method: str, **parameters: object) -> dict[str, Any]:
        """Run one command of the protocol; return its result."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self.session is not None:
            message["sessionId"] = self.session
        os.write(self._send, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != number:
            self.events.append(answer)
        assert "error" not in answer, (method, answer)
        result: dict[str, Any] = answer["result"]
        return result

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            part = self._receive.read(1 << 20)
            assert part, "the browser has ended"
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found

    def attach(self) -> None:
        """Talk to a new page from here on."""
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        attached = self.command("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log", "DOM"):
            self.command(f"{domain}.enable")

    def open(self, uri: str) -> None:
        """Show *uri*, and forget what happened before."""
        self.events.clear()
        self.command("Page.navigate", url=uri)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def run(self, script: str) -> Any:  # noqa: ANN401  # whatever the script says
        """The value of a JavaScript expression on the page."""
        answer = self.command(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, script: str) -> Any:  # noqa: ANN401  # as above
        """Wait until a JavaScript expression is true; return its value."""
        end = time.monotonic() + _WAIT
        while not (value := self.run(script)):
            assert time.monotonic() < end, (script, self.run("document.body.innerText"))
            time.sleep(0.05)
        return value

    def choose(self, field: str, *paths: Path) -> None:
        """Choose files in the field with the id *field*, as a person does."""
        root = self.command("DOM.getDocument")["root"]["nodeId"]
        node = self.command("DOM.querySelector", nodeId=root, selector=f"#{field}")["nodeId"]
        self.command("DOM.setFileInputFiles", nodeId=node, files=[str(each) for each in paths])

    def write(self, field: str, text: str) -> None:
        """Type *text* into the field with the id *field*."""
        self.run(f"document.getElementById('{field}').focus()")
        self.command("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        """Click on what *selector* finds."""
        self.run(f"document.querySelector({json.dumps(selector)}).click()")

    def picture(self) -> bytes:
        """The whole page, as PNG."""
        shot = self.command("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    @property
    def complaints(self) -> list[str]:
        """What was fetched from elsewhere, refused by the policy, or went wrong in a script."""
        self.run("1")  # so that what happened until now has arrived
        found = []
        for event in self.events:
            parameters = event.get("params", {})
            match event.get("method"):
                case "Network.requestWillBeSent":
                    uri = parameters["request"]["url"]
                    found += [] if uri.startswith(("file:", "data:", "blob:")) else [uri]
                case "Log.entryAdded":
                    found.append(parameters["entry"]["text"])
                case "Runtime.exceptionThrown":
                    found.append(str(parameters["exceptionDetails"]))
        return found


@contextlib.contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A browser that is gone after the block."""
    program = _chromium()
    (read, send), (receive, write) = os.pipe(), os.pipe()
    arguments = [
        *("--headless=new", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu"),
        *("--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"),
        *(f"--user-data-dir={profile}", "about:blank"),
    ]
    process = subprocess.Popen(
        ["/bin/bash", "-c", _START.format(read=read, write=write), program, *arguments],
        pass_fds=(read, write),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(read)
    os.close(write)
    page = Browser(send, receive)
    try:
        page.attach()
        yield page
    finally:
        page.close()  # upon which it ends
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
