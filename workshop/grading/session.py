"""One pytest run of graded tests: what each test saw, and the result it comes to.

The tests that a learner writes run in the same way: their modules are stand-ins, and each test has
a stage. But nobody marks them here, so all that comes of a failure is a short traceback.
"""

from __future__ import annotations

import gc
import json
import linecache
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from workshop.course import Exercise, load_course
from workshop.diagnosis import Finding, diagnose
from workshop.grading.shapes import shapes
from workshop.grading.stand_ins import StandInFinder
from workshop.grading.timer import interrupting, ringing
from workshop.grading.verdict import OUTPUT_LIMIT, Diagnosis, TestResult
from workshop.grading.warm import Round
from workshop.grading.wording import diagnosis_of, explain, idea_of
from workshop.isolation import evidence
from workshop.isolation.cell import Cell
from workshop.isolation.evidence import Spot, plain, steady
from workshop.isolation.forking import FORKS
from workshop.isolation.patience import Patience
from workshop.isolation.remote import Died, Flooded, Isolated
from workshop.isolation.spawn import Spawner
from workshop.isolation.stage import InProcess, Stage, TimeLimit
from workshop.isolation.submission import SubmissionError
from workshop.isolation.zygote import Zygote

LIMIT = 4.0
"""Seconds that one test may take. A right solution needs a tenth of one at most."""
LEARNERS_LIMIT = 20.0
"""Seconds that a learner's own test may take, so that one that waits for ever ends with a word.
A module that blocks may need five to give up, and several of them in one test."""
IMPATIENT = 0.3
"""Seconds to which the limit shrinks, by half each time, while tests run out of it or have to be
ended for sending too much."""
MESSAGE_LIMIT = 4000
"""Characters of a test's message."""


