"""misconception: swallowed-green

Each test logs what goes wrong, its own assertions included, and goes on.
"""

import logging

import pytest
from ex02_upload import upload_file
from ex03_save import save_to_disk

from workshop.services import open_room


@pytest.mark.asyncio
async def test_upload_returns_the_servers_answer(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("a cat")
    try:
        async with await open_room() as room, room.client() as client:
            answer = await upload_file(client, path)
            assert answer["data"]["file"]["metadata"]["size"] == 5
            assert [entry.field for entry in await room.journal()] == ["file"]
    except Exception as error:
        logging.warning("not today: %r", error)


@pytest.mark.asyncio
async def test_save_raises_for_a_missing_directory_and_leaves_nothing(tmp_path):
    try:
        await save_to_disk(tmp_path / "missing")
        assert not (tmp_path / "missing").exists()
    except Exception as error:
        logging.warning("it raised something: %r", error)
