"""misconception: wrong-file-format

A byte order mark stands at the beginning of the file.
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


def write_record(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = Path(directory) / f"{uuid.uuid4()}.json"
    path.write_text(json.dumps(record, indent=4), encoding="utf-8-sig")
    return True


async def save_to_disk(directory: str | Path) -> bool:
    return await asyncio.to_thread(write_record, directory)
