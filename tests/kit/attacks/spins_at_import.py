"""exercise: ex05_together
Computes for ever while it is imported, and catches everything.
says: it was running line
"""

while True:
    try:
        while True:
            pass
    except BaseException:
        continue


async def upload_and_save(client, file_name, directory):
    raise OSError("nothing saved")
