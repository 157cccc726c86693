"""What is to be seen of a class as a whole: sums, what was lost by whom, and who thinks what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from heapq import nlargest
from operator import itemgetter
from statistics import mean, median

from markupsafe import Markup

from workshop.course import Course
from workshop.diagnosis import catalogue
from workshop.gradebook.book import Gradebook, Learner, Marked
from workshop.gradebook.pages.drawing import bar, binned, histogram, small_histogram, strip
from workshop.grading.findings import in_words
from workshop.grading.verdict import TestResult, Verdict

HARDEST = 12
"""How many of the behaviours that most have lost are named at the top."""
HARDEST_OF_ONE = 4
"""How many of one exercise: who is stuck there has often lost all of it."""

Key = tuple[str, str]
"""A test's name and variant."""


@dataclass(frozen=True)
class Cell:
    """One exercise of one learner."""

    points: int | None
    """None where it is unmarked."""
    most: int
    look: str
    """full, some, none, broken (its file could not be run) or unmarked: a class of the style."""
    tenths: int = 0
    late: int = 0
    why: str = ""
    """Why it is broken or unmarked, in a sentence."""


@dataclass(frozen=True)
class Row:
    """One learner."""

    name: str
    page: str
    cells: list[Cell]
    points: int
    most: int


@dataclass(frozen=True)
class Test:
    """One graded test, or one wrong module, and what became of it."""

    __test__ = False

    words: str
    variant: str
    strip: Markup
    lost: int
    bar: Markup


@dataclass(frozen=True)
class Sheet:
    """One exercise of the class."""

    name: str
    title: str
    kind: str
    most: int
    marked: int
    full: int
    nothing: int
    broken: int
    late: int
    unmarked: int
    mean: float
    median: float
    spread: Markup
    order: list[int]
    """The places of the learners whose files could be run: best first, as the strips show them."""
    tests: list[Test]
    behaviours: list[tuple[int, str, str]]
    """How many lost it, what it is, and its kind: of behaviours and of wrong modules."""
    others: int
    """Tests that some learners have written and named themselves."""


@dataclass(frozen=True)
class Hard:
    exercise: str
    words: str
    kind: str
    lost: int
    of: int
    bar: Markup


@dataclass(frozen=True)
class Held:
    """A misconception, and how many learners hold it."""

    idea: str
    id: str
    lesson: str
    learners: int
    bar: Markup
    exercises: list[tuple[str, int]]


@dataclass(frozen=True)
class Overview:
    """The class at a glance."""

    title: str
    sheets: list[Sheet]
    rows: list[Row]
    most: int
    whole: list[int]
    """The points of those in whose submission all is marked."""
    mean: float
    median: float
    histogram: Markup
    hardest: list[Hard]
    ideas: list[Held]
    unmarked: list[tuple[Row, str, str]] = field(default_factory=list)
    """Learner, exercise, and why."""

    def context(self) -> dict[str, object]:
        """All of it by name, for the template."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


def overview(book: Gradebook, course: Course, link: Callable[[Learner], str]) -> Overview:
    """What `book` shows of the class. `link` gives the address of a learner's page."""
    rows = [_row(one, book, link) for one in book.submissions]
    sheets = [_sheet(name, book, course) for name in book.exercises]
    most = sum(book.max_points.values())
    whole = [one.points for one in book.submissions if not one.unmarked]
    return Overview(
        book.title,
        sheets,
        rows,
        most,
        whole,
        mean(whole or [0]),
        median(whole or [0]),
        histogram(binned([points / most for points in whole] if most else [])),
        _hardest(sheets),
        _ideas(book, course),
        [
            (row, name, why)
            for row, one in zip(rows, book.submissions, strict=True)
            for name, why in one.unmarked.items()
        ],
    )


def _row(one: Marked, book: Gradebook, link: Callable[[Learner], str]) -> Row:
    cells = [_cell(one, name, book.max_points[name]) for name in book.exercises]
    return Row(one.learner.name, link(one.learner), cells, one.points, one.max_points)


