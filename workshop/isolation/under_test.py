"""The process of the modules that a learner's tests are about: right ones or wrong ones.

It loads them once and goes behind its walls, and the tests' process never sees a line of them. It
answers one test after the other, as pytest's own process would; when a test has left something
running, it makes way for a new copy of itself. What it runs is our own code; the walls are there
because a learner's test says what it is called with.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from workshop.isolation import evidence, steps, walls
from workshop.isolation.host import Host, WrongArguments, without_module
from workshop.isolation.learner import Returning
from workshop.isolation.observers import Observers
from workshop.isolation.submission import Submission, SubmissionError
from workshop.isolation.wire import Wire, WireError
from workshop.isolation.zygote import close_all_but

MOST = 1000
"""Copies of one such process. A file of tests needs fewer than it has tests."""
TESTS = 32
"""Tests that one copy answers."""
BEFORE = {"landlock", "limits"}
AFTER = {"seccomp"}
"""The walls that go up before it copies itself, and after: behind the latter it could not."""
GRACE = 0.5
"""Seconds in which a copy has to have done with a test that is over."""


def main(wire: Wire, request: dict[str, Any]) -> None:
    """Answer tests until the process at the other end of `wire`, which has them, goes away.

    `request` says in which folder they are, what `shapes` of names they have to have, and where
    they may write.
    """
    submission = Submission(Path(request["folder"]))
    sys.meta_path.append(submission)
    host = _Contract(submission, request["shapes"])
    scratch = [Path(path) for path in request["scratch"]]
    asked = set(request["walls"])
    with Observers(submission).watching():  # for the modules may keep what is watched
        host.load()
    readable = [Path(path) for path in request["readable"]]
    walls.put_up(scratch, readable, asked & BEFORE)
    ends = _in_a_copy(wire)
    walls.put_up(scratch, [], asked & AFTER)
    here = os.getcwd()
    with suppress(WireError):
        for end in ends:
            _answer(end, submission, host)
            os.chdir(here)


def _answer(end: int, submission: Submission, host: Host) -> None:
    """Answer one test. The process ends with it if it leaves anything running."""
    evidence.begin()
    modules = _Modules(Wire(end), host, Observers(submission))
    with modules.watching():
        modules.report()
        modules.run()
    modules.ended.set()
    os.close(end)
    logging.getLogger().handlers.clear()


class _Modules(Returning):
    """Modules that are there for the next test as well, if this one has left nothing running."""

    def __init__(self, wire: Wire, host: Host, observers: Observers) -> None:
        super().__init__(wire, host, observers, secret=True)
        self.ended = threading.Event()

    def _hung_up(self) -> None:
        super()._hung_up()
        if not self.ended.wait(GRACE):
            os._exit(0)

    async def _until_over(self) -> None:
        await super()._until_over()
        if self.is_busy():
            os._exit(0)


class _Contract(Host):
    """Modules of which nothing can be had but what their contracts promise: from any other name,
    or from a signature, one could know the code again.
    """

    def __init__(self, submission: Submission, shapes: dict[str, dict[str, str]]) -> None:
        super().__init__(submission, *shapes)
        names = {f"{module}:{name}" for module, known in shapes.items() for name in known}
        self._names_of_modules = {name for name in names if "." not in name}
        self._methods = {name.rpartition(".")[2] for name in names if "." in name}
        self._methods |= {*steps.NAMES, "__aiter__"}
        self._given = {
            f"{m}:{n}" for m, known in shapes.items() for n in known if known[n] == steps.PLAIN
        }

    def start(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if name not in self._names_of_modules:
            raise _unknown(name)
        if name in self._given:
            raise SubmissionError(
                f"{without_module(name)} is given with the exercise, and not what is to be tested."
            )
        with _no_signature(name):
            return super().start(name, args, kwargs)

    def start_method(
        self, of: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if name not in self._methods:
            raise _unknown(name)
        with _no_signature(name):
            return super().start_method(of, name, args, kwargs)


def _unknown(name: str) -> SubmissionError:
    return SubmissionError(f"{without_module(name)} is nothing that the contract promises.")


@contextmanager
def _no_signature(name: str) -> Iterator[None]:
    try:
        yield
    except WrongArguments:
        raise SubmissionError(
            f"{without_module(name)} is called with arguments that the contract does not promise "
            "to accept."
        ) from None


def _in_a_copy(wire: Wire) -> list[int]:
    """Make a copy of this process each time that somebody asks, and end the one before. Returns in
    the copies alone, with the descriptors of their conversations.
    """
    copy = 0
    for _ in range(MOST):
        try:
            wire.receive()
        except WireError:
            break
        if copy:
            os.kill(copy, signal.SIGKILL)
            os.waitpid(copy, 0)
        pairs = [socket.socketpair() for _ in range(TESTS)]
        ours, theirs = ([end.detach() for end in ends] for ends in zip(*pairs, strict=True))
        copy = os.fork()
        if copy == 0:
            walls.die_with_parent()
            close_all_but(*ours)
            return ours
        wire.pass_on(*theirs)
        for end in ours + theirs:
            os.close(end)
    os._exit(0)


class Conversations:
    """The tests' side: a conversation with that process for each test, over `control`."""

    def __init__(self, control: Wire) -> None:
        self._control = control
        self._ends: list[int] = []

    def next(self) -> int:
        """The descriptor of our end of a new one, which the caller closes.

        Raises WireError when the process has gone.
        """
        if self._ends and not _is_there(self._ends[0]):
            self.close()
        if not self._ends:
            self._control.send({"op": "copy"})
            self._ends = self._control.passed_on(TESTS)
        return self._ends.pop(0)

    def close(self) -> None:
        """Begin no conversation any more that was offered."""
        for end in self._ends:
            os.close(end)
        self._ends = []


def _is_there(end: int) -> bool:
    """Has somebody at the other end begun to speak, or left? It does one of the two."""
    if not select.select([end], [], [], 2 * GRACE)[0]:
        return False
    with socket.socket(fileno=os.dup(end)) as one:
        return bool(one.recv(1, socket.MSG_PEEK))
