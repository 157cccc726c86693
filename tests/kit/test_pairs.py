"""Services without a network: the same rooms, reached over pairs of sockets."""

from __future__ import annotations

import asyncio
import socket

import httpx
import pytest

from workshop.services import Room, open_room, services_url
from workshop.services._pairs import URL, use


@pytest.fixture(autouse=True)
def within(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process's own services; and no connection of another kind can be opened."""
    monkeypatch.setenv("WORKSHOP_URL", "")
    use()

    def refuse(self: socket.socket, address: object) -> None:
        raise AssertionError(f"a connection to {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)


async def outcomes(room: Room) -> list[str]:
    return [entry.outcome for entry in await room.journal()]


@pytest.mark.asyncio
async def test_requests_are_answered_and_journalled():
    assert services_url() == URL
    async with await open_room(key="mine") as room, room.client() as client:
        answer = await client.post("/upload", files={"file": b"purr" * 100_000})
        fact = await client.get("/catfact")
        seen = await room.journal()

    assert answer.json()["data"]["file"]["metadata"]["size"] == 400_000
    assert fact.json()["data"]
    assert [(entry.path, entry.size) for entry in seen] == [("/upload", 400_000), ("/catfact", 0)]


@pytest.mark.asyncio
async def test_a_gate_holds_requests_that_are_under_way_together():
    async with await open_room() as room, room.client() as client:
        await room.hold()
        asking = [asyncio.create_task(client.get("/catfact")) for _ in range(3)]

        assert await room.in_flight(3)
        assert not any(task.done() for task in asking)
        await room.open_gate()
        assert {task.status_code for task in await asyncio.gather(*asking)} == {200}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("faults", "error"),
    [
        ({"refuse": True}, httpx.ConnectError),
        ({"drop": True}, httpx.RemoteProtocolError),
        ({"latency": 60}, httpx.ReadTimeout),
    ],
    ids=["refused", "dropped", "late"],
)
async def test_faults_are_those_of_a_network(faults, error):
    async with await open_room(**faults) as room, room.client(timeout=0.05) as client:
        with pytest.raises(error):
            await client.get("/catfact")


@pytest.mark.asyncio
async def test_who_goes_away_is_journalled():
    async with await open_room() as room, room.client() as client:
        await room.hold()
        asking = asyncio.create_task(client.get("/catfact"))
        assert await room.in_flight(1)
        asking.cancel()

        assert await room.idle()
        assert await outcomes(room) == ["cancelled"]


@pytest.mark.asyncio
async def test_nothing_else_is_reached():
    async with await open_room() as room, room.client() as client:
        for url in ("http://127.0.0.1:9/", "http://services.test:8080/catfact"):
            with pytest.raises(httpx.ConnectError, match="Nobody listens"):
                await client.get(url)


def test_each_event_loop_may_use_them():
    async def ask() -> int:
        async with await open_room() as room, room.client() as client:
            return (await client.get("/catfact")).status_code

    assert [asyncio.run(ask()) for _ in range(3)] == [200] * 3
