"""misconception: calling-runs-it

The file is opened with await, the write is not, and the file stays empty.
"""

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
        file.write(json.dumps(record, indent=4))
    return True
