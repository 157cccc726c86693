"""`workshop reset`: the stub again, and the learner's file kept beside it."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from itertools import count
from pathlib import Path

import click

from workshop.cli.next_step import state
from workshop.cli.terminal import Refused, save, shown
from workshop.course import Exercise, load_course
from workshop.progress import load


def run(name: str, *, yes: bool) -> int:
    """Restore the stub; 1 when the learner said no.

    Raises CourseError when there is no such exercise, Refused when a file cannot be read or
    written; the learner's file then stands as it was.
    """
    course = load_course()
    exercise = course.exercise(name)
    file, found = shown(exercise.path), state(exercise)
    if found == "untouched":
        print(f"{file} is the stub already; nothing was changed.")
        return 0
    question = f"Put the stub back in {file}? Your version is kept beside it."
    if found == "written" and not yes and sys.stdin.isatty() and not click.confirm(question):
        print("Nothing was changed.")
        return 1
    try:
        kept = restore(exercise, datetime.now().astimezone())
    except OSError as error:
        place = error.filename or exercise.path
        raise Refused(f"{file} was not reset: {place}: {error.strerror}.") from error
    beside = f" Your version is kept as {shown(kept)}." if kept else ""
    print(f"{file} is the stub again.{beside}")
    progress = load(course.kit)
    progress.note_reset(exercise.name)
    save(progress)
    return 0


def restore(exercise: Exercise, now: datetime) -> Path | None:
    """Put the stub in the learner's file and return the copy of what stood there, if anything did.

    Raises OSError when a file cannot be read or written.
    """
    stub = exercise.stub.read_bytes()
    kept = _keep(exercise.path, now) if exercise.path.exists() else None
    draft = exercise.path.with_name(f".{exercise.file_name}.{os.getpid()}.tmp")
    try:
        draft.write_bytes(stub)
        os.replace(draft, exercise.path)
    finally:
        draft.unlink(missing_ok=True)
    return kept


def _keep(path: Path, now: datetime) -> Path:
    written = path.read_bytes()
    for number in count(1):
        again = "" if number == 1 else f"-{number}"
        kept = path.with_name(f"{path.name}.{now:%Y-%m-%d-%H%M%S}{again}.bak")
        try:
            with kept.open("xb") as copy:
                copy.write(written)
        except FileExistsError:
            continue
        break
    return kept
