"""exercise: ex03_save
Raises an error made of twenty thousand errors.
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
    group = ["e", ["ExceptionGroup"], "many", *[["e", [f"E{n}"], "x"] for n in range(20_000)]]
    learner._wire.send({"op": "done", "id": max(learner._calls), "error": group})
    raise OSError("nothing saved")
