"""misconception: calling-runs-it

Returns the coroutine.
"""


async def answer_or_none(ask, patience):
    return ask()
