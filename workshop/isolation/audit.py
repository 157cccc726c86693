"""The audit hook: Python itself refuses what the kernel refuses too, where it can.

It gives a learner who opens a connection or starts a program one plain sentence, on every system,
and stops accidents and naive attempts. It is no wall against somebody who attacks: it lives in the
memory that it is to guard, and code that reaches that memory (through ctypes, or a handle that was
there before) is past it. Where it stands alone, marks are not proof against such code.

The events are listed in https://docs.python.org/3/library/audit_events.html.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from typing import Any


def put_up() -> None:
    """Refuse from now on, in all of this process. No hook can be added after this one."""
    sys.addaudithook(_hook())


def _hook() -> Callable[[str, tuple[Any, ...]], None]:
    # No name leads from a module to this function or to what it uses. The set is written out, so
    # it is a constant of the code; the rest are defaults, for a frame shows what a closure holds,
    # and lets it be changed. The set has the events by which the function itself could be found
    # in memory, and given other code.
    def refuse(
        event: str,
        args: tuple[Any, ...],
        own: int = os.getpid(),
        error: type[OSError] = PermissionError,
        number: int = errno.EPERM,
    ) -> None:
        if event in {
            "socket.connect",
            "socket.bind",
            "socket.getaddrinfo",
            "socket.gethostbyname",
            "socket.gethostbyaddr",
            "socket.getnameinfo",
            "socket.sendto",
            "socket.sendmsg",
            "subprocess.Popen",
            "os.system",
            "os.exec",
            "os.fork",
            "os.forkpty",
            "os.posix_spawn",
            "os.spawn",
            "os.startfile",
            "os.killpg",
            "pty.spawn",
            "ctypes.dlopen",
            "ctypes.dlsym",
            "ctypes.dlsym/handle",
            "ctypes.call_function",
            "ctypes.cdata",
            "gc.get_objects",
            "gc.get_referents",
            "gc.get_referrers",
            "sys.addaudithook",
        } or (
            (event == "os.kill" and args[0] != own)
            or (event == "object.__setattr__" and args[1] == "__code__")
        ):
            raise error(number, f"{event} is refused while your code is marked")

    return refuse
