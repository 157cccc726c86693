"""anyio's files: opening, writing and closing are awaited."""

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path

import anyio


def save_to_disk_blocking(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = Path(directory) / f"{uuid.uuid4()}.json"
    with path.open("w", encoding="utf-8") as file:
        json.dump(record, file, indent=4)
    return True


async def save_to_disk(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = Path(directory) / f"{uuid.uuid4()}.json"
    async with await anyio.open_file(path, "w", encoding="utf-8") as file:
        await file.write(json.dumps(record, indent=4))
    return True
