"""misconception: await-in-a-row

Both halves are gathered, and a lock keeps one waiting for the other.
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
    lock = asyncio.Lock()

    async def upload() -> dict | None:
        async with lock:
            return await ex02_upload.upload_file(client, file_name)

    async def save() -> bool:
        async with lock:
            return await ex03_save.save_to_disk(directory)

    uploaded, saved = await asyncio.gather(upload(), save())
    return uploaded, saved
