"""The test's tasks that the learner's code cancels: those that go on with its open objects.

An `asyncio.timeout` or a task group that is open in the learner's code, between two steps of a
stream or context manager, cancels the task that has come so far. In one process with the test
that is the test's own, so here it is, too.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any


@dataclass
class _GoingOn:
    task: asyncio.Task[Any]
    answer: Future[Any] | None
    """What the step that it takes waits for; None between two steps."""
    due: bool = False
    """Whether it is to be cancelled as soon as it has taken the step."""


class Interrupts:
    """Knows objects by their numbers. It is used on the test's event loop alone."""

    def __init__(self) -> None:
        self._going_on: dict[int, _GoingOn] = {}
        self._interrupted: dict[int, asyncio.Task[Any]] = {}

    def begin(self, number: int, answer: Future[Any]) -> None:
        """The current task takes a step with an object, and waits for the `answer`."""
        task = asyncio.current_task()
        assert task is not None
        self._going_on[number] = _GoingOn(task, answer)

    def interrupt(self, number: int) -> None:
        """The learner's process says that the task was cancelled. It is, once for each object."""
        going = self._going_on.get(number)
        if going is None or number in self._interrupted:
            return
        self._interrupted[number] = going.task
        if going.answer is not None and going.answer.done():
            going.due = True  # the step was over before that happened, but its task does not know
        else:
            going.task.cancel()

    def taken(self, number: int) -> None:
        """The step has been taken, and the object is open."""
        going = self._going_on.get(number)
        if going is not None:
            going.answer = None
            if going.due:
                going.task.cancel()

    def have_cancelled(self, task: asyncio.Task[Any] | None) -> bool:
        """Was `task` cancelled on behalf of the learner's code?"""
        return task in self._interrupted.values()

    def end(self, number: int, made_good: bool) -> None:
        """That was the last step with an object. If it was cancelled, and that was `made_good` by
        something else, whoever did so in the learner's process has counted it off its task.
        """
        self._going_on.pop(number, None)
        task = self._interrupted.pop(number, None)
        if task is not None and made_good:
            task.uncancel()
