"""The operating system's own calls, in a thread."""

import asyncio
import json
import os
import uuid
from datetime import UTC, datetime
from pathlib import Path


def save_to_disk_blocking(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = Path(directory) / f"{uuid.uuid4()}.json"
    with path.open("w", encoding="utf-8") as file:
        json.dump(record, file, indent=4)
    return True


def write(path: str, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        while content:
            content = content[os.write(descriptor, content) :]
    finally:
        os.close(descriptor)


async def save_to_disk(directory: str | Path) -> bool:
    text = json.dumps({"Time": datetime.now(UTC).isoformat(), "Value": str(uuid.uuid4())}, indent=4)
    await asyncio.to_thread(
        write, os.path.join(directory, f"{uuid.uuid4()}.json"), text.encode("utf-8")
    )
    return True
