"""misconception: async-unblocks

An async with around it makes a blocking open look as if it were awaited.
"""

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO


def save_to_disk_blocking(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = Path(directory) / f"{uuid.uuid4()}.json"
    with path.open("w", encoding="utf-8") as file:
        json.dump(record, file, indent=4)
    return True


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[TextIO]:
    with path.open("w", encoding="utf-8") as file:
        yield file


async def save_to_disk(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = Path(directory) / f"{uuid.uuid4()}.json"
    async with opened(path) as file:
        json.dump(record, file, indent=4)
    return True
