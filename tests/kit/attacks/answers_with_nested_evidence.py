"""exercise: ex03_save
Sends evidence that is nested almost as deep as JSON may be, and words of no misconception.
"""

from attacker import found


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


async def save_to_disk(directory):
    learner = found("Learner")
    deep = nested(940)
    spot = {"what": deep, "line": 1, "source": deep, "file": deep}
    learner._seen = lambda: {"blocked": [spot]}
    learner._wire.send({"op": "where", "spots": [spot]})
    error = ["e", ["AssertionError"], "[no-such-idea] nothing"]
    learner._wire.send({"op": "done", "id": max(learner._calls), "error": error, "raised": None})
    raise OSError("nothing saved")
