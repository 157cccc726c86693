"""What the course never lets happen to its authors, for every exercise in course.toml."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path
from typing import Any

import pytest

from workshop.course import VARIANTS, Exercise, load_course
from workshop.diagnosis import catalogue
from workshop.grading.verdict import Verdict

COURSE = load_course(Path(__file__).parents[2])
CODE = [exercise for exercise in COURSE.exercises if exercise.kind == "code"]
EVERYTHING = bool(os.environ.get("WORKSHOP_EVERYTHING"))
"""Is all to be marked both in the process of the tests, as plain pytest does, which takes half as
long, and apart from it, as `workshop check` does?"""
SAMPLE = 1 if EVERYTHING else 9
"""Otherwise one of so many mutants is; and of the alternatives none."""
RACING = (
    "executor_not_awaited",
    "first_completed",
    "order_of_completion",
    "save_in_an_executor",
    "save_not_awaited",
    "sleeps_instead_of_awaiting",
    "task_not_awaited",
    "tasks_come_back",
    "thread_not_joined",
    "upload_not_awaited",
)
"""Mutants that run a race with the test: which tests they fail is chance, wherever they run."""
WAITING_FOR_A_THREAD = ("event_of_a_thread", "executor_result", "thread_joined")
"""Mutants whose loop stands still until a thread has gone through a gate. In one process a mock at
that gate would have to be asked on the same loop: there the tests with a mock time out."""


def files(kind: str) -> list[Any]:
    """A parameter for each of an exercise's `mutants` or `alternatives`."""
    return [
        pytest.param(exercise, path, id=f"{exercise.name}-{path.stem}")
        for exercise in CODE
        for path in getattr(exercise, kind)
    ]


def misconception_of(mutant: Path) -> str:
    match = re.match(r'"""misconception: ([a-z0-9-]+)\n', mutant.read_text(encoding="utf-8"))
    assert match, "its docstring does not begin with `misconception: <id>`"
    return match[1]


in_both_ways = pytest.mark.parametrize(
    "isolated", [True, False], ids=["isolated", "in one process"]
)
each_exercise = pytest.mark.parametrize("exercise", COURSE.exercises, ids=lambda e: e.name)
each_code_exercise = pytest.mark.parametrize("exercise", CODE, ids=lambda e: e.name)


def words(verdict: Verdict) -> str:
    """The failed tests of a verdict, for the message of an assertion."""
    return "\n".join(
        f"{test.variant} {test.name}: {test.status}: {test.message}"
        for test in verdict.tests
        if test.status != "pass"
    )


@each_code_exercise
@in_both_ways
def test_the_reference_scores_full_marks(marking, exercise, isolated):
    verdict = marking.verdict(exercise, exercise.reference.read_bytes(), isolated)

    assert verdict.status == "pass", words(verdict)
    assert verdict.points == verdict.max_points > 0


@each_code_exercise
@in_both_ways
def test_the_untouched_stub_scores_zero(marking, exercise, isolated):
    verdict = marking.verdict(exercise, exercise.stub.read_bytes(), isolated)

    assert verdict.status == "fail"
    assert verdict.points == 0, [test.name for test in verdict.tests if test.points]
    assert all("not written yet" in test.message for test in verdict.tests)
    assert not any(test.diagnosis for test in verdict.tests)


def failed(verdict: Verdict) -> set[tuple[str, str]]:
    """The tests that it failed."""
    return {(test.name, test.variant) for test in verdict.tests if test.status != "pass"}


def named(verdict: Verdict) -> set[str]:
    """The misconceptions that a verdict tells of."""
    return {test.diagnosis.misconception for test in verdict.tests if test.diagnosis}


@pytest.mark.parametrize("isolated", [False], ids=["in one process"])
@pytest.mark.parametrize(("exercise", "path"), files("mutants"))
def test_a_mutant_is_rejected_and_its_misconception_named(marking, exercise, path, isolated):
    verdict = marking.verdict(exercise, path.read_bytes(), isolated)

    assert verdict.status == "fail", "no graded test rejects it"
    assert misconception_of(path) in named(verdict), words(verdict)


