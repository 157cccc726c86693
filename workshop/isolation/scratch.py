"""Folders that a learner's code may fill and that are cleared away, whatever it did there.

It may have nested folders deeper than Python recurses and longer than a path may be, made more
files than anybody counts, and taken the rights away from all of it.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

BY_DESCRIPTOR = {os.open, os.unlink, os.rmdir, os.rename, os.chmod} <= os.supports_dir_fd
"""Whether files can be named relative to an open folder; not on Windows."""

DISK_SIZE = 256 * 2**20
DISK_FILES = 20_000
DISK_DEPTH = 50
"""Bytes, files and folders, and folders in one another, that a test may leave on the disk at the
same time."""


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder that is removed when the block ends, as far as it can be."""
    folder = Path(mkdtemp(prefix="workshop-"))
    try:
        yield folder
    finally:
        remove(folder)


def remove(folder: Path) -> None:
    """Remove `folder` with all that is in it. What cannot be removed stays, with a warning."""
    empty(folder)
    try:
        folder.rmdir()
    except OSError as error:
        logging.getLogger(__name__).warning("The folder %s could not be removed: %s", folder, error)


def empty(folder: Path) -> None:
    """Remove all that is in `folder`, as far as it can be. Nobody may be at work there."""
    if not BY_DESCRIPTOR:
        for path in folder.iterdir():
            with suppress(OSError, RecursionError):
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        return
    try:
        os.chmod(folder, 0o700)
        top = _opened(str(folder))
    except OSError:
        return
    try:
        # Until a whole round changes nothing: what is left then cannot be removed.
        while sum(_cleared(top, name, is_folder) for name, is_folder in _entries(top)):
            pass
    finally:
        os.close(top)


def _cleared(top: int, name: str, is_folder: bool) -> bool:
    """Remove a file in `top`; empty a folder there, moving its own folders up into `top`, so that
    nothing is ever deeper than two levels. Returns whether anything has changed.
    """
    if not is_folder:
        return _done(os.unlink, name, dir_fd=top)
    if not _done(os.chmod, name, 0o700, dir_fd=top):
        return False
    try:
        inner = _opened(name, top)
    except OSError:
        return False
    try:
        changed = [_moved_up(top, inner, *entry) for entry in _entries(inner)]
    finally:
        os.close(inner)
    return _done(os.rmdir, name, dir_fd=top) or any(changed)


def _moved_up(top: int, inner: int, name: str, is_folder: bool) -> bool:
    if not is_folder:
        return _done(os.unlink, name, dir_fd=inner)
    _done(os.chmod, name, 0o700, dir_fd=inner)  # to move a folder is to change it: its `..`
    return _done(os.rename, name, secrets.token_hex(8), src_dir_fd=inner, dst_dir_fd=top)


def _done(function: Callable[..., None], *args: Any, **kwargs: Any) -> bool:
    try:
        function(*args, **kwargs)
    except OSError:
        return False
    return True


def _opened(name: str, folder: int | None = None) -> int:
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)


def _entries(folder: int) -> list[tuple[str, bool]]:
    """The names in an open folder, and which of them are folders. A link is none."""
    with os.scandir(folder) as entries:
        return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]


def holds_more(
    folder: Path, size: int = DISK_SIZE, number: int = DISK_FILES, depth: int = DISK_DEPTH
) -> bool:
    """Whether there is more below `folder` than `size` bytes, or than `number` files and folders,
    or than `depth` folders in one another. Looks no further than it needs to.
    """
    folders = [(str(folder), depth)]
    while folders:
        path, left = folders.pop()
        if left < 0:
            return True
        with suppress(OSError), os.scandir(path) as entries:
            for entry in entries:
                number -= 1
                with suppress(FileNotFoundError):
                    seen = entry.stat(follow_symlinks=False)
                    # A file with holes takes less than its size, one with room to grow more.
                    size -= max(seen.st_size, getattr(seen, "st_blocks", 0) * 512)
                if number < 0 or size < 0:
                    return True
                if entry.is_dir(follow_symlinks=False):
                    folders.append((entry.path, left - 1))
    return False
