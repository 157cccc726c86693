"""exercise: ex03_save
Gives back a hundred megabytes.
says: is larger than 8 MiB
"""


async def save_to_disk(directory):
    return b"x" * (100 * 2**20)
