"""When patience has ended, it cancels the question by a callback."""

import asyncio


async def answer_or_none(ask, patience):
    asking = asyncio.ensure_future(ask())
    waiting = asyncio.ensure_future(patience())
    waiting.add_done_callback(lambda _: asking.cancel())
    try:
        return await asking
    except asyncio.CancelledError:
        return None
    finally:
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
