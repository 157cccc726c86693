"""What one learner is told: the same that the terminal tells, on a page to keep.

Nothing is on it that is not in the learner's own verdicts, but for the first hint of an exercise
that is not passed yet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup

from workshop.course import Course
from workshop.gradebook.book import Gradebook, Late, Marked
from workshop.gradebook.pages.rendering import markdown, page
from workshop.grading.findings import (
    MESSAGE_LIMIT,
    Block,
    Idea,
    blocks_of,
    by_behaviour,
    ideas_of,
    in_words,
)
from workshop.grading.verdict import TestResult, Variant, Verdict
from workshop.plural import plural

_VARIANTS: tuple[Variant, ...] = ("marker", "fixture", "mock")
_LABEL = re.compile(r"(called|came back|expected): +")


@dataclass(frozen=True)
class Failure:
    """One thing that went wrong."""

    behaviours: list[tuple[str, str]]
    """In words, and the variants that failed if those were not all."""
    told: list[tuple[str, str]]
    """What is said of it, line by line: a label such as `came back`, or none, and the words."""
    output: str


@dataclass(frozen=True)
class Thought:
    """A wrong idea, and the failures that it explains."""

    idea: Idea
    harmless: list[str]
    """The learner's own tests that pass on every module because of it."""
    failures: list[Failure]


@dataclass(frozen=True)
class Outcome:
    """What became of a test that the learner has written, or of a wrong module."""

    words: str
    status: str
    message: str


@dataclass(frozen=True)
class Section:
    """One exercise on the page."""

    name: str
    title: str
    verdict: Verdict | None
    points: int | None
    late: list[Late]
    variants: list[str]
    behaviours: list[tuple[str, list[str], int, int]]
    """In words, its status in each of the variants, the points, and how many there are."""
    own: list[Outcome]
    """The learner's own tests."""
    wrong: list[Outcome]
    """The wrong modules that they were to catch."""
    same: str
    """What is said of every wrong module, if it is the same."""
    thoughts: list[Thought]
    failures: list[Failure]
    hint: Markup | None

    @property
    def passed(self) -> int:
        """How many of the behaviours passed in every variant."""
        return sum(set(statuses) <= {"pass", ""} for _, statuses, _, _ in self.behaviours)


class Feedback:
    """Makes the learners' pages of one gradebook."""

    def __init__(self, book: Gradebook, course: Course) -> None:
        self._book = book
        self._titles: dict[str, str] = {}
        self._hints: dict[str, Markup] = {}
        for lesson in course.lessons:
            if lesson.exercise:
                self._titles[lesson.exercise.name] = lesson.title
                if hints := lesson.exercise.hints:
                    self._hints[lesson.exercise.name] = markdown(hints[0])

    def page(self, one: Marked) -> str:
        """The page of one learner."""
        sections = [self._section(one, name) for name in self._book.exercises]
        return page(
            "feedback.html",
            title=self._book.title,
            name=one.learner.name,
            points=one.points,
            most=one.max_points,
            sections=sections,
        )

    def _section(self, one: Marked, exercise: str) -> Section:
        verdict = one.verdict(exercise)
        tests = verdict.tests if verdict and verdict.status != "error" else []
        variants = [each for each in _VARIANTS if any(test.variant == each for test in tests)]
        thoughts, failures = _findings(verdict) if verdict and tests else ([], [])
        wrong = _outcomes(tests, "mutant")
        said = {each.message for each in wrong}
        return Section(
            exercise,
            self._titles[exercise],
            verdict,
            one.points_of(exercise),
            [late for late in one.late if late.exercise == exercise],
            list(variants),
            _behaviours(verdict, list(variants)) if verdict and variants else [],
            _outcomes(tests, "right"),
            wrong,
            said.pop() if len(said) == 1 else "",
            thoughts,
            failures,
            self._hints.get(exercise) if verdict and verdict.status != "pass" else None,
        )


def _outcomes(tests: list[TestResult], variant: str) -> list[Outcome]:
    return [
        Outcome(in_words(test.name), test.status, test.message)
        for test in tests
        if test.variant == variant
    ]


def _behaviours(verdict: Verdict, variants: list[str]) -> list[tuple[str, list[str], int, int]]:
    return [
        (
            words,
            [_status(tests, variant) for variant in variants],
            sum(test.points for test in tests),
            sum(test.max_points for test in tests),
        )
        for words, tests in by_behaviour(verdict).items()
    ]


def _status(tests: list[TestResult], variant: str) -> str:
    """The worst of the tests in `variant`; empty when there is none."""
    found = [test.status for test in tests if test.variant == variant]
    return next((status for status in found if status != "pass"), found[0] if found else "")


def _findings(verdict: Verdict) -> tuple[list[Thought], list[Failure]]:
    """The wrong ideas with the failures that they explain, and the failures that are left.

    What is to be said of wrong modules stands beside each of them already.
    """
    thoughts = []
    blocks = [
        one for one in blocks_of(verdict) if any(test.variant != "mutant" for test in one.tests)
    ]
    for idea in ideas_of(verdict):
        mine = [one for one in blocks if any(test in idea.tests for test in one.tests)]
        blocks = [one for one in blocks if one not in mine]
        harmless = [in_words(test.name) for test in idea.tests if test.status == "pass"]
        thoughts.append(Thought(idea, harmless, [_failure(one, verdict) for one in mine]))
    return thoughts, [_failure(one, verdict) for one in blocks]


def _failure(block: Block, verdict: Verdict) -> Failure:
    message = block.message
    if len(message) > MESSAGE_LIMIT:
        message = f"{message[:MESSAGE_LIMIT]}…"
    behaviours = [(words, _where(words, block, verdict)) for words in block.behaviours]
    if len(block.tests) == len(verdict.tests) and len(behaviours) > 1:
        behaviours = [(f"all {plural(len(behaviours), 'behaviour')}", "")]
    output = next((test.output for test in block.tests if test.output.strip()), "")
    return Failure(behaviours, _told(message), output.strip("\n"))


def _where(words: str, block: Block, verdict: Verdict) -> str:
    failed = [test.variant for test in block.tests if in_words(test.name) == words]
    tested = {test.variant for test in verdict.tests if in_words(test.name) == words}
    return "" if set(failed) == tested else ", ".join(dict.fromkeys(failed))


def _told(message: str) -> list[tuple[str, str]]:
    told: list[tuple[str, str]] = []
    for line in message.split("\n"):
        if label := _LABEL.match(line):
            told.append((label[1], line[label.end() :]))
        elif told:
            told[-1] = (told[-1][0], f"{told[-1][1]}\n{line}")
        else:
            told.append(("", line))
    return told
