"""Written in a temporary folder elsewhere, then moved to where it belongs."""

import asyncio
import errno
import json
import os
import shutil
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


def write_and_move(directory: Path, text: str) -> bool:
    if not directory.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(directory))
    with tempfile.TemporaryDirectory() as elsewhere:
        written = Path(elsewhere, f"{uuid.uuid4()}.json")
        written.write_text(text, encoding="utf-8")
        shutil.move(written, directory / written.name)
    return True


async def save_to_disk(directory: str | Path) -> bool:
    text = json.dumps({"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}, indent=4)
    return await asyncio.to_thread(write_and_move, Path(directory), text)
