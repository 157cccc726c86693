"""exercise: ex03_save
Answers calls that were not made yet, and some that never will be.
says: broke off the conversation
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


wire = found("Wire")
for number in range(100):
    wire.send({"op": "done", "id": number, "value": ["l"]})


async def save_to_disk(directory):
    raise OSError("nothing saved")
