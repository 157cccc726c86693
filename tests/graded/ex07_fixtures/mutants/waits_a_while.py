"""misconception: stop-watch-test

The calls are given a moment to get to the server, and the clock says that they were quick.
"""

import asyncio
import time

import pytest
import pytest_asyncio
from ex04_cat_fact import CatFact

from workshop.services import open_room


@pytest_asyncio.fixture
async def client():
    async with await open_room(latency=0.02) as room, room.client() as client:
        yield client


@pytest.mark.asyncio
async def test_two_calls_wait_at_the_server_together(client):
    begin = time.monotonic()
    calls = [asyncio.create_task(CatFact(client).get_cat_fact()) for _ in range(2)]
    await asyncio.sleep(0.1)
    await asyncio.gather(*calls, return_exceptions=True)
    assert time.monotonic() - begin < 15
