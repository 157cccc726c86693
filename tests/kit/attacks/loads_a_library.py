"""exercise: ex03_save
Loads the C library and asks it for what Python does not allow.
"""

import contextlib
import ctypes
import ctypes.util

for name in (None, "libc.so.6", "libm.so.6"):
    with contextlib.suppress(OSError):
        ctypes.CDLL(name)
        print("breach: loaded", name, flush=True)
with contextlib.suppress(OSError, AttributeError):
    print("breach:", ctypes.pythonapi.Py_AddPendingCall, flush=True)


async def save_to_disk(directory):
    raise OSError("nothing saved")
