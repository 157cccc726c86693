"""The handout: the kit as learners get it, as a folder and as a zip of it.

It holds the lessons, the exercises as stubs, their hints, the graded tests of the `code` exercises
(lessons refer to them, and `workshop check` marks with them) and the engine. It holds nothing that
gives an answer away: no references, mutants or alternatives, nothing of how learners' own tests are
marked, no notes for instructors. Only what is listed here goes in, and of a kit that is a git
repository only what git tracks, so that nobody's private files do. The same kit gives the same
bytes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from workshop.course import Course, CourseError, load_course

WHOLE = ("workshop", ".devcontainer")
"""Folders that go in with all that they hold."""
TOP = (
    ".gitignore",
    "LICENSE",
    "LICENSE-lessons",
    "README.md",
    "constraints.txt",
    "course.toml",
    "environment.yml",
    "pyproject.toml",
)
"""Files at the top that go in."""
GRADED = {"code": ("*.py", "hints.md"), "tests": ("stub.py", "hints.md")}
"""What goes in of an exercise's folder under `tests/graded`, by its kind; of no folder in it."""
OF_THE_KIT = (
    "docs",
    "exercises",
    "notebooks",
    "solutions",
    "tests",
    ".ci",
    ".git",
    ".venv",
    *WHOLE,
)
"""Folders of the kit that no handout is written to."""
INSTRUCTOR = "instructor"
"""The tag of a notebook's cells that are for instructors."""
HANDED_OUT = (
    "# This copy is a handout: it has no answers, and learners' own tests are marked elsewhere.\n"
    "handout = true\n\n"
)
"""What the course.toml of a handout begins with."""
DAWN = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the zip: the first that the format knows."""

_FOR_INSTRUCTORS = re.compile(r"<!-- instructor -->\n.*?<!-- /instructor -->\n+", re.DOTALL)
_FOR_LEARNERS = re.compile(r"<!-- handout\n(.*?)-->\n", re.DOTALL)
_ROW_OF_FOLDER = re.compile(r"\| `([\w./-]+)/` \|")
_ROW_OF_SOLUTION = "| `workshop solution "
_TESTPATHS = re.compile(r"^testpaths = .*$", re.MULTILINE)


class HandoutError(Exception):
    """Why there can be no such handout. The text is one sentence."""


def contents(course: Course) -> dict[str, bytes]:
    """The files of a handout of `course`: what they hold, by their path in it, sorted.

    Raises HandoutError when a file that belongs in it cannot be read.
    """
    taken = {name for name in _files(course.kit) if _goes_in(course, PurePosixPath(name))}
    taken |= {_inside(course, lesson.notebook) for lesson in course.lessons}
    sources = {name: course.kit / name for name in taken}
    sources |= {_inside(course, one.path): one.stub for one in course.exercises}
    try:
        files = {name: sources[name].read_bytes() for name in sorted(sources)}
    except OSError as error:
        raise HandoutError(f"{error.filename} cannot be read: {error.strerror}.") from error
    for lesson in course.lessons:
        name = _inside(course, lesson.notebook)
        files[name] = _without_notes(name, files[name])
    folders = {str(parent) for name in files for parent in PurePosixPath(name).parents}
    files["README.md"] = readme(files["README.md"].decode(), folders).encode()
    files["course.toml"] = HANDED_OUT.encode() + files["course.toml"]
    files["pyproject.toml"] = _TESTPATHS.sub(
        'testpaths = ["exercises"]', files["pyproject.toml"].decode()
    ).encode()
    return files


def readme(text: str, folders: set[str]) -> str:
    """The kit's README as learners get it.

    What stands between `<!-- instructor -->` and `<!-- /instructor -->` goes, what a comment that
    begins with `handout` holds is shown, and in tables the rows about a folder that is none of
    `folders`, or about solutions, go.
    """
    text = _FOR_LEARNERS.sub(r"\1", _FOR_INSTRUCTORS.sub("", text))
    kept = []
    for line in text.splitlines(keepends=True):
        row = _ROW_OF_FOLDER.match(line)
        gone = row is not None and row[1] not in folders and not row[1].startswith(".")
        if not gone and not line.startswith(_ROW_OF_SOLUTION):
            kept.append(line)
    return "".join(kept)


def write(course: Course, out: Path) -> tuple[Path, Path]:
    """Write the handout of `course` as the folder `out` and as a zip beside it: both paths.

    Each is written under another name first. What stands there is replaced when it is a handout in
    which nobody has worked. Raises HandoutError when it is something else, when `out` is among the
    kit's own files, or when something cannot be read or written.
    """
    if course.handout:
        raise HandoutError(
            f"{course.kit} is a handout itself: make handouts from the kit that it was made from."
        )
    out = out.resolve()
    archive = out.with_name(f"{out.name}.zip")
    draft = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    draft_archive = draft.with_name(f"{draft.name}.zip")
    try:
        _refuse(course, out, archive)
        files = contents(course)
        for name, content in files.items():
            path = draft / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        _pack(files, out.name, draft_archive)
        _put(draft, out)
        os.replace(draft_archive, archive)
    except OSError as error:
        where = error.filename or out
        raise HandoutError(f"{where} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        with suppress(OSError):
            draft_archive.unlink(missing_ok=True)
    return out, archive


# What goes in


def _inside(course: Course, path: Path) -> str:
    return path.relative_to(course.kit).as_posix()


def _goes_in(course: Course, name: PurePosixPath) -> bool:
    """Notebooks and exercises are not decided here: they are those that the course names."""
    match name.parts:
        case (file,):
            return file in TOP
        case ("notebooks", *_):  # pictures, data
            return name.suffix not in (".py", ".ipynb")
        case ("tests", "graded", folder, _):
            kinds = [one.kind for one in course.exercises if one.name == folder]
            return any(name.match(pattern) for kind in kinds for pattern in GRADED[kind])
        case (top, *_):
            return top in WHOLE
    return False


def _files(kit: Path) -> Iterator[str]:
    """The files of the kit: those that git tracks, or where git does not know the kit, all that
    are not hidden, no caches and no copies kept beside a file.
    """
    tracked = _tracked(kit)
    names = tracked if "course.toml" in tracked else list(_walked(kit))
    for name in names:
        path = kit / name
        if path.is_file() and not path.is_symlink():
            yield name


def _tracked(kit: Path) -> list[str]:
    git = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        listed = subprocess.run(
            ["git", "-C", str(kit), "ls-files", "-z"], capture_output=True, env=git, check=False
        )
    except OSError:  # no git here
        return []
    return os.fsdecode(listed.stdout).split("\0")[:-1]


def _walked(kit: Path) -> Iterator[str]:
    yield from TOP
    for top in (*WHOLE, "notebooks", "tests"):
        for folder, folders, files in os.walk(kit / top):
            folders[:] = [name for name in folders if not _is_litter(name)]
            for name in files:
                if not _is_litter(name):
                    yield (Path(folder) / name).relative_to(kit).as_posix()


def _is_litter(name: str) -> bool:
    return name.startswith((".", "__pycache__")) or name.endswith((".pyc", ".bak", ".tmp", "~"))


def _without_notes(name: str, notebook: bytes) -> bytes:
    """The notebook without the cells that are tagged for instructors."""
    try:
        data = json.loads(notebook)
        kept = [cell for cell in data["cells"] if INSTRUCTOR not in _tags(cell)]
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise HandoutError(f"{name} is no notebook: {error}.") from error
    if len(kept) == len(data["cells"]):
        return notebook
    data["cells"] = kept
    return (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode()


def _tags(cell: dict[str, dict[str, list[str]]]) -> list[str]:
    return cell["metadata"].get("tags", [])


# Where it goes


def _refuse(course: Course, out: Path, archive: Path) -> None:
    """Raises HandoutError when nothing may be written at `out` or at `archive`."""
    kit = course.kit.resolve()
    if kit.is_relative_to(out):
        raise HandoutError(f"{out} holds the kit itself: name a folder of its own for the handout.")
    if out.is_relative_to(kit) and out.relative_to(kit).parts[0] in OF_THE_KIT:
        raise HandoutError(
            f"{out} is among the kit's own files: name a folder of its own for the handout."
        )
    if out.is_dir():
        if any(out.iterdir()) and (why := _keep(out)):
            raise HandoutError(f"{out} {why}: name another folder, or move that one away.")
    elif out.exists():
        raise HandoutError(f"{out} is a file: name a folder for the handout.")
    if archive.exists() and not _is_ours(archive, out.name):
        raise HandoutError(
            f"{archive} is there, and is no handout: name another folder, or move that file away."
        )


def _keep(folder: Path) -> str | None:
    """Why `folder` must not be replaced, as the end of a sentence that begins with its name."""
    try:
        course = load_course(folder)
    except CourseError:
        course = None
    if course is None or not course.handout:
        return "is not empty, and no handout"
    try:
        same = all(one.path.read_bytes() == one.stub.read_bytes() for one in course.exercises)
    except OSError:
        same = False
    if not same or (folder / ".workshop").exists():
        return "is a handout in which somebody has worked"
    return None


def _is_ours(archive: Path, folder: str) -> bool:
    try:
        with zipfile.ZipFile(archive) as packed:
            return packed.read(f"{folder}/course.toml").startswith(HANDED_OUT.encode())
    except (OSError, KeyError, zipfile.BadZipFile):
        return False


def _pack(files: dict[str, bytes], folder: str, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            entry = zipfile.ZipInfo(f"{folder}/{name}", DAWN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, whatever packs it
            entry.external_attr = 0o100644 << 16
            packed.writestr(entry, content)


def _put(draft: Path, out: Path) -> None:
    """Let `draft` be `out`. Until the last moment what was there before is there."""
    aside = draft.with_suffix(".old")
    if not out.exists():
        draft.rename(out)
        return
    out.rename(aside)
    try:
        draft.rename(out)
    except OSError:
        aside.rename(out)
        raise
    shutil.rmtree(aside, ignore_errors=True)
