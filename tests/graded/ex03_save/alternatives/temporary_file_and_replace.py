"""Written under a temporary name in the same directory, then put in place in one step."""

import asyncio
import json
import os
import tempfile
import uuid
from datetime import UTC, datetime
from pathlib import Path


def save_to_disk_blocking(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = Path(directory) / f"{uuid.uuid4()}.json"
    with path.open("w", encoding="utf-8") as file:
        json.dump(record, file, indent=4)
    return True


def write_in_one_step(directory: Path, text: str) -> bool:
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=directory, suffix=".tmp", delete=False
    ) as file:
        try:
            file.write(text)
            file.close()
            os.replace(file.name, directory / f"{uuid.uuid4()}.json")
        except BaseException:
            os.unlink(file.name)
            raise
    return True


async def save_to_disk(directory: str | Path) -> bool:
    text = json.dumps({"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}, indent=4)
    return await asyncio.to_thread(write_in_one_step, Path(directory), text)
