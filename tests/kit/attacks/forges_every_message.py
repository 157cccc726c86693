"""exercise: ex03_save
Sends every kind of message with missing parts and with parts of the wrong kind.
"""

import asyncio

from attacker import found

OPS = ("log", "request", "callback", "abandon", "opened", "loading", "cancel", "nonsense", "where")
PARTS = (None, [], {}, "text", -1, 1e308, True, ["t"], {"op": "done"})
NAMES = ("client", "handle", "gate", "name", "level", "text", "spots", "args", "kwargs", "url")


async def save_to_disk(directory):
    wire = found("Wire")
    for op in OPS[:-1]:
        wire.send({"op": op})
        for part in PARTS:
            wire.send({"op": op, "id": part} | dict.fromkeys(NAMES, part))
    await asyncio.sleep(0)
    wire.send({"op": "where", "spots": [None, {"line": "x"}, 3]})
    raise OSError("nothing saved")
