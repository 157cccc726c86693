"""misconception: stop-watch-test

That things overlap is read off a clock, with a limit so generous that blocking code keeps it.
"""

import asyncio
import time

import pytest
from ex02_upload import upload_file
from ex03_save import save_to_disk

from workshop.services import open_room


@pytest.mark.asyncio
async def test_uploads_wait_at_the_server_together(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("a cat")
    async with await open_room(latency=0.05) as room, room.client() as client:
        begin = time.monotonic()
        await asyncio.gather(upload_file(client, path), upload_file(client, path))
        assert time.monotonic() - begin < 10


@pytest.mark.asyncio
async def test_save_waits_for_the_disk_and_leaves_the_loop_free(tmp_path):
    begin = time.monotonic()
    await save_to_disk(tmp_path)
    assert time.monotonic() - begin < 10
