"""exercise: ex03_save
Sends JSON that is nested 200,000 deep.
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
    data = b'{"op": "done", "id": 1, "value": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    send(len(data).to_bytes(4, "big") + data)
    raise OSError("nothing saved")
