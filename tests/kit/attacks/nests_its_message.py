"""exercise: ex03_save
Sends JSON that is nested 200,000 deep.
says: broke off the conversation
"""

from attacker import send


async def save_to_disk(directory):
    data = b'{"op": "done", "id": 1, "value": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    send(len(data).to_bytes(4, "big") + data)
    raise OSError("nothing saved")
