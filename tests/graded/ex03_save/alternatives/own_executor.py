"""An executor of the module's own, with one worker."""

import asyncio
import functools
import json
import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def save_to_disk_blocking(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = Path(directory) / f"{uuid.uuid4()}.json"
    with path.open("w", encoding="utf-8") as file:
        json.dump(record, file, indent=4)
    return True


DISK = ThreadPoolExecutor(max_workers=1, thread_name_prefix="disk")


def write(path: str, *, record: dict[str, Any]) -> None:
    with open(path, mode="x", encoding="utf-8") as file:
        file.writelines(json.JSONEncoder(indent=4).iterencode(record))


async def save_to_disk(directory: str | Path) -> bool:
    record = {"Value": f"{uuid.uuid4()}", "Time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S+00:00}"}
    loop = asyncio.get_running_loop()
    job = functools.partial(write, os.path.join(directory, f"{uuid.uuid4()}.json"), record=record)
    await loop.run_in_executor(DISK, job)
    return True
