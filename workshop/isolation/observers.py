"""Watches the learner's code while it runs: what blocks the loop, which files stay open.

Seen from inside the process that runs the code. What counts for the marks is proved by gates;
this adds the learner's own line to it, and sees what no gate can: a sleep, an open handle.
"""

from __future__ import annotations

import asyncio
import builtins
import io
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workshop.isolation import evidence
from workshop.isolation.evidence import Spot
from workshop.isolation.submission import Submission

_OPEN_FOR_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


class DiskGate:
    """Holds every worker thread that opens a file for writing below `folder`, until it may go on.

    `hold` is called in that thread with the file's name, and returns when it may. A thread that
    runs an event loop is never held: that it came here at all is the mistake, which is noted as
    blocking and told to `noted`.
    """

    def __init__(
        self,
        folder: Path,
        submission: Submission,
        hold: Callable[[str], None],
        noted: Callable[[], None] = lambda: None,
    ) -> None:
        self._folder = str(folder.resolve()) + os.sep
        self._submission = submission
        self._hold = hold
        self._noted = noted
        self.reached = False
        """Whether some thread is, or was, at the gate."""
        self.on_the_loop = False
        """Whether it was the event loop's own thread that came here."""

    def pass_through(self, path: object, mode: object, flags: object) -> None:
        """What the audit hook calls for each `open`, with its arguments."""
        if not self._concerns(path, mode, flags):
            return
        self.reached = True
        if on_a_loop():
            self.on_the_loop = True
            _note_blocked(self._submission, "opened a file")
            self._noted()
        else:
            self._hold(os.path.basename(os.fsdecode(path)))  # type: ignore[arg-type]

    def _concerns(self, path: object, mode: object, flags: object) -> bool:
        if not isinstance(path, (str, bytes, os.PathLike)):
            return False
        writes = isinstance(mode, str) and bool(set(mode) & set("wax+"))
        writes = writes or (isinstance(flags, int) and bool(flags & _OPEN_FOR_WRITING))
        return writes and os.path.realpath(os.fsdecode(path)).startswith(self._folder)


class Observers:
    """Everything that is watched during one test. `with observers.watching(): …`"""

    def __init__(self, submission: Submission) -> None:
        self._submission = submission
        self._files: list[tuple[Any, Spot]] = []
        self.gates: list[DiskGate] = []
        self.strangers = 0
        """How often something tried to reach the network. Counted where the walls leave none."""

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch until the block ends; whatever was replaced is put back."""
        global _active
        saved = (builtins.open, io.open, time.sleep)
        _install_hook()
        _active = self
        builtins.open = io.open = self._recording_open(saved[0])
        time.sleep = self._noting_sleep(saved[2])  # type: ignore[assignment]
        try:
            yield
        finally:
            builtins.open, io.open, time.sleep = saved
            _active = None

    def files_open(self) -> list[Spot]:
        """The files that the learner's code opened and has not closed."""
        scratch = tempfile.gettempdir()
        return [
            spot
            for file, spot in self._files
            if not file.closed and (spot.line or str(file.name).startswith(scratch))
        ]

    def audit(self, event: str, args: tuple[Any, ...]) -> None:
        """One audit event of this process (https://docs.python.org/3/library/audit_events.html)."""
        if event == "open":
            for gate in self.gates:
                gate.pass_through(*args)
        elif event == "socket.connect":
            if args[0].gettimeout() != 0 and on_a_loop():
                _note_blocked(self._submission, "opened a connection")
        elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
            self.strangers += 1
            if on_a_loop():
                _note_blocked(self._submission, "looked up a host")
        elif event == "socket.__new__" and args[1] in (socket.AF_INET, socket.AF_INET6):
            self.strangers += 1
        elif event == "subprocess.Popen" and on_a_loop():
            _note_blocked(self._submission, "started a program")

    def _recording_open(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def open(*args: Any, **kwargs: Any) -> Any:
            file = real(*args, **kwargs)
            spot = self._submission.spot_of_stack("opened a file", sys._getframe(1))
            # Kept, and so kept alive: a handle that nobody closes stays open to be seen.
            self._files.append((file, spot))
            return file

        return open

    def _noting_sleep(self, real: Callable[[float], None]) -> Callable[[float], None]:
        # Python raises an audit event for time.sleep only since 3.13.
        def sleep(seconds: float, /) -> None:
            if on_a_loop():
                _note_blocked(self._submission, "slept")
            real(seconds)

        return sleep


_active: Observers | None = None
_installed = False


def _install_hook() -> None:
    # An audit hook cannot be removed, so there is one for the life of the process.
    global _installed
    if not _installed:
        _installed = True
        sys.addaudithook(lambda event, args: _active.audit(event, args) if _active else None)


def on_a_loop() -> bool:
    """Does the calling thread run an event loop right now?"""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _note_blocked(submission: Submission, what: str) -> None:
    spot = submission.spot_of_stack(what, sys._getframe(1))
    seen = evidence.current().blocked
    if spot.line is not None and spot not in seen:
        seen.append(spot)
