"""The multipart body is made by hand, piece by piece, and the log is set up by the module."""

import logging
import sys
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import httpx

logging.basicConfig(level=logging.INFO, stream=sys.stdout, force=True)
log = logging.getLogger("uploads.by.hand")
log.propagate = False
log.addHandler(logging.StreamHandler())


async def pieces(content: bytes, name: str, boundary: str) -> AsyncIterator[bytes]:
    disposition = f'Content-Disposition: form-data; name="file"; filename="{name}"'
    yield f"--{boundary}\r\n{disposition}\r\n\r\n".encode()
    for start in range(0, len(content), 4096):
        yield content[start : start + 4096]
    yield f"\r\n--{boundary}--\r\n".encode()


async def upload_file(client: httpx.AsyncClient, file_name: str | Path) -> dict | None:
    content, boundary = await anyio.Path(file_name).read_bytes(), uuid.uuid4().hex
    try:
        response = await client.post(
            "/upload",
            content=pieces(content, Path(file_name).name, boundary),
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        )
    except httpx.TransportError as error:
        log.error("not uploaded: %r", error)
        return None
    answer = response.json() if response.status_code in (200, 201) else {}
    if answer.get("status") is True:
        return answer
    log.error("not uploaded: status %d, %s", response.status_code, answer)
    return None
