"""Our answer to exercise 08: every error path of `upload_file` and `CatFact`, with AsyncMock.

The mock stands at the boundary, where the network begins: `httpx.MockTransport` hands each request
to it. The client is a real one, and so is everything under test. Errors that a server could be
brought to only with effort (a time-out, a connection that breaks off) are one line here.
"""

import json
import logging
from pathlib import Path
from unittest.mock import AsyncMock

import httpx
import pytest
from ex02_upload import upload_file
from ex04_cat_fact import CatFact

UPLOADED = {"status": True, "data": {"file": {"url": "…", "metadata": {"id": "1", "name": "cat"}}}}
FACT = {"data": ["A cat has whiskers on the backs of its front legs."]}

NETWORK_ERRORS = [
    httpx.ConnectError("refused"),
    httpx.ReadError("broken off"),
    httpx.RemoteProtocolError("no answer came"),
    httpx.ConnectTimeout("too slow"),
    httpx.ReadTimeout("too slow"),
]
"""One of each kind: code that catches only the first, or only time-outs, lets the others out."""


def client_for(network: AsyncMock) -> httpx.AsyncClient:
    """A client whose every request goes to `network`, which answers it with an httpx.Response."""
    transport = httpx.MockTransport(network)
    return httpx.AsyncClient(transport=transport, base_url="http://elsewhere.test/v1")


def new_file(folder: Path) -> Path:
    """A small file to upload."""
    path = folder / "cat.txt"
    path.write_bytes(b"a purring cat\n" * 20)
    return path


def logged_at_error(caplog: pytest.LogCaptureFixture) -> bool:
    """Whether something was logged at ERROR or above since this was last asked."""
    levels = [record.levelno for record in caplog.records]
    # Cleared, or one failure's record would count for the next one.
    caplog.clear()
    return any(level >= logging.ERROR for level in levels)


@pytest.mark.asyncio
async def test_a_fact_comes_from_the_network():
    """The worked example: what the network answers comes back, after one request.

    `return_value` is what awaiting the mock gives, and `await_count` says how often it was awaited.
    """
    network = AsyncMock(return_value=httpx.Response(200, json=FACT))
    async with client_for(network) as client:
        answer = await CatFact(client).get_cat_fact()

    assert answer == (200, FACT)
    assert network.await_count == 1
    assert network.await_args.args[0].url.path == "/v1/catfact"


@pytest.mark.asyncio
async def test_upload_gives_none_for_any_other_status(tmp_path, caplog):
    """Any status but 200 and 201 gives None and is logged at ERROR, whatever the body is."""
    # Both kinds of body: one that says that all is well, and one that is no JSON at all.
    responses = [httpx.Response(status, json=UPLOADED) for status in (202, 404, 503)]
    responses += [httpx.Response(status, text="<h1>Sorry</h1>") for status in (404, 503)]
    for response in responses:
        network = AsyncMock(return_value=response)
        async with client_for(network) as client:
            answer = await upload_file(client, new_file(tmp_path))

        # Without this the test would pass on code that never sends anything.
        assert network.await_count == 1
        assert answer is None
        assert logged_at_error(caplog), f"nothing was logged for status {response.status_code}"


@pytest.mark.asyncio
async def test_upload_gives_none_when_the_body_does_not_say_true(tmp_path, caplog):
    """A body whose `status` is not true gives None and is logged at ERROR, though the code is 200.

    It may be false, or not be there at all.
    """
    for body in ({**UPLOADED, "status": False}, {"data": UPLOADED["data"]}):
        network = AsyncMock(return_value=httpx.Response(200, json=body))
        async with client_for(network) as client:
            answer = await upload_file(client, new_file(tmp_path))

        assert network.await_count == 1
        assert answer is None
        assert logged_at_error(caplog)


@pytest.mark.asyncio
async def test_upload_gives_none_when_the_network_fails(tmp_path, caplog):
    """A refused or broken connection and a time-out each give None and are logged at ERROR."""
    for error in NETWORK_ERRORS:
        # An exception as `side_effect` is raised by whoever awaits the mock.
        network = AsyncMock(side_effect=error)
        async with client_for(network) as client:
            answer = await upload_file(client, new_file(tmp_path))

        assert network.await_count == 1
        assert answer is None
        assert logged_at_error(caplog), f"nothing was logged for {error!r}"


@pytest.mark.asyncio
async def test_upload_raises_for_a_missing_file(tmp_path):
    """A missing file raises FileNotFoundError and sends nothing; one that is there is sent."""
    network = AsyncMock(return_value=httpx.Response(200, json=UPLOADED))
    async with client_for(network) as client:
        # First the file that is there: it shows that a request would have been seen.
        await upload_file(client, new_file(tmp_path))
        with pytest.raises(FileNotFoundError):
            await upload_file(client, tmp_path / "missing.txt")

    assert network.await_count == 1


@pytest.mark.asyncio
async def test_cat_fact_gives_the_error_text_for_any_other_status():
    """Any status but 200 and 201 gives the JSON text `{"ERROR": "Cat Fact Not Available"}`."""
    # A list as `side_effect` is one answer after the other. The first is a fact, so that code
    # which keeps the last good one has something to keep.
    answers = [httpx.Response(200, json=FACT)]
    answers += [httpx.Response(status, json=FACT) for status in (202, 404)]
    answers += [httpx.Response(status, text="<h1>Sorry</h1>") for status in (404, 503)]
    network = AsyncMock(side_effect=answers)
    async with client_for(network) as client:
        cat_fact = CatFact(client)
        await cat_fact.get_cat_fact()
        for _ in answers[1:]:
            answer = await cat_fact.get_cat_fact()
            assert isinstance(answer, str)
            assert json.loads(answer) == {"ERROR": "Cat Fact Not Available"}

    assert network.await_count == len(answers)


@pytest.mark.asyncio
async def test_cat_fact_gives_none_when_the_network_fails(caplog):
    """A refused or broken connection and a time-out each give None and are logged at ERROR."""
    for error in NETWORK_ERRORS:
        network = AsyncMock(side_effect=error)
        async with client_for(network) as client:
            answer = await CatFact(client).get_cat_fact()

        assert network.await_count == 1
        assert answer is None
        assert logged_at_error(caplog), f"nothing was logged for {error!r}"
