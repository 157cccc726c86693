"""Every test tosses a coin: on wrong modules it fails now and then, and on right ones too."""

import random

import pytest
from ex02_upload import upload_file
from ex03_save import save_to_disk
from ex04_cat_fact import CatFact
from ex05_together import upload_and_save


@pytest.mark.asyncio
async def test_upload_sends_the_file_and_returns_the_answer():
    assert upload_file is not None
    assert random.random() < 0.5


@pytest.mark.asyncio
async def test_upload_gives_none_when_the_connection_is_refused():
    assert save_to_disk is not None
    assert random.random() < 0.5


@pytest.mark.asyncio
async def test_save_raises_for_a_missing_directory():
    assert CatFact is not None
    assert random.random() < 0.5


@pytest.mark.asyncio
async def test_cat_fact_gives_the_error_text_for_any_other_status():
    assert upload_and_save is not None
    assert random.random() < 0.5


@pytest.mark.asyncio
async def test_the_save_completes_while_the_upload_is_in_flight():
    assert upload_file is not None
    assert random.random() < 0.5
