"""gradebook.csv: a row a learner, a column an exercise, a total. For people and spreadsheets.

It is plain UTF-8 without a byte order mark, which most programs would take for a part of the first
name; Excel has to be told so (Data, From Text/CSV). What there is to be had stands in a column of
its own and not in a row: whoever sums or averages a column adds up learners and nothing else. An
exercise that is not marked is an empty cell, and so is that learner's total; neither is zero.
"""

from __future__ import annotations

from pathlib import Path

from workshop.gradebook.book import Gradebook
from workshop.gradebook.formats.names import names_of
from workshop.gradebook.formats.table import Cell, csv_of, points_of, total_of
from workshop.gradebook.writing import write_text


def write(book: Gradebook, folder: Path) -> list[Path]:
    """Write gradebook.csv. Raises OSError when it cannot be written."""
    names, most = names_of(book), sum(book.max_points.values())
    rows: list[list[Cell]] = [
        ["learner", "number", "email", *book.exercises, "total", "max_points"]
    ]
    for one in book.submissions:
        who = one.learner
        rows.append(
            [
                names[who.name],
                who.number,
                who.email,
                *points_of(book, one),
                total_of(book, one),
                most,
            ]
        )
    return [write_text(folder / "gradebook.csv", csv_of(rows))]
