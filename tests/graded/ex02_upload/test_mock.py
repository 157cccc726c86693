"""Way three: a mock. No server at all: an AsyncMock stands where the network begins.

`httpx.MockTransport` hands each request to the mock, and the mock's answer back to the client, so
every way to call httpx is accepted. `return_value` says what it answers, `side_effect` what it
does or raises instead, `await_count` how often it was asked. Two things look different here:
a lost connection is an exception that the mock raises, and "at the server together" is the
number of requests that wait inside the mock.
"""

from __future__ import annotations

import asyncio
from unittest.mock import AsyncMock

import httpx
import pytest
from ex02_upload import upload_file

from workshop.proof import (
    an_hour_passes,
    beat,
    blocking_calls,
    eventually,
    files_left_open,
    tasks_left,
)

ANSWER = {"status": True, "data": {"file": {"url": "…", "metadata": {"id": "1", "name": "cat"}}}}


def client_for(network: AsyncMock) -> httpx.AsyncClient:
    """A client whose every request is answered by `network`."""
    transport = httpx.MockTransport(network)
    return httpx.AsyncClient(transport=transport, base_url="http://files.test/v1")


class Gate:
    """A network that keeps each request until the gate is opened."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.waiting = 0
        self.network = AsyncMock(side_effect=self.hold)

    async def hold(self, request: httpx.Request) -> httpx.Response:
        self.waiting += 1
        await self.opened.wait()
        return httpx.Response(200, json=ANSWER)

    async def held(self, number: int) -> bool:
        return await eventually(lambda: self.waiting >= number)


async def moved(request: httpx.Request) -> httpx.Response:
    """A server that has moved: whoever follows gets the answer there."""
    if request.url.path.endswith("/upload"):
        return httpx.Response(307, headers={"location": "/moved"}, json=ANSWER)
    return httpx.Response(200, json=ANSWER)


def failing_networks() -> dict[str, AsyncMock]:
    """Every kind of failure by its name, each as a network that fails so."""
    return {
        "status 500": AsyncMock(return_value=httpx.Response(500, json={"status": False})),
        "a body that says no": AsyncMock(return_value=httpx.Response(200, json={"status": False})),
        "a refused connection": AsyncMock(side_effect=httpx.ConnectError("refused")),
        "a time-out": AsyncMock(side_effect=httpx.ReadTimeout("too slow")),
    }


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("wrong-request")
async def test_posts_the_file_as_multipart_field_file(sample):
    """One POST to /upload arrives, with the file's bytes in the field `file`."""
    network = AsyncMock(return_value=httpx.Response(200, json=ANSWER))
    async with client_for(network) as client:
        await upload_file(client, sample)

    assert network.await_count == 1, f"one request; what arrived: {network.await_count}"
    request = network.await_args.args[0]
    sent = f"{request.method} {request.url.path}"
    assert sent == "POST /v1/upload", f"a POST to /upload below the base URL; it was {sent}"
    assert b'name="file"' in request.content, "the file in the multipart field `file`"
    assert sample.read_bytes() in request.content, (
        "the bytes of the file, all of them and unchanged"
    )


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("wrong-shape")
async def test_returns_the_servers_answer(sample):
    """The JSON that the server answers, decoded, is returned."""
    network = AsyncMock(return_value=httpx.Response(200, json=ANSWER))
    async with client_for(network) as client:
        answer = await upload_file(client, sample)

    assert network.await_count, "[wrong-request] a request through the client that was passed in"
    assert answer == ANSWER, "the server's whole answer, decoded from JSON"


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-request")
async def test_accepts_a_file_name_as_text(sample):
    """A file name given as str works like one given as Path."""
    network = AsyncMock(return_value=httpx.Response(200, json=ANSWER))
    async with client_for(network) as client:
        answer = await upload_file(client, str(sample))

    assert network.await_count, "a request through the client, for a file name given as str"
    assert answer is not None, "the server's answer, for a file name given as str"


