"""exercise: ex03_save
Sends every kind of message with missing parts and with parts of the wrong kind.
"""

import asyncio
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


OPS = ("log", "request", "callback", "abandon", "opened", "loading", "cancel", "nonsense", "where")
PARTS = (None, [], {}, "text", -1, 1e308, True, ["t"], {"op": "done"})
NAMES = ("client", "handle", "gate", "name", "level", "text", "spots", "args", "kwargs", "url")


async def save_to_disk(directory):
    wire = found("Wire")
    for op in OPS[:-1]:
        wire.send({"op": op})
        for part in PARTS:
            wire.send({"op": op, "id": part} | dict.fromkeys(NAMES, part))
    await asyncio.sleep(0.01)
    wire.send({"op": "where", "spots": [None, {"line": "x"}, 3]})
    raise OSError("nothing saved")
