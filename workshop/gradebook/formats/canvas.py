"""canvas.csv, for "Import" in the gradebook of Canvas: an assignment an exercise.

The rules are those of the importer itself,
https://github.com/instructure/canvas-lms/blob/master/lib/gradebook_importer.rb:

- The first columns are Student, ID, SIS User ID, SIS Login ID and Section; the others are
  assignments, by name. One that the course does not have is made, or mapped by who imports.
- A row whose first cell contains "Points Possible" says what there is to be had; that is why a
  learner who calls himself so is written in another way.
- A learner is found by ID, the number in Canvas that a download of submissions bears in its names;
  else by SIS User ID, then by SIS Login ID, often the e-mail address, else by the name. Where only
  a name is known it has to be the one in Canvas, or who imports chooses from a list.
- An empty cell is no score.

There is no total: Canvas makes its own. Canvas shows all changes before it makes them.
"""

from __future__ import annotations

import re
from pathlib import Path

from workshop.gradebook.book import Gradebook
from workshop.gradebook.formats.emails import email_of
from workshop.gradebook.formats.names import names_of
from workshop.gradebook.formats.table import Cell, csv_of, points_of
from workshop.gradebook.writing import write_text

COLUMNS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
_ID = re.compile(r"[1-9][0-9]{0,17}")  # of a 64-bit key; of "12ab" Canvas would read 12


def write(book: Gradebook, folder: Path) -> list[Path]:
    """Write canvas.csv. Raises OSError when it cannot be written."""
    names, most = names_of(book), book.max_points
    rows: list[list[Cell]] = [
        [*COLUMNS, *book.exercises],
        ["Points Possible", *[None] * 4, *(most[exercise] or None for exercise in book.exercises)],
    ]
    for one in book.submissions:
        name = names[one.learner.name].replace("Points Possible", "Points-Possible")
        number = int(one.learner.number) if _ID.fullmatch(one.learner.number) else None
        rows.append([name, number, None, email_of(one.learner), None, *points_of(book, one)])
    return [write_text(folder / "canvas.csv", csv_of(rows))]
