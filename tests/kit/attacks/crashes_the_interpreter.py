"""exercise: ex03_save
Reads where no memory is, without a library to load.
says: signal SIGSEGV
"""

import ctypes


async def save_to_disk(directory):
    ctypes.string_at(0)
