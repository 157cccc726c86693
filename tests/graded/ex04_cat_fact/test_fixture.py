"""Way two: async fixtures. Room, client and object are made, and cleaned up, outside of the test.

`@pytest_asyncio.fixture` runs the lines before `yield` ahead of the test, and those after it when
the test has ended, however it ended. The tests shrink to what they say.
"""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio
from ex04_cat_fact import CatFact

from workshop.proof import (
    Impatience,
    an_hour_passes,
    beat,
    blocking_calls,
    eventually,
    held,
    open_room,
    requests_of,
    tasks_left,
)


@pytest.fixture
def impatience():
    """The hook of one test's impatient client."""
    return Impatience()


@pytest_asyncio.fixture
async def room():
    """A room of the real server for one test, gone afterwards."""
    async with open_room() as room:
        yield room


@pytest_asyncio.fixture
async def cat_fact(room):
    """The object under test, with a client that is closed afterwards."""
    async with room.client() as client:
        yield CatFact(client)


@pytest_asyncio.fixture
async def impatient_cat_fact(room, impatience):
    """The same with a network that times out after 50 ms, in a room that holds every request."""
    await room.hold()
    async with room.client(event_hooks={"request": [impatience]}) as client:
        yield CatFact(client)


@pytest_asyncio.fixture
async def patient_cat_fact(room):
    """The same with a client that waits for ever."""
    async with room.client(timeout=None) as client:
        yield CatFact(client)


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("wrong-shape")
async def test_returns_the_status_and_the_json(room, cat_fact):
    """Status 200 gives a tuple: the status, and the JSON decoded."""
    answer = await cat_fact.get_cat_fact()

    assert await requests_of(room), (
        "[wrong-request] a request through the client that was passed in"
    )
    assert isinstance(answer, tuple), "a tuple: the status and the decoded JSON"
    assert len(answer) == 2, "a tuple of two: the status and the decoded JSON"
    assert answer[0] == 200, "the status, 200, in the first place"
    assert isinstance(answer[1], dict), "the decoded JSON, a dict, in the second place"
    assert list(answer[1]) == ["data"], "the whole decoded JSON of the answer"


@pytest.mark.asyncio
@pytest.mark.misconception("ok-means-200")
async def test_accepts_status_201(room, cat_fact):
    """Status 201 is a success, as 200 is, and comes back as 201."""
    await room.faults(status=201)

    answer = await cat_fact.get_cat_fact()

    assert await requests_of(room), (
        "[wrong-request] a request through the client that was passed in"
    )
    assert answer and not isinstance(answer, str), "a success: status 201 is one too"
    assert isinstance(answer, tuple), "[wrong-shape] a tuple: the status and the JSON"
    assert answer[0] == 201, "[wrong-shape] the status that the server gave, 201"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("wrong-request")
async def test_gets_catfact_once_for_each_call(room, cat_fact):
    """Each call sends one GET to /catfact; making the object sends nothing."""
    before = len(await requests_of(room))
    await cat_fact.get_cat_fact()
    requests = [(entry.method, entry.path) for entry in await requests_of(room)]

    assert before == 0, "no request before get_cat_fact is called"
    assert requests == [("GET", "/catfact")], f"one GET of /catfact; what arrived: {requests}"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("cached-answer")
async def test_asks_anew_each_time(room, cat_fact):
    """A second call asks again, and brings another fact."""
    first = await cat_fact.get_cat_fact()
    second = await cat_fact.get_cat_fact()

    arrived = len(await requests_of(room))
    assert arrived == 2, f"two requests for two calls; what arrived: {arrived}"
    assert first != second, "another fact from the second call: the server tells a new one"


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-request")
async def test_uses_the_client_that_it_was_given(room, cat_fact):
    """Two objects with a client each ask each its own server."""
    async with open_room(status=503) as other, other.client() as bad:
        answers = [await CatFact(bad).get_cat_fact(), await cat_fact.get_cat_fact()]
        arrived = [len(await requests_of(other)), len(await requests_of(room))]

    assert arrived == [1, 1], f"one request through each client; what arrived: {arrived}"
    assert isinstance(answers[1], tuple), "[wrong-shape] a fact from the first object's server"
    assert not isinstance(answers[0], tuple), (
        "[status-code-is-enough] no fact from the second object's server"
    )


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("status-code-is-enough")
async def test_gives_the_error_text_for_any_other_status(room, cat_fact, is_not_available):
    """Any status but 200 and 201 gives the JSON text that says so."""
    await cat_fact.get_cat_fact()
    for status in (202, 204, 206, 307, 400, 404, 500, 503):
        await room.faults(status=status, malformed=status >= 500)  # error pages are seldom JSON

        answer = await cat_fact.get_cat_fact()

        assert not isinstance(answer, tuple), f"the JSON text of an error; status was {status}"
        assert is_not_available(answer), (
            "[wrong-shape] the JSON text that the contract names, a str"
        )

    arrived = len(await requests_of(room))
    assert arrived >= 9, f"[wrong-request] a request for each of nine calls; it was {arrived}"


