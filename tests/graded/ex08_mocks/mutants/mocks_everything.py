"""misconception: mock-everything

Client and response are AsyncMocks, so that json(), which nobody awaits, gives a coroutine.
"""

import json
from unittest.mock import AsyncMock

import pytest
from ex02_upload import upload_file
from ex04_cat_fact import CatFact


@pytest.mark.asyncio
async def test_upload_gives_none_when_the_body_does_not_say_true(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("a cat")
    client = AsyncMock()
    client.post.return_value = AsyncMock(status_code=200)
    client.post.return_value.json.return_value = {"status": False}
    assert await upload_file(client, path) is None
    client.post.assert_awaited_once()


@pytest.mark.asyncio
async def test_cat_fact_gives_the_error_text_for_any_other_status():
    client = AsyncMock()
    client.get.return_value = AsyncMock(status_code=404)
    answer = await CatFact(client).get_cat_fact()
    assert json.loads(answer) == {"ERROR": "Cat Fact Not Available"}
    client.get.return_value = AsyncMock(status_code=200)
    client.get.return_value.json.return_value = {"data": ["a fact"]}
    assert await CatFact(client).get_cat_fact() == (200, {"data": ["a fact"]})
