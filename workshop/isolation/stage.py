"""Where the learner's code runs during one test, and what the test may ask about it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from workshop.isolation import evidence
from workshop.isolation.evidence import Spot
from workshop.isolation.observers import DiskGate, Observers
from workshop.isolation.submission import Submission


class TimeLimit(BaseException):
    """The test took too long. Not an Exception, so that a learner's `except` lets it through."""


class InProcess:
    """The learner's code in the test's own process: for the editor, where a debugger works."""

    def __init__(self, submission: Submission) -> None:
        self.submission = submission
        self._observers = Observers(submission)

    @contextmanager
    def open(self) -> Iterator[None]:
        """The stage of everything that happens inside the block."""
        global _current
        with self._observers.watching():
            _current = self
            try:
                yield
            finally:
                _current = None

    async def beat(self) -> None:
        """The loop and a worker thread take a turn."""
        await asyncio.sleep(0)
        await asyncio.to_thread(lambda: None)

    async def files_open(self) -> list[Spot]:
        return self._observers.files_open()

    async def tasks_left(self) -> list[Spot]:
        return [
            self.submission.spot(_coroutine_name(task), _chain(task))
            for task in asyncio.all_tasks() - {asyncio.current_task()}
        ]

    def add_gate(
        self, folder: Path, ask: Callable[[str], Awaitable[object]] | None = None
    ) -> DiskGate:
        gate = DiskGate(folder, self.submission, ask)
        self._observers.gates.append(gate)
        return gate

    def remove_gate(self, gate: DiskGate) -> None:
        gate.release()
        self._observers.gates.remove(gate)

    def note_waiting(self) -> None:
        """Keep, as evidence, where the learner's tasks of the running loop are waiting."""
        try:
            tasks = asyncio.all_tasks()
        except RuntimeError:
            return
        spots = (self.submission.spot("waited", _chain(task)) for task in tasks)
        evidence.current().waiting += [spot for spot in spots if spot.line is not None]


_current: InProcess | None = None


def current() -> InProcess:
    """The stage of the test that is running. Raises RuntimeError outside graded tests."""
    if _current is None:
        raise RuntimeError("Nothing is being graded: this works inside a graded test alone.")
    return _current


def _chain(task: asyncio.Task[object]) -> Iterator[tuple[str, int]]:
    # A suspended coroutine's frame has no caller: the chain runs through what each awaits.
    awaited: object = task.get_coro()
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None)
        if frame is not None:
            yield frame.f_code.co_filename, frame.f_lineno
        awaited = getattr(awaited, "cr_await", None)


def _coroutine_name(task: asyncio.Task[object]) -> str:
    return getattr(task.get_coro(), "__qualname__", "a task")
