"""Way three: a mock. No server at all: an AsyncMock stands where the network begins.

`httpx.MockTransport` hands each request to the mock, and the mock's answer back to the client, so
every way to call httpx is accepted. `return_value` says what it answers, `side_effect` what it
does or raises instead, `await_count` how often it was asked. A lost connection is an exception that
the mock raises, and "at the server together" is the number of requests that wait inside the mock.
"""

from __future__ import annotations

import asyncio
from itertools import chain, count, repeat
from unittest.mock import AsyncMock

import httpx
import pytest
from ex04_cat_fact import CatFact

from workshop.proof import an_hour_passes, beat, blocking_calls, eventually, tasks_left

FACT = {"data": ["Cats have whiskers on the backs of their legs."]}


def client_for(network: AsyncMock) -> httpx.AsyncClient:
    """A client whose every request is answered by `network`."""
    transport = httpx.MockTransport(network)
    return httpx.AsyncClient(transport=transport, base_url="http://facts.test/v1")


def fact_telling_network() -> AsyncMock:
    """A network that tells another fact each time."""
    numbers = count(1)
    return AsyncMock(side_effect=lambda request: numbered_fact(next(numbers)))


def numbered_fact(number: int) -> httpx.Response:
    """A response with a fact of its own."""
    return httpx.Response(200, json={"data": [f"fact number {number}"]})


def one_after_the_other(*answers: httpx.Response | Exception) -> AsyncMock:
    """A network that gives these answers in turn, and the last one from then on."""
    return AsyncMock(side_effect=chain(answers, repeat(answers[-1])))


async def moved(request: httpx.Request) -> httpx.Response:
    """A server that has moved: whoever follows gets the answer there."""
    if request.url.path.endswith("/catfact"):
        return httpx.Response(307, headers={"location": "/moved"}, json=FACT)
    return numbered_fact(1)


