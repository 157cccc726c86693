"""Mended with as few lines as do it."""

import asyncio
import json
from unittest.mock import AsyncMock

import httpx
import pytest
from ex02_upload import upload_file
from ex03_save import save_to_disk
from ex04_cat_fact import CatFact
from ex05_together import upload_and_save

from workshop.proof import eventually
from workshop.services import open_room

SORRY = {"ERROR": "Cat Fact Not Available"}


def file_in(folder):
    (folder / "f").write_bytes(b"\x80" * 10)
    return str(folder / "f")


@pytest.mark.asyncio
async def test_upload_sends_the_file_and_returns_the_answer(tmp_path):
    async with await open_room() as room, room.client() as client:
        answer = await upload_file(client, file_in(tmp_path))
        journal = await room.journal()
    assert [(entry.field, entry.size) for entry in journal] == [("file", 10)]
    assert answer["status"] and answer["data"]["file"]["metadata"]["size"] == 10


@pytest.mark.asyncio
async def test_upload_gives_none_when_the_connection_is_refused(tmp_path, caplog):
    async with await open_room(refuse=True) as room, room.client() as client:
        assert await upload_file(client, file_in(tmp_path)) is None
    assert "ERROR" in [record.levelname for record in caplog.records]


@pytest.mark.asyncio
async def test_save_raises_for_a_missing_directory(tmp_path):
    with pytest.raises(FileNotFoundError):
        await save_to_disk(tmp_path / "missing")
    assert not any(tmp_path.iterdir())


@pytest.mark.asyncio
@pytest.mark.parametrize("status", [202, 404, 500])
async def test_cat_fact_gives_the_error_text_for_any_other_status(status):
    network = httpx.MockTransport(AsyncMock(return_value=httpx.Response(status, json={"data": []})))
    async with httpx.AsyncClient(transport=network, base_url="http://m.test") as client:
        answer = await CatFact(client).get_cat_fact()
    assert isinstance(answer, str) and json.loads(answer) == SORRY


@pytest.mark.asyncio
async def test_the_save_completes_while_the_upload_is_in_flight(tmp_path):
    path = file_in(tmp_path)
    (tmp_path / "to").mkdir()
    async with await open_room() as room, room.client() as client:
        await room.hold()
        both = asyncio.create_task(upload_and_save(client, path, tmp_path / "to"))
        saved = await eventually(lambda: any((tmp_path / "to").iterdir()))
        await room.open_gate()
        await both
    assert saved
