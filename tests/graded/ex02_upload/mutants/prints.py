"""misconception: silent-error

Failures are printed instead of logged.
"""

from pathlib import Path

import httpx


async def upload_file(client: httpx.AsyncClient, file_name: str | Path) -> dict | None:
    """Upload the file and return what the server says, or None when that failed."""
    with open(file_name, "rb") as file:
        try:
            response = await client.post("/upload", files={"file": file})
        except httpx.HTTPError as error:
            print(f"{file_name} was not uploaded: {error!r}")
            return None
    if response.status_code not in (200, 201):
        print(f"{file_name} was not uploaded: status {response.status_code}")
        return None
    body = response.json()
    if body.get("status") is not True:
        print(f"{file_name} was not uploaded: {body}")
        return None
    return body
