"""Self-contained: its own upload with httpx and its own save with anyio, in a TaskGroup."""

import asyncio
import json
import logging
import uuid
from datetime import UTC, datetime
from pathlib import Path

import anyio
import httpx
import requests


def upload_and_save_blocking(
    base_url: str, file_name: str | Path, directory: str | Path
) -> tuple[dict | None, bool]:
    content = Path(file_name).read_bytes()
    try:
        files = {"file": (Path(file_name).name, content)}
        response = requests.post(f"{base_url.rstrip('/')}/upload", files=files, timeout=30)
        uploaded = judge(response.status_code, response.json)
    except requests.RequestException as error:
        logging.error("%s: %s", file_name, error)
        uploaded = None
    (Path(directory) / f"{uuid.uuid4()}.json").write_text(record(), encoding="utf-8")
    return uploaded, True


def judge(status: int, body) -> dict | None:
    if status in (200, 201):
        answer = body()
        if answer.get("status") is True:
            return answer
    logging.error("the upload was answered with status %s", status)
    return None


def record() -> str:
    content = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    return json.dumps(content, indent=4)


async def upload(client: httpx.AsyncClient, file_name: str | Path) -> dict | None:
    content = await anyio.Path(file_name).read_bytes()
    try:
        response = await client.post("/upload", files={"file": (Path(file_name).name, content)})
    except httpx.TransportError as error:
        logging.error("%s: %s", file_name, error)
        return None
    return judge(response.status_code, response.json)


async def save(directory: str | Path) -> bool:
    path = anyio.Path(directory) / f"{uuid.uuid4()}.json"
    await path.write_text(record(), encoding="utf-8")
    return True


async def upload_and_save(
    client: httpx.AsyncClient, file_name: str | Path, directory: str | Path
) -> tuple[dict | None, bool]:
    async with asyncio.TaskGroup() as group:
        uploading = group.create_task(upload(client, file_name))
        saving = group.create_task(save(directory))
    return uploading.result(), saving.result()
