"""The learner's code in a process of its own, seen from the test: calls, answers, evidence."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workshop.isolation import evidence, steps
from workshop.isolation.gates import Gates, RemoteGate
from workshop.isolation.interrupts import Interrupts
from workshop.isolation.patience import Patience
from workshop.isolation.process import Process, ending
from workshop.isolation.serving import Serving
from workshop.isolation.stage import Ask, as_current
from workshop.isolation.submission import SubmissionError
from workshop.isolation.testimony import Sources, log_record, number_of, spots
from workshop.isolation.wire import LOGGED, Flood, Gone, Opaque, WireError, decode
from workshop.isolation.witness import Witness
from workshop.isolation.zygote import ZygoteGone

Message = dict[str, Any]

PATIENCE = 3.0
"""Seconds for an answer that the learner's process owes at once: it is a matter of milliseconds."""
LAST_WORDS = 1.0
"""Seconds for what it can add when its test has failed already."""
ERROR_LIMIT = 1000
"""Characters of the sentence about a file that cannot be used."""

BROKE_OFF = "Your code broke off the conversation with its test."
FLOODED = (
    "Your code was ended, for it sent its test more than that can take in: "
    "look for a loop that asks, logs or opens files without end."
)


class Died(SubmissionError):
    """The learner's process ended, or broke the rules of the wire."""


class Flooded(Died):
    """The learner's process was ended because it sent too much."""


