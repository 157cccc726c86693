"""Our answer to exercise 03: save a small file without holding up the event loop."""

import asyncio
import json
import uuid
from datetime import UTC, datetime
from pathlib import Path

# The blocking version, complete. While the disk works, this thread does nothing else.


def save_to_disk_blocking(directory: str | Path) -> bool:
    """Write a new file `<uuid4>.json` in `directory` and return True.

    The file is UTF-8, indented by 4, and holds `Value` (a uuid4 as text) and `Time` (the time in
    UTC, ISO 8601, with its offset). A `directory` that is not there raises FileNotFoundError.
    """
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = Path(directory) / f"{uuid.uuid4()}.json"
    with path.open("w", encoding="utf-8") as file:
        json.dump(record, file, indent=4)
    return True


# The async version.


async def save_to_disk(directory: str | Path) -> bool:
    """Write a new file `<uuid4>.json` in `directory` and return True once it is written.

    The file is UTF-8, indented by 4, and holds `Value` (a uuid4 as text) and `Time` (the time in
    UTC, ISO 8601, with its offset). The event loop is never blocked: it goes on serving other
    tasks while the disk works. A `directory` that is not there raises FileNotFoundError and leaves
    nothing behind.
    """
    # The operating system has no "open this file later" that the event loop could wait for, so
    # some thread has to stand still. `to_thread` lets it be a worker: the loop goes on, the return
    # value comes back through `await`, and so does an exception such as FileNotFoundError.
    # The function goes without parentheses: with them it would run here, on the loop.
    #
    # This write is not faster for it (lesson 03 measures that); everything else waits less.
    return await asyncio.to_thread(save_to_disk_blocking, directory)
