"""The state of the server: rooms, each with its journal, faults and gate."""

from __future__ import annotations

import asyncio
import hmac
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ._errors import Rejection
from ._faults import NONE, Faults
from ._gate import Gate
from ._journal import Journal

LOBBY = "lobby"
"""The room that the bare URL of the services is."""
_NAME = re.compile(r"(?!\.+\Z)[A-Za-z0-9._-]{1,64}")  # dots alone would be a path, not a name


@dataclass(frozen=True)
class Limits:
    """What a server takes before it says no."""

    upload: int = 1024**3
    """Bytes of one uploaded file."""
    rooms: int = 500
    entries: int = 10_000
    """Entries that one journal keeps."""

    def __post_init__(self) -> None:
        if min(self.upload, self.rooms, self.entries) < 1:
            raise ValueError("A limit of the services must be at least 1.")


class RoomState:
    """One room as the server holds it. Lives on the server's event loop alone."""

    def __init__(self, name: str, limits: Limits, host: str | None) -> None:
        self.name = name
        self.key: str | None = None
        self.faults: Faults = NONE
        self.gate = Gate(self.changed)
        self.journal = Journal(limits.entries, self.changed)
        self.upload_limit = limits.upload
        self.facts_told = 0
        self._closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watchers: list[tuple[Callable[[], bool], asyncio.Future[dict[str, Any]]]] = []
        self._host = host
        self._refusing: _ClosedPort | None = None

    def knows(self, key: str | None) -> bool:
        """Whether a data request with this `Workshop-Key` header may be answered."""
        shown = (key or "").encode(errors="surrogateescape")  # a header may hold any bytes
        return self.key is None or hmac.compare_digest(self.key.encode(), shown)

    def take_faults(self, path: str) -> Faults:
        """The faults that the request to `path` which has just come meets."""
        if not self.faults.concern(path):
            return NONE
        met = self.faults
        self.faults = met.after_one()
        return met

    def set_faults(self, faults: Faults) -> None:
        """Replace the faults. While they refuse everything, a port is kept that nobody answers.

        Raises OSError when the machine has no port left.
        """
        self.faults = faults
        if not faults.refuses_everything:
            self._stop_refusing()
        elif self._refusing is None:
            self._refusing = _ClosedPort(self._host)

    @property
    def refusing_port(self) -> int | None:
        """The port at which connections to this room are refused now."""
        return self._refusing.number if self._refusing else None

    async def pause(self, seconds: float) -> None:
        """Wait, at most until the room is deleted."""
        if seconds > 0:
            await asyncio.wait({self._closed}, timeout=seconds)

    def gate_state(self) -> dict[str, Any]:
        return {
            "holding": self.gate.holding,
            "held": self.gate.held,
            "in_flight": self.journal.in_flight,
        }

    def changed(self) -> None:
        """Tell those who wait that a number has changed.

        The condition is asked here and now: when it holds for one moment only, before the
        waiting task gets its turn, that moment still counts.
        """
        for reached, told in self._watchers:
            if not told.done() and reached():
                told.set_result(self.gate_state() | {"reached": True})

    async def watch(self, reached: Callable[[], bool], seconds: float) -> dict[str, Any]:
        """The gate's state once `reached()` holds, or after so many seconds, or at deletion."""
        if reached() or seconds <= 0 or self._closed.done():
            return self.gate_state() | {"reached": reached()}
        told: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        watcher = (reached, told)
        waiting: set[asyncio.Future[Any]] = {told, self._closed}
        self._watchers.append(watcher)
        try:
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            return told.result() if told.done() else self.gate_state() | {"reached": False}
        finally:
            self._watchers.remove(watcher)

    def close(self) -> None:
        """End it: whatever waits in it goes on at once."""
        self.gate.open()
        self._stop_refusing()
        if not self._closed.done():
            self._closed.set_result(None)

    def _stop_refusing(self) -> None:
        if self._refusing is not None:
            self._refusing.close()
            self._refusing = None


class _ClosedPort:
    """A port of `host` at which connections are refused: it is bound, and never listens. Where
    there is no host there is no network either, and nobody at any other port.
    """

    def __init__(self, host: str | None) -> None:
        self._socket = None
        self.number = 1
        if host is not None:
            self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
            self._socket.bind((host, 0))
            self.number = self._socket.getsockname()[1]

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()


class Rooms:
    """All rooms of a server. A room is made by naming it."""

    def __init__(self, limits: Limits, host: str | None) -> None:
        self._limits = limits
        self._host = host
        self._rooms: dict[str, RoomState] = {}

    def __iter__(self) -> Iterator[RoomState]:
        return iter(list(self._rooms.values()))

    def named(self, name: str) -> RoomState:
        """The room of that name, made now when it is new.

        Raises Rejection: 400 for a name that cannot be, 429 when there are too many rooms.
        """
        room = self._rooms.get(name)
        if room is None:
            check_name(name)
            if len(self._rooms) >= self._limits.rooms:
                raise Rejection(
                    429,
                    f"This server has {len(self._rooms)} rooms and makes no more. "
                    "Delete a room that nobody needs, or start the services again.",
                )
            room = self._rooms[name] = RoomState(name, self._limits, self._host)
        return room

    def delete(self, name: str) -> RoomState | None:
        """Delete the room of that name, letting all it holds through. Returns it, if there was
        one, as it was at its end.
        """
        check_name(name)
        room = self._rooms.pop(name, None)
        if room is not None:
            room.close()
        return room

    def close(self) -> None:
        for name in list(self._rooms):
            self.delete(name)


def check_name(name: str) -> None:
    """Raises Rejection (400) when no room can be called that."""
    if not _NAME.fullmatch(name):
        raise Rejection(
            400,
            f"{name[:80]!r} cannot be the name of a room. Use 1 to 64 letters, digits, "
            "dots, hyphens and underscores, and not dots alone.",
        )
