"""exercise: ex03_save
Raises its own limits, and lowers those of its parent.
"""

import contextlib
import os
import resource
import time


def attempt(what, function, *args):
    with contextlib.suppress(OSError, ValueError):
        function(*args)
        print("breach:", what, flush=True)


for name in ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_NOFILE"):
    kind = getattr(resource, name)
    attempt(name, resource.setrlimit, kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    attempt(name, resource.prlimit, os.getppid(), kind, resource.getrlimit(kind))
attempt("the clock", time.clock_settime, time.CLOCK_REALTIME, time.time())
attempt("root", os.chroot, ".")


async def save_to_disk(directory):
    raise OSError("nothing saved")
