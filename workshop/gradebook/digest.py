"""What marking an exercise depends on besides the submission, as one digest.

Where two digests are equal, equal submissions get equal verdicts. What only shows verdicts, or does
other things altogether, is left out: a nicer page is no reason to mark a class again.
"""

from __future__ import annotations

import functools
import hashlib
import json
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import workshop
from workshop.course import Course, Exercise, load_course

SHOWS = {
    *("__main__.py", "agenda.py", "cli", "doctor.py", "gradebook", "handout.py", "magics.py"),
    *("notebooks.py", "progress.py", "start.py", "timeline.py"),
}
"""What in the package has no part in marking: files and folders at its top. What is not named here
counts, so that a new module is never overlooked."""
_MARKS = Path("gradebook", "units.py")  # the one that does, in a folder that does not
_LIBRARIES = ("aiohttp", "anyio", "httpcore", "httpx", "pytest", "pytest-asyncio", "requests")


@functools.cache
def digest(course_kit: Path, exercise: str) -> str:
    """The digest of `exercise` of the course in the folder `course_kit`: of its graded tests and
    our answer (of its subjects', too), of what the course says of them, of the package, and of the
    interpreter and the libraries. Computed once in a process.

    Raises CourseError when there is no such exercise or course.
    """
    course = load_course(course_kit)
    marked = course.exercise(exercise)
    whole = hashlib.sha256(_package().encode())
    whole.update(json.dumps(_told(course, marked)).encode())
    for path in _files(course, marked):
        _add(whole, path.relative_to(course.kit), path)
    return whole.hexdigest()


def _told(course: Course, exercise: Exercise) -> list[object]:
    """What the course says that a verdict shows, or that decides how it comes about."""
    lessons = [[one.number, one.name, one.title] for one in course.lessons]
    return [exercise.name, exercise.kind, exercise.subjects, lessons]


def _files(course: Course, exercise: Exercise) -> Iterator[Path]:
    for one in (exercise, *course.subjects_of(exercise)):
        yield from _below(one.graded)
        yield one.reference
    yield course.kit / "pyproject.toml"  # graded tests run by its settings


@functools.cache
def _package() -> str:
    whole = hashlib.sha256(repr((sys.implementation.name, sys.version_info[:2])).encode())
    for name in _LIBRARIES:
        whole.update(f"{name} {metadata.version(name)}\n".encode())
    top = Path(workshop.__file__).parent
    for path in _below(top):
        place = path.relative_to(top)
        if place.parts[0] not in SHOWS or place == _MARKS:
            _add(whole, place, path)
    return whole.hexdigest()


def _below(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    )


def _add(whole: hashlib._Hash, name: Path, path: Path) -> None:
    content = path.read_bytes() if path.is_file() else b""
    whole.update(f"{name.as_posix()} {len(content)}\n".encode())
    whole.update(content)
