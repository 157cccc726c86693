"""Starts the processes that run graded tests, and ends them."""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workshop.isolation.forking import FORKS

if TYPE_CHECKING:
    from workshop.course import Exercise
    from workshop.grading.blind import Testers

PATIENCE = 30.0
"""Seconds for an answer that a process owes at once. Machines get busy."""
_log = logging.getLogger(__name__)


class GradingError(Exception):
    """The graded tests could not be run at all. The text says why."""


@dataclass(frozen=True)
class Round:
    """One pass over the tests of one file that are not `done` yet, by name.

    `scratch` is a folder of the round's own.
    """

    tests: str
    submission: str
    scratch: str
    done: list[str]
    isolated: bool
    """Whether the learner's code runs in processes of its own."""

    @property
    def marks(self) -> Path:
        """The file that gets a line of JSON for each test that starts, and each that ends."""
        return Path(self.scratch) / "marks"

    @property
    def log(self) -> Path:
        """The file that gets what pytest prints."""
        return Path(self.scratch) / "log"


class Run:
    """A round under way, in a process of its own."""

    def __init__(self, said: Callable[[], str]) -> None:
        self.pid: Future[int] = Future()
        self.status: Future[int] = Future()
        self._said = said

    def wait(self, seconds: float) -> int | None:
        """The exit status (negative: the signal that ended it), or None after `seconds`.

        Raises GradingError when the process that it is a copy of has ended.
        """
        try:
            return self.status.result(seconds)
        except TimeoutError:
            return None

    def end(self) -> None:
        """End it, with everything that it has started. One that stays all the same is logged and
        left behind: what it has not marked, another run can.

        Raises GradingError when the process that it is a copy of has ended.
        """
        try:
            pid = self.pid.result(PATIENCE)
            if not self.status.done():
                _kill(pid)
            self.status.result(PATIENCE)
        except TimeoutError:
            pid = self.pid.result() if self.pid.done() else 0
            state = _state(pid) if pid else "it never began"
            _log.warning("A process of graded tests does not end: %s. %s", state, self._said())

    def lost(self, status: int | GradingError) -> None:
        """Nothing more will be heard of it than that its process ended with `status`, or why that
        is not known.
        """
        for future in (self.pid, self.status):
            if future.done():
                continue
            if isinstance(status, int):
                future.set_result(status)
            else:
                future.set_exception(status)


class Warm:
    """Runs rounds, several at once and from any thread. A context manager: leaving it ends all.

    It keeps a process that has the tests of `exercises` ready, and runs each round in a copy of
    it; where processes cannot be copied, in a new one.
    """

    def __init__(self, kit: Path, exercises: Iterable[Exercise]) -> None:
        graded = [str(exercise.graded) for exercise in exercises if exercise.kind == "code"]
        self._kit = str(kit)
        self._processes = [_Process([self._kit, *graded])] if FORKS and graded else []
        self._testers: Testers | None = None
        self._lost: list[Testers] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Warm:
        return self

    def __exit__(self, *error: object) -> None:
        for process in self._processes:
            process.close()
        for testers in [*self._lost, *filter(None, [self._testers])]:
            testers.close()

    @property
    def pids(self) -> list[int]:
        """The processes that it keeps; all that marking starts lies below them."""
        kept = self._testers.pids if self._testers else []
        return [*(process.pid for process in self._processes if not process.gone), *kept]

    def testers(self) -> Testers:
        """What runs the tests that learners have written, begun when it is first asked for.

        Raises GradingError where that is not possible.
        """
        from workshop.grading.blind import Testers

        if not FORKS:
            raise GradingError(
                "Tests that you write cannot be marked here, where processes cannot be copied. Run "
                "them on your own modules instead: pytest exercises/test_ex06_markers.py, say."
            )
        with self._lock:
            self._testers = self._testers or Testers()
            return self._testers

    def lose(self, testers: Testers) -> None:
        """Begin others when they are asked for next time, for a process of `testers` is gone. What
        still runs there comes to its end.
        """
        with self._lock:
            if self._testers is testers:
                self._lost.append(testers)
                self._testers = None

    def start(self, round: Round) -> Run:
        """Run the tests of `round`. Raises GradingError when that is not possible."""
        if FORKS:
            return self._processes[0].start(round)
        process = _Process([self._kit, round.tests])
        with self._lock:
            ended = [one for one in self._processes if one.gone]
            self._processes = [one for one in self._processes if not one.gone] + [process]
        for one in ended:
            one.close()
        return process.start(round)


class _Process:
    """A process of `workshop.grading.rounds`: a line asks for a round, lines answer."""

    def __init__(self, args: list[str]) -> None:
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - close() closes it
        # Only what is named in `rounds` is loaded: autoloading plugins costs more than the tests.
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "workshop.grading.rounds", *args],
            env=kept | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            start_new_session=True,
        )
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._runs: dict[int, Run] = {}
        self._gone = False
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def gone(self) -> bool:
        """Has it ended?"""
        return self._gone

    def start(self, round: Round) -> Run:
        assert self._process.stdin
        with self._lock:
            run = Run(self._said)
            number = next(self._numbers)
            request = {"number": number, "round": asdict(round)}
            self._runs[number] = run
            try:
                self._process.stdin.write(json.dumps(request).encode() + b"\n")
                self._process.stdin.flush()
            except OSError:
                self._gone = True
            if self._gone:
                raise self._why()
        return run

    def close(self) -> None:
        """End it, with every round that is still under way."""
        assert self._process.stdin and self._process.stdout
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._listener.join(PATIENCE)
        if self._process.returncode is None:  # else its number may mean another one by now
            _kill(self._process.pid)
        self._process.wait()
        self._listener.join(PATIENCE)
        if not self._listener.is_alive():  # else somebody still holds the other end
            self._process.stdout.close()
        self._words.close()

    def _why(self) -> GradingError:
        words = f"The process that runs the graded tests has ended. {self._said()}"
        return GradingError(words.strip())

    def _said(self) -> str:
        """The end of what it has printed: its own errors, if there were any."""
        self._words.seek(0)  # the process writes on where reading ends: at the end, as before
        return self._words.read()[-2000:].decode("utf-8", "replace")

    def _listen(self) -> None:
        # Each line holds a run's number, and its process id or the status that it ended with.
        assert self._process.stdout
        for line in self._process.stdout:
            number, what, value = line.split()
            if what == b"pid":
                self._runs[int(number)].pid.set_result(int(value))
            else:
                self._runs.pop(int(number)).status.set_result(int(value))
        with self._lock:
            self._gone = True
            for run in self._runs.values():
                run.lost(self._why() if FORKS else self._process.wait())


def _state(pid: int) -> str:
    """What the system tells of a process, in a few words: where it waits, if it is known."""
    facts = []
    for name in ("stat", "wchan"):
        try:
            facts.append(Path(f"/proc/{pid}/{name}").read_text("utf-8", "replace")[:200].strip())
        except OSError:
            facts.append(f"no {name}")
    return f"{pid}, {'; '.join(facts)}"


def _kill(pid: int) -> None:
    """Kill the process, and the session that it may lead."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
