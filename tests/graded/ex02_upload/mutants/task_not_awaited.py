"""misconception: fire-and-forget

The upload is started as a task, and success is reported at once.
"""

import asyncio
import logging
from pathlib import Path

import httpx

logger = logging.getLogger(__name__)


async def upload_file(client: httpx.AsyncClient, file_name: str | Path) -> dict | None:
    """Upload the file and return what the server says, or None when that failed."""
    content = Path(file_name).read_bytes()
    asyncio.create_task(client.post("/upload", files={"file": (Path(file_name).name, content)}))
    return {"status": True}
