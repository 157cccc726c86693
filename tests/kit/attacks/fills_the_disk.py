"""exercise: ex03_save
Writes files that are too large, too many and full of holes.
"""

import os
from pathlib import Path

HOME = Path.home()
PIECE = b"x" * 2**20


def large(path, size):
    with path.open("wb", buffering=0) as file:
        for _ in range(size):
            if file.write(PIECE) < len(PIECE):
                raise OSError("it is full")


async def save_to_disk(directory):
    for name, size in (("large", 64), *((f"{number}", 4) for number in range(16))):
        try:
            large(HOME / name, size)
        except OSError:
            continue
        if name == "large":
            print("breach: a file of 64 MiB", flush=True)
    try:
        fd = os.open(HOME / "holes", os.O_CREAT | os.O_RDWR)
        os.ftruncate(fd, 2**40)
        print("breach: a file of a terabyte", flush=True)
    except OSError:
        pass
    raise OSError("nothing saved")
