"""Files for Moodle, with the sentences that say how to use them, in moodle.txt.

moodle-worksheet.csv goes to the assignment that the submissions were downloaded from ("Upload
grading worksheet"): the total, and the points of each exercise as feedback. Rules, from
https://docs.moodle.org/en/Assignment_settings (Offline grading worksheet) and the importer,
https://github.com/moodle/moodle/tree/04975560d10b/mod/assign/feedback/offline:

- The columns Identifier, Grade and Last modified (grade) have to be there, in the language of who
  uploads. Feedback comments is taken when it is there.
- A learner is "Participant" and the number that a downloaded folder bears in its name; a row
  without a learner of this assignment is passed over, and so is one whose grade is empty or above
  the assignment's maximum.

moodle-grades.csv goes to the gradebook of the course ("Import", "CSV file"): a grade item an
exercise. Rules, from https://docs.moodle.org/en/Grade_import and the importer,
https://github.com/moodle/moodle/blob/0289d8c7665458f8/grade/import/csv/classes/load_data.php:

- A learner is found by e-mail address, as it is written in Moodle. A row without one would count
  for the learner of the row before, so there is none: who has no address is named in moodle.txt.
- "-" is no grade. This is the one place where an unmarked exercise is not an empty cell, since
  Moodle stores 0 for an empty cell of a new grade item.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from workshop.gradebook.book import Gradebook, Learner, Marked
from workshop.gradebook.formats.emails import email_of
from workshop.gradebook.formats.names import names_of
from workshop.gradebook.formats.table import Cell, Ours, csv_of, points_of, total_of
from workshop.gradebook.formats.wording import standing
from workshop.gradebook.writing import write_text

WORKSHEET, GRADES, READ_ME = "moodle-worksheet.csv", "moodle-grades.csv", "moodle.txt"
WORKSHEET_COLUMNS = [
    "Identifier",
    "Full name",
    "Email address",
    "Grade",
    "Maximum Grade",
    "Last modified (grade)",
    "Feedback comments",
]
NO_GRADE = Ours("-")
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


def write(book: Gradebook, folder: Path) -> list[Path]:
    """Write what can be matched, and moodle.txt. A file from before that would hold nobody now is
    removed. Raises OSError when something cannot be written.
    """
    names = names_of(book)
    tables = {WORKSHEET: _worksheet(book, names), GRADES: _grades(book, names)}
    written = []
    for name, rows in tables.items():
        if len(rows) > 1:
            written.append(write_text(folder / name, csv_of(rows)))
        else:
            (folder / name).unlink(missing_ok=True)
    return [*written, write_text(folder / READ_ME, _read_me(book, names))]


def _worksheet(book: Gradebook, names: dict[str, str]) -> list[list[Cell]]:
    most = sum(book.max_points.values())
    rows: list[list[Cell]] = [list(WORKSHEET_COLUMNS)]
    for one in book.submissions:
        who = one.learner
        if _participant(who):
            feedback = "; ".join(standing(book, one, exercise) for exercise in book.exercises)
            rows.append(
                [
                    f"Participant {who.number}",
                    names[who.name],
                    email_of(who),
                    total_of(book, one),
                    most,
                    None,
                    feedback,
                ]
            )
    return rows


def _grades(book: Gradebook, names: dict[str, str]) -> list[list[Cell]]:
    rows: list[list[Cell]] = [["Email address", "Full name", *book.exercises]]
    for one in book.submissions:
        if email := email_of(one.learner):
            rows.append([email, names[one.learner.name], *_graded(book, one)])
    return rows


def _graded(book: Gradebook, one: Marked) -> Iterable[Cell]:
    return (NO_GRADE if points is None else points for points in points_of(book, one))


def _participant(learner: Learner) -> bool:
    return bool(_NUMBER.fullmatch(learner.number))


def _read_me(book: Gradebook, names: dict[str, str]) -> str:
    learners = [one.learner for one in book.submissions]
    most = sum(book.max_points.values())
    return "\n".join(
        [
            f"{WORKSHEET}: the totals, for the assignment that the submissions come from.",
            f"Set the assignment's maximum grade to {most} and Moodle's language to English,",
            'switch on the feedback types "Offline grading worksheet" and "Feedback comments",',
            'then choose "Upload grading worksheet" and tick "Allow updating records that have',
            'been modified more recently in Moodle than in the spreadsheet".',
            "",
            *_left_out(WORKSHEET, "number", names, [x for x in learners if not _participant(x)]),
            "",
            f"{GRADES}: the points of each exercise, for the course's gradebook.",
            'Choose Grades, Import, CSV file; map "Email address" to "Email address", and each',
            "exercise to a grade item with its maximum, or to a new one:",
            *(f"  {exercise}: {points}" for exercise, points in book.max_points.items()),
            "",
            *_left_out(GRADES, "e-mail address", names, [x for x in learners if not email_of(x)]),
            "",
        ]
    )


def _left_out(
    file: str, what: str, names: dict[str, str], learners: list[Learner]
) -> Iterable[str]:
    if not learners:
        return ["Every learner is in it."]
    return [
        f"{file} leaves out whom no {what} is known of. Enter their grades by hand, from "
        "gradebook.csv:",
        *(f"  {names[one.name]}" for one in learners),
    ]
