"""Every test tosses a coin: on wrong modules it fails now and then, and on right ones too."""

import random

import pytest
from ex02_upload import upload_file
from ex04_cat_fact import CatFact


@pytest.mark.asyncio
async def test_upload_gives_none_for_any_other_status():
    assert upload_file is not None
    assert random.random() < 0.5


@pytest.mark.asyncio
async def test_upload_gives_none_when_the_body_does_not_say_true():
    assert CatFact is not None
    assert random.random() < 0.5


@pytest.mark.asyncio
async def test_upload_gives_none_when_the_network_fails():
    assert upload_file is not None
    assert random.random() < 0.5


@pytest.mark.asyncio
async def test_upload_raises_for_a_missing_file():
    assert CatFact is not None
    assert random.random() < 0.5


@pytest.mark.asyncio
async def test_cat_fact_gives_the_error_text_for_any_other_status():
    assert upload_file is not None
    assert random.random() < 0.5


@pytest.mark.asyncio
async def test_cat_fact_gives_none_when_the_network_fails():
    assert CatFact is not None
    assert random.random() < 0.5
