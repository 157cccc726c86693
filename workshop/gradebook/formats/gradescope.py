"""gradescope/: a folder a learner with the `results.json` of an autograder, and learners.csv.

The format is https://gradescope-autograders.readthedocs.io/en/latest/specs/ ("Output format"). A
`run_autograder` finds the learner's e-mail address in /autograder/submission_metadata.json, the
folder in learners.csv, and copies the file to /autograder/results/results.json.

- `score` is the total, lateness taken off; it goes before the sum of the tests.
- Learners see all of it when the grades are published and nothing before, for a result may name
  tests that others are still being asked; what was printed while marking stays hidden.
- Names and outputs are of the format `text`: markup in them is shown as it is.
- Who has something unmarked gets no `results.json` (an old one is removed): Gradescope knows no
  empty score, and the sum of the rest would be a grade. Its column `folder` is empty.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workshop.gradebook.book import Gradebook, Marked
from workshop.gradebook.file_names import file_name
from workshop.gradebook.formats.names import LONGEST, names_of
from workshop.gradebook.formats.table import Cell, csv_of, total_of
from workshop.gradebook.formats.wording import captured, explained, standing, title
from workshop.gradebook.writing import write_text, write_texts
from workshop.grading.verdict import TestResult, Verdict
from workshop.stranger import one_line


def write(book: Gradebook, folder: Path) -> list[Path]:
    """Write gradescope/. Raises OSError when something cannot be written."""
    top, names = folder / "gradescope", names_of(book)
    rows: list[list[Cell]] = [["learner", "number", "email", "folder"]]
    complete = []
    for one in book.submissions:
        place, who = file_name(one.learner), one.learner
        if total_of(book, one) is None:
            (top / place / "results.json").unlink(missing_ok=True)
            place = ""
        else:
            complete.append((top / place / "results.json", one))
        rows.append([names[who.name], who.number, who.email, place])
    written = write_texts((path, _json(results(book, one))) for path, one in complete)
    return [*written, write_text(top / "learners.csv", csv_of(rows))]


def results(book: Gradebook, one: Marked) -> dict[str, Any]:
    """The results of a learner of whom everything is marked."""
    return {
        "score": total_of(book, one),
        "output": "\n".join(_lines(book, one)),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "after_published",
        "stdout_visibility": "hidden",
        "tests": list(_tests(book, one)),
    }


def _lines(book: Gradebook, one: Marked) -> Iterator[str]:
    for exercise in book.exercises:
        verdict = one.verdict(exercise)
        message = one_line(verdict.message, LONGEST) if verdict else ""
        yield standing(book, one, exercise) + (f". {message}" if message else "")


def _tests(book: Gradebook, one: Marked) -> Iterator[dict[str, Any]]:
    for place, exercise in enumerate(book.exercises, 1):
        verdict = one.verdict(exercise)
        if verdict is None:
            continue
        for number, test in enumerate(verdict.tests, 1):
            yield _test(exercise, f"{place}.{number}", test)
        if not verdict.tests:
            yield _without_tests(verdict, f"{place}.1", book.max_points[exercise])


def _test(exercise: str, number: str, test: TestResult) -> dict[str, Any]:
    passed = test.status == "pass"
    parts = [explained(test), captured(test)]
    return {
        "score": test.points,
        "max_score": test.max_points,
        "status": "passed" if passed else "failed",
        "name": f"{exercise}: {title(test)}",
        "number": number,
        "output": "\n\n".join(part for part in parts if part),
        "tags": [exercise, test.variant],
    }


def _without_tests(verdict: Verdict, number: str, most: int) -> dict[str, Any]:
    return {
        "score": 0,
        "max_score": most,
        "status": "passed" if verdict.status == "pass" else "failed",
        "name": verdict.exercise,
        "number": number,
        "output": one_line(verdict.message, LONGEST),
        "tags": [verdict.exercise],
    }


def _json(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
