"""What a class has handed in: a folder, or an LMS's zip as it was downloaded, of submissions.

Nothing in it is ever written to, and nothing in it stops the others from being marked: what is
wrong with a submission is a sentence in it.
"""

from __future__ import annotations

import difflib
import os
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from workshop.course import Course
from workshop.gradebook import archives, exercise_files, folders
from workshop.gradebook.book import Learner
from workshop.gradebook.bulk import entries_of_zip
from workshop.gradebook.files import File, Listing, Unusable, shown
from workshop.gradebook.places import Entry, Submission, by_learner
from workshop.stranger import clean, one_line

LONGEST = 100
"""Characters of a learner's name."""
ARCHIVES = 5
"""How many archives of one submission are opened."""
_GRADEBOOK = ("gradebook.json", "verdicts.sqlite")
"""What there is in a folder that a gradebook goes, or went, to."""
_LITTER = {"__macosx", "thumbs.db", "desktop.ini", "lost+found"}


class IntakeError(Exception):
    """The submissions cannot be used at all. The text is one sentence."""


@dataclass(frozen=True)
class Handed:
    """What a learner has handed in."""

    learner: Learner
    files: dict[str, bytes]
    """By name, those of the exercises, and other small Python files beside them, which they may
    import."""
    problems: dict[str, str]
    """For each exercise without a file to mark, by its name, a sentence that says why."""


@dataclass(frozen=True)
class Source:
    """A learner's submission, not yet looked into."""

    learner: Learner
    submission: Submission

    def open(self, course: Course) -> Handed:
        """Read it. Whatever is wrong with it is among the problems."""
        found = _listing(self.submission)
        if exercise_files.missing(course, found):
            _unpack(found)
        files, problems = exercise_files.find(course, found)
        return Handed(self.learner, files, problems)


def submissions(folder: Path, course: Course) -> Iterator[Source]:
    """The submissions in `folder`, sorted by the learner's name.

    There is one for each sub-folder and each archive, except where `workshop.gradebook.places`
    knows better. A folder and an archive of the same name are two learners': which one counts, only
    a person can say. A folder that holds a gradebook and nothing to mark is none, nor is one whose
    name begins with a dot.

    Raises IntakeError when there is none, or `folder` cannot be read.
    """
    try:
        entries = _entries(folder)
        found = by_learner(entries, folder.resolve().name)
    except Unusable as problem:
        raise IntakeError(f"{folder}: {problem}") from None
    if not found or _is_one_learners(entries, course):
        raise IntakeError(_nothing(folder, entries, course))
    return iter([Source(one.learner, one) for one in _named(found)])


def _entries(folder: Path) -> list[Entry]:
    """What is in `folder`. Raises IntakeError when it cannot be read."""
    try:
        if folder.is_dir():
            with os.scandir(folder) as listed:
                entries = [_entry(one) for one in listed]
        elif folder.is_file():
            entries = entries_of_zip(folder)
        else:
            raise IntakeError(
                f"There is no folder {folder}; name the one that holds a folder or an archive for "
                "each learner."
            )
    except OSError as error:
        raise IntakeError(f"{folder} cannot be read: {error.strerror or error}.") from None
    return [
        one
        for one in entries
        if not one.name.startswith(".")
        and one.name.casefold() not in _LITTER
        and not _is_gradebook(one)
    ]


def _is_gradebook(entry: Entry) -> bool:
    """Whether a gradebook goes, or went, to this folder: a learner's file of such a name beside
    what there is to mark makes it none, or its learner would be lost.
    """
    if not entry.is_folder or not any(map(entry.holds, _GRADEBOOK)):
        return False
    files = entry.listing().files
    return not any(file.name.endswith(".py") or archives.is_archive(file.name) for file in files)


def _entry(entry: os.DirEntry[str]) -> Entry:
    path = Path(entry.path)
    is_folder = entry.is_dir()  # that a link leads to one counts: somebody is meant by it
    listing = partial(folders.listing, path) if is_folder else partial(_alone, path)
    return Entry(entry.name, is_folder, listing, lambda name: os.path.lexists(path / name))


def _alone(path: Path) -> Listing:
    return Listing([folders.file(path)])


def _listing(submission: Submission) -> Listing:
    """The files of all parts; of two with the same path, the later."""
    files: dict[tuple[str, ...], File] = {}
    notes: list[str] = []
    for part in submission.parts:
        found = part.listing()
        files |= {file.path: file for file in found.files}
        notes += found.notes
    return Listing(list(files.values()), notes)


def _unpack(found: Listing) -> None:
    """Put what the archives in `found` hold in their places, as if they were folders. An archive in
    an archive stays closed.
    """
    packed = [file for file in found.files if archives.is_archive(file.name)]
    for archive in packed[:ARCHIVES]:
        found.files.remove(archive)
        try:
            inner = archives.listing(archive)
        except Unusable as problem:
            found.notes.append(str(problem))
            continue
        found.files += [replace(file, path=archive.path + file.path) for file in inner]
        if not inner:
            found.notes.append(f"{shown(archive.name)} is empty.")
        for file in inner:
            if archives.is_archive(file.name):
                found.notes.append(
                    f"{shown(file.name)} is an archive in {shown(archive.name)} and is not opened; "
                    "hand in the files themselves."
                )
    if len(packed) > ARCHIVES:
        found.notes.append(f"No more than {ARCHIVES} archives are opened.")


def _named(found: Iterable[Submission]) -> list[Submission]:
    """Sorted by the learner's name, each of which is there once, whatever was called what: the
    second one of a name is "Jane Doe (2)".
    """
    tidy = [replace(one, learner=_tidy(one.learner)) for one in found]
    tidy.sort(key=lambda one: (_order(one.learner), one.learner.number, one.parts[0].entry.name))
    taken = {one.learner.name.casefold() for one in tidy}
    seen: set[str] = set()
    for one in tidy:
        name, number = one.learner.name, 2
        while one.learner.name.casefold() in (seen if one.learner.name == name else taken):
            ending = f" ({number})"
            one.learner = replace(one.learner, name=name[: LONGEST - len(ending)] + ending)
            number += 1
        seen.add(one.learner.name.casefold())
        taken.add(one.learner.name.casefold())
    return sorted(tidy, key=lambda one: _order(one.learner))


def _order(learner: Learner) -> tuple[str, str]:
    return learner.name.casefold(), learner.name


def _tidy(learner: Learner) -> Learner:
    name, number, email = map(_line, (learner.name, learner.number, learner.email))
    return Learner(name or "(no name)", number, email)


def _line(text: str) -> str:
    """A stranger's `text` on one line, of at most `LONGEST` characters."""
    return one_line(unicodedata.normalize("NFC", clean(text)), LONGEST)


def nobody_called(name: str, names: Collection[str]) -> str:
    """What to say of a learner's `name` that is none of `names`: those who have handed in."""
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"Nobody called {name!r} has handed anything in.{hint}"


def _is_one_learners(entries: list[Entry], course: Course) -> bool:
    """Whether this is a submission, rather than a folder of them."""
    files = [exercise.file_name for exercise in course.exercises]
    return any(one.name == "exercises" and any(map(one.holds, files)) for one in entries)


def _nothing(folder: Path, entries: list[Entry], course: Course) -> str:
    names = {one.name for one in entries}
    files = {exercise.file_name for exercise in course.exercises}
    if names & files or _is_one_learners(entries, course):
        return (
            f"{folder} looks like the submission of one learner; name the folder that holds a "
            "folder or an archive for each."
        )
    return f"There are no submissions in {folder}: no folder and no archive of any learner."
