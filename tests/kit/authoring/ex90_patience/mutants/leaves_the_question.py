"""misconception: fire-and-forget

Stops waiting, and lets `ask` run on.
"""

import asyncio


async def answer_or_none(ask, patience):
    asking, waiting = asyncio.create_task(ask()), asyncio.create_task(patience())
    await asyncio.wait([asking, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    await asyncio.wait([waiting])
    return asking.result() if asking.done() else None
