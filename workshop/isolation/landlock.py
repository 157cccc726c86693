"""Landlock: the kernel keeps a process to the files that it may read and write.

It has no library and needs three system calls:
https://docs.kernel.org/userspace-api/landlock.html. What it knows nothing of, such as the owner
and the permissions of a file, is left to seccomp.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

from workshop.isolation.kernel import Kernel

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
# Everything that changes a file or a folder, by the version of Landlock that brought it.
_CHANGES = {1: 0b1111111110000 | _WRITE_FILE, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
# Of these, what no folder of the learner's gets: devices, sockets, pipes and symbolic links. The
# tests look into these folders, and would follow a link to anywhere.
_MAKE_SPECIAL = 1 << 6 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12
_SCOPES = 0b11  # abstract sockets, signals: version 6
_NETWORK = 0b11  # bind and connect TCP: version 4


def version() -> int:
    """The version of Landlock that this kernel has. Raises OSError when it has none to use."""
    return Kernel().call(_CREATE, None, 0, 1)


def put_up(scratch: Iterable[Path], readable: Iterable[Path | str]) -> None:
    """Keep the calling thread and all that it starts to what is `scratch` and `readable`, and from
    writing in the latter. What is not there is left out. Raises OSError where that cannot be, and
    where no_new_privs is not set.
    """
    kernel, known = Kernel(), version()
    files = sum(bits for since, bits in _CHANGES.items() if known >= since)
    files |= _EXECUTE | _READ_FILE | _READ_DIR
    rules = _rules(kernel, known, files)
    try:
        for path in readable:
            _allow(kernel, rules, path, _READ_FILE | _READ_DIR | _EXECUTE)
        for path in scratch:
            _allow(kernel, rules, path, files & ~_EXECUTE & ~_MAKE_SPECIAL)
        for name in ("null", "zero", "urandom"):
            _allow(kernel, rules, f"/dev/{name}", _READ_FILE | _WRITE_FILE)
        kernel.call(_RESTRICT, rules, 0)
    finally:
        os.close(rules)


def try_out() -> None:
    """Keep the calling thread from making block devices, which nobody wants. Raises OSError."""
    kernel = Kernel()
    rules = _rules(kernel, 1, 1 << 11)
    try:
        kernel.call(_RESTRICT, rules, 0)
    finally:
        os.close(rules)


def libraries() -> list[str]:
    """Where Python and its libraries are, and what can be imported.

    The kit's own folder is to be off `sys.path` by now, for its tests and references lie there.
    """
    system = ("/usr/lib", "/lib", "/lib64", "/usr/share/zoneinfo", "/etc/localtime")
    paths = dict.fromkeys([*filter(None, sys.path), f"{sys.base_prefix}/lib", *system])
    return [*paths, "/etc/ld.so.cache"]


def _rules(kernel: Kernel, known: int, files: int) -> int:
    """An empty set of rules, as a file descriptor, that forbids `files` and what else can be."""
    attributes = struct.pack(
        "QQQ", files, _NETWORK if known >= 4 else 0, _SCOPES if known >= 6 else 0
    )
    size = 24 if known >= 6 else 16 if known >= 4 else 8
    return kernel.call(_CREATE, attributes[:size], size, 0)


def _allow(kernel: Kernel, rules: int, path: Path | str, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(path):
            rights &= _EXECUTE | _WRITE_FILE | _READ_FILE
        kernel.call(_ADD, rules, 1, struct.pack("=Qi", rights, fd), 0)
    finally:
        os.close(fd)
