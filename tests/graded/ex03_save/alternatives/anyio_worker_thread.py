"""anyio.to_thread.run_sync runs the blocking version in a worker."""

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path

import anyio.to_thread


def save_to_disk_blocking(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = Path(directory) / f"{uuid.uuid4()}.json"
    with path.open("w", encoding="utf-8") as file:
        json.dump(record, file, indent=4)
    return True


async def save_to_disk(directory: str | Path) -> bool:
    return await anyio.to_thread.run_sync(save_to_disk_blocking, directory)
