"""Looks through folders that strangers filled: opens ordinary files alone, and follows no link."""

from __future__ import annotations

import os
import stat
from collections import deque
from functools import partial
from pathlib import Path
from typing import BinaryIO

from workshop.gradebook.files import (
    MOST,
    File,
    Listing,
    Unusable,
    ignored,
    refusing,
    shown,
    unreadable,
)

# Neither a link that takes a file's place meanwhile nor a pipe without a writer is waited for.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)


def listing(folder: Path) -> Listing:
    """The files in `folder` and below, the nearest first.

    No link is followed, not even within the folder: where one leads can change between the look
    and the reading.
    """
    found = Listing()
    if folder.is_symlink():
        return Listing(notes=[_link(folder.name)])
    queue: deque[tuple[str, ...]] = deque([()])
    count = 0
    while queue:
        inner = queue.popleft()
        try:
            entries = sorted(os.scandir(folder.joinpath(*inner)), key=lambda entry: entry.name)
        except OSError as error:
            found.notes.append(unreadable((inner or (folder.name,))[-1], error))
            continue
        for entry in entries:
            path = (*inner, entry.name)
            if ignored(path):
                continue
            count += 1
            if count > MOST:
                found.notes.append(f"There are more than {MOST:,} files in the folder.")
                return found
            if entry.is_dir(follow_symlinks=False) and not entry.name.endswith(".py"):
                queue.append(path)
            else:
                found.files.append(_file(entry, path))
            if entry.is_symlink() and not entry.name.endswith(".py"):
                found.notes.append(_link(entry.name))
    return found


def file(path: Path) -> File:
    """The file at `path`, alone."""
    return File((path.name,), partial(_opened, path))


def _file(entry: os.DirEntry[str], path: tuple[str, ...]) -> File:
    name = shown(entry.name)
    if entry.is_symlink():
        return File(path, refusing(_link(entry.name)))
    if entry.is_dir(follow_symlinks=False):
        return File(path, refusing(f"{name} is a folder, not a file."))
    if not entry.is_file(follow_symlinks=False):
        return File(path, refusing(_special(entry.name)))
    return File(path, partial(_opened, Path(entry.path)))


def _opened(path: Path) -> BinaryIO:
    if path.is_symlink():  # for systems without O_NOFOLLOW
        raise Unusable(_link(path.name))
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise Unusable(_special(path.name))
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        raise Unusable(unreadable(path.name, error)) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unusable(_special(path.name))
    return os.fdopen(descriptor, "rb")


def _link(name: str) -> str:
    return f"{shown(name)} is a link, which is not followed; hand in what it leads to."


def _special(name: str) -> str:
    return f"{shown(name)} is not an ordinary file."
