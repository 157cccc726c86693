"""How async behaviour is proved: with gates and heartbeats, never with a stop-watch.

What graded tests import, learners' tests, and cells of notebooks.

A room holds a request at its gate, or the disk holds a write, until
the test lets it go; meanwhile the test sees what else goes on. Right code passes in
milliseconds on any machine, and code that blocks cannot pass at all.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from workshop import services
from workshop.isolation import evidence, stage
from workshop.isolation.stage import Gate
from workshop.services import Entry, Room

if TYPE_CHECKING:
    import httpx

BEATS = 150
"""How many heartbeats `eventually` waits. A beat is a turn of the event loop and a job for a
worker thread, so it takes longer when the machine is busy, and what is waited for has as many
chances to happen on a slow machine as on a fast one."""
AFTERWARDS = 30
"""How many it still waits when no call of the learner's code is under way: something may have
been left running, but nothing new begins."""


class Impatience:
    """A request hook for a client: its network times out after 50 ms, whatever was asked for."""

    def __init__(self) -> None:
        self.requests = 0
        """How many it has seen. Not each of them gets to the server in that time."""

    async def __call__(self, request: httpx.Request) -> None:
        self.requests += 1
        request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), 0.05)


@asynccontextmanager
async def open_room(**faults: Any) -> AsyncIterator[Room]:
    """A room of the test's own, which answers nobody but its own `room.client()`.

    `faults` are those of `workshop.services.open_room`: `status=503`, `latency=0.5` (seconds) …
    """
    room = await services.open_room(key=uuid4().hex, **faults)
    try:
        yield room
    finally:
        seen = await room.close()
        strangers = [entry.agent for entry in seen if entry.outcome == "stranger"]
        evidence.current().strangers += strangers


async def requests_of(room: Room) -> list[Entry]:
    """The requests that came to `room` through its own client."""
    return [entry for entry in await room.journal() if entry.key_ok]


async def eventually(condition: Callable[[], bool | Awaitable[bool]], beats: int = BEATS) -> bool:
    """Whether `condition` comes true within so many heartbeats of the learner's loop."""
    afterwards = AFTERWARDS
    for number in range(beats):
        # To ask may be a request, and what does not come soon is seldom worth one at each beat.
        if (number < 8 or number % 4 == 0) and await _holds(condition):
            return True
        afterwards -= not evidence.current().under_way
        if afterwards < 0:
            break
        await beat()
    return await _holds(condition)


async def beat() -> None:
    """Let the learner's event loop, and one of its worker threads, take a turn."""
    await stage.current().beat()


async def held(room: Room, number: int) -> bool:
    """Whether `number` requests come to wait at the room's gate at the same time."""

    async def enough() -> bool:
        return await room.in_flight(number, timeout=0)

    return await eventually(enough)


async def an_hour_passes() -> None:
    """The clock of the learner's event loop jumps ahead: what waits there with a time-out of its
    own, such as that of `asyncio.wait_for`, has waited for too long.
    """
    await stage.current().put_clock_forward()


async def blocking_calls() -> list[str]:
    """What has held the event loop's own thread so far in this test, in words."""
    await stage.current().look()
    return [f"{spot.what} on the event loop's thread" for spot in evidence.current().blocked]


async def files_left_open() -> list[str]:
    """The learner's lines that opened a file which is still open now."""
    await stage.current().look()
    return [spot.source or spot.what for spot in evidence.current().files_open]


async def tasks_left() -> list[str]:
    """The names of the learner's tasks that run now. Ask when every call has returned."""
    await stage.current().look()
    return [spot.what for spot in evidence.current().tasks_left]


@asynccontextmanager
async def disk_gate(
    folder: Path, ask: Callable[[str], Awaitable[object]] | None = None
) -> AsyncIterator[Gate]:
    """Hold every worker thread that opens a file for writing below `folder`, or moves one there,
    until `gate.release()`. The event loop's own thread is let through; `gate.on_the_loop` tells of
    it.

    With `ask`, an AsyncMock for example, each such thread goes on when `ask(file_name)` returns.
    """
    gate = stage.current().add_gate(folder, ask)
    try:
        yield gate
    finally:
        stage.current().remove_gate(gate)


async def _holds(condition: Callable[[], bool | Awaitable[bool]]) -> bool:
    answer = condition()
    return bool(await answer) if inspect.isawaitable(answer) else bool(answer)
