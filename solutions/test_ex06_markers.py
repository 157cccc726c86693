"""Our answer to exercise 06: tests with the asyncio marker, for `upload_file` and `save_to_disk`.

Each test calls the code as any caller would and looks only at what the contract promises: what
comes back, what reached the server, what lies on the disk. Nothing is patched inside the modules,
so whoever writes them in another way need not change a test.
"""

import asyncio
import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from ex02_upload import upload_file
from ex03_save import save_to_disk

from workshop.proof import blocking_calls, disk_gate, eventually, held
from workshop.services import open_room


def new_file(folder: Path) -> Path:
    """A small file to upload. Its bytes are no text, so that reading it as text shows."""
    path = folder / "cat.bin"
    path.write_bytes(b"a purring cat\r\n" * 20 + bytes(range(256)))
    return path


def is_uuid4(text: str) -> bool:
    """Whether `text` is a uuid4 in its usual form, hyphens included."""
    # Compared with what it was made of: UUID() reads other spellings as well.
    return str(UUID(text)) == text and UUID(text).version == 4


@pytest.mark.asyncio
async def test_upload_raises_for_a_missing_file(tmp_path):
    """The worked example: a file that is not there raises FileNotFoundError, and nothing is sent.

    The marker has pytest-asyncio run the coroutine on a fresh event loop. A room is a small server
    of the test's own: `async with` ends it afterwards. The `await` inside of `pytest.raises` is
    what lets the exception come.
    """
    async with await open_room() as room, room.client() as client:
        with pytest.raises(FileNotFoundError):
            await upload_file(client, tmp_path / "missing.txt")
        assert await room.journal() == []


@pytest.mark.asyncio
async def test_upload_returns_the_servers_answer(tmp_path):
    """The JSON that the server answers comes back, decoded and whole."""
    file = new_file(tmp_path)
    async with await open_room() as room, room.client() as client:
        answer = await upload_file(client, file)

    # First the type: a wrong answer then fails with a sentence, not with a TypeError further down.
    assert isinstance(answer, dict)
    assert answer["status"] is True
    # The size is something that the server has counted itself: nobody can make it up.
    assert answer["data"]["file"]["metadata"]["size"] == file.stat().st_size


@pytest.mark.asyncio
async def test_upload_sends_the_file_once(tmp_path):
    """One POST arrives at /upload, with every byte of the file in the multipart field `file`."""
    file = new_file(tmp_path)
    async with await open_room() as room, room.client() as client:
        await upload_file(client, file)
        journal = await room.journal()

    # The journal is what really arrived. A list of all entries also says that there is only one.
    assert [(entry.method, entry.path, entry.field) for entry in journal] == [
        ("POST", "/upload", "file")
    ]
    assert journal[0].sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.asyncio
async def test_uploads_wait_at_the_server_together(tmp_path):
    """Two uploads that are started together are at the server together, and the loop stays free."""
    file = new_file(tmp_path)
    async with await open_room() as room, room.client() as client:
        await room.hold()
        uploads = [asyncio.create_task(upload_file(client, file)) for _ in range(2)]
        # The room lets none of them go before both are here. No clock is asked: code that takes
        # turns never gets there, on the fastest machine and on the slowest.
        together = await held(room, 2)
        # Opened before anything is asserted, for a failure must not leave uploads waiting.
        await room.open_gate()
        answers = await asyncio.gather(*uploads)

    assert together
    assert None not in answers
    # A short time.sleep() would let both arrive all the same. This is what sees it.
    assert await blocking_calls() == []


@pytest.mark.asyncio
async def test_save_writes_what_the_contract_promises(tmp_path):
    """One file `<uuid4>.json`: UTF-8, indented by 4, `Value` a uuid4, `Time` an aware UTC time."""
    assert await save_to_disk(tmp_path) is True

    files = list(tmp_path.iterdir())
    assert len(files) == 1
    assert files[0].suffix == ".json"
    assert is_uuid4(files[0].stem)

    text = files[0].read_text(encoding="utf-8").strip()
    record = json.loads(text)
    # Whatever is in it: written again with an indent of 4, it has to be the same text.
    assert text == json.dumps(record, indent=4)
    assert set(record) == {"Value", "Time"}
    assert is_uuid4(record["Value"])
    # A naive time has the utcoffset None, and one of another zone has another offset.
    assert datetime.fromisoformat(record["Time"]).utcoffset() == timedelta(0)


@pytest.mark.asyncio
async def test_save_raises_for_a_missing_directory_and_leaves_nothing(tmp_path):
    """A directory that is not there raises FileNotFoundError, and afterwards nothing is there."""
    with pytest.raises(FileNotFoundError):
        await save_to_disk(tmp_path / "missing")

    # Not only "missing does not exist": a file may have landed beside it.
    assert list(tmp_path.iterdir()) == []


@pytest.mark.asyncio
async def test_save_waits_for_the_disk_and_leaves_the_loop_free(tmp_path):
    """While the disk keeps the save waiting the loop is free, and the call has not returned."""
    async with disk_gate(tmp_path) as gate:
        saving = asyncio.create_task(save_to_disk(tmp_path))
        # Or done: code that never opens a file must not keep the test waiting.
        await eventually(lambda: gate.reached or saving.done())
        # The disk is held. Whoever says "saved" now has not waited for it.
        early = await eventually(saving.done, beats=20)
        gate.release()
        saved = await saving

    assert gate.reached
    assert not gate.on_the_loop
    assert not early
    assert saved is True
    assert await blocking_calls() == []
