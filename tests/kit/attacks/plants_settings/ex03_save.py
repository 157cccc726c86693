"""exercise: ex03_save
Brings settings for pytest and Python along, which would pass every test.
"""

import os
import sys

for name in ("conftest", "sitecustomize", "usercustomize", "planted"):
    if name in sys.modules or os.environ.get("PLANTED"):
        print("breach:", name, flush=True)


async def save_to_disk(directory):
    raise OSError("nothing saved")
