"""One learner's process, seen from the test's side: its wire, what it prints, and its end."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import tempfile
from pathlib import Path
from typing import Any, Protocol

from workshop.isolation.wire import Wire
from workshop.isolation.zygote import BROKEN, Zygote

TALK_SIZE = 32 * 2**20
"""Bytes that one learner's process may send in one test."""
TALK_MESSAGES = 5000
"""Messages that it may send in one test. What graded tests ask of it takes some hundred."""
OUTPUT_KEPT = 64 * 2**10
"""Bytes of what it prints that are kept."""


class Process(Protocol):
    """A process that the test's side speaks to."""

    pid: int

    @property
    def wire(self) -> Wire: ...
    def ask_where(self) -> None: ...
    def hang_up(self) -> None: ...
    def end(self) -> int: ...
    def output(self) -> str: ...
    def close(self) -> None: ...


class LearnersProcess:
    """A process forked for one test, which is handed the descriptors `others` as well. It prints
    into a file, for a pipe would have to be read to an end that somebody may keep away.

    Raises ZygoteGone when it cannot be forked.
    """

    def __init__(self, zygote: Zygote, setup: dict[str, Any], scratch: Path, *others: int) -> None:
        self._zygote = zygote
        self._printed = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115
        self._end, theirs = socket.socketpair()
        self.wire = Wire(self._end.fileno(), TALK_SIZE, TALK_MESSAGES)
        try:
            with theirs:
                fds = theirs.fileno(), self._printed.fileno(), *others
                self.pid = zygote.fork(setup, *fds)
        except BaseException:
            self.close()
            raise

    def fileno(self) -> int:
        """Our end of the conversation."""
        return self._end.fileno()

    def ask_where(self) -> None:
        """Have it tell which line it runs. Does nothing when it has ended."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGUSR1)

    def hang_up(self) -> None:
        """End the conversation: whoever listens to it wakes. Safe in a signal handler."""
        self.wire.hang_up()

    def end(self) -> int:
        """Kill it. Returns its exit status, negative for a signal.

        One thread alone may call this. Raises ZygoteGone when its zygote does not answer.
        """
        pid, self.pid = self.pid, 0
        return self._zygote.end(pid)

    def output(self) -> str:
        """The beginning of what it has printed."""
        printed = os.pread(self._printed.fileno(), OUTPUT_KEPT, 0)
        return printed.decode("utf-8", "replace")

    def close(self) -> None:
        """Let go of wire and output, once it has ended."""
        self._end.close()
        self._printed.close()
        self.wire.close()


def ending(status: int) -> str:
    """How a program with the exit status `status` ended, in words; negative for a signal."""
    if status == 0:
        return "ended the whole program (os._exit)"
    if status == BROKEN:
        return "left its process unable to go on"
    if status > 0:
        return f"ended the whole program with exit status {status} (os._exit)"
    try:
        name = signal.Signals(-status).name
    except ValueError:  # a real-time signal has no name
        name = f"number {-status}"
    return f"ended the whole program with signal {name}"
