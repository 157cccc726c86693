"""A plain function that returns the coroutine of to_thread."""

import asyncio
import json
import uuid
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path


def save_to_disk_blocking(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = Path(directory) / f"{uuid.uuid4()}.json"
    with path.open("w", encoding="utf-8") as file:
        json.dump(record, file, indent=4)
    return True


def save_to_disk(directory: str | Path) -> Coroutine[None, None, bool]:
    return asyncio.to_thread(save_to_disk_blocking, directory)
