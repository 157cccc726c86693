"""Whoever writes no solution scores nothing: an answer that is always the same earns no point."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from workshop.course import Exercise, load_course

COURSE = load_course(Path(__file__).parents[2])
CODE = [exercise for exercise in COURSE.exercises if exercise.kind == "code"]

CONSTANTS = [
    *("return None", "return True", "return 'text'", "return []", "return {}"),
    *("return (None, True)", "return (200, {})"),
    """return '{"ERROR": "Cat Fact Not Available"}'""",
    "raise FileNotFoundError('no such file')",
    "raise LookupError('no such animal')",
    "raise httpx.ConnectError('refused')",
    "return EqualToEverything()",
]
"""Bodies for every function that a learner writes. None of them looks at its arguments."""
LIE = CONSTANTS[-1]
"""The one that only a process of its own is proof against. The others are plain values, and where
they are judged makes no difference but in time."""

GUESSES = {
    "ex01_event_loop": "return ['a fact about otter', 'a fact about ant', 'a fact about yak']",
    "ex02_upload": "return {'status': True, 'data': {'file': {'metadata': {'size': 72256}}}}",
    "ex04_cat_fact": "return (200, {'data': ['Cats have whiskers on the backs of their legs.']})",
    "ex05_together": "return ({'status': True, 'data': {'file': {'metadata': {}}}}, True)",
}
"""By exercise: what a right answer may look like, to somebody who has read the graded tests."""

NEEDED = """
import asyncio
import httpx

class EqualToEverything:
    def __eq__(self, other):
        return True
    def __hash__(self):
        return 1
"""
"""What the bodies above need. At a module's end, so that nothing there comes too early for it."""


def with_every_body(exercise: Exercise, body: str) -> bytes:
    """The exercise's stub with `body` in every async function that is not written yet."""
    tree = ast.parse(exercise.stub.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef) and is_unwritten(node):
            node.body = ast.parse(body).body
        elif isinstance(node, ast.FunctionDef) and is_unwritten(node):
            node.body = [ast.Pass()]  # an `__init__`: what is made by it can be called
    return (ast.unparse(tree) + NEEDED).encode()


def is_unwritten(function: ast.AsyncFunctionDef | ast.FunctionDef) -> bool:
    last = function.body[-1]
    return isinstance(last, ast.Raise) and ast.unparse(last).startswith("raise NotImplementedError")


def submissions() -> list[object]:
    return [
        pytest.param(
            exercise, with_every_body(exercise, body), body == LIE, id=f"{exercise.name}-{body}"
        )
        for exercise in CODE
        for body in [*CONSTANTS, *filter(None, [GUESSES.get(exercise.name)])]
    ]


@pytest.mark.parametrize(("exercise", "source", "isolated"), submissions())
def test_an_answer_that_never_changes_scores_zero(marking, exercise, source, isolated):
    verdict = marking.verdict(exercise, source, isolated)

    earned = [f"{test.variant} {test.name}" for test in verdict.tests if test.points]
    assert earned == [], "these tests gave points to a submission without a solution"
    assert {test.status for test in verdict.tests} == {"fail"}, "the tests did not call it"
    assert not any("not written yet" in test.message for test in verdict.tests)
