"""Marks the tests that a learner has written, by the modules that they reject.

They run on right modules, our answers and others, and on wrong ones, in random order; which is
which, neither they nor the process that they run in can see.
"""

from __future__ import annotations

import os
import random
import select
import shutil
import signal
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

from workshop.blind import WrongModule, load_marking
from workshop.course import Exercise, load_course
from workshop.grading.kinds import kinds
from workshop.grading.scoring import Run, Scores, tested
from workshop.grading.verdict import Verdict
from workshop.isolation import walls
from workshop.isolation.process import LearnersProcess, ending
from workshop.isolation.scratch import (
    DISK_DEPTH,
    DISK_FILES,
    DISK_SIZE,
    empty,
    holds_more,
    scratch_folder,
)
from workshop.isolation.wire import WireError
from workshop.isolation.zygote import Zygote

PATIENCE = 25.0
"""Seconds without news of a process of tests, after which it is ended. Its own limit on a test is
shorter."""
LONGEST = 120.0
"""Seconds that one process of tests may take in all."""
JOBS = 2 * (os.cpu_count() or 1)
"""Runs beside each other: a test waits as long as it works."""
LARGEST = 2**20
"""Bytes that a file of tests may hold."""
TESTS, MODULES = "workshop.grading.tester", "workshop.isolation.subjects"
_KEPT_OUT = {"notify", "audit"}
"""Walls that stand around learners' modules alone: nobody counts what these processes do."""


class Testers:
    """Starts the processes of tests and of the modules under test, until it is closed."""

    def __init__(self) -> None:
        self.tests = Zygote(TESTS)
        self.modules = Zygote(MODULES)

    @property
    def pids(self) -> list[int]:
        """The processes that it keeps."""
        return [self.tests.pid, self.modules.pid]

    def close(self) -> None:
        """End them, with all that they have started."""
        self.tests.close()
        self.modules.close()


def mark_tests(exercise: Exercise, submission: Path, testers: Testers) -> Verdict:
    """Mark `exercise`, of kind `tests`, as it stands in the folder `submission`.

    Raises CourseError when its `marking.toml` cannot be used, ZygoteGone when no process can be
    started.
    """
    course = load_course(exercise.kit)
    marking, subjects = load_marking(course, exercise), course.subjects_of(exercise)
    scores = Scores(course, exercise, marking)
    file = submission / exercise.file_name
    if problem := _problem(file):
        return scores.unusable(problem)
    with scratch_folder() as scratch:
        stage = _Runs(file, subjects, scratch, testers)
        first, *others = _right_casts(subjects)
        scores.begin(stage.run(first, None, explain=True))
        if scores.counted and not scores.rejected:
            scores.right += stage.run_all((cast, None) for cast in others)
        if scores.counted and not scores.rejected:
            _try_out(stage, scores, marking.catch)
    return scores.verdict(stage.walls)


def _try_out(stage: _Runs, scores: Scores, mutants: tuple[WrongModule, ...]) -> None:
    """Run the tests on each of `mutants`, and once more on those that were caught, beginning with
    the test that did it: what is rejected by chance scores nothing.
    """
    casts = [_wrong_cast(stage.subjects, one) for one in mutants]
    runs = stage.run_all((cast, scores.counted) for cast in casts)
    scores.wrong = list(zip(mutants, runs, strict=True))
    caught = [(cast, run.failed(scores.counted)) for cast, run in zip(casts, runs, strict=True)]
    again = iter(
        stage.run_all(
            (cast, [test, *(one for one in scores.counted if one != test)])
            for cast, test in caught
            if test
        )
    )
    scores.again = [next(again) if test else None for _, test in caught]


def _problem(file: Path) -> str | None:
    """Why there is nothing to run, in a sentence; None when there is."""
    if not file.is_file() or file.is_symlink():
        return f"There is no {file.name} in this folder."
    if file.stat().st_size >= LARGEST:
        return f"{file.name} is larger than {LARGEST // 2**20} MiB."
    return None


Cast = dict[str, Path]
"""For each module under test, by name, the file that plays it."""


def _right_casts(subjects: Iterable[Exercise]) -> list[Cast]:
    """Our answers; then other right modules, until each has been in one."""
    right = {one.name: [one.reference, *one.alternatives] for one in subjects}
    most = max(map(len, right.values()))
    return [{name: files[i % len(files)] for name, files in right.items()} for i in range(most)]


