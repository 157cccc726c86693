"""The services without a network: each connection is a pair of connected sockets.

For a process that may open no connection, such as one that runs a learner's own tests. Server and
client are the real ones, and speak HTTP; the pair takes the place of a port that listens.
"""

# ruff: noqa: ASYNC109 - the time-outs are httpcore's interface

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import httpcore

from ._rooms import Limits

if TYPE_CHECKING:
    import ssl

HOST = "services.test"
"""The name under which the services are reached. Nobody outside has it: see RFC 6761."""
URL = f"http://{HOST}"


def use() -> None:
    """Have `services_url()` give services of this kind, run by this process from the first
    connection on.
    """
    os.environ["WORKSHOP_URL"] = URL


def end() -> None:
    """End this process's own services. The next connection starts them anew."""
    global _started
    with _lock:
        if _started is not None:
            _started.end()
            _started = None


def connected() -> socket.socket:
    """One end of a pair; this process's own services serve the other."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    _server().accept(theirs)
    return ours


class Backend(httpcore.AsyncNetworkBackend):
    """Connects a client to this process's own services, and to nothing else."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        if (host, port) != (HOST, 80):
            raise httpcore.ConnectError(f"Nobody listens at {host}, port {port}.")
        reader, writer = await asyncio.open_connection(sock=connected())
        return _Stream(reader, writer)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _Stream(httpcore.AsyncNetworkStream):
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            async with asyncio.timeout(timeout):
                return await self._reader.read(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            self._writer.write(buffer)
            async with asyncio.timeout(timeout):
                await self._writer.drain()
        except TimeoutError as error:
            raise httpcore.WriteTimeout from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    async def aclose(self) -> None:
        self._writer.close()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise httpcore.ConnectError("These services speak plain HTTP alone.")

    def get_extra_info(self, info: str) -> Any:
        # Asked before a connection is used again: whether the other side has closed it.
        return self._reader.at_eof() if info == "is_readable" else None


class _Server:
    """The services on a thread of their own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._protocol: Any = None
        self._thread = threading.Thread(target=self._run, name="workshop-services", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._begin(), self._loop).result()

    def accept(self, end: socket.socket) -> None:
        """Serve whoever holds the other end of the pair."""
        asyncio.run_coroutine_threadsafe(
            self._loop.connect_accepted_socket(self._protocol, end), self._loop
        )

    def end(self) -> None:
        """End them, and their thread."""
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _begin(self) -> None:
        from ._app import prepared  # here, for who makes no connection needs no server

        self._runner = prepared(None, Limits())
        await self._runner.setup()
        self._protocol = self._runner.server


_lock = threading.Lock()
_started: _Server | None = None


def _server() -> _Server:
    global _started
    with _lock:
        _started = _started or _Server()
        return _started
