"""misconception: async-unblocks

A thread writes, and the loop waits at an event for threads until it has.
"""

import asyncio
import json
import threading
import uuid
from datetime import UTC, datetime
from pathlib import Path


def save_to_disk_blocking(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = Path(directory) / f"{uuid.uuid4()}.json"
    with path.open("w", encoding="utf-8") as file:
        json.dump(record, file, indent=4)
    return True


async def save_to_disk(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    written = threading.Event()

    def write() -> None:
        path = Path(directory) / f"{uuid.uuid4()}.json"
        path.write_text(json.dumps(record, indent=4), encoding="utf-8")
        written.set()

    asyncio.get_running_loop().run_in_executor(None, write)
    written.wait(0.2)
    return True
