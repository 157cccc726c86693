"""misconception: wrong-shape

False instead of None.
"""

import asyncio


async def answer_or_none(ask, patience):
    asking, waiting = asyncio.create_task(ask()), asyncio.create_task(patience())
    await asyncio.wait([asking, waiting], return_when=asyncio.FIRST_COMPLETED)
    answered = asking.done()
    asking.cancel()
    waiting.cancel()
    await asyncio.wait([asking, waiting])
    return answered and asking.result()