class Isolated:
    """A stage in a process of its own, which `start` gives for one test.

    `open_folder` is the one that the process may write in. Where `kernel_tells` it first hands over
    the descriptor at which the kernel does.
    """

    def __init__(
        self,
        start: Callable[[], Process],
        open_folder: Path,
        sources: Sources,
        last_words: Patience,
        *,
        kernel_tells: bool,
    ) -> None:
        self._start = start
        self._kernel_tells = kernel_tells
        self._sources = sources
        self._last_words = last_words
        self._numbers = itertools.count(1)
        self._answers: dict[int, tuple[str, Future[Message]]] = {}
        self._serving = Serving(self._tell)
        self._gates = Gates(self._tell, outside=self._kernel_tells)
        self._interrupts = Interrupts()
        self._witness: Witness | None = None
        self._open_folder = open_folder
        self._began_in = os.getcwd()
        self._where: Future[Message] = Future()
        self._loaded: Future[None] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._logged = 0
        self._over: Died | None = None
        self._zygote_gone: ZygoteGone | None = None

    @contextmanager
    def open(self) -> Iterator[None]:
        """The stage of everything that happens inside the block. Raises ZygoteGone."""
        self._process = self._start()
        listener = threading.Thread(target=self._listen, daemon=True)
        listener.start()
        try:
            with as_current(self):
                yield
        finally:
            self._end(Died("The test is over."))
            listener.join(PATIENCE * 3)
            if self._witness:
                self._witness.close()
            self._process.close()
            if self._zygote_gone:
                raise self._zygote_gone

    def load(self) -> None:
        """Wait until the learner's module is imported. A failure shows when it is called."""
        self._loaded.result()

    def construct(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], of: Any, wanted: str
    ) -> Any:
        """Make an object of a learner's class, or call a plain function, or method of the object
        `of`. What it gives has to be what is `wanted`, of which `steps` has the words.
        """
        __tracebackhide__ = True
        message = {"op": "construct", "wanted": wanted, **self._call(name, args, kwargs)}
        number, future = self._ask("done", message | ({"of": of.number} if of else {}))
        value = self._value(future.result(), number, of)
        if wanted and not isinstance(value, Handle):
            raise self._broken_off()
        return value

    async def call(self, name: str, of: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call an async function, or an async method of the object `of`."""
        __tracebackhide__ = True
        message = {"op": "call", **self._call(name, args, kwargs)}
        number, future = self._ask("done", message | ({"of": of.number} if of else {}))
        return self._value(await self._answered(number, future), number)

    async def step(self, of: Handle, name: str, args: tuple[Any, ...]) -> Any:
        """Take a step with a stream or a context manager; see `steps`."""
        __tracebackhide__ = True
        message = {"op": "step", "of": of.number, **self._call(name, args, {})}
        number, future = self._ask("done", message)
        self._interrupts.begin(of.number, future)
        try:
            value = self._value(await self._answered(number, future), number, of, args)
        except BaseException as error:
            self._interrupts.end(of.number, made_good=isinstance(error, Exception))
            raise
        if name in steps.LAST:
            self._interrupts.end(of.number, made_good=value is True)
        else:
            self._interrupts.taken(of.number)
        return value

    def has_cancelled(self) -> bool:
        """Is it the learner's code that has cancelled the current task?"""
        return self._interrupts.have_cancelled(asyncio.current_task())

    def kind_of(self, real: Any) -> str:
        """The name of the class of an object that the learner's code gave."""
        return real.kind if isinstance(real, Handle) else type(real).__name__

    async def _answered(self, number: int, future: Future[Message]) -> Message:
        """The answer to the question `number`, even if it is waited for no more: so is the
        learner's code told, and what it answers shows whether it lets itself be cancelled.
        """
        while True:
            try:
                return await asyncio.shield(asyncio.wrap_future(future))
            except asyncio.CancelledError:
                if self._over is not None:
                    raise _again(self._over) from None
                self._tell({"op": "cancel", "id": number})

    async def beat(self) -> None:
        """The learner's loop and one of its worker threads take a turn."""
        await asyncio.sleep(0)
        path = Witness.new_beat()
        await self._owed("beaten", {"op": "beat", "path": path if self._witness else None})
        if self._witness and not self._witness.has_beaten(path):
            raise self._broken_off()

    async def put_clock_forward(self) -> None:
        """An hour has passed for whatever the learner's loop was asked to do later."""
        await self._owed("beaten", {"op": "forward"})

    async def look(self) -> None:
        """Bring the evidence of open files and running tasks up to date."""
        self._note(await self._owed("seen", {"op": "look"}))

    def add_gate(self, folder: Path, ask: Ask | None) -> RemoteGate:
        return self._gates.add(folder, ask)

    def remove_gate(self, gate: RemoteGate) -> None:
        self._gates.remove(gate)

    def out_of_time(self, frame: Any) -> None:
        """Keep, as evidence, the learner's line that runs now, or those that are waited at, and
        end its process: nothing more is to be had from it. A signal handler may call this.
        """
        if self._over is None:
            self._process.ask_where()
            with contextlib.suppress(WireError), self._listening_once_more() as seconds:
                seen = spots(self._where.result(seconds).get("spots"), self._sources)
                evidence.current().waiting += [spot for spot in seen if spot.line]
        self._end(Died("The test is over."))

    def break_off(self) -> None:
        """Cancel whatever the test waits for. Any thread may call this."""

        def cancel(loop: asyncio.AbstractEventLoop) -> None:
            for task in asyncio.all_tasks(loop):
                task.cancel()

        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the test is over
                self._loop.call_soon_threadsafe(cancel, self._loop)

    def last_look(self) -> None:
        """Bring the evidence up to date, for a test that has failed."""
        if self._over is None:
            with contextlib.suppress(SubmissionError), self._listening_once_more() as seconds:
                self._note(self._ask("seen", {"op": "look"})[1].result(seconds))

    def output(self) -> str:
        """What the code printed."""
        return self._process.output()

    @contextmanager
    def _listening_once_more(self) -> Iterator[float]:
        try:
            yield self._last_words.seconds
        except TimeoutError:
            self._last_words.lose()

    # --- asking ----------------------------------------------------------------------------------

    def _call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Message:
        with contextlib.suppress(RuntimeError):
            self._loop = asyncio.get_running_loop()
        given = {"args": self._serving.encode(args), "kwargs": self._serving.encode(kwargs)}
        with contextlib.suppress(OSError):  # the folder has been taken away
            if (here := os.getcwd()) != self._began_in:
                given["cwd"] = here  # where a relative path leads to
        return {"name": name, **given}

    def _ask(self, answer: str, message: Message) -> tuple[int, Future[Message]]:
        """Send a question whose answer is called `answer`. Raises Died."""
        number = next(self._numbers)
        future: Future[Message] = Future()
        self._answers[number] = answer, future
        if self._over is not None:  # asked after the question is known, so that none is forgotten
            raise _again(self._over)
        self._tell(message | {"id": number})
        return number, future

    async def _owed(self, answer: str, message: Message) -> Message:
        _, future = self._ask(answer, message)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), PATIENCE)
        except TimeoutError:
            self.out_of_time(None)
            raise AssertionError("the event loop to go on answering") from None

    def _tell(self, message: Message) -> None:
        with contextlib.suppress(WireError):
            self._process.wire.send(message)

    def _value(
        self, reply: Message, number: int, of: Handle | None = None, thrown: tuple[Any, ...] = ()
    ) -> Any:
        """What a call gave: perhaps the object `of` whose method it is. Raises what it raised,
        perhaps the very error that was `thrown` into it, or Died when that is nothing of the kind.
        """
        __tracebackhide__ = True
        with self._believing():
            self._note_blocked(reply)
            if "error" not in reply:
                value = decode(reply.get("value"))
                if of is not None and reply.get("itself") is True:
                    return of
                return self._handle(number, value) if isinstance(value, Opaque) else value
            error = decode(reply["error"])
            if not isinstance(error, BaseException):
                raise WireError("an error that is none")
            raised = reply.get("raised")
            spot = spots([raised], self._sources)[0]
        if reply.get("unusable") is True:
            raise SubmissionError(str(error)[:ERROR_LIMIT])
        if reply.get("same") is True and thrown and isinstance(thrown[0], BaseException):
            error = thrown[0]
        evidence.current().keep_error(error, spot)
        raise error

    def _handle(self, number: int, opaque: Opaque) -> Handle:
        def forget() -> None:
            # Wherever the collector of garbage runs: perhaps in the middle of a message.
            if self._over is None and self._loop is not None:
                with contextlib.suppress(RuntimeError):  # the loop is closed: the test is over
                    message = {"op": "forget", "of": number}
                    self._loop.call_soon_threadsafe(self._tell, message)

        return Handle(number, opaque, forget)

    def _note_blocked(self, reply: Message) -> None:
        seen = evidence.current()
        blocked = spots(reply.get("blocked", []), self._sources)
        seen.blocked = self._witness.blocked(blocked) if self._witness else blocked
        seen.strangers += ["unknown"] if reply.get("strangers") else []

    def _note(self, reply: Message) -> None:
        seen = evidence.current()
        with self._believing():
            for kind in ("files_open", "tasks_left", "never_awaited", "blocked"):
                setattr(seen, kind, spots(reply.get(kind), self._sources))
        if self._witness:
            seen.blocked = self._witness.blocked(seen.blocked)
            seen.files_open = self._witness.files_open(seen.files_open, self._open_folder)

    @contextmanager
    def _believing(self) -> Iterator[None]:
        """What cannot be made sense of ends the conversation. Raises Died then."""
        __tracebackhide__ = True
        try:
            yield
        except WireError:
            raise self._broken_off() from None

    def _broken_off(self) -> Died:
        self._end(Died(BROKE_OFF))
        return Died(BROKE_OFF)

    # --- listening -------------------------------------------------------------------------------

    def _listen(self) -> None:
        """Take in what comes until the conversation is over, then see to the process's end."""
        over: Died | None = None
        try:
            if self._kernel_tells:
                (fd,) = self._process.wire.passed_on()
                self._witness = Witness(self._process.pid, fd, self._gates)
            while self._over is None:
                self._received(self._process.wire.receive())
        except Gone:
            pass
        except Flood:
            over = Flooded(FLOODED)
        except Exception:  # the other side may send anything at all
            over = Died(BROKE_OFF)
        self._end(over)
        try:
            status = self._process.end()
        except ZygoteGone as error:
            self._zygote_gone, status = error, 1
        self._end(Died(f"Your code {ending(status)}."))
        self._give_up()

    def _end(self, over: Died | None) -> None:
        """End the conversation; the listener ends the process. The first reason is kept."""
        if self._over is None:
            self._over = over
        self._process.hang_up()

    def _give_up(self) -> None:
        assert self._over is not None
        with contextlib.suppress(InvalidStateError):
            self._loaded.set_result(None)
        for _, future in list(self._answers.values()):
            with contextlib.suppress(InvalidStateError):
                future.set_exception(_again(self._over))

    def _received(self, message: Message) -> None:
        match message["op"]:
            case "done" | "beaten" | "seen" as answer:
                number = number_of(message)
                wanted, future = self._answers[number]
                if answer != wanted:
                    raise WireError("an answer to another question")
                del self._answers[number]
                with contextlib.suppress(InvalidStateError):  # nobody waits for it any more
                    future.set_result(message)
            case "loaded":
                if self._witness:
                    self._witness.counts = True
                self._loaded.set_result(None)
            case "where":
                self._where.set_result(message)
            case "log":
                self._logged += 1
                if self._logged <= LOGGED:
                    record = log_record(message)
                    self._on_loop(logging.getLogger(record.name).handle, record)
            case "request" | "callback":
                self._on_loop(self._serving.asked, message)
            case "abandon":
                self._on_loop(self._serving.abandoned, message)
            case "opened":
                self._on_loop(self._gates.opened, message)
            case "interrupt":
                self._on_loop(self._interrupts.interrupt, number_of(message, "of"))
            case _:
                raise WireError("a message of no known kind")

    def _on_loop(self, function: Callable[[Any], object], what: Any) -> None:
        def call() -> None:
            try:
                function(what)
            except Flood:
                self._end(Flooded(FLOODED))
            except Exception:
                self._end(Died(BROKE_OFF))

        if self._loop is None:
            call()
        else:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the test is over
                self._loop.call_soon_threadsafe(call)


def _again(over: Died) -> Died:
    """A new exception like `over`, for each that is raised collects a traceback of its own."""
    return type(over)(*over.args)


class Handle:
    """An object of the learner's code, known by its number."""

    def __init__(self, number: int, opaque: Opaque, forget: Callable[[], None]) -> None:
        self.number = number
        self.kind = opaque.kind if opaque.kind.isidentifier() else "object"
        self._opaque = opaque
        self._forget = forget

    def __del__(self) -> None:
        self._forget()

    def __repr__(self) -> str:
        return repr(self._opaque)
