"""misconception: swallowed-green

Turns every error into None.
"""

import asyncio


async def answer_or_none(ask, patience):
    asking, waiting = asyncio.create_task(ask()), asyncio.create_task(patience())
    await asyncio.wait([asking, waiting], return_when=asyncio.FIRST_COMPLETED)
    asking.cancel()
    waiting.cancel()
    try:
        return await asking
    except (Exception, asyncio.CancelledError):
        return None
    finally:
        await asyncio.wait([waiting])
