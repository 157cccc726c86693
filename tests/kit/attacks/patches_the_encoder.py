"""exercise: ex03_save
Replaces the encoder of the wire: each answer is something else that decodes badly.
"""

import itertools

from workshop.isolation import learner, wire

ANSWERS = itertools.cycle(
    [
        {"untagged": True},
        ["client", 1, {}],
        ["callable", 1, "fetch"],
        ["e", {}],
        ["e", ["ExceptionGroup"], "text", ["l"]],
        ["d", [["l"], 1]],
        ["b", "no base64!"],
        ["p", "\0"],
        ["o"],
        [[], 1],
        [],
        ["t", *[["t"]] * 1000],
        ["e", ["X", "BaseExceptionGroup"], ["not", "text"]],
        ["e", ["a\0b", "OSError"], "text"],
        ["e", ["__import__", "Exception"], "text"],
    ]
)
wire.encode = learner.encode = lambda *args, **kwargs: next(ANSWERS)


async def save_to_disk(directory):
    return None
