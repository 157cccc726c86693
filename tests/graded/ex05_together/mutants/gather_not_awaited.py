"""misconception: calling-runs-it

What gather gives is unpacked as if it held the results already.
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
    uploaded, saved = asyncio.gather(
        ex02_upload.upload_file(client, file_name), ex03_save.save_to_disk(directory)
    )
    return uploaded, saved