@pytest.mark.asyncio
@pytest.mark.misconception("ok-means-200")
async def test_accepts_status_201(sample):
    """Status 201 is a success, as 200 is."""
    network = AsyncMock(return_value=httpx.Response(201, json=ANSWER))
    async with client_for(network) as client:
        answer = await upload_file(client, sample)

    assert network.await_count, "[wrong-request] a request through the client that was passed in"
    assert answer is not None, "the server's answer: status 201 is a success too"


@pytest.mark.asyncio
@pytest.mark.misconception("status-code-is-enough")
async def test_gives_none_for_any_other_status(sample):
    """Any status but 200 and 201 gives None."""
    for status in (202, 204, 206, 307, 400, 404, 500, 503):
        page = {"text": "<h1>Sorry</h1>"} if status >= 500 else {"json": ANSWER}
        network = AsyncMock(return_value=httpx.Response(status, **page))
        if status == 307:
            network = AsyncMock(side_effect=moved)
        async with client_for(network) as client:
            answer = await upload_file(client, sample)

        assert network.await_count, (
            "[wrong-request] a request through the client that was passed in"
        )
        assert not answer, f"None, because the status was {status}"
        assert answer is None, "[wrong-shape] None, and nothing else that is empty"


@pytest.mark.asyncio
@pytest.mark.misconception("status-code-is-enough")
async def test_gives_none_when_the_body_does_not_say_true(sample):
    """A body whose `status` is not true gives None, even when the status code is 200."""
    network = AsyncMock(return_value=httpx.Response(200, json={**ANSWER, "status": False}))
    async with client_for(network) as client:
        answer = await upload_file(client, sample)

    assert network.await_count, "[wrong-request] a request through the client that was passed in"
    assert not answer, "None, because the body's `status` was not true"
    assert answer is None, "[wrong-shape] None, and nothing else that is empty"


@pytest.mark.asyncio
@pytest.mark.misconception("error-escapes")
async def test_gives_none_when_the_connection_fails(sample):
    """A refused or a lost connection gives None."""
    for error in (httpx.ConnectError, httpx.ReadError, httpx.WriteError):
        network = AsyncMock(side_effect=error("lost"))
        async with client_for(network) as client:
            answer = await upload_file(client, sample)

        assert network.await_count, (
            "[wrong-request] a request through the client that was passed in"
        )
        assert answer is None, f"[wrong-shape] None: the connection was lost ({error.__name__})"


@pytest.mark.asyncio
@pytest.mark.misconception("error-escapes")
async def test_gives_none_when_the_server_times_out(sample):
    """A server that does not answer in time gives None."""
    timeouts = (httpx.ReadTimeout, httpx.ConnectTimeout, httpx.WriteTimeout, httpx.PoolTimeout)
    for timeout in timeouts:
        network = AsyncMock(side_effect=timeout("too slow"))
        async with client_for(network) as client:
            answer = await upload_file(client, sample)

        assert network.await_count, (
            "[wrong-request] a request through the client that was passed in"
        )
        assert answer is None, "[wrong-shape] None: the server did not answer in time"

    gate = Gate()
    async with client_for(gate.network) as client:
        upload = asyncio.create_task(upload_file(client, sample))
        await gate.held(1)
        await an_hour_passes()  # for code that sets a time limit of its own
        await eventually(upload.done, beats=10)
        gate.opened.set()
        late = await upload

    assert late in (None, ANSWER), "[wrong-shape] None, or the answer if you wait"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("silent-error")
async def test_logs_each_failure_at_error(sample, errors_logged):
    """A wrong status, a body that says no, a lost connection and a time-out: each is logged."""
    for failure, network in failing_networks().items():
        async with client_for(network) as client:
            await upload_file(client, sample)
        assert network.await_count, (
            "[wrong-request] a request through the client that was passed in"
        )
        assert errors_logged(), f"a log record at ERROR for {failure}"

    assert await blocking_calls() == [], (
        "[async-unblocks] no call that holds the event loop's thread"
    )


