"""The learner's process: answers what a graded test asks over the wire.

It knows no test and no expected value. It imports the learner's module, calls what it is told to
call, and sends back plain data: what came back, what was raised, what was seen on the way.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import inspect
import itertools
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from workshop.isolation import evidence, seccomp, stage, steps, walls
from workshop.isolation.bridge import Bridge
from workshop.isolation.evidence import Spot
from workshop.isolation.host import Host, not_awaitable
from workshop.isolation.observers import DiskGate, Observers
from workshop.isolation.strand import Strand
from workshop.isolation.submission import Submission, SubmissionError, inwards
from workshop.isolation.wire import (
    FRAME_LIMIT,
    LOGGED,
    TEXT_LIMIT,
    TooLarge,
    Wire,
    WireError,
    encode,
    is_opaque,
    opaque,
)

Message = dict[str, Any]

NO_PROCESSES = "other processes are refused while your code is marked"


def main(wire: Wire, request: Message, forked: bool = True) -> None:
    """Be the learner's process until the other side goes away."""
    folder = Path(request["folder"])
    submission = Submission(folder)
    sys.meta_path.append(submission)
    observers = Observers(submission)
    host = Host(submission, *request["modules"])
    scratch, readable = ([Path(path) for path in request[key]] for key in ("scratch", "readable"))
    evidence.begin()
    learner = Learner(wire, host, observers)
    with learner.watching():
        # On Windows a loop makes itself a connection, which the audit hook would refuse it.
        loop = None if forked else asyncio.new_event_loop()

        # Last of all, for no audit hook can be added once the walls stand.
        def have_the_kernel_tell() -> None:
            if "notify" in request["walls"]:
                listener = seccomp.tell()
                wire.pass_on(listener)
                os.close(listener)

        walls.put_up(scratch, readable, request["walls"], before_last=have_the_kernel_tell)
        learner.report(by_signal=loop is None)
        learner.listen(loop)
        host.load()
        learner.run(loop)


