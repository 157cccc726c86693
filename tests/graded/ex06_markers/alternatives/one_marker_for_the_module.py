"""One marker for the whole module, and small async functions for what the tests have in common."""

import asyncio
import hashlib
import json
import re
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ex02_upload import upload_file
from ex03_save import save_to_disk

from workshop.proof import beat, blocking_calls, disk_gate, eventually, held
from workshop.services import open_room

pytestmark = pytest.mark.asyncio

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@asynccontextmanager
async def server():
    async with await open_room() as room, room.client() as client:
        yield room, client


def picture(folder: Path) -> Path:
    path = folder / "cat.jpeg"
    path.write_bytes(bytes(range(256)) * 3)
    return path


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_upload_returns_the_servers_answer(tmp_path):
    async with server() as (_, client):
        answer = await upload_file(client, str(picture(tmp_path)))
    match answer:
        case {"status": True, "data": {"file": {"metadata": {"size": size}}}}:
            assert size == 768
        case _:
            pytest.fail(f"another answer than the server's: {answer!r}")


async def test_upload_sends_the_file_once(tmp_path):
    file = picture(tmp_path)
    async with server() as (room, client):
        await upload_file(client, file)
        (entry,) = await room.journal()
    assert f"{entry.method} {entry.path} {entry.field}" == "POST /upload file"
    assert entry.size == 768
    assert entry.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


async def test_uploads_wait_at_the_server_together(tmp_path):
    file = picture(tmp_path)
    async with server() as (room, client):
        await room.hold()
        both = asyncio.gather(upload_file(client, file), upload_file(client, file))
        two = await held(room, 2)
        await room.release()
        answers = await both
        assert await room.most_in_flight() == 2
    assert two
    assert all(answers)
    assert not await blocking_calls()


async def test_save_writes_what_the_contract_promises(tmp_path):
    before = datetime.now(UTC)
    result = await save_to_disk(str(tmp_path))
    assert result is True
    (name,) = names_in(tmp_path)
    assert UUID4.fullmatch(name.removesuffix(".json"))
    assert name.endswith(".json")
    lines = (tmp_path / name).read_text("utf-8").splitlines()
    assert [line[:5] for line in lines if '"' in line] == ['    "'] * 2
    record = json.loads("\n".join(lines))
    assert sorted(record) == ["Time", "Value"]
    assert UUID4.fullmatch(record["Value"])
    time = datetime.fromisoformat(record["Time"])
    assert time.utcoffset() is not None
    assert time.utcoffset().total_seconds() == 0
    assert abs((time - before).total_seconds()) < 3600


async def test_save_raises_for_a_missing_directory_and_leaves_nothing(tmp_path):
    try:
        await save_to_disk(tmp_path / "not" / "there")
    except FileNotFoundError:
        assert names_in(tmp_path) == []
    else:
        pytest.fail("no FileNotFoundError")
    with pytest.raises(FileNotFoundError):
        await save_to_disk(tmp_path / "there")
    assert names_in(tmp_path) == []


async def test_save_waits_for_the_disk_and_leaves_the_loop_free(tmp_path):
    async with disk_gate(tmp_path) as gate:
        saving = asyncio.ensure_future(save_to_disk(tmp_path))
        assert await eventually(lambda: gate.reached)
        for _ in range(10):
            await beat()
        assert not saving.done()
        assert not gate.on_the_loop
        gate.release()
        assert await saving
    assert await blocking_calls() == []
