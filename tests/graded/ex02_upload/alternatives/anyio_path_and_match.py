"""anyio.Path reads, and match statements judge the answer."""

import logging
from pathlib import Path

import anyio
import httpx

logger = logging.getLogger(__name__)


async def upload_file(client: httpx.AsyncClient, file_name: str | Path) -> dict | None:
    """Upload, then match what came back."""
    content = await anyio.Path(file_name).read_bytes()
    name = anyio.Path(file_name).name
    try:
        response = await client.post("/upload", files={"file": (name, content)})
    except (httpx.NetworkError, httpx.RemoteProtocolError, httpx.TimeoutException):
        logger.exception("the upload broke off")
        return None
    match response.status_code:
        case 200 | 201:
            return _accepted(response.json())
        case other:
            logger.error("status %d", other)
            return None


def _accepted(body: dict) -> dict | None:
    match body:
        case {"status": True}:
            return body
        case _:
            logger.error("refused: %s", body)
            return None
