"""A clean process that forks the learners' processes.

It has imported what learners use, and knows neither tests nor references, nor pytest unless its
forks are to run learners' tests. Forking it costs a few milliseconds where starting Python costs
hundreds.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from workshop.isolation import capabilities, walls
from workshop.isolation.kernel import Kernel
from workshop.isolation.wire import Wire

BROKEN = 70
"""The exit status of a process whose part ended in an error of its own."""
ZONE = "XXX-05:45"
"""The time zone of learners' code, as POSIX writes a zone 5:45 h ahead of UTC: wherever it is
marked, local time is not UTC, and the two cannot be mistaken for each other."""
ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": ZONE}
"""The environment of a process that runs learners' code."""

_LARGEST = 1 << 16
_PR_SET_CHILD_SUBREAPER = 36
_MOST_ORPHANS = 10_000
_MOST_PASSED = 3
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
_UNUSED = "httpx._main"
_REHEARSAL = "workshop.isolation.rehearsal"


PATIENCE = 30.0
"""Seconds for an answer, which is a matter of milliseconds. Machines get busy."""
BEGINNING = 120.0
"""Seconds for the first answer, before which everything is imported."""


class ZygoteGone(Exception):
    """The zygote has ended, or does not answer."""


class Zygote:
    """A zygote, seen from a process that marks; each such process has one of its own.

    Its forks play parts: each is a module with a function `main` and, if it likes, a function
    `rehearse`, which is called once before the first fork. That of learners' processes it has at
    hand; `parts` are further ones.
    """

    def __init__(self, *parts: str) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process: subprocess.Popen[bytes] | None = subprocess.Popen(
                [sys.executable, "-I", "-m", __name__, str(theirs.fileno()), *parts],
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._be_reached_by(ours)
        self._control.settimeout(BEGINNING)

    def _be_reached_by(self, control: socket.socket) -> None:
        # A stream, for macOS has no sequenced packets: one line asks and one line answers.
        self._control = control
        self._control.settimeout(PATIENCE)
        self._lock = threading.Lock()

    @property
    def pid(self) -> int:
        """The process id of one that is no copy."""
        assert self._process is not None
        return self._process.pid

    def copy(self) -> Zygote:
        """A zygote forked from this one, for a process that is going to be forked from ours.

        Raises ZygoteGone.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            self._ask({"do": "copy"}, [theirs.fileno()])
        copy = object.__new__(Zygote)
        copy._process = None
        copy._be_reached_by(ours)
        return copy

    def fork(self, request: dict[str, Any], wire: int, output: int, *others: int) -> int:
        """Fork a process for `request`; its ends of the wire and of the file for what it prints
        are handed over, and what `others` its part needs. Returns its process id.

        Raises ZygoteGone.
        """
        return self._ask({"do": "fork", **request}, [wire, output, *others])

    def end(self, pid: int) -> int:
        """Kill the learner's process `pid`, and whatever else has come of it.

        Returns its exit status, negative for a signal. Raises ZygoteGone, when it is killed
        nevertheless.
        """
        try:
            return self._ask({"do": "end", "pid": pid})
        except ZygoteGone:
            kill(pid)
            raise

    def close(self) -> None:
        """End the zygote and all that it has forked. A copy ends when nobody holds it any more."""
        self._control.close()
        if self._process is not None:
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _ask(self, request: dict[str, Any], fds: list[int] | None = None) -> int:
        with self._lock:
            try:
                socket.send_fds(self._control, [json.dumps(request).encode() + b"\n"], fds or [])
                answer = int(self._control.recv(_LARGEST))
                self._control.settimeout(PATIENCE)
                return answer
            except (OSError, ValueError) as error:
                # What is answered late would be taken for the next answer.
                self._control.close()
                raise ZygoteGone("The process that starts learners' processes is gone.") from error


def _main(control: socket.socket, *parts: str) -> None:
    # What learners use is imported here, once; `learner` brings httpx and asyncio along.
    import gc

    import_what_is_used()
    gc.freeze()  # for what is rehearsed collects garbage
    for name in (_REHEARSAL, *parts):
        part = importlib.import_module(name)
        if hasattr(part, "rehearse"):
            part.rehearse()
    forget_the_kit()
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # then each fork tries it, if it has to
            capabilities.empty_bounding_set()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    adopt_orphans()
    copies: set[int] = set()
    learners: set[int] = set()
    while True:
        data, fds, _, _ = socket.recv_fds(control, _LARGEST, _MOST_PASSED)
        if not data:
            break  # whoever asked has ended
        request = json.loads(data)
        match request["do"]:
            case "copy":
                answer = os.fork()
                if answer == 0:
                    control.close()
                    control = socket.socket(fileno=fds[0])
                    copies, learners = set(), set()
                    adopt_orphans()
                    continue
                copies.add(answer)
                os.close(fds[0])
            case "fork":
                answer = _fork(request, control, fds)
                learners.add(answer)
            case _:
                learners.discard(request["pid"])
                answer = _end(request["pid"])
        _clear_up(copies, learners)
        control.send(b"%d\n" % answer)
    for pid in learners:
        _end(pid)
    _clear_up(set(), set())


def import_what_is_used() -> None:
    """Import what a learner's process is likely to need."""
    import mimetypes

    # The command line of httpx, which it can do without, takes a quarter of the time; and what it
    # brings along, each fork would take longer for.
    modules: dict[str, Any] = sys.modules
    modules.setdefault(_UNUSED, None)
    for name in _USED:
        importlib.import_module(name)
    if modules[_UNUSED] is None:
        del modules[_UNUSED]
    mimetypes.init()  # reads files of the system, which a learner's process may not


def _fork(request: dict[str, Any], control: socket.socket, fds: list[int]) -> int:
    pid = os.fork()
    if pid == 0:
        _become(request, control, *fds)
    for fd in fds:
        os.close(fd)
    return pid


def _become(
    request: dict[str, Any], control: socket.socket, wire: int, out: int, *others: int
) -> None:
    """Play the part that `request` asks for, to the end."""
    status = BROKEN
    try:
        walls.die_with_parent()
        control.close()
        os.setsid()
        os.dup2(out, 1)
        os.dup2(out, 2)
        close_all_but(wire, *others)
        os.chdir(request["home"])
        os.environ["HOME"] = os.environ["TMPDIR"] = request["home"]
        importlib.import_module(request["part"]).main(Wire(wire), request, *others)
        status = 0
    except BaseException:
        with contextlib.suppress(BaseException):
            import traceback

            traceback.print_exc()
    finally:
        os._exit(status)


def close_all_but(*kept: int) -> None:
    """Close every descriptor but `kept` and the standard ones."""
    first = 3
    for fd in sorted(kept):
        os.closerange(first, fd)
        first = fd + 1
    os.closerange(first, 256)


def forget_the_kit() -> None:
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
    kill(pid)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def kill(pid: int) -> None:
    """Kill a process, and the group that it leads."""
    # macOS does not permit it when all that is left of the group has ended.
    for send in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            send(pid, signal.SIGKILL)


# --- orphans -------------------------------------------------------------------------------------


def adopt_orphans() -> None:
    """Become the parent of every process below this one whose own parent ends (Linux)."""
    if sys.platform == "linux":
        Kernel().prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _clear_up(copies: set[int], learners: set[int]) -> None:
    """Kill what children this process has beyond `copies` and `learners`: they were left behind by
    some of these. Copies that have ended are forgotten.
    """
    for pid in list(copies):
        if os.waitpid(pid, os.WNOHANG)[0]:
            copies.discard(pid)
    kill_orphans(besides=copies | learners)


def kill_orphans(besides: set[int]) -> None:
    """Kill what children this process has `besides` these, as far as the system tells."""
    for _ in range(_MOST_ORPHANS):
        orphans = _children() - besides
        if not orphans:
            return
        for pid in orphans:
            _end(pid)


def _children() -> set[int]:
    """The processes whose parent this one is, as far as the system tells."""
    try:
        text = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
    except OSError:
        return set()
    return {int(pid) for pid in text.split()}


if __name__ == "__main__":
    _main(socket.socket(fileno=int(sys.argv[1])), *sys.argv[2:])
