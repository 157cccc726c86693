"""The wire where no descriptor can be handed to another process: a connection within this machine.

The process that is to be spoken to is told a port and a secret through its standard input, which
nobody else reads. Whoever comes to the port without the secret is turned away.
"""

from __future__ import annotations

import contextlib
import secrets
import select
import socket
import time
from collections.abc import Callable

from workshop.isolation.wire import Wire

_HOST = "127.0.0.1"
_SECRET = 32
"""Bytes of a secret."""
_ONE_CALLER = 2.0
"""Seconds that a caller may take to say the secret. It takes some microseconds."""
_LOOK = 0.05
"""Seconds between two looks at whether the process is still there."""


class SocketWire(Wire):
    """A wire over a connected socket, which is a file descriptor on POSIX alone."""

    def __init__(
        self, end: socket.socket, size: float = float("inf"), number: float = float("inf")
    ) -> None:
        super().__init__(end.fileno(), size, number)
        # Each message is one that somebody waits for.
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = end

    def _put(self, data: memoryview) -> int:
        return self._socket.send(data)

    def _get(self, number: int) -> bytes:
        return self._socket.recv(number)


class Door:
    """Where one process is waited for."""

    def __init__(self) -> None:
        self._listening = socket.create_server((_HOST, 0))
        self._secret = secrets.token_bytes(_SECRET)

    @property
    def told(self) -> bytes:
        """The line that the process is to be told."""
        return f"{self._listening.getsockname()[1]} {self._secret.hex()}\n".encode()

    def wait(self, seconds: float, alive: Callable[[], bool]) -> socket.socket | None:
        """The connection to the process; None when it has not come, or is not `alive` any more."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if select.select([self._listening], [], [], _LOOK)[0]:
                caller = self._listening.accept()[0]
                if self._knows_the_secret(caller):
                    caller.settimeout(None)
                    return caller
                caller.close()
            elif not alive():
                break
        return None

    def close(self) -> None:
        """Wait for nobody any more."""
        self._listening.close()

    def _knows_the_secret(self, caller: socket.socket) -> bool:
        said = b""
        until = time.monotonic() + _ONE_CALLER
        with contextlib.suppress(OSError):
            while len(said) < _SECRET and (left := until - time.monotonic()) > 0:
                caller.settimeout(left)
                piece = caller.recv(_SECRET - len(said))
                if not piece:
                    break
                said += piece
        return secrets.compare_digest(said, self._secret)


def go_to(told: bytes) -> socket.socket:
    """The connection to whoever `told` this process where its door is. Raises OSError."""
    port, secret = told.split()
    end = socket.create_connection((_HOST, int(port)))
    end.sendall(bytes.fromhex(secret.decode()))
    return end
