"""misconception: client-per-request

The blocking version runs in a thread, on a connection of its own: the given client is never used.
"""

import asyncio
import logging
from pathlib import Path

import httpx
import requests

logger = logging.getLogger(__name__)


def upload_file_blocking(base_url: str, file_name: str | Path) -> dict | None:
    """Upload a file with requests."""
    with open(file_name, "rb") as file:
        try:
            response = requests.post(
                f"{base_url.rstrip('/')}/upload", files={"file": file}, timeout=5
            )
        except requests.RequestException as error:
            logger.error("%s was not uploaded: %r", file_name, error)
            return None
    if response.status_code not in (200, 201):
        logger.error("%s was not uploaded: status %d", file_name, response.status_code)
        return None
    body = response.json()
    if body.get("status") is not True:
        logger.error("%s was not uploaded: %s", file_name, body)
        return None
    return body


async def upload_file(client: httpx.AsyncClient, file_name: str | Path) -> dict | None:
    """Upload the file and return what the server says, or None when that failed."""
    return await asyncio.to_thread(upload_file_blocking, str(client.base_url), file_name)
