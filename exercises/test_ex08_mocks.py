"""Exercise 08: every error path of `upload_file` and `CatFact`, with AsyncMock.

The first test is complete; each of the others states in its docstring what it has to demand. Keep
their names, and let an AsyncMock stand where the network begins: `client_for(network)` gives a real
client whose requests all go to the mock. Never put a mock in the place of what you test.

    pytest exercises/test_ex08_mocks.py    runs them on your own modules
    workshop check ex08                    runs them on right modules and on wrong ones

What a network does, as a mock:

    AsyncMock(return_value=httpx.Response(404))           answers every request so
    AsyncMock(side_effect=[first, second])                answers one after the other
    AsyncMock(side_effect=httpx.ReadTimeout("too slow"))  raises it

Statuses to think of are 202, 404 and 503, and of each one page that is JSON and one that is not.
Errors to think of are httpx.ConnectError, ReadError, RemoteProtocolError, ConnectTimeout and
ReadTimeout. `caplog.records` holds what was logged, each record with its `levelno`, and
`caplog.clear()` forgets it.
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


def client_for(network: AsyncMock) -> httpx.AsyncClient:
    """A client whose every request goes to `network`, which answers it with an httpx.Response."""
    transport = httpx.MockTransport(network)
    return httpx.AsyncClient(transport=transport, base_url="http://elsewhere.test/v1")


def new_file(folder: Path) -> Path:
    """A small file to upload."""
    path = folder / "cat.txt"
    path.write_bytes(b"a purring cat\n" * 20)
    return path


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
    raise NotImplementedError("This test is yours to write.")


@pytest.mark.asyncio
async def test_upload_gives_none_when_the_body_does_not_say_true(tmp_path, caplog):
    """A body whose `status` is not true gives None and is logged at ERROR, though the code is 200.

    It may be false, or not be there at all.
    """
    raise NotImplementedError("This test is yours to write.")


@pytest.mark.asyncio
async def test_upload_gives_none_when_the_network_fails(tmp_path, caplog):
    """A refused or broken connection and a time-out each give None and are logged at ERROR."""
    raise NotImplementedError("This test is yours to write.")


@pytest.mark.asyncio
async def test_upload_raises_for_a_missing_file(tmp_path):
    """A missing file raises FileNotFoundError and sends nothing; one that is there is sent."""
    raise NotImplementedError("This test is yours to write.")


@pytest.mark.asyncio
async def test_cat_fact_gives_the_error_text_for_any_other_status():
    """Any status but 200 and 201 gives the JSON text `{"ERROR": "Cat Fact Not Available"}`."""
    raise NotImplementedError("This test is yours to write.")


@pytest.mark.asyncio
async def test_cat_fact_gives_none_when_the_network_fails(caplog):
    """A refused or broken connection and a time-out each give None and are logged at ERROR."""
    raise NotImplementedError("This test is yours to write.")
