"""The room itself waits for requests, and what might wait for ever has a time limit."""

import asyncio
import hashlib
import json
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from ex02_upload import upload_file
from ex03_save import save_to_disk

from workshop.proof import beat, blocking_calls, disk_gate
from workshop.services import open_room

LIMIT = 5.0


@pytest.mark.asyncio
async def test_upload_returns_the_servers_answer(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"\x00\xff" * 500)
    async with asyncio.timeout(LIMIT), await open_room() as room:
        client = room.client()
        try:
            answer = await upload_file(client, path)
        finally:
            await client.aclose()
    assert type(answer) is dict and set(answer) >= {"status", "data"}
    assert answer["data"]["file"]["metadata"]["size"] == 1000


@pytest.mark.asyncio
async def test_upload_sends_the_file_once(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"\x00\xff" * 500)
    async with asyncio.timeout(LIMIT), await open_room() as room, room.client() as client:
        await upload_file(client, path)
        assert await room.idle()
        journal = await room.journal()
    seen = [(e.method, e.path, e.field, e.sha256) for e in journal]
    assert seen == [("POST", "/upload", "file", hashlib.sha256(b"\x00\xff" * 500).hexdigest())]


@pytest.mark.asyncio
async def test_uploads_wait_at_the_server_together(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"\x00\xff" * 500)
    async with await open_room() as room, room.client() as client:
        await room.hold()
        uploads = [asyncio.create_task(upload_file(client, path)) for _ in range(2)]
        try:
            assert await room.in_flight(2, timeout=2.0), "two uploads at the server"
            assert not any(upload.done() for upload in uploads)
        finally:
            await room.open_gate()
            answers = await asyncio.gather(*uploads, return_exceptions=True)
    assert all(isinstance(answer, dict) for answer in answers)
    assert await blocking_calls() == []


@pytest.mark.asyncio
async def test_save_writes_what_the_contract_promises(tmp_path):
    async with asyncio.timeout(LIMIT):
        assert await save_to_disk(tmp_path) is True
    [path] = tmp_path.glob("*")
    assert path.suffix == ".json"
    record = json.loads(path.read_text("utf-8"))
    for text in (path.stem, record.pop("Value")):
        assert str(UUID(text)) == text and UUID(text).version == 4
    assert datetime.fromisoformat(record.pop("Time")).utcoffset() == timedelta(0)
    assert not record
    assert path.read_text("utf-8").startswith('{\n    "')


@pytest.mark.asyncio
async def test_save_raises_for_a_missing_directory_and_leaves_nothing(tmp_path):
    async with asyncio.timeout(LIMIT):
        with pytest.raises(FileNotFoundError):
            await save_to_disk(tmp_path / "missing")
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.asyncio
async def test_save_waits_for_the_disk_and_leaves_the_loop_free(tmp_path):
    async with disk_gate(tmp_path) as gate:
        saving = asyncio.create_task(save_to_disk(tmp_path))
        try:
            async with asyncio.timeout(LIMIT):
                while not gate.reached:
                    await beat()
        except TimeoutError:
            pytest.fail("nobody opened a file")
        for _ in range(10):
            await beat()
        early = saving.done()
        gate.release()
        assert await saving is True
    assert not early, "it said so before the file was written"
    assert not gate.on_the_loop, "the event loop's own thread opened the file"
