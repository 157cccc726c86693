"""A dataclass is the record and knows how to save itself."""

import asyncio
import json
import uuid
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path


def save_to_disk_blocking(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = Path(directory) / f"{uuid.uuid4()}.json"
    with path.open("w", encoding="utf-8") as file:
        json.dump(record, file, indent=4)
    return True


@dataclass
class Record:
    Value: str = field(default_factory=lambda: str(uuid.uuid4()))
    Time: str = field(default_factory=lambda: datetime.now(UTC).isoformat())

    def save(self, directory: Path) -> None:
        with open(directory / f"{uuid.uuid4()}.json", "wb") as file:
            file.write(json.dumps(asdict(self), indent=4).encode("utf-8"))


async def save_to_disk(directory: str | Path) -> bool:
    record = Record()
    await asyncio.to_thread(record.save, Path(directory))
    return True
