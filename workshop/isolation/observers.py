"""Watches the learner's code while it runs: what blocks the loop, which files stay open.

Seen from inside the process that runs the code. What counts for the marks is proved by gates;
this adds the learner's own line to it, and sees what no gate can: a sleep, an open handle.
"""

from __future__ import annotations

import asyncio
import builtins
import functools
import io
import os
import select
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workshop.isolation import evidence
from workshop.isolation.evidence import Spot
from workshop.isolation.submission import Submission

WROTE = "wrote to the disk"
"""What is noted of a thread that opens a file for writing, writes to it or moves it."""
_OPEN_FOR_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


class DiskGate:
    """Holds every worker thread that opens a file for writing below `folder`, or moves one there,
    until it may go on.

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

    def pass_through(self, path: object) -> None:
        """What the audit hook calls with the path of each file before it comes to be there."""
        if not self.guards(path):
            return
        self.reached = True
        if on_the_loop():
            self.on_the_loop = True
            _note_blocked(self._submission, WROTE)
            self._noted()
        else:
            self._hold(os.path.basename(os.fsdecode(path)))  # type: ignore[arg-type]

    def guards(self, path: object) -> bool:
        """Is the file at `path` one below the folder?"""
        if not isinstance(path, (str, bytes, os.PathLike)):
            return False
        return os.path.realpath(os.fsdecode(path)).startswith(self._folder)


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
        _install_hook()
        _active = self
        opening = self._recording_open(io.open)
        replaced = {(builtins, "open"): opening, (io, "open"): opening, **self._noting()}
        saved = {(owner, name): getattr(owner, name) for owner, name in replaced}
        _put(replaced)
        try:
            yield
        finally:
            _put(saved)
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
        if event == "open" and _writes(*args[1:]):
            for gate in self.gates:
                gate.pass_through(args[0])
        elif event in ("os.rename", "os.link"):
            for gate in self.gates:
                gate.pass_through(args[1])
        elif event == "socket.connect":
            if args[0].gettimeout() != 0 and on_the_loop():
                _note_blocked(self._submission, "opened a connection")
        elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
            self.strangers += 1
            if on_the_loop():
                _note_blocked(self._submission, "looked up a host")
        elif event == "socket.__new__" and args[1] in (socket.AF_INET, socket.AF_INET6):
            self.strangers += 1
        elif event == "subprocess.Popen" and on_the_loop():
            _note_blocked(self._submission, "started a program")

    def _recording_open(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def open(*args: Any, **kwargs: Any) -> Any:
            file = real(*args, **kwargs)
            spot = self._submission.spot_of_stack("opened a file", sys._getframe(1))
            # Kept, and so kept alive: a handle that nobody closes stays open to be seen.
            self._files.append((file, spot))
            if file.writable():
                file.write = self._noting_write(file)
            return file

        return open

    def _noting_write(self, file: Any) -> Callable[[Any], Any]:
        write = file.write

        def noting(data: Any, /) -> Any:
            if on_the_loop() and any(gate.guards(file.name) for gate in self.gates):
                _note_blocked(self._submission, WROTE)
            return write(data)

        return noting

    def _noting(self) -> dict[Replaced, Callable[..., Any]]:
        """What waits for something else than the loop, and instead of it what notes as well that
        it was the loop's own thread which did.
        """
        return {
            (owner, name): self._noting_call(getattr(owner, name), words, waits)
            for (owner, name), (words, waits) in _BLOCKING.items()
        }

    def _noting_call(
        self, real: Callable[..., Any], words: str, waits: Callable[..., bool]
    ) -> Callable[..., Any]:
        @functools.wraps(real)
        def noting(*args: Any, **kwargs: Any) -> Any:
            if on_the_loop() and waits(*args, **kwargs):
                _note_blocked(self._submission, words)
            return real(*args, **kwargs)

        return noting


def _always(*args: Any, **kwargs: Any) -> bool:
    return True


def _event_waits(event: threading.Event, timeout: float | None = None) -> bool:
    # A thread that is started waits for such an event itself, and not for long.
    # Whether it is set already is no matter: that would be chance.
    return timeout != 0 and sys._getframe(2).f_globals.get("__name__") != "threading"


def _select_waits(read: Any, write: Any, special: Any, timeout: float | None = None) -> bool:
    return timeout != 0


Replaced = tuple[Any, str]
_BLOCKING: dict[Replaced, tuple[str, Callable[..., bool]]] = {
    # Python raises an audit event for time.sleep only since 3.13.
    (time, "sleep"): ("slept", _always),
    (os, "fsync"): (WROTE, _always),
    (threading.Event, "wait"): ("waited for a thread", _event_waits),
    (select, "select"): ("waited for a file", _select_waits),
}
"""What holds the thread that calls it, in words, and whether a call with these arguments does."""


def _put(replaced: Mapping[Replaced, Callable[..., Any]]) -> None:
    for (owner, name), function in replaced.items():
        setattr(owner, name, function)


def _writes(mode: object, flags: object) -> bool:
    """Does opening a file in this mode, or with these flags, mean to write?"""
    writes = isinstance(mode, str) and bool(set(mode) & set("wax+"))
    return writes or (isinstance(flags, int) and bool(flags & _OPEN_FOR_WRITING))


_active: Observers | None = None
_installed = False


def _install_hook() -> None:
    # An audit hook cannot be removed, so there is one for the life of the process.
    global _installed
    if not _installed:
        _installed = True
        sys.addaudithook(lambda event, args: _active.audit(event, args) if _active else None)


def on_the_loop() -> bool:
    """Does the calling thread run the event loop of the test right now?

    That one runs in the first thread; one that the learner's code runs in a worker is its own.
    """
    if threading.current_thread() is not threading.main_thread():
        return False
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
