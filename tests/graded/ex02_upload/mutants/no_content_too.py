"""misconception: status-code-is-enough

A status without content counts as success, too.
"""

import logging
from pathlib import Path

import httpx

logger = logging.getLogger(__name__)


async def upload_file(client: httpx.AsyncClient, file_name: str | Path) -> dict | None:
    """Upload the file and return what the server says, or None when that failed."""
    with open(file_name, "rb") as file:
        try:
            response = await client.post("/upload", files={"file": file})
        except httpx.HTTPError as error:
            logger.error("%s was not uploaded: %r", file_name, error)
            return None
    if response.status_code not in (200, 201, 204):
        logger.error("%s was not uploaded: status %d", file_name, response.status_code)
        return None
    body = response.json()
    if body.get("status") is not True:
        logger.error("%s was not uploaded: %s", file_name, body)
        return None
    return body
