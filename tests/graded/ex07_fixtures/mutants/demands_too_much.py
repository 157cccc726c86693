"""Our tests, and one demand on top that no contract makes."""

import asyncio
import json
import logging

import pytest
import pytest_asyncio
from ex04_cat_fact import CatFact

from workshop.proof import blocking_calls, eventually, held, tasks_left
from workshop.services import open_room


@pytest_asyncio.fixture
async def room():
    """The worked example: a room of the test's own, gone when the test has ended.

    `@pytest_asyncio.fixture` is what has the coroutine run, on the same event loop as the test. The
    `yield` stands inside of `async with`, so the room goes away however the test ends.
    """
    async with await open_room() as room:
        yield room


@pytest_asyncio.fixture
async def client(room):
    """A client of the room, closed after the test."""
    # Fixtures are cleaned up in the opposite order: first the client is closed, then the room.
    async with room.client() as client:
        yield client


@pytest_asyncio.fixture
async def holding_room(room):
    """The room, while it keeps every request waiting; whoever still waits at the end is let go."""
    await room.hold()
    yield room
    # A failed test comes here as well. Without this its requests would wait until the client
    # gives up, and the next test with them if the room were shared.
    await room.open_gate()


@pytest_asyncio.fixture
async def refused_client():
    """A client of a room that refuses every connection."""
    # Not made from `room`: a room's address changes when it refuses, and a client keeps the old.
    async with await open_room(refuse=True) as room, room.client() as client:
        yield client


@pytest.mark.asyncio
async def test_making_the_object_asks_for_nothing(room):
    """The worked example: there is no request before somebody calls `get_cat_fact`."""
    async with room.client() as client:
        CatFact(client)
        assert await room.journal() == []


@pytest.mark.asyncio
async def test_a_fact_comes_with_its_status(room, client):
    """Status 200 gives the tuple (200, JSON), and status 201 gives (201, JSON)."""
    for status in (200, 201):
        await room.faults(status=status)
        answer = await CatFact(client).get_cat_fact()

        assert isinstance(answer, tuple)
        # One by one, for both could be wrong in a way that makes up for the other.
        assert answer[0] == status
        assert isinstance(answer[1]["data"][0], str)


@pytest.mark.asyncio
async def test_each_call_asks_anew(room, client):
    """Two calls are two GETs of /catfact, and bring two facts."""
    cat_fact = CatFact(client)
    first = await cat_fact.get_cat_fact()
    second = await cat_fact.get_cat_fact()

    requests = [(entry.method, entry.path) for entry in await room.journal()]
    assert requests == [("GET", "/catfact")] * 2
    # A room never tells the same fact twice in a row.
    assert first[1] != second[1]


@pytest.mark.asyncio
async def test_any_other_status_gives_the_error_text(room, client):
    """Any status but 200 and 201 gives the JSON text `{"ERROR": "Cat Fact Not Available"}`."""
    cat_fact = CatFact(client)
    # With a fact in hand first: code that remembers it must not hand it out again.
    await cat_fact.get_cat_fact()
    for status in (202, 404, 500):
        # The page of a broken server is seldom JSON, and nobody should try to read it.
        await room.faults(status=status, malformed=status == 500)
        answer = await cat_fact.get_cat_fact()

        assert isinstance(answer, str)
        # As JSON, not as text: how many spaces stand in it was never promised.
        assert json.loads(answer) == {"ERROR": "Cat Fact Not Available"}


@pytest.mark.asyncio
async def test_a_refused_connection_gives_none_and_is_logged(refused_client, caplog):
    """A refused connection gives None and is logged at ERROR."""
    answer = await CatFact(refused_client).get_cat_fact()

    assert answer is None  # `not answer` would be content with False
    assert any(record.levelno >= logging.ERROR for record in caplog.records)
    assert "No cat fact came" in caplog.text  # the words were left to whoever writes it


@pytest.mark.asyncio
async def test_the_client_stays_open(client):
    """The client is the caller's: a second object can use it when the first one has."""
    # Not `client.is_closed`: what counts is that it still works for somebody else.
    for _ in range(2):
        answer = await CatFact(client).get_cat_fact()
        assert isinstance(answer, tuple)


@pytest.mark.asyncio
async def test_two_calls_wait_at_the_server_together(holding_room, client):
    """Two calls of one object are under way together, wait for their answers, and leave nothing.

    The loop stays free, no call returns before its answer is there, and no task runs on after it.
    """
    cat_fact = CatFact(client)
    calls = [asyncio.create_task(cat_fact.get_cat_fact()) for _ in range(2)]
    together = await held(holding_room, 2)
    early = await eventually(lambda: any(call.done() for call in calls), beats=20)
    await holding_room.open_gate()
    answers = await asyncio.gather(*calls)

    assert together
    assert not early
    assert all(isinstance(answer, tuple) for answer in answers)
    assert await tasks_left() == []
    assert await blocking_calls() == []
