"""A plain function that returns the coroutine of a helper."""

import asyncio
from collections.abc import Awaitable, Coroutine
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


async def both(upload: Awaitable[dict | None], save: Awaitable[bool]) -> tuple[dict | None, bool]:
    uploaded, saved = await asyncio.gather(upload, save)
    return uploaded, saved


def upload_and_save(
    client: httpx.AsyncClient, file_name: str | Path, directory: str | Path
) -> Coroutine[None, None, tuple[dict | None, bool]]:
    return both(ex02_upload.upload_file(client, file_name), ex03_save.save_to_disk(directory))
