"""`workshop check`: mark exercises, show the verdicts, note them in the progress."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from workshop.cli.next_step import next_step, state
from workshop.cli.terminal import (
    WrongUsage,
    command,
    complain,
    console,
    save,
    say,
    shown,
)
from workshop.course import Exercise, load_course
from workshop.grading.verdict import Verdict
from workshop.progress import Progress, load
from workshop.stranger import one_line


def run(
    names: Sequence[str], *, as_json: bool, submission: Path | None, walls: str | None = None
) -> int:
    """Mark the named exercises, or all; 0 when every one passes, else 1.

    Raises CourseError for an exercise that does not exist, WrongUsage for a `submission` that is
    not a folder, and for `walls` (their names, separated by commas) that do not all stand here.
    """
    if walls is not None:
        require(walls)
    course = load_course()
    asked = tuple(dict.fromkeys(course.exercise(name) for name in names)) or course.exercises
    exercises = tuple(one for one in asked if one in course.checked_here)
    if submission is not None and not submission.is_dir():
        raise WrongUsage(
            f"{str(submission)!r} is not a folder; --submission takes the folder that holds "
            "the exercise files."
        )
    # Who marks the whole course has not tried an exercise that is still as it was found.
    untouched = {
        exercise.name
        for exercise in exercises
        if not names and submission is None and state(exercise) == "untouched"
    }
    verdicts: list[Verdict] = []
    # As at Ctrl-C, no process and no folder stays behind.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        for exercise in exercises:
            verdict = _mark(exercise, submission or course.kit / "exercises")
            if verdict is None:
                continue
            verdicts.append(verdict)
            if not as_json:
                _show(exercise, verdict, untouched)
    finally:
        signal.signal(signal.SIGTERM, before)
        progress = None if submission else _note(course.kit, verdicts, untouched)
    if len(exercises) < len(asked):
        complain(_marked_elsewhere([one for one in asked if one not in exercises]))
    if not exercises:
        return 1
    if as_json:
        print(json.dumps([verdict.as_dict() for verdict in verdicts], indent=2), flush=True)
    elif progress:
        say(console(), next_step(course, progress, exercises), style="bold")
    return 0 if [verdict.status for verdict in verdicts] == ["pass"] * len(exercises) else 1


def _marked_elsewhere(exercises: Sequence[Exercise]) -> str:
    *others, last = [exercise.name for exercise in exercises]
    names = f"{', '.join(others)} and {last}" if others else last
    file = shown(exercises[0].path if not others else exercises[0].path.parent)
    return (
        f"{names}: your instructor marks the tests that you write; `pytest {file}` runs them on "
        "your own modules.\n"
    )


def require(names: str) -> None:
    """Raises WrongUsage when not all of the walls `names`, separated by commas, stand here."""
    from workshop.isolation import walls

    try:
        walls.require(walls.named(names))
    except (walls.UnknownWall, walls.WallsMissing) as error:
        raise WrongUsage(str(error)) from error


def _mark(exercise: Exercise, submission: Path) -> Verdict | None:
    from workshop.grading import mark
    from workshop.grading.warm import GradingError

    try:
        with _waiting(f"Marking {exercise.name} ..."):
            return mark(exercise, submission)
    except GradingError as error:  # the course's own fault: the other exercises are still marked
        complain(one_line(str(error)))
        return None


@contextmanager
def _waiting(words: str) -> Iterator[None]:
    # Code that hangs is marked for some seconds: a person who watches is told what goes on.
    watched = sys.stderr.isatty()
    if watched:
        complain(words, end="")
    try:
        yield
    finally:
        if watched:
            complain("\r" + " " * len(words) + "\r", end="")


def _show(exercise: Exercise, verdict: Verdict, untouched: set[str]) -> None:
    from workshop.cli.verdicts import render_heading, render_verdict

    screen = console()
    if exercise.name in untouched and verdict.status != "pass":
        render_heading(verdict, screen)
        say(
            screen,
            f"{shown(exercise.path)} is as you found it; {command('check', exercise.name)} "
            "shows what is tested.",
            indent=2,
        )
    else:
        render_verdict(verdict, screen)
    say(screen)


def _note(kit: Path, verdicts: list[Verdict], untouched: set[str]) -> Progress:
    # Read only now: marking took a while, and a hint may have been asked for meanwhile.
    progress = load(kit)
    for verdict in verdicts:
        progress.note_check(verdict, counts=verdict.exercise not in untouched)
    save(progress)
    return progress
