"""exercise: ex03_save
Sends more messages than the test can answer: requests, log records, opened files.
"""

from attacker import found


async def save_to_disk(directory):
    wire = found("Wire")
    for number in range(5000):
        wire.send({"op": "request", "id": number, "client": 1})
        wire.send({"op": "opened", "id": number, "gate": 1, "name": "x", "on_the_loop": False})
        wire.send({"op": "log", "name": "a.b", "level": 40, "text": "x" * 500})
    raise OSError("nothing saved")
