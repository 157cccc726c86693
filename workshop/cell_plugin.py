"""The pytest plugin of the test cells in a notebook.

It keeps a run off the network, this computer and the workshop's services excepted. And where a
cell imports `workshop.proof`, each of its tests has what that needs.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

THIS_COMPUTER = {None, "", "localhost", "0.0.0.0", "::"}
"""Besides loopback addresses. The empty ones ask for an address to listen on."""


def pytest_configure(config: pytest.Config) -> None:
    allowed = THIS_COMPUTER | {urlsplit(os.environ.get("WORKSHOP_URL", "")).hostname}

    def refuse(event: str, args: tuple[Any, ...]) -> None:
        if event in ("socket.getaddrinfo", "socket.gethostbyname"):
            host = args[0]
        elif event in ("socket.connect", "socket.sendto") and isinstance(args[1], tuple):
            host = args[1][0]
        else:
            return
        if host not in allowed and not _is_loopback(host):
            raise OSError(errno.ENETUNREACH, f"The network is off in this cell; asked for: {host}")

    sys.addaudithook(refuse)


def _is_loopback(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    if "workshop.proof" not in sys.modules:
        return (yield)
    from workshop.isolation import evidence
    from workshop.isolation.stage import InProcess

    evidence.begin()
    with InProcess(item.path.parent, item.path.stem).open():
        return (yield)