def _wrong_cast(subjects: Iterable[Exercise], wrong: WrongModule) -> Cast:
    return {one.name: one.reference for one in subjects} | {wrong.subject.name: wrong.path}


class _Runs:
    """Runs one file of tests on one cast after the other, each time in new processes."""

    def __init__(
        self, file: Path, subjects: Iterable[Exercise], scratch: Path, testers: Testers
    ) -> None:
        self._file = file
        self.subjects = tuple(subjects)
        self._kinds = {one.name: kinds(one.stub) for one in self.subjects}
        self._scratch = scratch
        self._testers = testers
        self._numbers = count()
        self.walls = [name for name in walls.standing() if name not in _KEPT_OUT]

    def run_all(self, casts: Iterable[tuple[Cast, list[str] | None]]) -> list[Run]:
        """Run the tests on each cast, in random order and several at once."""
        casts = list(casts)
        order = random.SystemRandom().sample(range(len(casts)), len(casts))
        with ThreadPoolExecutor(JOBS) as threads:
            runs = dict(zip(order, threads.map(lambda i: self.run(*casts[i]), order), strict=True))
        return [runs[i] for i in range(len(casts))]

    def run(self, cast: Cast, until: list[str] | None, *, explain: bool = False) -> Run:
        """Run the tests on `cast`: all, or those of `until` up to one that fails."""
        folder = self._scratch / str(next(self._numbers))
        open_folder = folder / "open"
        for name in ("tests", "modules", "open/home"):
            (folder / name).mkdir(parents=True)
        file = Path(shutil.copyfile(self._file, folder / "tests" / self._file.name))
        for name, path in cast.items():
            shutil.copyfile(path, folder / "modules" / f"{name}.py")
        common = {"home": str(open_folder / "home"), "walls": self.walls}
        modules = {"folder": str(folder / "modules"), "modules": list(cast), **common}
        tests: dict[str, Any] = {"file": str(file), "kinds": self._kinds, "until": until, **common}
        tests["explain"] = explain
        with ExitStack() as stack:
            subject = LearnersProcess(
                self._testers.modules,
                {"part": MODULES, "scratch": [str(open_folder)], **modules},
                folder,
            )
            stack.callback(_end, subject)
            tester = LearnersProcess(
                self._testers.tests,
                {"part": TESTS, "scratch": str(open_folder), **tests},
                folder,
                subject.fileno(),
            )
            stack.callback(_end, tester)
            run = _listen(tester, open_folder)
        empty(folder)
        return run


def _end(process: LearnersProcess) -> None:
    process.hang_up()
    if process.pid:
        process.end()
    process.close()


def _listen(tester: LearnersProcess, open_folder: Path) -> Run:
    """What the tests' process tells, until it has told all, or has to be ended."""
    run = Run()
    too_long = threading.Event()

    def end() -> None:
        too_long.set()
        tester.hang_up()

    watch = threading.Timer(LONGEST, end)
    watch.daemon = True
    watch.start()
    try:
        while not run.over:
            _await_news(tester, open_folder)
            _note(run, tester.wire.receive())
    except WireError:
        run.lost = "broke off the conversation with whoever marks them"
        if too_long.is_set():
            run.lost = f"took more than {LONGEST:.0f} seconds in all"
    except _Hopeless as error:
        run.lost = str(error)
    finally:
        watch.cancel()
    if run.lost and (status := tester.end()) != -signal.SIGKILL:
        run.lost = ending(status)
    return run


class _Hopeless(Exception):
    """Nothing more is to be waited for. The text says what the process did."""


def _await_news(tester: LearnersProcess, open_folder: Path) -> None:
    since = time.monotonic()
    while not select.select([tester], [], [], 0.5)[0]:
        if time.monotonic() - since > PATIENCE:
            raise _Hopeless("did not come to an end")
        if holds_more(open_folder, DISK_SIZE, DISK_FILES, DISK_DEPTH):
            raise _Hopeless("left too much on the disk")


def _note(run: Run, message: dict[str, Any]) -> None:
    """Take in one message. Raises WireError when it is none that a process of tests sends."""
    match message:
        case {"op": "broken", "text": str(text)}:
            run.broken, run.over = text, True
        case {"op": "collected", "names": list(names)}:
            run.names = [name for name in names if isinstance(name, str)][:500]
        case {"op": "started", "name": str(name)}:
            run.under_way = name
        case {"op": "ended"}:
            run.add(tested(message))
        case {"op": "over"}:
            run.over = True
        case _:
            raise WireError("a message of no known kind")
