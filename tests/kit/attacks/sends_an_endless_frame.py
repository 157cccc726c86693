"""exercise: ex03_save
Announces a frame of four gigabytes.
says: broke off the conversation
"""

from attacker import send


async def save_to_disk(directory):
    send(b"\xff\xff\xff\xff{")
    raise OSError("nothing saved")
