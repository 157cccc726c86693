"""The directory is looked at first, off the loop, and FileNotFoundError raised by hand."""

import errno
import json
import os
import uuid
from datetime import UTC, datetime
from pathlib import Path

import anyio


def save_to_disk_blocking(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = Path(directory) / f"{uuid.uuid4()}.json"
    with path.open("w", encoding="utf-8") as file:
        json.dump(record, file, indent=4)
    return True


async def save_to_disk(directory: str | Path) -> bool:
    folder = anyio.Path(directory)
    if not await folder.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(directory))
    record = {
        "Value": str(uuid.uuid4()),
        "Time": datetime.now(UTC).replace(microsecond=0).isoformat(),
    }
    await (folder / f"{uuid.uuid4()}.json").write_bytes(json.dumps(record, indent=4).encode())
    return True
