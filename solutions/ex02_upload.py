"""Our answer to exercise 02: upload a file while the rest of the program goes on.

Compare the two versions line by line. What differs is who reads the file, who sends the request,
what a failed request is called, and the word `await` in front of whatever takes time.
"""

import asyncio
import logging
from pathlib import Path

import httpx
import requests

logger = logging.getLogger(__name__)

TIMEOUT = 5.0
"""Seconds to wait for the server. An httpx client waits as long unless it is told otherwise."""


def upload_file_blocking(base_url: str, file_name: str | Path) -> dict | None:
    """Upload a file as multipart field `file` to `/upload` below `base_url`.

    Returns the decoded JSON of the answer when the status is 200 or 201 and the body's `status`
    is true. Any other status, a body whose `status` is not true, a connection error or a timeout
    is logged at ERROR and gives None. The file is closed in every case.

    Raises FileNotFoundError when there is no such file.
    """
    path = Path(file_name)
    content = path.read_bytes()  # opens, reads and closes: no handle is left to forget
    try:
        response = requests.post(
            f"{base_url.rstrip('/')}/upload",
            files={"file": (path.name, content)},
            timeout=TIMEOUT,  # requests would wait for ever
            allow_redirects=False,  # a redirect is a status other than 200 and 201
        )
    except requests.RequestException as error:
        logger.error("%s was not uploaded: %r", path.name, error)
        return None
    if response.status_code not in (200, 201):
        logger.error("%s was not uploaded: status %d", path.name, response.status_code)
        return None
    body = response.json()
    if body.get("status") is not True:
        logger.error("%s was not uploaded: the server says %s", path.name, body)
        return None
    return body


async def upload_file(client: httpx.AsyncClient, file_name: str | Path) -> dict | None:
    """Upload a file as multipart field `file` to `/upload`, relative to the client's base URL.

    Returns the decoded JSON of the answer when the status is 200 or 201 and the body's `status`
    is true. Any other status, a body whose `status` is not true, a connection error or a timeout
    is logged at ERROR and gives None. The file is closed in every case, and the client stays
    open: it belongs to the caller.

    Raises FileNotFoundError when there is no such file.
    """
    path = Path(file_name)
    # Reading waits for the disk, and a plain read_bytes() would make the loop wait with it. A
    # thread reads instead, and closes the file itself, even if this coroutine is cancelled
    # meanwhile. The price is the whole file in memory, which requests pays as well.
    content = await asyncio.to_thread(path.read_bytes)
    try:
        # The client knows its base URL and its timeout, so neither is named here.
        response = await client.post("/upload", files={"file": (path.name, content)})
    # RequestError covers connections that fail or break off, and timeouts. It covers neither a
    # missing file, which the caller should hear of, nor a cancellation, which has to get through.
    except httpx.RequestError as error:
        # %r, because str() of a timeout is often empty: the name of the error says what happened.
        logger.error("%s was not uploaded: %r", path.name, error)
        return None
    # Not response.is_success, which is true of 202 and 204 as well: such an answer does not
    # promise that the file has arrived.
    if response.status_code not in (200, 201):
        logger.error("%s was not uploaded: status %d", path.name, response.status_code)
        return None
    # Decoded only now: an error page need not be JSON. There is nothing to await either, since
    # post() returns when the whole body has arrived.
    body = response.json()
    if body.get("status") is not True:
        logger.error("%s was not uploaded: the server says %s", path.name, body)
        return None
    return body
