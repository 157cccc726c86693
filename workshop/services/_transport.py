"""How a room is reached: without the cost of TLS, and with the room's key."""

from __future__ import annotations

import importlib.util
import ssl
import sys
from collections.abc import Iterable
from functools import cache
from typing import Any

import httpx

from . import _pairs
from ._entry import KEY_HEADER

# httpcore asks for sniffio several times in each request, to learn whether trio runs. Where it is
# not installed, every failed import searches the whole path: half of the time of a local request.
if importlib.util.find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]


def plain_transport(url: str, **options: Any) -> httpx.AsyncHTTPTransport:
    """A transport to `url`. For plain HTTP it loads no certificates, which saves 20 to 45 ms."""
    verify = True if url.startswith("https:") else _unused_context()
    transport = httpx.AsyncHTTPTransport(verify=verify, **options)
    if url.startswith(_pairs.URL):
        # httpx has no way to say this, and its pool is httpcore's.
        transport._pool._network_backend = _pairs.Backend()
    return transport


@cache
def _unused_context() -> ssl.SSLContext:
    # httpx wants a TLS context even where there is no TLS: one for all, as each costs 0.1 ms.
    return httpx.create_ssl_context(verify=False)


class KeyTransport(httpx.AsyncBaseTransport):
    """Adds the room's key to each request, where the code that asks does not see it.

    It reaches the servers of the URLs `servers` alone: whoever is tested with it in a locked room
    is to get nowhere else, and the key is nobody else's business.
    """

    def __init__(self, below: httpx.AsyncBaseTransport, key: str, servers: Iterable[str]) -> None:
        self._below = below
        self._key = key
        self._servers = {_server(httpx.URL(url)) for url in servers}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if _server(request.url) not in self._servers:
            raise httpx.ConnectError(f"This client reaches its room alone, not {request.url.host}.")
        request.headers[KEY_HEADER] = self._key
        return await self._below.handle_async_request(request)

    async def aclose(self) -> None:
        await self._below.aclose()


def _server(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
