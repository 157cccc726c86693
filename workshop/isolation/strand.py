"""A task in the learner's process that takes the steps of one stream or context manager.

In one process with the test all of them are taken by the test's own task. A time-out or a task
group that stays open over a `yield` remembers that task, and cancels it; so here, too, one task
takes them all. Cancelled between two steps, it has the test's task cancelled instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

Step = Coroutine[Any, Any, None]


class Strand:
    """`interrupted` is called when the task was cancelled between two steps."""

    def __init__(self, interrupted: Callable[[], None]) -> None:
        self._tell = interrupted
        self._interrupted = False
        self._steps: asyncio.Queue[Step | None] = asyncio.Queue()
        self._number: int | None = None
        self.task = asyncio.get_running_loop().create_task(self._take())

    @property
    def busy(self) -> bool:
        """Is it in the middle of a step?"""
        return self._number is not None

    def begin(self, number: int, step: Step) -> None:
        """Take the step that is known as `number`. It must not raise."""
        self._number = number
        self._steps.put_nowait(step)

    def cancel(self, number: int) -> bool:
        """Cancel the step `number` as the test asks. Returns whether it was under way here."""
        if number != self._number:
            return False
        self.task.cancel()
        if self._interrupted:  # the very cancellation that the test was told of comes back
            self._interrupted = False
            self.task.uncancel()
        return True

    def close(self) -> None:
        """Take no more steps."""
        self._steps.put_nowait(None)

    async def _take(self) -> None:
        while True:
            try:
                step = await self._steps.get()
            except asyncio.CancelledError:
                self._interrupted = True
                self._tell()
                continue
            if step is None:
                return
            try:
                await step
            finally:
                self._number = None
