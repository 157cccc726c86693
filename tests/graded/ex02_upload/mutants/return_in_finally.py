"""misconception: swallowed-cancel

A return in finally swallows whatever is on its way out, a cancellation included.
"""

import logging
from pathlib import Path

import httpx

logger = logging.getLogger(__name__)


async def upload_file(client: httpx.AsyncClient, file_name: str | Path) -> dict | None:
    """Upload the file and return what the server says, or None when that failed."""
    result = None
    with open(file_name, "rb") as file:
        try:
            response = await client.post("/upload", files={"file": file})
            if response.status_code in (200, 201) and response.json().get("status") is True:
                result = response.json()
        except httpx.HTTPError as error:
            logger.error("%s was not uploaded: %r", file_name, error)
        else:
            if result is None:
                logger.error("%s was not uploaded: %s", file_name, response.text)
        finally:
            return result