@pytest.mark.parametrize(("exercise", "path"), files("mutants")[::SAMPLE])
def test_apart_from_the_tests_a_mutant_fails_the_same(marking, exercise, path):
    apart = marking.verdict(exercise, path.read_bytes())
    beside = marking.verdict(exercise, path.read_bytes(), isolated=False)

    assert apart.status == beside.status == "fail"
    assert misconception_of(path) in named(apart), words(apart)
    if path.stem not in RACING + WAITING_FOR_A_THREAD:
        assert failed(apart) == failed(beside), words(apart) + "\n\n" + words(beside)


@pytest.mark.parametrize("isolated", [True, False] if EVERYTHING else [True])
@pytest.mark.parametrize(("exercise", "path"), files("alternatives"))
def test_an_alternative_is_accepted(marking, exercise, path, isolated):
    verdict = marking.verdict(exercise, path.read_bytes(), isolated)

    assert verdict.status == "pass", words(verdict)


@each_exercise
def test_no_file_of_an_exercise_is_missing(exercise):
    own = [f"test_{variant}.py" for variant in VARIANTS] if exercise in CODE else ["marking.toml"]
    wanted = [exercise.path, exercise.reference, exercise.stub, exercise.graded / "hints.md"]
    wanted += [exercise.graded / name for name in own]

    missing = [str(path.relative_to(COURSE.kit)) for path in wanted if not path.is_file()]
    assert not missing, f"there is no {', no '.join(missing)}"


@each_exercise
def test_the_exercise_is_its_stub(exercise):
    assert exercise.path.read_bytes() == exercise.stub.read_bytes()


@each_exercise
def test_hints_go_from_a_nudge_on_and_none_is_empty(exercise):
    assert 3 <= len(exercise.hints) <= 5
    assert all(len(hint) > 20 for hint in exercise.hints)


@each_code_exercise
def test_there_are_enough_mutants_and_alternatives(exercise):
    assert len(exercise.mutants) >= 5
    assert len(exercise.alternatives) >= 4


@pytest.mark.parametrize(("exercise", "path"), files("mutants"))
def test_a_mutant_names_a_misconception_of_the_catalogue(exercise, path):
    assert misconception_of(path) in catalogue()


def graded_tests(exercise: Exercise, variant: str) -> list[ast.AsyncFunctionDef]:
    tree = ast.parse((exercise.graded / f"test_{variant}.py").read_text(encoding="utf-8"))
    return [
        node
        for node in tree.body
        if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]


def markers(test: ast.AsyncFunctionDef) -> dict[str, list[object]]:
    """The test's markers by name, with their arguments."""
    found: dict[str, list[object]] = {}
    for decorator in test.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        name = ast.unparse(call.func if call else decorator).removeprefix("pytest.mark.")
        found[name] = [ast.literal_eval(arg) for arg in call.args] if call else []
    return found


@each_code_exercise
def test_the_three_variants_test_the_same_behaviours(exercise):
    seen = {
        variant: [
            (test.name, ast.get_docstring(test), markers(test))
            for test in graded_tests(exercise, variant)
        ]
        for variant in VARIANTS
    }

    assert seen["marker"] == seen["fixture"] == seen["mock"]
    assert seen["marker"], "no test was found"


@each_code_exercise
def test_each_graded_test_says_what_it_demands_and_names_an_idea(exercise):
    for test in graded_tests(exercise, "marker"):
        marked = markers(test)
        assert ast.get_docstring(test), test.name
        assert "asyncio" in marked, test.name
        assert marked["misconception"][0] in catalogue(), test.name


@each_code_exercise
@pytest.mark.parametrize("variant", VARIANTS)
def test_each_graded_variant_has_a_docstring_that_explains_it(exercise, variant):
    tree = ast.parse((exercise.graded / f"test_{variant}.py").read_text(encoding="utf-8"))

    assert len(ast.get_docstring(tree) or "") > 100


@each_code_exercise
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_ideas_that_assertions_name_are_in_the_catalogue(exercise, variant):
    text = (exercise.graded / f"test_{variant}.py").read_text(encoding="utf-8")

    assert set(re.findall(r'"\[([a-z0-9-]+)\] ', text)) <= set(catalogue())
