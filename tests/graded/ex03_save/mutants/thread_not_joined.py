"""misconception: fire-and-forget

A thread is started and left to itself.
"""

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
    threading.Thread(target=save_to_disk_blocking, args=(directory,), daemon=True).start()
    return True
