"""A test that is played before the first one is marked, in the process that is going to be copied.

What Python makes when code runs for the first time, such as faster bytecode, caches and codecs, is
then there in each copy. A copy that made it itself would need time for it each time anew, and more
for its own copy of the memory that it would write to.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workshop.isolation import capabilities, evidence, landlock, seccomp
from workshop.isolation.host import Host
from workshop.isolation.learner import Returning
from workshop.isolation.observers import Observers
from workshop.isolation.submission import Submission
from workshop.isolation.wire import Wire, encode

Message = dict[str, Any]

TIMES = 8
"""As often as Python 3.11 runs a function until it makes its bytecode faster."""
_MODULE = "_rehearsed"
_SOURCE = """\
import asyncio
import json
import logging
import uuid
from datetime import datetime, timezone

logger = logging.getLogger(__name__)


class Sender:
    def __init__(self, client):
        self.client = client

    async def send(self, path, to):
        try:
            with path.open("rb") as file:
                answer = await self.client.post(to, files={"file": (path.name, file)})
            return answer.json() if answer.status_code == 200 else None
        except ConnectionError as error:
            logger.error("%s was not sent: %r", path.name, error)
            return None


async def save(path):
    entry = {"Value": str(uuid.uuid4()), "Time": datetime.now(timezone.utc).isoformat()}
    await asyncio.to_thread(path.write_text, json.dumps(entry, indent=4), encoding="utf-8")


async def play(client, path):
    await save(path)
    sender = Sender(client)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        sent = group.create_task(sender.send(path, "/there"))
    return await asyncio.gather(sender.send(path, "/gone"), asyncio.sleep(0, sent.result()))
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
        for _ in range(TIMES):
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
    host = Host(submission, _MODULE)
    evidence.begin()
    learner = Returning(wire, host, Observers(submission))
    with learner.watching():
        loop = asyncio.new_event_loop()
        learner.report(by_signal=False)
        learner.listen(loop)
        host.load()
        learner.run(loop)
    learner.listener.join()
    logging.getLogger().handlers.pop()
    submission.forget()
    sys.meta_path.remove(submission)


def _test(wire: Wire, folder: Path) -> None:
    """Be the test: call, answer what is asked, and look."""
    args = ["t", ["client", 1, _CLIENT], encode(folder / "sent.json")]
    try:
        wire.send({"op": "call", "id": 1, "name": "play", "args": args, "kwargs": ["d"]})
        while (message := wire.receive())["op"] != "done":
            if message["op"] == "request":
                _answer(wire, message["id"], message["url"].endswith("/there"))
        wire.send({"op": "beat", "id": 2, "path": None})
        wire.send({"op": "look", "id": 3})
        for _ in range(2):
            wire.receive()
    finally:
        wire.hang_up()


def _answer(wire: Wire, number: int, well: bool) -> None:
    reply: Message = {"op": "reply", "id": number, "last": False}
    if not well:
        wire.send(reply | {"error": encode(ConnectionError("no way")), "last": True})
        return
    wire.send(reply | {"value": encode({"status": 200, "headers": [("x-a", "b")]})})
    wire.send(reply | {"value": encode(b'{"status": true}')})
    wire.send(reply | {"value": None, "last": True})
