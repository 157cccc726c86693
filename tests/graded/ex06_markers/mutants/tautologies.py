"""Every test is there, and none can fail."""

import pytest
from ex02_upload import upload_file
from ex03_save import save_to_disk


@pytest.mark.asyncio
async def test_upload_returns_the_servers_answer():
    assert True


@pytest.mark.asyncio
async def test_upload_sends_the_file_once():
    assert 1 + 1 == 2


@pytest.mark.asyncio
async def test_uploads_wait_at_the_server_together():
    x = 4
    assert x == x


@pytest.mark.asyncio
async def test_save_writes_what_the_contract_promises():
    assert isinstance([], list)


@pytest.mark.asyncio
async def test_save_raises_for_a_missing_directory_and_leaves_nothing():
    assert upload_file is not None


@pytest.mark.asyncio
async def test_save_waits_for_the_disk_and_leaves_the_loop_free():
    assert callable(save_to_disk)
