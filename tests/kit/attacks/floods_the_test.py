"""exercise: ex03_save
Sends more messages than the test can answer: requests, log records, opened files.
"""

import sys


def found(name):
    """Something of the engine's, from a frame of the calls that led here."""
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()):
            if type(value).__name__ == name:
                return value
        frame = frame.f_back
    raise LookupError(name)


async def save_to_disk(directory):
    wire = found("Wire")
    for number in range(5000):
        wire.send({"op": "request", "id": number, "client": 1})
        wire.send({"op": "opened", "id": number, "gate": 1, "name": "x", "on_the_loop": False})
        wire.send({"op": "log", "name": "a.b", "level": 40, "text": "x" * 500})
    raise OSError("nothing saved")
