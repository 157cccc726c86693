"""exercise: ex03_save
Leaves folders in one another, deeper than Python recurses, for whoever clears up.
"""

import os

here = os.getcwd()
try:
    for _ in range(1500):
        os.mkdir("d")
        os.chdir("d")
finally:
    os.chdir(here)


async def save_to_disk(directory):
    raise OSError("nothing saved")
