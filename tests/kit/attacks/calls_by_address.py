"""exercise: ex03_save
Finds the C library in its own memory, without loading it, and calls the kernel.
"""

import ctypes
import os
import struct
from pathlib import Path

import workshop

KIT = Path(workshop.__file__).resolve().parents[1]
LIBRARIES = ("/lib/x86_64-linux-gnu/libc.so.6", "/lib/aarch64-linux-gnu/libc.so.6")


def offset_of(symbol, library):
    """Where the symbol is in an ELF file of 64 bits."""
    data = Path(library).read_bytes()
    start, size, number = (
        *struct.unpack_from("<Q", data, 40),
        *struct.unpack_from("<HH", data, 58),
    )
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, start + size * n) for n in range(number)]
    for section in sections:
        if section[1] == 11:  # the dynamic symbols
            names = sections[section[6]][4]
            for at in range(section[4], section[4] + section[5], 24):
                name, value = struct.unpack_from("<I4xQ", data, at)
                if data[names + name : names + name + len(symbol) + 1] == symbol + b"\0":
                    return value


def syscall():
    library = next(path for path in LIBRARIES if Path(path).exists())
    page = ctypes.cast(ctypes._memmove_addr, ctypes.c_void_p).value & ~0xFFF
    while ctypes.string_at(page, 4) != b"\x7fELF":
        page -= 0x1000
    address = page + offset_of(b"syscall", library)
    return ctypes.CFUNCTYPE(ctypes.c_long, *[ctypes.c_long] * 7)(address)


async def save_to_disk(directory):
    call = syscall()
    if call(39, 0, 0, 0, 0, 0, 0) != os.getpid():
        raise OSError("that was not the kernel")
    text = ctypes.create_string_buffer(str(KIT / "course.toml").encode())
    attempts = {
        "fork": (57, 0, 0),
        "clone": (56, 17, 0),
        "socket": (41, 2, 1),
        "open": (2, ctypes.addressof(text), 0),
        "kill": (62, os.getppid(), 0),
        "ptrace": (101, 16, os.getppid()),
        "a number of the x32 kind": (0x40000000 + 57, 0, 0),
        "memfd": (319, ctypes.addressof(text), 0),
        "chmod": (90, ctypes.addressof(text), 0o600),
        "inotify_init1": (294, 0, 0),
        "room on the disk without a size": (285, 1, 1, 0, 2**20),
    }
    mode = os.stat(KIT / "course.toml").st_mode
    for what, numbers in attempts.items():
        result = call(*numbers, *[0] * (7 - len(numbers)))
        if result == 0 and what in ("fork", "clone", "a number of the x32 kind"):
            os._exit(0)
        if what == "chmod" and os.stat(KIT / "course.toml").st_mode == mode:
            continue  # it was only said to be done
        if result >= 0:
            print("breach:", what, flush=True)
    raise OSError("nothing saved")
