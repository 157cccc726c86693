"""The learner's process: answers what a graded test asks over the wire.

It knows no test and no expected value. It imports the learner's module, calls what it is told to
call, and sends back plain data: what came back, what was raised, what was seen on the way.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import itertools
import logging
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx

from workshop.isolation import evidence, stage, walls
from workshop.isolation.evidence import Spot
from workshop.isolation.host import Host, not_awaitable
from workshop.isolation.observers import DiskGate, Observers
from workshop.isolation.submission import Submission, SubmissionError
from workshop.isolation.wire import Wire, WireError, decode, encode

Message = dict[str, Any]


def main(wire: Wire, request: Message) -> None:
    """Be the learner's process until the other side goes away."""
    folder = Path(request["folder"])
    submission = Submission(folder)
    sys.meta_path.append(submission)
    observers = Observers(submission)
    host = Host(submission, request["module"])
    scratch, readable = ([Path(path) for path in request[key]] for key in ("scratch", "readable"))
    evidence.begin()
    learner = Learner(wire, host, observers)
    with observers.watching(), stage.noticing_coroutines(submission) as never_awaited:
        learner.never_awaited = never_awaited
        # Last of all, for no audit hook can be added once the walls stand.
        walls.put_up(scratch, readable, request["walls"])
        _report_logs(wire)
        signal.signal(signal.SIGUSR1, lambda number, frame: learner.say_where(frame))
        wire.send({"op": "loading"})
        host.load()
        wire.send({"op": "loaded"})
        asyncio.run(learner.serve())


class Learner:
    """Answers the messages of one test."""

    def __init__(self, wire: Wire, host: Host, observers: Observers) -> None:
        self._wire = wire
        self._host = host
        self._observers = observers
        self._numbers = itertools.count(1)
        self._loop: asyncio.AbstractEventLoop
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._own: set[Any] = set()
        self._objects: dict[int, Any] = {}
        self._clients: dict[int, httpx.AsyncClient] = {}
        self._waiting: dict[int, asyncio.Queue[Message]] = {}
        self._threads: dict[int, threading.Event] = {}
        self._gates: dict[int, DiskGate] = {}
        self.never_awaited: Callable[[], list[Spot]] = list

    async def serve(self) -> None:
        """Answer until the other side goes away."""
        self._loop = asyncio.get_running_loop()
        self._own.add(asyncio.current_task())
        threading.Thread(target=self._listen, daemon=True).start()
        await asyncio.Event().wait()

    def _listen(self) -> None:
        try:
            while True:
                message = self._wire.receive()
                self._loop.call_soon_threadsafe(self._dispatch, message)
        except WireError:
            os._exit(0)

    def _dispatch(self, message: Message) -> None:
        number = message.get("id", 0)
        match message["op"]:
            case "call":
                self._calls[number] = self._loop.create_task(self._call(number, message))
            case "construct":
                self._construct(number, message)
            case "cancel" if number in self._calls:
                self._calls[number].cancel()
            case "beat":
                self._spawn(self._beat(number))
            case "look":
                self._wire.send({"op": "seen", "id": number, **self._seen()})
            case "gate":
                self._add_gate(number, Path(message["folder"]))
            case "no gate":
                self._observers.gates.remove(self._gates.pop(number))
            case "go":
                self._threads.pop(number).set()
            case "reply" if number in self._waiting:
                self._waiting[number].put_nowait(message)

    def _spawn(self, work: Any) -> None:
        task = self._loop.create_task(work)
        self._own.add(task)
        task.add_done_callback(self._own.discard)

    # --- calls -----------------------------------------------------------------------------------

    async def _call(self, number: int, message: Message) -> None:
        self._own.add(asyncio.current_task())
        try:
            name, of = message["name"], message.get("of")
            args, kwargs = self._decoded(message)
            if of is None:
                result = self._host.start(name, args, kwargs)
            else:
                result = self._host.start_method(self._objects[of], name, args, kwargs)
            if not inspect.isawaitable(result):
                raise not_awaitable(name, result)
            reply = {"value": encode(await result)}
        except BaseException as error:
            reply = self._error(error)
        finally:
            del self._calls[number]
            self._own.discard(asyncio.current_task())
        self._send_done(number, reply)

    def _construct(self, number: int, message: Message) -> None:
        try:
            args, kwargs = self._decoded(message)
            result = self._host.start(message["name"], args, kwargs)
            self._objects[number] = result
            reply: Message = {"value": encode(result)}
        except BaseException as error:
            reply = self._error(error)
        self._send_done(number, reply)

    def _send_done(self, number: int, reply: Message) -> None:
        try:
            self._wire.send({"op": "done", "id": number, **reply, **self._blocked()})
        except WireError:
            too_large = SubmissionError("What came back is too large to be looked at.")
            self._wire.send({"op": "done", "id": number, **self._error(too_large)})

    def _error(self, error: BaseException) -> Message:
        unusable = isinstance(error, SubmissionError)
        spot = self._host.submission.spot_of_error(error)
        return {"error": encode(error), "unusable": unusable, "raised": asdict(spot)}

    def _decoded(self, message: Message) -> tuple[tuple[Any, ...], dict[str, Any]]:
        args = decode(message["args"], self._special)
        return args, decode(message["kwargs"], self._special)

    # --- what is watched -------------------------------------------------------------------------

    async def _beat(self, number: int) -> None:
        await asyncio.sleep(0)
        await asyncio.to_thread(lambda: None)
        self._wire.send({"op": "beaten", "id": number})

    def _blocked(self) -> Message:
        blocked = [asdict(spot) for spot in evidence.current().blocked]
        return {"blocked": blocked, "strangers": self._observers.strangers}

    def _seen(self) -> Message:
        seen = evidence.current()
        seen.files_open = self._observers.files_open()
        seen.tasks_left = stage.tasks_left(self._host.submission, self._own)
        seen.never_awaited = self.never_awaited()
        kinds = ("files_open", "tasks_left", "never_awaited", "blocked")
        return {kind: [asdict(spot) for spot in getattr(seen, kind)] for kind in kinds}

    def say_where(self, frame: Any) -> None:
        """Tell which line runs, or is waited at."""
        spots = stage.where(self._host.submission, frame)
        with contextlib.suppress(WireError):
            self._wire.send({"op": "where", "spots": [asdict(spot) for spot in spots]})

    def _add_gate(self, number: int, folder: Path) -> None:
        def hold(name: str) -> None:
            ask, gone_through = next(self._numbers), threading.Event()
            self._threads[ask] = gone_through
            message = {"op": "opened", "id": ask, "gate": number, "name": name}
            self._wire.send(message | {"on_the_loop": False})
            gone_through.wait()

        def on_the_loop() -> None:
            self._wire.send({"op": "opened", "id": 0, "gate": number, "on_the_loop": True})

        gate = DiskGate(folder, self._host.submission, hold, on_the_loop)
        self._gates[number] = gate
        self._observers.gates.append(gate)

    # --- what a test passes in -------------------------------------------------------------------

    def _special(self, tag: str, rest: list[Any]) -> Any:
        if tag == "client":
            return self._client(*rest)
        if tag == "callable":
            return self._callable(*rest)
        raise WireError(f"an unknown tag {tag!r}")

    def _client(self, number: int, settings: Message) -> httpx.AsyncClient:
        """The same client each time the test passes the same one."""
        if number not in self._clients:
            self._clients[number] = httpx.AsyncClient(
                transport=_Bridge(self, number),
                base_url=settings["base_url"],
                headers=settings["headers"],
                timeout=httpx.Timeout(**settings["timeout"]),
                follow_redirects=settings["follow_redirects"],
                trust_env=False,
            )
            # The test's client is open, so this one is: __aenter__ waits for nothing here.
            with contextlib.suppress(StopIteration):
                self._clients[number].__aenter__().send(None)
        return self._clients[number]

    def _callable(self, number: int, name: str) -> Any:
        async def call(*args: Any, **kwargs: Any) -> Any:
            message = {"op": "callback", "handle": number}
            question = self.ask(message | {"args": encode(args), "kwargs": encode(kwargs)})
            try:
                return await question.next()
            finally:
                question.close()

        call.__name__ = call.__qualname__ = name
        return call

    def ask(self, message: Message) -> Question:
        """Send a question to the test."""
        number = next(self._numbers)
        answers = self._waiting[number] = asyncio.Queue()
        self._wire.send(message | {"id": number})
        return Question(answers, lambda answered: self._close(number, answered))

    def _close(self, number: int, answered: bool) -> None:
        if self._waiting.pop(number, None) is not None and not answered:
            self._wire.send({"op": "abandon", "id": number})


