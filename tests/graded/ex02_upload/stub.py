"""Exercise 02: upload a file while the rest of the program goes on.

`upload_file_blocking` is complete. While it waits for the server, nothing else in the program
runs. Your task is `upload_file` below it: the same promise, kept by an `httpx.AsyncClient`, with
the event loop free while the answer is on its way.

Mark your work with `workshop check ex02_upload`; `workshop hint ex02_upload` gives a hint.
"""

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
    raise NotImplementedError(
        "upload_file is yours to write: copy the body of upload_file_blocking here, let the "
        "client you are given send the request, and await its answer."
    )
