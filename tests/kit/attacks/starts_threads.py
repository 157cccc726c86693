"""exercise: ex03_save
Starts three thousand threads with small stacks, all of which stay.
"""

import threading

threading.stack_size(64 * 1024)


async def save_to_disk(directory):
    forever = threading.Event()
    for _ in range(3000):
        threading.Thread(target=forever.wait).start()
    raise OSError("nothing saved")
