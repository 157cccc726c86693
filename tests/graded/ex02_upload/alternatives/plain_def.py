"""A plain function that returns the coroutine of another: to the caller it is all the same."""

import io
import logging
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import anyio
import httpx

logger = logging.getLogger(__name__)


def upload_file(
    client: httpx.AsyncClient, file_name: str | Path
) -> Coroutine[Any, Any, dict | None]:
    """Upload the file, once the result is awaited."""
    return _upload(client, anyio.Path(file_name))


async def _upload(client: httpx.AsyncClient, path: anyio.Path) -> dict | None:
    with io.BytesIO(await path.read_bytes()) as content:
        try:
            response = await client.post("/upload", files={"file": (path.name, content)})
        except (
            httpx.ConnectError,
            httpx.ReadError,
            httpx.WriteError,
            httpx.CloseError,
            httpx.ProtocolError,
            httpx.TimeoutException,
        ) as error:
            logger.error("uploading %s: %s", path, error or type(error).__name__)
            return None
    if response.status_code not in (200, 201) or response.json().get("status") is not True:
        logger.error("uploading %s: %d %s", path, response.status_code, response.text)
        return None
    return response.json()
