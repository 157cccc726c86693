"""The control requests of a room: what it is, its journal, its faults and its gate."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from ._data import origin
from ._errors import Rejection
from ._faults import NONE, is_count, is_seconds, parse_faults
from ._journal import Journal
from ._rooms import RoomState

KEY_LIMIT = 200


def describe(room: RoomState, request: web.Request) -> dict[str, Any]:
    """What a room says about itself. While it refuses everything, its URL is one that does."""
    services = origin(request)
    if room.refusing_port:
        services = services.with_port(room.refusing_port)
    return {
        "name": room.name,
        "url": str(services / "rooms" / room.name),
        "in_flight": room.journal.in_flight,
        "held": room.gate.held,
        "requests": room.journal.requests,
        "refusing": room.refusing_port is not None,
    }


async def get_room(room: RoomState, request: web.Request) -> dict[str, Any]:
    return describe(room, request)


async def put_room(room: RoomState, request: web.Request) -> dict[str, Any]:
    """Make a room, lock it with `key`, give it `faults`: whichever of these are asked for."""
    wanted = await read_object(request, ("key", "faults"))
    key = wanted.get("key", room.key)
    faults = parse_faults(wanted["faults"]) if "faults" in wanted else room.faults
    if key is not None and not _is_key(key):
        raise Rejection(
            400, f"A key is a text of 1 to {KEY_LIMIT} visible ASCII characters, or null."
        )
    room.key = key
    room.set_faults(faults)
    return describe(room, request)


def as_json(journal: Journal) -> dict[str, Any]:
    """What a journal says."""
    entries = [entry.as_dict() for entry in journal.entries]
    return {"entries": entries, "most_in_flight": journal.most_in_flight}


async def get_journal(room: RoomState, request: web.Request) -> dict[str, Any]:
    return as_json(room.journal)


async def delete_journal(room: RoomState, request: web.Request) -> dict[str, Any]:
    room.journal.clear()
    return as_json(room.journal)


async def get_faults(room: RoomState, request: web.Request) -> dict[str, Any]:
    return room.faults.as_dict()


async def put_faults(room: RoomState, request: web.Request) -> dict[str, Any]:
    room.set_faults(parse_faults(await read_json(request)))
    return room.faults.as_dict()


async def delete_faults(room: RoomState, request: web.Request) -> dict[str, Any]:
    room.set_faults(NONE)
    return room.faults.as_dict()


async def get_gate(room: RoomState, request: web.Request) -> dict[str, Any]:
    """The gate's state, once `in_flight` requests are held, or, with `idle`, none is in flight."""
    query = request.query
    number = _number(query.get("in_flight", "0"), int, "in_flight")
    timeout = _number(query.get("timeout", "0"), float, "timeout")
    if not is_count(number, 0):
        raise Rejection(400, "in_flight is a number of requests, 0 or more.")
    if not is_seconds(timeout):
        raise Rejection(400, "timeout is a number of seconds from 0 to 600.")

    def reached() -> bool:
        return not room.journal.in_flight if "idle" in query else room.gate.held >= number

    return await room.watch(reached, timeout)


async def put_gate(room: RoomState, request: web.Request) -> dict[str, Any]:
    """`hold` true or false, or `release`: how many to let through, null for all that are held."""
    wanted = await read_object(request, ("hold", "release"))
    if len(wanted) != 1:
        raise Rejection(400, 'A gate takes one of {"hold": true}, {"hold": false}, {"release": 2}.')
    if "hold" in wanted:
        _hold(room, wanted["hold"])
    else:
        _release(room, wanted["release"])
    return room.gate_state()


def _hold(room: RoomState, hold: Any) -> None:
    if not isinstance(hold, bool):
        raise Rejection(400, f"'hold' must be true or false, not {hold!r}.")
    if hold:
        room.gate.hold()
    else:
        room.gate.open()


def _release(room: RoomState, count: Any) -> None:
    if count is not None and not is_count(count, 0):
        raise Rejection(400, f"'release' must be a number of requests, or null, not {count!r}.")
    room.gate.release(count)


async def read_object(request: web.Request, fields: tuple[str, ...]) -> dict[str, Any]:
    """The JSON object that a request brings; no body counts as an empty one.

    Raises Rejection (400) when it is something else or has a field not in `fields`.
    """
    if not request.can_read_body:
        return {}
    data = await read_json(request)
    if not isinstance(data, dict):
        raise Rejection(400, f"A JSON object with {' or '.join(fields)} was expected here.")
    for field in data:
        if field not in fields:
            known = ", ".join(fields)
            raise Rejection(400, f"There is no field {field!r} here. The fields are: {known}.")
    return data


async def read_json(request: web.Request) -> Any:
    """The JSON that a request brings. Raises Rejection (400) when it is not JSON."""
    body = await request.read()
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Rejection(400, f"The body is not JSON: {error}.") from error


def _number(text: str, kind: Callable[[str], float], name: str) -> float:
    try:
        return kind(text)
    except ValueError as error:
        raise Rejection(400, f"{name} must be a number, not {text[:80]!r}.") from error


def _is_key(key: Any) -> bool:
    return (
        isinstance(key, str)
        and 0 < len(key) <= KEY_LIMIT
        and key.isascii()
        and key.isprintable()
        and key == key.strip()
    )
