"""exercise: ex03_save
Says in the wire's own words that it died, with a last message of many megabytes.
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
    learner = found("Learner")
    number = max(learner._calls)
    learner._wire.send({"op": "done", "id": number, "error": None, "died": "x" * (30 * 2**20)})
    raise OSError("nothing saved")
