"""A task group, which is left when both tasks have ended."""

import asyncio


async def answer_or_none(ask, patience):
    async with asyncio.TaskGroup() as group:
        both = [group.create_task(ask()), group.create_task(patience())]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for task in both:
            task.cancel()
    return None if both[0].cancelled() else both[0].result()
