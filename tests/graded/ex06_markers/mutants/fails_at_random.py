"""Every test tosses a coin: on wrong modules it fails now and then, and on right ones too."""

import random

import pytest
from ex02_upload import upload_file
from ex03_save import save_to_disk


@pytest.mark.asyncio
async def test_upload_returns_the_servers_answer():
    assert upload_file is not None
    assert random.random() < 0.5


@pytest.mark.asyncio
async def test_upload_sends_the_file_once():
    assert save_to_disk is not None
    assert random.random() < 0.5


@pytest.mark.asyncio
async def test_uploads_wait_at_the_server_together():
    assert upload_file is not None
    assert random.random() < 0.5


@pytest.mark.asyncio
async def test_save_writes_what_the_contract_promises():
    assert save_to_disk is not None
    assert random.random() < 0.5


@pytest.mark.asyncio
async def test_save_raises_for_a_missing_directory_and_leaves_nothing():
    assert upload_file is not None
    assert random.random() < 0.5


@pytest.mark.asyncio
async def test_save_waits_for_the_disk_and_leaves_the_loop_free():
    assert save_to_disk is not None
    assert random.random() < 0.5
