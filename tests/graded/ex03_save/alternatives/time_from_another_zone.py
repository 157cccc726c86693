"""A time in another zone, taken to UTC before it is written."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path


def save_to_disk_blocking(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = Path(directory) / f"{uuid.uuid4()}.json"
    with path.open("w", encoding="utf-8") as file:
        json.dump(record, file, indent=4)
    return True


TOKYO = timezone(timedelta(hours=9), "Tokyo")


def save(directory: str | Path) -> bool:
    time = datetime.now(TOKYO).astimezone(timezone(timedelta(0), "UTC"))
    record = {"Value": str(uuid.uuid4()), "Time": time.isoformat()}
    path = Path(directory).joinpath(f"{uuid.uuid4()}.json")
    with path.open(mode="wt", encoding="utf-8") as file:
        print(json.dumps(record, indent=4), file=file)
    return True


async def save_to_disk(directory: str | Path) -> bool:
    return await asyncio.to_thread(save, directory)
