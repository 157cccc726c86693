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
from pathlib import Path
from typing import Any

from workshop.isolation import evidence, stage, walls
from workshop.isolation.host import Host
from workshop.isolation.learner import Learner
from workshop.isolation.observers import Observers
from workshop.isolation.submission import Submission
from workshop.isolation.wire import Wire, WireError
from workshop.isolation.zygote import close_all_but

MOST = 1000
"""Forks of one such process. A file of tests needs as many as it has tests."""
BEFORE = {"landlock", "limits"}
AFTER = {"seccomp"}
"""The walls that go up before it forks, and after: behind the latter it could not."""


def main(wire: Wire, request: dict[str, Any]) -> None:
    """Wait at the other end of `wire` for tests that ask, until the tests' process goes away.

    `request` says which `modules` of which `folder` they are, and where they may write.
    """
    submission = Submission(Path(request["folder"]))
    sys.meta_path.append(submission)
    observers = Observers(submission)
    host = Host(submission, *request["modules"])
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
