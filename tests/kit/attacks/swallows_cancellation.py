"""exercise: ex03_save
Waits for ever, and goes on when it is cancelled.
says: it was waiting at line
"""

import asyncio


async def save_to_disk(directory):
    while True:
        try:
            await asyncio.Event().wait()
        except BaseException:
            continue
