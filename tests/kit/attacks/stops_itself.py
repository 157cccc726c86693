"""exercise: ex03_save
Stops its own process with the signal that cannot be ignored.
says: did not come to an end in time
"""

import os
import signal


async def save_to_disk(directory):
    os.kill(os.getpid(), signal.SIGSTOP)