class Learner:
    """Answers the messages of one test.

    A `secret` one tells what its code does, and nothing by which one could know the code again:
    no line, and not the words of a log record.
    """

    def __init__(
        self, wire: Wire, host: Host, observers: Observers, *, secret: bool = False
    ) -> None:
        self._wire = wire
        self._host = host
        self._observers = observers
        self._secret = secret
        self._bridge = Bridge(wire)
        self._numbers = itertools.count(1)
        self._loop: asyncio.AbstractEventLoop
        self.listener = threading.Thread(target=self._listen, daemon=True)
        """What listens to the other side, once it has begun to."""
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._own: set[Any] = set()
        self._objects: dict[int, Any] = {}
        self._strands: dict[int, Strand] = {}
        self._threads: dict[int, threading.Event] = {}
        self._gates: dict[int, DiskGate] = {}
        self.never_awaited: Callable[[], list[Spot]] = list

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Watch what the code does, until the block ends."""
        noticing = stage.noticing_coroutines(self._host.submission)
        call_handlers = logging.Logger.callHandlers
        try:
            with self._observers.watching(), noticing as self.never_awaited:
                yield
        finally:
            logging.Logger.callHandlers = call_handlers  # type: ignore[method-assign]

    def report(self, *, by_signal: bool = True) -> None:
        """From now on tell what is logged and, when a signal asks, which line runs."""
        _print_line_by_line()
        _report_logs(_ReportLogs(self._wire, self._secret))
        if by_signal:
            signal.signal(signal.SIGUSR1, lambda number, frame: self.say_where(frame))

    def run(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """Tell that the modules are loaded, and answer until the other side goes away: on `loop`,
        or on a new one.
        """
        self._wire.send({"op": "loaded"})
        with asyncio.Runner(loop_factory=None if loop is None else lambda: loop) as runner:
            runner.run(self.serve())

    async def serve(self) -> None:
        """Answer until the other side goes away."""
        self._loop = asyncio.get_running_loop()
        self._own.add(asyncio.current_task())
        self.listen(self._loop)
        await self._until_over()

    async def _until_over(self) -> None:
        await asyncio.Event().wait()  # for `_hung_up` ends the process

    def is_busy(self) -> bool:
        """Does anything run that a test has begun, or wait for it?"""
        running = asyncio.all_tasks() - self._own
        return bool(running or self._calls or self._strands or self._gates or self._threads)

    def listen(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """Listen to the other side from now on, if there is a `loop` on which to answer."""
        if loop is not None and self.listener.ident is None:
            self._loop = loop
            self.listener.start()

    def _listen(self) -> None:
        main = threading.main_thread().ident
        try:
            while True:
                message = self._wire.receive()
                if message["op"] == "where":  # which the loop may be too busy to tell
                    self.say_where(sys._current_frames().get(main or 0))
                    continue
                self._loop.call_soon_threadsafe(self._dispatch, message)
        except WireError:
            self._hung_up()

    def _hung_up(self) -> None:
        """The other side has gone away. A thread of its own calls this."""
        os._exit(0)

    def _dispatch(self, message: Message) -> None:
        number = message.get("id", 0)
        match message["op"]:
            case "call":
                self._calls[number] = self._loop.create_task(self._call(number, message))
            case "construct":
                self._construct(number, message)
            case "step":
                self._begin_step(number, message)
            case "cancel":
                # Not before it has begun, for then it would never answer.
                self._loop.call_soon(self._cancel, number)
            case "forget":
                self._forget(message["of"])
            case "beat":
                self._spawn(self._beat(number, message["path"]))
            case "forward":
                stage.put_forward(self._loop)
                self._wire.send({"op": "beaten", "id": number})
            case "look":
                self._wire.send({"op": "seen", "id": number, **self._seen()})
            case "gate":
                self._add_gate(number, Path(message["folder"]), message["outside"])
            case "no gate":
                self._observers.gates.remove(self._gates.pop(number))
            case "go":
                self._threads.pop(number).set()
            case "reply":
                self._bridge.answered(message)

    def _spawn(self, work: Any) -> None:
        task = self._loop.create_task(work)
        self._own.add(task)
        task.add_done_callback(self._own.discard)

    # --- calls -----------------------------------------------------------------------------------

    async def _call(self, number: int, message: Message) -> None:
        self._own.add(asyncio.current_task())
        try:
            result = self._start(message)
            if not inspect.isawaitable(result):
                raise not_awaitable(message["name"], result)
            reply = {"value": encode(await result)}
        except BaseException as error:
            reply = self._error(error)
        finally:
            del self._calls[number]
            self._own.discard(asyncio.current_task())
        self._send_done(number, reply)

    def _construct(self, number: int, message: Message) -> None:
        try:
            wanted, of = message["wanted"], self._objects.get(message.get("of", 0))
            result = steps.checked(message["name"], of, self._start(message), wanted)
            reply = self._given(result, number, message, as_object=bool(wanted))
        except BaseException as error:
            reply = self._error(error)
        self._send_done(number, reply)

    def _start(self, message: Message) -> Any:
        name, of = message["name"], message.get("of")
        if "cwd" in message:
            os.chdir(message["cwd"])
        args, kwargs = self._decoded(message)
        if of is None:
            return self._host.start(name, args, kwargs)
        return self._host.start_method(self._objects[of], name, args, kwargs)

    def _cancel(self, number: int) -> None:
        if number in self._calls:
            self._calls[number].cancel()
        for strand in self._strands.values():
            strand.cancel(number)

    def _send_done(self, number: int, reply: Message) -> None:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
        try:
            self._wire.send({"op": "done", "id": number, **reply, **self._blocked()})
        except TooLarge as error:
            self._wire.send({"op": "done", "id": number, **self._error(error)})

    def _error(self, error: BaseException) -> Message:
        """What left the learner's code, whatever it does when it is asked about itself."""
        if type(error) is TooLarge:
            error = SubmissionError(
                f"What came back, or was sent, is larger than {FRAME_LIMIT // 2**20} MiB."
            )
        elif _is_about_processes(error):
            error = PermissionError(errno.EPERM, NO_PROCESSES).with_traceback(error.__traceback__)
        plain = encode(error)
        try:
            spot = self._host.submission.spot_of_error(error)
        except BaseException:
            spot = Spot(plain[1][0])
        # Not isinstance, which believes the error's own word for its class.
        unusable = issubclass(type(error), SubmissionError)
        return {"error": plain, "unusable": unusable, "raised": self._told(spot)}

    def _decoded(self, message: Message) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return self._bridge.decode(message["args"]), self._bridge.decode(message["kwargs"])

    # --- streams and context managers ------------------------------------------------------------

    def _begin_step(self, number: int, message: Message) -> None:
        of = message["of"]
        if of not in self._strands:
            self._strands[of] = Strand(lambda: self._wire.send({"op": "interrupt", "of": of}))
            self._own.add(self._strands[of].task)
        step, strand = self._step(number, message), self._strands[of]
        if strand.busy:  # several at once are the learner's code's to allow or to refuse
            self._calls[number] = self._loop.create_task(step)
        else:
            strand.begin(number, step)

    async def _step(self, number: int, message: Message) -> None:
        own = self._calls.get(number)
        self._own |= {own} - {None}
        args: tuple[Any, ...] = ()
        try:
            args, _ = self._decoded(message)
            target = self._objects[message["of"]]
            result = await steps.take(self._host, target, message["name"], args)
            reply = self._given(result, number, message)
        except BaseException as error:
            reply = self._error(error) | {"same": bool(args) and error is args[0]}
        finally:
            self._calls.pop(number, None)
            self._own.discard(own)
        self._send_done(number, reply)

    def _given(
        self, result: Any, number: int, message: Message, as_object: bool = False
    ) -> Message:
        """The answer that `result` came back; it is kept if the test may go on to use it."""
        value = opaque(result) if as_object else encode(result)
        if not is_opaque(value):
            return {"value": value}
        if result is self._objects.get(message.get("of", 0)):
            return {"value": value, "itself": True}
        self._objects[number] = result
        return {"value": value}

    def _forget(self, number: int) -> None:
        """The test is done with an object."""
        self._objects.pop(number, None)
        if number in self._strands:
            self._strands.pop(number).close()

    # --- what is watched -------------------------------------------------------------------------

    async def _beat(self, number: int, path: str | None) -> None:
        await asyncio.sleep(0)
        await asyncio.to_thread(lambda: None)
        if path:  # there is no such file; the kernel tells that this very thread asked for it
            with contextlib.suppress(OSError):
                os.open(path, os.O_WRONLY)
        self._wire.send({"op": "beaten", "id": number})

    def _told(self, spot: Spot) -> Message:
        return {"what": spot.what} if self._secret else asdict(spot)

    def _blocked(self) -> Message:
        blocked = [self._told(spot) for spot in evidence.current().blocked]
        return {"blocked": blocked, "strangers": self._observers.strangers}

    def _seen(self) -> Message:
        seen = evidence.current()
        seen.files_open = self._observers.files_open()
        seen.tasks_left = stage.tasks_left(self._host.submission, self._own)
        seen.never_awaited = self.never_awaited()
        kinds = ("files_open", "tasks_left", "never_awaited", "blocked")
        return {kind: [self._told(spot) for spot in getattr(seen, kind)] for kind in kinds}

    def say_where(self, frame: Any) -> None:
        """Tell which line runs, or is waited at."""
        spots = stage.where(self._host.submission, frame, getattr(self, "_loop", None))
        with contextlib.suppress(WireError):
            self._wire.send({"op": "where", "spots": [self._told(spot) for spot in spots]})

    def _add_gate(self, number: int, folder: Path, outside: bool) -> None:
        def hold(name: str) -> None:
            if outside:  # the kernel holds it; here is seen only which line it is
                return
            ask, gone_through = next(self._numbers), threading.Event()
            self._threads[ask] = gone_through
            message = {"op": "opened", "id": ask, "gate": number, "name": name}
            self._wire.send(message | {"on_the_loop": False})
            gone_through.wait()

        def on_the_loop() -> None:
            if not outside:
                self._wire.send({"op": "opened", "id": 0, "gate": number, "on_the_loop": True})

        gate = DiskGate(folder, self._host.submission, hold, on_the_loop)
        self._gates[number] = gate
        self._observers.gates.append(gate)


