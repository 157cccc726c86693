"""exercise: ex05_together
Says in the wire's own words that it died, with a last message of many megabytes.
"""

from attacker import found


async def upload_and_save(client, file_name, directory):
    learner = found("Learner")
    number = max(learner._calls)
    learner._wire.send({"op": "done", "id": number, "error": None, "died": "x" * (30 * 2**20)})
    raise OSError("nothing saved")
