"""exercise: ex03_save
Sends frames that are small to send and large to hold: millions of empty lists.
"""

import os

from attacker import wires


async def save_to_disk(directory):
    data = b'{"op": "done", "id": 1, "value": ["l"' + b",[]" * 3_000_000 + b"]}"
    frame = memoryview(len(data).to_bytes(4, "big") + data)
    for fd in wires():
        try:
            while frame:
                frame = frame[os.write(fd, frame) :]
        except OSError:
            continue
    raise OSError("nothing saved")
