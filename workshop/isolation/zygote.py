"""A clean process that forks the learners' processes.

It has imported what learners use, and knows neither tests nor references nor pytest. Forking it
costs a few milliseconds where starting Python costs hundreds.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from workshop.isolation import walls

_LARGEST = 1 << 16
_USED = (
    "workshop.isolation.learner",
    "anyio._backends._asyncio",
    "concurrent.futures.thread",
    "encodings.idna",
    "httpcore",
    "requests",
    "uuid",
    "zoneinfo",
)
"""What a learner's process needs from its first moment, or most learners import."""


class Zygote:
    """A zygote, seen from a process that marks; each such process has one of its own."""

    def __init__(self) -> None:
        # A stream, for macOS has no sequenced packets: one line asks and one line answers.
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process: subprocess.Popen[bytes] | None = subprocess.Popen(
                [sys.executable, "-I", "-m", "workshop.isolation.zygote", str(theirs.fileno())],
                env={"PATH": os.defpath, "LANG": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def copy(self) -> Zygote:
        """A zygote forked from this one, for a process that is going to be forked from ours."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._ask({"do": "copy"}, [theirs.fileno()])
        copy = object.__new__(Zygote)
        copy._control, copy._process = ours, None
        return copy

    def fork(self, request: dict[str, Any], wire: int, output: int) -> int:
        """Fork a learner's process for `request`; its ends of the wire and of the pipe for what
        it prints are handed over. Returns its process id.
        """
        return self._ask({"do": "fork", **request}, [wire, output])

    def end(self, pid: int) -> int:
        """Kill the learner's process `pid`. Returns its exit status, negative for a signal."""
        return self._ask({"do": "end", "pid": pid})

    def close(self) -> None:
        """End the zygote, or let go of this end of it."""
        self._control.close()
        if self._process is not None:
            self._process.wait()

    def _ask(self, request: dict[str, Any], fds: list[int] | None = None) -> int:
        socket.send_fds(self._control, [json.dumps(request).encode() + b"\n"], fds or [])
        return int(self._control.recv(_LARGEST))


def _main(control: socket.socket) -> None:
    # What learners use is imported here, once; `learner` brings httpx and asyncio along.
    import gc
    import importlib
    import mimetypes

    walls.die_with_parent()
    for name in _USED:
        importlib.import_module(name)
    mimetypes.init()  # reads files of the system, which a learner's process may not
    gc.freeze()
    # Nobody waits for copies; a copy waits for the learners' processes that it forks.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        data, fds, _, _ = socket.recv_fds(control, _LARGEST, 2)
        if not data:
            return
        request = json.loads(data)
        match request["do"]:
            case "copy":
                answer = os.fork()
                if answer == 0:
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    walls.die_with_parent()
                    control.close()
                    control = socket.socket(fileno=fds[0])
                    continue
                os.close(fds[0])
            case "fork":
                answer = _fork(request, control, fds)
            case _:
                answer = _end(request["pid"])
        control.send(b"%d\n" % answer)


def _fork(request: dict[str, Any], control: socket.socket, fds: list[int]) -> int:
    pid = os.fork()
    if pid == 0:
        _become_learner(request, control, *fds)
    for fd in fds:
        os.close(fd)
    return pid


def _become_learner(request: dict[str, Any], control: socket.socket, wire: int, out: int) -> None:
    status = 70
    try:
        walls.die_with_parent()
        control.close()
        os.setsid()
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.closerange(3, min(wire, out))
        os.closerange(max(wire, out) + 1, 256)
        os.close(out)
        os.chdir(request["home"])
        os.environ.update(HOME=request["home"], TMPDIR=request["home"])
        _forget_the_kit()

        from workshop.isolation import learner
        from workshop.isolation.wire import Wire

        learner.main(Wire(wire, wire), request)
        status = 0
    except BaseException:
        with contextlib.suppress(BaseException):
            import traceback

            traceback.print_exc()
    finally:
        os._exit(status)


def _forget_the_kit() -> None:
    """Leave no way to import from the kit's folder: tests and references lie there."""
    kit = str(Path(__file__).resolve().parents[2])
    sys.path[:] = [path for path in sys.path if path and os.path.realpath(path) != kit]
    sys.meta_path[:] = [
        finder
        for finder in sys.meta_path
        if "__editable__" not in type(finder).__module__
        and "__editable__" not in getattr(finder, "__module__", "")
    ]


def _end(pid: int) -> int:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    _main(socket.socket(fileno=int(sys.argv[1])))
