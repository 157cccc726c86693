"""A small class does the work and logs through a LoggerAdapter."""

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

import httpx


@dataclass(frozen=True)
class Uploader:
    """Uploads one file through a client that belongs to somebody else."""

    client: httpx.AsyncClient
    path: Path

    @property
    def log(self) -> logging.LoggerAdapter:
        return logging.LoggerAdapter(logging.getLogger("uploader"), {"file": str(self.path)})

    async def run(self) -> dict | None:
        """Read, send, judge."""
        content = await asyncio.to_thread(self.path.read_bytes)
        response = await self.send(content)
        return None if response is None else self.judge(response)

    async def send(self, content: bytes) -> httpx.Response | None:
        files = {"file": (self.path.name, content)}
        try:
            return await self.client.post("/upload", files=files)
        except httpx.RequestError as error:
            self.log.error("not sent: %r", error)
            return None

    def judge(self, response: httpx.Response) -> dict | None:
        if response.status_code not in (httpx.codes.OK, httpx.codes.CREATED):
            self.log.error("not taken: %d", response.status_code)
            return None
        body = response.json()
        if body.get("status") is not True:
            self.log.error("not taken: %s", body)
            return None
        return body


async def upload_file(client: httpx.AsyncClient, file_name: str | Path) -> dict | None:
    """Upload the file."""
    return await Uploader(client, Path(file_name)).run()
