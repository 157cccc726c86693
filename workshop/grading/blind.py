"""Marks the tests that a learner has written, by the modules that they reject.

They run on right modules, our answers and others, and on wrong ones, in random order; which is
which, neither they nor the process that they run in can see.
"""

from __future__ import annotations

import os
import random
import secrets
import select
import shutil
import signal
import threading
import time
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workshop.course import Exercise, load_course
from workshop.demands import WrongModule, load_demands
from workshop.grading.scoring import MOST_TESTS, Scores, Trial, tested
from workshop.grading.shapes import shapes
from workshop.grading.timer import ringing
from workshop.grading.verdict import NAME_LIMIT, OUTPUT_LIMIT, Verdict
from workshop.isolation import walls
from workshop.isolation.process import LearnersProcess, ending
from workshop.isolation.scratch import holds_more, remove, scratch_folder
from workshop.isolation.submission import problem_of
from workshop.isolation.wire import WireError, words
from workshop.isolation.zygote import Zygote

PATIENCE = 25.0
"""Seconds without news of a process of tests, after which it is ended. Its own limit on a test is
shorter."""
LONGEST = 120.0
"""Seconds that one process of tests may take in all."""
ALL_RUNS = 300.0
"""Seconds that all of them may take, whatever the tests wait for. Good ones take two or three."""
JOBS = 2 * (os.cpu_count() or 1)
"""Runs beside each other: a test waits as long as it works."""
TESTS, MODULES = "workshop.grading.tester", "workshop.isolation.under_test"
_TOO_LONG = "took too long in all"
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


def mark_tests(
    exercise: Exercise, submission: Path, testers: Testers, seconds: float | None = None
) -> Verdict:
    """Mark `exercise`, of kind `tests`, as it stands in the folder `submission`. What the tests
    have not been run on after so many `seconds` has the status `timeout`.

    Raises CourseError when its `marking.toml` cannot be used, ZygoteGone when no process can be
    started.
    """
    course = load_course(exercise.kit)
    demands, subjects = load_demands(course, exercise), course.subjects_of(exercise)
    scores = Scores(course, exercise, demands)
    file = submission / exercise.file_name
    if problem := _problem(file):
        return scores.unusable(problem)
    with scratch_folder() as scratch:
        runs = _Runs(file, subjects, scratch, testers, seconds)
        first, *others = _right_casts(subjects)
        scores.begin(runs.run(_Job(first), explain=True))
        if scores.counted and not scores.rejected:
            _try_out(runs, scores, others or [first], demands.catch)
    return scores.verdict(runs.walls, runs.seconds)


def _try_out(
    runs: _Runs, scores: Scores, right: list[Cast], mutants: tuple[WrongModule, ...]
) -> None:
    """Run the tests on the casts of `right` and on `mutants`, all mixed: who runs when says
    nothing. Then once more on the mutants that were caught, in the very same way, for who could
    tell that run from the first would know what it runs on. What is rejected by chance scores
    nothing.
    """
    wrong = {one: _Job(_wrong_cast(runs.subjects, one), scores.counted) for one in mutants}
    made = runs.run_all([*map(_Job, right), *wrong.values()])
    scores.right += made[: len(right)]
    if scores.rejected:
        _explain(runs, scores, right)
        return
    scores.wrong = {one: [run] for one, run in zip(wrong, made[len(right) :], strict=True)}
    again = {one: wrong[one] for one, (run,) in scores.wrong.items() if run.failed(scores.counted)}
    for one, run in zip(again, runs.run_all(list(again.values())), strict=True):
        scores.wrong[one].append(run)


def _explain(runs: _Runs, scores: Scores, right: list[Cast]) -> None:
    """Run the tests once more on the first right modules that they reject, and have them tell
    which values their assertions saw, as on our own answers: otherwise that costs time.
    """
    for place, cast in enumerate(right, start=1):
        if scores.right[place].failed(scores.counted):
            told = runs.run(_Job(cast), explain=True)
            if told.failed(scores.counted):
                scores.right[place] = told
            return


def _problem(file: Path) -> str | None:
    """Why there is nothing to run, in a sentence; None when there is."""
    if problem := problem_of(file):
        return problem
    return None if file.exists() else f"There is no {file.name} in this folder."


Cast = dict[str, Path]
"""For each module under test, by name, the file that plays it."""


def _right_casts(subjects: Iterable[Exercise]) -> list[Cast]:
    """Our answers; then other right modules, until each has been in one."""
    right = {one.name: [one.reference, *one.alternatives] for one in subjects}
    most = max(map(len, right.values()))
    return [{name: files[i % len(files)] for name, files in right.items()} for i in range(most)]


def _wrong_cast(subjects: Iterable[Exercise], wrong: WrongModule) -> Cast:
    return {one.name: one.reference for one in subjects} | {wrong.subject.name: wrong.path}


