"""The walls around the learner's process: what the kernel refuses it, then what Python does.

In order of strength: Landlock (files), seccomp (network, other processes, other programs),
resource limits, and an audit hook. Each is put up from inside the process, before any of the
learner's code is imported, and none can be taken down again. A wall that this machine does not
have is left out and named by nobody: `standing()` tells which there are.
"""

from __future__ import annotations

import errno
import functools
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from workshop.isolation import audit, capabilities, landlock, seccomp
from workshop.isolation.forking import FORKS
from workshop.isolation.kernel import Kernel
from workshop.isolation.system_calls import REFUSED_BEFORE_LANDLOCK_3

if os.name == "posix":
    import resource

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

MEMORY = 2 * 2**30
"""Bytes of address space. An idle learner's process has about 0.4 GiB of it. With stacks of 8 MiB,
the usual ones, that leaves about 200 threads; see `system_calls.LEAST_STACK` for smaller ones."""
CPU_SECONDS = 20
FILE_SIZE = 32 * 2**20
OPEN_FILES = 256

ALL = ("landlock", "seccomp", "notify", "limits", "audit")
"""The names of the walls, the strongest first."""

_PR_SET_PDEATHSIG = 1


class UnknownWall(ValueError):
    """A wall was asked for that does not exist. The text is one sentence, with those that do."""


class WallsMissing(Exception):
    """A wall that was asked for does not stand here. The text is one sentence, with the mend."""


def named(text: str) -> list[str]:
    """The walls in `text`, separated by commas. Raises UnknownWall."""
    names = [name.strip() for name in text.split(",")]
    if unknown := [name for name in names if name not in ALL]:
        raise UnknownWall(f"There is no wall {unknown[0]!r}; the walls are {', '.join(ALL)}.")
    return names


def require(asked: Iterable[str]) -> None:
    """Make sure that the walls `asked` stand on this machine. Raises WallsMissing."""
    if lacking := missing(asked):
        does = "wall {} does" if len(lacking) == 1 else "walls {} do"
        raise WallsMissing(
            f"Nothing was marked, for the {does.format(' and '.join(lacking))} not stand on this "
            "machine: mark on one where `workshop doctor` finds all that you ask for, or ask for "
            "fewer."
        )


def missing(asked: Iterable[str]) -> list[str]:
    """Those of the walls `asked` that do not stand on this machine."""
    return [wall for wall in dict.fromkeys(asked) if obstacle(wall)]


def standing() -> list[str]:
    """The walls that this machine can put up."""
    return [wall for wall in ALL if obstacle(wall) is None]


@functools.cache
def obstacle(wall: str) -> OSError | None:
    """What keeps `wall` from standing on this machine; None when it stands.

    Those of the kernel are tried: it may lack them, or whoever started us may have forbidden them.
    """
    if wall == "audit" or (wall == "limits" and os.name == "posix"):
        return None
    # The listener of `notify` has to be handed to another process.
    if sys.platform != "linux" or (wall == "notify" and not FORKS):
        return OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    return _tried(_TRIALS[wall])


def _try_notify() -> None:
    os.close(seccomp.tell())


_TRIALS = {"landlock": landlock.try_out, "seccomp": seccomp.try_out, "notify": _try_notify}


def _tried(put_up: Callable[[], None]) -> OSError | None:
    # Such a wall stands around the one thread that puts it up, and ends with it.
    def attempt() -> None:
        Kernel().prctl(capabilities.PR_SET_NO_NEW_PRIVS, 1)
        put_up()

    with ThreadPoolExecutor(1) as thread:
        error = thread.submit(attempt).exception()
    if error is None or isinstance(error, OSError):
        return error
    raise error


def put_up(
    scratch: Iterable[Path],
    readable: Iterable[Path],
    walls: Iterable[str],
    before_last: Callable[[], None] = lambda: None,
) -> None:
    """Put up `walls` around this process. It may write in the folders `scratch` alone, and read
    there, in `readable`, and where the interpreter and its libraries are.

    `before_last` is called when all stand but seccomp and the audit hook, after which no further
    filter of system calls can be added, and no hook. Raises OSError when one cannot be put up.
    """
    walls = set(walls)
    allowed: list[Path | str] = [*landlock.libraries(), *readable]
    if "limits" in walls:
        _limit()
    if walls & {"landlock", "seccomp"}:
        capabilities.give_up(allowed)
    if "landlock" in walls:
        landlock.put_up(scratch, allowed)
    before_last()
    if "seccomp" in walls:
        _spare_sendmsg()
        old = "landlock" in walls and landlock.version() < 3
        seccomp.put_up(also=REFUSED_BEFORE_LANDLOCK_3 if old else {})
    if "audit" in walls:
        audit.put_up()


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends, where it can (Linux)."""
    if sys.platform == "linux":
        Kernel().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _limit() -> None:
    limits = {
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_FSIZE: FILE_SIZE,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CORE: 0,
    }
    if sys.platform != "darwin":  # macOS maps far more than this into every process
        limits[resource.RLIMIT_AS] = MEMORY
    for kind, limit in limits.items():
        hard = resource.getrlimit(kind)[1]
        if hard != resource.RLIM_INFINITY:
            limit = min(limit, hard)
        resource.setrlimit(kind, (limit, limit))


def _spare_sendmsg() -> None:
    """Have sockets send several pieces by `send`. asyncio's transports call `sendmsg` for that
    since Python 3.12, and seccomp refuses it, for it can name other sockets and pass on files.
    """

    def sendmsg(
        self: socket.socket,
        buffers: Iterable[ReadableBuffer],
        ancdata: Iterable[object] = (),
        flags: int = 0,
        address: object = None,
        /,
    ) -> int:
        if address is not None or list(ancdata):
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
        return self.send(b"".join(buffers), flags)

    socket.socket.sendmsg = sendmsg  # type: ignore[method-assign, assignment]