def _cell(one: Marked, exercise: str, most: int) -> Cell:
    verdict, points = one.verdict(exercise), one.points_of(exercise)
    if verdict is None or points is None:
        return Cell(None, most, "unmarked", why=one.unmarked.get(exercise, "It was not marked."))
    late = sum(each.points for each in one.late if each.exercise == exercise)
    if verdict.status == "error":
        return Cell(points, most, "broken", late=late, why=verdict.message)
    look = "full" if points == most else "some" if points else "none"
    return Cell(points, most, look, points * 10 // most if most else 0, late)


def _sheet(exercise: str, book: Gradebook, course: Course) -> Sheet:
    verdicts = [one.verdict(exercise) for one in book.submissions]
    marked = [one for one in book.submissions if one.verdict(exercise)]
    points = [one.points_of(exercise) or 0 for one in marked]
    most = book.max_points[exercise]
    lesson = next(each for each in course.lessons if each.exercise == course.exercise(exercise))
    # A file that could not be run says nothing about any one test.
    ran = {at: one for at, one in enumerate(verdicts) if one and one.status != "error"}
    order = sorted(ran, key=lambda at: (-ran[at].points, at))
    results = [_results(ran[at]) for at in order]
    seen = Counter(key for one in results for key in one)
    # A name that few have is a learner's own: there may be thousands.
    keys = [key for key, times in seen.items() if 2 * times >= len(results)]
    return Sheet(
        exercise,
        lesson.title,
        course.exercise(exercise).kind,
        most,
        len(marked),
        points.count(most) if most else 0,
        points.count(0),
        len(marked) - len(ran),
        sum(any(late.exercise == exercise for late in one.late) for one in marked),
        len(book.submissions) - len(marked),
        mean(points or [0]),
        median(points or [0]),
        small_histogram(binned([one / most for one in points] if most else [])),
        order,
        _tests(keys, results),
        _lost_behaviours(keys, results),
        len(seen) - len(keys),
    )


def _results(verdict: Verdict) -> dict[Key, TestResult]:
    return {(test.name, test.variant): test for test in verdict.tests}


def _tests(keys: list[Key], results: list[dict[Key, TestResult]]) -> list[Test]:
    tests = []
    for key in keys:
        drawn = "".join(one[key].status[0] if key in one else "." for one in results)
        lost = sum(letter not in "p." for letter in drawn)
        share = lost / len(results)
        tests.append(Test(in_words(key[0]), key[1], strip(drawn), lost, bar(share)))
    return tests


def _lost_behaviours(
    keys: list[Key], results: list[dict[Key, TestResult]]
) -> list[tuple[int, str, str]]:
    """Each behaviour with how many lost it in any of its variants."""
    behaviours: dict[tuple[str, str], list[Key]] = {}
    for name, variant in keys:
        kind = {"right": "own test", "mutant": "wrong module"}.get(variant, "behaviour")
        behaviours.setdefault((in_words(name), kind), []).append((name, variant))
    return [
        (
            sum(any(key in one and one[key].status != "pass" for key in same) for one in results),
            *behaviour,
        )
        for behaviour, same in behaviours.items()
    ]


def _hardest(sheets: list[Sheet]) -> list[Hard]:
    found = [
        Hard(sheet.name, words, kind, lost, len(sheet.order), bar(lost / len(sheet.order)))
        for sheet in sheets
        for lost, words, kind in nlargest(HARDEST_OF_ONE, sheet.behaviours, itemgetter(0))
        if lost
    ]
    return sorted(found, key=lambda one: (-one.lost / one.of, -one.lost))[:HARDEST]


def _ideas(book: Gradebook, course: Course) -> list[Held]:
    holders: dict[str, dict[str, set[str]]] = {}
    for one in book.submissions:
        for verdict in one.verdicts:
            for test in verdict.tests:
                if test.diagnosis:
                    by_exercise = holders.setdefault(test.diagnosis.misconception, {})
                    by_exercise.setdefault(verdict.exercise, set()).add(one.learner.name)
    held = []
    for id, by_exercise in holders.items():
        known = catalogue().get(id)
        number = known.lesson if known else None
        lesson = next((each.stem for each in course.lessons if each.number == number), "")
        learners = len(set().union(*by_exercise.values()))
        exercises = [
            (name, len(by_exercise[name])) for name in book.exercises if name in by_exercise
        ]
        share = bar(learners / len(book.submissions))
        held.append(Held(known.idea if known else id, id, lesson, learners, share, exercises))
    return sorted(held, key=lambda one: (-one.learners, one.id))
