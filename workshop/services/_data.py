"""The data requests of a room: upload, cat fact, and whatever else is asked for by mistake."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from yarl import URL

from ._answers import error_answer, fact_answer, file_answer
from ._entry import KEY_HEADER, Outcome
from ._errors import Rejection
from ._faults import NONE, Faults
from ._rooms import RoomState
from ._upload import FIELD, Received, read_upload

PIECES = 8
"""Into how many pieces an answer's body is cut when it is sent slowly."""
BODILESS = (204, 205, 304)
REDIRECTS = (301, 302, 303, 307, 308)
MOVED = "moved"
"""The query of the address that a redirect leads to."""


@dataclass(frozen=True)
class Answer:
    """What a request gets when the room has no faults."""

    body: dict[str, Any]
    status: int = 200
    outcome: Outcome = "answered"


class Visit:
    """One data request, from its entry in the journal to the end of its answer."""

    def __init__(self, request: web.Request, room: RoomState, path: str) -> None:
        self.request = request
        self.room = room
        self.path = path
        self.key_ok = room.knows(request.headers.get(KEY_HEADER))
        agent = request.headers.get("User-Agent", "")
        self.id = room.journal.begin(request.method, path, key_ok=self.key_ok, agent=agent)

    def note(self, received: Received) -> None:
        self.room.journal.note(self.id, **vars(received))

    def finish(self, outcome: Outcome, status: int | None = None) -> None:
        self.room.journal.finish(self.id, outcome, status, key_ok=self.key_ok)


Work = Callable[[Visit], Awaitable[Answer]]


async def receive(request: web.Request, room: RoomState, path: str) -> web.StreamResponse:
    """Answer a data request as the room's key, faults and gate have it, and journal it."""
    visit = Visit(request, room, path)
    try:
        return await _answer(visit)
    except Rejection as rejection:
        visit.finish("rejected", rejection.status)
        raise
    except (asyncio.CancelledError, ConnectionError):
        visit.finish("cancelled")  # unless it had its whole answer by then
        raise
    except Exception:
        visit.finish("rejected", 500)
        raise


async def _answer(visit: Visit) -> web.StreamResponse:
    if not visit.key_ok:
        visit.finish("stranger", 403)
        return _say(error_answer("This room is locked, and the request came without its key."), 403)
    work = _work(visit)
    faults = NONE if MOVED in visit.request.query else visit.room.take_faults(visit.path)
    if faults.refuse:
        visit.finish("refused")
        return _reset(visit.request)
    answer = await work(visit)
    await visit.room.pause(faults.latency)
    await visit.room.gate.pass_through()
    return await _send(visit, answer, faults)


def _work(visit: Visit) -> Work:
    known = {("POST", "/upload"): _upload, ("GET", "/catfact"): _cat_fact}
    method, path = visit.request.method, visit.path
    if (method, path) in known:
        return known[method, path]
    for right_method, right_path in known:
        if path == right_path:
            raise Rejection(405, f"{path} is for {right_method} requests, not for {method}.")
    raise Rejection(404, f"There is no {path} here. There are POST /upload and GET /catfact.")


async def _upload(visit: Visit) -> Answer:
    try:
        received = await read_upload(visit.request, visit.room.upload_limit)
    except Rejection as rejection:
        if rejection.status != 400:
            raise
        return Answer(error_answer(rejection.message), 400, "rejected")
    right = [each for each in received if each.field == FIELD]
    for each in (right or received)[:1]:
        visit.note(each)
    if right:
        return Answer(file_answer(right[0], origin(visit.request)))
    found = ", ".join(repr(each.field) for each in received) or "no file at all"
    message = f"The file must come in the multipart field {FIELD!r}; this request has {found}."
    return Answer(error_answer(message), 400, "rejected")


async def _cat_fact(visit: Visit) -> Answer:
    number = visit.room.facts_told
    visit.room.facts_told += 1
    return Answer(fact_answer(number))


async def _send(visit: Visit, answer: Answer, faults: Faults) -> web.StreamResponse:
    if answer.outcome == "rejected":
        visit.finish("rejected", answer.status)
        return _say(answer.body, answer.status)
    status = faults.status or answer.status
    text = _text(answer, status, faults)
    if faults.drop and not text:
        visit.finish("dropped")
        return _hang_up(visit.request)
    if faults.drop or faults.slow_body:
        return await _send_in_pieces(visit, status, text, faults)
    visit.finish(_outcome(faults), status)
    there = str(visit.request.rel_url.with_query(MOVED))
    headers = {"Location": there} if status in REDIRECTS else {}
    return web.Response(body=text, status=status, headers=headers, content_type="application/json")


def _text(answer: Answer, status: int, faults: Faults) -> bytes:
    if status in BODILESS:
        return b""
    body = answer.body
    if faults.status_false or status >= 400:
        body = error_answer("The server could not do this. This room was told to say so.")
    text = json.dumps(body).encode()
    return text[: len(text) // 2] if faults.malformed else text


def _outcome(faults: Faults) -> Outcome:
    if faults.drop:
        return "dropped"
    return "malformed" if faults.malformed else "answered"


async def _send_in_pieces(
    visit: Visit, status: int, text: bytes, faults: Faults
) -> web.StreamResponse:
    response = web.StreamResponse(status=status)
    response.content_type = "application/json"
    response.content_length = len(text)
    size = max(1, -(-len(text) // PIECES))
    pieces = [text[start : start + size] for start in range(0, len(text), size)] or [b""]
    if faults.drop:
        pieces = pieces[: -(-len(pieces) // 2)]
    await response.prepare(visit.request)
    for number, piece in enumerate(pieces, start=1):
        if number > 1:
            await visit.room.pause(faults.slow_body)
        if number == len(pieces):
            visit.finish(_outcome(faults), status)
        await response.write(piece)
    return _hang_up(visit.request) if faults.drop else response


def _hang_up(request: web.Request) -> web.Response:
    """End the connection in good order, with part of the answer unsaid."""
    if request.transport is not None:
        request.transport.write_eof()
        request.transport.close()
    return web.Response()  # goes nowhere


def _reset(request: web.Request) -> web.Response:
    """End the connection as a closed port would: with a reset, and without a word."""
    if request.transport is not None:
        peer = request.transport.get_extra_info("socket")
        linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        request.transport.abort()
    return web.Response()  # goes nowhere


def _say(body: dict[str, Any], status: int) -> web.Response:
    return web.json_response(body, status=status)


def origin(request: web.Request) -> URL:
    """The URL of the services as this client sees it.

    Raises Rejection (400) when the request's Host header is none.
    """
    try:
        return URL.build(scheme=request.scheme, authority=request.host)
    except ValueError as error:
        raise Rejection(400, f"The Host header {request.host[:80]!r} names no host.") from error
