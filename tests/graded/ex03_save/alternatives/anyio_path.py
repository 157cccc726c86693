"""anyio.Path writes the text; the time comes from timezone.utc."""

import json
import uuid
from datetime import UTC, datetime, timezone
from pathlib import Path

import anyio


def save_to_disk_blocking(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = Path(directory) / f"{uuid.uuid4()}.json"
    with path.open("w", encoding="utf-8") as file:
        json.dump(record, file, indent=4)
    return True


async def save_to_disk(directory: str | Path) -> bool:
    path = anyio.Path(directory, f"{uuid.uuid4()}.json")
    time = datetime.now(timezone.utc).isoformat()
    await path.write_text(
        json.dumps({"Value": str(uuid.uuid4()), "Time": time}, indent=4), encoding="utf-8"
    )
    return True
