"""exercise: ex03_save
Ends the process at import, past everything that could catch it.
says: ended the whole program (os._exit)
"""

import os

os._exit(0)


async def save_to_disk(directory):
    raise OSError("nothing saved")
