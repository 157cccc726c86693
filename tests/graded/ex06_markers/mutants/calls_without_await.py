"""misconception: calling-runs-it

What is called is never awaited: a coroutine is true, and equals no failure.
"""

import pytest
from ex02_upload import upload_file
from ex03_save import save_to_disk

from workshop.services import open_room


@pytest.mark.asyncio
async def test_upload_returns_the_servers_answer(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("a cat")
    async with await open_room() as room, room.client() as client:
        answer = upload_file(client, path)
    assert answer is not None
    assert answer


@pytest.mark.asyncio
async def test_upload_sends_the_file_once(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("a cat")
    async with await open_room() as room, room.client() as client:
        upload_file(client, path)
        assert len(await room.journal()) <= 1


@pytest.mark.asyncio
async def test_uploads_wait_at_the_server_together(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("a cat")
    async with await open_room() as room, room.client() as client:
        uploads = [upload_file(client, path), upload_file(client, path)]
    assert all(uploads)


@pytest.mark.asyncio
async def test_save_writes_what_the_contract_promises(tmp_path):
    assert save_to_disk(tmp_path)


@pytest.mark.asyncio
async def test_save_raises_for_a_missing_directory_and_leaves_nothing(tmp_path):
    save_to_disk(tmp_path / "missing")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.asyncio
async def test_save_waits_for_the_disk_and_leaves_the_loop_free(tmp_path):
    assert save_to_disk(tmp_path) is not True
