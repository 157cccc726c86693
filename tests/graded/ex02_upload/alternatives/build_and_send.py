"""The request is built first and sent second; files= is a list of pairs with a three-part tuple."""

from __future__ import annotations

import asyncio
import logging
import pathlib

import httpx

logger = logging.getLogger(__name__).getChild("upload")


async def upload_file(client: httpx.AsyncClient, file_name: str | pathlib.Path) -> dict | None:
    """Upload in two steps: build_request, then send."""
    path = pathlib.Path(file_name)
    content = await asyncio.to_thread(path.read_bytes)
    part = (path.name, content, "application/octet-stream")
    request = client.build_request("POST", "/upload", files=[("file", part)])
    try:
        response = await client.send(request)
    except httpx.TransportError as error:
        logger.error("sending %s failed", path, exc_info=error)
        return None
    problem = _problem(response)
    if problem is not None:
        logger.error("sending %s failed: %s", path, problem)
        return None
    return response.json()


def _problem(response: httpx.Response) -> str | None:
    """What is wrong with the answer, in words; None when nothing is."""
    if response.status_code not in {200, 201}:
        return f"status {response.status_code}"
    if response.json().get("status") is not True:
        return "the body's status is not true"
    return None
