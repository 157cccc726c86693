"""exercise: ex03_save
Changes mode, owner, times and attributes of the kit's files, which needs no right to open them.
"""

import os
from pathlib import Path

import workshop

KIT = Path(workshop.__file__).parents[1]
VICTIM = KIT / "tests" / "graded" / "ex03_save" / "hints.md"


def state():
    stat = VICTIM.stat()
    return stat.st_mode, stat.st_uid, stat.st_gid, stat.st_mtime_ns


def attempt(what, function, *args):
    # A call that only says that it was carried out has done no harm.
    before = state()
    try:
        function(*args)
    except OSError:
        return
    if what == "setxattr" or state() != before:
        print("breach:", what, flush=True)


attempt("chmod", os.chmod, VICTIM, 0o600)
attempt("chown", os.chown, VICTIM, os.getuid(), os.getgid())
attempt("utime", os.utime, VICTIM, (0, 0))
attempt("setxattr", os.setxattr, VICTIM, "user.attack", b"1")


async def save_to_disk(directory):
    raise OSError("nothing saved")
