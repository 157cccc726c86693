"""exercise: ex03_save
Puts a named pipe, a socket and a link where the test looks for the file: reading never ends.
"""

import os
import socket
from pathlib import Path


async def save_to_disk(directory):
    directory = Path(directory)
    name = directory / "0f6ab1f7-3f0a-4f6e-9e33-1f4d0a4f7a10.json"
    for make in (
        lambda: os.mkfifo(name),
        lambda: os.symlink("/dev/zero", name),
        lambda: os.link("/dev/zero", name),
        lambda: os.mknod(name, 0o600 | 0o020000, os.makedev(1, 5)),
        lambda: socket.socket(socket.AF_UNIX).bind(str(name)),
    ):
        try:
            make()
        except OSError:
            continue
        print("breach: made", name.name, flush=True)
        return True
    raise OSError("nothing saved")
