"""The process of the modules that a learner's tests are about: right ones or wrong ones.

It loads them once, goes behind its walls, and forks itself for each test that asks: so each test
finds them as new, and the tests' process never sees a line of them. What it runs is our own code;
the walls are there because a learner's test says what it is called with.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workshop.isolation import evidence, stage, steps, walls
from workshop.isolation.host import Host, WrongArguments, without_module
from workshop.isolation.learner import Learner
from workshop.isolation.observers import Observers
from workshop.isolation.submission import Submission, SubmissionError
from workshop.isolation.wire import Wire, WireError
from workshop.isolation.zygote import close_all_but

MOST = 1000
"""Forks of one such process. A file of tests needs as many as it has tests."""
BEFORE = {"landlock", "limits"}
AFTER = {"seccomp"}
"""The walls that go up before it forks, and after: behind the latter it could not."""


def main(wire: Wire, request: dict[str, Any]) -> None:
    """Wait at the other end of `wire` for tests that ask, until the tests' process goes away.

    `request` says in which folder they are, what `kinds` of names they have to have, and where
    they may write.
    """
    submission = Submission(Path(request["folder"]))
    sys.meta_path.append(submission)
    observers = Observers(submission)
    host = _Contract(submission, request["kinds"])
    evidence.begin()
    with observers.watching(), stage.noticing_coroutines(submission) as never_awaited:
        host.load()
        scratch = [Path(path) for path in request["scratch"]]
        asked = set(request["walls"])
        walls.put_up(scratch, [], asked & BEFORE)
        own = _fork_for_each(wire)  # and from here on this is a fork
        walls.put_up(scratch, [], asked & AFTER)
        learner = Learner(own, host, observers, secret=True)
        learner.never_awaited = never_awaited
        learner.report()
        learner.run()


class _Contract(Host):
    """Modules of which nothing can be had but what their contracts promise: from any other name,
    or from a signature, one could know the code again.
    """

    def __init__(self, submission: Submission, kinds: dict[str, dict[str, str]]) -> None:
        super().__init__(submission, *kinds)
        names = {f"{module}:{name}" for module, known in kinds.items() for name in known}
        self._names_of_modules = {name for name in names if "." not in name}
        self._methods = {name.rpartition(".")[2] for name in names if "." in name}
        self._methods |= {*steps.NAMES, "__aiter__"}

    def start(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if name not in self._names_of_modules:
            raise _unknown(name)
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


def ask(wire: Wire) -> int:
    """Have the process at the other end of `wire` fork itself for a test, and end the fork before.

    Returns the descriptor of our end of the fork's wire. Raises WireError when it has ended.
    """
    wire.send({"op": "fork"})
    return wire.passed_on()


def _fork_for_each(wire: Wire) -> Wire:
    """Fork for each test that asks. Returns in the forks alone, with the fork's wire."""
    fork = 0
    for _ in range(MOST):
        try:
            wire.receive()
        except WireError:
            break
        if fork:
            os.kill(fork, signal.SIGKILL)
            os.waitpid(fork, 0)
        ours, theirs = socket.socketpair()
        fork = os.fork()
        if fork == 0:
            walls.die_with_parent()
            end = theirs.detach()
            ours.close()
            close_all_but(end)
            return Wire(end)
        wire.pass_on(ours.fileno())
        ours.close()
        theirs.close()
    os._exit(0)