class Question:
    """Something asked of the test. It has to be closed; early means that nobody waits for it."""

    def __init__(self, answers: asyncio.Queue[Message], close: Callable[[bool], None]) -> None:
        self._answers = answers
        self._close = close
        self._answered = False

    async def next(self) -> Any:
        """The next part of the answer. Raises what the test's side raised."""
        answer = await self._answers.get()
        self._answered = bool(answer.get("last"))
        if "error" in answer:
            error = decode(answer["error"])
            raise error if isinstance(error, BaseException) else WireError("no error")
        return decode(answer["value"])

    def close(self) -> None:
        self._close(self._answered)


class _Bridge(httpx.AsyncBaseTransport):
    """Sends each request back to the test, whose own client sends it on."""

    def __init__(self, learner: Learner, client: int) -> None:
        self._learner = learner
        self._client = client

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = b"".join([piece async for piece in _pieces(request)])
        headers = [[_latin(name), _latin(value)] for name, value in request.headers.raw]
        question = self._learner.ask(
            {
                "op": "request",
                "client": self._client,
                "method": request.method,
                "url": str(request.url),
                "headers": headers,
                "timeout": request.extensions.get("timeout", {}),
                "body": encode(body),
            }
        )
        try:
            head = await question.next()
        except BaseException:
            question.close()
            raise
        return httpx.Response(head["status"], headers=head["headers"], stream=_Body(question))


class _Body(httpx.AsyncByteStream):
    def __init__(self, question: Question) -> None:
        self._question = question

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (piece := await self._question.next()) is not None:
            yield piece

    async def aclose(self) -> None:
        self._question.close()


async def _pieces(request: httpx.Request) -> AsyncIterator[bytes]:
    if not isinstance(request.stream, httpx.AsyncByteStream):
        raise RuntimeError("Attempted to send a sync request with an AsyncClient instance.")
    async for piece in request.stream:
        yield piece


def _latin(data: bytes) -> str:
    return data.decode("latin-1")


class _ReportLogs(logging.Handler):
    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire

    def emit(self, record: logging.LogRecord) -> None:
        """Tell the test what was logged, so that its own `caplog` sees it."""
        message = {"name": record.name, "level": record.levelno, "text": record.getMessage()}
        with contextlib.suppress(WireError):
            self._wire.send({"op": "log", **message})


def _report_logs(wire: Wire) -> None:
    logging.getLogger().addHandler(_ReportLogs(wire))
