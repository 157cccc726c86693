"""misconception: async-unblocks

The write has a thread of its own, and join stops the loop until that has ended.
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
    thread = threading.Thread(target=save_to_disk_blocking, args=(directory,))
    thread.start()
    thread.join()
    return True
