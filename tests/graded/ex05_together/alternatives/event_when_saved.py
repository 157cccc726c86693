"""An event says when the save is done, and a future carries the upload's answer."""

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
    answer: asyncio.Future[dict | None] = asyncio.get_running_loop().create_future()
    done = asyncio.Event()
    saved = False

    async def save() -> None:
        nonlocal saved
        saved = await ex03_save.save_to_disk(directory)
        done.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(save())
        answer.set_result(await ex02_upload.upload_file(client, file_name))
        await done.wait()
    return answer.result(), saved
