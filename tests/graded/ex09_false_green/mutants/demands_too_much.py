"""Our tests, and one demand on top that no contract makes."""

import asyncio
import hashlib
import json
import logging
from pathlib import Path
from unittest.mock import AsyncMock

import httpx
import pytest
from ex02_upload import upload_file
from ex03_save import save_to_disk
from ex04_cat_fact import CatFact
from ex05_together import upload_and_save

from workshop.proof import eventually, held
from workshop.services import open_room

FACT = {"data": ["A cat has whiskers on the backs of its front legs."]}


def new_file(folder: Path) -> Path:
    """A small file to upload. Its bytes are no text, so that reading it as text shows."""
    path = folder / "cat.bin"
    path.write_bytes(b"a purring cat\r\n" * 20 + bytes(range(256)))
    return path


def client_for(network: AsyncMock) -> httpx.AsyncClient:
    """A client whose every request goes to `network`, which answers it with an httpx.Response."""
    transport = httpx.MockTransport(network)
    return httpx.AsyncClient(transport=transport, base_url="http://elsewhere.test/v1")


@pytest.mark.asyncio
async def test_save_returns_true(tmp_path):
    """True comes back for a file that is saved.

    The example, mended. It was `assert save_to_disk(tmp_path)`. Without `await` that is a
    coroutine, and any such object is true; nothing was saved, and pytest only warned about it.
    """
    assert await save_to_disk(tmp_path) is True


@pytest.mark.asyncio
async def test_upload_sends_the_file_and_returns_the_answer(tmp_path):
    """The file's bytes arrive in the field `file`; the server's JSON comes back, decoded and whole.

    It could not fail because an AssertionError is an Exception: the `except` took every failure of
    the test itself for one of the server. There is no server here that could be down for reasons of
    its own: the room is the test's. So nothing is caught at all.
    """
    file = new_file(tmp_path)
    async with await open_room() as room, room.client() as client:
        answer = await upload_file(client, file)
        journal = await room.journal()

    assert [(entry.method, entry.path, entry.field) for entry in journal] == [
        ("POST", "/upload", "file")
    ]
    assert journal[0].sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert isinstance(answer, dict)
    assert answer["status"] is True
    assert answer["data"]["file"]["metadata"]["size"] == file.stat().st_size


@pytest.mark.asyncio
async def test_upload_gives_none_when_the_connection_is_refused(tmp_path, caplog):
    """A refused connection gives None and is logged at ERROR.

    It could not fail because each failure led to a skip: the exception that should have been
    caught by the code, and the record that should have been in the log. A refusing room refuses
    on every machine. And `not answer` is content with False; the contract says None.
    """
    async with await open_room(refuse=True) as room, room.client() as client:
        answer = await upload_file(client, new_file(tmp_path))

    assert answer is None
    # Not merely some record: one at ERROR, which is what somebody who watches the log sees.
    assert any(record.levelno >= logging.ERROR for record in caplog.records)
    assert "cat.bin was not uploaded" in caplog.text  # the words were left to whoever writes it


@pytest.mark.asyncio
async def test_save_raises_for_a_missing_directory(tmp_path):
    """A directory that is not there raises FileNotFoundError, and afterwards nothing is there.

    It could not fail because the exception that came was never the code's: in an async test a
    loop is running, `asyncio.run` refuses to start another, and that RuntimeError was welcome too.
    The coroutine had not even begun. So: await, and name the one exception that is promised.
    """
    with pytest.raises(FileNotFoundError):
        await save_to_disk(tmp_path / "missing")

    # The second half of the promise. A raise alone would be content with a folder that is made
    # first and complained about afterwards.
    assert list(tmp_path.iterdir()) == []


@pytest.mark.asyncio
async def test_cat_fact_gives_the_error_text_for_any_other_status():
    """Any status but 200 and 201 gives the JSON text `{"ERROR": "Cat Fact Not Available"}`.

    It could not fail because it called its own mock, which had been put in the place of the very
    method under test. Here the mock is the network: everything in front of it is the real code.
    """
    pages = [{"json": FACT}, {"text": "<h1>Sorry</h1>"}]
    for status in (202, 404, 503):
        for page in pages:
            network = AsyncMock(return_value=httpx.Response(status, **page))
            async with client_for(network) as client:
                answer = await CatFact(client).get_cat_fact()

            assert network.await_count == 1  # it was asked, and this is not made up
            assert isinstance(answer, str)
            assert json.loads(answer) == {"ERROR": "Cat Fact Not Available"}


@pytest.mark.asyncio
async def test_the_save_completes_while_the_upload_is_in_flight(tmp_path):
    """The file is saved while the upload still waits at the server; then both answers come back.

    It could not fail because doing one after the other also takes less than ten seconds. With a
    tighter limit it would have failed on a busy machine instead. The order of events is the same on
    every machine: the room holds the upload, and the file has to be there before it lets it go.
    """
    file, folder = new_file(tmp_path), tmp_path / "saved"
    folder.mkdir()
    async with await open_room() as room, room.client() as client:
        await room.hold()
        both = asyncio.create_task(upload_and_save(client, file, folder))
        arrived = await held(room, 1)
        saved = await eventually(lambda: is_saved(folder))
        # Let go before anything is asserted: a failure must not leave the upload waiting.
        await room.open_gate()
        uploaded, kept = await both

    assert arrived
    assert saved
    assert isinstance(uploaded, dict)
    assert kept is True


def is_saved(folder: Path) -> bool:
    """Whether a file lies in the folder that is there from its first character to its last."""
    for path in folder.glob("*.json"):
        try:
            json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            return False
        return True
    return False
