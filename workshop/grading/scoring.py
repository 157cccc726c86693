"""What the runs of a learner's tests come to: which modules they reject, and the points for that.

A right module that is rejected costs all points. A wrong one scores when a test rejects it, by an
assertion or an exception that nobody expects, in each of its runs. A test that was written in
another variant than was asked for rejects nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any

from workshop.course import Course, Exercise
from workshop.demands import Demands, WrongModule
from workshop.diagnosis import catalogue
from workshop.grading.verdict import (
    NAME_LIMIT,
    OUTPUT_LIMIT,
    WORDS_LIMIT,
    Diagnosis,
    TestResult,
    Verdict,
    out_of_time,
)
from workshop.grading.wording import diagnosis_of
from workshop.isolation.evidence import Spot, steady
from workshop.isolation.wire import WireError, words

OUTCOMES = ("fail", "timeout", "unwritten", "skip", "xfail", "pass")
"""What becomes of a test. Of several that share a name, with different parameters, the first of
these counts."""
HOW = {
    "marker": "be a coroutine function with the asyncio marker",
    "fixture": "use an async fixture of your own",
    "mock": "have an AsyncMock awaited",
}
RUNS = 2
"""In so many runs a wrong module has to be rejected. Chance seldom does that."""
MOST_TESTS = 500
"""Tests of one file that are looked at."""
_SOURCE = 200
"""Characters of a line of the learner's."""


@dataclass(frozen=True)
class Tested:
    """What became of one test on one set of modules."""

    name: str
    outcome: str
    signs: frozenset[str]
    line: int | None = None
    source: str = ""
    words: str = ""
    output: str = ""

    def and_(self, other: Tested) -> Tested:
        """The two as one: tests that share a name."""
        worse = min(self, other, key=lambda one: OUTCOMES.index(one.outcome))
        return replace(worse, signs=self.signs | other.signs)

    @property
    def place(self) -> str:
        return f" (line {self.line}: `{self.source}`)" if self.line and self.source else ""


def tested(message: dict[str, Any]) -> Tested:
    """What a process of tests tells of a test. Raises WireError when it makes no sense."""
    outcome, signs, line = message.get("outcome"), message.get("signs"), message.get("line")
    if outcome not in OUTCOMES or not isinstance(signs, list) or len(signs) > 20:
        raise WireError("an outcome that there is not")
    return Tested(
        words(message.get("name"), NAME_LIMIT),
        outcome,
        frozenset(words(sign, 40) for sign in signs),
        line if type(line) is int and 0 < line < 2**20 else None,
        words(message.get("source") or "", _SOURCE),
        words(message.get("words") or "", WORDS_LIMIT),
        words(message.get("output") or "", 10 * OUTPUT_LIMIT),
    )


@dataclass
class Trial:
    """One run of a file of tests on one set of modules."""

    names: list[str] = field(default_factory=list)
    """The tests in the file, in its order."""
    tests: dict[str, Tested] = field(default_factory=dict)
    under_way: str = ""
    """The name of the test that began last."""
    broken: str = ""
    """Why the file could not be imported, in a sentence."""
    lost: str = ""
    """What the process did when it ended before all was told."""
    too_late: bool = False
    """Whether it was not made, or ended, because the exercise had taken all its time."""
    over: bool = False

    def add(self, test: Tested) -> None:
        """Take in what became of a test, if it is one of the file's."""
        if test.name not in self.names:
            return
        known = self.tests.get(test.name)
        self.tests[test.name] = known.and_(test) if known else test

    def failed(self, counted: Collection[str]) -> str | None:
        """The first test of `counted` that fails, by name."""
        return next((name for name in counted if self._outcome(name) == "fail"), None)

    def _outcome(self, name: str) -> str | None:
        return self.tests[name].outcome if name in self.tests else None


