"""raise_for_status, an exception of our own for the rest, and one except for all of it."""

import logging
from pathlib import Path

import httpx

logger = logging.getLogger(__name__)


class UploadRefused(Exception):
    """The server answered, but did not take the file."""


async def upload_file(client: httpx.AsyncClient, file_name: str | Path) -> dict | None:
    """Upload; whatever the server or the network does wrong ends in one place."""
    with open(file_name, "rb") as file:
        try:
            return await _send(client, file)
        except (httpx.HTTPStatusError, httpx.RequestError, UploadRefused):
            logger.exception("could not upload %s", file_name)
            return None


async def _send(client, file):
    response = await client.post("/upload", files={"file": file})
    response.raise_for_status()
    if response.status_code not in (200, 201):
        raise UploadRefused(f"status {response.status_code}")
    body = response.json()
    if body.get("status") is not True:
        raise UploadRefused(str(body))
    return body
