"""exercise: ex03_save
Reads the environment, the home folder and other folders of the machine.
"""

import contextlib
import os
import pwd
from pathlib import Path

KNOWN = {"PATH", "LANG", "HOME", "TMPDIR", "TZ", "LC_CTYPE"}
for name in set(os.environ) - KNOWN:
    print("breach: variable", name, flush=True)
try:
    home = pwd.getpwuid(os.getuid()).pw_dir
except (KeyError, OSError):
    home = "/root"
for place in (home, "/etc", "/home", "/tmp", "/var", "/run", "/dev/shm", "/sys", "/"):
    with contextlib.suppress(OSError):
        print("breach:", place, os.listdir(place)[:2], flush=True)
    with contextlib.suppress(OSError):
        (Path(place) / "attack").write_text("")
        print("breach: wrote in", place, flush=True)
for file in ("/etc/passwd", "/etc/hosts", "/etc/shadow", f"{home}/.bashrc"):
    with contextlib.suppress(OSError):
        print("breach:", file, Path(file).read_bytes()[:5], flush=True)


async def save_to_disk(directory):
    raise OSError("nothing saved")
