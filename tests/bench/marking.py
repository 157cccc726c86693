"""How long marking takes beside a bare pytest run of the same tests in one process.

Run it by hand: `python tests/bench/marking.py [EXERCISE…] [--rounds N]`. Rounds are interleaved;
what is printed are medians in seconds and their ratios to bare pytest. Exits 1 when a ratio is
higher than `MOST` has it. Bare pytest runs the graded tests of a `code` exercise; of a `tests`
exercise it runs our own tests, once and on our own answers, where marking runs them on dozens of
modules.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

from workshop.course import Exercise, load_course
from workshop.grading import mark
from workshop.grading.warm import Warm

COURSE = load_course()
SOLUTIONS = COURSE.kit / "solutions"
MOST = {"code": {"warm": 0.5, "cold": 1.5}, "tests": {"warm": 3.0, "cold": 4.5}}
"""The ratios to bare pytest that are aimed at, for each kind of exercise."""


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def command(*args: str) -> None:
    subprocess.run(
        [sys.executable, "-m", *args], cwd=COURSE.kit, check=True, stdout=subprocess.DEVNULL
    )


def rows(exercise: Exercise, runner: Warm) -> dict[str, Callable[[], object]]:
    """Each way to mark our own answer."""
    submission = ("--submission", str(SOLUTIONS))
    tests = exercise.graded if exercise.kind == "code" else exercise.reference
    return {
        "bare": lambda: command("pytest", "-q", str(tests), *submission),
        "cold": lambda: command("workshop", "check", exercise.name, *submission),
        "warm": lambda: mark(exercise, SOLUTIONS, runner),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("exercises", nargs="*", type=COURSE.exercise, metavar="EXERCISE")
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    exercises = wanted.exercises or COURSE.exercises
    kept = True
    print(
        f"{'exercise':20} {'bare':>7} {'cold':>7} {'warm':>7} {'cold/bare':>10} {'warm/bare':>10}"
    )
    with Warm(COURSE.kit, exercises) as runner:
        for exercise in exercises:
            ways = rows(exercise, runner)
            ways["warm"]()  # the runner is warm when it has run something
            times: dict[str, list[float]] = {name: [] for name in ways}
            for _ in range(wanted.rounds):
                for name, work in ways.items():
                    times[name].append(timed(work))
            took = {name: median(seconds) for name, seconds in times.items()}
            most = MOST[exercise.kind]
            ratios = {name: took[name] / took["bare"] for name in most}
            seconds = " ".join(f"{took[name]:7.2f}" for name in ("bare", "cold", "warm"))
            print(f"{exercise.name:20} {seconds} {ratios['cold']:10.2f} {ratios['warm']:10.2f}")
            kept &= all(ratios[name] <= limit for name, limit in most.items())
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