class Returning(Learner):
    """Goes on with its process when the other side has gone away."""

    def __init__(
        self, wire: Wire, host: Host, observers: Observers, *, secret: bool = False
    ) -> None:
        super().__init__(wire, host, observers, secret=secret)
        self._over = asyncio.Event()

    def _hung_up(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)

    async def _until_over(self) -> None:
        await self._over.wait()


def _is_about_processes(error: BaseException) -> bool:
    """Is it what a process pool meets here? Its own words, of a lock that is denied, say nothing
    to whoever asked for a pool.
    """
    frames = inwards(error.__traceback__) if type(error) is PermissionError else ()
    return any(Path(file).parent.name == "multiprocessing" for file, _ in frames)


def _report_logs(reporter: _ReportLogs) -> None:
    """Have `reporter` see each record, whatever handlers the code sets up or takes away."""
    call_handlers = logging.Logger.callHandlers

    def report(logger: logging.Logger, record: logging.LogRecord) -> None:
        reporter.handle(record)
        call_handlers(logger, record)

    logging.Logger.callHandlers = report  # type: ignore[method-assign, assignment]
    # As with pytest's own handler there, `basicConfig` has nothing to do.
    logging.getLogger().addHandler(logging.NullHandler())


class _ReportLogs(logging.Handler):
    """Tells the test what is logged, so that its own `caplog` sees it."""

    def __init__(self, wire: Wire, secret: bool) -> None:
        super().__init__()
        self._wire = wire
        self._secret = secret
        self._left = LOGGED

    def emit(self, record: logging.LogRecord) -> None:
        self._left -= 1
        if self._left < 0:
            return
        try:
            name, text = record.name, record.getMessage()[:TEXT_LIMIT]
            if self._secret:
                name, text = "logger", "(logged by the code under test)"
            self._wire.send({"op": "log", "name": name, "level": record.levelno, "text": text})
        except WireError:
            pass
        except Exception:  # such as arguments that do not fit: logging prints it and goes on
            self.handleError(record)


def _print_line_by_line() -> None:
    """Have each line that is printed leave the process at once: it may be killed any moment."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
