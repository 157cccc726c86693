"""json.dump in the thread, timezone.utc, and one uuid for both the name and the Value."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timezone
from pathlib import Path


def save_to_disk_blocking(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = Path(directory) / f"{uuid.uuid4()}.json"
    with path.open("w", encoding="utf-8") as file:
        json.dump(record, file, indent=4)
    return True


def save(directory: str, value: str) -> bool:
    now = datetime.now(tz=timezone.utc)
    with open(f"{directory}/{value}.json", "w", encoding="UTF-8") as file:
        json.dump(dict(Value=value, Time=now.isoformat()), file, indent=4, ensure_ascii=False)
    return True


async def save_to_disk(directory: str | Path) -> bool:
    return await asyncio.to_thread(save, str(directory), str(uuid.uuid4()))
