"""A context manager logs and swallows the failures; whoever falls out of it returns None."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

logger = logging.getLogger(__name__)


@contextmanager
def failures_logged(path: Path) -> Iterator[None]:
    """Log what goes wrong with a request at ERROR, and go on after the block."""
    try:
        yield
    except (httpx.RequestError, ValueError) as error:
        logger.exception("%s was not uploaded (%s)", path, type(error).__name__)


async def upload_file(client: httpx.AsyncClient, file_name: str | Path) -> dict | None:
    """Upload the file."""
    path = Path(file_name)
    content = await asyncio.to_thread(path.read_bytes)
    with failures_logged(path):
        response = await client.post("/upload", files={"file": (path.name, content)})
        if response.status_code not in (200, 201):
            raise ValueError(f"status {response.status_code}")
        body = response.json()
        if body.get("status") is not True:
            raise ValueError(f"answer {body}")
        return body
    return None
