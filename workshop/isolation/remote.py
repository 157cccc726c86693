"""The learner's code in a process of its own, seen from the test: calls, answers, evidence."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import shutil
import signal
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from workshop.isolation import evidence
from workshop.isolation.evidence import Spot
from workshop.isolation.stage import Ask, as_current
from workshop.isolation.submission import SubmissionError
from workshop.isolation.wire import Opaque, Wire, WireError, decode, encode
from workshop.isolation.zygote import Zygote

Message = dict[str, Any]

PATIENCE = 3.0
"""Seconds for an answer that the learner's process owes at once: it is a matter of milliseconds."""
TALK_LIMIT = 64 * 2**20
"""Bytes that one learner's process may send in one test."""
OUTPUT_KEPT = 64 * 2**10
"""Bytes of what it prints that are kept."""


class Died(SubmissionError):
    """The learner's process ended, or broke the rules of the wire."""


class Isolated:
    """A stage in a process of its own, forked for one test."""

    def __init__(self, zygote: Zygote, setup: Message) -> None:
        self.walls: list[str] = setup["walls"]
        self._zygote = zygote
        self._setup = setup
        self._numbers = itertools.count(1)
        self._answers: dict[int, Future[Message]] = {}
        self._objects: dict[int, int] = {}
        self._passed: dict[int, Any] = {}
        self._serving: dict[int, asyncio.Task[None]] = {}
        self._gates: dict[int, _RemoteGate] = {}
        self._where: Future[Message] = Future()
        self._loaded: Future[Message] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: str | None = None
        self._output = bytearray()
        self._lock = threading.Lock()
        self._pid = 0

    @contextmanager
    def open(self) -> Iterator[None]:
        """The stage of everything that happens inside the block."""
        ours, theirs = socket.socketpair()
        reading, writing = os.pipe()
        self._pid = self._zygote.fork(self._setup, theirs.fileno(), writing)
        theirs.close()
        os.close(writing)
        fd = ours.detach()
        self._wire = Wire(fd, fd, TALK_LIMIT)
        listeners = [
            threading.Thread(target=self._listen, daemon=True),
            threading.Thread(target=self._drain, args=(reading,), daemon=True),
        ]
        for listener in listeners:
            listener.start()
        try:
            with as_current(self):
                yield
        finally:
            self._end()
            for listener in listeners:
                listener.join()
            self._wire.close()
            os.close(reading)

    def load(self) -> None:
        """Wait until the learner's module is imported. A failure shows when it is called."""
        self._loaded.result()

    def construct(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Make an object of a learner's class, or call a plain function."""
        __tracebackhide__ = True
        number, future = self._ask({"op": "construct", **self._call(name, args, kwargs)})
        return self._value(future.result(), number)

    async def call(self, name: str, of: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call an async function, or an async method of the object `of`."""
        __tracebackhide__ = True
        message = {"op": "call", **self._call(name, args, kwargs)}
        number, future = self._ask(message | ({"of": of.number} if of else {}))
        while True:
            try:
                reply = await asyncio.shield(asyncio.wrap_future(future))
                break
            except asyncio.CancelledError:
                if self._ending is not None:
                    raise
                # So is the learner's code; what it answers shows whether it lets itself be.
                self._tell({"op": "cancel", "id": number})
        return self._value(reply, number)

    async def beat(self) -> None:
        """The learner's loop and one of its worker threads take a turn."""
        await asyncio.sleep(0)
        await self._owed({"op": "beat"})

    async def look(self) -> None:
        """Bring the evidence of open files and running tasks up to date."""
        self._note(await self._owed({"op": "look"}))

    def add_gate(self, folder: Path, ask: Ask | None) -> _RemoteGate:
        self._loop = asyncio.get_running_loop()
        gate = _RemoteGate(ask)
        number = next(self._numbers)
        gate.number = number
        self._gates[number] = gate
        self._tell({"op": "gate", "id": number, "folder": str(folder.resolve())})
        return gate

    def remove_gate(self, gate: _RemoteGate) -> None:
        gate.release()
        self._tell({"op": "no gate", "id": gate.number})

    def out_of_time(self, frame: Any) -> None:
        """Keep, as evidence, the learner's line that runs now, or those that are waited at, and
        end its process: nothing more is to be had from it.
        """
        with contextlib.suppress(OSError, TimeoutError):
            if self._pid:
                os.kill(self._pid, signal.SIGUSR1)
            evidence.current().waiting += _spots(self._where.result(0.5).get("spots"))
        self._end()

    def last_look(self) -> None:
        """Bring the evidence up to date, for a test that has failed."""
        if self._ending is None:
            with contextlib.suppress(TimeoutError, SubmissionError):
                self._note(self._ask({"op": "look"})[1].result(1.0))

    def output(self) -> str:
        """What the code printed."""
        return self._output.decode("utf-8", "replace")

    # --- asking ----------------------------------------------------------------------------------

    def _call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Message:
        with contextlib.suppress(RuntimeError):
            self._loop = asyncio.get_running_loop()
        return {
            "name": name,
            "args": encode(args, self._pass),
            "kwargs": encode(kwargs, self._pass),
        }

    def _ask(self, message: Message) -> tuple[int, Future[Message]]:
        number = next(self._numbers)
        future: Future[Message] = Future()
        self._answers[number] = future
        if self._ending is not None:
            raise Died(self._ending)
        self._tell(message | {"id": number})
        return number, future

    async def _owed(self, message: Message) -> Message:
        _, future = self._ask(message)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), PATIENCE)
        except TimeoutError:
            self.out_of_time(None)
            raise AssertionError("the event loop to go on answering") from None

    def _tell(self, message: Message) -> None:
        with contextlib.suppress(WireError):
            self._wire.send(message)

    def _value(self, reply: Message, number: int) -> Any:
        __tracebackhide__ = True
        seen = evidence.current()
        seen.blocked = _spots(reply.get("blocked")) or seen.blocked
        seen.strangers += ["unknown"] if reply.get("strangers") else []
        if "error" not in reply:
            value = decode(reply.get("value"))
            return _Handle(number, value) if isinstance(value, Opaque) else value
        error = decode(reply["error"])
        if "died" in reply:
            raise Died(reply["died"])
        if reply.get("unusable"):
            raise SubmissionError(str(error)[:1000])
        if not isinstance(error, BaseException):
            raise Died("Your code broke off the conversation with its test.")
        for spot in _spots([reply.get("raised")]):
            seen.keep_error(error, spot)
        raise error

    def _note(self, reply: Message) -> None:
        seen = evidence.current()
        for kind in ("files_open", "tasks_left", "never_awaited", "blocked"):
            setattr(seen, kind, _spots(reply.get(kind)))

    # --- what a test passes in -------------------------------------------------------------------

    def _pass(self, value: Any) -> list[Any] | None:
        """How a client, or something to call, is told to the other side."""
        if isinstance(value, _Handle):
            return None
        if isinstance(value, httpx.AsyncClient):
            return ["client", self._handle(value), _settings(value)]
        if callable(value):
            return ["callable", self._handle(value), str(getattr(value, "__name__", "fetch"))]
        return None

    def _handle(self, value: Any) -> int:
        for number, known in self._passed.items():
            if known is value:
                return number
        number = next(self._numbers)
        self._passed[number] = value
        return number

    async def _callback(self, number: int, message: Message) -> None:
        function = self._passed[message["handle"]]
        value = await function(*decode(message["args"]), **decode(message["kwargs"]))
        self._reply(number, value, last=True)

    async def _request(self, number: int, message: Message) -> None:
        client = self._passed[message["client"]]
        if not str(message["url"]).startswith(str(client.base_url)):
            raise httpx.ConnectError("Only the server of the client that was passed in is there.")
        request = httpx.Request(
            message["method"],
            message["url"],
            headers=[(str(name), str(value)) for name, value in message["headers"]],
            content=decode(message["body"]),
            extensions={"timeout": message["timeout"]},
        )
        response = await client.send(request, stream=True, follow_redirects=False, auth=None)
        try:
            headers = [tuple(header) for header in response.headers.multi_items()]
            self._reply(number, {"status": response.status_code, "headers": headers})
            async for piece in _raw(response):
                self._reply(number, piece)
            self._reply(number, None, last=True)
        finally:
            await response.aclose()

    def _reply(self, number: int, value: Any, last: bool = False) -> None:
        self._tell({"op": "reply", "id": number, "value": encode(value), "last": last})

    async def _serve(self, number: int, message: Message) -> None:
        try:
            if message["op"] == "request":
                await self._request(number, message)
            else:
                await self._callback(number, message)
        except asyncio.CancelledError as error:
            self._tell({"op": "reply", "id": number, "error": encode(error), "last": True})
            raise
        except Exception as error:
            self._tell({"op": "reply", "id": number, "error": encode(error), "last": True})
        finally:
            self._serving.pop(number, None)

    # --- listening -------------------------------------------------------------------------------

    def _listen(self) -> None:
        try:
            while True:
                self._received(self._wire.receive())
        except Exception as error:  # the other side may send anything at all
            self._gone(error)

    def _received(self, message: Message) -> None:
        match message["op"]:
            case "done" | "beaten" | "seen":
                self._answers.pop(message["id"]).set_result(message)
            case "loading":
                pass
            case "loaded":
                self._loaded.set_result(message)
            case "where":
                self._where.set_result(message)
            case "log":
                self._on_loop(_log, message)
            case _:
                self._on_loop(self._dispatch, message)

    def _on_loop(self, function: Any, message: Message) -> None:
        if self._loop is None:
            function(message)
        else:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the test is over
                self._loop.call_soon_threadsafe(function, message)

    def _dispatch(self, message: Message) -> None:
        number = message.get("id", 0)
        match message["op"]:
            case "request" | "callback":
                task = asyncio.get_running_loop().create_task(self._serve(number, message))
                self._serving[number] = task
            case "abandon" if number in self._serving:
                self._serving[number].cancel()
            case "opened" if message["gate"] in self._gates:
                self._opened(number, message)

    def _opened(self, number: int, message: Message) -> None:
        gate = self._gates[message["gate"]]
        gate.reached = True
        if message.get("on_the_loop"):
            gate.on_the_loop = True
            return

        async def ask() -> None:
            await gate.ask(str(message["name"]))
            self._tell({"op": "go", "id": number})

        task = asyncio.get_running_loop().create_task(ask())
        self._serving[-number] = task
        task.add_done_callback(lambda done: self._serving.pop(-number, None))

    def _gone(self, error: Exception) -> None:
        if self._ending is None:
            self._ending = self._why(error)
        lost = {"op": "done", "error": None, "died": self._ending}
        for future in [self._loaded, *list(self._answers.values())]:
            if not future.done():
                future.set_result(lost)

    def _why(self, error: Exception) -> str:
        if "has gone" not in str(error):
            return "Your code broke off the conversation with its test."
        status = self._kill()
        if status == 0:
            return "Your code ended the whole program (os._exit)."
        if status > 0:
            return f"Your code ended the whole program with exit status {status} (os._exit)."
        name = signal.Signals(-status).name
        return f"Your code ended the whole program with signal {name}."

    def _end(self) -> None:
        if self._ending is None:
            self._ending = "The test is over."
        self._kill()

    def _kill(self) -> int:
        """End the process, from whichever thread comes first. Returns its exit status."""
        with self._lock:
            pid, self._pid = self._pid, 0
            return self._zygote.end(pid) if pid else -signal.SIGKILL

    def _drain(self, fd: int) -> None:
        while piece := os.read(fd, 2**16):
            if len(self._output) < OUTPUT_KEPT:
                self._output += piece


