"""Exercise 06: tests with the asyncio marker.

Write tests for your own `upload_file` (exercise 02) and `save_to_disk` (exercise 03). The first one
is complete; each of the others states in its docstring what it has to demand. Keep their names,
and mark each of them with `@pytest.mark.asyncio`. Tests and functions of your own are welcome.

    pytest exercises/test_ex06_markers.py    runs them on your own modules
    workshop check ex06                      runs them on right modules and on wrong ones

A good test passes on every right module and fails on the wrong ones. It fails by an assertion or
an exception; a test that hangs, or is skipped, catches nobody. What else is useful here:

    await room.journal()                     what arrived: entries with method, path, field, sha256
    await room.hold(), room.open_gate()      keeps requests waiting at the server, lets them go
    await held(room, 2)                      whether two requests come to wait there together
    async with disk_gate(folder) as gate:    keeps a worker thread that opens a file in `folder`
                                             for writing waiting, until gate.release()
    gate.reached, gate.on_the_loop           somebody came; it was the event loop's own thread
    await eventually(condition, beats=20)    whether `condition()` comes true within 20 turns of
                                             the loop that runs the code under test
    await blocking_calls()                   what has held that loop up so far, as a list

Where your tests are marked, the code under test has an event loop of its own: what your test sees
of its own loop, such as a ticker that stands still, says nothing about the code.
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
    """The JSON that the server answers comes back, decoded and whole.

    That is a dict such as
    `{"status": true, "data": {"file": {"url": …, "metadata": {"id": …, "name": …, "size": …}}}}`.
    """
    raise NotImplementedError("This test is yours to write.")


@pytest.mark.asyncio
async def test_upload_sends_the_file_once(tmp_path):
    """One POST arrives at /upload, with every byte of the file in the multipart field `file`."""
    raise NotImplementedError("This test is yours to write.")


@pytest.mark.asyncio
async def test_uploads_wait_at_the_server_together(tmp_path):
    """Two uploads that are started together are at the server together, and the loop stays free."""
    raise NotImplementedError("This test is yours to write.")


@pytest.mark.asyncio
async def test_save_writes_what_the_contract_promises(tmp_path):
    """One file `<uuid4>.json`: UTF-8, indented by 4, `Value` a uuid4, `Time` an aware UTC time.

    True comes back. `Value` and `Time` are texts, and nothing else is in the file.
    """
    raise NotImplementedError("This test is yours to write.")


@pytest.mark.asyncio
async def test_save_raises_for_a_missing_directory_and_leaves_nothing(tmp_path):
    """A directory that is not there raises FileNotFoundError, and afterwards nothing is there."""
    raise NotImplementedError("This test is yours to write.")


@pytest.mark.asyncio
async def test_save_waits_for_the_disk_and_leaves_the_loop_free(tmp_path):
    """While the disk keeps the save waiting the loop is free, and the call has not returned."""
    raise NotImplementedError("This test is yours to write.")
