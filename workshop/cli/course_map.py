"""Bare `workshop`: the course at a glance, and the one next thing to do."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from workshop.cli.next_step import next_step, state
from workshop.cli.terminal import Marks, console, marks, say, say_line
from workshop.course import Course, Exercise, Lesson, load_course
from workshop.plural import plural
from workshop.progress import Progress, Record, load

if TYPE_CHECKING:
    from rich.console import Console


def run() -> None:
    """Print the map. Raises CourseError when there is no course here."""
    course = load_course()
    render_map(course, load(course.kit), console())


def render_map(course: Course, progress: Progress, console: Console) -> None:
    """Print parts, lessons and exercises with what was passed, then the next thing to do."""
    _heading(course, progress, console)
    for part in course.parts:
        say(console)
        say(console, f"{part.number}  {part.title}", style="bold")
        for lesson in course.lessons:
            if lesson.part == part.number:
                _row(course, lesson, progress, console)
    say(console)
    say(console, next_step(course, progress), style="bold")


def _heading(course: Course, progress: Progress, console: Console) -> None:
    records = [progress[exercise.name] for exercise in course.checked_here]
    passed = sum(record.status == "pass" for record in records)
    points = plural(sum(record.points for record in records), "point")
    exercises = plural(len(records), "exercise")
    say_line(
        console,
        (course.title, "bold"),
        (f" {marks(console).dot} {passed} of {exercises} passed, {points}", ""),
    )


def _row(course: Course, lesson: Lesson, progress: Progress, console: Console) -> None:
    titles = max(len(one.title) for one in course.lessons)
    start = f"  {lesson.number:02d}  {lesson.title:<{titles}}"
    if lesson.exercise is None:
        say_line(console, (start.rstrip(), ""))
        return
    record, drawn = progress[lesson.exercise.name], marks(console)
    names = max(len(one.name) for one in course.exercises)
    cell, style = _standing(lesson.exercise, record, drawn)
    if lesson.exercise not in course.checked_here and state(lesson.exercise) == "written":
        cell, style = f"{drawn.absent} your instructor marks it", "dim"
    start += f"  {lesson.exercise.name:<{names}}  "
    notes = _notes(lesson.exercise, record)
    room = console.width - len(start) - len(cell)
    if notes and len(notes) + 2 > room:
        say_line(console, (start, ""), (cell, style))
        say_line(console, (f"      {notes}", "dim"))
    else:
        say_line(console, (start, ""), (cell, style), (f"  {notes}" if notes else "", "dim"))


def _standing(exercise: Exercise, record: Record, drawn: Marks) -> tuple[str, str]:
    points = f"{record.points}/{record.max_points}"
    standing = state(exercise)
    match record.status:
        case "pass":
            return f"{drawn.passed} {points}", "green"
        case _ if standing == "untouched":
            return f"{drawn.absent} not started", "dim"
        case "fail":
            return f"{drawn.failed} {points}", "red"
        case "error":
            return f"{drawn.failed} could not be marked", "red"
    return f"{drawn.absent} {'file missing' if standing == 'missing' else 'not checked'}", "dim"


def _notes(exercise: Exercise, record: Record) -> str:
    hints = [f"{record.hints} of {plural(len(exercise.hints), 'hint')}"] if record.hints else []
    return ", ".join(chain(hints, ["solution shown"] if record.solution_shown else []))
