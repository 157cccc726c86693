"""An httpx.Request made by hand, with its full URL, sent through the client."""

import asyncio
import logging
from pathlib import Path

import httpx

logger = logging.getLogger(__name__)


def _request(client: httpx.AsyncClient, path: Path, content: bytes) -> httpx.Request:
    base = str(client.base_url).rstrip("/")
    return httpx.Request("POST", base + "/upload", files={"file": (path.name, content)})


async def upload_file(client: httpx.AsyncClient, file_name: str | Path) -> dict | None:
    """Upload the file with a request of our own making."""
    path = Path(file_name)
    request = _request(client, path, await asyncio.to_thread(path.read_bytes))
    try:
        response = await client.send(request)
    except httpx.RequestError:
        logger.exception("no answer for %s", path)
        return None
    accepted = response.status_code in (200, 201) and response.json().get("status") is True
    if not accepted:
        logger.error("%s was refused with status %d", path, response.status_code)
    return response.json() if accepted else None
