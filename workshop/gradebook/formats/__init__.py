"""A gradebook in the formats of other programs, each by its own published rules.

Of each learner the name is known, and what the folder or archive was called by: a number of the
LMS, an e-mail address, or neither. Where neither is known, an instructor matches by names.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workshop.gradebook.book import Gradebook
from workshop.gradebook.formats import canvas, github_classroom, gradescope, junit, moodle

FORMATS: dict[str, Callable[[Gradebook, Path], list[Path]]] = {
    "canvas": canvas.write,
    "moodle": moodle.write,
    "gradescope": gradescope.write,
    "github-classroom": github_classroom.write,
    "junit": junit.write,
}
"""By the name that `--format` takes: writes into a folder, and returns the files written."""
