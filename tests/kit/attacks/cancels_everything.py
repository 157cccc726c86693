"""exercise: ex03_save
Cancels every task of its loop, its caller among them, and stops the loop.
"""

import asyncio


async def save_to_disk(directory):
    for task in asyncio.all_tasks():
        task.cancel("by the learner")
    asyncio.get_running_loop().stop()
    raise asyncio.CancelledError
