"""exercise: ex03_save
Marks a file of its own as immutable, where it runs as root: nobody could delete it.
"""

import fcntl
import os
import struct
from pathlib import Path

SETFLAGS, IMMUTABLE = 0x40086602, 0x10


async def save_to_disk(directory):
    path = Path.home() / "forever"
    fd = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.ioctl(fd, SETFLAGS, struct.pack("l", IMMUTABLE))
        print("breach: immutable", flush=True)
        fcntl.ioctl(fd, SETFLAGS, struct.pack("l", 0))
    except OSError:
        pass
    raise OSError("nothing saved")
