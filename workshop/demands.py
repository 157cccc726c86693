"""What a `tests` exercise demands of the learner's tests, and what they are to catch.

Each such exercise says it in `marking.toml`, beside its stub:

    [[test]]
    name = "test_upload_returns_the_servers_answer"
    variant = "marker"
    behaviour = "the server's JSON is returned, whole"

    [catch]
    ex02_upload = ["returns_nested_part", "wrong_field"]
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workshop.course import VARIANTS, Course, CourseError, Exercise


@dataclass(frozen=True)
class DemandedTest:
    """A test that the learner has to write, under this name and in this variant.

    The variant is seen from what ran. marker: it is a coroutine function with the asyncio marker.
    fixture: an async fixture of its own file was set up for it. mock: an AsyncMock was awaited
    while it ran. `behaviour` is what it demands of the code under test, as half a sentence.
    """

    name: str
    variant: str
    behaviour: str


@dataclass(frozen=True)
class WrongModule:
    """A mutant that the tests are to catch: a complete wrong module in the place of `subject`."""

    subject: Exercise
    path: Path

    @property
    def name(self) -> str:
        """Its name in reports to authors, such as `ex02_upload/only_200`. No learner is shown it:
        it tells what is wrong."""
        return f"{self.subject.name}/{self.path.stem}"

    @property
    def misconception(self) -> str:
        """The id of the wrong idea that it embodies: what its docstring begins with."""
        first = self.path.read_text(encoding="utf-8").partition("\n")[0]
        return first.removeprefix('"""misconception: ').strip()


@dataclass(frozen=True)
class Demands:
    """Everything that `marking.toml` says, in its order."""

    tests: tuple[DemandedTest, ...]
    catch: tuple[WrongModule, ...]


def load_demands(course: Course, exercise: Exercise) -> Demands:
    """What `exercise`, of kind `tests`, demands.

    Raises CourseError when its `marking.toml` is missing, malformed, or names what is not there.
    """
    path = exercise.marking
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CourseError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} is not valid TOML: {error}.") from error
    try:
        return Demands(_tests(data), _catch(data, course.subjects_of(exercise)))
    except _Fault as error:
        raise CourseError(f"{path}: {error}") from None


class _Fault(Exception):
    """Something about `marking.toml`, in a sentence that does not say where the file is."""


def _tests(data: dict[str, Any]) -> tuple[DemandedTest, ...]:
    tests = tuple(_test(entry) for entry in _table(data, "test", list))
    names = [test.name for test in tests]
    if not tests:
        raise _Fault("It demands no test: add a table [[test]].")
    if twice := {name for name in names if names.count(name) > 1}:
        raise _Fault(f"It demands {min(twice)} twice.")
    return tests


def _test(entry: Any) -> DemandedTest:
    wanted = set(DemandedTest.__dataclass_fields__)
    if not isinstance(entry, dict) or set(entry) != wanted:
        raise _Fault(f"A [[test]] has {', '.join(sorted(wanted))}, and nothing else.")
    if not all(isinstance(value, str) and value.strip() for value in entry.values()):
        raise _Fault(f"Each entry of the [[test]] {entry['name']!r} is a text that is not empty.")
    test = DemandedTest(**entry)
    if not (test.name.startswith("test_") and test.name.isidentifier()):
        raise _Fault(f"{test.name!r} is no name for a test: it begins with test_.")
    if test.variant not in VARIANTS:
        variants = ", ".join(VARIANTS)
        raise _Fault(
            f"{test.name} is to be written in the variant {test.variant!r}; there are {variants}."
        )
    return test


def _catch(data: dict[str, Any], subjects: tuple[Exercise, ...]) -> tuple[WrongModule, ...]:
    by_name = {subject.name: subject for subject in subjects}
    catch: list[WrongModule] = []
    for name, mutants in _table(data, "catch", dict).items():
        if name not in by_name:
            raise _Fault(f"[catch] names {name}, which is none of the exercise's subjects.")
        if not isinstance(mutants, list):
            raise _Fault(f"[catch] gives {name} no list of mutants.")
        catch += [_wrong_module(by_name[name], mutant) for mutant in mutants]
    if silent := [name for name in by_name if name not in {one.subject.name for one in catch}]:
        raise _Fault(f"[catch] names no mutant of {silent[0]}, which is one of the subjects.")
    if len(set(catch)) < len(catch):
        raise _Fault("[catch] names a mutant twice.")
    return tuple(catch)


def _wrong_module(subject: Exercise, name: Any) -> WrongModule:
    for path in subject.mutants:
        if path.stem == name:
            return WrongModule(subject, path)
    raise _Fault(f"[catch] names the mutant {name!r} of {subject.name}, and there is none.")


def _table(data: dict[str, Any], name: str, kind: type) -> Any:
    if unknown := set(data) - {"test", "catch"}:
        raise _Fault(f"It has an entry {min(unknown)!r}; there are [[test]] and [catch] alone.")
    if not isinstance(data.get(name), kind):
        raise _Fault(f"It has no {'[[test]]' if kind is list else '[catch]'}.")
    return data[name]
