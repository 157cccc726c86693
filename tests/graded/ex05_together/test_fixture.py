"""Way two: async fixtures. Room, client and disk are made, and cleaned up, outside of the test.

`@pytest_asyncio.fixture` runs the lines before `yield` ahead of the test, and those after it when
the test has ended, however it ended: no request and no thread is left waiting at a gate.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import pytest_asyncio
from ex05_together import upload_and_save

from workshop.proof import (
    beat,
    blocking_calls,
    disk_gate,
    eventually,
    held,
    open_room,
    requests_of,
    tasks_left,
)


def complete_files(folder: Path) -> int:
    """How many files in the folder are there from the first character to the last."""
    number = 0
    for path in folder.glob("*.json"):
        try:
            json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue
        number += 1
    return number


@pytest_asyncio.fixture
async def room():
    """A room of the real server for one test, gone afterwards."""
    async with open_room() as room:
        yield room


@pytest_asyncio.fixture
async def client(room):
    """The client that is passed to the code under test, closed afterwards."""
    async with room.client() as client:
        yield client


@pytest_asyncio.fixture
async def disk(folder):
    """A gate that holds every thread which opens a file for writing in the folder."""
    async with disk_gate(folder) as gate:
        yield gate


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("wrong-shape")
async def test_returns_what_both_gave(room, client, sample, folder):
    """A tuple comes back: the answer to the upload, then True."""
    both = await upload_and_save(client, sample, folder)

    assert isinstance(both, tuple), "a tuple: the upload's answer, then True"
    assert len(both) == 2, "a tuple of two: the upload's answer, then True"
    assert isinstance(both[0], dict), "the decoded answer to the upload in the first place"
    assert both[1] is True, "True in the second place"
    assert await requests_of(room), (
        "[wrong-request] a request through the client that was passed in"
    )
    assert await eventually(lambda: complete_files(folder) > 0, beats=30), (
        "[wrong-request] a file in the folder"
    )


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("wrong-request")
async def test_uploads_once_and_saves_once(room, client, sample, folder):
    """One upload arrives at the server, and one file in the folder."""
    await upload_and_save(client, sample, folder)

    requests = [(entry.method, entry.path) for entry in await requests_of(room)]
    assert requests == [("POST", "/upload")], f"one POST to /upload; what arrived: {requests}"
    assert complete_files(folder) <= 1, "[leaves-debris] one file in the folder"
    assert complete_files(folder) == 1, "one file in the folder"


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-shape")
async def test_gives_none_and_true_when_the_upload_fails(room, client, sample, folder):
    """An upload that fails gives None, and the save is done all the same."""
    await room.faults(status=500)

    both = await upload_and_save(client, sample, folder)

    assert await requests_of(room), (
        "[wrong-request] a request through the client that was passed in"
    )
    assert both == (None, True), "(None, True): the upload failed, the save did not"
    assert complete_files(folder) == 1, "one file in the folder"


@pytest.mark.asyncio
@pytest.mark.points(3)
@pytest.mark.misconception("await-in-a-row")
async def test_the_save_completes_while_the_upload_is_in_flight(room, client, sample, folder):
    """The upload waits at the server, and the file is there before it goes on."""
    await room.hold()

    working = asyncio.create_task(upload_and_save(client, sample, folder))
    arrived = await held(room, 1)
    saved = await eventually(lambda: complete_files(folder) == 1)
    await room.open_gate()
    both = await working

    assert saved, "the save to complete while the upload is still in flight"
    assert arrived, "the upload in flight meanwhile"
    assert isinstance(both[0], dict), "[wrong-shape] the answer to the upload, once it came"


@pytest.mark.asyncio
@pytest.mark.points(3)
@pytest.mark.misconception("await-in-a-row")
async def test_the_upload_starts_while_the_save_is_at_the_disk(room, client, disk, sample, folder):
    """The save waits at the disk, and the upload arrives before it goes on."""
    await room.hold()

    working = asyncio.create_task(upload_and_save(client, sample, folder))
    at_the_disk = await eventually(lambda: disk.reached)
    arrived = await held(room, 1)
    unfinished = complete_files(folder) == 0
    disk.release()
    await room.open_gate()
    both = await working

    assert arrived, "the upload in flight while the save is still at the disk"
    assert at_the_disk and unfinished, "the save at the disk meanwhile"
    assert both[1] is True, "[wrong-shape] True, once the file was written"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("async-unblocks")
async def test_leaves_the_event_loop_free(room, client, disk, sample, folder):
    """While server and disk keep both waiting, the event loop goes on answering."""
    await room.hold()

    working = asyncio.create_task(upload_and_save(client, sample, folder))
    arrived = await held(room, 1)
    await beat()
    disk.release()
    await room.open_gate()
    both = await working

    assert await blocking_calls() == [], "no call that holds the event loop's thread"
    assert not disk.on_the_loop, "the file to be opened off the event loop's thread"
    assert arrived, "[await-in-a-row] the upload in flight while the event loop runs"
    assert both[1] is True, "[wrong-shape] True, once the file was written"


@pytest.mark.asyncio
@pytest.mark.misconception("fire-and-forget")
async def test_returns_only_when_the_upload_is_done(room, client, sample, folder):
    """The call waits for the upload, and leaves no task running."""
    await room.hold()

    working = asyncio.create_task(upload_and_save(client, sample, folder))
    await held(room, 1)
    await eventually(lambda: complete_files(folder) == 1)
    before_the_upload = await eventually(working.done, beats=20)
    await room.open_gate()
    both = await working
    left = await tasks_left()

    assert left == [], "no task left running after the call"
    assert not before_the_upload, "the call to wait for the upload"
    assert both[0] is not None, "[wrong-shape] the answer to the upload, once it came"


@pytest.mark.asyncio
@pytest.mark.misconception("fire-and-forget")
async def test_returns_only_when_the_save_is_done(client, disk, sample, folder):
    """The call waits for the save, and leaves no task running."""
    working = asyncio.create_task(upload_and_save(client, sample, folder))
    await eventually(lambda: disk.reached)
    before_the_save = await eventually(working.done, beats=40) and not complete_files(folder)
    disk.release()
    both = await working
    saved = complete_files(folder)
    left = await tasks_left()

    assert left == [], "no task left running after the call"
    assert saved and not before_the_save, "the call to wait for the save"
    assert both[1] is True, "[wrong-shape] True, once the file was written"
