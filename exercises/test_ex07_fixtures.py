"""Exercise 07: tests that get what they need from async fixtures.

Write tests for your own `CatFact` (exercise 04). The fixture `room` and the first test are
complete; each of the other tests states in its docstring what it has to demand. Keep their names,
and let each of them get its client from an async fixture that you write in this file.

    pytest exercises/test_ex07_fixtures.py    runs them on your own module
    workshop check ex07                       runs them on right modules and on wrong ones

Fixtures that are still missing:

    client            a client of the room, `room.client()`, closed after the test
    holding_room      the room, while it holds every request: `await room.hold()`; whoever still
                      waits when the test has ended is let go: `await room.open_gate()`
    refused_client    a client of a room that refuses connections: `open_room(refuse=True)`

Use other ones if you like. Whatever a fixture opens it closes, however the test ends. Also useful:

    await room.journal()               what arrived: entries with method and path
    await room.faults(status=404)      what the room answers from now on; malformed=True as well
                                       makes its answer's body no JSON
    await held(room, 2)                whether two requests come to wait at the room together
    await eventually(condition, beats=20)    whether `condition()` comes true within 20 turns of
                                       the loop that runs the code under test
    await tasks_left(), await blocking_calls()    its tasks that run now; what has held up its loop
    caplog.records                     what was logged: records with a levelno

Where your tests are marked, the code under test has an event loop of its own: what your test sees
of its own loop, such as a ticker that stands still, says nothing about the code.
"""

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


@pytest.mark.asyncio
async def test_making_the_object_asks_for_nothing(room):
    """The worked example: there is no request before somebody calls `get_cat_fact`."""
    async with room.client() as client:
        CatFact(client)
        assert await room.journal() == []


@pytest.mark.asyncio
async def test_a_fact_comes_with_its_status():
    """Status 200 gives the tuple (200, JSON), and status 201 gives (201, JSON)."""
    raise NotImplementedError("This test is yours to write.")


@pytest.mark.asyncio
async def test_each_call_asks_anew():
    """Two calls are two GETs of /catfact, and bring two facts."""
    raise NotImplementedError("This test is yours to write.")


@pytest.mark.asyncio
async def test_any_other_status_gives_the_error_text():
    """Any status but 200 and 201 gives the JSON text `{"ERROR": "Cat Fact Not Available"}`."""
    raise NotImplementedError("This test is yours to write.")


@pytest.mark.asyncio
async def test_a_refused_connection_gives_none_and_is_logged():
    """A refused connection gives None and is logged at ERROR."""
    raise NotImplementedError("This test is yours to write.")


@pytest.mark.asyncio
async def test_the_client_stays_open():
    """The client is the caller's: a second object can use it when the first one has."""
    raise NotImplementedError("This test is yours to write.")


@pytest.mark.asyncio
async def test_two_calls_wait_at_the_server_together():
    """Two calls of one object are under way together, wait for their answers, and leave nothing.

    The loop stays free, no call returns before its answer is there, and no task runs on after it.
    """
    raise NotImplementedError("This test is yours to write.")
