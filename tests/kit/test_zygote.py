"""Whatever a learner's process starts, and whoever dies first, nothing of it goes on running."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from workshop.grading.blind import MODULES, TESTS
from workshop.isolation import evidence
from workshop.isolation.cell import Cell
from workshop.isolation.remote import Isolated
from workshop.isolation.zygote import Zygote, ZygoteGone

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells whose children are")

LONGEST = 20.0
"""Seconds after which a test gives up. What it waits for takes some milliseconds."""


@pytest.fixture
def zygote() -> Iterator[Zygote]:
    zygote = Zygote()
    yield zygote
    zygote.close()


@pytest.fixture
def staged(
    zygote: Zygote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, Zygote], Isolated]:
    """A stage with no wall, where a learner's code may start processes."""
    monkeypatch.setattr("workshop.isolation.cell.walls", SimpleNamespace(standing=lambda: []))

    def staged(source: str, zygote: Zygote) -> Isolated:
        for folder in ("submission", "scratch"):
            (tmp_path / folder).mkdir()
        (tmp_path / "submission" / "ex.py").write_text(source, encoding="utf-8")
        evidence.begin()
        return Cell(tmp_path / "submission", tmp_path / "scratch", zygote).stage("ex")

    return staged


def call(stage: Isolated) -> Any:
    return asyncio.run(asyncio.wait_for(stage.call("answer", None, (), {}), LONGEST))


def end(pids: list[int], zygote: Zygote) -> bool:
    """Whether these processes come to an end while `zygote` is asked for this and that: it takes
    note of what has ended below it whenever it is asked.
    """
    for _ in range(2000):
        if not any(_runs(pid) for pid in pids):
            return True
        zygote.copy().close()
    return False


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


ORPHANS = """
import os

def orphan(deep):
    told, tell = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if deep and os.fork():
            os._exit(0)
        os.write(tell, b"%d" % os.getpid())
        while True:
            os.read(told, 0)
    return int(os.read(told, 20))

async def answer():
    return [os.getpid(), orphan(False), orphan(True)]
"""


@linux
def test_what_a_learners_process_has_started_ends_with_it(staged, zygote):
    stage = staged(ORPHANS, zygote)
    with stage.open():
        stage.load()
        pids = call(stage)

    assert len(set(pids)) == 3
    assert end(pids, zygote)


STAYS = """
import ctypes, os, signal, socket, threading

async def answer():
    if hasattr(ctypes.CDLL(None), "prctl"):
        ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)  # PR_SET_PDEATHSIG: none
    # And whoever speaks for the kit in this process is no more.
    os._exit = lambda status: threading.Event().wait()
    return [os.getpid(), os.getppid()]
"""


def lost(stage: Isolated, lose: Callable[[int], None]) -> list[int]:
    """A learner's process and its zygote, which `lose` has lost while it was under way."""
    pids: list[int] = []

    def during() -> None:
        with stage.open():
            stage.load()
            pids.extend(call(stage))
            lose(pids[1])

    with pytest.raises(ZygoteGone):
        during()
    return pids


def test_a_learners_process_does_not_outlive_its_zygote(staged, zygote):
    """Not even one that has asked the system not to be ended with its parent."""
    stage = staged(STAYS, zygote.copy())

    pids = lost(stage, lambda parent: psutil.Process(parent).kill())

    assert end(pids, zygote)


def test_a_learners_process_ends_when_nobody_holds_its_zygote_any_more(staged, zygote):
    copy = zygote.copy()
    stage = staged(STAYS, copy)

    pids = lost(stage, lambda parent: copy.close())

    assert end(pids, zygote)


def test_a_zygote_that_has_gone_is_told_of(staged, zygote):
    copy = zygote.copy()
    zygote.close()

    with pytest.raises(ZygoteGone):
        zygote.copy()
    with pytest.raises(ZygoteGone), staged("", copy).open():
        pass  # it went with the zygote that it was copied from


def test_several_threads_may_ask_a_zygote_at_the_same_time(zygote, tmp_path):
    (tmp_path / "ex.py").write_text("", encoding="utf-8")
    setup = {
        "part": "workshop.isolation.learner",
        "folder": str(tmp_path),
        "modules": ["ex"],
        "home": str(tmp_path),
        "scratch": [str(tmp_path)],
        "readable": [str(tmp_path)],
        "walls": [],
    }

    def fork_and_end(_: int) -> tuple[int, int]:
        ours, theirs = socket.socketpair()
        with ours, theirs, tempfile.TemporaryFile() as printed:
            pid = zygote.fork(setup, theirs.fileno(), printed.fileno())
            return pid, zygote.end(pid)

    with ThreadPoolExecutor(8) as threads:
        ended = list(threads.map(fork_and_end, range(40)))

    assert {status for _, status in ended} == {-9}
    assert end([pid for pid, _ in ended], zygote)


LEFT = """
import logging, os, sys, tempfile
from workshop.isolation.submission import Submission

there = [name for name in sys.modules if "rehearsed" in name]

async def answer():
    submissions = [finder for finder in sys.meta_path if isinstance(finder, Submission)]
    handlers = logging.getLogger().handlers
    own_folder = tempfile.gettempdir() == os.environ["HOME"]
    return [os.getppid(), there, len(submissions), len(handlers), own_folder]
"""


CAP_SETPCAP = 8


def status(pid: int | str) -> dict[str, str]:
    """What Linux tells of a process."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return {key: value.strip() for key, _, value in (li.partition(":") for li in text.splitlines())}


REHEARSED = """
from workshop.isolation import rehearsal

class Learner(rehearsal.Returning):
    def _send_done(self, number, reply):
        print("error" in reply)
        super()._send_done(number, reply)

rehearsal.Returning = Learner
rehearsal.rehearse()
"""


def test_what_is_rehearsed_does_not_fail():
    command = [sys.executable, "-c", REHEARSED]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=True)
    assert set(ran.stdout.split()) == {"False"}
    assert ran.stderr == ""


def test_nothing_of_the_rehearsal_is_left(staged, zygote):
    stage = staged(LEFT, zygote)
    with stage.open():
        stage.load()
        parent, modules, submissions, handlers, own_folder = call(stage)

    assert parent == zygote.pid
    assert (modules, submissions, handlers, own_folder) == ([], 1, 1, True)
    assert psutil.Process(zygote.pid).num_threads() == 1
    if sys.platform == "linux":  # the walls of the rehearsal have fallen with its thread
        here, there = status("self"), status(zygote.pid)
        walls = "NoNewPrivs", "Seccomp", "CapEff"
        assert [there[wall] for wall in walls] == [here[wall] for wall in walls]


@pytest.mark.parametrize("part", [TESTS, MODULES])
def test_nothing_runs_on_in_a_process_that_is_copied(part):
    zygote = Zygote(part)
    try:
        zygote.copy().close()  # it answers when it has rehearsed
        process = psutil.Process(zygote.pid)
        assert process.num_threads() == 1
        assert len(process.net_connections("all")) == 1  # to us
    finally:
        zygote.close()


@linux
def test_no_fork_can_regain_a_privilege(zygote):
    """Not behind a single wall, and not by the program of somebody who has it."""
    if not int(status("self")["CapEff"], 16) >> CAP_SETPCAP & 1:
        pytest.skip("who may not take away privileges has none that a fork could regain")
    copy = zygote.copy()
    try:
        pids = [child.pid for child in psutil.Process(zygote.pid).children()]
        assert len(pids) == 1
        assert {status(pid)["CapBnd"].strip("0") for pid in [zygote.pid, *pids]} == {""}
    finally:
        copy.close()
