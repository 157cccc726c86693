"""What several attacks need. It is laid beside each of them, as a module of the learner's own."""

import os
import stat
import sys


def found(name):
    """Something of the engine's, from a frame of the calls that led here."""
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()):
            if type(value).__name__ == name:
                return value
        frame = frame.f_back
    raise LookupError(name)


def wires():
    """The descriptors that are sockets: one of them is the wire."""
    for fd in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                yield fd
        except OSError:
            continue


def send(data):
    """Write `data` to the wire, past the engine."""
    for fd in wires():
        try:
            os.write(fd, data)
        except OSError:
            continue
