"""One fixture gives everything at once; an exit stack closes whatever a test has opened with it."""

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio
from ex04_cat_fact import CatFact

from workshop.proof import blocking_calls, eventually, held, tasks_left
from workshop.services import Room, open_room

pytestmark = pytest.mark.asyncio


@dataclass
class Scene:
    stack: AsyncExitStack
    room: Room
    client: httpx.AsyncClient
    cat_fact: CatFact

    async def another(self, **faults) -> httpx.AsyncClient:
        room = await self.stack.enter_async_context(await open_room(**faults))
        return await self.stack.enter_async_context(room.client())


@pytest_asyncio.fixture
async def scene():
    async with AsyncExitStack() as stack:
        room = await stack.enter_async_context(await open_room())
        client = await stack.enter_async_context(room.client())
        yield Scene(stack, room, client, CatFact(client))
        await room.open_gate()


async def test_a_fact_comes_with_its_status(scene):
    status, body = await scene.cat_fact.get_cat_fact()
    assert status == 200
    assert len(body["data"]) == 1
    await scene.room.faults(status=201)
    status, body = await scene.cat_fact.get_cat_fact()
    assert status == 201
    assert len(body["data"]) == 1


async def test_each_call_asks_anew(scene):
    answers = [await scene.cat_fact.get_cat_fact() for _ in range(3)]
    journal = await scene.room.journal()
    assert [entry.path for entry in journal] == ["/catfact"] * 3
    assert {entry.method for entry in journal} == {"GET"}
    facts = [body["data"][0] for _, body in answers]
    assert len(set(facts)) == 3


async def test_any_other_status_gives_the_error_text(scene):
    assert type(await scene.cat_fact.get_cat_fact()) is not str
    for status, malformed in [(202, False), (301, False), (403, True), (500, True)]:
        await scene.room.faults(status=status, malformed=malformed)
        text = await scene.cat_fact.get_cat_fact()
        assert type(text) is str
        assert json.loads(text) == {"ERROR": "Cat Fact Not Available"}


async def test_a_refused_connection_gives_none_and_is_logged(scene, caplog):
    client = await scene.another(refuse=True)
    assert (await CatFact(client).get_cat_fact()) is None
    assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]


async def test_the_client_stays_open(scene):
    await scene.cat_fact.get_cat_fact()
    response = await scene.client.get("/catfact")
    assert response.status_code == 200
    assert await CatFact(scene.client).get_cat_fact()


async def test_two_calls_wait_at_the_server_together(scene):
    await scene.room.hold()
    first = asyncio.create_task(scene.cat_fact.get_cat_fact())
    second = asyncio.create_task(scene.cat_fact.get_cat_fact())
    two = await held(scene.room, 2)
    early = await eventually(lambda: first.done() or second.done(), beats=20)
    await scene.room.open_gate()
    answers = await first, await second
    assert two and not early
    assert None not in answers
    assert await tasks_left() == []
    assert await blocking_calls() == []
