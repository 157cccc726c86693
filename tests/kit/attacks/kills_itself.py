"""exercise: ex03_save
Sends itself the signal that nobody can catch.
says: signal SIGKILL
"""

import os
import signal


async def save_to_disk(directory):
    os.kill(os.getpid(), signal.SIGKILL)
