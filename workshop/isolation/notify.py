"""What the kernel tells the test's side of a learner's process, which cannot keep it quiet.

A seccomp filter hands each system call that puts a file somewhere, or sleeps, to a listener in the
process that runs the tests, with the number of the thread that makes it. That thread waits
until the listener lets it go on. So a gate of the disk is held from outside, and that it was the
event loop's own thread which came there is not hearsay. Linux 5.5 or newer:
https://docs.kernel.org/userspace-api/seccomp_filter.html#userspace-notification.
"""

from __future__ import annotations

import contextlib
import os
import select
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from workshop.isolation.kernel import column
from workshop.isolation.system_calls import TOLD, Told

if os.name == "posix":
    import fcntl

# The two requests to a listener and their structures, of include/uapi/linux/seccomp.h.
_RECEIVE, _ANSWER = 0xC0502100, 0xC0182101
_NOTICE, _GO_ON = struct.Struct("=QIIiIQ6Q"), struct.Struct("=QqiI")
_CONTINUE = 1
_PATH_LIMIT, _PAGE = 4096, 4096
_HERE = -100  # AT_FDCWD
PATIENCE = 3.0
"""Seconds for the listening to end when its process has: it is a matter of milliseconds."""


class Watcher(Protocol):
    """Is told what happens, in the listener's own thread."""

    def sleeping(self, thread: int) -> None:
        """The thread with that number sleeps."""

    def opening(self, path: str, thread: int, go_on: Callable[[], None]) -> None:
        """It is about to open the file at `path` for writing, or to move one there, and does when
        `go_on` is called.
        """


class Listener:
    """Listens at the descriptor `fd` for as long as its process lives."""

    def __init__(self, fd: int, watcher: Watcher) -> None:
        self._fd = fd
        self._watcher = watcher
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let go of it, once its process has ended."""
        self._thread.join(PATIENCE)
        with self._lock:
            os.close(self._fd)
            self._fd = -1

    def _listen(self) -> None:
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        while poll.poll()[0][1] & select.POLLIN:
            with contextlib.suppress(OSError):  # the thread has ended meanwhile
                self._pass_on(_Notice.received(self._fd))

    def _pass_on(self, notice: _Notice) -> None:
        def go_on() -> None:
            with self._lock, contextlib.suppress(OSError):
                if self._fd >= 0:
                    fcntl.ioctl(self._fd, _ANSWER, _GO_ON.pack(notice.number, 0, 0, _CONTINUE))

        if not notice.opens:
            self._watcher.sleeping(notice.thread)
            return go_on()
        try:
            path = notice.path()
        except OSError:  # the kernel will not find it there either, or the thread has ended
            return go_on()
        return self._watcher.opening(path, notice.thread, go_on)


@dataclass(frozen=True)
class _Notice:
    """A system call that a thread is about to make."""

    number: int
    thread: int
    call: int
    arguments: tuple[int, ...]

    @classmethod
    def received(cls, fd: int) -> _Notice:
        """The next one. Raises OSError when the call has been broken off meanwhile."""
        buffer = bytearray(_NOTICE.size)
        fcntl.ioctl(fd, _RECEIVE, buffer)
        number, thread, _, call, _, _, *arguments = _NOTICE.unpack(buffer)
        return cls(number, thread, call, tuple(arguments))

    @property
    def opens(self) -> bool:
        return _KNOWN[self.call].path is not None

    def path(self) -> str:
        """The absolute path of the file. Raises OSError when it cannot be read any more."""
        known = _KNOWN[self.call]
        assert known.path is not None
        path = os.fsdecode(self._text(self.arguments[known.path]))
        if os.path.isabs(path):
            return path
        from_where = _HERE
        if known.folder is not None:
            descriptor = struct.pack("=I", self.arguments[known.folder] & 0xFFFFFFFF)
            from_where = struct.unpack("=i", descriptor)[0]
        here = "cwd" if from_where == _HERE else f"fd/{from_where}"
        return os.path.join(os.readlink(f"/proc/{self.thread}/{here}"), path)

    def _text(self, address: int) -> bytes:
        """What the thread's memory holds at `address`, up to a zero."""
        with open(f"/proc/{self.thread}/mem", "rb", buffering=0) as memory:
            text = b""
            while len(text) < _PATH_LIMIT:
                memory.seek(address + len(text))
                # Not beyond the end of a page, for the next may not be there.
                piece = memory.read(_PAGE - (address + len(text)) % _PAGE)
                text += piece
                if not piece or b"\0" in piece:
                    break
        return text.partition(b"\0")[0]


def _known() -> dict[int, Told]:
    where = column()
    if where is None:
        return {}
    return {n: one for one in TOLD.values() if (n := one.numbers[where]) is not None}


_KNOWN = _known()
"""What is told, by the number of the call."""
