"""Keeps Python processes off the network: only the computer's own loopback can be reached.

Python imports a module of this name by itself at start-up, so a process that has this folder
on its PYTHONPATH is offline, and so are the Python processes that it starts. An audit hook
cannot be taken out again, not even by the code under test.

A `conftest.py` runs this file for its own process and calls `pass_on` for those below it.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import sys
from pathlib import Path

LOOKUPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
SENDS = {"socket.connect", "socket.sendto", "socket.sendmsg"}
THIS_COMPUTER = (None, "", "localhost", "0.0.0.0", "::")
"""Besides loopback addresses. The empty ones ask for an address to listen on."""


def is_loopback(host: object) -> bool:
    """Whether `host`, a name or an address as text or bytes, is this computer itself."""
    if isinstance(host, bytes | bytearray):
        host = host.decode("ascii", "replace")
    if host in THIS_COMPUTER:
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def refuse(event: str, args: tuple) -> None:
    """The audit hook. Raises OSError for what would leave this computer.

    Where WORKSHOP_OFFLINE_LOG names a file, it gets one line for each refusal.
    """
    if event in LOOKUPS:
        host = args[0]
    elif event in SENDS and isinstance(args[1], tuple):  # a Unix socket's address is no tuple
        host = args[1][0]
    else:
        return
    if not is_loopback(host):
        note = f"The network is off in these tests: {host!r} was asked for ({event})."
        if path := os.environ.get("WORKSHOP_OFFLINE_LOG"):
            with open(path, "a", encoding="utf-8") as log:
                log.write(note + "\n")
        raise OSError(errno.ENETUNREACH, note)


def pass_on() -> None:
    """Have the Python processes that this one starts go offline too."""
    here = str(Path(__file__).parent)
    path = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    if here not in path:
        os.environ["PYTHONPATH"] = os.pathsep.join([here, *path])


sys.addaudithook(refuse)
