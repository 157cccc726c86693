"""Files that are whole or not there: what stops half-way leaves the old one as it was."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

_AT_ONCE = 16
"""Files under way beside each other: one mostly waits for the disk, which takes many at once."""


def write_text(path: Path, text: str) -> Path:
    """Write `text` as UTF-8, its line ends as they are, and return `path`.

    The folder is made when it is missing. The text goes to a file beside it, reaches the disk,
    and only then takes the name; what is left of a writing that was killed is written over by the
    next one. Half of a surrogate pair, which no encoding can write, becomes a question mark.

    Raises OSError when the folder cannot be made or the file not be written.
    """
    return write_pieces(path, [text])


def write_pieces(path: Path, pieces: Iterable[str]) -> Path:
    """`write_text` for a text that is too large to be in memory at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            for piece in pieces:
                file.write(piece.encode("utf-8", "replace"))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return path


def write_texts(files: Iterable[tuple[Path, str]]) -> list[Path]:
    """`write_text` for many different files, a few at a time; the paths, in the order given.

    Only the texts under way are in memory. Raises OSError as `write_text` does.
    """
    written: list[Path] = []
    source = iter(files)
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        while batch := list(islice(source, 4 * _AT_ONCE)):
            written += threads.map(write_text, *zip(*batch, strict=True))
    return written
