"""github-classroom.csv: the grades of a class in the columns of GitHub Classroom's own grades file.

Classroom takes no grades from outside: its own come from a workflow in each repository. What an
instructor has is the file of grades that it lets him download ("Download grades", `gh classroom
assignment-grades`), and tools that read it; this is the same file with the points marked here, to
be used instead of that one or joined to it by `github_username`. The columns and their types are
those of https://docs.github.com/en/rest/classroom/classroom#get-assignment-grades, in the order
that https://github.com/github/gh-classroom writes.

The assignment is the whole course, for a repository holds all exercises; points are totals. What
is not known here (addresses of repositories, times of submission) is empty, and so is the total of
a learner of whom something is unmarked.
"""

from __future__ import annotations

import re
from pathlib import Path

from workshop.gradebook.book import Gradebook
from workshop.gradebook.formats.emails import email_of
from workshop.gradebook.formats.names import names_of
from workshop.gradebook.formats.table import Cell, csv_of, total_of
from workshop.gradebook.writing import write_text

COLUMNS = [
    "assignment_name",
    "assignment_url",
    "starter_code_url",
    "github_username",
    "roster_identifier",
    "student_repository_name",
    "student_repository_url",
    "submission_timestamp",
    "points_awarded",
    "points_available",
]
# Letters, digits and single dashes between them, 39 at most: whatever else is no user there.
_USERNAME = re.compile(r"(?=.{1,39}$)[A-Za-z0-9]+(-[A-Za-z0-9]+)*")


def write(book: Gradebook, folder: Path) -> list[Path]:
    """Write github-classroom.csv. Raises OSError when it cannot be written."""
    names, most = names_of(book), sum(book.max_points.values())
    rows: list[list[Cell]] = [list(COLUMNS)]
    for one in book.submissions:
        who = one.learner
        username = next((x for x in (who.number, who.name) if _USERNAME.fullmatch(x)), None)
        roster = email_of(who) or names[who.name]
        total = total_of(book, one)
        rows.append([book.title, None, None, username, roster, None, None, None, total, most])
    return [write_text(folder / "github-classroom.csv", csv_of(rows))]
