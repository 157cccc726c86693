"""exercise: ex03_save
Says that it is loaded, and where it waits, more often than once and too early.
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
for op in ("where", "loaded", "loaded", "where"):
    wire.send({"op": op, "spots": [{"what": "ran", "line": -1}]})


async def save_to_disk(directory):
    raise OSError("nothing saved")
