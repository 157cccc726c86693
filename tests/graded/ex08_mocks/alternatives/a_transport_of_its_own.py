"""A transport class whose one method is a mock, kept in a fixture: httpx has no other boundary."""

import json
import logging
from unittest.mock import AsyncMock

import httpx
import pytest
import pytest_asyncio
from ex02_upload import upload_file
from ex04_cat_fact import CatFact


class Wire(httpx.AsyncBaseTransport):
    def __init__(self):
        self.handle_async_request = AsyncMock(spec=httpx.AsyncHTTPTransport.handle_async_request)

    def answers(self, *responses):
        self.handle_async_request.side_effect = responses

    def fails(self, *errors):
        self.handle_async_request.side_effect = errors

    @property
    def count(self):
        return self.handle_async_request.await_count


@pytest.fixture
def wire():
    return Wire()


@pytest_asyncio.fixture
async def client(wire):
    async with httpx.AsyncClient(transport=wire, base_url="http://wire.test/a/b") as client:
        yield client


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "cat.txt"
    path.write_text("miaow")
    return path


def errors_in(caplog):
    return sum(record.levelno >= logging.ERROR for record in caplog.records)


def failures():
    return [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.ReadError("lost"),
        httpx.ReadTimeout("slow"),
    ]


@pytest.mark.asyncio
async def test_upload_gives_none_for_any_other_status(wire, client, path, caplog):
    wire.answers(
        httpx.Response(202, json={"status": True}),
        httpx.Response(418, json={"status": True}),
        httpx.Response(500, html="<p>no</p>"),
    )
    for number in (1, 2, 3):
        assert await upload_file(client, path) is None
        assert wire.count == number
        assert errors_in(caplog) >= number


@pytest.mark.asyncio
async def test_upload_gives_none_when_the_body_does_not_say_true(wire, client, path, caplog):
    wire.answers(httpx.Response(200, json={"status": False}), httpx.Response(200, json={"data": 1}))
    assert [await upload_file(client, path), await upload_file(client, path)] == [None, None]
    assert wire.count == 2
    assert errors_in(caplog) >= 2


@pytest.mark.asyncio
async def test_upload_gives_none_when_the_network_fails(wire, client, path, caplog):
    wire.fails(*failures())
    for number, _ in enumerate(failures(), 1):
        assert await upload_file(client, path) is None
        assert errors_in(caplog) >= number
    assert wire.count == number


@pytest.mark.asyncio
async def test_upload_raises_for_a_missing_file(wire, client, path):
    wire.answers(httpx.Response(200, json={"status": True}))
    await upload_file(client, path)
    path.unlink()
    try:
        await upload_file(client, path)
    except FileNotFoundError:
        assert wire.count == 1
    else:
        pytest.fail("nothing was raised")


@pytest.mark.asyncio
async def test_cat_fact_gives_the_error_text_for_any_other_status(wire, client):
    wire.answers(
        httpx.Response(200, json={"data": ["x"]}),
        httpx.Response(202, json={"data": ["y"]}),
        httpx.Response(404, text=""),
        httpx.Response(503, json={"data": ["z"]}),
    )
    cat_fact = CatFact(client)
    first, *others = [await cat_fact.get_cat_fact() for _ in range(4)]
    assert first == (200, {"data": ["x"]})
    assert all(type(other) is str for other in others)
    assert [json.loads(other) for other in others] == [{"ERROR": "Cat Fact Not Available"}] * 3


@pytest.mark.asyncio
async def test_cat_fact_gives_none_when_the_network_fails(wire, client, caplog):
    wire.fails(*failures())
    cat_fact = CatFact(client)
    for number, _ in enumerate(failures(), 1):
        assert await cat_fact.get_cat_fact() is None
        assert errors_in(caplog) >= number
    assert wire.count == number
