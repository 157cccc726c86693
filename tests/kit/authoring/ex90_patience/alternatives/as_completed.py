"""The first of asyncio.as_completed, and a finally that tidies up."""

import asyncio


async def answer_or_none(ask, patience):
    tasks = [asyncio.create_task(one()) for one in (ask, patience)]
    try:
        return await next(asyncio.as_completed(tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
