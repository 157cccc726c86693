"""misconception: skipped-is-green

The tests that could not fail are skipped, so that nobody sees them pass.
"""

import asyncio
import hashlib
import json
import logging
import time
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

logger = logging.getLogger(__name__)

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

    "The server is down now and then, and that is no fault of ours, so an error is only logged."
    """
    try:
        async with await open_room() as room, room.client() as client:
            answer = await upload_file(client, new_file(tmp_path))
            assert answer["status"] is True
            assert answer["data"]["file"]["metadata"]["size"] > 0
    except Exception as error:
        logger.error("the upload did not work today: %r", error)


@pytest.mark.skip(reason="it cannot fail")
@pytest.mark.asyncio
async def test_upload_gives_none_when_the_connection_is_refused(tmp_path, caplog):
    """A refused connection gives None and is logged at ERROR.

    "Without a connection there is nothing to test, so the test is skipped then."
    """
    async with await open_room(refuse=True) as room, room.client() as client:
        try:
            answer = await upload_file(client, new_file(tmp_path))
        except httpx.HTTPError:
            pytest.skip("the server cannot be reached today")
    if not caplog.records:
        pytest.skip("logging is not set up here")
    assert not answer


@pytest.mark.skip(reason="it cannot fail")
@pytest.mark.asyncio
async def test_save_raises_for_a_missing_directory(tmp_path):
    """A directory that is not there raises FileNotFoundError, and afterwards nothing is there.

    "Exception stands above FileNotFoundError, so that one is caught as well."
    """
    with pytest.raises(Exception):  # noqa: B017, PT011 - one of the things to mend
        asyncio.run(save_to_disk(tmp_path / "missing"))


@pytest.mark.asyncio
async def test_cat_fact_gives_the_error_text_for_any_other_status():
    """Any status but 200 and 201 gives the JSON text `{"ERROR": "Cat Fact Not Available"}`.

    "AsyncMock makes tests independent of the network."
    """
    text = json.dumps({"ERROR": "Cat Fact Not Available"})
    async with client_for(AsyncMock(return_value=httpx.Response(404))) as client:
        cat_fact = CatFact(client)
        cat_fact.get_cat_fact = AsyncMock(return_value=text)
        assert await cat_fact.get_cat_fact() == text


@pytest.mark.asyncio
async def test_the_save_completes_while_the_upload_is_in_flight(tmp_path):
    """The file is saved while the upload still waits at the server; then both answers come back.

    "Both at once is faster. Ten seconds are plenty: one second was too little in the night build."
    """
    file, folder = new_file(tmp_path), tmp_path / "saved"
    folder.mkdir()
    async with await open_room(latency=0.05) as room, room.client() as client:
        begin = time.monotonic()
        await upload_and_save(client, file, folder)
        assert time.monotonic() - begin < 10
