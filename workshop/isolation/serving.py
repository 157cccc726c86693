"""What a test passes to the learner's code, and what the learner's process asks of it.

A client or a function stays here. The other side knows it by a number, and asks for each request
to be sent and each call to be made.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx

from workshop.isolation.testimony import number_of
from workshop.isolation.wire import NAME_LIMIT, Flood, WireError, decode, encode, words

Message = dict[str, Any]

MOST_AT_ONCE = 250
"""Questions that may be waiting for an answer at the same time."""
URL_LIMIT = 2**16
"""Characters of a URL, the limit of httpx."""


class Serving:
    """Answers the questions of one learner's process, on the test's event loop."""

    def __init__(self, tell: Callable[[Message], None]) -> None:
        self._tell = tell
        self._numbers = itertools.count(1)
        self._passed: dict[int, Any] = {}
        self._answering: dict[int, asyncio.Task[None]] = {}

    def encode(self, value: Any) -> Any:
        """`value` for the wire, with numbers for what stays here."""
        return encode(value, self._numbered)

    def asked(self, message: Message) -> None:
        """Begin to answer a question. Raises WireError when it is none, Flood when it is one too
        many.
        """
        number = number_of(message)
        if number in self._answering:
            raise WireError("a question that was asked already")
        if len(self._answering) >= MOST_AT_ONCE:
            raise Flood("too many questions at once")
        work = self._request(message) if message["op"] == "request" else self._callback(message)
        task = asyncio.get_running_loop().create_task(self._answer(number, work))
        self._answering[number] = task
        task.add_done_callback(lambda done: self._answering.pop(number, None))

    def abandoned(self, message: Message) -> None:
        """Nobody waits for an answer any more."""
        task = self._answering.get(number_of(message))
        if task is not None:
            task.cancel()

    # --- what is passed --------------------------------------------------------------------------

    def _numbered(self, value: Any) -> list[Any] | None:
        # Not isinstance, for which a mock made to a client's specification is one.
        if issubclass(type(value), httpx.AsyncClient):
            return ["client", self._number(value), _settings(value)]
        if callable(value):
            return ["callable", self._number(value), str(getattr(value, "__name__", "fetch"))]
        return None

    def _number(self, value: Any) -> int:
        for number, known in self._passed.items():
            if known is value:
                return number
        number = next(self._numbers)
        self._passed[number] = value
        return number

    # --- what is asked ---------------------------------------------------------------------------

    def _callback(self, message: Message) -> Callable[[int], Awaitable[None]]:
        function = self._passed.get(number_of(message, "handle"))
        args, kwargs = decode(message.get("args")), decode(message.get("kwargs"))
        named = isinstance(kwargs, dict) and all(isinstance(name, str) for name in kwargs)
        if not callable(function) or not isinstance(args, tuple) or not named:
            raise WireError("a call of what nobody passed in")

        async def call(number: int) -> None:
            self._reply(number, await function(*args, **kwargs), last=True)

        return call

    def _request(self, message: Message) -> Callable[[int], Awaitable[None]]:
        client = self._passed.get(number_of(message, "client"))
        if not isinstance(client, httpx.AsyncClient):
            raise WireError("a request through what is no client")
        method = words(message.get("method"), NAME_LIMIT)
        url, body = words(message.get("url"), URL_LIMIT), decode(message.get("body"))
        headers, timeout = message.get("headers"), message.get("timeout")
        if not isinstance(body, bytes) or not isinstance(timeout, dict) or not _pairs(headers):
            raise WireError("a request with a malformed part")

        async def send(number: int) -> None:
            content = _in_pieces(body) if _chunked(headers) else body
            request = httpx.Request(
                method, url, headers=headers, content=content, extensions={"timeout": timeout}
            )
            await self._send(number, client, request)

        return send

    async def _send(self, number: int, client: httpx.AsyncClient, request: httpx.Request) -> None:
        response = await client.send(request, stream=True, follow_redirects=False, auth=None)
        try:
            headers = [tuple(header) for header in response.headers.multi_items()]
            self._reply(number, {"status": response.status_code, "headers": headers})
            async for piece in _raw(response):
                self._reply(number, piece)
            self._reply(number, None, last=True)
        finally:
            await response.aclose()

    async def _answer(self, number: int, work: Callable[[int], Awaitable[None]]) -> None:
        try:
            await work(number)
        except asyncio.CancelledError as error:
            self._tell({"op": "reply", "id": number, "error": encode(error), "last": True})
            raise
        except Exception as error:
            self._tell({"op": "reply", "id": number, "error": encode(error), "last": True})

    def _reply(self, number: int, value: Any, last: bool = False) -> None:
        self._tell({"op": "reply", "id": number, "value": encode(value), "last": last})


def _settings(client: httpx.AsyncClient) -> Message:
    return {
        "base_url": str(client.base_url),
        "headers": [[name, value] for name, value in client.headers.multi_items()],
        "timeout": client.timeout.as_dict(),
        "follow_redirects": client.follow_redirects,
    }


def _pairs(headers: Any) -> bool:
    """Are these pairs of texts?"""
    return isinstance(headers, list) and all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(text, str) for text in pair)
        for pair in headers
    )


def _chunked(headers: Any) -> bool:
    """Is the body sent in pieces? Then a length beside it would make the request malformed."""
    return any(name.lower() == "transfer-encoding" for name, _ in headers)


async def _in_pieces(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def _raw(response: httpx.Response) -> AsyncIterator[bytes]:
    if response.is_stream_consumed:
        yield response.content
    else:
        async for piece in response.aiter_raw():
            yield piece
