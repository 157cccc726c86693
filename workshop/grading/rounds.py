"""The process that runs graded tests: pytest, which has collected them and waits for rounds.

Each round is run by a copy of the process, forked when all is imported and collected, for that
costs more than the tests themselves. Where there is no fork the process runs one round, itself.
"""

from __future__ import annotations

import functools
import gc
import importlib
import json
import os
import re
import signal
import sys
from pathlib import Path

import pytest

from workshop.grading.plugin import graded_session
from workshop.grading.warm import Round
from workshop.isolation import job, walls
from workshop.isolation.cell import OPEN
from workshop.isolation.forking import FORKS
from workshop.isolation.spawn import Spawner
from workshop.isolation.zygote import Zygote, ZygoteGone, import_what_is_used

OUTPUT_CAP = 64 * 2**20
"""Bytes that one file written by a round may hold, printed output included."""

_PLUGINS = (
    "pytest_asyncio.plugin",
    "workshop.grading.plugin",
    "no:cacheprovider",
    "no:unraisableexception",  # it collects garbage ten times at the end; `stage` sees more
)
_NEEDED = (
    "anyio._backends._asyncio",
    "httpcore._backends.anyio",
    "workshop.services._app",
    "workshop.services._controller",
    "workshop.services._transport",
)
"""What tests would import while they run."""


class _Rounds:
    """A pytest plugin that hands pytest's own loop the tests of the rounds that are asked for."""

    def __init__(self, answers: int) -> None:
        self._answers = answers
        self._zygote = Zygote() if FORKS else None
        self._spawner = None if FORKS else Spawner(alone=True)
        self._folder: Path

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Leave pytest the tests of one round; in the process that makes copies, leave it none."""
        for name in _NEEDED:
            importlib.import_module(name)
        round = self._next()
        if round is None:
            return True
        os.chdir(round.scratch)
        self._folder = Path(round.scratch) / OPEN / "tmp"
        session.items[:] = [
            item
            for item in session.items
            if str(item.path) == round.tests and item.name not in round.done
        ]
        source = self._zygote or self._spawner
        graded_session(session.config).begin(round, session.items, source)
        return None

    def pytest_unconfigure(self) -> None:
        """End what was made ready for a test that did not come."""
        if self._spawner is not None:
            self._spawner.close()

    @pytest.fixture
    def tmp_path(self, request: pytest.FixtureRequest) -> Path:
        """As pytest's own, but where the learner's process may write."""
        folder = self._folder / re.sub(r"\W", "_", request.node.name)[:60]
        folder.mkdir(parents=True)
        return folder

    def _next(self) -> Round | None:
        """The round for this process: one in each copy, none in the one that they are made of."""
        sys.stdout.flush()
        if not FORKS:
            assert sys.__stdin__ is not None
            number, round = _read(sys.__stdin__.readline())
            _print_into(round.log)
            _answer(self._answers, number, "pid", os.getpid())
            return round
        assert self._zygote is not None
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        # A copy collects garbage after each test that fails. What is here by now is none.
        gc.freeze()
        for line in sys.stdin:
            number, round = _read(line)
            if not round.isolated:
                _be_ready_for_a_learner()
            try:
                zygote = self._zygote.copy()
            except ZygoteGone:
                break  # nothing can be isolated any more
            if os.fork() == 0:
                self._zygote = zygote
                _supervise(number, self._answers)
                _settle(round.log)
                return round
            zygote.close()
        self._zygote.close()
        return None


@functools.cache
def _be_ready_for_a_learner() -> None:
    """Import what learners' code is likely to, once, for the copies that are going to run it."""
    import_what_is_used()
    gc.freeze()


def _supervise(number: int, answers: int) -> None:
    """Make one more copy, and tell when it begins and how it ends. Returns in that copy alone."""
    walls.die_with_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        walls.die_with_parent()
        os.close(answers)
        return
    _answer(answers, number, "pid", pid)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    _answer(answers, number, "status", status)
    os._exit(0)


def _settle(log: Path) -> None:
    """Be a process of one's own: session, output and limits."""
    import resource

    os.setsid()
    _print_into(log)
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT_CAP, OUTPUT_CAP))


def _print_into(log: Path) -> None:
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for old, new in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(old, new)


def _read(line: str) -> tuple[int, Round]:
    request = json.loads(line)
    return request["number"], Round(**request["round"])


def _answer(answers: int, number: int, what: str, value: int) -> None:
    # Lines as short as these are written whole, whoever else writes.
    os.write(answers, f"{number} {what} {value}\n".encode())


def _main(kit: str, *tests: str) -> int:
    job.hold_what_is_started()
    # What pytest prints goes to stderr, for stdout is how the process answers.
    answers = os.dup(1)
    os.dup2(2, 1)
    # The tracebacks are our own; the native ones cost pytest the least until then. Copies cannot
    # share the file into which pytest would capture.
    args = ["-q", "--tb=native", "--capture=no" if FORKS else "--capture=sys"]
    args += ["-c", str(Path(kit) / "pyproject.toml"), "--rootdir", kit]
    plugins = [arg for name in _PLUGINS for arg in ("-p", name)]
    return int(pytest.main([*plugins, *args, *tests], plugins=[_Rounds(answers)]))


if __name__ == "__main__":
    # It ends with its input, and so with whoever asks: not with the thread that has started it,
    # as a process would that dies with its parent.
    status = _main(*sys.argv[1:])
    sys.stdout.flush()
    os._exit(status)
