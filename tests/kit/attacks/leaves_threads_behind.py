"""exercise: ex05_together
Returns, and leaves threads and tasks that go on working.
"""

import asyncio
import threading


def spin():
    while True:
        pass


async def wait():
    while True:
        try:
            await asyncio.sleep(0)
        except BaseException:
            continue


async def upload_and_save(client, file_name, directory):
    for _ in range(4):
        threading.Thread(target=spin).start()
        asyncio.get_running_loop().create_task(wait())
    raise OSError("nothing saved")
