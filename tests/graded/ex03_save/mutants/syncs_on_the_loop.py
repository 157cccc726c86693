"""misconception: async-unblocks

The loop waits until the disk has taken in what a thread has written.
"""

import asyncio
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
    path = Path(directory) / f"{uuid.uuid4()}.json"
    file = await asyncio.to_thread(path.open, "w", encoding="utf-8")
    try:
        await asyncio.to_thread(json.dump, record, file, indent=4)
        await asyncio.to_thread(file.flush)
        os.fsync(file.fileno())
    finally:
        await asyncio.to_thread(file.close)
    return True
