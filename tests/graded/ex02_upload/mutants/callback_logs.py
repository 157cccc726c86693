"""misconception: fire-and-forget

A callback logs the outcome of a task for which nobody waits.
"""

import asyncio
import logging
from pathlib import Path

import httpx

logger = logging.getLogger(__name__)


async def upload_file(client: httpx.AsyncClient, file_name: str | Path) -> dict | None:
    """Upload the file and return what the server says, or None when that failed."""
    content = Path(file_name).read_bytes()
    task = asyncio.create_task(client.post("/upload", files={"file": content}))
    task.add_done_callback(_log_failure)
    return {"status": True}


def _log_failure(task: asyncio.Task) -> None:
    if not task.cancelled() and task.exception() is not None:
        logger.error("the file was not uploaded: %r", task.exception())
