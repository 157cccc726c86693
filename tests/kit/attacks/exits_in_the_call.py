"""exercise: ex03_save
Ends the program politely, and successfully, in the call.
says: raised SystemExit: 0
"""

import sys


async def save_to_disk(directory):
    sys.exit(0)
