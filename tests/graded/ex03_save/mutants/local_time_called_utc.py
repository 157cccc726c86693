"""misconception: naive-time

The local time is taken, and said to be UTC.
"""

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


async def save_to_disk(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now().replace(tzinfo=UTC).isoformat()}
    path = Path(directory) / f"{uuid.uuid4()}.json"
    text = json.dumps(record, indent=4)
    await asyncio.to_thread(path.write_text, text, encoding="utf-8")
    return True
