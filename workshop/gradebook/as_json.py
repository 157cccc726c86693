"""`gradebook.json`, the gradebook as data.

    {"version": 1,
     "submissions": [{"learner": "…", "points": 41, "max_points": 57, "exercises": [verdict, …],
                      "late": [{"exercise", "days", "percent", "points"}, …],
                      "unmarked": {"ex02_upload": "why there is no verdict"}}, …]}

Submissions are sorted by learner and exercises in the course's order; a verdict is as in
`workshop.grading.verdict`. `points` are those of all verdicts, less what `late` says was lost.
`late` and `unmarked` are there only where there is something in them. It is ASCII, with a line for
each submission, and depends on neither time nor machine nor who was marked when.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from workshop.gradebook.book import Gradebook
from workshop.gradebook.writing import write_pieces

NAME = "gradebook.json"
VERSION = 1


def write(book: Gradebook, folder: Path) -> list[Path]:
    """Write `gradebook.json` into `folder`. Raises OSError when that cannot be written to."""
    return [write_pieces(folder / NAME, _pieces(book))]


def _pieces(book: Gradebook) -> Iterator[str]:
    """A submission at a time and each on a line of its own: all of a large class is larger than the
    class, and Python takes a minute to indent it.
    """
    yield f'{{"version": {VERSION}, "submissions": ['
    between = "\n"
    for one in book.submissions:
        yield between + json.dumps(one.as_dict())
        between = ",\n"
    yield "\n]}\n"
