"""misconception: status-code-is-enough

`or` stands where both conditions have to hold.
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
    body = response.json() if response.content else {}
    if response.status_code in (200, 201) or body.get("status") is True:
        return body
    logger.error("%s was not uploaded: %s", file_name, body)
    return None
