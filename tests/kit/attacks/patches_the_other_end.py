"""exercise: ex03_save
Replaces the methods of its own end: every question gets every kind of answer.
"""

from workshop.isolation.learner import Learner


def dispatch(self, message):
    for op in ("beaten", "seen", "done"):
        self._wire.send({"op": op, "id": message.get("id", 0), "value": ["l"], "blocked": "none"})


Learner._dispatch = dispatch


async def save_to_disk(directory):
    raise OSError("nothing saved")