class GradedSession:
    """The submission under test, and the results so far.

    Without a `folder`, graded tests test what is in `exercises/`, and a learner's tests the modules
    that lie beside them.
    """

    def __init__(self, kit: Path, folder: Path | None) -> None:
        self._course = load_course(kit)
        self._wanted = folder
        self._folder = folder or kit / "exercises"
        self._cell: Cell | None = None
        self._marks: Path | None = None
        self._stubs = {e.name: e.stub for e in self._course.exercises if e.kind == "code"}
        self._learners = {e.file_name: e for e in self._course.exercises if e.kind == "tests"}
        self._limit = Patience(LIMIT, IMPATIENT)
        self._item: pytest.Item | None = None
        self._stage: Stage | None = None
        self._result: TestResult | None = None
        self._late = False

    def begin(
        self, round: Round, items: list[pytest.Item], source: Zygote | Spawner | None
    ) -> None:
        """Be about to run the tests `items` of `round`, with the learner's code in processes that
        come from `source` if it says so.
        """
        self._folder = Path(round.submission)
        self._marks = round.marks
        if round.isolated:
            assert source is not None
            self._cell = Cell(self._folder, Path(round.scratch), source)
        for item in items:
            self._note({"collected": asdict(_result(item, "error", "The test was not run."))})

    def owns(self, item: pytest.Item) -> bool:
        """Is `item` a graded test, or one that a learner has written for an exercise?"""
        return self._is_learners(item) or (
            item.path.parent.name in self._stubs
            and item.path.parent.parent == self._course.kit / "tests" / "graded"
        )

    def _is_learners(self, item: pytest.Item) -> bool:
        return item.path.name in self._learners

    @contextmanager
    def stand_ins(self) -> Iterator[None]:
        """While tests are imported, exercise modules are stand-ins."""
        finder = StandInFinder(self._stubs, lambda name: shapes(self._stubs[name]))
        sys.meta_path.insert(0, finder)
        try:
            yield
        finally:
            finder.withdraw()
            # Each test ends with a collection; what is here already need not be looked at again.
            gc.collect()
            gc.freeze()

    @contextmanager
    def test(self, item: pytest.Item) -> Iterator[None]:
        """One test from set-up to tear-down; its result is written at the end."""
        self._item = item
        self._result = None
        self._late = False
        evidence.begin()
        self._stage = self._stage_of(item)
        self._note({"started": asdict(_result(item, "error"))})
        try:
            with self._stage.open(), self._time_limit():
                yield
        finally:
            # Nothing passes unless its call was seen to pass.
            result = self._result or _result(item, "error", "The test did not run to its end.")
            self._note({"ended": asdict(result)})

    def _stage_of(self, item: pytest.Item) -> Stage:
        if self._is_learners(item):
            self._folder = (self._wanted or item.path.parent).resolve()
            return InProcess(self._folder, *self._learners[item.path.name].subjects)
        module = self._exercise.module
        return self._cell.stage(module) if self._cell else InProcess(self._folder, module)

    def load(self) -> None:
        """Import the learner's module for the test that begins."""
        assert self._stage is not None
        self._stage.load()

    def report(self, call: pytest.CallInfo[Any], report: pytest.TestReport) -> None:
        """Turn one phase of the test into its result, if it is the phase that failed."""
        assert self._item is not None
        if self._is_learners(self._item):
            if call.excinfo is not None and report.failed:
                self._shorten(call.excinfo, report)
            return
        if call.excinfo is None:
            if report.when == "call":
                self._result = self._with_output(_result(self._item, "pass"), report)
            return
        if self._result and self._result.status != "pass":
            return  # the first failure is the one that tells
        # asyncio swallows what is raised in a callback; then something else fails in its wake.
        error = TimeLimit() if self._late else call.excinfo.value
        if isinstance(error, TimeLimit | Flooded):
            self._limit.lose()
        expected = f"expected:  {_behaviour(self._item)}"
        self._result = _result(self._item, "fail", expected)
        # Whatever was seen may make no sense: then the plain failure stands.
        with _undisturbed(), suppress(Exception):
            self._result = self._failure(error)
        with _undisturbed(), suppress(Exception):
            self._result = self._with_output(self._result, report)
            report.longrepr = self._frames(call.excinfo)
            report.sections.append(("what to do next", _advice(self._result)))

    def _failure(self, error: BaseException) -> TestResult:
        """The result of a test that has failed with `error`, with the idea behind that."""
        assert self._item is not None and self._stage is not None
        self._stage.last_look()
        seen = evidence.current()
        seen.raised = seen.of_error(error)
        status, message = explain(error, seen, _behaviour(self._item), self._exercise.file_name)
        marker = self._item.get_closest_marker("misconception")
        # That the code cannot be used, or breaks off the conversation, tells of no idea.
        unusable = isinstance(error, SubmissionError)
        declared = marker.args[0] if marker and not unusable else None
        # Of a file that cannot be used, what else was seen is of a test that went no further.
        went_on = not unusable or isinstance(error, Died)
        finding = diagnose(seen, idea_of(error, seen, declared)) if went_on else None
        return _result(self._item, status, message, self._diagnosis(finding))

    def _shorten(self, caught: pytest.ExceptionInfo[BaseException], report: Any) -> None:
        """Leave of a failed learner's test the lines that are the learner's own."""
        assert self._item is not None
        if self._late:
            waiting = evidence.current().waiting
            places = [f"{spot.file}:{spot.line}: waiting\n    {spot.source}" for spot in waiting]
            words = f"{self._item.name} was ended, for it took more than {LEARNERS_LIMIT:.0f} s."
            report.longrepr = "\n".join([*places, words])
        elif any(self._owns_frame(entry) for entry in caught.traceback):
            with suppress(Exception):  # then pytest's own words stand
                report.longrepr = self._frames(caught)

    def _owns_frame(self, entry: Any) -> bool:
        assert self._item is not None
        path = Path(entry.path)
        return path == self._item.path or path.parent == self._folder

    def _frames(self, caught: pytest.ExceptionInfo[BaseException]) -> str:
        """The traceback, with the test's own frames and the learner's, and nobody else's."""
        lines = []
        for entry in caught.traceback:
            path = Path(entry.path)
            if self._owns_frame(entry):
                lines.append(f"{path.name}:{entry.lineno + 1}: in {entry.name}")
                # Not entry.statement, which parses the file: what the collector of garbage runs
                # meanwhile may parse, too, and Python 3.11 cannot do both.
                lines.append(f"    {linecache.getline(str(path), entry.lineno + 1).strip()}")
        if not isinstance(caught.value, TimeLimit):
            lines.append(caught.exconly())
        return "\n".join(lines)

    def _with_output(self, result: TestResult, report: pytest.TestReport) -> TestResult:
        assert self._stage is not None
        printed = self._stage.output() or report.capstdout + report.capstderr
        return replace(
            result,
            message=plain(result.message, MESSAGE_LIMIT),
            output=steady(printed, OUTPUT_LIMIT),
        )

    @property
    def _exercise(self) -> Exercise:
        assert self._item is not None
        return self._course.exercise(self._item.path.parent.name)

    def _diagnosis(self, finding: Finding | None) -> Diagnosis | None:
        if finding is None:
            return None
        spot = finding.spot or Spot("")
        return diagnosis_of(finding.misconception, self._exercise, self._course, spot)

    @contextmanager
    def _time_limit(self) -> Iterator[None]:
        if self._cell and not FORKS:
            with ringing(self._limit.seconds, self._rings):
                yield
            return
        # Only POSIX can interrupt a computation; elsewhere whoever started this process ends it.
        if not hasattr(signal, "setitimer"):
            yield
            return
        learners = self._item is not None and self._is_learners(self._item)
        seconds = LEARNERS_LIMIT if learners else self._limit.seconds
        # In this process it rings again, for code that catches everything and goes on.
        with interrupting(seconds, self._out_of_time, 0 if self._cell else 1.0):
            yield

    def _rings(self) -> None:
        """Time has run out, in a thread of its own: what the test waits for does not come."""
        self._late = True
        if isinstance(self._stage, Isolated):
            self._stage.out_of_time(None)
            self._stage.break_off()

    def _out_of_time(self, number: int, frame: FrameType | None) -> None:
        self._late = True
        if self._stage is not None:
            self._stage.out_of_time(frame)
        raise TimeLimit

    def _note(self, entry: dict[str, Any]) -> None:
        if self._marks is not None:
            with os.fdopen(os.open(self._marks, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "a") as f:
                f.write(json.dumps(entry) + "\n")


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let no alarm ring inside the block, for what it would end there is no learner's code."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    left, interval = signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left, interval)


def _result(
    item: pytest.Item,
    status: Any,
    message: str = "",
    diagnosis: Diagnosis | None = None,
) -> TestResult:
    marker = item.get_closest_marker("points")
    points = int(marker.args[0]) if marker else 1
    return TestResult(
        name=item.name,
        variant=item.path.stem.removeprefix("test_"),  # type: ignore[arg-type]
        status=status,
        points=points if status == "pass" else 0,
        max_points=points,
        message=message,
        diagnosis=diagnosis,
    )


def _behaviour(item: pytest.Item) -> str:
    """What the test demands, in words: the first paragraph of its docstring."""
    text = (getattr(item, "obj", None).__doc__ or "").strip().partition("\n\n")[0]
    return " ".join(text.split())


def _advice(result: TestResult) -> str:
    lines = []
    if result.diagnosis:
        if result.diagnosis.place:
            lines.append(f"{result.diagnosis.place}: {result.diagnosis.source}")
        lines += [result.diagnosis.why, result.diagnosis.look]
    return "\n".join([*lines, result.message])
