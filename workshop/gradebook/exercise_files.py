"""Finds the exercise files among what a learner has handed in, and says of each that is not there,
or of no use, what is wrong.

Whether a file is good Python is not asked here: the marking says that.
"""

from __future__ import annotations

import codecs
import difflib
import io
import tokenize
import unicodedata
from collections.abc import Iterable
from contextlib import suppress

from workshop.course import Course, Exercise
from workshop.gradebook.archives import is_archive
from workshop.gradebook.files import File, Listing, Unusable, shown
from workshop.isolation.submission import LARGEST, not_utf8

DEPTH = 3
"""How many folders further in the exercise files, or their folder `exercises`, may be. An archive
counts as one."""
NEIGHBOURS = 50
NEIGHBOURS_SIZE = 4 * 2**20
"""How many other Python files may go with them, and how many bytes in all."""
NEIGHBOURS_NAME = 143
"""Bytes of such a file's name. An archive's can be of any length, and what no file system takes
could not be laid out to be marked. eCryptfs takes the fewest."""
_EXERCISES = "exercises"
_LIKENESS = 0.8
"""From which on one name is taken for another, misspelt: those of two exercises are less alike."""
_COMPARED = 1_000
"""Names that are compared."""


def find(course: Course, listing: Listing) -> tuple[dict[str, bytes], dict[str, str]]:
    """The content of the files to be marked, and to go with them, by name; and for each exercise
    without one, by its name, a sentence that says why.

    A file is looked for in the submission's own folder and in `exercises`, then in both of those
    one folder further in, and so on. The nearest is taken. Of several that are equally near, one in
    `exercises` is, when the folder around it is a copy of the kit, for there learners work; else
    one that is not the file as it was handed out; and where that leaves two that differ, nobody
    guesses which was meant.
    """
    reserved = {exercise.file_name for exercise in course.exercises}
    files: dict[str, bytes] = {}
    problems: dict[str, str] = {}
    homes: list[tuple[str, ...]] = []
    for exercise in course.exercises:
        try:
            taken = _chosen(exercise, listing, reserved)
            files[exercise.file_name] = _text(taken)
            homes.append(taken.folder)
        except Unusable as problem:
            problems[exercise.name] = str(problem)
    return files | _neighbours(listing, homes, reserved), problems


def missing(course: Course, listing: Listing) -> bool:
    """Whether there is an exercise of whose file nothing is to be seen."""
    return not all(_nearest(exercise.file_name, listing.files) for exercise in course.exercises)


def _chosen(exercise: Exercise, listing: Listing, reserved: set[str]) -> File:
    near = _nearest(exercise.file_name, listing.files)
    if not near:
        raise Unusable(_absent(exercise, listing, reserved))
    if len(near) == 1:
        return near[0]
    there = {file.path for file in listing.files}
    kits = [file for file in near if (*_base(file), "course.toml") in there]
    near = [file for file in kits if file.folder[-1:] == (_EXERCISES,)] or near
    contents = {file.read(): file for file in reversed(near)}
    if len(contents) > 1:
        contents.pop(exercise.stub.read_bytes(), None)
    if len(contents) > 1:
        places = " and ".join(sorted(shown("/".join(file.path)) for file in contents.values()))
        raise Unusable(
            f"{exercise.file_name} is there more than once, and not the same: {places}. "
            "Keep the one that counts and hand in again."
        )
    return next(iter(contents.values()))


def _nearest(name: str, files: Iterable[File]) -> list[File]:
    found = [file for file in files if file.name == name and len(_base(file)) <= DEPTH]
    depth = min((len(_base(file)) for file in found), default=0)
    return [file for file in found if len(_base(file)) == depth]


def _base(file: File) -> tuple[str, ...]:
    """Its folder, or the one around that, if its own is `exercises`."""
    return file.folder[:-1] if file.folder[-1:] == (_EXERCISES,) else file.folder


def _text(file: File) -> bytes:
    """The content of `file`. Raises Unusable when it is empty, or no text that Python reads."""
    content = file.read()
    if not content.removeprefix(codecs.BOM_UTF8).strip():
        raise Unusable(f"{file.name} is empty.")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Unusable(f"{file.name} is UTF-16, not UTF-8 text. Save it as UTF-8 in your editor.")
    if b"\0" in content:
        raise Unusable(f"{file.name} is not text but binary data. Hand in the Python file itself.")
    if _declared_encoding(content) == "utf-8":
        _check_utf8(file.name, content)
    return content


def _declared_encoding(content: bytes) -> str:
    """As in PEP 263. One that is not UTF-8 is left to the marking to try, within its limits."""
    try:
        name, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    except SyntaxError:  # of an unknown one too, which the marking tells
        return "utf-8"
    return "utf-8" if name.startswith("utf-8") else name


def _check_utf8(name: str, content: bytes) -> None:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unusable(not_utf8(name, error)) from None


def _absent(exercise: Exercise, listing: Listing, reserved: set[str]) -> str:
    """What to say when there is no file for `exercise`."""
    name = exercise.file_name
    if not listing.files:
        return " ".join(listing.notes) or f"There is no {name}; nothing was handed in."
    if near := _meant(exercise, listing.files, reserved):
        return (
            f"There is no {name}; did you mean {near}? "
            f"Hand it in as {name}, at the top or in {_EXERCISES}/."
        )
    notes = listing.notes or [f"Hand it in at the top or in {_EXERCISES}/."]
    return " ".join([f"There is no {name}.", *notes[:3]])


def _meant(exercise: Exercise, files: Iterable[File], reserved: set[str]) -> str | None:
    """The path of the file that is most likely meant for `exercise`, if one is."""
    paths: dict[str, str] = {}
    for file in files:
        if file.name == exercise.file_name:  # too deep
            return shown("/".join(file.path))
        if file.name not in reserved and not is_archive(file.name):
            paths.setdefault(file.name.casefold(), shown("/".join(file.path)))
    names = sorted(paths)[:_COMPARED]
    number, lesson = exercise.number, exercise.lesson.casefold()
    short = {lesson, f"ex{number:02d}", f"ex{number}", f"{number:02d}_{lesson}"}
    for name in names:
        if exercise.name in name or name.partition(".")[0].removeprefix("test_") in short:
            return paths[name]
    near = difflib.get_close_matches(exercise.file_name, names, n=1, cutoff=_LIKENESS)
    return paths[near[0]] if near else None


def _neighbours(
    listing: Listing, homes: Iterable[tuple[str, ...]], reserved: set[str]
) -> dict[str, bytes]:
    """The other Python files in `homes`, which exercise files may import: as many as are allowed,
    by name. One that cannot be read is left out, for whatever needs it will say so.

    No two differ by case alone: not every system could lay them side by side.
    """
    found: dict[str, bytes] = {}
    left, taken = NEIGHBOURS_SIZE, {name.casefold() for name in reserved}
    near = [file for file in listing.files if file.folder in set(homes)]
    for file in sorted(near, key=lambda one: (one.name, one.path)):
        name = unicodedata.normalize("NFC", file.name)
        stem, _, ending = name.rpartition(".")
        if ending != "py" or not stem.isidentifier() or name.casefold() in taken:
            continue
        if len(name.encode()) > NEIGHBOURS_NAME:
            continue
        with suppress(Unusable):
            content = file.read(min(LARGEST, left))
            found[name] = content
            left -= len(content)
            taken.add(name.casefold())
        if len(found) == NEIGHBOURS:
            break
    return found
