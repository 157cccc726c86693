"""exercise: ex03_save
Starts processes in every way there is, also twice over and in a session of their own.
"""

import multiprocessing
import os
import pty
import subprocess
import sys


def own(function):
    pid = function()
    if pid == 0:
        os.setsid()
        if os.fork() == 0:
            while True:
                os.read(0, 1)
        os._exit(0)


WAYS = (
    lambda: own(os.fork),
    lambda: own(lambda: os.forkpty()[0]),
    lambda: own(lambda: pty.fork()[0]),
    lambda: subprocess.run([sys.executable, "-c", "pass"]),
    lambda: os.posix_spawn(sys.executable, [sys.executable, "-c", "pass"], {}),
    lambda: os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", "pass"]),
    lambda: os.execv(sys.executable, [sys.executable, "-c", "pass"]),
    lambda: multiprocessing.get_context("fork").Process(target=print).start(),
    lambda: multiprocessing.get_context("spawn").Process(target=print).start(),
)


def attempt(number, way):
    try:
        way()
    except (OSError, ImportError, EOFError, AttributeError):
        return
    print("breach: way", number, flush=True)


for number, way in enumerate(WAYS):
    attempt(number, way)
try:
    if os.system("true") == 0:
        print("breach: a shell", flush=True)
except OSError:
    pass


async def save_to_disk(directory):
    raise OSError("nothing saved")
