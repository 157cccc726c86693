"""The loop's own executor reads the file."""

import asyncio
import functools
import logging
from pathlib import Path

import httpx

logger = logging.getLogger(__name__)


def read_file(path: Path, mode: str) -> bytes:
    """The bytes of the file."""
    file = open(path, mode)
    try:
        return file.read()
    finally:
        file.close()


async def upload_file(client: httpx.AsyncClient, file_name: str | Path) -> dict | None:
    """Upload what the executor has read."""
    loop = asyncio.get_running_loop()
    reader = functools.partial(read_file, Path(file_name), mode="rb")
    content = await loop.run_in_executor(None, reader)
    result = None
    try:
        response = await client.post("/upload", files={"file": ("payload.bin", content)})
        if response.status_code in (200, 201):
            body = response.json()
            if body.get("status") is True:
                result = body
            else:
                logger.error("the body says %r", body.get("status"))
        else:
            logger.error("the status is %d", response.status_code)
    except httpx.TransportError as error:
        logger.error("the connection failed: %s", error, exc_info=True)
    return result
