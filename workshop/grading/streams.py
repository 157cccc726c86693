"""What a graded test does with a stream or a context manager of the learner's, step by step.

A context manager may swallow what leaves its block. So that nobody passes who swallows the failure
of a test, that is told apart from what the test throws in:

- A failure of the test itself, an assertion above all, goes on whatever the learner's code does.
- What the test raises in the block, by a `raise` of its own, or by being cancelled, the learner's
  code may swallow or replace.
- What comes from the learner's own code it may replace, and not swallow: else it could skip the
  rest of the block, with the assertions in it.

The same holds in one process with the test, so that a test behaves alike in both ways.
"""

from __future__ import annotations

import asyncio
import dis
from pathlib import Path, PurePath
from typing import Any

from workshop.isolation import evidence, stage
from workshop.isolation.evidence import Call, shown
from workshop.isolation.stage import TimeLimit

PLAIN_DATA = (
    *(type(None), bool, int, float, str, bytes, bytearray),
    *(PurePath, tuple, list, dict, BaseException),
)
"""What crosses to the test as it is; anything else stays with the learner's code."""

_RAISE = dis.opmap["RAISE_VARARGS"]


class Items:
    """Steps with one stream, whose `call` says at any time what has come of it so far."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._number = 0
        self._last = ""

    async def step(self, real: Any, name: str, *args: Any) -> Any:
        """Take a step. Raises StopAsyncIteration when there was nothing more."""
        __tracebackhide__ = True
        self._call.ended = None
        try:
            value = await stage.current().step(real, name, args)
        except StopAsyncIteration:
            self._call.ended = f"{self._words()}, and the end"
            raise
        except BaseException as error:
            note_error(self._call, error)
            raise
        if name != "aclose":
            self._number += 1
            self._last = shown(value)
        self._call.ended = self._words()
        return value

    def _words(self) -> str:
        if self._number > 1:
            return f"{self._number} items, at last {self._last}"
        return f"one item, {self._last}" if self._number else "no item"


async def entered(real: Any, call: Call) -> Any:
    """What `async with` has after `as`."""
    __tracebackhide__ = True
    call.ended = None
    try:
        value = await stage.current().step(real, "__aenter__", ())
    except BaseException as error:
        note_error(call, error)
        raise
    call.ended = shown(value)
    return value


async def left(real: Any, call: Call, error: BaseException | None) -> bool:
    """Leave the block, by `error` if there is one. Returns whether that is swallowed."""
    __tracebackhide__ = True
    from_learner = error is not None and _from_learner(error)
    failed = error is not None and not from_learner and not _thrown_in(error)
    try:
        swallowed: bool = await stage.current().step(real, "__aexit__", (error,))
    except (Exception, asyncio.CancelledError) as other:
        if failed:
            return False
        note_error(call, other)
        raise
    return swallowed and not failed and not from_learner


def thrown(kind: Any, value: Any) -> BaseException:
    """The exception that `athrow` is called with, in one of the ways there are."""
    error = value if isinstance(value, BaseException) else kind
    if isinstance(error, BaseException):
        return error
    made: BaseException = kind() if value is None else kind(value)
    return made


def note_error(call: Call, error: BaseException) -> None:
    """A call has ended with an error; if that left the learner's code, it is what came back."""
    spot = evidence.current().of_error(error)
    if not isinstance(error, TimeLimit) and spot is not None:
        call.ended = f"raised {spot.what}"


def _from_learner(error: BaseException) -> bool:
    if not isinstance(error, asyncio.CancelledError):
        return evidence.current().of_error(error) is not None
    # One that has gone through the learner's code may be the test's own all the same.
    task = asyncio.current_task()
    return task is None or not task.cancelling() or stage.current().has_cancelled()


def _thrown_in(error: BaseException) -> bool:
    """Did the test throw it on purpose: by a `raise` in its own folder, or by being cancelled?"""
    if isinstance(error, asyncio.CancelledError):
        return True
    if not isinstance(error, Exception) or isinstance(error, AssertionError):
        return False
    first = last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if first is None or last is None:
        return False
    code = last.tb_frame.f_code
    ours = Path(code.co_filename).parent == Path(first.tb_frame.f_code.co_filename).parent
    return ours and code.co_code[last.tb_lasti] == _RAISE
