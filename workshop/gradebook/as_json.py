"""`gradebook.json`, the gradebook as data.

    {"version": 1,
     "submissions": [{"learner": "…", "points": 41, "max_points": 57, "exercises": [verdict, …],
                      "late": [{"exercise", "days", "percent", "points"}, …],
                      "unmarked": {"ex02_upload": "why there is no verdict"}}, …]}

Submissions are sorted by learner and exercises in the course's order; a verdict is as in
`workshop.grading.verdict`. `points` are those of all verdicts, less what `late` says was lost.
`late` and `unmarked` are there only where there is something in them. It is ASCII, and depends on
neither time nor machine nor who was marked when.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path

from workshop.gradebook.book import VERSION, Gradebook
from workshop.gradebook.writing import write_pieces

NAME = "gradebook.json"


def write(book: Gradebook, folder: Path) -> list[Path]:
    """Write `gradebook.json` into `folder`. Raises OSError when that cannot be written to."""
    return [write_pieces(folder / NAME, _pieces(book))]


def _pieces(book: Gradebook) -> Iterator[str]:
    """What `json.dumps(book.as_dict(), indent=2)` gives, a submission at a time: that of a large
    class is larger than the class.
    """
    yield f'{{\n  "version": {VERSION},\n  "submissions": ['
    between = "\n"
    for one in book.submissions:
        yield between + textwrap.indent(json.dumps(one.as_dict(), indent=2), "    ")
        between = ",\n"
    yield ("\n  " if book.submissions else "") + "]\n}\n"
