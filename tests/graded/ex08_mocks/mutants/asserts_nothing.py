"""misconception: swallowed-green

Every error is brought about, and nobody looks at what comes of it.
"""

from contextlib import suppress
from unittest.mock import AsyncMock

import httpx
import pytest
from ex02_upload import upload_file
from ex04_cat_fact import CatFact


def client_for(network):
    return httpx.AsyncClient(transport=httpx.MockTransport(network), base_url="http://x.test")


@pytest.mark.asyncio
async def test_upload_gives_none_for_any_other_status(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("a cat")
    async with client_for(AsyncMock(return_value=httpx.Response(404))) as client:
        with suppress(Exception):
            await upload_file(client, path)


@pytest.mark.asyncio
async def test_upload_gives_none_when_the_network_fails(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("a cat")
    async with client_for(AsyncMock(side_effect=httpx.ReadTimeout("slow"))) as client:
        with suppress(Exception):
            await upload_file(client, path)


@pytest.mark.asyncio
async def test_cat_fact_gives_none_when_the_network_fails():
    async with client_for(AsyncMock(side_effect=httpx.ConnectError("refused"))) as client:
        with suppress(Exception):
            await CatFact(client).get_cat_fact()
