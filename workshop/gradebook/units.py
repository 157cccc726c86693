"""One exercise of one submission, as plain data, and the one function that marks it.

Threads of this computer run that function, and processes of others. Whoever runs it keeps one warm
runner for all units to come.
"""

from __future__ import annotations

import atexit
import hashlib
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workshop.course import Course, CourseError, Exercise, find_kit, load_course
from workshop.gradebook.digest import digest
from workshop.grading import mark
from workshop.grading.verdict import Verdict
from workshop.grading.warm import GradingError, Warm
from workshop.isolation import walls
from workshop.isolation.evidence import told
from workshop.isolation.scratch import scratch_folder


class Unlike(GradingError):
    """Marking here would not be what it is where the class is marked. The text says why."""


@dataclass(frozen=True)
class Unit:
    """What there is to mark, whole: it can be sent to another computer."""

    exercise: str
    files: dict[str, bytes]
    """The files that marking it may look at, by name."""
    problem: str
    """Why there is no usable file, in a sentence; empty when there is one."""
    seconds: float | None
    """What marking it may take, if that is limited."""
    walls: tuple[str, ...]
    """Those that stand where the class is marked."""
    kit: str
    """The digest of what marking it depends on besides."""

    @property
    def key(self) -> str:
        """Units with the same key have the same verdict."""
        told = (self.exercise, self.problem, self.seconds, self.walls, self.kit)
        whole = hashlib.sha256(f"{told!r}\n".encode())
        for name, content in sorted(self.files.items()):
            whole.update(f"{name!r} {len(content)}\n".encode())
            whole.update(content)
        return whole.hexdigest()


def unit_of(
    course: Course,
    exercise: Exercise,
    files: dict[str, bytes],
    problem: str = "",
    seconds: float | None = None,
) -> Unit:
    """The unit of `exercise` in a submission of `files`, which has a `problem` there or none."""
    seen = {} if problem else _seen(course, exercise, files)
    standing = tuple(walls.standing())
    return Unit(exercise.name, seen, problem, seconds, standing, digest(course.kit, exercise.name))


def _seen(course: Course, exercise: Exercise, files: dict[str, bytes]) -> dict[str, bytes]:
    """Those of `files` that marking `exercise` may come to look at.

    Tests are copied away from all others. A module may import any other; one that belongs to
    another exercise is left out unless it is mentioned, so that who mends one exercise has only
    that one marked again.
    """
    if exercise.kind == "tests":
        return {name: files[name] for name in files if name == exercise.file_name}
    others = {one.file_name for one in course.exercises if one != exercise}
    seen = {name: files[name] for name in files if name not in others}
    left = [name for name in files if name in others]
    while new := [name for name in left if _mentioned(Path(name).stem, seen)]:
        seen |= {name: files[name] for name in new}
        left = [name for name in left if name not in new]
    return seen


def _mentioned(module: str, files: dict[str, bytes]) -> bool:
    return any(re.search(rb"\b%b\b" % module.encode(), content) for content in files.values())


def mark_unit(unit: Unit) -> dict[str, Any]:
    """Mark `unit`; its verdict, as `Verdict.as_dict` gives it.

    Raises GradingError when that fails twice, and Unlike when this is not the kit or the machine
    that the unit's is: that is never the learner's fault. Raises CourseError as `mark` does.
    """
    make_sure({unit.exercise: unit.kit}, unit.walls)
    course = load_course()
    exercise = course.exercise(unit.exercise)
    try:
        return _marked(unit, course, exercise).as_dict()
    except (GradingError, OSError):
        pass  # a process has died, or there was no room for one: a new runner may fare better
    try:
        return _marked(unit, course, exercise).as_dict()
    except (GradingError, CourseError):
        raise
    except Exception as error:  # which may be none that can be sent to another computer
        why = error.strerror if isinstance(error, OSError) else None
        raise GradingError(f"It could not be marked: {why or told(error)}.") from None


def make_sure(kits: Mapping[str, str], wanted: Sequence[str]) -> None:
    """Raises Unlike unless marking here is what it is where the exercises have the digests `kits`,
    by name, and the walls `wanted` stand.
    """
    kit = find_kit()
    if any(kits[name] != digest(kit, name) for name in kits):
        raise Unlike(
            f"The kit in {kit}, or its Python, is not the one that this class is marked "
            "with: use the same version of everything on each machine."
        )
    standing = walls.standing()
    if list(wanted) != standing:
        raise Unlike(
            f"Other walls stand here ({', '.join(standing)}) than where the class is marked "
            f"({', '.join(wanted)}): `workshop doctor` names the mend."
        )


def _marked(unit: Unit, course: Course, exercise: Exercise) -> Verdict:
    if unit.problem:
        return _with_problem(_of_nothing(unit, course, exercise), unit.problem)
    with scratch_folder() as folder, _RUNNERS.lend(course) as runner:
        for name, content in unit.files.items():
            (folder / name).write_bytes(content)
        return mark(exercise, folder, runner, seconds=unit.seconds)


def _with_problem(verdict: Verdict, problem: str) -> Verdict:
    tests = [
        replace(test, status="error", points=0, message=problem, output="", diagnosis=None)
        for test in verdict.tests
    ]
    return replace(verdict, status="error", message=problem, tests=tests)


_OF_NOTHING: dict[str, Verdict] = {}
"""By the unit's `kit`, which no two exercises share."""
_ONE_AT_A_TIME = threading.Lock()


def _of_nothing(unit: Unit, course: Course, exercise: Exercise) -> Verdict:
    """The verdict on an empty folder, which tells what there is to be had. Marked once."""
    with _ONE_AT_A_TIME:
        if unit.kit not in _OF_NOTHING:
            with scratch_folder() as folder, _RUNNERS.lend(course) as runner:
                _OF_NOTHING[unit.kit] = mark(exercise, folder, runner)
        return _OF_NOTHING[unit.kit]


class _Runners:
    """One warm runner, lent to all threads of this process; a new one when it has failed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._current: Warm | None = None
        self._users: Counter[Warm] = Counter()

    @contextmanager
    def lend(self, course: Course) -> Iterator[Warm]:
        """The runner. One in whose hands marking fails is lent to nobody any more, and is closed
        when its last user has done: others' marking may still go well.
        """
        with self._lock:
            runner = self._current = self._current or Warm(course.kit, course.exercises)
            self._users[runner] += 1
        try:
            yield runner
        except (GradingError, OSError):
            with self._lock:
                if self._current is runner:
                    self._current = None
            raise
        finally:
            with self._lock:
                self._users[runner] -= 1
                idle = not self._users[runner] and runner is not self._current
                if idle:
                    del self._users[runner]
            if idle:
                runner.__exit__()

    def close(self) -> None:
        """End the runner, with all that it has started."""
        with self._lock:
            runner, self._current = self._current, None
            idle = runner is not None and not self._users[runner]
        if runner is not None and idle:
            runner.__exit__()


_RUNNERS = _Runners()
close_runner = _RUNNERS.close
"""End the processes that `mark_unit` keeps. The next unit starts new ones."""
atexit.register(close_runner)
