"""as_completed, each result kept under its name."""

import asyncio
from collections.abc import Awaitable
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
    async def named(name: str, coroutine: Awaitable[object]) -> tuple[str, object]:
        return name, await coroutine

    results = {}
    for finished in asyncio.as_completed(
        [
            named("upload", ex02_upload.upload_file(client, file_name)),
            named("save", ex03_save.save_to_disk(directory)),
        ]
    ):
        name, result = await finished
        results[name] = result
    return results["upload"], results["save"]
