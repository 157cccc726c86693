"""A file of the largest size is taken by whoever reads it, and one of a byte more by nobody."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from workshop.course import Course, load_course
from workshop.gradebook.intake import submissions
from workshop.grading import mark
from workshop.grading.warm import Warm
from workshop.isolation.forking import FORKS
from workshop.isolation.submission import LARGEST

each_size = pytest.mark.parametrize("more", [0, 1])
COURSE = load_course(Path(__file__).parents[2])
TESTS = COURSE.exercise("ex06_markers")


def padded(source: Path, more: int) -> bytes:
    """The code in `source` and a long comment: of the largest size, and `more` bytes."""
    code = source.read_bytes() + b"\n#"
    return code + b"x" * (LARGEST + more - len(code))


def taken(folder: Path, course: Course) -> set[str]:
    """The names of the files that each learner in `folder` has handed in."""
    return {name for one in submissions(folder, course) for name in one.open(course).files}


@each_size
@pytest.mark.parametrize("packed", [False, True])
def test_by_the_intake(tmp_path: Path, more: int, packed: bool) -> None:
    content = padded(TESTS.reference, more)
    (tmp_path / "class" / "jane").mkdir(parents=True)
    if packed:
        with zipfile.ZipFile(tmp_path / "class" / "jane" / "all.zip", "w") as archive:
            archive.writestr(TESTS.file_name, content)
    else:
        (tmp_path / "class" / "jane" / TESTS.file_name).write_bytes(content)

    assert taken(tmp_path / "class", COURSE) == ({TESTS.file_name} if more == 0 else set())


@each_size
def test_by_what_unpacks_the_zip_of_a_class(tmp_path: Path, more: int) -> None:
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.writestr(f"jane/{TESTS.file_name}", padded(TESTS.reference, more))
        archive.writestr("john/other.py", "")

    assert (TESTS.file_name in taken(tmp_path / "class.zip", COURSE)) == (more == 0)


@each_size
@pytest.mark.skipif(not FORKS, reason="tests cannot be marked here")
def test_by_what_marks_tests(tmp_path: Path, warm: Warm, more: int) -> None:
    (tmp_path / TESTS.file_name).write_bytes(padded(TESTS.reference, more))

    verdict = mark(TESTS, tmp_path, warm)

    assert (verdict.status, verdict.message) == (
        ("error", f"{TESTS.file_name} is larger than 1 MiB.") if more else ("pass", "")
    )


@each_size
def test_by_what_marks_code(small_kit: Path, tmp_path: Path, more: int) -> None:
    exercise = load_course(small_kit).exercises[0]
    (tmp_path / exercise.file_name).write_bytes(padded(exercise.reference, more))

    assert mark(exercise, tmp_path).status == ("error" if more else "pass")
