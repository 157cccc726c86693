"""Where the learner's code runs during one test, and what the test may ask about it."""

from __future__ import annotations

import asyncio
import gc
import inspect
import re
import sys
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from workshop.isolation import evidence, steps
from workshop.isolation.evidence import Spot
from workshop.isolation.host import Host, not_awaitable
from workshop.isolation.observers import DiskGate, Observers
from workshop.isolation.submission import Submission, SubmissionError

Ask = Callable[[str], Awaitable[object]]
"""What a gate of the disk awaits, with the file's name, before it lets a thread go on."""


TURN = 0.0005
"""Seconds that a beat leaves to everybody else, as one does that is asked of another process. Many
beats that take no time are over before a busy machine has let a worker thread run at all."""


class TimeLimit(BaseException):
    """The test took too long. Not an Exception, so that a learner's `except` lets it through."""


class Gate(Protocol):
    """A gate of the disk, as a test sees it."""

    reached: bool
    on_the_loop: bool

    def release(self) -> None: ...


class Stage(Protocol):
    """Where the learner's code runs. What it sees of the code goes into `evidence.current()`."""

    def open(self) -> Any: ...
    def load(self) -> None: ...
    def construct(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], of: Any, wanted: str
    ) -> Any: ...
    def call(
        self, name: str, of: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Coroutine[Any, Any, Any]: ...
    def step(self, of: Any, name: str, args: tuple[Any, ...]) -> Coroutine[Any, Any, Any]: ...
    def has_cancelled(self) -> bool: ...
    def kind_of(self, real: Any) -> str: ...
    async def beat(self) -> None: ...
    async def look(self) -> None: ...
    async def put_clock_forward(self) -> None: ...
    def add_gate(self, folder: Path, ask: Ask | None) -> Gate: ...
    def remove_gate(self, gate: Any) -> None: ...
    def out_of_time(self, frame: Any) -> None: ...
    def last_look(self) -> None: ...
    def output(self) -> str: ...


class InProcess:
    """The learner's code in the test's own process: for the editor, where a debugger works."""

    def __init__(self, folder: Path, *modules: str) -> None:
        self._submission = Submission(folder)
        self._host = Host(self._submission, *modules)
        self._observers = Observers(self._submission)
        self._never_awaited: Callable[[], list[Spot]] = list

    @contextmanager
    def open(self) -> Iterator[None]:
        """The stage of everything that happens inside the block."""
        sys.meta_path.append(self._submission)
        noticing = noticing_coroutines(self._submission)
        try:
            with self._observers.watching(), as_current(self), noticing as self._never_awaited:
                yield
        finally:
            sys.meta_path.remove(self._submission)
            self._submission.forget()

    def load(self) -> None:
        """Import the learner's modules, before any loop runs."""
        self._host.load()

    def construct(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], of: Any, wanted: str
    ) -> Any:
        """Make an object of a learner's class, or call a plain function, or method of the object
        `of`. What it gives has to be what is `wanted`, of which `steps` has the words.
        """
        __tracebackhide__ = True
        try:
            return steps.checked(name, of, self._start(name, of, args, kwargs), wanted)
        except BaseException as error:
            self._keep(error)
            raise

    async def call(self, name: str, of: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call an async function, or an async method of the object `of`."""
        __tracebackhide__ = True
        try:
            result = self._start(name, of, args, kwargs)
            if not inspect.isawaitable(result):
                raise not_awaitable(name, result)
            return await result
        except BaseException as error:
            self._keep(error)
            raise

    async def step(self, of: Any, name: str, args: tuple[Any, ...]) -> Any:
        """Take a step with a stream or a context manager; see `steps`."""
        __tracebackhide__ = True
        try:
            return await steps.take(self._host, of, name, args)
        except BaseException as error:
            self._keep(error)
            raise

    def has_cancelled(self) -> bool:
        """Is it the learner's code that has cancelled the current task? Not known here."""
        return False

    def kind_of(self, real: Any) -> str:
        """The name of the class of an object that the learner's code gave."""
        return type(real).__name__

    async def beat(self) -> None:
        """The loop and a worker thread take a turn."""
        await asyncio.sleep(TURN)
        await asyncio.to_thread(lambda: None)

    async def look(self) -> None:
        """Bring the evidence of open files and running tasks up to date."""
        seen = evidence.current()
        seen.files_open = self._observers.files_open()
        seen.tasks_left = tasks_left(self._submission, {asyncio.current_task()})

    async def put_clock_forward(self) -> None:
        """An hour has passed for whatever the loop was asked to do later."""
        put_forward(asyncio.get_running_loop())

    def add_gate(self, folder: Path, ask: Ask | None) -> _LocalGate:
        gate = _LocalGate(folder, self._submission, ask)
        self._observers.gates.append(gate)
        return gate

    def remove_gate(self, gate: _LocalGate) -> None:
        gate.release()
        self._observers.gates.remove(gate)

    def out_of_time(self, frame: Any) -> None:
        """Keep, as evidence, the learner's line that runs now, or those that are waited at."""
        evidence.current().waiting += where(self._submission, frame)

    def last_look(self) -> None:
        """Bring the evidence up to date, for a test that has failed."""
        evidence.current().never_awaited = self._never_awaited()

    def output(self) -> str:
        """What the code printed, where pytest has not captured it itself."""
        return ""

    def _start(self, name: str, of: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        __tracebackhide__ = True
        if of is None:
            return self._host.start(name, args, kwargs)
        return self._host.start_method(of, name, args, kwargs)

    def _keep(self, error: BaseException) -> None:
        # A time limit is the test's own, and what cannot be used has raised nothing.
        if not isinstance(error, TimeLimit | SubmissionError):
            evidence.current().keep_error(error, self._submission.spot_of_error(error))


class _LocalGate(DiskGate):
    """A gate whose threads wait for the event loop of the test."""

    def __init__(self, folder: Path, submission: Submission, ask: Ask | None) -> None:
        super().__init__(folder, submission, self._hold_thread)
        self._ask = ask or self._until_released
        self._loop = asyncio.get_running_loop()
        self._released = asyncio.Event()

    def release(self) -> None:
        """Let everybody through, now and later."""
        self._released.set()

    def _hold_thread(self, name: str) -> None:
        asyncio.run_coroutine_threadsafe(self._asked(name), self._loop).result()

    async def _asked(self, name: str) -> None:
        await self._ask(name)

    async def _until_released(self, name: str) -> None:
        await self._released.wait()


def put_forward(loop: asyncio.AbstractEventLoop) -> None:
    """Put the clock of `loop` forward by an hour, for as long as it lives: time-outs that run now
    are over, and later ones are as long as ever.
    """
    time = loop.time
    loop.time = lambda: time() + 3600  # type: ignore[method-assign]


_current: Stage | None = None


def current() -> Stage:
    """The stage of the test that is running. Raises RuntimeError where there is none."""
    if _current is None:
        raise RuntimeError(
            "This works inside a test alone: run the file with pytest, from the workshop's folder."
        )
    return _current


@contextmanager
def as_current(stage: Stage) -> Iterator[None]:
    """Make `stage` the current one inside the block."""
    global _current
    _current = stage
    try:
        yield
    finally:
        _current = None


@contextmanager
def noticing_coroutines(submission: Submission) -> Iterator[Callable[[], list[Spot]]]:
    """Notice coroutines that nobody awaits. Gives a function that lists them so far."""
    depth = sys.get_coroutine_origin_tracking_depth()
    sys.set_coroutine_origin_tracking_depth(8)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")

        def so_far() -> list[Spot]:
            gc.collect()
            return [spot for one in seen if (spot := _never_awaited(submission, str(one.message)))]

        try:
            yield so_far
        finally:
            sys.set_coroutine_origin_tracking_depth(depth)
    for one in seen:
        warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)


def _never_awaited(submission: Submission, text: str) -> Spot | None:
    match = re.match(r"coroutine '(.+)' was never awaited", text)
    if not match:
        return None
    frames = re.findall(r'File "(.+)", line (\d+)', text)
    return submission.spot(match[0], ((file, int(line)) for file, line in frames))


def tasks_left(submission: Submission, known: set[Any]) -> list[Spot]:
    """The tasks of the running loop that are not `known`, by what they run."""
    return [
        submission.spot(_coroutine_name(task), _chain(task.get_coro()))
        for task in asyncio.all_tasks() - known
    ]


def where(
    submission: Submission, frame: Any, loop: asyncio.AbstractEventLoop | None = None
) -> list[Spot]:
    """The learner's line that `frame` runs or, if it runs none, those that the tasks of the `loop`
    wait at, the running one unless it is given.
    """
    running = submission.spot_of_stack("ran", frame)
    if running.line is not None:
        return [running]
    try:
        waiting = [task.get_coro() for task in asyncio.all_tasks(loop)]
        # What awaits a generator's next item does not lead to it, but the loop knows them all.
        waiting += [one for one in _generators(loop) if one.ag_running]
    except RuntimeError:
        return []
    spots = [submission.spot("waited", _chain(one)) for one in waiting]
    return [spot for spot in spots if spot.line is not None]


def _generators(loop: asyncio.AbstractEventLoop | None) -> list[Any]:
    """The asynchronous generators of a loop, which keeps them for their end."""
    return list(getattr(loop or asyncio.get_running_loop(), "_asyncgens", ()))


def _chain(awaited: object) -> Iterator[tuple[str, int]]:
    # A suspended coroutine's frame has no caller: the chain runs through what each awaits.
    while awaited is not None:
        part = "ag" if inspect.isasyncgen(awaited) else "cr"
        frame = getattr(awaited, f"{part}_frame", None)
        if frame is not None:
            yield frame.f_code.co_filename, frame.f_lineno
        awaited = getattr(awaited, f"{part}_await", None)


def _coroutine_name(task: asyncio.Task[object]) -> str:
    return getattr(task.get_coro(), "__qualname__", "a task")
