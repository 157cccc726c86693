"""A path that ends in .part gets its real name when all of the text is there."""

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


def write(path: Path, record: dict[str, str]) -> bool:
    part = path.with_suffix(".part")
    try:
        with part.open("w", encoding="utf-8") as file:
            json.dump(record, file, indent=4)
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    return True


async def save_to_disk(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = Path(directory) / f"{uuid.uuid4()}.json"
    return await asyncio.to_thread(write, path, record)