class Scores:
    """What is known so far of one learner's tests for `exercise`."""

    def __init__(self, course: Course, exercise: Exercise, demands: Demands) -> None:
        self._course = course
        self._exercise = exercise
        self._demands = demands
        self._demanded = {test.name: test for test in demands.tests}
        self.right: list[Trial] = []
        """The runs on right modules; the first is the one on our own answers."""
        self.wrong: dict[WrongModule, list[Trial]] = {}
        """The run on each wrong module that was tried, and another if a test failed in it."""
        self.counted: list[str] = []
        """The tests that may reject a wrong module, in the file's order."""

    def begin(self, first: Trial) -> None:
        """Take in the run on our own answers, which tells which tests there are."""
        self.right.append(first)
        self.counted = [
            name
            for name in first.names
            if (test := first.tests.get(name))
            and test.outcome == "pass"
            and self._is_as_asked(test)
        ]

    @property
    def rejected(self) -> bool:
        """Whether the tests reject a right module, or do not come to an end on it."""
        bad = ("fail", "timeout")
        return any(
            run.lost or run.broken or any(test.outcome in bad for test in run.tests.values())
            for run in self.right
        )

    @property
    def _fails_on_right(self) -> bool:
        return any(test.outcome == "fail" for run in self.right for test in run.tests.values())

    def unusable(self, problem: str) -> Verdict:
        """The verdict on a file that there is nothing to run in."""
        results = [self._untried(name, "It was not tried.") for _, name in self._named_mutants()]
        return Verdict(self._exercise.name, self._exercise.kind, "error", problem, [], results)

    def verdict(self, walls_up: list[str], seconds: float) -> Verdict:
        """The verdict on all that was seen, in runs that might take so many `seconds` in all."""
        first = self.right[0]
        problem = first.broken
        if first.lost and not first.names:
            problem = f"Your file {first.lost} while it was being imported."
        if problem:
            return replace(self.unusable(problem), walls=walls_up)
        results = [*self._own(), *self._wrong(out_of_time(seconds))]
        passed = all(result.status == "pass" for result in results)
        message = ""
        if any(run.too_late for runs in (self.right, *self.wrong.values()) for run in runs):
            message = out_of_time(seconds)
        elif self.rejected:
            does = (
                "reject a right module" if self._fails_on_right else "do not end on a right module"
            )
            message = f"Your tests {does}, which costs all points."
        return Verdict(
            self._exercise.name,
            self._exercise.kind,
            "pass" if passed else "fail",
            message,
            walls_up,
            results,
        )

    # --- the learner's tests ---------------------------------------------------------------------

    def _own(self) -> list[TestResult]:
        """A result for each test that was asked for, and each other in the file."""
        names = dict.fromkeys([*self._demanded, *self.right[0].names])
        return [self._of_test(name) for name in names]

    def _of_test(self, name: str) -> TestResult:
        runs = [run.tests[name] for run in self.right if name in run.tests]
        if not runs:
            return self._without_result(name)
        worst = min(runs, key=lambda one: OUTCOMES.index(one.outcome))
        as_asked = self._is_as_asked(runs[0])
        message, status = "", "pass"
        if worst.outcome == "unwritten":
            status, message = "fail", f"{name} is not written yet{_at(worst)}."
        elif worst.outcome == "skip":
            why = f" ({worst.words})" if worst.words else ""
            status, message = "fail", f"{name} is skipped{why}, so it tests nothing."
        elif worst.outcome == "xfail":
            status = "fail"
            message = f"{name} is expected to fail (xfail), so whatever it rejects does not count."
        elif worst.outcome == "timeout":
            status, message = "timeout", f"{name} did not come to an end on a right module."
        elif worst.outcome == "fail":
            status, message = "fail", self._rejection(name, worst)
        elif not as_asked:
            status = "fail"
            message = (
                f"{name} has to {HOW[self._demanded[name].variant]}. When it ran it did not, so "
                "what it rejects does not count."
            )
        got_away = any(runs[0].failed(self.counted) is None for runs in self.wrong.values())
        catches_nothing = got_away and name in self.counted and not self._catches(name)
        shows = worst.outcome in ("fail", "skip") or catches_nothing or not as_asked
        diagnosis = self._diagnosis(worst, catches_nothing) if shows else None
        output = steady(worst.output, OUTPUT_LIMIT)
        return TestResult(name, "right", status, 0, 0, message, output, diagnosis)  # type: ignore[arg-type]

    def _without_result(self, name: str) -> TestResult:
        first = self.right[0]
        if name not in first.names:
            message = f"There is no test called {name} in your file."
        elif first.lost and name == first.under_way:
            message = f"Your tests {first.lost} while {name} was running."
        else:
            message = f"{name} was not run: your tests had ended before."
        return TestResult(name, "right", "error", 0, 0, message)

    def _rejection(self, name: str, test: Tested) -> str:
        return (
            f"{name} rejects a right module{test.place}.\n"
            f"came back: {test.words}\n"
            "expected:  that it passes on every module that keeps what the exercise promises"
        )

    def _is_as_asked(self, test: Tested) -> bool:
        """Was it written in the variant that was asked for, if it was?"""
        demanded = self._demanded.get(test.name)
        return demanded is None or demanded.variant in test.signs

    # --- the wrong modules -----------------------------------------------------------------------

    def _wrong(self, too_late: str) -> list[TestResult]:
        return [self._of_mutant(one, name, too_late) for one, name in self._named_mutants()]

    def _of_mutant(self, wrong: WrongModule, name: str, too_late: str) -> TestResult:
        """`too_late` is said of one that was not reached in time."""
        if any(run.too_late for run in self.wrong.get(wrong, self.right)):
            return TestResult(name, "mutant", "timeout", 0, 1, too_late)
        caught = [run.failed(self.counted) for run in self.wrong.get(wrong, [])]
        if len(caught) == RUNS and all(caught):
            return TestResult(name, "mutant", "pass", 1, 1, f"Caught by {caught[0]}.")
        if self.rejected:
            return self._untried(name, "It was not tried, for your tests reject a right module.")
        if not self.counted:
            return self._untried(name, "It was not tried, for no test of yours is ready for it.")
        if any(caught):
            why = "Your tests caught it in one run and not in another: chance decides there."
        else:
            why = "It got away: every test of yours lets it pass."
        return self._uncaught(wrong, name, why)

    @staticmethod
    def _untried(name: str, why: str) -> TestResult:
        return TestResult(name, "mutant", "fail", 0, 1, why)

    def _uncaught(self, wrong: WrongModule, name: str, why: str) -> TestResult:
        idea = catalogue()[wrong.misconception].idea
        message = f"{why} The idea behind it: “{idea}”"
        return TestResult(name, "mutant", "fail", 0, 1, message)

    def _named_mutants(self) -> list[tuple[WrongModule, str]]:
        """Each with a name that says what idea is behind it, and not how it is written."""
        names = [f"{one.subject.name}: {one.misconception}" for one in self._demands.catch]
        named = []
        for place, one in enumerate(self._demands.catch):
            name, number = names[place], names[: place + 1].count(names[place])
            named.append((one, f"{name} {number}" if names.count(name) > 1 else name))
        return named

    def _catches(self, name: str) -> bool:
        return any(runs[0].failed(self.counted) == name for runs in self.wrong.values())

    # --- the idea behind it ----------------------------------------------------------------------

    def _diagnosis(self, test: Tested, catches_nothing: bool) -> Diagnosis | None:
        id = next((id for id, shows in _IDEAS if shows(test)), None)
        if id is None and catches_nothing and test.outcome == "pass":
            id = "swallowed-green"
        if id is None:
            return None
        spot = Spot("", test.line, test.source or None)
        return diagnosis_of(catalogue()[id], self._exercise, self._course, spot)


_IDEAS: tuple[tuple[str, Callable[[Tested], bool]], ...] = (
    ("test-never-ran", lambda test: "not run" in test.signs),
    ("skipped-is-green", lambda test: test.outcome == "skip"),
    ("plain-fixture", lambda test: "plain fixture" in test.signs),
    ("wrong-loop", lambda test: "other loop" in test.signs),
    ("calling-runs-it", lambda test: "never awaited" in test.signs),
    (
        "mock-everything",
        lambda test: (
            "mock passed in" in test.signs
            or ("mock" in test.signs and "'coroutine' object" in test.words)
        ),
    ),
    (
        "calling-runs-it",
        lambda test: "'coroutine' object" in test.words or "<coroutine object" in test.words,
    ),
    (
        "mock-the-subject",
        lambda test: {"mock", "no call"} <= test.signs or "subject replaced" in test.signs,
    ),
    ("stop-watch-test", lambda test: "clock" in test.signs),
)
"""What each idea looks like in a test that rejects a right module, or no wrong one."""


def _at(test: Tested) -> str:
    return f" (line {test.line})" if test.line else ""
