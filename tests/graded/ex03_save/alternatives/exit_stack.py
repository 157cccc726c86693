"""Opened, written and closed in three separate awaits, each in a thread."""

import asyncio
import contextlib
import json
import os
import uuid
from datetime import UTC, datetime
from pathlib import Path


def save_to_disk_blocking(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = Path(directory) / f"{uuid.uuid4()}.json"
    with path.open("w", encoding="utf-8") as file:
        json.dump(record, file, indent=4)
    return True


async def save_to_disk(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = os.fspath(directory) + os.sep + str(uuid.uuid4()) + ".json"
    async with contextlib.AsyncExitStack() as stack:
        file = await asyncio.to_thread(open, path, "w", encoding="utf-8")
        stack.push_async_callback(asyncio.to_thread, file.close)
        await asyncio.to_thread(json.dump, record, file, indent=4)
    return True
