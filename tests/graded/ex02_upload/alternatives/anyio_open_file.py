"""anyio opens and reads the file; logging.log gets the level as a number."""

import logging
from pathlib import Path

import anyio
import httpx

logger = logging.getLogger("exercise.upload")


async def upload_file(client: httpx.AsyncClient, file_name: str | Path) -> dict | None:
    """Upload what anyio has read."""
    async with await anyio.open_file(file_name, "rb") as file:
        content = await file.read()
    try:
        response = await client.post(url="/upload", files={"file": (str(file_name), content)})
    except httpx.HTTPError as error:
        logger.log(logging.ERROR, "%s: %s", file_name, error)
        return None
    if response.status_code not in range(200, 202):
        logger.log(logging.ERROR, "%s: status %d", file_name, response.status_code)
        return None
    body: dict = response.json()
    if body.get("status", False) is not True:
        logger.log(logging.ERROR, "%s: %s", file_name, body)
        return None
    return body
