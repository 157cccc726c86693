"""Asks the services what their control routes answer, as a room does many times in each test.

aiohttp, on which the server runs too, takes an eighth of the processor time that httpx would.
"""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp

from . import _pairs


class NoAnswer(Exception):
    """The services do not answer, or not in JSON. The text is the reason, in a few words."""


class Controller:
    """Asks the services at `url`, on the loop that runs now."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connector: aiohttp.BaseConnector
        if url == _pairs.URL:
            self._connector = _PairsConnector()
        elif url.startswith("https:"):
            from httpx import create_ssl_context  # its certificates, as a room's clients have them

            self._connector = aiohttp.TCPConnector(ssl=create_ssl_context())
        else:
            self._connector = aiohttp.TCPConnector()
        self._session = aiohttp.ClientSession(
            connector=self._connector, cookie_jar=aiohttp.DummyCookieJar()
        )

    async def ask(self, method: str, path: str, patience: float, **options: Any) -> tuple[int, Any]:
        """The status and the JSON of the answer, within `patience` seconds.

        `options` are those of aiohttp's request. Raises NoAnswer.
        """
        options |= {"timeout": aiohttp.ClientTimeout(total=patience), "allow_redirects": False}
        try:
            async with self._session.request(method, self._url + path, **options) as response:
                return response.status, await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NoAnswer(type(error).__name__) from error
        except ValueError as error:
            raise NoAnswer("the answer is no JSON") from error

    async def close(self) -> None:
        """Let go of the connections."""
        await self._session.close()

    def abandon(self) -> None:
        """Let go of them when nobody has closed it, without a word: aiohttp would report that to
        the loop as an error of the program.
        """
        if not self._session.closed:
            self._session.detach()
            self._connector._close()  # its public form would leave the loop a task to run


class _PairsConnector(aiohttp.BaseConnector):
    """Connects to the services that this process serves over pairs of sockets."""

    async def _create_connection(self, *request: Any) -> Any:
        loop = asyncio.get_running_loop()
        _, protocol = await loop.create_connection(self._factory, sock=_pairs.connected())
        return protocol
