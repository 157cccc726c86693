"""A test that the process of learners' tests plays to itself before it is copied.

What Python makes when code runs for the first time, such as faster bytecode and caches, is then
there in each copy. It does what tests of the course do: it has a room, a client, a folder and a
mock, and awaits what is held.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import AsyncMock

import httpx
import pytest
import pytest_asyncio

from workshop.isolation.rehearsal import TIMES
from workshop.services import Room, open_room


@pytest_asyncio.fixture
async def room() -> AsyncIterator[Room]:
    async with await open_room() as room:
        yield room


@pytest_asyncio.fixture
async def client(room: Room) -> AsyncIterator[httpx.AsyncClient]:
    async with room.client() as client:
        yield client


@pytest.mark.asyncio
@pytest.mark.parametrize("time", range(TIMES))
async def test_what_tests_do(
    time: int, room: Room, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    path = tmp_path / "sent"
    path.write_bytes(b"purring")
    await room.hold()
    with path.open("rb") as file:
        sending = asyncio.create_task(client.post("/upload", files={"file": ("sent", file)}))
        assert await room.in_flight(1)
        await room.open_gate()
        answer = await sending
    assert answer.json()["status"] is True
    mock = AsyncMock(return_value=await client.get("/catfact"))
    assert (await mock(time)).status_code == 200
    mock.assert_awaited_once_with(time)
    assert [entry.method for entry in await room.journal()] == ["POST", "GET"]
    with pytest.raises(FileNotFoundError):
        path.with_name("gone").open()
