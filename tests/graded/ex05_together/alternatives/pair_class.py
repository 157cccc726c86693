"""A small class starts both halves and then collects them."""

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


class Pair:
    def __init__(
        self, client: httpx.AsyncClient, file_name: str | Path, directory: str | Path
    ) -> None:
        self.upload = asyncio.create_task(ex02_upload.upload_file(client, file_name))
        self.save = asyncio.create_task(ex03_save.save_to_disk(directory))

    async def collect(self) -> tuple[dict | None, bool]:
        return await self.upload, await self.save


async def upload_and_save(
    client: httpx.AsyncClient, file_name: str | Path, directory: str | Path
) -> tuple[dict | None, bool]:
    pair = Pair(client, file_name, directory)
    return await pair.collect()
