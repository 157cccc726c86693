"""exercise: ex03_save
Writes to the wire what is no frame.
"""

from attacker import send


async def save_to_disk(directory):
    send(bytes(range(256)) * 16)
    raise OSError("nothing saved")
