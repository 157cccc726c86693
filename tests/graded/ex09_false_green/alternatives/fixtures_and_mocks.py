"""Mended with fixtures for what is opened, and with a mock wherever a failure is needed."""

import asyncio
import hashlib
import json
from unittest.mock import AsyncMock

import httpx
import pytest
import pytest_asyncio
from ex02_upload import upload_file
from ex03_save import save_to_disk
from ex04_cat_fact import CatFact
from ex05_together import upload_and_save

from workshop.proof import eventually, open_room

pytestmark = pytest.mark.asyncio

ANSWER = {"status": True, "data": {"file": {"url": "u", "metadata": {"id": "7", "size": 6}}}}


@pytest_asyncio.fixture
async def room():
    async with open_room() as room:
        yield room
        await room.open_gate()


@pytest_asyncio.fixture
async def client(room):
    async with room.client() as client:
        yield client


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "noise.bin"
    path.write_bytes(b"\xff\x00\xfe\x80\r\n")
    return path


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    return folder


def client_for(network):
    return httpx.AsyncClient(transport=httpx.MockTransport(network), base_url="http://m.test")


async def test_save_returns_true(folder):
    assert await save_to_disk(folder) is True


async def test_upload_sends_the_file_and_returns_the_answer(room, client, path):
    answer = await upload_file(client, path)
    (entry,) = await room.journal()
    assert (entry.field, entry.outcome) == ("file", "answered")
    assert entry.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert answer["data"]["file"]["metadata"]["size"] == 6
    assert answer["status"] is True
    network = AsyncMock(return_value=httpx.Response(200, json=ANSWER))
    async with client_for(network) as other:
        assert await upload_file(other, path) == ANSWER


async def test_upload_gives_none_when_the_connection_is_refused(path, caplog):
    network = AsyncMock(side_effect=httpx.ConnectError("refused"))
    async with client_for(network) as client:
        answer = await upload_file(client, path)
    assert answer is None
    network.assert_awaited_once()
    assert [record for record in caplog.records if record.levelname == "ERROR"]


async def test_save_raises_for_a_missing_directory(folder):
    with pytest.raises(FileNotFoundError) as caught:
        await save_to_disk(folder / "missing")
    assert isinstance(caught.value, OSError)
    assert not list(folder.iterdir())


async def test_cat_fact_gives_the_error_text_for_any_other_status():
    pages = [httpx.Response(404, text="no"), httpx.Response(503, json={}), httpx.Response(202)]
    network = AsyncMock(side_effect=pages)
    async with client_for(network) as client:
        cat_fact = CatFact(client)
        for _ in pages:
            answer = await cat_fact.get_cat_fact()
            assert isinstance(answer, str), "a text"
            assert json.loads(answer) == {"ERROR": "Cat Fact Not Available"}
    assert network.await_count == 3


async def test_the_save_completes_while_the_upload_is_in_flight(path, folder):
    server = asyncio.Event()

    async def answer(request):
        await server.wait()
        return httpx.Response(200, json=ANSWER)

    network = AsyncMock(side_effect=answer)
    async with client_for(network) as client:
        both = asyncio.create_task(upload_and_save(client, path, folder))
        arrived = await eventually(lambda: network.await_count == 1)
        saved = await eventually(lambda: any(folder.glob("*.json")))
        done = both.done()
        server.set()
        result = await both
    assert (arrived, saved, done) == (True, True, False)
    assert tuple(result) == (ANSWER, True)
