"""The local upload and cat-fact services: rooms, each with its journal, faults and gate.

    async with await open_room(latency=0.2) as room, room.client() as client:
        response = await client.get("/catfact")

Importing this loads neither aiohttp nor httpx: they are loaded when a server starts or a room
is opened.
"""

from ._entry import Entry, Outcome
from ._errors import ServicesError
from ._room import Room, open_room
from ._rooms import Limits
from ._server import DEFAULT_PORT, LOOPBACK, serve, services_url, serving

__all__ = [
    "DEFAULT_PORT",
    "LOOPBACK",
    "Entry",
    "Limits",
    "Outcome",
    "Room",
    "ServicesError",
    "open_room",
    "serve",
    "services_url",
    "serving",
]
