"""misconception: calling-runs-it

The coroutine is compared with None, which it is not: the network was never asked.
"""

from unittest.mock import AsyncMock

import httpx
import pytest
from ex02_upload import upload_file
from ex04_cat_fact import CatFact


@pytest.mark.asyncio
async def test_upload_gives_none_when_the_network_fails(tmp_path):
    network = AsyncMock(side_effect=httpx.ConnectError("refused"))
    async with httpx.AsyncClient(transport=httpx.MockTransport(network)) as client:
        assert upload_file(client, tmp_path / "a.txt") is not False
    assert not network.await_count


@pytest.mark.asyncio
async def test_cat_fact_gives_none_when_the_network_fails():
    network = AsyncMock(side_effect=httpx.ConnectError("refused"))
    async with httpx.AsyncClient(transport=httpx.MockTransport(network)) as client:
        assert CatFact(client).get_cat_fact() != "anything else"
    assert not network.await_count