@pytest.mark.asyncio
@pytest.mark.misconception("swallowed-green")
async def test_raises_for_a_missing_file(sample, tmp_path):
    """A file that is not there raises FileNotFoundError; one that is there is sent."""
    network = AsyncMock(side_effect=lambda request: httpx.Response(200, json=ANSWER))
    async with client_for(network) as client:
        await upload_file(client, sample)
        requests = network.await_count
        with pytest.raises(FileNotFoundError):
            await upload_file(client, tmp_path / "missing.txt")

    assert requests, "[wrong-request] a request for the file that is there"


@pytest.mark.asyncio
@pytest.mark.misconception("leaked-resource")
async def test_closes_the_file(sample):
    """The file is closed after a success, and after every kind of failure."""
    success = AsyncMock(return_value=httpx.Response(200, json=ANSWER))
    for ending, network in {"a success": success, **failing_networks()}.items():
        async with client_for(network) as client:
            await upload_file(client, sample)

        assert network.await_count, (
            "[wrong-request] a request through the client that was passed in"
        )
        assert await files_left_open() == [], f"every file closed after {ending}"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("async-unblocks")
async def test_leaves_the_event_loop_free(sample):
    """While the server keeps the upload waiting, the event loop goes on answering."""
    gate = Gate()
    async with client_for(gate.network) as client:
        upload = asyncio.create_task(upload_file(client, sample))
        arrived = await gate.held(1)
        await beat()
        gate.opened.set()
        answer = await upload

    assert arrived, "[wrong-request] the upload waiting at the server while the event loop runs"
    assert answer == ANSWER, "[wrong-shape] the server's answer, once it came"
    assert await blocking_calls() == [], "no call that holds the event loop's thread"


@pytest.mark.asyncio
@pytest.mark.misconception("await-in-a-row")
async def test_uploads_run_together(sample):
    """Three uploads started together are at the server together."""
    gate = Gate()
    async with client_for(gate.network) as client:
        uploads = [asyncio.create_task(upload_file(client, sample)) for _ in range(3)]
        together = await gate.held(3)
        gate.opened.set()
        answers = await asyncio.gather(*uploads)

    assert gate.waiting, "[wrong-request] a request through the client that was passed in"
    assert together, "three uploads at the server at the same time"
    assert answers == [ANSWER] * 3, "[wrong-shape] the server's answer for each"


@pytest.mark.asyncio
@pytest.mark.misconception("fire-and-forget")
async def test_returns_only_when_the_upload_is_done(sample):
    """The call returns when the answer is there, and leaves no task running."""
    gate = Gate()
    async with client_for(gate.network) as client:
        upload = asyncio.create_task(upload_file(client, sample))
        arrived = await gate.held(1)
        early = await eventually(upload.done, beats=20)
        gate.opened.set()
        answer = await upload
        left = await tasks_left()

    assert left == [], "no task left running after the call"
    assert arrived, "[wrong-request] a request through the client that was passed in"
    assert not early, "the call to wait for the server's answer"
    assert answer == ANSWER, "[wrong-shape] the server's answer, once it came"


@pytest.mark.asyncio
@pytest.mark.misconception("closes-what-it-was-given")
async def test_leaves_the_client_open(sample):
    """The client is the caller's: a second upload through it works as the first did."""
    network = AsyncMock(side_effect=lambda request: httpx.Response(200, json=ANSWER))
    async with client_for(network) as client:
        first = await upload_file(client, sample)
        second = await upload_file(client, sample)

    assert network.await_count >= 2, (
        "[wrong-request] a request for each upload, through the same client"
    )
    assert first == ANSWER, "[wrong-shape] the server's answer to the first upload"
    assert second == ANSWER, "the server's answer to a second upload with the same client"
