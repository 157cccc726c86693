"""Runs the graded tests of one exercise in a process of their own, to the last one.

A test that takes the process down, or hangs it, costs itself alone: the rest runs in a new one.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from workshop.course import Exercise
from workshop.grading import warm
from workshop.grading.verdict import Diagnosis, Status, TestResult, Verdict
from workshop.isolation import walls
from workshop.isolation.cell import OPEN

PATIENCE = 10.0
"""Seconds without news after which the process that runs the tests is ended. Its own limit on a
test is shorter; this is for code that no signal can interrupt."""
VARIANTS = ("marker", "fixture", "mock")
ISOLATED = hasattr(os, "fork")
"""Whether the learner's code runs in processes of its own; without fork it shares the tests'."""


Start = Callable[[list[str], Path, Path], warm.Run | warm.WarmRun]


class GradingError(Exception):
    """The graded tests could not be run at all. The text says why."""


def run(exercise: Exercise, submission: Path, runner: warm.Warm | None = None) -> Verdict:
    """Mark `exercise` as it stands in the folder `submission`, with the warm `runner` if given.

    The variants are run beside each other, for most of the time a test waits. Raises GradingError
    when it is not the submission that fails.
    """
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="workshop-")))
        if runner is None and ISOLATED:
            runner = stack.enter_context(warm.Warm(exercise.kit))
        start = runner.start if runner else warm.start
        threads = stack.enter_context(ThreadPoolExecutor(len(VARIANTS) if runner else 1))
        parts = threads.map(
            lambda variant: _results(exercise, variant, submission, scratch / variant, start),
            VARIANTS,
        )
        return verdict(exercise, [result for part in parts for result in part])


def _results(
    exercise: Exercise, variant: str, submission: Path, scratch: Path, start: Start
) -> list[TestResult]:
    """The results of one variant's tests, in as many rounds as it takes."""
    results: dict[str, TestResult] = {}
    for number in itertools.count():
        folder = scratch / str(number)
        folder.mkdir(parents=True)
        round = _Round(exercise, variant, submission, folder, done=list(results))
        round.run(start)
        if not round.started:
            break
        results.update(round.results())
        if round.complete:
            break
    if not results:
        raise GradingError(f"The graded tests of {exercise.name} did not run: {round.last_words}")
    return list(results.values())


def verdict(exercise: Exercise, results: list[TestResult]) -> Verdict:
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
    stood = walls.standing() if ISOLATED else []
    return Verdict(exercise.name, exercise.kind, status, message, stood, results)


class _Round:
    """One process that runs the tests which are not `done` yet, for as long as it lives."""

    def __init__(
        self, exercise: Exercise, variant: str, submission: Path, scratch: Path, done: list[str]
    ) -> None:
        self._scratch = scratch
        self._marks = scratch / "marks.jsonl"
        self._log = scratch / "log"
        self._args = [
            *("-q", "-c", str(exercise.kit / "pyproject.toml"), "--rootdir", str(exercise.kit)),
            *("--basetemp", str(scratch / OPEN / "tmp"), "--marks", str(self._marks)),
            *("--submission", str(submission.resolve())),
            str(exercise.graded / f"test_{variant}.py"),
            *(("--isolated", str(scratch)) if ISOLATED else ()),
            *(f"--deselect={test}" for test in done),
        ]
        self.complete = False
        self._ending = ""

    def run(self, start: Start) -> None:
        """Run until the process ends, or is ended because nothing moves any more."""
        run = start(self._args, self._scratch, self._log)
        try:
            status = self._wait(run)
        finally:
            run.end()
        self.complete = status in (0, 1)
        self._ending = "" if status is None else _ending(status)

    def _wait(self, run: warm.Run | warm.WarmRun) -> int | None:
        size, since = -1, time.monotonic()
        while (status := run.wait(0.2)) is None:
            grown = self._marks.stat().st_size if self._marks.exists() else 0
            if grown != size:
                size, since = grown, time.monotonic()
            elif time.monotonic() - since > PATIENCE:
                return None
        return status

    @property
    def _entries(self) -> list[dict[str, Any]]:
        if not self._marks.exists():
            return []
        lines = self._marks.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    @property
    def started(self) -> bool:
        return any("started" in entry for entry in self._entries)

    @property
    def last_words(self) -> str:
        """The end of what the process printed."""
        return self._log.read_bytes()[-2000:].decode("utf-8", "replace")

    def results(self) -> dict[str, TestResult]:
        """By test: those that ended, and the one that took the process with it."""
        results = {}
        for entry in self._entries:
            if "ended" in entry:
                results[entry["ended"]] = _from_json(entry["result"])
            else:
                results[entry["started"]] = self._lost(_from_json(entry["result"]))
        return results

    def _lost(self, result: TestResult) -> TestResult:
        if self._ending:
            return replace(result, status="fail", message=f"Your code {self._ending}.")
        message = "Your code did not come to an end, and could not be interrupted."
        return replace(result, status="timeout", message=message)


def _from_json(data: dict[str, Any]) -> TestResult:
    diagnosis = data.pop("diagnosis")
    return TestResult(**data, diagnosis=Diagnosis(**diagnosis) if diagnosis else None)


def _ending(status: int) -> str:
    if status >= 0:
        return f"ended the whole program with exit status {status}"
    return f"ended the whole program with signal {signal.Signals(-status).name}"
