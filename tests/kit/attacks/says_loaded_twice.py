"""exercise: ex03_save
Says that it is loaded, and where it waits, more often than once and too early.
"""

from attacker import found

wire = found("Wire")
for op in ("where", "loaded", "loaded", "where"):
    wire.send({"op": op, "spots": [{"what": "ran", "line": -1}]})


async def save_to_disk(directory):
    raise OSError("nothing saved")
