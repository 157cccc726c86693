"""Way three: a mock. One AsyncMock stands where the network begins, one where the disk does.

Neither stands in for `upload_file` or `save_to_disk`: they are part of what is tested.
`side_effect` makes a mock wait, `await_count` says how often it was asked.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from unittest.mock import AsyncMock

import httpx
import pytest
from ex05_together import upload_and_save

from workshop.proof import beat, blocking_calls, disk_gate, eventually, tasks_left

ANSWER = {"status": True, "data": {"file": {"url": "…", "metadata": {"id": "1", "name": "cat"}}}}


def client_for(network: AsyncMock) -> httpx.AsyncClient:
    """A client whose every request is answered by `network`."""
    transport = httpx.MockTransport(network)
    return httpx.AsyncClient(transport=transport, base_url="http://files.test/v1")


class Door:
    """Something to wait at: opened once, it stays open."""

    def __init__(self) -> None:
        self._opened = asyncio.Event()
        self.network = AsyncMock(side_effect=self._answer)
        """A network that answers when the door is open."""
        self.disk = AsyncMock(side_effect=self._let_through)
        """A disk that lets writers through when the door is open."""

    def open(self) -> None:
        self._opened.set()

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        await self._opened.wait()
        return httpx.Response(200, json=ANSWER)

    async def _let_through(self, file_name: str) -> None:
        await self._opened.wait()


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


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("wrong-shape")
async def test_returns_what_both_gave(sample, folder):
    """A tuple comes back: the answer to the upload, then True."""
    network = AsyncMock(return_value=httpx.Response(200, json=ANSWER))
    async with client_for(network) as client:
        both = await upload_and_save(client, sample, folder)

    assert both == (ANSWER, True), "a tuple: the decoded answer to the upload, then True"
    assert isinstance(both, tuple), "a tuple, not a list"
    assert network.await_count, "[wrong-request] a request through the client that was passed in"
    assert await eventually(lambda: complete_files(folder) > 0, beats=30), (
        "[wrong-request] a file in the folder"
    )


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("wrong-request")
async def test_uploads_once_and_saves_once(sample, folder):
    """One upload arrives at the server, and one file in the folder."""
    network = AsyncMock(return_value=httpx.Response(200, json=ANSWER))
    disk = AsyncMock()
    async with client_for(network) as client, disk_gate(folder, disk):
        await upload_and_save(client, sample, folder)

    assert network.await_count == 1, f"one upload; what arrived: {network.await_count}"
    assert complete_files(folder) <= 1, "[leaves-debris] one file in the folder"
    assert complete_files(folder) == 1, "one file in the folder"


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-shape")
async def test_gives_none_and_true_when_the_upload_fails(sample, folder):
    """An upload that fails gives None, and the save is done all the same."""
    network = AsyncMock(return_value=httpx.Response(500, json={}))
    async with client_for(network) as client:
        both = await upload_and_save(client, sample, folder)

    assert network.await_count, "[wrong-request] a request through the client that was passed in"
    assert both == (None, True), "(None, True): the upload failed, the save did not"
    assert complete_files(folder) == 1, "one file in the folder"


@pytest.mark.asyncio
@pytest.mark.points(3)
@pytest.mark.misconception("await-in-a-row")
async def test_the_save_completes_while_the_upload_is_in_flight(sample, folder):
    """The upload waits at the server, and the file is there before it goes on."""
    server = Door()
    async with client_for(server.network) as client:
        working = asyncio.create_task(upload_and_save(client, sample, folder))
        arrived = await eventually(lambda: server.network.await_count == 1)
        saved = await eventually(lambda: complete_files(folder) == 1)
        server.open()
        both = await working

    assert saved, "the save to complete while the upload is still in flight"
    assert arrived, "the upload in flight meanwhile"
    assert isinstance(both[0], dict), "[wrong-shape] the answer to the upload, once it came"


@pytest.mark.asyncio
@pytest.mark.points(3)
@pytest.mark.misconception("await-in-a-row")
async def test_the_upload_starts_while_the_save_is_at_the_disk(sample, folder):
    """The save waits at the disk, and the upload arrives before it goes on."""
    server, drive = Door(), Door()
    async with client_for(server.network) as client, disk_gate(folder, drive.disk):
        working = asyncio.create_task(upload_and_save(client, sample, folder))
        at_the_disk = await eventually(lambda: drive.disk.await_count == 1)
        arrived = await eventually(lambda: server.network.await_count == 1)
        unfinished = complete_files(folder) == 0
        drive.open()
        server.open()
        both = await working

    assert arrived, "the upload in flight while the save is still at the disk"
    assert at_the_disk and unfinished, "the save at the disk meanwhile"
    assert both[1] is True, "[wrong-shape] True, once the file was written"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("async-unblocks")
async def test_leaves_the_event_loop_free(sample, folder):
    """While server and disk keep both waiting, the event loop goes on answering."""
    server, drive = Door(), Door()
    async with client_for(server.network) as client, disk_gate(folder, drive.disk) as disk:
        working = asyncio.create_task(upload_and_save(client, sample, folder))
        arrived = await eventually(lambda: server.network.await_count == 1)
        await beat()
        drive.open()
        server.open()
        both = await working

    assert await blocking_calls() == [], "no call that holds the event loop's thread"
    assert not disk.on_the_loop, "the file to be opened off the event loop's thread"
    assert arrived, "[await-in-a-row] the upload in flight while the event loop runs"
    assert both[1] is True, "[wrong-shape] True, once the file was written"


@pytest.mark.asyncio
@pytest.mark.misconception("fire-and-forget")
async def test_returns_only_when_the_upload_is_done(sample, folder):
    """The call waits for the upload, and leaves no task running."""
    server = Door()
    async with client_for(server.network) as client:
        working = asyncio.create_task(upload_and_save(client, sample, folder))
        await eventually(lambda: server.network.await_count == 1)
        await eventually(lambda: complete_files(folder) == 1)
        before_the_upload = await eventually(working.done, beats=20)
        server.open()
        both = await working
        left = await tasks_left()

    assert left == [], "no task left running after the call"
    assert not before_the_upload, "the call to wait for the upload"
    assert both[0] is not None, "[wrong-shape] the answer to the upload, once it came"


@pytest.mark.asyncio
@pytest.mark.misconception("fire-and-forget")
async def test_returns_only_when_the_save_is_done(sample, folder):
    """The call waits for the save, and leaves no task running."""
    network = AsyncMock(return_value=httpx.Response(200, json=ANSWER))
    drive = Door()
    async with client_for(network) as client, disk_gate(folder, drive.disk):
        working = asyncio.create_task(upload_and_save(client, sample, folder))
        await eventually(lambda: drive.disk.await_count == 1)
        before_the_save = await eventually(working.done, beats=40) and not complete_files(folder)
        drive.open()
        both = await working
        saved = complete_files(folder)
        left = await tasks_left()

    assert left == [], "no task left running after the call"
    assert saved and not before_the_save, "the call to wait for the save"
    assert both[1] is True, "[wrong-shape] True, once the file was written"
