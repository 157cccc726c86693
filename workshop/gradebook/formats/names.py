"""How the learners of a class are called in a file: as text that is safe to show, each once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from workshop.gradebook.book import Gradebook
from workshop.stranger import one_line

LONGEST = 200
"""Characters of a name, or of a sentence in its place: an LMS keeps 255."""


def names_of(book: Gradebook) -> dict[str, str]:
    """For each learner's name, the one to write: one line without control characters.

    Who has a name that can be written keeps it; two that come out alike are told apart by a hash
    in brackets.
    """
    shown: dict[str, str] = {}
    names = [one.learner.name for one in book.submissions]
    taken = {name for name in names if name == one_line(name, LONGEST)}
    for name in names:
        if name in taken:
            shown[name] = name
            continue
        shown[name] = next(one for one in _candidates(name) if one not in taken)
        taken.add(shown[name])
    return shown


def _candidates(name: str) -> Iterator[str]:
    text = one_line(name, LONGEST)
    if text:
        yield text
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    yield f"{text or 'no name'} [{digest[:8]}]"
    yield f"{text or 'no name'} [{digest}]"
