"""misconception: mock-the-subject

The function and the method under test are replaced, and what replaces them is called.
"""

import json
from unittest.mock import AsyncMock

import httpx
import pytest
from ex02_upload import upload_file
from ex04_cat_fact import CatFact


@pytest.mark.asyncio
async def test_upload_gives_none_for_any_other_status():
    upload = AsyncMock(spec=upload_file, return_value=None)
    assert await upload("client", "cat.txt") is None
    upload.assert_awaited_once()


@pytest.mark.asyncio
async def test_upload_gives_none_when_the_network_fails():
    upload_file = AsyncMock(return_value=None)
    assert await upload_file("client", "cat.txt") is None
    assert upload_file.await_count == 1


@pytest.mark.asyncio
async def test_cat_fact_gives_the_error_text_for_any_other_status():
    text = json.dumps({"ERROR": "Cat Fact Not Available"})
    async with httpx.AsyncClient(transport=httpx.MockTransport(AsyncMock())) as client:
        cat_fact = CatFact(client)
        cat_fact.get_cat_fact = AsyncMock(return_value=text)
        assert await cat_fact.get_cat_fact() == text


@pytest.mark.asyncio
async def test_cat_fact_gives_none_when_the_network_fails():
    cat_fact = AsyncMock()
    cat_fact.get_cat_fact.return_value = None
    assert await cat_fact.get_cat_fact() is None
