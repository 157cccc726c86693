"""Way one: the asyncio marker. Each test builds what it needs with `async with`, inside itself.

The server is a real one on loopback. `open_room` gives a room of it that belongs to the test,
with a journal of what arrived and a gate that holds requests. The room tells a new fact each time.
"""

from __future__ import annotations

import asyncio

import pytest
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


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("wrong-shape")
async def test_returns_the_status_and_the_json():
    """Status 200 gives a tuple: the status, and the JSON decoded."""
    async with open_room() as room, room.client() as client:
        answer = await CatFact(client).get_cat_fact()
        requests = await requests_of(room)

    assert requests, "[wrong-request] a request through the client that was passed in"
    assert isinstance(answer, tuple), "a tuple: the status and the decoded JSON"
    assert len(answer) == 2, "a tuple of two: the status and the decoded JSON"
    assert answer[0] == 200, "the status, 200, in the first place"
    assert isinstance(answer[1], dict), "the decoded JSON, a dict, in the second place"
    assert list(answer[1]) == ["data"], "the whole decoded JSON of the answer"


@pytest.mark.asyncio
@pytest.mark.misconception("ok-means-200")
async def test_accepts_status_201():
    """Status 201 is a success, as 200 is, and comes back as 201."""
    async with open_room(status=201) as room, room.client() as client:
        answer = await CatFact(client).get_cat_fact()
        requests = await requests_of(room)

    assert requests, "[wrong-request] a request through the client that was passed in"
    assert answer and not isinstance(answer, str), "a success: status 201 is one too"
    assert isinstance(answer, tuple), "[wrong-shape] a tuple: the status and the JSON"
    assert answer[0] == 201, "[wrong-shape] the status that the server gave, 201"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("wrong-request")
async def test_gets_catfact_once_for_each_call():
    """Each call sends one GET to /catfact; making the object sends nothing."""
    async with open_room() as room, room.client() as client:
        cat_fact = CatFact(client)
        before = len(await requests_of(room))
        await cat_fact.get_cat_fact()
        requests = [(entry.method, entry.path) for entry in await requests_of(room)]

    assert before == 0, "no request before get_cat_fact is called"
    assert requests == [("GET", "/catfact")], f"one GET of /catfact; what arrived: {requests}"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("cached-answer")
async def test_asks_anew_each_time():
    """A second call asks again, and brings another fact."""
    async with open_room() as room, room.client() as client:
        cat_fact = CatFact(client)
        first = await cat_fact.get_cat_fact()
        second = await cat_fact.get_cat_fact()
        arrived = len(await requests_of(room))

    assert arrived == 2, f"two requests for two calls; what arrived: {arrived}"
    assert first != second, "another fact from the second call: the server tells a new one"


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-request")
async def test_uses_the_client_that_it_was_given():
    """Two objects with a client each ask each its own server."""
    async with (
        open_room() as one,
        open_room(status=503) as other,
        one.client() as good,
        other.client() as bad,
    ):
        first, second = CatFact(good), CatFact(bad)
        answers = [await first.get_cat_fact(), await second.get_cat_fact()]
        arrived = [len(await requests_of(one)), len(await requests_of(other))]

    assert arrived == [1, 1], f"one request through each client; what arrived: {arrived}"
    assert isinstance(answers[0], tuple), "[wrong-shape] a fact from the first object's server"
    assert not isinstance(answers[1], tuple), (
        "[status-code-is-enough] no fact from the second object's server"
    )


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("status-code-is-enough")
async def test_gives_the_error_text_for_any_other_status(is_not_available):
    """Any status but 200 and 201 gives the JSON text that says so."""
    async with open_room() as room, room.client() as client:
        cat_fact = CatFact(client)
        await cat_fact.get_cat_fact()
        for status in (202, 204, 206, 307, 400, 404, 500, 503):
            await room.faults(status=status, malformed=status >= 500)  # error pages are no JSON

            answer = await cat_fact.get_cat_fact()

            assert not isinstance(answer, tuple), f"the JSON text of an error; status was {status}"
            assert is_not_available(answer), (
                "[wrong-shape] the JSON text that the contract names, a str"
            )
        arrived = len(await requests_of(room))

    assert arrived >= 9, f"[wrong-request] a request for each of nine calls; it was {arrived}"


