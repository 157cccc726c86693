"""Fixtures that make what a test asks for, and parametrized tests."""

import asyncio
import json

import pytest
import pytest_asyncio
from ex04_cat_fact import CatFact

from workshop.proof import blocking_calls, held, open_room, tasks_left


@pytest_asyncio.fixture
async def opened():
    """Opens rooms with their clients, and closes all of them, the last one first."""
    entered = []

    async def enter(context):
        value = await context.__aenter__()
        entered.append(context)
        return value

    async def make(**faults):
        room = await enter(open_room(**faults))
        return room, await enter(room.client())

    yield make
    for context in reversed(entered):
        await context.__aexit__(None, None, None)


@pytest_asyncio.fixture(params=[200, 201])
async def good(request, opened):
    room, client = await opened(status=request.param)
    return request.param, client


@pytest.mark.asyncio
async def test_a_fact_comes_with_its_status(good):
    status, client = good
    answer = await CatFact(client).get_cat_fact()
    assert answer is not None
    assert answer[0] == status
    assert "data" in answer[1]
    assert len(answer) == 2


@pytest.mark.asyncio
async def test_each_call_asks_anew(opened):
    room, client = await opened()
    cat_fact = CatFact(client)
    assert await cat_fact.get_cat_fact() != await cat_fact.get_cat_fact()
    first, second = await room.journal()
    assert first.method == second.method == "GET"
    assert first.path == second.path == "/catfact"


@pytest.mark.asyncio
@pytest.mark.parametrize("faults", [{"status": 202}, {"status": 404}, {"status": 500}])
@pytest.mark.parametrize("malformed", [False, True])
async def test_any_other_status_gives_the_error_text(opened, faults, malformed):
    room, client = await opened()
    cat_fact = CatFact(client)
    await cat_fact.get_cat_fact()
    await room.faults(**faults, malformed=malformed)
    text = await cat_fact.get_cat_fact()
    assert isinstance(text, str)
    assert json.loads(text)["ERROR"] == "Cat Fact Not Available"


@pytest.mark.asyncio
@pytest.mark.parametrize("fault", ["refuse", "drop"])
async def test_a_refused_connection_gives_none_and_is_logged(opened, fault, caplog):
    _, client = await opened(**{fault: True})
    answer = await CatFact(client).get_cat_fact()
    assert answer is None
    assert "ERROR" in {record.levelname for record in caplog.records}


@pytest.mark.asyncio
async def test_the_client_stays_open(opened):
    _, client = await opened()
    answers = [await CatFact(client).get_cat_fact() for _ in range(3)]
    assert [type(answer[1]) for answer in answers] == [dict, dict, dict]


@pytest.mark.asyncio
async def test_two_calls_wait_at_the_server_together(opened):
    room, client = await opened()
    await room.hold()
    cat_facts = [CatFact(client), CatFact(client)]
    async with asyncio.TaskGroup() as group:
        calls = [group.create_task(one.get_cat_fact()) for one in cat_facts]
        together = await held(room, 2)
        waiting = not any(call.done() for call in calls)
        await room.open_gate()
    assert together and waiting
    assert all(call.result()[0] == 200 for call in calls)
    assert await tasks_left() == []
    assert await blocking_calls() == []
