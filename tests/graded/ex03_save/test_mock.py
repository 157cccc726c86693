"""Way three: a mock. The disk asks an AsyncMock before it opens a file for writing.

A mock stands at the boundary of the code under test, never in place of it. `save_to_disk` may
write in any way it likes; what every way has in common is that the operating system opens a file.
There `disk_gate` asks the mock: `side_effect` makes it wait, `await_count` says how often it was
asked, `await_args` for which file. A mock is awaited on a loop, and with plain pytest on the very
one that runs `save_to_disk`: code that blocks it until a thread has saved waits for ever here.
"""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from unittest.mock import AsyncMock

import pytest
from ex03_save import save_to_disk

from workshop.proof import beat, blocking_calls, disk_gate, eventually, tasks_left


def waiting_at(door):
    """What the disk does when asked: it waits until the door is open."""

    async def wait(name: str) -> None:
        await door.wait()

    return wait


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-shape")
async def test_returns_true(folder, gets_a_file):
    """True comes back for a file that is saved."""
    disk = AsyncMock()
    async with disk_gate(folder, disk):
        saved = await save_to_disk(folder)

    assert saved is True, "True"
    assert await gets_a_file(folder), "[wrong-file-format] a file in the folder"


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-file-format")
async def test_names_the_file_by_a_uuid4(folder, saved_file, is_uuid4):
    """One file appears in the folder: a uuid4, and `.json`."""
    disk = AsyncMock()
    async with disk_gate(folder, disk):
        await save_to_disk(folder)

    stem, _, ending = (await saved_file(folder)).name.rpartition(".")
    assert ending == "json", "a file name that ends in .json"
    assert is_uuid4(stem), "a file name that is a uuid4, as text with its hyphens"


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-file-format")
async def test_holds_a_value_that_is_a_uuid4(folder, saved_file, is_uuid4):
    """`Value` is a uuid4 as text, and there is nothing but `Value` and `Time`."""
    disk = AsyncMock()
    async with disk_gate(folder, disk):
        await save_to_disk(folder)

    record = json.loads((await saved_file(folder)).read_text("utf-8"))
    assert isinstance(record, dict), "a JSON object, with the keys Value and Time"
    assert sorted(record) == ["Time", "Value"], f"the keys Value and Time; it has {sorted(record)}"
    assert is_uuid4(record["Value"]), "Value: a uuid4, as text with its hyphens"


@pytest.mark.asyncio
@pytest.mark.misconception("naive-time")
async def test_holds_an_aware_utc_time(folder, saved_file, some_milliseconds):
    """`Time` is the time now, in UTC, and says that it is."""
    before = datetime.now(UTC)
    disk = AsyncMock()
    async with disk_gate(folder, disk):
        await save_to_disk(folder)
    after = datetime.now(UTC)

    file = await saved_file(folder)
    text = json.loads(file.read_text("utf-8")).get("Time")
    assert isinstance(text, str), "Time: a text"
    time = datetime.fromisoformat(text)
    assert time.tzinfo is not None, "Time: an aware time, which names its offset from UTC"
    assert time.utcoffset() == timedelta(0), "Time: in UTC, with the offset 0"
    second = timedelta(seconds=1)
    assert before - second <= time <= after + second, "Time: the time of the call"

    file.unlink()
    some_milliseconds()
    async with disk_gate(folder, disk):
        await save_to_disk(folder)
    text = json.loads((await saved_file(folder)).read_text("utf-8"))["Time"]
    in_seconds = time.microsecond == 0
    assert in_seconds or datetime.fromisoformat(text) > time, "Time: a new time at each call"


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-file-format")
async def test_is_indented_by_four(folder, saved_file):
    """The text is JSON, indented by 4."""
    disk = AsyncMock()
    async with disk_gate(folder, disk):
        await save_to_disk(folder)

    text = (await saved_file(folder)).read_bytes().decode("utf-8").strip()
    record = json.loads(text)
    unescaped = json.dumps(record, indent=4, ensure_ascii=False)
    assert text.replace("\r\n", "\n") in (json.dumps(record, indent=4), unescaped), (
        "JSON text, indented by 4"
    )


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-request")
async def test_accepts_a_directory_as_text(folder, saved_file):
    """A directory given as str works like one given as Path."""
    disk = AsyncMock()
    async with disk_gate(folder, disk):
        saved = await save_to_disk(str(folder))

    assert saved is True, "[wrong-shape] True, for a directory given as str"
    assert await saved_file(folder), "a file in that directory"


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-file-format")
async def test_saves_a_new_file_each_time(folder, names_in, records_in):
    """Three saves leave three files with three values."""
    disk = AsyncMock()
    async with disk_gate(folder, disk):
        for _ in range(3):
            await save_to_disk(folder)

    assert len(names_in(folder)) == 3, "three files after three saves"
    records = records_in(folder)
    assert len({record["Value"] for record in records}) == 3, "three different values"


