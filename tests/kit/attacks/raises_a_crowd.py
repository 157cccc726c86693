"""exercise: ex03_save
Raises an error made of twenty thousand errors.
"""

from attacker import found


async def save_to_disk(directory):
    learner = found("Learner")
    group = ["e", ["ExceptionGroup"], "many", *[["e", [f"E{n}"], "x"] for n in range(20_000)]]
    learner._wire.send({"op": "done", "id": max(learner._calls), "error": group})
    raise OSError("nothing saved")
