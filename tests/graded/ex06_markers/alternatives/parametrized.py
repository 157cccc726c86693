"""Parametrized tests, each of which looks at one thing, and more tests than were asked for."""

import asyncio
import json
import uuid
from datetime import datetime, timedelta

import pytest
from ex02_upload import upload_file
from ex03_save import save_to_disk

from workshop.proof import blocking_calls, disk_gate, eventually, held, open_room

CONTENTS = [b"", b"text\n", b"\xff\xfe\x00 no text \x80"]


@pytest.mark.asyncio
@pytest.mark.parametrize("content", CONTENTS)
async def test_upload_returns_the_servers_answer(tmp_path, content):
    path = tmp_path / "file.dat"
    path.write_bytes(content)
    async with open_room() as room, room.client() as client:
        answer = await upload_file(client, path)
    assert answer is not None
    assert answer["status"]
    assert answer["data"]["file"]["metadata"]["size"] == len(content)


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", [str, lambda path: path])
@pytest.mark.parametrize("content", CONTENTS)
async def test_upload_sends_the_file_once(tmp_path, content, kind):
    path = tmp_path / "file.dat"
    path.write_bytes(content)
    async with open_room() as room, room.client() as client:
        await upload_file(client, kind(path))
        journal = await room.journal()
    assert len(journal) == 1
    assert (journal[0].method, journal[0].path) == ("POST", "/upload")
    assert journal[0].field == "file"
    assert journal[0].size == len(content)


@pytest.mark.asyncio
@pytest.mark.parametrize("number", [2, 3])
async def test_uploads_wait_at_the_server_together(tmp_path, number):
    path = tmp_path / "file.dat"
    path.write_bytes(b"together")
    async with open_room() as room, room.client() as client:
        await room.hold()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(upload_file(client, path)) for _ in range(number)]
            arrived = await held(room, number)
            await room.open_gate()
    assert arrived, f"{number} uploads at the server together"
    assert all(task.result() for task in tasks)
    assert await blocking_calls() == []


async def saved(folder):
    assert await save_to_disk(folder) is True
    files = list(folder.iterdir())
    assert len(files) == 1
    return files[0]


@pytest.mark.asyncio
async def test_save_writes_what_the_contract_promises(tmp_path):
    record = json.loads((await saved(tmp_path)).read_bytes().decode("utf-8"))
    assert record.keys() == {"Value", "Time"}


@pytest.mark.asyncio
async def test_save_names_the_file_by_a_uuid4(tmp_path):
    path = await saved(tmp_path)
    assert path.name == f"{uuid.UUID(path.stem)}.json"
    assert uuid.UUID(path.stem).version == 4


@pytest.mark.asyncio
async def test_save_is_indented_by_four(tmp_path):
    text = (await saved(tmp_path)).read_text("utf-8")
    assert text.strip().splitlines() == json.dumps(json.loads(text), indent=4).splitlines()


@pytest.mark.asyncio
async def test_save_holds_a_uuid4_and_the_time_in_utc(tmp_path):
    record = json.loads((await saved(tmp_path)).read_text("utf-8"))
    assert record["Value"] == str(uuid.UUID(record["Value"], version=4))
    assert datetime.fromisoformat(record["Time"]).utcoffset() == timedelta()


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", [str, lambda path: path])
async def test_save_raises_for_a_missing_directory_and_leaves_nothing(tmp_path, kind):
    with pytest.raises(FileNotFoundError):
        await save_to_disk(kind(tmp_path / "missing"))
    assert not any(tmp_path.iterdir())


@pytest.mark.asyncio
async def test_save_waits_for_the_disk_and_leaves_the_loop_free(tmp_path):
    async with disk_gate(tmp_path) as gate:
        saving = asyncio.create_task(save_to_disk(tmp_path))
        reached = await eventually(lambda: gate.reached)
        done = await eventually(saving.done, beats=15)
        gate.release()
        result = await saving
    assert (reached, gate.on_the_loop, done, result) == (True, False, False, True)
    assert await blocking_calls() == []