@pytest.mark.asyncio
@pytest.mark.misconception("swallowed-green")
async def test_raises_for_a_missing_directory(folder, gets_a_file):
    """A directory that is not there raises FileNotFoundError; one that is there gets a file."""
    disk = AsyncMock()
    async with disk_gate(folder, disk):
        await save_to_disk(folder)
        assert await gets_a_file(folder), "[wrong-file-format] a file in the folder that is there"
        try:
            await save_to_disk(folder / "missing")
        except FileNotFoundError:
            return
    assert not (folder / "missing").exists(), "[leaves-debris] no folder made"
    pytest.fail("FileNotFoundError did not come")


@pytest.mark.asyncio
@pytest.mark.misconception("leaves-debris")
async def test_leaves_nothing_behind_when_the_directory_is_missing(folder, names_in, gets_a_file):
    """After a FileNotFoundError there is no new folder, and no file but one saved before."""
    disk = AsyncMock()
    async with disk_gate(folder, disk):
        await save_to_disk(folder)
        assert await gets_a_file(folder), "[wrong-file-format] a file in the folder that is there"
        before = names_in(folder)
        try:
            await save_to_disk(folder / "missing")
        except FileNotFoundError:
            raised = True
        else:
            raised = False

    assert names_in(folder) == before, "no folder made and no file left behind"
    assert raised, "[swallowed-green] FileNotFoundError, and nothing left behind"


@pytest.mark.asyncio
@pytest.mark.points(3)
@pytest.mark.misconception("async-unblocks")
async def test_leaves_the_event_loop_free(folder, names_in):
    """While the disk keeps the save waiting, the event loop goes on answering."""
    door = asyncio.Event()
    disk = AsyncMock(side_effect=waiting_at(door))
    async with disk_gate(folder, disk) as gate:
        saving = asyncio.create_task(save_to_disk(folder))
        await eventually(lambda: gate.reached or saving.done())
        await beat()
        too_early = names_in(folder)
        door.set()
        saved = await saving

    assert saved is True, "[wrong-shape] True, once the file was written"
    assert not gate.on_the_loop, "the file to be opened off the event loop's thread"
    assert await blocking_calls() == [], "no call that holds the event loop's thread"
    assert gate.reached, "[wrong-file-format] a file that is written to the folder"
    assert too_early == [], "[wrong-file-format] no file there before the disk lets it be opened"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("fire-and-forget")
async def test_returns_only_when_the_file_is_written(folder, names_in):
    """The call waits for the disk, and leaves no task running."""
    door = asyncio.Event()
    disk = AsyncMock(side_effect=waiting_at(door))
    async with disk_gate(folder, disk) as gate:
        saving = asyncio.create_task(save_to_disk(folder))
        await eventually(lambda: disk.await_count or saving.done())
        early = await eventually(saving.done, beats=20) and disk.await_count
        door.set()
        saved = await saving
        await eventually(lambda: any(folder.iterdir()), beats=20)
    left = await tasks_left()

    assert left == [], "no task left running after the call"
    assert not early, "the call to wait until the file is written"
    assert saved is True, "[wrong-shape] True, once the file is written"
    assert gate.reached, "[wrong-file-format] a file that is written to the folder"
    assert len(names_in(folder)) == 1, "a file in the folder by the time True comes back"
