"""What a test passes in, as the learner's code sees it: a client and functions that ask back.

The client is a real `httpx.AsyncClient`. Each request goes to the test over the wire, whose own
client sends it on; so does each call of a function.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx

from workshop.isolation.wire import Wire, WireError, decode, encode

Message = dict[str, Any]


class Bridge:
    """Asks the test, and hands its answers to whoever waits for them."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._numbers = itertools.count(1)
        self._clients: dict[int, httpx.AsyncClient] = {}
        self._waiting: dict[int, asyncio.Queue[Message]] = {}

    def decode(self, data: Any) -> Any:
        """A value from the test's side. Raises WireError when it is none."""
        return decode(data, self._special)

    def answered(self, message: Message) -> None:
        """The test has answered, in full or in part."""
        if message["id"] in self._waiting:
            self._waiting[message["id"]].put_nowait(message)

    def ask(self, message: Message) -> Question:
        """Send a question to the test."""
        number = next(self._numbers)
        answers = self._waiting[number] = asyncio.Queue()
        self._wire.send(message | {"id": number})
        return Question(answers, lambda answered: self._close(number, answered))

    def _close(self, number: int, answered: bool) -> None:
        if self._waiting.pop(number, None) is not None and not answered:
            self._wire.send({"op": "abandon", "id": number})

    def _special(self, tag: str, rest: list[Any]) -> Any:
        if tag == "client":
            return self._client(*rest)
        if tag == "callable":
            return self._callable(*rest)
        raise WireError(f"an unknown tag {tag!r}")

    def _client(self, number: int, settings: Message) -> httpx.AsyncClient:
        """The same client each time the test passes the same one."""
        if number not in self._clients:
            self._clients[number] = httpx.AsyncClient(
                transport=_Transport(self, number),
                base_url=settings["base_url"],
                headers=settings["headers"],
                timeout=httpx.Timeout(**settings["timeout"]),
                follow_redirects=settings["follow_redirects"],
                trust_env=False,
            )
            # The test's client is open, so this one is: __aenter__ waits for nothing here.
            with contextlib.suppress(StopIteration):
                self._clients[number].__aenter__().send(None)
        return self._clients[number]

    def _callable(self, number: int, name: str) -> Any:
        async def call(*args: Any, **kwargs: Any) -> Any:
            message = {"op": "callback", "handle": number}
            question = self.ask(message | {"args": encode(args), "kwargs": encode(kwargs)})
            try:
                return await question.next()
            finally:
                question.close()

        call.__name__ = call.__qualname__ = name
        return call


class Question:
    """Something asked of the test. It has to be closed; early means that nobody waits for it."""

    def __init__(self, answers: asyncio.Queue[Message], close: Callable[[bool], None]) -> None:
        self._answers = answers
        self._close = close
        self._answered = False

    async def next(self) -> Any:
        """The next part of the answer. Raises what the test's side raised."""
        answer = await self._answers.get()
        self._answered = bool(answer.get("last"))
        if "error" in answer:
            error = decode(answer["error"])
            raise error if isinstance(error, BaseException) else WireError("no error")
        return decode(answer["value"])

    def close(self) -> None:
        self._close(self._answered)


class _Transport(httpx.AsyncBaseTransport):
    """Sends each request back to the test, whose own client sends it on."""

    def __init__(self, bridge: Bridge, client: int) -> None:
        self._bridge = bridge
        self._client = client

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = b"".join([piece async for piece in _pieces(request)])
        headers = [[_latin(name), _latin(value)] for name, value in request.headers.raw]
        question = self._bridge.ask(
            {
                "op": "request",
                "client": self._client,
                "method": request.method,
                "url": str(request.url),
                "headers": headers,
                "timeout": request.extensions.get("timeout", {}),
                "body": encode(body),
            }
        )
        try:
            head = await question.next()
        except BaseException:
            question.close()
            raise
        return httpx.Response(head["status"], headers=head["headers"], stream=_Body(question))


class _Body(httpx.AsyncByteStream):
    def __init__(self, question: Question) -> None:
        self._question = question

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (piece := await self._question.next()) is not None:
            yield piece

    async def aclose(self) -> None:
        self._question.close()


async def _pieces(request: httpx.Request) -> AsyncIterator[bytes]:
    if not isinstance(request.stream, httpx.AsyncByteStream):
        raise RuntimeError("Attempted to send a sync request with an AsyncClient instance.")
    async for piece in request.stream:
        yield piece


def _latin(data: bytes) -> str:
    return data.decode("latin-1")
