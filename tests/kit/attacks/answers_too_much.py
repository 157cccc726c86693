"""exercise: ex03_save
Gives back a hundred megabytes.
says: too large to be looked at
"""


async def save_to_disk(directory):
    return b"x" * (100 * 2**20)
