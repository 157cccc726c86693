"""misconception: fire-and-forget

One turn of the loop stands where the task should be awaited.
"""

import asyncio
import json
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
    task = asyncio.create_task(asyncio.to_thread(save_to_disk_blocking, directory))
    await asyncio.sleep(0)
    return not task.cancelled()
