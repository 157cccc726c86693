"""A table as CSV that is a table to every reader: RFC 4180, and no cell a formula.

A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and what follows a
separator in a cell for a cell of its own where its separator is another one. So, as
https://owasp.org/www-community/attacks/CSV_Injection advises: all text is in double quotes, those
in it doubled, an apostrophe goes before such a character, and no tab or line end is left in it.
https://www.rfc-editor.org/rfc/rfc4180 says how records and quotes are written. Numbers and
empty cells are bare: a reader takes `""` for a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from workshop.gradebook.book import Gradebook, Marked
from workshop.stranger import one_line


class Ours(str):
    """Text of ours that is written as it is, whatever it begins with."""


Cell = str | int | None
"""Text, points, or nothing known."""

# Also the forms that Unicode calls compatible to these signs, full-width, small, raised and
# lowered, and the minus. The apostrophe goes before blanks and quotes, which a reader may take off.
_SIGNS = (
    "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"
    "\u207c\u207a\u207b\u208c\u208a\u208b\u2212"
)
_QUOTES = "\"'`\u2018\u2019\u201c\u201d\uff02\uff07"
_FORMULA = re.compile(rf"(^|[,;|])(?=[\s{_QUOTES}]*[{_SIGNS}])")
_CELL = 30_000
"""Characters of a cell; Excel takes 32,767."""


def csv_of(rows: Iterable[Sequence[Cell]]) -> str:
    """`rows` as CSV; each has as many cells as the first, which is the header."""
    return "".join(",".join(_written(cell) for cell in row) + "\r\n" for row in rows)


def total_of(book: Gradebook, one: Marked) -> int | None:
    """The sum of what `one` has in each exercise; None when any of them is unmarked."""
    points = points_of(book, one)
    known = [each for each in points if each is not None]
    return sum(known) if len(known) == len(points) else None


def points_of(book: Gradebook, one: Marked) -> list[int | None]:
    """The points of each exercise of the book, None where it is unmarked."""
    return [one.points_of(exercise) for exercise in book.exercises]


def _written(cell: Cell) -> str:
    if isinstance(cell, Ours):
        return cell
    if isinstance(cell, int):
        return str(cell)
    text = one_line(cell or "", _CELL)
    return '"' + _FORMULA.sub(r"\1'", text).replace('"', '""') + '"' if text else ""
