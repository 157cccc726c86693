"""What a process starts ends with it, on Windows.

There a process may end and leave others behind, and nobody knows whose they were. A job object
knows: with JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, whatever is in it is killed when its last handle is
closed, and the one handle is held by the process that has put itself in. What that starts is in the
job, too, and may not leave it. psutil knows no jobs; it would have to ask for each one's children,
and lose those whose parent has ended.
One may be in another since Windows 8: https://learn.microsoft.com/windows/win32/procthread/.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _EXTENDED_LIMITS = 9  # JobObjectExtendedLimitInformation
    _KILL_ON_JOB_CLOSE = 0x2000

    class _Limits(ctypes.Structure):
        """JOBOBJECT_EXTENDED_LIMIT_INFORMATION, of winnt.h."""

        _fields_ = (
            ("PerProcessUserTimeLimit", ctypes.c_int64),
            ("PerJobUserTimeLimit", ctypes.c_int64),
            ("LimitFlags", wintypes.DWORD),
            ("MinimumWorkingSetSize", ctypes.c_size_t),
            ("MaximumWorkingSetSize", ctypes.c_size_t),
            ("ActiveProcessLimit", wintypes.DWORD),
            ("Affinity", ctypes.c_size_t),
            ("PriorityClass", wintypes.DWORD),
            ("SchedulingClass", wintypes.DWORD),
            ("IoInfo", ctypes.c_uint64 * 6),
            ("ProcessMemoryLimit", ctypes.c_size_t),
            ("JobMemoryLimit", ctypes.c_size_t),
            ("PeakProcessMemoryUsed", ctypes.c_size_t),
            ("PeakJobMemoryUsed", ctypes.c_size_t),
        )

    def hold_what_is_started() -> None:
        """Have whatever this process starts from now on end with it. Raises OSError."""
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateJobObjectW.restype = kernel.GetCurrentProcess.restype = wintypes.HANDLE
        job = wintypes.HANDLE(kernel.CreateJobObjectW(None, None))
        this = wintypes.HANDLE(kernel.GetCurrentProcess())
        limits = _Limits(LimitFlags=_KILL_ON_JOB_CLOSE)
        size = ctypes.sizeof(limits)
        # The handle is never closed here: that happens when the process ends, however it does.
        if not (
            kernel.SetInformationJobObject(job, _EXTENDED_LIMITS, ctypes.byref(limits), size)
            and kernel.AssignProcessToJobObject(job, this)
        ):
            raise ctypes.WinError(ctypes.get_last_error())

else:

    def hold_what_is_started() -> None:
        """Nothing: elsewhere there are sessions, and parents that adopt."""