@dataclass(frozen=True)
class _Job:
    """A run of the tests on `cast`. It is over when one of `until` fails, which the tests' process
    is not told: whatever it knows must be the same for right modules and wrong ones.
    """

    cast: Cast
    until: Collection[str] = ()


class _Runs:
    """Runs one file of tests on one cast after the other, each time in new processes."""

    def __init__(
        self,
        file: Path,
        subjects: Iterable[Exercise],
        scratch: Path,
        testers: Testers,
        seconds: float | None,
    ) -> None:
        self._file = file
        self.subjects = tuple(subjects)
        self._shapes = {one.name: shapes(one.stub) for one in self.subjects}
        self._scratch = scratch
        self._testers = testers
        self.seconds = ALL_RUNS if seconds is None else min(seconds, ALL_RUNS)
        """What all runs may take."""
        self._end = time.monotonic() + self.seconds
        self.walls = [name for name in walls.standing() if name not in _KEPT_OUT]

    def run_all(self, jobs: list[_Job]) -> list[Trial]:
        """Do all `jobs`, in random order and several at once."""
        order = random.SystemRandom().sample(range(len(jobs)), len(jobs))
        with ThreadPoolExecutor(JOBS) as threads:
            runs = dict(zip(order, threads.map(lambda i: self.run(jobs[i]), order), strict=True))
        return [runs[i] for i in range(len(jobs))]

    def run(self, job: _Job, *, explain: bool = False) -> Trial:
        """Do `job`, in folders whose names nobody guesses: of a file that may not be read, the
        kernel still tells the size.
        """
        seconds = min(LONGEST, self._end - time.monotonic())
        if seconds <= 0:
            return _too_late(Trial())
        folder, hidden = (self._scratch / secrets.token_hex(16) for _ in range(2))
        open_folder = folder / "open"
        for path in (folder / "tests", open_folder / "home", hidden):
            path.mkdir(parents=True)
        file = Path(shutil.copyfile(self._file, folder / "tests" / self._file.name))
        for name, path in job.cast.items():
            shutil.copyfile(path, hidden / f"{name}.py")
        both: dict[str, Any] = {
            "shapes": self._shapes,
            "home": str(open_folder / "home"),
            "scratch": [str(open_folder)],
            "walls": self.walls,
        }
        modules_setup = both | {"part": MODULES, "folder": str(hidden)}
        modules_setup |= {"readable": [str(folder / "tests")]}  # a test may upload itself
        tests_setup = both | {"part": TESTS, "file": str(file)}
        tests_setup |= {"explain": explain}
        with ExitStack() as stack:
            modules = LearnersProcess(self._testers.modules, modules_setup, folder)
            stack.callback(_end, modules)
            tester = LearnersProcess(self._testers.tests, tests_setup, folder, modules.fileno())
            stack.callback(_end, tester)
            run = _listen(tester, open_folder, job.until, seconds)
        remove(hidden)
        remove(folder)
        return _too_late(run) if run.lost and time.monotonic() >= self._end else run


def _too_late(run: Trial) -> Trial:
    return replace(run, lost=_TOO_LONG, too_late=True)


def _end(process: LearnersProcess) -> None:
    process.hang_up()
    if process.pid:
        process.end()
    process.close()


def _listen(
    tester: LearnersProcess, open_folder: Path, until: Collection[str], seconds: float
) -> Trial:
    """What the tests' process tells, until it has told all, or of one of `until` that failed, or
    has to be ended: at the latest after so many `seconds`.
    """
    run = Trial()
    too_long = threading.Event()

    def end() -> None:
        too_long.set()
        tester.hang_up()

    try:
        with ringing(seconds, end):
            while not run.over and not run.failed(until):
                _await_news(tester, open_folder)
                _note(run, tester.wire.receive())
    except WireError:
        run.lost = "broke off the conversation with whoever marks them"
        if too_long.is_set():
            run.lost = _TOO_LONG
    except _Hopeless as error:
        run.lost = str(error)
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
        if holds_more(open_folder):
            raise _Hopeless("left too much on the disk")


def _note(run: Trial, message: dict[str, Any]) -> None:
    """Take in one message. Raises WireError when it is none that a process of tests sends."""
    match message:
        case {"op": "broken", "text": str(text)}:
            run.broken, run.over = words(text, OUTPUT_LIMIT), True
        case {"op": "collected", "names": list(names)}:
            run.names = [words(name, NAME_LIMIT) for name in names[:MOST_TESTS]]
        case {"op": "started", "name": str(name)}:
            run.under_way = words(name, NAME_LIMIT)
        case {"op": "ended"}:
            run.add(tested(message))
        case {"op": "over"}:
            run.over = True
        case _:
            raise WireError("a message of no known kind")