@pytest.mark.asyncio
@pytest.mark.misconception("error-escapes")
async def test_gives_none_when_the_connection_fails(room, cat_fact):
    """A refused or a lost connection gives None."""
    await room.faults(refuse=True)
    assert await cat_fact.get_cat_fact() is None, "[wrong-shape] None: the connection was refused"

    await room.faults(drop=True)
    assert await cat_fact.get_cat_fact() is None, "[wrong-shape] None: the connection was lost"

    assert len(await requests_of(room)) >= 2, (
        "[wrong-request] two requests through the client that was passed in"
    )


@pytest.mark.asyncio
@pytest.mark.misconception("error-escapes")
async def test_gives_none_when_the_server_times_out(
    room, impatient_cat_fact, impatience, patient_cat_fact
):
    """A server that does not answer in time gives None."""
    answer = await impatient_cat_fact.get_cat_fact()

    assert impatience.requests, "[wrong-request] a request through the client that was passed in"
    assert answer is None, "[wrong-shape] None: the server did not answer in time"

    asking = asyncio.create_task(patient_cat_fact.get_cat_fact())
    await held(room, 1)
    await an_hour_passes()  # for code that sets a time limit of its own
    await eventually(asking.done, beats=10)
    await room.open_gate()
    late = await asking
    assert late is None or isinstance(late, tuple), "[wrong-shape] None, or the fact if you wait"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("silent-error")
async def test_logs_a_failed_request_at_error(
    room, cat_fact, impatient_cat_fact, impatience, errors_logged
):
    """A refused connection, a lost one and a time-out are logged at ERROR."""
    await impatient_cat_fact.get_cat_fact()
    assert impatience.requests, "[wrong-request] a request through the client that was passed in"
    assert errors_logged(), "a log record at ERROR for a time-out"

    await room.open_gate()
    for failure, fault in {"refused": {"refuse": True}, "lost": {"drop": True}}.items():
        await room.faults(**fault)
        await cat_fact.get_cat_fact()
        assert errors_logged(), f"a log record at ERROR: the connection was {failure}"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("async-unblocks")
async def test_leaves_the_event_loop_free(room, cat_fact):
    """While the server keeps the request waiting, the event loop goes on answering."""
    await room.hold()

    asking = asyncio.create_task(cat_fact.get_cat_fact())
    arrived = await held(room, 1)
    await beat()
    await room.open_gate()
    answer = await asking

    assert arrived, "[wrong-request] the request waiting at the server while the event loop runs"
    assert isinstance(answer, tuple), "[wrong-shape] the fact, once it came"
    assert await blocking_calls() == [], "no call that holds the event loop's thread"


@pytest.mark.asyncio
@pytest.mark.misconception("await-in-a-row")
async def test_calls_at_once_do_not_get_in_each_others_way(room, cat_fact):
    """Three calls of one object run together, and each gets its own fact."""
    await room.hold()

    asking = [asyncio.create_task(cat_fact.get_cat_fact()) for _ in range(3)]
    together = await held(room, 3)
    await room.open_gate()
    answers = await asyncio.gather(*asking)

    assert together, "three requests at the server at the same time"
    assert all(isinstance(answer, tuple) for answer in answers), (
        "[wrong-shape] a fact for each call"
    )
    facts = {answer[1]["data"][0] for answer in answers}
    assert len(facts) == 3, (
        "[cached-answer] three different facts: each call gives what its own request brought"
    )


@pytest.mark.asyncio
@pytest.mark.misconception("fire-and-forget")
async def test_returns_only_when_the_answer_is_there(room, cat_fact):
    """The call waits for the answer, and leaves no task running."""
    await room.hold()

    asking = asyncio.create_task(cat_fact.get_cat_fact())
    arrived = await held(room, 1)
    early = await eventually(asking.done, beats=20)
    await room.open_gate()
    answer = await asking
    left = await tasks_left()

    assert left == [], "no task left running after the call"
    assert arrived, "[wrong-request] a request through the client that was passed in"
    assert not early, "the call to wait for the server's answer"
    assert isinstance(answer, tuple), "[wrong-shape] the fact, once it came"


@pytest.mark.asyncio
@pytest.mark.misconception("closes-what-it-was-given")
async def test_leaves_the_client_open(room, cat_fact):
    """The client is the caller's: another object can use it afterwards."""
    first = await cat_fact.get_cat_fact()
    await room.faults(drop=True)
    await cat_fact.get_cat_fact()
    await room.heal()

    answer = await cat_fact.get_cat_fact()

    assert len(await requests_of(room)) >= 3, (
        "[wrong-request] three requests through the client that was passed in"
    )
    assert type(answer) is type(first), "a fact from the client, after a success and a failure"
