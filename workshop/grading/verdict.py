"""A verdict as data: the result of one exercise of one submission.

Nothing in it depends on time, machine or the order of marking, so that two markings of the
same files are equal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

VERSION = 1
OUTPUT_LIMIT = 500
"""Characters of a test's captured output that a verdict keeps."""
NAME_LIMIT = 200
"""Characters of the name of a test that a learner has written."""
WORDS_LIMIT = 400
"""Characters of what a learner's failed test says."""

Status = Literal["pass", "fail", "error"]
TestStatus = Literal["pass", "fail", "error", "timeout"]
Variant = Literal["marker", "fixture", "mock", "mutant", "right"]


def out_of_time(seconds: float) -> str:
    """What is said of a test that was not reached in the `seconds` that an exercise may take."""
    return f"It was not tested to its end: this exercise may take {seconds:g} s in all."


@dataclass(frozen=True)
class Diagnosis:
    """The idea behind a failure: what was done, why that is wrong, where to look next."""

    misconception: str
    """Its id in `workshop/misconceptions.toml`."""
    why: str
    """Why it is wrong, in one sentence."""
    look: str
    """Where to look next: the lesson and the hint command."""
    line: int | None = None
    """The number of the learner's own line, counted from 1, where one is known."""
    source: str | None = None
    """The text of that line."""
    file: str | None = None
    """The name of the learner's file that it stands in, when that is not the exercise's own."""

    @property
    def place(self) -> str | None:
        """The line in words, with its file if that is another one; None where none is known."""
        if self.line is None:
            return None
        return f"{self.file}, line {self.line}" if self.file else f"line {self.line}"


@dataclass(frozen=True)
class TestResult:
    """One row of a verdict: a graded test, a learner's own test, or a wrong module.

    `message`: what was called, what came back, what was expected.
    """

    __test__ = False  # pytest would otherwise try to collect it where it is imported

    name: str
    variant: Variant
    status: TestStatus
    points: int
    max_points: int
    message: str = ""
    output: str = ""
    diagnosis: Diagnosis | None = None

    def as_dict(self) -> dict[str, Any]:
        """The result as JSON types. A class has a million of them, and `asdict` takes its time."""
        return vars(self) | {"diagnosis": vars(self.diagnosis).copy() if self.diagnosis else None}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> TestResult:
        """The result that `as_dict` made `data` of. Raises KeyError or TypeError if it did not."""
        diagnosis = data["diagnosis"]
        return cls(**data | {"diagnosis": Diagnosis(**diagnosis) if diagnosis else None})


@dataclass(frozen=True)
class Verdict:
    """All tests of one exercise. `message` is one sentence, or empty."""

    exercise: str
    kind: str
    status: Status
    message: str = ""
    walls: list[str] = field(default_factory=list)
    tests: list[TestResult] = field(default_factory=list)

    @property
    def points(self) -> int:
        return sum(test.points for test in self.tests)

    @property
    def max_points(self) -> int:
        return sum(test.max_points for test in self.tests)

    def as_dict(self) -> dict[str, Any]:
        """The verdict as JSON types, in the documented order of keys."""
        return {
            "version": VERSION,
            "exercise": self.exercise,
            "kind": self.kind,
            "status": self.status,
            "message": self.message,
            "points": self.points,
            "max_points": self.max_points,
            "walls": list(self.walls),
            "tests": [test.as_dict() for test in self.tests],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Verdict:
        """The verdict that `as_dict` made `data` of. Raises KeyError or TypeError if it did not."""
        tests = [TestResult.from_dict(test) for test in data["tests"]]
        given = {name: data[name] for name in ("exercise", "kind", "status", "message", "walls")}
        return cls(**given, tests=tests)
