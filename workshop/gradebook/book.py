"""A gradebook as data: the verdicts of a class.

Nothing in it depends on time, machine, or who was marked when.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from workshop.grading.verdict import Verdict


@dataclass(frozen=True)
class Learner:
    """Whose submission it is. `name` is unlike every other's in the class."""

    name: str
    number: str = ""
    """The id that the place it was handed in at knows the learner, or the submission, by."""
    email: str = ""


@dataclass(frozen=True)
class Late:
    """What handing in an exercise late costs."""

    exercise: str
    days: int
    """Begun days after the grace."""
    percent: int
    """How much of the points are lost, in per cent."""
    points: int
    """How many that are."""


@dataclass(frozen=True)
class Marked:
    """One learner's submission, marked."""

    learner: Learner
    verdicts: tuple[Verdict, ...]
    """In the order of the course."""
    late: tuple[Late, ...] = ()
    unmarked: dict[str, str] = field(default_factory=dict)
    """Exercises without a verdict, and a sentence that says why: the marking failed, not the
    learner. They count neither as zero nor at all."""

    def verdict(self, exercise: str) -> Verdict | None:
        """The verdict of `exercise`, if it has one."""
        return next((one for one in self.verdicts if one.exercise == exercise), None)

    def points_of(self, exercise: str) -> int | None:
        """The points of `exercise`, less what was lost by lateness; None when it is unmarked."""
        verdict = self.verdict(exercise)
        if verdict is None:
            return None
        return verdict.points - sum(one.points for one in self.late if one.exercise == exercise)

    @property
    def points(self) -> int:
        """The sum of the points of all that is marked."""
        return sum(self.points_of(one.exercise) or 0 for one in self.verdicts)

    @property
    def max_points(self) -> int:
        return sum(one.max_points for one in self.verdicts)

    def as_dict(self) -> dict[str, Any]:
        """As in `gradebook.json`."""
        data: dict[str, Any] = {
            "learner": self.learner.name,
            "points": self.points,
            "max_points": self.max_points,
            "exercises": [one.as_dict() for one in self.verdicts],
        }
        if self.late:
            data["late"] = [asdict(one) for one in self.late]
        if self.unmarked:
            data["unmarked"] = dict(self.unmarked)
        return data


@dataclass(frozen=True)
class Gradebook:
    """The class. `exercises` are the names of those that were marked, in the course's order."""

    title: str
    exercises: tuple[str, ...]
    submissions: tuple[Marked, ...]
    """Sorted by the learner's name."""

    @cached_property
    def max_points(self) -> dict[str, int]:
        """The points to be had in each exercise. One that nobody has a verdict of has 0."""
        most = dict.fromkeys(self.exercises, 0)
        for one in self.submissions:
            for verdict in one.verdicts:
                most[verdict.exercise] = max(most[verdict.exercise], verdict.max_points)
        return most
