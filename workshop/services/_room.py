"""A room as a program holds it. All it does goes over HTTP, to these services or to others."""

from __future__ import annotations

import secrets
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ._entry import Entry
from ._errors import ServicesError
from ._rooms import check_name
from ._server import services_url

if TYPE_CHECKING:
    import httpx

PATIENCE = 30.0
"""Seconds that a control request may take. It takes a millisecond; machines get busy."""


async def open_room(
    name: str | None = None, *, key: str | None = None, url: str | None = None, **faults: Any
) -> Room:
    """The room called `name` of the services at `url` (default: `services_url()`).

    Without a name it is a new one, deleted when it is closed. With `key` it is locked: it
    answers its own `client()` alone. `faults` are those of `Room.faults`; without any, the
    room keeps those it has.

    Raises ServicesError when the services do not answer or refuse this.
    """
    if name is not None:
        check_name(name)
    room = Room(url or services_url(), name, key)
    try:
        await room._make(faults)
    except BaseException:
        await room._control.close()
        raise
    return room


class Room:
    """One isolated tenant of the services, from `open_room`.

    Every method that talks to the services raises ServicesError when they do not answer or
    refuse.
    """

    def __init__(self, services: str, name: str | None, key: str | None) -> None:
        from ._controller import Controller  # here, for who only imports this package may need none

        self.services = services.rstrip("/")
        """The URL of the services, without a slash at its end."""
        self.name = f"room-{secrets.token_hex(6)}" if name is None else name
        self.key = key
        self.url = f"{self.services}/rooms/{self.name}"
        """Where its data is: `/upload` and `/catfact` below it. Another while it refuses."""
        self._temporary = name is None
        self._control = Controller(self.services)

    def client(self, **options: Any) -> httpx.AsyncClient:
        """A new client of this room, which has its key. `options` are those of AsyncClient.

        As its transport is given, it takes no proxy from the environment.
        """
        import httpx

        from ._transport import KeyTransport, plain_transport

        if "transport" not in options:
            pool = {"limits": options.pop("limits")} if "limits" in options else {}
            options["transport"] = plain_transport(self.services, **pool)
        if self.key is not None:
            servers = (self.services, self.url)
            options["transport"] = KeyTransport(options["transport"], self.key, servers)
        options.setdefault("base_url", self.url)
        return httpx.AsyncClient(**options)

    async def faults(self, **faults: Any) -> None:
        """Replace its faults.

        latency: seconds before an answer. status: the status to answer with. refuse:
        connections are refused. drop: the connection ends in the middle of the answer.
        malformed: the answer is broken JSON. status_false: its body says `"status": false`.
        slow_body: seconds between the pieces of an answer. times: for the next so many
        requests only. path: "/upload" or "/catfact" only.

        A room that refuses everything has another `url`, at which nobody listens. A client
        made before keeps the old one: there its connections are reset.
        """
        self._place(await self._ask("PUT", "", json={"faults": faults}))

    async def heal(self) -> None:
        """End its faults."""
        await self.faults()

    async def hold(self) -> None:
        """Close its gate: from now on requests are received, and wait for their answer."""
        await self._ask("PUT", "/gate", json={"hold": True})

    async def release(self, n: int | None = None) -> None:
        """Answer the `n` requests that have waited longest, or all; go on holding others."""
        await self._ask("PUT", "/gate", json={"release": n})

    async def open_gate(self) -> None:
        """Answer all requests that wait, and hold none from now on."""
        await self._ask("PUT", "/gate", json={"hold": False})

    async def in_flight(self, n: int, timeout: float = 5.0) -> bool:  # noqa: ASYNC109 - the server waits
        """Whether `n` requests or more are held at the gate within `timeout` seconds."""
        return await self._reached(timeout, {"in_flight": n})

    async def idle(self, timeout: float = 5.0) -> bool:  # noqa: ASYNC109 - the server waits
        """Whether every request has ended, one way or another, within `timeout` seconds."""
        return await self._reached(timeout, {"idle": "true"})

    async def journal(self) -> list[Entry]:
        """What it saw, oldest first."""
        return _entries(await self._ask("GET", "/journal"))

    async def most_in_flight(self) -> int:
        """The highest number of requests that it had at once."""
        return int((await self._ask("GET", "/journal"))["most_in_flight"])

    async def clear(self) -> None:
        """Empty its journal."""
        await self._ask("DELETE", "/journal")

    async def close(self) -> list[Entry]:
        """Let go of it; delete it when it was made without a name.

        Returns what the room that was deleted had seen.
        """
        try:
            if self._temporary:
                return _entries((await self._ask("DELETE", "")).get("journal"))
        except ServicesError:
            pass  # services that are gone have no rooms
        finally:
            await self._control.close()
        return []

    def __del__(self) -> None:
        # A room that nobody closed is no error of the loop's, as aiohttp would have it.
        if control := getattr(self, "_control", None):
            control.abandon()

    async def __aenter__(self) -> Room:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def _make(self, faults: dict[str, Any]) -> None:
        wanted: dict[str, Any] = {}
        if self.key is not None:
            wanted["key"] = self.key
        if faults:
            wanted["faults"] = faults
        self._place(await self._ask("PUT", "", json=wanted))

    def _place(self, seen: dict[str, Any]) -> None:
        # Its own idea of the URL, not the server's: there may be a proxy between the two.
        own = f"{self.services}/rooms/{self.name}"
        self.url = seen["url"] if seen["refusing"] else own

    async def _reached(self, seconds: float, query: dict[str, Any]) -> bool:
        answer = await self._ask(
            "GET", "/gate", params=query | {"timeout": seconds}, patience=seconds + PATIENCE
        )
        return bool(answer["reached"])

    async def _ask(
        self, method: str, path: str, patience: float = PATIENCE, **options: Any
    ) -> dict[str, Any]:
        from ._controller import NoAnswer

        try:
            status, answer = await self._control.ask(
                method, f"/rooms/{self.name}{path}", patience, **options
            )
        except NoAnswer as error:
            raise _silent(self.services, str(error)) from error
        if 200 <= status < 300 and isinstance(answer, dict):
            return answer
        raise ServicesError(_reason(answer) or f"The services answered {status}.")


def _entries(journal: dict[str, Any] | None) -> list[Entry]:
    return [Entry(**entry) for entry in journal["entries"]] if journal else []


def _silent(services: str, reason: str) -> ServicesError:
    return ServicesError(
        f"No workshop services answer at {services} ({reason}). Start them with "
        "`workshop services`, or unset WORKSHOP_URL to have them started for you."
    )


def _reason(answer: Any) -> str | None:
    try:
        return str(answer["error"]["message"])
    except (KeyError, TypeError):
        return None
