"""Our answer to exercise 05: upload a file and save another one, both at once.

It stands on the answers to exercises 02 and 03.
"""

import asyncio
from pathlib import Path

import ex02_upload
import ex03_save
import httpx

# The blocking version, complete. The save begins when the upload has ended, not before.


def upload_and_save_blocking(
    base_url: str, file_name: str | Path, directory: str | Path
) -> tuple[dict | None, bool]:
    """Upload `file_name`, then save in `directory`; return what both gave, the upload first."""
    uploaded = ex02_upload.upload_file_blocking(base_url, file_name)
    saved = ex03_save.save_to_disk_blocking(directory)
    return uploaded, saved


# The async version.


async def upload_and_save(
    client: httpx.AsyncClient, file_name: str | Path, directory: str | Path
) -> tuple[dict | None, bool]:
    """Upload `file_name` with `client` and save in `directory`, both at once.

    The save completes while the upload is still in flight, and the upload gets going while the
    save is still at the disk. Returns a tuple when both have ended: what `upload_file` gave (the
    decoded answer or None), then what `save_to_disk` gave (True).
    """
    # Each create_task starts its half; leaving the block waits for both. `gather` would do as well
    # here. What the group adds shows when one half fails: it cancels the other and waits for it,
    # where gather lets it run on with nobody to look after it.
    async with asyncio.TaskGroup() as group:
        upload = group.create_task(ex02_upload.upload_file(client, file_name))
        save = group.create_task(ex03_save.save_to_disk(directory))
    # Below the block both tasks have ended, so that result() has something to give. The order of
    # the tuple is the order written here, whichever of the two was done first.
    return upload.result(), save.result()
