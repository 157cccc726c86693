"""exercise: ex03_save
Prints a hundred megabytes, on both channels.
"""

import sys


async def save_to_disk(directory):
    for _ in range(100):
        sys.stdout.write("x" * 2**19 + "\n")
        sys.stderr.write("y" * 2**19 + "\n")
    raise OSError("nothing saved")
