"""An exit stack closes the handle, anyio reads in a thread; files= has the four-part tuple."""

import contextlib
import logging
from pathlib import Path

import anyio.to_thread
import httpx


async def upload_file(client: httpx.AsyncClient, file_name: str | Path) -> dict | None:
    """Upload what a thread reads from a handle that an exit stack looks after."""
    logger = logging.getLogger("anyio-uploader")
    async with contextlib.AsyncExitStack() as stack:
        handle = stack.enter_context(open(file_name, "rb"))
        content = await anyio.to_thread.run_sync(handle.read)
        part = (Path(file_name).name, content, None, {"X-Part": "1"})
        try:
            response = await client.post("/upload", files={"file": part})
        except httpx.TimeoutException as error:
            logger.error("the server took too long: %r", error)
            return None
        except httpx.RequestError as error:
            logger.error("the server is out of reach: %r", error)
            return None
    if response.status_code not in [200, 201]:
        logger.error("unexpected status %d", response.status_code)
        return None
    result = response.json()
    if result.get("status") is not True:
        logger.error("unexpected status in the body of %d bytes", len(response.content))
        return None
    return result
