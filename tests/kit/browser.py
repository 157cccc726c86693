"""A Chromium without a window, driven over its DevTools protocol.

It listens on a pipe rather than a port (`--remote-debugging-pipe`): two file descriptors, on which
JSON messages end in a zero byte. When the pipe closes, whatever the reason, Chromium ends.
https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 60.0
"""Seconds to wait for an answer or an event, whatever else is told meanwhile."""
OPTIONS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",  # which root, in a container, cannot have; only our own pages are opened
    "--no-first-run",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)


def find_browser() -> str | None:
    """The path of a Chromium; None where there is none, or where it cannot be driven this way."""
    if sys.platform != "linux":
        return None
    return next(filter(None, map(shutil.which, NAMES)), None)


class BrowserGone(Exception):
    """The browser has ended, or does not answer. The text tells what it wrote last."""


class Browser:
    """Runs until it is closed. `profile` is an empty folder for all that it keeps."""

    def __init__(self, program: str, profile: Path) -> None:
        self._log = profile / "browser.log"
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        # Out of the way of 3 and 4, which are what the browser reads and writes.
        high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 64) for end in (theirs_in, theirs_out)]
        log = os.open(self._log, os.O_WRONLY | os.O_CREAT, 0o600)
        self._pid = os.posix_spawn(
            program,
            [program, *OPTIONS, f"--user-data-dir={profile / 'profile'}", "about:blank"],
            {**os.environ, "HOME": str(profile)},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, log, 1),
                (os.POSIX_SPAWN_DUP2, log, 2),
                (os.POSIX_SPAWN_DUP2, high[0], 3),
                (os.POSIX_SPAWN_DUP2, high[1], 4),
            ],
            setsid=True,
        )
        for end in (theirs_in, theirs_out, *high, log):
            os.close(end)
        os.set_blocking(ours_out, False)
        self._in, self._out = ours_in, ours_out
        self._unread = bytearray()
        self._asked = 0
        self.events: list[dict[str, Any]] = []
        """All that has happened and that nobody has looked at yet."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._out)
        os.close(self._in)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)

    def ask(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Call `method` and wait for its result. Raises BrowserGone, RuntimeError on an error."""
        self._asked += 1
        number = self._asked
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        until = time.monotonic() + PATIENCE
        self._send(json.dumps(message).encode() + b"\0", until)
        while True:
            answer = self._receive(until)
            if answer.get("id") == number:
                break
            self.events.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def wait_for(self, method: str, session: str) -> dict[str, Any]:
        """What came with the event `method`, which may have happened already."""
        until, seen = time.monotonic() + PATIENCE, 0
        while True:
            for place, event in enumerate(self.events[seen:], seen):
                if event.get("method") == method and event.get("sessionId") == session:
                    return self.events.pop(place)["params"]
            seen = len(self.events)
            self.events.append(self._receive(until))

    def open(self, path: Path, *, width: int = 1280, height: int = 900, dark: bool = False) -> Page:
        """A new tab in which the file `path` has been loaded."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, target, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.ask(f"{domain}.enable")
        page.resize(width, height)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.ask("Emulation.setEmulatedMedia", features=[scheme])
        page.go(path.absolute().as_uri())
        return page

    def _send(self, message: bytes, until: float) -> None:
        try:
            while message:
                self._wait(self._out, select.POLLOUT, until)
                message = message[os.write(self._out, message) :]
        except BrokenPipeError:
            raise BrowserGone(self._last_words()) from None

    def _receive(self, until: float) -> dict[str, Any]:
        while b"\0" not in self._unread:
            self._wait(self._in, select.POLLIN, until)
            if not (read := os.read(self._in, 2**20)):
                raise BrowserGone(self._last_words())
            self._unread += read
        read, _, self._unread = self._unread.partition(b"\0")
        message = json.loads(read)
        if message.get("method") == "Page.javascriptDialogOpening":
            self._close_dialog(message["sessionId"], until)
        return message

    def _wait(self, end: int, readiness: int, until: float) -> None:
        """Wait for the pipe. Raises BrowserGone when it is not ready by `until`."""
        poll = select.poll()
        poll.register(end, readiness)
        if not poll.poll(max(0, until - time.monotonic()) * 1000):
            raise BrowserGone(f"It did not answer in {PATIENCE:g} s. {self._last_words()}")

    def _close_dialog(self, session: str, until: float) -> None:
        """A page that shows a dialog answers nothing until it is closed."""
        closing = {"id": 0, "method": "Page.handleJavaScriptDialog", "params": {"accept": False}}
        self._send(json.dumps(closing | {"sessionId": session}).encode() + b"\0", until)

    def _last_words(self) -> str:
        return self._log.read_text("utf-8", "replace")[-2000:]


class Page:
    """One tab of the browser, until it is closed."""

    def __init__(self, browser: Browser, target: str, session: str) -> None:
        self._browser = browser
        self._target = target
        self._session = session

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._browser.ask("Target.closeTarget", targetId=self._target)
        self._browser.events = [
            one for one in self._browser.events if one.get("sessionId") != self._session
        ]

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.ask(method, self._session, **parameters)

    def go(self, address: str) -> None:
        """Load `address`, and wait until it is there with all that belongs to it."""
        self.ask("Page.navigate", url=address)
        self.wait_for("Page.loadEventFired")

    def wait_for(self, method: str) -> dict[str, Any]:
        return self._browser.wait_for(method, self._session)

    def resize(self, width: int, height: int) -> None:
        """Make the window `width` by `height` CSS pixels."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def run(self, expression: str) -> Any:
        """The value of a JavaScript expression, as plain data. Raises RuntimeError if it throws."""
        answer = self.ask(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def texts(self, selector: str) -> list[str]:
        """The text of every element that fits `selector`, in the page's order."""
        found = f"[...document.querySelectorAll({json.dumps(selector)})]"
        return self.run(f"{found}.map(one => one.textContent.trim())")

    def click(self, selector: str, place: int = 0) -> None:
        """Press and let go the mouse's button over the `place`th element that fits."""
        one = f"document.querySelectorAll({json.dumps(selector)})[{place}]"
        self.run(f"{one}.scrollIntoView({{block: 'center'}})")
        x, y = self.run(
            f"(b => [b.x + b.width / 2, b.y + b.height / 2])({one}.getBoundingClientRect())"
        )
        self.point(x, y)
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def point(self, x: float, y: float) -> None:
        """Move the mouse there."""
        self.ask("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def press(self, key: str, code: int, text: str = "") -> None:
        """Press and let go a key, such as Enter: its name, key code and the text that it types."""
        self.ask(
            "Input.dispatchKeyEvent",
            type="keyDown",
            key=key,
            windowsVirtualKeyCode=code,
            text=text,
        )
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        """A picture of what is in the window, or of the whole page, as PNG."""
        picture = self.ask("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(picture["data"]))

    def pdf(self) -> bytes:
        """What comes out of the printer."""
        answer = self.ask("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
        return base64.b64decode(answer["data"])

    @property
    def requests(self) -> list[str]:
        """The addresses that were asked for so far, this page's own among them."""
        return [one["request"]["url"] for one in self._seen("Network.requestWillBeSent")]

    @property
    def complaints(self) -> list[str]:
        """What reached the console so far (words, errors, what the policy refused), and dialogs."""
        self.run("1")  # all that has happened before is told by then
        return [
            *(str(one["args"]) for one in self._seen("Runtime.consoleAPICalled")),
            *(str(one["exceptionDetails"]) for one in self._seen("Runtime.exceptionThrown")),
            *(one["entry"]["text"] for one in self._seen("Log.entryAdded")),
            *(one["message"] for one in self._seen("Page.javascriptDialogOpening")),
        ]

    def _seen(self, method: str) -> list[dict[str, Any]]:
        return [
            one["params"]
            for one in self._browser.events
            if one.get("method") == method and one.get("sessionId") == self._session
        ]
