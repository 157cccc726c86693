"""`workshop handout`: what learners get, as a folder and a zip."""

from __future__ import annotations

from pathlib import Path

from workshop.cli.terminal import Refused, shown
from workshop.course import load_course
from workshop.handout import HandoutError, write


def run(out: Path) -> int:
    """Write the handout. Raises Refused with the reason when there can be none there."""
    try:
        folder, archive = write(load_course(), out)
    except HandoutError as error:
        raise Refused(str(error)) from error
    size = archive.stat().st_size / 1e6
    print(f"The handout is the folder {shown(folder)}")
    print(f"and, to be sent, {shown(archive)} ({size:.1f} MB).")
    print("Its README tells learners how to begin.")
    return 0
