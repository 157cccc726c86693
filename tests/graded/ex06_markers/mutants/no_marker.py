"""misconception: test-never-ran

The tests are as they should be, and none of them has the marker: nobody awaits them.
"""

import json

import pytest
from ex02_upload import upload_file
from ex03_save import save_to_disk

from workshop.services import open_room


async def test_upload_returns_the_servers_answer(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("a cat")
    async with await open_room() as room, room.client() as client:
        answer = await upload_file(client, path)
    assert answer["data"]["file"]["metadata"]["size"] == 5


async def test_save_writes_what_the_contract_promises(tmp_path):
    assert await save_to_disk(tmp_path) is True
    [path] = tmp_path.iterdir()
    assert set(json.loads(path.read_text("utf-8"))) == {"Value", "Time"}


async def test_save_raises_for_a_missing_directory_and_leaves_nothing(tmp_path):
    with pytest.raises(FileNotFoundError):
        await save_to_disk(tmp_path / "missing")
    assert not list(tmp_path.iterdir())
