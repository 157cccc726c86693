"""exercise: ex03_save
Announces a frame of four gigabytes.
says: broke off the conversation
"""

import os
import stat


def wires():
    for fd in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                yield fd
        except OSError:
            continue


def send(data):
    for fd in wires():
        try:
            os.write(fd, data)
        except OSError:
            continue


async def save_to_disk(directory):
    send(b"\xff\xff\xff\xff{")
    raise OSError("nothing saved")
