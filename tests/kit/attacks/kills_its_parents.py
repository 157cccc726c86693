"""exercise: ex03_save
Sends signals to its parent, to groups, to process 1 and to everybody.
"""

import contextlib
import os
import signal
import threading


def attempt(what, function, *args):
    with contextlib.suppress(OSError):
        function(*args)
        print("breach:", what, flush=True)


parent = os.getppid()
attempt("parent", os.kill, parent, signal.SIGTERM)
attempt("its group", os.killpg, os.getpgid(parent), signal.SIGTERM)
attempt("process 1", os.kill, 1, 0)
attempt("everybody", os.kill, -1, 0)
attempt("own group", os.killpg, 0, 0)
attempt("own group", os.kill, 0, 0)
attempt("a new session", os.setsid)
attempt("the parent's group", os.setpgid, 0, os.getpgid(parent))
threading.excepthook = lambda *args: None


async def save_to_disk(directory):
    raise OSError("nothing saved")
