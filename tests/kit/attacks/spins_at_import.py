"""exercise: ex03_save
Computes for ever while it is imported, and catches everything.
says: it was running line
"""

while True:
    try:
        while True:
            pass
    except BaseException:
        continue


async def save_to_disk(directory):
    raise OSError("nothing saved")
