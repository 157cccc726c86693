"""anyio's task group; each half leaves its result in a dict."""

from pathlib import Path
from typing import Any

import anyio
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
    results: dict[str, Any] = {}

    async def upload() -> None:
        results["upload"] = await ex02_upload.upload_file(client, file_name)

    async def save() -> None:
        results["save"] = await ex03_save.save_to_disk(directory)

    async with anyio.create_task_group() as group:
        group.start_soon(upload)
        group.start_soon(save)
    return results["upload"], results["save"]
