"""The gradebook to look at: the class at a glance, and a page of feedback for each learner.

Each page is one file that needs nothing else: no network, no server, no other file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from workshop.course import Course
from workshop.gradebook.book import Gradebook, Learner
from workshop.gradebook.file_names import file_name
from workshop.gradebook.pages.feedback import Feedback
from workshop.gradebook.pages.overview import overview
from workshop.gradebook.pages.rendering import GENERATOR, page
from workshop.gradebook.writing import write_texts

FOLDER = "feedback"


def write(book: Gradebook, course: Course, folder: Path) -> list[Path]:
    """Write `index.html` and `feedback/<learner>.html` into `folder`; the files, in that order.

    Pages that say the same as before are left as they are. A page of feedback that this has
    written for somebody who is not in `book` any more is removed. Raises OSError when `folder`
    cannot be written to.
    """
    feedback, pages = Feedback(book, course), folder / FOLDER
    of = {pages / feedback_name(one.learner): one for one in book.submissions}
    index = folder / "index.html"
    write_texts(_new([(index, page("index.html", **overview(book, course, _link).context()))]))
    write_texts(_new((path, feedback.page(one)) for path, one in of.items()))
    _remove_others(pages, set(of))
    return [index, *of]


def feedback_name(learner: Learner) -> str:
    """The name of the learner's page in the folder `feedback`."""
    return f"{file_name(learner)}.html"


def _link(learner: Learner) -> str:
    return f"{FOLDER}/{feedback_name(learner)}"


def _new(files: Iterable[tuple[Path, str]]) -> Iterator[tuple[Path, str]]:
    """Those of `files`, each with its text, that say something else by now."""
    for path, text in files:
        try:
            if path.read_bytes() == text.encode():
                continue
        except OSError:
            pass  # not there yet, or not to be read: writing it tells
        yield path, text


def _remove_others(folder: Path, kept: set[Path]) -> None:
    """Remove the pages in `folder` that are ours and not among `kept`."""
    for path in set(folder.glob("*.html")) - kept:
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                ours = GENERATOR.encode() in file.read(1000)
            if ours:
                path.unlink()
