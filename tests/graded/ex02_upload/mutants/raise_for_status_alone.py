"""misconception: status-code-is-enough

raise_for_status stands in for both checks, and lets 202 and 204 and a refusal pass.
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
            response.raise_for_status()
        except httpx.HTTPError as error:
            logger.error("%s was not uploaded: %r", file_name, error)
            return None
    return response.json() if response.content else {}
