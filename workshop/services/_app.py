"""The server's routes, how a refusal becomes an answer, and the server's life on a loop.

Data      POST /rooms/NAME/upload   GET /rooms/NAME/catfact   (without /rooms/NAME: the lobby)
Control   GET /rooms
          GET, PUT, DELETE /rooms/NAME          PUT takes {"key": …, "faults": {…}};
                                                DELETE answers with the last of the journal
          GET, DELETE /rooms/NAME/journal
          GET, PUT, DELETE /rooms/NAME/faults   the fields of `Faults`
          GET /rooms/NAME/gate?in_flight=K&timeout=S, or ?idle=1&timeout=S
          PUT /rooms/NAME/gate                  {"hold": true}, {"hold": false}, {"release": 2}
Page      GET /

Every refusal is {"status": false, "error": {"message": a sentence}}.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from . import _control as control
from ._answers import error_answer
from ._data import receive
from ._entry import KEY_HEADER
from ._errors import Rejection
from ._page import page_as_html, rooms_as_html
from ._rooms import LOBBY, Limits, Rooms, RoomState

QUEUE = 1024
"""Connections that may wait to be accepted: more than a lesson opens at once."""
LAST_WORDS = 1.0
"""Seconds that a request has to end when the server stops. Held ones are let go first."""
ROOMS = web.AppKey("rooms", Rooms)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Control = Callable[[RoomState, web.Request], Awaitable[dict[str, Any]]]


@asynccontextmanager
async def answering(listener: socket.socket, host: str, limits: Limits) -> AsyncIterator[None]:
    """Answer what comes to `listener`, a bound socket of `host`, for as long as this is open."""
    runner = prepared(host, limits)
    await runner.setup()
    try:
        await web.SockSite(runner, listener, backlog=QUEUE).start()
        yield
    finally:
        await runner.cleanup()


def prepared(host: str | None, limits: Limits) -> web.AppRunner:
    """What runs the application of `create_app`, once it is set up."""
    return web.AppRunner(
        create_app(limits, host),
        handler_cancellation=True,  # who goes away is journalled as "cancelled"
        access_log=None,
        shutdown_timeout=LAST_WORDS,
    )


def create_app(limits: Limits, host: str | None) -> web.Application:
    """The services as an aiohttp application, which will listen at `host`."""
    app = web.Application(middlewares=[_reasons])
    app[ROOMS] = Rooms(limits, host)
    app.on_shutdown.append(_let_go)
    router = app.router
    router.add_get("/", _page)
    router.add_get("/live", _live)
    router.add_get("/files/{id}", _file)
    router.add_get("/rooms", _list)
    router.add_delete("/rooms/{room}", _delete)
    for method, path, work in _CONTROLS:
        router.add_route(method, "/rooms/{room}" + path, _in_room(work))
    for path in ("", "/journal", "/faults", "/gate"):
        router.add_route("*", "/rooms/{room}" + path, _wrong_method)
    router.add_route("*", "/rooms/{room}/{path:.*}", _visit)
    router.add_route("*", "/{path:upload|catfact}", _visit)
    return app


_CONTROLS: tuple[tuple[str, str, Control], ...] = (
    ("GET", "", control.get_room),
    ("PUT", "", control.put_room),
    ("GET", "/journal", control.get_journal),
    ("DELETE", "/journal", control.delete_journal),
    ("GET", "/faults", control.get_faults),
    ("PUT", "/faults", control.put_faults),
    ("DELETE", "/faults", control.delete_faults),
    ("GET", "/gate", control.get_gate),
    ("PUT", "/gate", control.put_gate),
)


@web.middleware
async def _reasons(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal is JSON with a sentence that says why."""
    try:
        return await handler(request)
    except Rejection as rejection:
        status, message = rejection.status, rejection.message
    except web.HTTPException as error:
        status, message = error.status, _sentence(error, request)
    return web.json_response(error_answer(message), status=status)


def _sentence(error: web.HTTPException, request: web.Request) -> str:
    if error.status == 404:
        return f"There is nothing at {request.path}. There are /upload, /catfact and /rooms."
    if error.status == 405:
        return f"{request.path} does not take {request.method} requests."
    return f"{request.method} {request.path} was refused: {error.reason}."


def _room(request: web.Request) -> RoomState:
    return request.app[ROOMS].named(request.match_info.get("room", LOBBY))


def _in_room(work: Control) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        room = _room(request)
        if KEY_HEADER in request.headers:
            # It comes through a client of the room, so it is a visitor: whoever is tested in a
            # locked room cannot open the gate there.
            return await receive(request, room, request.path.removeprefix(f"/rooms/{room.name}"))
        return web.json_response(await work(room, request))

    return handle


async def _visit(request: web.Request) -> web.StreamResponse:
    return await receive(request, _room(request), "/" + request.match_info["path"])


async def _wrong_method(request: web.Request) -> web.StreamResponse:
    raise Rejection(405, f"{request.path} does not take {request.method} requests.")


def _no_visitor(request: web.Request) -> None:
    """Raises Rejection (403) for a request through a room's own client, which gets data alone."""
    if KEY_HEADER in request.headers:
        raise Rejection(403, f"{request.path} is not for the clients of a locked room.")


async def _list(request: web.Request) -> web.StreamResponse:
    _no_visitor(request)
    rooms = [control.describe(room, request) for room in request.app[ROOMS]]
    return web.json_response({"rooms": rooms})


async def _delete(request: web.Request) -> web.StreamResponse:
    _no_visitor(request)
    name = request.match_info["room"]
    room = request.app[ROOMS].delete(name)
    journal = {"journal": control.as_json(room.journal)} if room else {}
    return web.json_response({"name": name, "deleted": room is not None, **journal})


async def _page(request: web.Request) -> web.StreamResponse:
    _no_visitor(request)
    return _html(page_as_html(request.app[ROOMS]))


async def _live(request: web.Request) -> web.StreamResponse:
    _no_visitor(request)
    return _html(rooms_as_html(request.app[ROOMS]))


def _html(text: str) -> web.Response:
    # A name may hold what UTF-8 cannot say: headers are bytes, and no two clients agree on them.
    body = text.encode(errors="replace")
    return web.Response(body=body, content_type="text/html", charset="utf-8")


async def _file(request: web.Request) -> web.StreamResponse:
    raise Rejection(404, "Uploaded files are counted and hashed here, never kept.")


async def _let_go(app: web.Application) -> None:
    app[ROOMS].close()
