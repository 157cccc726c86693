"""The course: `course.toml` and the naming convention, and nothing that is not found there."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

Kind = Literal["code", "tests"]
VARIANTS = ("marker", "fixture", "mock")
"""The ways to test async code. Graded tests come in each; a learner's test is asked for in one."""


class CourseError(Exception):
    """Something about the course that a person has to mend. The text is one sentence."""


@dataclass(frozen=True)
class Exercise:
    """What the learner completes. `minutes` is the time planned for it.

    `subjects` are the names of the `code` exercises that the tests of a `tests` exercise are about.
    """

    kit: Path
    number: int
    lesson: str
    kind: Kind
    minutes: int
    subjects: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name in verdicts and commands, such as `ex02_upload`."""
        return f"ex{self.number:02d}_{self.lesson}"

    @property
    def module(self) -> str:
        """The name it is imported by: `ex02_upload`, or `test_ex06_markers` for tests."""
        return self.name if self.kind == "code" else f"test_{self.name}"

    @property
    def file_name(self) -> str:
        return f"{self.module}.py"

    @property
    def path(self) -> Path:
        """Where the learner edits it."""
        return self.kit / "exercises" / self.file_name

    @property
    def reference(self) -> Path:
        """Our answer."""
        return self.kit / "solutions" / self.file_name

    @property
    def graded(self) -> Path:
        """The folder of its graded tests, hints, mutants and alternatives."""
        return self.kit / "tests" / "graded" / self.name

    @property
    def stub(self) -> Path:
        """The file as the learner first finds it, kept so that `reset` can restore it."""
        return self.graded / "stub.py"

    @property
    def mutants(self) -> list[Path]:
        return sorted((self.graded / "mutants").glob("*.py"))

    @property
    def alternatives(self) -> list[Path]:
        return sorted((self.graded / "alternatives").glob("*.py"))

    @property
    def marking(self) -> Path:
        """What a `tests` exercise demands: `workshop.demands` reads it."""
        return self.graded / "marking.toml"

    @property
    def hints(self) -> list[str]:
        """The hints in order, a nudge first: the sections of `hints.md`."""
        path = self.graded / "hints.md"
        if not path.is_file():
            return []
        sections = path.read_text(encoding="utf-8").split("\n## ")[1:]
        return [section.partition("\n")[2].strip() for section in sections]


@dataclass(frozen=True)
class Lesson:
    """One numbered notebook. `minutes` is the time for the notebook alone."""

    kit: Path
    number: int
    name: str
    part: str
    title: str
    minutes: int
    teaches: tuple[str, ...]
    needs: tuple[str, ...]
    exercise: Exercise | None

    @property
    def stem(self) -> str:
        return f"{self.number:02d}_{self.name}"

    @property
    def notebook(self) -> Path:
        return self.kit / "notebooks" / f"{self.stem}.ipynb"


@dataclass(frozen=True)
class Part:
    number: str
    title: str


@dataclass(frozen=True)
class LatePolicy:
    """What handing in late costs: for each begun day after the grace so many per cent of the
    points, and never so much that less than the floor is left.
    """

    grace_minutes: int
    percent_per_day: int
    floor_percent: int


@dataclass(frozen=True)
class Course:
    """Everything `course.toml` says, in the order in which it says it."""

    kit: Path
    title: str
    parts: tuple[Part, ...]
    lessons: tuple[Lesson, ...]
    concepts: dict[str, tuple[str, ...]]
    late: LatePolicy | None = None
    handout: bool = False
    """Whether this copy is a learner's: without answers, and without what marks learners' tests."""

    @cached_property
    def exercises(self) -> tuple[Exercise, ...]:
        return tuple(lesson.exercise for lesson in self.lessons if lesson.exercise)

    @cached_property
    def checked_here(self) -> tuple[Exercise, ...]:
        """The exercises that this copy can mark: all; in a handout, those of kind `code`."""
        return tuple(one for one in self.exercises if one.kind == "code" or not self.handout)

    def subjects_of(self, exercise: Exercise) -> tuple[Exercise, ...]:
        """The `code` exercises whose modules the tests of `exercise` are about."""
        return tuple(one for one in self.exercises if one.name in exercise.subjects)

    def exercise(self, wanted: str) -> Exercise:
        """The exercise a person means by `ex02_upload`, `ex02`, `02`, `2`, `upload` or its file.

        Raises CourseError with the names that exist.
        """
        word = Path(wanted).name.removesuffix(".py").removesuffix(".ipynb").removeprefix("test_")
        word = word.removeprefix("ex")
        for exercise in self.exercises:
            number = f"{exercise.number:02d}"
            names = {f"{number}_{exercise.lesson}", exercise.lesson, number, str(exercise.number)}
            if word in names:
                return exercise
        known = ", ".join(exercise.name for exercise in self.exercises)
        raise CourseError(f"There is no exercise called {wanted!r}. The exercises are: {known}.")


def find_kit(start: Path | None = None) -> Path:
    """The folder that holds `course.toml`: `start` or one above it, else where this is installed.

    Raises CourseError when there is none.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents, Path(__file__).resolve().parent.parent):
        if (folder / "course.toml").is_file() and (folder / "exercises").is_dir():
            return folder
    raise CourseError(
        f"No course.toml was found in {start} or above it. Change to the workshop's folder first."
    )


