"""System calls of Linux that Python has no function for."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from typing import Any

COLUMNS = {"x86_64": 0, "aarch64": 1}
"""The machines whose system calls are known here, and the place of each in every pair of numbers
below and in `system_calls`. The machine's name is that of uname(2)."""


def column() -> int | None:
    """This machine's place in the pairs of numbers; None for one that is not known."""
    if sys.platform != "linux" or sys.maxsize < 2**32:
        return None
    return COLUMNS.get(os.uname().machine)


# Version 3 of the sets, and the calling thread: from linux/capability.h.
_CAPABILITIES = struct.pack("=Ii", 0x20080522, 0)


# Not ctypes.CDLL, which would make a class of functions anew for each Kernel.
_FUNCTION = ctypes.CFUNCTYPE(ctypes.c_int, use_errno=True)


class Kernel:
    """Makes system calls.

    Make one where it is needed and let go of it: whatever reaches it makes calls that no audit
    hook hears of.
    """

    def __init__(self) -> None:
        self._syscall = _FUNCTION(("syscall", ctypes.pythonapi))
        self._prctl = _FUNCTION(("prctl", ctypes.pythonapi))
        self._capset = _FUNCTION(("capset", ctypes.pythonapi))

    def call(self, number: int, *args: bytes | int | None) -> int:
        """Make the call `number`; bytes are passed as their address. Raises OSError."""
        result: int = self._syscall(ctypes.c_long(number), *map(_argument, args))
        return _checked(result)

    def prctl(self, option: int, *args: bytes | int) -> int:
        """Call prctl(2) with up to four arguments. Raises OSError."""
        padded = (*args, 0, 0, 0, 0)[:4]
        return _checked(self._prctl(option, *map(_argument, padded)))

    def capset(self, sets: bytes) -> None:
        """Call capset(2) for the calling thread, with three sets of 64 bits. Raises OSError."""
        _checked(self._capset(_CAPABILITIES, sets))


def _argument(value: bytes | int | None) -> Any:
    # As wide as a register: ctypes would pass an int as 32 bits.
    return ctypes.c_long(value) if isinstance(value, int) else value


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
