"""The course itself: concepts in order, notebooks in place, names resolved, faults explained."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from workshop.course import CourseError, Lesson, find_kit, load_course

COURSE = load_course(Path(__file__).parents[2])
each_lesson = pytest.mark.parametrize("lesson", COURSE.lessons, ids=lambda lesson: lesson.stem)


@each_lesson
def test_every_concept_is_taught_before_it_is_needed(lesson):
    taught = {c for other in COURSE.lessons if other.number < lesson.number for c in other.teaches}

    assert set(lesson.needs) <= taught
    assert not taught & set(lesson.teaches), "a concept is taught once"


def test_every_concept_says_which_names_show_it():
    taught = {concept for lesson in COURSE.lessons for concept in lesson.teaches}

    assert taught == set(COURSE.concepts)


@each_lesson
def test_no_code_uses_a_concept_before_it_is_taught(lesson):
    later = {
        name: concept
        for other in COURSE.lessons
        if other.number > lesson.number
        for concept in other.teaches
        for name in COURSE.concepts[concept]
    }
    for place, code in _code_of(lesson):
        early = {name: later[name] for name in _names_in(code) if name in later}
        assert not early, f"{place} uses {early}, which a later lesson teaches"


def _code_of(lesson: Lesson) -> list[tuple[str, str]]:
    notebook = json.loads(lesson.notebook.read_text(encoding="utf-8"))
    cells = [
        (f"{lesson.stem}, cell {number}", "".join(cell["source"]))
        for number, cell in enumerate(notebook["cells"], 1)
        if cell["cell_type"] == "code"
    ]
    if lesson.exercise:
        cells.append((lesson.exercise.file_name, lesson.exercise.stub.read_text("utf-8")))
        cells += [
            (f"hint {number} of {lesson.exercise.name}", code)
            for number, hint in enumerate(lesson.exercise.hints, 1)
            for code in re.findall(r"```python\n(.*?)```", hint, re.DOTALL)
        ]
    return cells


def _names_in(code: str) -> set[str]:
    """The imported modules, dotted names and async keywords that a piece of code uses."""
    code = re.sub(r"^\s*[%!].*$", "", code, flags=re.MULTILINE)
    try:
        tree = ast.parse(code)
    except SyntaxError:  # a hint may show a fragment
        return set(re.findall(r"\b(?:asyncio|httpx)\.\w+", code))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            names.add(ast.unparse(node))
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.AsyncFunctionDef):
            names.add("async def")
        elif isinstance(node, ast.Await):
            names.add("await")
    return names


@each_lesson
def test_every_lesson_has_its_notebook_with_stored_outputs(lesson):
    notebook = json.loads(lesson.notebook.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]

    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert all(cell["execution_count"] for cell in code), "run `workshop notebooks`"
    assert any(cell["outputs"] for cell in code)


@each_lesson
def test_a_lesson_takes_twenty_to_forty_minutes(lesson):
    assert 20 <= lesson.minutes <= 40


@each_lesson
def test_no_lesson_calls_anything_simple(lesson):
    text = lesson.notebook.read_text(encoding="utf-8")

    assert not re.findall(r"\bsimply\b", text, re.IGNORECASE)


@pytest.mark.parametrize(
    "word", ["ex02_upload", "ex02", "02", "2", "upload", "02_upload", "exercises/ex02_upload.py"]
)
def test_an_exercise_is_found_by_whatever_a_person_would_type(word):
    assert COURSE.exercise(word).name == "ex02_upload"


def test_an_unknown_exercise_is_answered_with_the_names_there_are():
    with pytest.raises(CourseError, match=r"ex99.*ex01_event_loop"):
        COURSE.exercise("ex99")


def test_the_kit_is_found_from_a_folder_inside_it():
    assert find_kit(COURSE.kit / "tests" / "graded") == COURSE.kit


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title = ", "not valid TOML"),
        ('title = "x"', "misses or misspells an entry: 'part'"),
        ('title="x"\npart=[]\n[[lesson]]\nnumber=1', "misses or misspells an entry"),
    ],
)
def test_a_damaged_course_file_is_explained(tmp_path, text, words):
    (tmp_path / "course.toml").write_text(text, encoding="utf-8")

    with pytest.raises(CourseError, match=re.escape(words)):
        load_course(tmp_path)


LESSONS = """
title = "x"
part = []

[[lesson]]
number = 1
name = "one"
part = "I"
title = ""
minutes = 1
teaches = []
needs = []
exercise = {{ kind = "code", minutes = 1 }}

[[lesson]]
number = 2
name = "two"
part = "I"
title = ""
minutes = 1
teaches = []
needs = []
exercise = {{ {} }}
"""


def test_a_tests_exercise_knows_its_subjects(tmp_path):
    exercise = 'kind = "tests", minutes = 5, subjects = ["ex01_one"]'
    (tmp_path / "course.toml").write_text(LESSONS.format(exercise), encoding="utf-8")

    course = load_course(tmp_path)

    tests = course.exercise("two")
    assert [subject.name for subject in course.subjects_of(tests)] == ["ex01_one"]
    assert tests.path == tmp_path / "exercises" / "test_ex02_two.py"
    assert tests.reference == tmp_path / "solutions" / "test_ex02_two.py"
    assert tests.stub == tmp_path / "tests" / "graded" / "ex02_two" / "stub.py"


@pytest.mark.parametrize(
    ("exercise", "words"),
    [
        ('kind = "exam"', "is of the kind 'exam'; it can be 'code' or 'tests'."),
        ('kind = "code", subjects = ["ex01_one"]', "has subjects, which only an exercise of kind"),
        ('kind = "tests"', "has no subjects: name the code exercises that it tests."),
        ('kind = "tests", subjects = ["ex07_no"]', "has the subject 'ex07_no', and there is no"),
        ('kind = "tests", subjects = ["ex02_two"]', "has the subject 'ex02_two', and there is no"),
        ('kind = "tests", subjects = ["ex01_one", "ex01_one"]', "names one of its subjects twice"),
    ],
)
def test_an_exercise_of_a_kind_that_does_not_suit_it_is_explained(tmp_path, exercise, words):
    text = LESSONS.format(f"{exercise}, minutes = 5")
    (tmp_path / "course.toml").write_text(text, encoding="utf-8")

    with pytest.raises(CourseError, match=f"the exercise ex02_two {re.escape(words)}"):
        load_course(tmp_path)


def test_minutes_add_up_to_less_than_a_day():
    total = sum(
        lesson.minutes + (lesson.exercise.minutes if lesson.exercise else 0)
        for lesson in COURSE.lessons
    )

    assert 0 < total < 8 * 60


def test_every_lesson_belongs_to_a_part():
    assert {lesson.part for lesson in COURSE.lessons} == {part.number for part in COURSE.parts}
