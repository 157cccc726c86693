"""Graded tests run plainly, as in an editor: the same results, and no frame but one's own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from workshop.course import VARIANTS, load_course
from workshop.grading import mark

COURSE = load_course(Path(__file__).parents[2])
EXERCISE = COURSE.exercise("ex02_upload")


def run(*args: str, cwd: Path = COURSE.kit) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *args],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=120,
    )


@pytest.fixture
def submission(tmp_path: Path) -> Path:
    """Our answers, for a test to spoil."""
    folder = tmp_path / "submission"
    shutil.copytree(COURSE.kit / "solutions", folder)
    return folder


def test_without_a_submission_the_exercises_are_marked():
    ran = run("tests/graded/ex03_save/test_marker.py")

    assert ran.returncode == 1
    assert "11 failed" in ran.stdout
    assert "save_to_disk is not written yet (ex03_save.py, line" in ran.stdout


def test_of_the_folder_as_a_whole_the_graded_tests_alone_are_run():
    ran = run("tests/graded", "--collect-only")

    files = {line.partition("::")[0] for line in ran.stdout.splitlines() if "::" in line}
    code = [exercise for exercise in COURSE.exercises if exercise.kind == "code"]
    assert files == {
        f"tests/graded/{exercise.name}/test_{variant}.py"
        for exercise in code
        for variant in VARIANTS
    }


def test_a_failure_shows_the_learners_line_and_no_frame_of_a_library(submission):
    shutil.copy(EXERCISE.graded / "mutants" / "no_except.py", submission / EXERCISE.file_name)

    ran = run(str(EXERCISE.graded / "test_marker.py"), "--submission", str(submission))

    assert "ex02_upload.py:17: in upload_file" in ran.stdout
    assert "line 17: response = await client.post" in ran.stdout
    for stranger in ("site-packages", "_pytest", "pluggy", "workshop/", "httpcore"):
        assert stranger not in ran.stdout


def test_a_file_that_cannot_be_imported_fails_each_test_with_a_sentence(submission):
    (submission / EXERCISE.file_name).write_text("async def upload_file(client, file_name:\n")

    ran = run(str(EXERCISE.graded / "test_mock.py"), "--submission", str(submission))

    assert "15 failed" in ran.stdout
    assert "ex02_upload.py is not valid Python, line 1" in ran.stdout
    assert "Traceback" not in ran.stdout


def test_a_submission_that_is_not_there_is_wrong_usage():
    ran = run("tests/graded/ex03_save", "--submission", "no/such/folder")

    assert ran.returncode == 4
    assert "--submission: there is no folder" in ran.stderr


def test_a_conftest_and_an_ini_file_of_the_learner_change_nothing(submission):
    (submission / "conftest.py").write_text("raise SystemExit")
    (submission / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")

    ran = run(str(EXERCISE.graded / "test_mock.py"), "--submission", str(submission))

    assert "15 passed" in ran.stdout, ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("requests_then_sleep", "mock"),
        ("handle_never_closed", "marker"),
        ("wrong_field", "fixture"),
    ],
)
def test_plainly_and_marked_the_same_tests_fail(submission, tmp_path, warm, name, variant):
    shutil.copy(EXERCISE.graded / "mutants" / f"{name}.py", submission / EXERCISE.file_name)
    tests, report = EXERCISE.graded / f"test_{variant}.py", tmp_path / "report.xml"

    run(str(tests), "--submission", str(submission), "--junitxml", str(report))
    plain = {
        case.get("name"): len(case) == 0 for case in ElementTree.parse(report).iter("testcase")
    }
    verdict = mark(EXERCISE, submission, warm)
    marked = {t.name: t.status == "pass" for t in verdict.tests if t.variant == variant}

    assert plain == marked
