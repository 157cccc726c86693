"""A class's submissions in one zip, as an LMS offers them for download."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from zipfile import ZipFile, ZipInfo

from workshop.gradebook.archives import checked_path, is_archive, names_in, open_zip, unpacked
from workshop.gradebook.files import (
    MOST,
    File,
    Listing,
    Unusable,
    ignored,
    unreadable,
)
from workshop.gradebook.places import METADATA, METADATA_SIZE, Entry
from workshop.isolation.submission import LARGEST

DIRECTORY = 64 * 2**20
"""Bytes that the list of all files may hold."""
ARCHIVE = 64 * 2**20
"""Bytes that a learner's archive in it may hold."""


def entries_of_zip(path: Path) -> list[Entry]:
    """What lies at the top of the zip at `path`; or in its only folder, unless Python files are
    right there, as in a learner's.

    Raises Unusable when it cannot be opened.
    """
    packed = _opened(path)
    # Whether the paths are safe is judged when a submission is opened.
    members = [(names_in(one.filename), one) for one in packed.infolist()]
    members = [(names, one) for names, one in members if names and not ignored(names[:1])]
    tops = {names[0] for names, _ in members}
    inner = [(names[1:], one) for names, one in members if len(names) > 1]
    if len(tops) == 1 and inner and not any(_is_code(names) for names, _ in inner):
        members = inner
    tree: dict[str, list[_Member]] = {}
    for names, one in members:
        tree.setdefault(names[0], []).append((names[1:], one))
    return [_entry(packed, *one) for one in tree.items()]


def _opened(path: Path) -> ZipFile:
    try:
        stream = path.open("rb")
    except OSError as error:
        raise Unusable(unreadable(path.name, error)) from None
    try:
        return open_zip(stream, path.name, DIRECTORY)
    except Exception as error:  # zipfile raises whatever damaged bytes happen to lead to
        stream.close()
        if isinstance(error, Unusable):
            raise
        raise Unusable(
            "it is neither a folder nor a zip that can be opened; name the folder that holds a "
            "folder or an archive for each learner."
        ) from None


_Member = tuple[tuple[str, ...], ZipInfo]
"""A path within an entry, and what lies there."""


def _is_code(names: tuple[str, ...]) -> bool:
    return names[-1].endswith(".py") and (len(names) == 1 or names[:-1] == ("exercises",))


def _entry(packed: ZipFile, name: str, members: list[_Member]) -> Entry:
    is_folder = any(path or one.is_dir() for path, one in members)
    return Entry(
        name,
        is_folder,
        lambda: _listing(packed, name, members),
        lambda wanted: any(path[:1] == (wanted,) for path, _ in members),
    )


def _listing(packed: ZipFile, name: str, members: list[_Member]) -> Listing:
    found = Listing()
    for path, info in members[:MOST]:
        path = path or (name,)
        if info.is_dir() or ignored(path):
            continue
        try:
            checked_path(info, "The download")
        except Unusable as problem:
            found.notes.append(str(problem))
            continue
        limit = ARCHIVE if is_archive(path[-1]) else LARGEST
        limit = METADATA_SIZE if path == (METADATA,) else limit
        found.files.append(File(path, partial(unpacked, packed, info, limit)))
    return found
