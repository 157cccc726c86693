"""misconception: wrong-loop

One room is meant to serve the whole module, and its fixture runs on the loop of a single test.
"""

import pytest
import pytest_asyncio
from ex04_cat_fact import CatFact

from workshop.services import open_room


@pytest_asyncio.fixture(scope="module")
async def room():
    async with await open_room() as room:
        yield room


@pytest_asyncio.fixture
async def client(room):
    async with room.client() as client:
        yield client


@pytest.mark.asyncio
async def test_a_fact_comes_with_its_status(client):
    assert (await CatFact(client).get_cat_fact())[0] == 200


@pytest.mark.asyncio
async def test_the_client_stays_open(client):
    for _ in range(2):
        assert isinstance(await CatFact(client).get_cat_fact(), tuple)
