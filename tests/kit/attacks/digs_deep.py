"""exercise: ex05_together
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


async def upload_and_save(client, file_name, directory):
    raise OSError("nothing saved")
