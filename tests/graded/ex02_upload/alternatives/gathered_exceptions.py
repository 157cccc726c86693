"""gather returns the exception as a value, and isinstance sorts the outcomes."""

import asyncio
import logging
from pathlib import Path

import httpx

logger = logging.getLogger(__name__)


async def upload_file(client: httpx.AsyncClient, file_name: str | Path) -> dict | None:
    """Upload, and look at the outcome whatever it is."""
    content = await asyncio.to_thread(Path(file_name).read_bytes)
    sending = client.post("/upload", files={"file": (Path(file_name).name, content)})
    [outcome] = await asyncio.gather(sending, return_exceptions=True)
    if isinstance(outcome, httpx.RequestError):
        logger.error("nothing came back: %r", outcome)
        return None
    if isinstance(outcome, BaseException):
        raise outcome
    if outcome.status_code in (200, 201):
        body = outcome.json()
        if body.get("status") is True:
            return body
    logger.error("not accepted: %s %s", outcome.status_code, outcome.text)
    return None
