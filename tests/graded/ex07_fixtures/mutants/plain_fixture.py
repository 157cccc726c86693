"""misconception: plain-fixture

The async fixtures have the plain decorator, so in strict mode nobody runs them.
"""

import pytest
from ex04_cat_fact import CatFact

from workshop.services import open_room


@pytest.fixture
async def client():
    async with await open_room() as room, room.client() as client:
        yield client


@pytest.mark.asyncio
async def test_a_fact_comes_with_its_status(client):
    status, body = await CatFact(client).get_cat_fact()
    assert status == 200
    assert body["data"]


@pytest.mark.asyncio
async def test_the_client_stays_open(client):
    for _ in range(2):
        assert isinstance(await CatFact(client).get_cat_fact(), tuple)
