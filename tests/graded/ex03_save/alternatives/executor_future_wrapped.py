"""The executor's own future, wrapped so that it can be awaited."""

import asyncio
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path


def save_to_disk_blocking(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = Path(directory) / f"{uuid.uuid4()}.json"
    with path.open("w", encoding="utf-8") as file:
        json.dump(record, file, indent=4)
    return True


async def save_to_disk(directory: str | Path) -> bool:
    executor = ThreadPoolExecutor()
    try:
        return await asyncio.wrap_future(executor.submit(save_to_disk_blocking, directory))
    finally:
        executor.shutdown(wait=False)