class Gate:
    """A network that keeps each request until the gate is opened."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.waiting = 0
        self.network = AsyncMock(side_effect=self.hold)

    async def hold(self, request: httpx.Request) -> httpx.Response:
        self.waiting += 1
        number = self.waiting
        await self.opened.wait()
        return numbered_fact(number)

    async def held(self, number: int) -> bool:
        return await eventually(lambda: self.waiting >= number)


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("wrong-shape")
async def test_returns_the_status_and_the_json():
    """Status 200 gives a tuple: the status, and the JSON decoded."""
    network = AsyncMock(return_value=httpx.Response(200, json=FACT))
    async with client_for(network) as client:
        answer = await CatFact(client).get_cat_fact()

    assert network.await_count, "[wrong-request] a request through the client that was passed in"
    assert answer == (200, FACT), "a tuple: the status, and the decoded JSON"


@pytest.mark.asyncio
@pytest.mark.misconception("ok-means-200")
async def test_accepts_status_201():
    """Status 201 is a success, as 200 is, and comes back as 201."""
    network = AsyncMock(return_value=httpx.Response(201, json=FACT))
    async with client_for(network) as client:
        answer = await CatFact(client).get_cat_fact()

    assert network.await_count, "[wrong-request] a request through the client that was passed in"
    assert answer and not isinstance(answer, str), "a success: status 201 is one too"
    assert answer == (201, FACT), "[wrong-shape] a tuple: the status, 201, and the JSON"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("wrong-request")
async def test_gets_catfact_once_for_each_call():
    """Each call sends one GET to /catfact; making the object sends nothing."""
    network = fact_telling_network()
    async with client_for(network) as client:
        cat_fact = CatFact(client)
        before = network.await_count
        await cat_fact.get_cat_fact()

    assert before == 0, "no request before get_cat_fact is called"
    assert network.await_count == 1, f"one request; what arrived: {network.await_count}"
    request = network.await_args.args[0]
    sent = f"{request.method} {request.url.path}"
    assert sent == "GET /v1/catfact", f"a GET of /catfact below the base URL; it was {sent}"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("cached-answer")
async def test_asks_anew_each_time():
    """A second call asks again, and brings another fact."""
    network = fact_telling_network()
    async with client_for(network) as client:
        cat_fact = CatFact(client)
        first = await cat_fact.get_cat_fact()
        second = await cat_fact.get_cat_fact()

    assert network.await_count == 2, f"two requests for two calls; arrived: {network.await_count}"
    for answer in (first, second):
        assert isinstance(answer, tuple), "[wrong-shape] a tuple: the status, and the JSON"
    assert first == (200, {"data": ["fact number 1"]}), "the first fact from the first call"
    assert second == (200, {"data": ["fact number 2"]}), "the second fact from the second call"


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-request")
async def test_uses_the_client_that_it_was_given():
    """Two objects with a client each ask each its own server."""
    good = AsyncMock(return_value=httpx.Response(200, json=FACT))
    bad = AsyncMock(return_value=httpx.Response(503, json={}))
    async with client_for(good) as first_client, client_for(bad) as second_client:
        first, second = CatFact(first_client), CatFact(second_client)
        answers = [await first.get_cat_fact(), await second.get_cat_fact()]

    arrived = [good.await_count, bad.await_count]
    assert arrived == [1, 1], f"one request through each client; what arrived: {arrived}"
    assert answers[0] == (200, FACT), "[wrong-shape] a fact from the first object's server"
    assert not isinstance(answers[1], tuple), (
        "[status-code-is-enough] no fact from the second object's server"
    )


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("status-code-is-enough")
async def test_gives_the_error_text_for_any_other_status(is_not_available):
    """Any status but 200 and 201 gives the JSON text that says so."""
    for status in (202, 204, 206, 307, 400, 404, 500, 503):
        page = {"text": "<h1>Sorry</h1>"} if status >= 500 else {"json": FACT}
        network = one_after_the_other(numbered_fact(1), httpx.Response(status, **page))
        if status == 307:
            network = AsyncMock(side_effect=moved)
        async with client_for(network) as client:
            cat_fact = CatFact(client)
            await cat_fact.get_cat_fact()
            answer = await cat_fact.get_cat_fact()

        assert not isinstance(answer, tuple), f"the JSON text of an error; status was {status}"
        assert is_not_available(answer), (
            "[wrong-shape] the JSON text that the contract names, a str"
        )
        assert network.await_count >= 2, "[wrong-request] a request for each of two calls"


@pytest.mark.asyncio
@pytest.mark.misconception("error-escapes")
async def test_gives_none_when_the_connection_fails():
    """A refused or a lost connection gives None."""
    for error in (httpx.ConnectError, httpx.ReadError, httpx.WriteError):
        network = one_after_the_other(numbered_fact(1), error("lost"))
        async with client_for(network) as client:
            cat_fact = CatFact(client)
            await cat_fact.get_cat_fact()
            answer = await cat_fact.get_cat_fact()

        assert network.await_count >= 2, "[wrong-request] a request for each of two calls"
        assert answer is None, f"[wrong-shape] None: the connection was lost ({error.__name__})"


@pytest.mark.asyncio
@pytest.mark.misconception("error-escapes")
async def test_gives_none_when_the_server_times_out():
    """A server that does not answer in time gives None."""
    timeouts = (httpx.ReadTimeout, httpx.ConnectTimeout, httpx.WriteTimeout, httpx.PoolTimeout)
    for timeout in timeouts:
        network = AsyncMock(side_effect=timeout("too slow"))
        async with client_for(network) as client:
            answer = await CatFact(client).get_cat_fact()

        assert network.await_count, (
            "[wrong-request] a request through the client that was passed in"
        )
        assert answer is None, "[wrong-shape] None: the server did not answer in time"

    gate = Gate()
    async with client_for(gate.network) as client:
        asking = asyncio.create_task(CatFact(client).get_cat_fact())
        await gate.held(1)
        await an_hour_passes()  # for code that sets a time limit of its own
        await eventually(asking.done, beats=10)
        gate.opened.set()
        late = await asking

    assert late is None or isinstance(late, tuple), "[wrong-shape] None, or the fact if you wait"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("silent-error")
async def test_logs_a_failed_request_at_error(errors_logged):
    """A refused connection, a lost one and a time-out are logged at ERROR."""
    for error in (httpx.ConnectError, httpx.ReadError, httpx.ReadTimeout):
        network = AsyncMock(side_effect=error("no answer"))
        async with client_for(network) as client:
            await CatFact(client).get_cat_fact()
        assert network.await_count, (
            "[wrong-request] a request through the client that was passed in"
        )
        assert errors_logged(), f"a log record at ERROR for {error.__name__}"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("async-unblocks")
async def test_leaves_the_event_loop_free():
    """While the server keeps the request waiting, the event loop goes on answering."""
    gate = Gate()
    async with client_for(gate.network) as client:
        asking = asyncio.create_task(CatFact(client).get_cat_fact())
        arrived = await gate.held(1)
        await beat()
        gate.opened.set()
        answer = await asking

    assert arrived, "[wrong-request] the request waiting at the server while the event loop runs"
    assert isinstance(answer, tuple), "[wrong-shape] the fact, once it came"
    assert await blocking_calls() == [], "no call that holds the event loop's thread"


@pytest.mark.asyncio
@pytest.mark.misconception("await-in-a-row")
async def test_calls_at_once_do_not_get_in_each_others_way():
    """Three calls of one object run together, and each gets its own fact."""
    gate = Gate()
    async with client_for(gate.network) as client:
        cat_fact = CatFact(client)
        asking = [asyncio.create_task(cat_fact.get_cat_fact()) for _ in range(3)]
        together = await gate.held(3)
        gate.opened.set()
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
    gate = Gate()
    async with client_for(gate.network) as client:
        asking = asyncio.create_task(CatFact(client).get_cat_fact())
        arrived = await gate.held(1)
        early = await eventually(asking.done, beats=20)
        gate.opened.set()
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
    lost = httpx.ReadError("lost")
    network = one_after_the_other(numbered_fact(1), lost, numbered_fact(2))
    async with client_for(network) as client:
        first = await CatFact(client).get_cat_fact()
        await CatFact(client).get_cat_fact()
        answer = await CatFact(client).get_cat_fact()

    assert network.await_count >= 3, (
        "[wrong-request] three requests through the client that was passed in"
    )
    assert type(answer) is type(first), "a fact for another object with the same client"
