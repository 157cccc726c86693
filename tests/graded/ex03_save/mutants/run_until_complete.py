"""misconception: run-in-notebook

The loop that is running is asked to run until the save is complete.
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
    loop = asyncio.get_event_loop()
    return loop.run_until_complete(asyncio.to_thread(save_to_disk_blocking, directory))
