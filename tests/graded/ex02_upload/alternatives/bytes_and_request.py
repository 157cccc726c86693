"""client.request with a path that has no leading slash, and bare bytes without a file name."""

import asyncio
import logging
from os import PathLike

import httpx

log = logging.getLogger("uploads")

ACCEPTED = frozenset({httpx.codes.OK, httpx.codes.CREATED})
FAILURES = (httpx.NetworkError, httpx.ProtocolError, httpx.TimeoutException)


def _read(file_name: str | PathLike[str]) -> bytes:
    with open(file_name, mode="rb") as handle:
        return handle.read()


async def upload_file(client: httpx.AsyncClient, file_name: str | PathLike[str]) -> dict | None:
    """Read in a thread, then send the bytes."""
    data = await asyncio.to_thread(_read, file_name)
    try:
        response = await client.request("POST", "upload", files={"file": data})
    except FAILURES:
        log.exception("the server cannot be reached")
        return None
    if response.status_code not in ACCEPTED:
        log.error("the server answered %s", response.status_code)
        return None
    answer = response.json()
    if answer.get("status") is True:
        return answer
    log.error("the server did not take the file: %r", answer)
    return None
