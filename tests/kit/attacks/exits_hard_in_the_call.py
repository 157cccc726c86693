"""exercise: ex03_save
Ends the process in the call, past everything that could catch it.
says: ended the whole program with exit status 7 (os._exit)
"""

import os


async def save_to_disk(directory):
    os._exit(7)
