"""Exercise 03: save a small file without holding up the event loop.

Mark your work with `workshop check ex03_save`; `workshop hint ex03_save` gives a hint.
"""

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


# Your turn: the same, and the event loop goes on answering meanwhile.


async def save_to_disk(directory: str | Path) -> bool:
    """Write a new file `<uuid4>.json` in `directory` and return True once it is written.

    The file is UTF-8, indented by 4, and holds `Value` (a uuid4 as text) and `Time` (the time in
    UTC, ISO 8601, with its offset). The event loop is never blocked: it goes on serving other
    tasks while the disk works. A `directory` that is not there raises FileNotFoundError and leaves
    nothing behind.
    """
    raise NotImplementedError(
        "Start save_to_disk by asking which lines of save_to_disk_blocking wait for the disk, "
        "and which thread should do that waiting."
    )
