"""exercise: ex03_save
Reads memory, environment and descriptors of itself and others from /proc.
"""

import contextlib
import os

PLACES = ("mem", "environ", "maps", "cmdline", "root/etc/passwd", "fd/3", "cwd/x", "status")
for process in ("self", "thread-self", str(os.getppid()), "1"):
    for place in PLACES:
        try:
            with open(f"/proc/{process}/{place}", "rb") as file:
                file.read(1)
        except OSError:
            continue
        print("breach:", process, place, flush=True)
    with contextlib.suppress(OSError):
        print("breach: processes", os.listdir(f"/proc/{process}/fd")[:3], flush=True)
with contextlib.suppress(OSError):
    print("breach: processes", os.listdir("/proc")[:3], flush=True)


async def save_to_disk(directory):
    raise OSError("nothing saved")
