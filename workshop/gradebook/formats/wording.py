"""What a verdict says of a test or an exercise, in the words that a report has room for.

All of it may come from a stranger, and is cleaned.
"""

from __future__ import annotations

from workshop.gradebook.book import Gradebook, Marked
from workshop.gradebook.formats.names import LONGEST
from workshop.grading.findings import MESSAGE_LIMIT, in_words
from workshop.grading.verdict import TestResult
from workshop.plural import plural
from workshop.stranger import clean, one_line


def title(test: TestResult) -> str:
    """The behaviour in words, and the variant that tests it."""
    return f"{one_line(in_words(test.name), LONGEST) or 'a test'} ({test.variant})"


def explained(test: TestResult) -> str:
    """What was called, what came back, what was expected; then the idea behind it, if known."""
    lines = [clean(test.message).strip()[:MESSAGE_LIMIT]]
    if test.diagnosis:
        lines += [clean(test.diagnosis.why).strip(), clean(test.diagnosis.look).strip()]
    return "\n".join(line for line in lines if line)


def captured(test: TestResult) -> str:
    """What the test printed."""
    return clean(test.output).strip("\n")


def standing(book: Gradebook, one: Marked, exercise: str) -> str:
    """How `exercise` stands, in a line: points, and what lateness cost."""
    points = one.points_of(exercise)
    if points is None:
        return f"{exercise}: not marked"
    line = f"{exercise}: {points} of {book.max_points[exercise]}"
    for late in one.late:
        if late.exercise == exercise and late.points:
            line += f" ({plural(late.points, 'point')} less, {plural(late.days, 'day')} late)"
    return line
