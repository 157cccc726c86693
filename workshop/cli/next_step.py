"""The one next thing to do, as a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from workshop.cli.terminal import command, shown
from workshop.course import Course, Exercise
from workshop.progress import Progress

TRIES = 3
"""Failed checks after which the reference may be seen."""

State = Literal["missing", "untouched", "written"]


def state(exercise: Exercise) -> State:
    """What stands in the learner's file: nothing, the stub, or something of their own."""
    try:
        written = exercise.path.read_bytes()
    except OSError:
        return "missing"
    try:
        return "untouched" if written == exercise.stub.read_bytes() else "written"
    except OSError:
        return "written"


def next_step(course: Course, progress: Progress, among: Iterable[Exercise] = ()) -> str:
    """What to do next: about the first of `among` that is not passed, else of the course."""
    for exercise in (*among, *course.exercises):
        if _is_open(course, progress, exercise):
            return f"Next: {_advice(course, progress, exercise)}"
    if course.handout:
        return (
            "Every exercise is written, and those that are checked here pass. Next: hand in your "
            "folder exercises/."
        )
    return (
        "You have passed every exercise. Next: write one of them in another style and see with "
        f"{command('check')} that it passes too."
    )


def _is_open(course: Course, progress: Progress, exercise: Exercise) -> bool:
    if exercise in course.checked_here:
        return progress[exercise.name].status != "pass"
    return state(exercise) != "written"  # whether it is right is found out elsewhere


def _advice(course: Course, progress: Progress, exercise: Exercise) -> str:
    file, name, record = shown(exercise.path), exercise.name, progress[exercise.name]
    check, hint = command("check", name), command("hint", name)
    lesson = next(one for one in course.lessons if one.exercise is exercise)
    match state(exercise):
        case "missing":
            return f"{file} is missing; {command('reset', name)} brings it back."
        case "untouched" if record.status:
            return f"write your answer in {file}; {hint} says where to begin."
        case "untouched":
            return (
                f"read lesson {lesson.number:02d} in {shown(lesson.notebook)} "
                f"({command('start')} opens it), then write your answer in {file}."
            )
        case _ if not record.status:
            return f"have what you wrote in {file} marked with {check}."
    if record.hints >= len(exercise.hints) and record.tries >= TRIES:
        if course.handout:
            return f"mend {file}; if you are stuck, ask your instructor."
        return f"mend {file}; if you are stuck, {command('solution', name)} shows our answer."
    return f"mend {file}; {hint} gives a hint, {check} marks it again."
