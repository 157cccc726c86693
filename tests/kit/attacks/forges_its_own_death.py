"""exercise: ex03_save
Says in the wire's own words that it died, with a last message of many megabytes.
"""

from attacker import found


async def save_to_disk(directory):
    learner = found("Learner")
    number = max(learner._calls)
    learner._wire.send({"op": "done", "id": number, "error": None, "died": "x" * (30 * 2**20)})
    raise OSError("nothing saved")
