"""Learners' processes where processes cannot be copied: each is started anew.

That takes hundreds of milliseconds where a copy takes a few, so the next one is started ahead,
while a test runs. What it is to do it is told over its wire. It lives as one that was forked does,
with two things less: no listener of the kernel's can be handed on, so the wall `notify` does not
stand and gates of the disk are held within the process; and no signal asks it where it is.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from workshop.isolation.loopback import Door, SocketWire
from workshop.isolation.process import OUTPUT_KEPT, TALK_MESSAGES, TALK_SIZE
from workshop.isolation.wire import WireError
from workshop.isolation.zygote import ENVIRONMENT, ZygoteGone, adopt_orphans, kill, kill_orphans

PATIENCE = 30.0
"""Seconds for a process to begin, or to end. Machines get busy."""

_ENVIRONMENT = dict(ENVIRONMENT)
if os.name == "nt":  # without this one no socket can be made
    _ENVIRONMENT["SYSTEMROOT"] = os.environ.get("SYSTEMROOT", r"C:\Windows")


class Spawner:
    """Starts the learners' processes of one run. It belongs to one thread, the first.

    If this process starts no others, and so is `alone` with them, then what they leave behind can
    be told from the rest on Linux, and ends with them.
    """

    def __init__(self, alone: bool = False) -> None:
        self._next: _Started | None = None
        self._alive: set[int] = set()
        self._alone = alone
        if alone:
            adopt_orphans()

    def start(self, setup: dict[str, Any], scratch: Path) -> SpawnedProcess:
        """A process for `setup`; another one is made ready. Raises ZygoteGone when it cannot be."""
        ready, self._next = self._next or self._started(scratch), None
        end = ready.connected()
        if end is None:  # it was ended while it waited, perhaps by whoever was short of memory
            self.end(ready)
            ready = self._started(scratch)
            end = ready.connected()
        if end is None:
            self.end(ready)
            raise ZygoteGone("A process for the learner's code could not be started.")
        process = SpawnedProcess(self, ready, end)
        process.begin(setup)
        self._next = self._started(scratch)
        return process

    def close(self) -> None:
        """End the one that was made ready."""
        if self._next is not None:
            self.end(self._next)
            self._next = None

    def end(self, started: _Started) -> int:
        """Kill it, and what else has come of it. Returns its exit status, negative for a signal.

        Raises ZygoteGone when it does not end.
        """
        process = started.process
        if os.name != "posix":
            process.kill()
        elif process.returncode is None:
            kill(process.pid)
        try:
            status = process.wait(PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise ZygoteGone("A process of the learner's code does not end.") from error
        self._alive.discard(process.pid)
        if self._alone:
            kill_orphans(besides=self._alive)
        return status

    def _started(self, scratch: Path) -> _Started:
        try:
            started = _Started(scratch / f"printed-{secrets.token_hex(4)}")
        except OSError as error:
            raise ZygoteGone("A process for the learner's code could not be started.") from error
        self._alive.add(started.process.pid)
        return started


class _Started:
    """A process that has been started, and comes to its door when it is ready."""

    def __init__(self, printed: Path) -> None:
        self.printed = printed
        self.door = Door()
        new_group = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        no_window = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        try:
            with printed.open("wb") as output:
                self.process = subprocess.Popen(
                    [sys.executable, "-I", "-m", "workshop.isolation.spawned"],
                    env=_ENVIRONMENT,
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=os.name == "posix",
                    creationflags=new_group | no_window,
                )
        except BaseException:
            self.door.close()
            raise
        assert self.process.stdin
        with contextlib.suppress(OSError), self.process.stdin as told:  # it may have ended
            told.write(self.door.told)

    def connected(self) -> socket.socket | None:
        """The connection to it, once; None when it has not come, or has gone."""
        try:
            end = self.door.wait(PATIENCE, lambda: self.process.poll() is None)
        finally:
            self.door.close()
        if end is not None and self.process.poll() is not None:  # it had come, and has gone
            end.close()
            return None
        return end


class SpawnedProcess:
    """One learner's process, as `process.LearnersProcess` is one. What it prints is in a file that
    is opened anew to be read, for the place in one that is shared is shared, too.
    """

    def __init__(self, spawner: Spawner, started: _Started, end: socket.socket) -> None:
        self._spawner = spawner
        self._started = started
        self._end = end
        self.pid = started.process.pid
        self.wire = SocketWire(end, TALK_SIZE, TALK_MESSAGES)

    def begin(self, setup: dict[str, Any]) -> None:
        """Tell it what to do."""
        with contextlib.suppress(WireError):  # its end will be seen
            self.wire.send({"op": "begin", **setup})

    def ask_where(self) -> None:
        """Have it tell which line it runs."""
        with contextlib.suppress(WireError):
            self.wire.send({"op": "where"})

    def hang_up(self) -> None:
        """End the conversation: whoever listens to it wakes."""
        with contextlib.suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)
        if os.name == "nt":  # there it is the end of the process that wakes the listener
            self._started.process.kill()

    def end(self) -> int:
        """Kill it. Returns its exit status, negative for a signal. Raises ZygoteGone."""
        self.pid = 0
        return self._spawner.end(self._started)

    def output(self) -> str:
        """The beginning of what it has printed."""
        with self._started.printed.open("rb") as file:
            return file.read(OUTPUT_KEPT).decode("utf-8", "replace")

    def close(self) -> None:
        """Let go of wire and output, once it has ended."""
        self._end.close()
        self.wire.close()
        with contextlib.suppress(OSError):
            self._started.printed.unlink()
