"""One parametrized test for each behaviour, and the mock's own assertions."""

import json
from unittest.mock import ANY, AsyncMock

import httpx
import pytest
from ex02_upload import upload_file
from ex04_cat_fact import CatFact

pytestmark = pytest.mark.asyncio

GOOD = {"status": True, "data": {"file": {"metadata": {"size": 3}}}}
ERRORS = [
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ReadError,
    httpx.ReadTimeout,
    httpx.RemoteProtocolError,
    httpx.WriteError,
    httpx.WriteTimeout,
]


def client_for(network):
    return httpx.AsyncClient(transport=httpx.MockTransport(network), base_url="http://x.test")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"abc")
    return path


def is_logged(caplog):
    return bool({"ERROR", "CRITICAL"} & {record.levelname for record in caplog.records})


@pytest.mark.parametrize("page", [{"json": GOOD}, {"text": "no"}, {"content": b""}])
@pytest.mark.parametrize("status", [202, 204, 302, 400, 404, 500])
async def test_upload_gives_none_for_any_other_status(path, caplog, status, page):
    network = AsyncMock(return_value=httpx.Response(status, **page))
    async with client_for(network) as client:
        assert await upload_file(client, path) is None
    network.assert_awaited_once()
    assert is_logged(caplog)


@pytest.mark.parametrize(
    "body", [{}, {"status": False}, {"status": None}, GOOD | {"status": False}]
)
async def test_upload_gives_none_when_the_body_does_not_say_true(path, caplog, body):
    network = AsyncMock(return_value=httpx.Response(201, json=body))
    async with client_for(network) as client:
        assert await upload_file(client, path) is None
    network.assert_awaited_once_with(ANY)
    assert is_logged(caplog)


@pytest.mark.parametrize("error", ERRORS)
async def test_upload_gives_none_when_the_network_fails(path, caplog, error):
    network = AsyncMock(side_effect=error("it failed"))
    async with client_for(network) as client:
        assert await upload_file(client, path) is None
    network.assert_awaited_once()
    assert is_logged(caplog)


async def test_upload_raises_for_a_missing_file(path):
    network = AsyncMock(side_effect=lambda request: httpx.Response(200, json=GOOD))
    async with client_for(network) as client:
        with pytest.raises(FileNotFoundError):
            await upload_file(client, path.with_name("missing"))
        network.assert_not_awaited()
        assert await upload_file(client, path) == GOOD
    network.assert_awaited_once()


@pytest.mark.parametrize("page", [{"json": {"data": ["a fact"]}}, {"text": "no"}])
@pytest.mark.parametrize("status", [202, 302, 400, 404, 500])
async def test_cat_fact_gives_the_error_text_for_any_other_status(status, page):
    good = httpx.Response(200, json={"data": ["a fact"]})
    network = AsyncMock(side_effect=[good, httpx.Response(status, **page)])
    async with client_for(network) as client:
        cat_fact = CatFact(client)
        assert await cat_fact.get_cat_fact() == (200, {"data": ["a fact"]})
        text = await cat_fact.get_cat_fact()
    assert type(text) is str
    assert json.loads(text) == {"ERROR": "Cat Fact Not Available"}


@pytest.mark.parametrize("error", ERRORS)
async def test_cat_fact_gives_none_when_the_network_fails(caplog, error):
    network = AsyncMock(side_effect=error("it failed"))
    async with client_for(network) as client:
        assert await CatFact(client).get_cat_fact() is None
    network.assert_awaited_once()
    assert is_logged(caplog)
