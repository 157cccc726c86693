"""exercise: ex03_save
Aborts the process, which writes a core file where that is allowed.
says: signal SIGABRT
"""

import os


async def save_to_disk(directory):
    os.abort()
