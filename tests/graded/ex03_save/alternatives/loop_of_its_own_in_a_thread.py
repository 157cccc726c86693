"""A worker thread has an event loop of its own, and may be held up as long as the disk likes."""

import asyncio
import json
import uuid
from datetime import UTC, datetime
from pathlib import Path


async def write(directory: Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = directory / f"{uuid.uuid4()}.json"
    path.write_bytes(json.dumps(record, indent=4).encode())
    return True


async def save_to_disk(directory: str | Path) -> bool:
    return await asyncio.to_thread(asyncio.run, write(Path(directory)))
