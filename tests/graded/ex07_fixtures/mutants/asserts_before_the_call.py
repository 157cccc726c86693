"""misconception: swallowed-green

All the fixtures are right, and the tests look at what the fixtures gave: the code under test may do
what it likes, for whatever it raises is passed over.
"""

from contextlib import suppress

import pytest
import pytest_asyncio
from ex04_cat_fact import CatFact

from workshop.services import open_room


@pytest_asyncio.fixture
async def room():
    async with await open_room() as room:
        yield room


@pytest_asyncio.fixture
async def client(room):
    async with room.client() as client:
        yield client


@pytest.mark.asyncio
async def test_a_fact_comes_with_its_status(client):
    assert (await client.get("/catfact")).status_code == 200
    with suppress(Exception):
        await CatFact(client).get_cat_fact()


@pytest.mark.asyncio
async def test_each_call_asks_anew(room, client):
    with suppress(Exception):
        await CatFact(client).get_cat_fact()
    assert await room.journal() is not None


@pytest.mark.asyncio
async def test_any_other_status_gives_the_error_text(room, client):
    await room.faults(status=404)
    assert (await client.get("/catfact")).status_code == 404
    with suppress(Exception):
        await CatFact(client).get_cat_fact()
