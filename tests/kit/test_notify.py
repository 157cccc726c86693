"""What the kernel tells of a process, tried on a real one."""

from __future__ import annotations

import os
import socket
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

import pytest

from workshop.isolation import capabilities, notify, seccomp, walls
from workshop.isolation.kernel import Kernel

pytestmark = pytest.mark.skipif(
    walls.obstacle("notify") is not None, reason="this kernel tells nobody"
)


class Notes:
    """Notes what it is told, and lets everything go on at once but what is in `kept`."""

    def __init__(self, kept: str | None = None) -> None:
        self.seen: Queue[tuple[str, str, int]] = Queue()
        self.kept: Queue[Callable[[], None]] = Queue()
        self._keep = kept

    def sleeping(self, thread: int) -> None:
        self.seen.put(("slept", "", thread))

    def opening(self, path: str, thread: int, go_on: Callable[[], None]) -> None:
        self.seen.put(("opened", path, thread))
        if self._keep and path.endswith(self._keep):
            self.kept.put(go_on)
        else:
            go_on()


@contextmanager
def watched(code: str, notes: Notes, folder: Path) -> Iterator[tuple[int, socket.socket]]:
    """Runs `code` in a process that is listened to; it has a socket to the test as `test`."""
    ours, theirs = socket.socketpair()
    ours.settimeout(60)
    pid = os.fork()
    if pid == 0:
        ours.close()
        _run(code, theirs, folder)
    theirs.close()
    _, fds, _, _ = socket.recv_fds(ours, 1, 1)
    listener = notify.Listener(fds[0], notes)
    try:
        ours.send(b"go")
        yield pid, ours
    finally:
        ours.close()
        os.waitpid(pid, 0)
        listener.close()


def _run(code: str, test: socket.socket, folder: Path) -> None:
    status = 1
    try:
        os.chdir(folder)
        Kernel().prctl(capabilities.PR_SET_NO_NEW_PRIVS, 1)
        fd = seccomp.tell()
        socket.send_fds(test, [b"f"], [fd])
        os.close(fd)
        test.recv(2)
        exec(textwrap.dedent(code), {"test": test, "os": os})
        status = 0
    finally:
        sys.stdout.flush()
        os._exit(status)


def test_tells_who_opens_which_file_for_writing(tmp_path):
    notes = Notes()
    code = """
        open("plain.txt", "w").close()
        open("plain.txt").close()
        os.close(os.open(b"low.txt", os.O_RDWR | os.O_CREAT))
        folder = os.open(".", os.O_RDONLY)
        os.close(os.open("beside.txt", os.O_WRONLY | os.O_CREAT, dir_fd=folder))
        test.send(b"done")
        test.recv(1)
    """
    with watched(code, notes, tmp_path) as (pid, test):
        test.recv(4)
        here = os.path.realpath(tmp_path)
        expected = [(f"{here}/{name}.txt", pid) for name in ("plain", "low", "beside")]
        seen = [notes.seen.get_nowait()[1:] for _ in range(notes.seen.qsize())]

    assert seen == expected


def test_a_thread_waits_until_it_may_go_on(tmp_path):
    notes = Notes(kept="kept.txt")
    code = """
        import threading
        thread = threading.Thread(target=lambda: open("kept.txt", "w").close())
        thread.start()
        test.send(b"begun")
        thread.join()
        test.send(b"ended")
        test.recv(1)
    """
    with watched(code, notes, tmp_path) as (pid, test):
        assert test.recv(5) == b"begun"
        go_on = notes.kept.get(timeout=60)
        there_before = (tmp_path / "kept.txt").exists()
        go_on()
        go_on()  # twice changes nothing
        assert test.recv(5) == b"ended"
        what, _, thread = notes.seen.get_nowait()

    assert not there_before
    assert (tmp_path / "kept.txt").exists()
    assert (what, thread == pid) == ("opened", False)


def test_tells_which_thread_sleeps(tmp_path):
    notes = Notes()
    code = """
        import threading, time
        time.sleep(0.001)
        thread = threading.Thread(target=time.sleep, args=(0.001,))
        thread.start()
        thread.join()
        test.send(b"done")
        test.recv(1)
    """
    with watched(code, notes, tmp_path) as (pid, test):
        test.recv(4)
        seen = [notes.seen.get_nowait() for _ in range(notes.seen.qsize())]

    assert [(what, thread == pid) for what, _, thread in seen] == [
        ("slept", True),
        ("slept", False),
    ]


def test_a_process_that_dies_while_it_waits_leaves_nobody_waiting(tmp_path):
    notes = Notes(kept="kept.txt")
    code = """
        import threading
        threading.Thread(target=lambda: open("kept.txt", "w").close()).start()
        test.recv(1)
    """
    with watched(code, notes, tmp_path):
        go_on = notes.kept.get(timeout=60)

    go_on()
    assert not (tmp_path / "kept.txt").exists()