def load_course(kit: Path | None = None) -> Course:
    """Read `course.toml` of `kit` (default: the kit found from here).

    Raises CourseError when it is missing or malformed, with the place.
    """
    kit = kit or find_kit()
    path = kit / "course.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return _course(kit, data)
    except OSError as error:
        raise CourseError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} is not valid TOML: {error}.") from error
    except (KeyError, TypeError) as error:
        raise CourseError(f"{path} misses or misspells an entry: {error}.") from error


def _course(kit: Path, data: dict[str, object]) -> Course:
    raw: dict[str, list[dict[str, object]]] = data  # type: ignore[assignment]
    course = Course(
        kit=kit,
        title=str(data["title"]),
        parts=tuple(Part(**part) for part in raw["part"]),  # type: ignore[arg-type]
        lessons=tuple(_lesson(kit, dict(lesson)) for lesson in raw["lesson"]),
        concepts={
            name: tuple(shown)
            for name, shown in data.get("concepts", {}).items()  # type: ignore[attr-defined]
        },
        late=_late(kit, data["late"]) if "late" in data else None,
        handout=bool(data.get("handout", False)),
    )
    for exercise in course.exercises:
        _check(exercise, {one.name for one in course.exercises if one.kind == "code"})
    return course


def _check(exercise: Exercise, code: set[str]) -> None:
    """Raises CourseError when the kind of `exercise` is unknown or its subjects do not suit it."""
    place = f"{exercise.kit / 'course.toml'}: the exercise {exercise.name}"
    if exercise.kind not in get_args(Kind):
        kinds = " or ".join(repr(kind) for kind in get_args(Kind))
        raise CourseError(f"{place} is of the kind {exercise.kind!r}; it can be {kinds}.")
    if exercise.kind == "code" and exercise.subjects:
        raise CourseError(f"{place} has subjects, which only an exercise of kind 'tests' has.")
    if exercise.kind == "tests" and not exercise.subjects:
        raise CourseError(f"{place} has no subjects: name the code exercises that it tests.")
    for subject in exercise.subjects:
        if subject not in code:
            raise CourseError(
                f"{place} has the subject {subject!r}, and there is no code exercise of that name."
            )
    if len(set(exercise.subjects)) < len(exercise.subjects):
        raise CourseError(f"{place} names one of its subjects twice.")


def _late(kit: Path, entry: object) -> LatePolicy:
    """Raises CourseError when it is no policy."""
    place = f"{kit / 'course.toml'}: [late]"
    wanted = list(LatePolicy.__dataclass_fields__)
    if not isinstance(entry, dict) or sorted(entry) != sorted(wanted):
        raise CourseError(f"{place} has {', '.join(wanted)}, and nothing else.")
    for name, number in entry.items():
        most = 100 if "percent" in name else None
        if type(number) is not int or number < 0 or (most is not None and number > most):
            limits = "of at least 0" if most is None else "from 0 to 100"
            raise CourseError(f"{place}: {name} is a whole number {limits}, not {number!r}.")
    return LatePolicy(**entry)


def _lesson(kit: Path, entry: dict[str, object]) -> Lesson:
    exercise: dict[str, object] = dict(entry.pop("exercise", {}))  # type: ignore[call-overload]
    if "subjects" in exercise:
        exercise["subjects"] = tuple(exercise["subjects"])  # type: ignore[arg-type]
    entry["teaches"] = tuple(entry["teaches"])  # type: ignore[arg-type]
    entry["needs"] = tuple(entry["needs"])  # type: ignore[arg-type]
    return Lesson(
        kit=kit,
        exercise=Exercise(kit, entry["number"], entry["name"], **exercise)  # type: ignore
        if exercise
        else None,
        **entry,  # type: ignore[arg-type]
    )