@pytest.mark.asyncio
@pytest.mark.misconception("error-escapes")
async def test_gives_none_when_the_connection_fails():
    """A refused or a lost connection gives None."""
    async with open_room(refuse=True) as room, room.client() as client:
        assert await CatFact(client).get_cat_fact() is None, (
            "[wrong-shape] None: the connection was refused"
        )
    async with open_room(drop=True) as room, room.client() as client:
        assert await CatFact(client).get_cat_fact() is None, (
            "[wrong-shape] None: the connection was lost"
        )
        assert await requests_of(room), (
            "[wrong-request] a request through the client that was passed in"
        )


@pytest.mark.asyncio
@pytest.mark.misconception("error-escapes")
async def test_gives_none_when_the_server_times_out():
    """A server that does not answer in time gives None."""
    impatience = Impatience()
    async with open_room() as room, room.client(event_hooks={"request": [impatience]}) as client:
        await room.hold()
        answer = await CatFact(client).get_cat_fact()

    assert impatience.requests, "[wrong-request] a request through the client that was passed in"
    assert answer is None, "[wrong-shape] None: the server did not answer in time"

    async with open_room() as room, room.client(timeout=None) as client:
        await room.hold()
        asking = asyncio.create_task(CatFact(client).get_cat_fact())
        await held(room, 1)
        await an_hour_passes()  # for code that sets a time limit of its own
        await eventually(asking.done, beats=10)
        await room.open_gate()
        late = await asking

    assert late is None or isinstance(late, tuple), "[wrong-shape] None, or the fact if you wait"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("silent-error")
async def test_logs_a_failed_request_at_error(errors_logged):
    """A refused connection, a lost one and a time-out are logged at ERROR."""
    impatience = Impatience()
    async with open_room() as room, room.client(event_hooks={"request": [impatience]}) as client:
        await room.hold()
        await CatFact(client).get_cat_fact()
    assert impatience.requests, "[wrong-request] a request through the client that was passed in"
    assert errors_logged(), "a log record at ERROR for a time-out"

    for failure, fault in {"refused": {"refuse": True}, "lost": {"drop": True}}.items():
        async with open_room(**fault) as room, room.client() as client:
            await CatFact(client).get_cat_fact()
        assert errors_logged(), f"a log record at ERROR: the connection was {failure}"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("async-unblocks")
async def test_leaves_the_event_loop_free():
    """While the server keeps the request waiting, the event loop goes on answering."""
    async with open_room() as room, room.client() as client:
        await room.hold()
        asking = asyncio.create_task(CatFact(client).get_cat_fact())
        arrived = await held(room, 1)
        await beat()
        await room.open_gate()
        answer = await asking

    assert arrived, "[wrong-request] the request waiting at the server while the event loop runs"
    assert isinstance(answer, tuple), "[wrong-shape] the fact, once it came"
    assert await blocking_calls() == [], "no call that holds the event loop's thread"


@pytest.mark.asyncio
@pytest.mark.misconception("await-in-a-row")
async def test_calls_at_once_do_not_get_in_each_others_way():
    """Three calls of one object run together, and each gets its own fact."""
    async with open_room() as room, room.client() as client:
        await room.hold()
        cat_fact = CatFact(client)
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
async def test_returns_only_when_the_answer_is_there():
    """The call waits for the answer, and leaves no task running."""
    async with open_room() as room, room.client() as client:
        await room.hold()
        asking = asyncio.create_task(CatFact(client).get_cat_fact())
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
async def test_leaves_the_client_open():
    """The client is the caller's: another object can use it afterwards."""
    async with open_room() as room, room.client() as client:
        first = await CatFact(client).get_cat_fact()
        await room.faults(drop=True)
        await CatFact(client).get_cat_fact()
        await room.heal()
        answer = await CatFact(client).get_cat_fact()
        requests = await requests_of(room)

    assert len(requests) >= 3, (
        "[wrong-request] three requests through the client that was passed in"
    )
    assert type(answer) is type(first), "a fact for another object with the same client"
