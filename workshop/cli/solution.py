"""`workshop solution`: the reference, once it can no longer take the pleasure away."""

from __future__ import annotations

from workshop.cli.next_step import TRIES
from workshop.cli.terminal import Refused, command, complain, console, save
from workshop.course import Exercise, load_course
from workshop.plural import plural
from workshop.progress import Record, load


def run(name: str) -> int:
    """Print the reference and note that it was shown.

    Raises Refused before the exercise has passed or `TRIES` checks of it have failed, and in a
    handout; CourseError when there is no such exercise.
    """
    course = load_course()
    exercise = course.exercise(name)
    if course.handout:
        raise Refused(
            f"This copy of the course has no answers in it: ask your instructor for the solution "
            f"of {exercise.name}."
        )
    progress = load(course.kit)
    record = progress[exercise.name]
    if not (record.passed or record.tries >= TRIES):
        raise Refused(_too_early(exercise, record))
    try:
        source = exercise.reference.read_text(encoding="utf-8")
    except OSError as error:
        raise Refused(f"{exercise.reference} cannot be read: {error.strerror}.") from error
    _print(source)
    progress.note_solution(exercise.name)
    noted = " and your progress says so" if save(progress) else ""
    # On standard error, so that `workshop solution ex02 > answer.py` holds nothing but code.
    complain(f"The solution of {exercise.name} was shown{noted}.")
    return 0


def _too_early(exercise: Exercise, record: Record) -> str:
    left = TRIES - record.tries
    return (
        f"The solution of {exercise.name} can be seen once it passes or after {TRIES} failed "
        f"checks: {plural(left, 'try')} {'is' if left == 1 else 'are'} left. "
        f"{command('hint', exercise.name)} gives a hint."
    )


def _print(source: str) -> None:
    screen = console()
    if screen.color_system is None:
        print(source, end="", flush=True)
        return
    from rich.syntax import Syntax

    text = Syntax("", "python", theme="ansi_dark", background_color="default").highlight(source)
    screen.print(text, soft_wrap=True, end="")
