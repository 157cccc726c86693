"""Exercise 05: upload a file and save another one, both at once.

This exercise stands on your own answers to exercises 02 and 03: finish those first.

Mark your work with `workshop check ex05_together`; `workshop hint ex05_together` gives a hint.
"""

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


# Your turn: both at once, with your ex02_upload.upload_file and ex03_save.save_to_disk.


async def upload_and_save(
    client: httpx.AsyncClient, file_name: str | Path, directory: str | Path
) -> tuple[dict | None, bool]:
    """Upload `file_name` with `client` and save in `directory`, both at once.

    The save completes while the upload is still in flight, and the upload gets going while the
    save is still at the disk. Returns a tuple when both have ended: what `upload_file` gave (the
    decoded answer or None), then what `save_to_disk` gave (True).
    """
    raise NotImplementedError(
        "Start upload_and_save by making sure that both halves have been started "
        "before you wait for either of them."
    )
