"""The request runs as a task of a TaskGroup; except* unwraps the group."""

import asyncio
import logging
from pathlib import Path

import httpx

logger = logging.getLogger(__name__)


async def upload_file(client: httpx.AsyncClient, file_name: str | Path) -> dict | None:
    """Upload in a task group, which never leaves a task behind."""
    content = await asyncio.to_thread(Path(file_name).read_bytes)
    files = {"file": (Path(file_name).name, content)}
    response = None
    try:
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(client.post("/upload", files=files))
        response = sending.result()
    except* httpx.HTTPError as failures:
        for failure in failures.exceptions:
            logger.error("upload failed: %r", failure)
    if response is None:
        return None
    if response.status_code not in (200, 201):
        logger.error("upload failed: %s", response)
        return None
    body = response.json()
    if body.get("status") is not True:
        logger.error("upload failed: %s", body)
        return None
    return body
