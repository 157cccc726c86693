"""misconception: async-unblocks

It asks the worker again and again whether it is done, and sleeps in between with time.sleep.
"""

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path


def save_to_disk_blocking(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = Path(directory) / f"{uuid.uuid4()}.json"
    with path.open("w", encoding="utf-8") as file:
        json.dump(record, file, indent=4)
    return True


EXECUTOR = ThreadPoolExecutor(max_workers=2)


async def save_to_disk(directory: str | Path) -> bool:
    future = EXECUTOR.submit(save_to_disk_blocking, directory)
    while not future.done():
        time.sleep(0.001)
    return future.result()
