"""What was handed in, as a list of files: wherever they lie, they are read within limits, and never
through a link.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

from workshop.isolation.submission import LARGEST
from workshop.stranger import one_line

DEEPEST = 6
"""Names in a path. What lies deeper is nobody's exercise."""
MOST = 20_000
"""Files of one submission that are looked at."""

_IGNORED = {"__macosx", "__pycache__", "thumbs.db", "desktop.ini", "node_modules"}
_ENVIRONMENTS = {"venv", "env", "site-packages"}
_OURS = {"solutions", "alternatives", "mutants"}
"""Our own answers, in a copy of the kit. Nobody hands them in."""


class Unusable(Exception):
    """Something cannot be used as it was handed in. The text is a sentence for people."""


@dataclass(frozen=True)
class File:
    """A file of a submission."""

    path: tuple[str, ...]
    """The names of its folders, as seen from the submission's own, and its own name."""
    open: Callable[[], BinaryIO]
    """Raises Unusable when it is not to be opened: a link, say, or a pipe."""

    @property
    def name(self) -> str:
        return self.path[-1]

    @property
    def folder(self) -> tuple[str, ...]:
        return self.path[:-1]

    def read(self, limit: int = LARGEST) -> bytes:
        """All of it. Raises Unusable when it is larger than `limit` bytes or cannot be read."""
        try:
            with self.open() as stream:
                content = stream.read(limit + 1)
        except OSError as error:
            raise Unusable(unreadable(self.name, error)) from None
        if len(content) > limit:
            raise Unusable(f"{shown(self.name)} is larger than {limit // 2**20} MiB.")
        return content


@dataclass
class Listing:
    """The files of a submission, and sentences on what of it could not be looked at."""

    files: list[File] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def ignored(path: tuple[str, ...]) -> bool:
    """Whether `path` is what systems and tools leave behind, or deeper than anybody looks."""
    return len(path) > DEEPEST or any(_is_litter(name) for name in path)


def _is_litter(name: str) -> bool:
    return (
        name.startswith(".") and name != ".."
    ) or name.casefold() in _IGNORED | _ENVIRONMENTS | _OURS


def shown(name: str) -> str:
    """A stranger's `name` as it may stand in a sentence: one line, not endless."""
    return one_line(name, 80) or "(no name)"


def unreadable(name: str, error: OSError) -> str:
    """The sentence on a file or folder that cannot be opened."""
    if isinstance(error, PermissionError):
        return f"{shown(name)} may not be read by whoever marks it."
    return f"{shown(name)} cannot be read: {error.strerror or 'it is damaged'}."


def refusing(sentence: str) -> Callable[[], BinaryIO]:
    """For a File that is not to be opened."""

    def refuse() -> BinaryIO:
        raise Unusable(sentence)

    return refuse
