"""Runs the graded tests of one exercise in processes of their own, to the last one.

A test that takes its process down, or hangs it, costs itself alone: the rest runs in a new one.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from workshop.course import VARIANTS, Exercise
from workshop.grading.verdict import Status, TestResult, TestStatus, Verdict, out_of_time
from workshop.grading.warm import GradingError, Round, Run, Warm
from workshop.isolation import walls
from workshop.isolation.cell import OPEN
from workshop.isolation.process import ending
from workshop.isolation.scratch import (
    DISK_DEPTH,
    DISK_FILES,
    DISK_SIZE,
    empty,
    holds_more,
    scratch_folder,
)

PATIENCE = 20.0
"""Seconds without news after which the process that runs the tests is ended. Its own limit on a
test is shorter; this is for what no signal can interrupt."""
PATIENCE_AT_FIRST = 60.0
"""Seconds for the first news. Machines get busy."""


def run(
    exercise: Exercise,
    submission: Path,
    runner: Warm | None,
    isolated: bool,
    seconds: float | None = None,
) -> Verdict:
    """As `workshop.grading.mark`. The variants run beside each other, for a test mostly waits."""
    with ExitStack() as stack:
        scratch = stack.enter_context(scratch_folder())
        warm = runner or stack.enter_context(Warm(exercise.kit, [exercise]))
        threads = stack.enter_context(ThreadPoolExecutor(len(VARIANTS)))

        def results(variant: str) -> list[TestResult]:
            tests = exercise.graded / f"test_{variant}.py"
            first = Round(str(tests), str(submission.resolve()), "", [], isolated)
            return _results(first, scratch / variant, warm, _Deadline(seconds))

        parts = threads.map(results, VARIANTS)
        walls_up = walls.standing() if isolated else []
        return verdict(exercise, [result for part in parts for result in part], walls_up)


def verdict(exercise: Exercise, results: list[TestResult], walls_up: list[str]) -> Verdict:
    """The verdict that the results of all tests come to."""
    behaviours = list(dict.fromkeys(r.name for r in results if r.variant == VARIANTS[0]))
    order = {name: place for place, name in enumerate(behaviours)}
    results = sorted(
        results, key=lambda r: (order.get(r.name, len(order)), r.name, VARIANTS.index(r.variant))
    )
    status: Status = "fail"
    if all(r.status == "pass" for r in results):
        status = "pass"
    elif all(r.status == "error" for r in results):
        status = "error"
    message = results[0].message if status == "error" else ""
    return Verdict(exercise.name, exercise.kind, status, message, walls_up, results)


class _Deadline:
    """The end of the `seconds` that the tests of one file may take, if there is one. They begin
    with the first news: how soon there is any is up to the machine.
    """

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._end: float | None = None

    def begin(self) -> None:
        if self._seconds is not None and self._end is None:
            self._end = time.monotonic() + self._seconds

    @property
    def over(self) -> bool:
        return self._end is not None and time.monotonic() >= self._end

    def befalls(self, result: TestResult) -> TestResult:
        """What becomes of a test that has not been run by then."""
        if not self.over or self._seconds is None:
            return result
        return replace(result, status="timeout", message=out_of_time(self._seconds))


def _results(first: Round, scratch: Path, warm: Warm, deadline: _Deadline) -> list[TestResult]:
    """A result for each test of one file, in as many rounds as it takes."""
    results: dict[str, TestResult] = {}
    collected: dict[str, TestResult] = {}
    fruitless = 0
    for number in itertools.count():
        folder = scratch / str(number)
        folder.mkdir(parents=True)
        round = replace(first, scratch=str(folder), done=list(results))
        lost = _run(round, warm, deadline)
        entries = _entries(round.marks)
        collected = collected or _by_name(entries, "collected")
        befallen = {name: lost.befalls(test) for name, test in _by_name(entries, "started").items()}
        ended = befallen | _by_name(entries, "ended")
        new = ended.keys() - results.keys()
        results |= ended
        fruitless = 0 if new else fruitless + 1
        done = collected and collected.keys() <= results.keys()
        if done or fruitless > 1 or (collected and deadline.over):
            break
    if not collected:
        words = round.log.read_text("utf-8", "replace")[-2000:] if round.log.exists() else ""
        raise GradingError(f"{Path(first.tests).name} did not run. {words}".strip())
    # A test of which nothing is known counts all the same: its points are points to be had.
    return [results.get(name) or deadline.befalls(test) for name, test in collected.items()]


class _Lost(NamedTuple):
    """What becomes of a test whose process ends before it does."""

    status: TestStatus
    message: str

    def befalls(self, result: TestResult) -> TestResult:
        return replace(result, status=self.status, message=self.message)


_NOT_INTERRUPTED = _Lost(
    "timeout", "Your code did not come to an end, and could not be interrupted."
)
_DISK_FILLED = _Lost(
    "fail",
    f"Your code was ended, for it left more on the disk than {DISK_SIZE // 2**20} MiB, "
    f"{DISK_FILES:,} files, or {DISK_DEPTH} folders in one another.",
)


def _run(round: Round, warm: Warm, deadline: _Deadline) -> _Lost | _Deadline:
    """Run until the process ends, or until nothing moves."""
    run = warm.start(round)
    try:
        return _wait(run, round, deadline)
    finally:
        run.end()
        empty(Path(round.scratch) / OPEN)  # rounds may be many, and the disk is not endless


def _wait(run: Run, round: Round, deadline: _Deadline) -> _Lost | _Deadline:
    size, since = -1, time.monotonic()
    while (status := run.wait(0.2)) is None:
        grown = round.marks.stat().st_size if round.marks.exists() else 0
        if grown != size:
            size, since = grown, time.monotonic()
            if size:
                deadline.begin()
        elif time.monotonic() - since > (PATIENCE if size else PATIENCE_AT_FIRST):
            return _NOT_INTERRUPTED
        if deadline.over:
            return deadline
        if holds_more(Path(round.scratch) / OPEN):
            return _DISK_FILLED
    return _Lost("fail", f"Your code {ending(status)}.")


def _entries(marks: Path) -> list[dict[str, Any]]:
    """What was noted, but for a line that was not written to its end."""
    if not marks.exists():
        return []
    entries = []
    for line in marks.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(ValueError):
            entries.append(json.loads(line))
    return entries


def _by_name(entries: list[dict[str, Any]], what: str) -> dict[str, TestResult]:
    """The results that were noted as `what`."""
    results = (TestResult.from_dict(entry[what]) for entry in entries if what in entry)
    return {result.name: result for result in results}
