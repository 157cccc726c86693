"""The tests that learners write, run plainly: pytest on a file, in strict mode, in any folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workshop.course import load_course

COURSE = load_course(Path(__file__).parents[2])
MARKERS = COURSE.exercise("ex06")
UPLOAD = COURSE.exercise("ex02")
PLAINLY = "import sys, pytest; sys.exit(pytest.main(sys.argv[1:]))"
SHORT_LIMIT = """
import sys, pytest, httpx, requests, workshop.grading.session as session
session.LEARNERS_LIMIT = 1.0
sys.exit(pytest.main(sys.argv[1:]))
"""


def run(
    *args: str | Path, cwd: Path = COURSE.kit, code: str = PLAINLY
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, "-q", "-p", "no:cacheprovider", *map(str, args)],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=120,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Our answers to everything, in a folder of somebody's own, for a test to spoil."""
    return Path(shutil.copytree(COURSE.kit / "solutions", tmp_path / "mine"))


def run_in(folder: Path, name: str = MARKERS.file_name, **more: str):
    """The tests in the file `name` of `folder`, with the settings of the kit."""
    kit = COURSE.kit
    return run("-c", kit / "pyproject.toml", "--rootdir", kit, folder / name, **more)


def test_our_answer_passes_on_our_modules():
    ran = run("solutions/test_ex06_markers.py")

    assert "7 passed" in ran.stdout, ran.stdout + ran.stderr


def test_modules_that_are_not_written_yet_fail_the_tests_and_not_the_collection():
    ran = run("exercises/test_ex06_markers.py")

    assert "7 failed" in ran.stdout, ran.stdout + ran.stderr
    assert "This test is yours to write." in ran.stdout
    assert "in upload_file\n    raise NotImplementedError(" in ran.stdout


def test_a_broken_module_fails_only_the_tests_that_call_it(folder):
    (folder / UPLOAD.file_name).write_text("async def upload_file(client,\n", encoding="utf-8")

    ran = run_in(folder)

    assert "4 failed, 3 passed" in ran.stdout, ran.stdout + ran.stderr
    assert "ex02_upload.py is not valid Python, line 1" in ran.stdout


def test_the_modules_beside_the_file_are_tested_unless_others_are_named(folder):
    shutil.copy(UPLOAD.graded / "mutants" / "wrong_field.py", folder / UPLOAD.file_name)

    beside = run_in(folder)
    named = run("solutions/test_ex06_markers.py", "--submission", folder)

    assert "3 failed, 4 passed" in beside.stdout, beside.stdout + beside.stderr
    assert "3 failed, 4 passed" in named.stdout, named.stdout + named.stderr


def test_a_failure_shows_the_lines_of_test_and_module_and_no_others(folder):
    shutil.copy(UPLOAD.graded / "mutants" / "forgotten_await.py", folder / UPLOAD.file_name)

    ran = run_in(folder)

    assert "in test_upload_returns_the_servers_answer" in ran.stdout
    assert "answer = await upload_file(client, file)" in ran.stdout
    assert "in upload_file\n    if response.status_code not in (200, 201):" in ran.stdout
    for stranger in ("site-packages", "_pytest", "pluggy", "workshop/", "httpcore"):
        assert stranger not in ran.stdout


def written(folder: Path, *lines: str) -> None:
    text = "\n".join(["import asyncio, pytest", "from ex02_upload import upload_file", *lines])
    (folder / MARKERS.file_name).write_text(text, encoding="utf-8")


def test_the_file_of_a_learner_may_hold_tests_of_any_kind(folder):
    written(
        folder,
        "def test_plain(): assert callable(upload_file)",
        "def test_skipped(): pytest.skip('not today')",
        "@pytest.mark.xfail",
        "def test_expected(): assert False",
        "def test_fixture(no_such_fixture): pass",
        "async def test_without_marker(): pass",
    )

    ran = run_in(folder)

    assert "1 failed, 1 passed, 1 skipped, 1 xfailed, 1 error" in ran.stdout, ran.stdout
    assert "fixture 'no_such_fixture' not found" in ran.stdout
    assert "async def functions are not natively supported" in ran.stdout


def test_a_test_that_waits_for_ever_is_ended_with_its_name(folder):
    written(
        folder,
        "@pytest.mark.asyncio",
        "async def test_waits(): await asyncio.Event().wait()",
        "def test_comes_after_it(): pass",
    )

    ran = run_in(folder, code=SHORT_LIMIT)

    assert "test_waits was ended, for it took more than" in ran.stdout, ran.stdout + ran.stderr
    assert "1 failed, 1 passed" in ran.stdout


def test_a_call_that_nobody_awaits_is_told_of_by_its_name(folder):
    written(
        folder,
        "@pytest.mark.asyncio",
        "async def test_passes(): assert upload_file(None, 'a')",
    )

    ran = run_in(folder)

    assert "1 passed, 1 warning" in ran.stdout, ran.stdout + ran.stderr
    assert "RuntimeWarning: coroutine 'upload_file' was never awaited" in ran.stdout


def test_a_module_that_is_no_subject_is_refused_with_a_sentence(folder):
    written(
        folder,
        "from ex04_cat_fact import CatFact",
        "def test_another(): CatFact(None)",
    )

    ran = run_in(folder)

    words = "CatFact of ex04_cat_fact was called, and what is tested is ex02_upload and ex03_save."
    assert words in ran.stdout, ran.stdout


def test_what_a_test_imports_is_new_for_each_test(folder):
    (folder / UPLOAD.file_name).write_text("seen = []\nasync def upload_file(): return seen\n")
    written(
        folder,
        "@pytest.mark.asyncio",
        "@pytest.mark.parametrize('n', [1, 2])",
        "async def test_leaves_something(n):",
        "    seen = await upload_file()",
        "    assert seen == []",
        "    seen.append(n)",
    )

    ran = run_in(folder)

    assert "2 passed" in ran.stdout, ran.stdout


def test_the_bare_command_collects_none_of_them(scratch_kit):
    shutil.copytree(COURSE.kit / "solutions", scratch_kit / "solutions")
    for exercise in COURSE.exercises:
        stub = scratch_kit / exercise.stub.relative_to(COURSE.kit)
        stub.parent.mkdir(parents=True)
        shutil.copyfile(exercise.stub, stub)

    ran = run("--collect-only", cwd=scratch_kit)
    asked = run("--collect-only", "exercises/test_ex06_markers.py", cwd=scratch_kit)

    assert "no tests collected" in ran.stdout, ran.stdout + ran.stderr
    assert "exercises/test_ex06_markers.py::" not in ran.stdout
    assert "test_upload_sends_the_file_once" in asked.stdout, asked.stdout + asked.stderr
