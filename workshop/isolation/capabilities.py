"""The privileges of root, given up for good.

Who marks as root would otherwise mark the learner's code as root. The single privileges that make
root what it is are described in https://man7.org/linux/man-pages/man7/capabilities.7.html.
"""

from __future__ import annotations

import errno
import os
import struct
import threading
from collections.abc import Iterable
from pathlib import Path

from workshop.isolation.kernel import Kernel

PR_SET_NO_NEW_PRIVS = 38
_PR_CAPBSET_DROP, _PR_CAP_AMBIENT = 24, 47
_AMBIENT_CLEAR_ALL = 4
_READ_ANYTHING = 1 << 2  # CAP_DAC_READ_SEARCH


def give_up(needed: Iterable[Path | str]) -> None:
    """Leave the calling thread, and all that it starts, without privileges, now and after exec.

    One is kept where root could not read one of the folders `needed` without it, such as an
    environment in somebody's private home: to read whatever Landlock allows. Raises OSError.
    """
    kernel = Kernel()
    kernel.prctl(PR_SET_NO_NEW_PRIVS, 1)
    if threading.get_ident() != _emptied:
        _empty_bounding_set(kernel)
    kernel.prctl(_PR_CAP_AMBIENT, _AMBIENT_CLEAR_ALL)
    try:
        _set(kernel, effective=0, permitted=_READ_ANYTHING)
    except PermissionError:  # it was not ours
        kept = 0
    else:
        kept = 0 if all(map(_can_be_read, needed)) else _READ_ANYTHING
    _set(kernel, effective=kept, permitted=kept)


def empty_bounding_set() -> None:
    """Take away from the main thread what a program could regain, so that none of its forks has to
    do that again. Nothing gives it back. Raises OSError.
    """
    global _emptied
    assert threading.current_thread() is threading.main_thread()
    _empty_bounding_set(Kernel())
    _emptied = threading.get_ident()


_emptied: int | None = None


def _empty_bounding_set(kernel: Kernel) -> None:
    """Take away what a program could regain; an ordinary user may not, and regains nothing."""
    try:
        for capability in range(64):
            kernel.prctl(_PR_CAPBSET_DROP, capability)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EPERM):  # none has that number; not permitted
            raise


def _set(kernel: Kernel, *, effective: int, permitted: int) -> None:
    # The low halves of the sets effective, permitted and inheritable, then the high ones.
    kernel.capset(struct.pack("=6I", effective, permitted, 0, 0, 0, 0))


def _can_be_read(path: Path | str) -> bool:
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
    except PermissionError:
        return False
    except OSError:  # it is not there, or not to be opened by anybody
        return True
    return True
