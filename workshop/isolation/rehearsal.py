"""A test that is played before the first one is marked, in the process that is going to be copied.

What Python makes when code runs for the first time, such as faster bytecode, caches and codecs, is
then there in each copy. A copy that made it itself would need time for it each time anew, and more
for its own copy of the memory that it would write to.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workshop.isolation import capabilities, evidence, landlock, seccomp, stage
from workshop.isolation.host import Host
from workshop.isolation.learner import Learner
from workshop.isolation.observers import Observers
from workshop.isolation.submission import Submission
from workshop.isolation.wire import Wire, encode

Message = dict[str, Any]

_TIMES = 8
"""As often as Python 3.11 runs a function until it makes its bytecode faster."""
_MODULE = "_rehearsed"
_SOURCE = """\
import asyncio
import logging

logger = logging.getLogger(__name__)


class Asker:
    def __init__(self, client):
        self.client = client

    async def ask(self, path):
        answer = await self.client.post("/", json={"path": str(path)})
        return answer.status_code, answer.json()


async def play(client, path):
    try:
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            asked = group.create_task(Asker(client).ask(path))
            await asyncio.gather(asyncio.sleep(0), asyncio.to_thread(path.exists))
        return asked.result()
    finally:
        await asyncio.sleep(0)
"""
_CLIENT = {
    "base_url": "http://127.0.0.1",
    "headers": [["accept", "*/*"]],
    "timeout": dict.fromkeys(("connect", "read", "write", "pool"), 5.0),
    "follow_redirects": False,
}


def rehearse() -> None:
    """Play it. Nothing of it is left: no thread, no module, nothing that watches."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, f"{_MODULE}.py").write_text(_SOURCE, encoding="utf-8")
        for _ in range(_TIMES):
            _play(Path(folder))
        _in_a_thread(_wall_in, Path(folder))
    tempfile.tempdir = None  # each copy has a folder of its own for what is temporary


def _in_a_thread(function: Callable[..., None], *args: Any) -> None:
    thread = threading.Thread(target=function, args=args)
    thread.start()
    thread.join()


def _wall_in(folder: Path) -> None:
    """Put up the walls that stand around the calling thread alone, and end with it."""
    with contextlib.suppress(OSError):  # whoever asks for walls knows which of them stand
        capabilities.give_up([])
        landlock.put_up([folder], landlock.libraries())
        seccomp.put_up(also={})


def _play(folder: Path) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        test = threading.Thread(target=_test, args=[Wire(ours.fileno()), folder])
        test.start()
        _learn(Wire(theirs.fileno()), folder)
        test.join()


def _learn(wire: Wire, folder: Path) -> None:
    """Be the learner's process, as `learner.main` is, but for the walls."""
    submission = Submission(folder)
    sys.meta_path.append(submission)
    observers = Observers(submission)
    host = Host(submission, _MODULE)
    evidence.begin()
    learner = _Learner(wire, host, observers)
    with observers.watching(), stage.noticing_coroutines(submission) as never_awaited:
        learner.never_awaited = never_awaited
        loop = asyncio.new_event_loop()
        learner.listen(loop)
        host.load()
        learner.run(loop)
    learner.listener.join()
    submission.forget()
    sys.meta_path.remove(submission)


class _Learner(Learner):
    """Goes on when the test is over."""

    def __init__(self, wire: Wire, host: Host, observers: Observers) -> None:
        super().__init__(wire, host, observers)
        self._over = asyncio.Event()
        self.listener: threading.Thread

    def _hung_up(self) -> None:
        self.listener = threading.current_thread()
        self._loop.call_soon_threadsafe(self._over.set)

    async def _until_over(self) -> None:
        await self._over.wait()


def _test(wire: Wire, folder: Path) -> None:
    """Be the test: call, answer what is asked, and look."""
    args = ["t", ["client", 1, _CLIENT], encode(folder)]
    try:
        wire.send({"op": "call", "id": 1, "name": "play", "args": args, "kwargs": ["d"]})
        while (message := wire.receive())["op"] != "done":
            if message["op"] == "request":
                _answer(wire, message["id"])
        wire.send({"op": "beat", "id": 2, "path": None})
        wire.send({"op": "look", "id": 3})
        for _ in range(2):
            wire.receive()
    finally:
        wire.hang_up()


def _answer(wire: Wire, number: int) -> None:
    head = {"status": 200, "headers": [("content-type", "application/json")]}
    for value in (head, b'{"status": true}', None):
        reply = {"op": "reply", "id": number, "last": value is None}
        wire.send(reply | {"value": encode(value)})
