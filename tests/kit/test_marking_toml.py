"""What the exercises of kind `tests` demand: their `marking.toml`, and what goes with it."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest

from workshop.course import CourseError, Exercise, load_course
from workshop.demands import load_demands
from workshop.diagnosis import catalogue

COURSE = load_course(Path(__file__).parents[2])
TESTS = [exercise for exercise in COURSE.exercises if exercise.kind == "tests"]

each_exercise = pytest.mark.parametrize("exercise", TESTS, ids=lambda exercise: exercise.name)


def coroutines_in(path: Path) -> dict[str, ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [node for node in tree.body if isinstance(node, ast.AsyncFunctionDef)]
    return {node.name: node for node in found if node.name.startswith("test_")}


def idea_of(path: Path) -> str | None:
    match = re.match(r'"""misconception: ([a-z0-9-]+)\n', path.read_text(encoding="utf-8"))
    return match[1] if match else None


@each_exercise
def test_the_demanded_tests_stand_in_the_stub_and_in_our_answer(exercise):
    demanded = {test.name for test in load_demands(COURSE, exercise).tests}

    assert demanded <= coroutines_in(exercise.stub).keys()
    assert demanded <= coroutines_in(exercise.reference).keys()


@each_exercise
def test_the_stub_says_of_each_test_what_it_demands_as_our_answer_does(exercise):
    stub, reference = coroutines_in(exercise.stub), coroutines_in(exercise.reference)

    for name, test in stub.items():
        said = (ast.get_docstring(test) or "").partition("\n")[0]
        assert said, name
        assert said == (ast.get_docstring(reference[name]) or "").partition("\n")[0]


@each_exercise
def test_there_is_enough_to_catch_and_it_is_of_many_kinds(exercise):
    catch = load_demands(COURSE, exercise).catch

    assert 8 <= len(catch) <= 25
    assert len({idea_of(wrong.path) for wrong in catch}) >= 5


@each_exercise
def test_there_are_other_right_answers_and_wrong_ones(exercise):
    assert len(exercise.alternatives) >= 2
    assert len(exercise.mutants) >= 4


@pytest.mark.parametrize(
    "path", [path for exercise in TESTS for path in exercise.mutants], ids=lambda path: path.stem
)
def test_a_wrong_answer_names_a_misconception_of_the_catalogue(path):
    assert idea_of(path) in catalogue()


@each_exercise
def test_right_answers_hold_every_demanded_test(exercise):
    demanded = {test.name for test in load_demands(COURSE, exercise).tests}

    for path in exercise.alternatives:
        assert demanded <= coroutines_in(path).keys(), path.name


GOOD = """
[[test]]
name = "test_a"
variant = "marker"
behaviour = "it does a"

[[test]]
name = "test_b"
variant = "mock"
behaviour = "it does b"

[catch]
ex02_upload = ["wrong_field", "only_200"]
ex03_save = ["utcnow"]
"""


@pytest.fixture
def exercise(tmp_path: Path) -> Exercise:
    """An exercise whose `marking.toml` a test may write; what it is to catch is the course's."""
    return replace(TESTS[0], kit=tmp_path)


def marking_of(exercise: Exercise, text: str) -> None:
    exercise.marking.parent.mkdir(parents=True, exist_ok=True)
    exercise.marking.write_text(text, encoding="utf-8")


def test_what_is_demanded_is_read_in_order(exercise):
    marking_of(exercise, GOOD)

    marking = load_demands(COURSE, exercise)

    assert [(test.name, test.variant, test.behaviour) for test in marking.tests] == [
        ("test_a", "marker", "it does a"),
        ("test_b", "mock", "it does b"),
    ]
    assert [wrong.name for wrong in marking.catch] == [
        "ex02_upload/wrong_field",
        "ex02_upload/only_200",
        "ex03_save/utcnow",
    ]
    assert all(wrong.path.is_file() for wrong in marking.catch)


def test_a_marking_that_is_missing_is_explained(exercise):
    with pytest.raises(CourseError, match=r"marking\.toml cannot be read: No such file"):
        load_demands(COURSE, exercise)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[catch]", "[catch", "is not valid TOML"),
        ("[catch]", "[caught]", "It has an entry 'caught'; there are [[test]] and [catch] alone."),
        ("[[test]]", "[[catch.tests]]", "It has no [[test]]."),
        ('variant = "mock"\n', "", "A [[test]] has behaviour, name, variant, and nothing else."),
        ('variant = "mock"', "variant = 3", "Each entry of the [[test]] 'test_b' is a text"),
        ('"it does b"', '" "', "Each entry of the [[test]] 'test_b' is a text"),
        ('"mock"', '"mocks"', "test_b is to be written in the variant 'mocks'; there are marker, "),
        ('"test_b"', '"check_b"', "'check_b' is no name for a test: it begins with test_."),
        ('"test_b"', '"test_b()"', "'test_b()' is no name for a test"),
        ('"test_b"', '"test_a"', "It demands test_a twice."),
        ('"only_200"', '"only_300"', "names the mutant 'only_300' of ex02_upload, and there is no"),
        ('"only_200"', '"wrong_field"', "[catch] names a mutant twice."),
        ('["utcnow"]', '"utcnow"', "[catch] gives ex03_save no list of mutants."),
        ('["utcnow"]', "[]", "[catch] names no mutant of ex03_save, which is one of the subjects."),
        ("ex03_save", "ex04_cat_fact", "ex04_cat_fact, which is none of the exercise's subjects."),
    ],
)
def test_a_damaged_marking_is_explained(exercise, old, new, words):
    assert old in GOOD
    marking_of(exercise, GOOD.replace(old, new))

    with pytest.raises(CourseError, match=re.escape(words)) as caught:
        load_demands(COURSE, exercise)

    assert str(caught.value).startswith(str(exercise.marking))


def test_a_marking_without_tests_is_explained(exercise):
    marking_of(exercise, "test = []\n" + GOOD[GOOD.index("[catch]") :])

    with pytest.raises(CourseError, match="It demands no test"):
        load_demands(COURSE, exercise)
