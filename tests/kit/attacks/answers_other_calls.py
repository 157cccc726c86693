"""exercise: ex03_save
Answers calls that were not made yet, and some that never will be.
says: broke off the conversation
"""

from attacker import found

wire = found("Wire")
for number in range(100):
    wire.send({"op": "done", "id": number, "value": ["l"]})


async def save_to_disk(directory):
    raise OSError("nothing saved")
