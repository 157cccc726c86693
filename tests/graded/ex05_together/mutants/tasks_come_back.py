"""misconception: calling-runs-it

The tasks are returned instead of their results.
"""

import asyncio
from pathlib import Path

import ex02_upload
import ex03_save
import httpx


def upload_and_save_blocking(
    base_url: str, file_name: str | Path, directory: str | Path
) -> tuple[dict | None, bool]:
    uploaded = ex02_upload.upload_file_blocking(base_url, file_name)
    saved = ex03_save.save_to_disk_blocking(directory)
    return uploaded, saved


async def upload_and_save(
    client: httpx.AsyncClient, file_name: str | Path, directory: str | Path
) -> tuple[dict | None, bool]:
    async with asyncio.TaskGroup() as group:
        upload = group.create_task(ex02_upload.upload_file(client, file_name))
        save = group.create_task(ex03_save.save_to_disk(directory))
    return upload, save
