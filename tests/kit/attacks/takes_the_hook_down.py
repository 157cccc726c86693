"""exercise: ex03_save
Takes the audit hook away, by its own table and by the list that holds it.
"""

import gc
import os
import socket

from workshop.isolation import audit, observers

audit._FORBIDDEN = audit.FORBIDDEN = ()
audit.put_up = audit._refuse = observers._active = None
try:
    for one in gc.get_objects():
        if isinstance(one, list) and any(callable(f) for f in one):
            one.clear()
except PermissionError:
    pass
try:
    if os.fork() == 0:
        os._exit(0)
    print("breach: forked", flush=True)
except OSError:
    pass
try:
    socket.socket().connect(("127.0.0.1", 22))
    print("breach: connected", flush=True)
except OSError:
    pass


async def save_to_disk(directory):
    raise OSError("nothing saved")