class _Handle:
    """An object of the learner's class, known by its number."""

    def __init__(self, number: int, opaque: Opaque) -> None:
        self.number = number
        self._opaque = opaque

    def __repr__(self) -> str:
        return repr(self._opaque)


class _RemoteGate:
    """A gate of the disk in the learner's process."""

    def __init__(self, ask: Ask | None) -> None:
        self.reached = False
        self.on_the_loop = False
        self.number = 0
        self.ask: Ask = ask or self._until_released
        self._released = asyncio.Event()

    def release(self) -> None:
        self._released.set()

    async def _until_released(self, name: str) -> None:
        await self._released.wait()


def _settings(client: httpx.AsyncClient) -> Message:
    return {
        "base_url": str(client.base_url),
        "headers": [[name, value] for name, value in client.headers.multi_items()],
        "timeout": client.timeout.as_dict(),
        "follow_redirects": client.follow_redirects,
    }


async def _raw(response: httpx.Response) -> AsyncIterator[bytes]:
    if response.is_stream_consumed:
        yield response.content
    else:
        async for piece in response.aiter_raw():
            yield piece


def _log(message: Message) -> None:
    record = logging.makeLogRecord(
        {
            "name": str(message["name"])[:200],
            "levelno": int(message["level"]),
            "levelname": logging.getLevelName(int(message["level"])),
            "msg": str(message["text"])[:2000],
        }
    )
    logging.getLogger(record.name).handle(record)


def _spots(data: Any) -> list[Spot]:
    if not isinstance(data, list):
        return []
    return [
        Spot(
            str(spot.get("what"))[:300],
            spot["line"] if isinstance(spot.get("line"), int) else None,
            str(spot["source"])[:200] if spot.get("source") else None,
            str(spot["file"])[:100] if spot.get("file") else None,
        )
        for spot in data[:20]
        if isinstance(spot, dict)
    ]


def copy_of(folder: Path, scratch: Path) -> Path:
    """Copy the Python files of a submission into `scratch`, where its process may read them."""
    copy = scratch / "submission"
    copy.mkdir()
    for path in sorted(folder.glob("*.py")):
        if path.is_file() and not path.is_symlink() and path.stat().st_size < 2**20:
            shutil.copyfile(path, copy / path.name)
    return copy
