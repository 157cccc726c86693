"""misconception: calling-runs-it

A thread that calls an async function gets a coroutine, which nobody awaits there.
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
    async def save() -> bool:
        return save_to_disk_blocking(directory)

    await asyncio.to_thread(save)
    return True
