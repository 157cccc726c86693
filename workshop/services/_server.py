"""Starting and stopping the server: in a thread of its own, or on the loop of the caller."""

from __future__ import annotations

import asyncio
import atexit
import errno
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager, suppress

from ._errors import ServicesError
from ._rooms import Limits

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 8765
LAST_PORT = 65535
PORTS_TRIED = 100
"""How many ports, counting up from the one that is wanted, are tried when it is taken."""

_own: str | None = None
_own_lock = threading.Lock()


@contextmanager
def serving(host: str = LOOPBACK, port: int = 0, *, limits: Limits | None = None) -> Iterator[str]:
    """Run the services in a thread for as long as the `with` block lasts; gives their URL.

    With `port` 0 any free port is taken. Raises ServicesError when it cannot listen there.
    """
    from ._app import answering  # here, for who only imports this package starts no server

    with _listen(host, port) as listener:
        stop = _Stop()
        server = answering(listener, host, limits or Limits())
        thread = threading.Thread(
            target=_run, args=(server, stop), name="workshop-services", daemon=True
        )
        thread.start()
        try:
            stop.wait_until_ready()
            yield _url(host, listener)
        finally:
            stop.now()
            thread.join()


def services_url() -> str:
    """The URL of the services to use, without a slash at its end.

    WORKSHOP_URL when it is set; else this process starts its own, once, and stops them when
    it ends. Raises ServicesError when WORKSHOP_URL is not a URL, or nothing can be started.
    """
    global _own
    given = os.environ.get("WORKSHOP_URL", "").strip().rstrip("/")
    if given:
        if not given.startswith(("http://", "https://")):
            raise ServicesError(
                f"WORKSHOP_URL is {given!r}, which is no URL. "
                "Set it to something like http://127.0.0.1:8765, or unset it."
            )
        return given
    with _own_lock:
        if _own is None:
            stack = ExitStack()
            _own = stack.enter_context(serving())
            atexit.register(stack.close)
        return _own


async def serve(
    host: str = LOOPBACK,
    port: int = DEFAULT_PORT,
    announce: Callable[[str], None] = print,
    *,
    limits: Limits | None = None,
) -> None:
    """Run the services on this loop until cancelled.

    When `port` is taken, the next free one is used: `announce` is called with the real URL as
    soon as requests are accepted. Raises ServicesError when none of 100 ports is free.
    """
    from ._app import answering

    with _listen_from(host, port) as listener:
        async with answering(listener, host, limits or Limits()):
            announce(_url(host, listener))
            await asyncio.Event().wait()


class _Stop:
    """How the thread that uses a server and the thread that runs it speak to each other."""

    def __init__(self) -> None:
        self._ready = threading.Event()
        self._failed: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wanted = False
        self._event = asyncio.Event()

    def wait_until_ready(self) -> None:
        self._ready.wait()
        if self._failed is not None:
            raise ServicesError(f"The services did not start: {self._failed}.") from self._failed

    def failed(self, error: BaseException) -> None:
        self._failed = error
        self._ready.set()

    async def ready_until_now(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        if not self._wanted:  # asked after the loop is set, as now() asks for the loop after this
            await self._event.wait()

    def now(self) -> None:
        self._wanted = True
        if self._loop is not None:
            with suppress(RuntimeError):  # its loop has ended by itself
                self._loop.call_soon_threadsafe(self._event.set)


def _run(server: AbstractAsyncContextManager[None], stop: _Stop) -> None:
    async def main() -> None:
        async with server:
            await stop.ready_until_now()

    try:
        asyncio.run(main())
    except Exception as error:
        stop.failed(error)


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= LAST_PORT:
        raise ServicesError(f"There is no port {port}. Choose one from 0 to {LAST_PORT}.")
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError as error:
        raise ServicesError(
            f"The services cannot listen at {host}, port {port}: {error.strerror}. "
            "Choose another host or port."
        ) from error


def _listen_from(host: str, port: int) -> socket.socket:
    last = max(port, min(port + PORTS_TRIED - 1, LAST_PORT))
    for candidate in range(port, last + 1):
        try:
            return _listen(host, candidate)
        except ServicesError as error:
            taken = getattr(error.__cause__, "errno", None) == errno.EADDRINUSE
            if not taken:
                raise
    raise ServicesError(
        f"At {host} all ports from {port} to {last} are taken. Choose another with --port."
    )


def _url(host: str, listener: socket.socket) -> str:
    """Where to reach it from this machine."""
    reachable = {"0.0.0.0": LOOPBACK, "": LOOPBACK, "::": "::1"}.get(host, host)
    name = f"[{reachable}]" if ":" in reachable else reachable
    return f"http://{name}:{listener.getsockname()[1]}"
