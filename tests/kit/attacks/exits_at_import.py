"""exercise: ex03_save
Ends the program politely, and successfully, while it is imported.
says: ended the program while it was being imported (SystemExit
"""

import sys

sys.exit(0)


async def save_to_disk(directory):
    raise OSError("nothing saved")
