"""The answer is streamed, and its JSON decoded with the json module."""

import json
import logging
from pathlib import Path
from typing import Any

import httpx

logger = logging.getLogger(__name__)


async def upload_file(client: httpx.AsyncClient, file_name: str | Path) -> dict[str, Any] | None:
    """Upload with client.stream: a body that nobody wants is not even read."""
    with Path(file_name).open("rb") as handle:
        try:
            async with client.stream("POST", "/upload", files={"file": handle}) as response:
                if response.status_code not in (200, 201):
                    logger.error("HTTP %d", response.status_code)
                    return None
                pieces = [piece async for piece in response.aiter_bytes()]
        except httpx.RequestError as error:
            logger.error("%r", error)
            return None
    body = json.loads(b"".join(pieces))
    if body.get("status") is True:
        return body
    logger.error("%s", body)
    return None
