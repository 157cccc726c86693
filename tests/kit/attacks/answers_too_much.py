"""exercise: ex05_together
Gives back a hundred megabytes.
says: is larger than 8 MiB
"""


async def upload_and_save(client, file_name, directory):
    return b"x" * (100 * 2**20)
