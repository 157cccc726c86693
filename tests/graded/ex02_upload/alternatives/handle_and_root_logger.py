"""An open handle in a with block, status checks, and the root logger."""

import logging
from pathlib import Path

import httpx


async def upload_file(client: httpx.AsyncClient, file_name: str | Path) -> dict | None:
    """Upload the file; None, and a line in the log, when that does not work out."""
    with open(file_name, "rb") as file:
        try:
            response = await client.post("/upload", files={"file": file})
        except httpx.HTTPError as error:
            logging.error("upload failed: %s", type(error).__name__)
            return None

    if response.status_code == 200 or response.status_code == 201:
        body = response.json()
        if body.get("status") is True:
            return body
        logging.error("upload refused: %s", body)
    else:
        logging.error("upload failed with status %s", response.status_code)
    return None
