"""A task of its own, awaited under a time-out that is longer than the client's."""

import asyncio
import logging
from pathlib import Path

import httpx

logger = logging.getLogger(__name__)

LONGEST = 120.0


async def upload_file(client: httpx.AsyncClient, file_name: str | Path) -> dict | None:
    """Upload, and give up in the end even if every single step is quick enough."""
    with open(file_name, "rb") as handle:
        upload = asyncio.create_task(client.post("/upload", files={"file": handle}))
        try:
            async with asyncio.timeout(LONGEST):
                response = await upload
        except (httpx.HTTPError, TimeoutError) as error:
            logger.exception("no upload: %r", error)
            return None
    if response.status_code not in (200, 201):
        logger.error("no upload: status %d", response.status_code)
        return None
    if response.json().get("status") is not True:
        logger.error("no upload: status is not true")
        return None
    return response.json()
