"""exercise: ex05_together
Logs until the memory of whoever keeps the records is full.
"""

import logging


async def upload_and_save(client, file_name, directory):
    for _ in range(10_000):
        logging.getLogger("root.ex03").error("%s", "x" * 2000)
    raise OSError("nothing saved")
