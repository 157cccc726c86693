"""What learners get: everything to learn with, and nothing that gives an answer away."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from workshop import handout
from workshop.cli import main
from workshop.course import Course, load_course
from workshop.grading import mark
from workshop.grading.warm import FORKS
from workshop.handout import HANDED_OUT, HandoutError, contents, write

KIT = Path(__file__).parents[2]
COURSE = load_course(KIT)
CODE = [exercise for exercise in COURSE.exercises if exercise.kind == "code"]
TESTS = [exercise for exercise in COURSE.exercises if exercise.kind == "tests"]
RUN = 5
"""So many lines in a row that also stand in an answer, imports apart, would be a piece of it."""


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return contents(COURSE)


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A handout on the disk. No test may change it."""
    folder, _ = write(COURSE, tmp_path_factory.mktemp("room") / "async-workshop")
    return folder


@pytest.fixture
def mine(handed_out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A learner's own copy of it, and the current folder."""
    copy = Path(shutil.copytree(handed_out, tmp_path / "mine"))
    monkeypatch.chdir(copy)
    return copy


def tree(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def workshop(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


# What is in it


def lines(text: str) -> list[str]:
    """What could tell something: no empty line, no import, no quotation marks alone."""
    stripped = (line.strip() for line in text.splitlines())
    return [line for line in stripped if line.strip('"') and not re.match(r"(import|from) ", line)]


def runs(text: str) -> set[tuple[str, ...]]:
    kept = lines(text)
    return {tuple(kept[i : i + RUN]) for i in range(len(kept) - RUN + 1)}


def test_no_piece_of_an_answer_is_in_it(files):
    texts = {name: content.decode() for name, content in files.items()}
    for name, text in texts.items():
        if name.endswith(".ipynb"):  # lessons 06 to 09 teach lines that fixtures then need
            cells = ["\n".join(cell["source"]) for cell in json.loads(text)["cells"]]
            texts[name] = "" if name > "notebooks/06" else "\n".join(cells)
    handed_out = set().union(*map(runs, texts.values()))

    for exercise in COURSE.exercises:
        known = set().union(*(runs(one.stub.read_text("utf-8")) for one in COURSE.exercises))
        for path in [exercise.reference, *exercise.mutants, *exercise.alternatives]:
            found = runs(path.read_text(encoding="utf-8")) & handed_out - known
            assert not found, f"{path.relative_to(KIT)}: {found}"


def test_no_folder_or_file_for_instructors_and_authors_is_in_it(files):
    for name in files:
        parts = set(Path(name).parts)
        assert not parts & {"solutions", "mutants", "alternatives", "kit", "docs", "bench", ".ci"}
        assert Path(name).name != "marking.toml"
    assert not any(b"misconception: " in content.splitlines()[0:1] for content in files.values())


def test_whatever_an_exercise_needs_is_in_it(files):
    for exercise in COURSE.exercises:
        stub = exercise.stub.read_bytes()
        assert files[f"exercises/{exercise.file_name}"] == stub
        assert files[f"tests/graded/{exercise.name}/stub.py"] == stub
        assert f"tests/graded/{exercise.name}/hints.md" in files
    for exercise in CODE:
        for name in ("test_marker.py", "test_fixture.py", "test_mock.py"):
            assert f"tests/graded/{exercise.name}/{name}" in files


def test_lessons_are_in_it_without_the_cells_for_instructors(files):
    for lesson in COURSE.lessons:
        ours = json.loads(lesson.notebook.read_text(encoding="utf-8"))
        theirs = json.loads(files[f"notebooks/{lesson.notebook.name}"])

        left_out = [cell for cell in ours["cells"] if cell not in theirs["cells"]]
        assert left_out, lesson.stem
        assert all("nstructor" in "".join(cell["source"]) for cell in left_out)
        assert all("for the instructor" not in str(cell).lower() for cell in theirs["cells"])
        ours["cells"] = [cell for cell in ours["cells"] if cell not in left_out]
        assert ours == theirs


def test_its_readme_has_the_one_command_and_speaks_of_nothing_that_is_not_there(files):
    text = files["README.md"].decode()
    whole = (KIT / "README.md").read_text(encoding="utf-8")
    [command] = re.findall(r"^```sh\n(python3 -m venv .*)\n```", text, re.MULTILINE)

    assert command in whole
    assert command.endswith(".venv/bin/workshop start")
    for word in ("solution", "docs/instructor", "handout --out", "tests/kit", "bin/pytest", "<!--"):
        assert word not in text
    assert "Your instructor marks them" in text
    for folder in re.findall(r"^\| `([\w/]+)/` \|", text, re.MULTILINE):
        assert any(name.startswith(f"{folder}/") for name in files), folder


def test_what_the_install_reads_is_in_it(files):
    for name in (
        "pyproject.toml",
        "constraints.txt",
        "LICENSE",
        "LICENSE-lessons",
        "environment.yml",
    ):
        assert name in files
    assert b'testpaths = ["exercises"]' in files["pyproject.toml"]
    assert "workshop/cli/__init__.py" in files
    assert "workshop/services/live.html" in files


# What it does not depend on


@pytest.fixture
def scratch(tmp_path: Path) -> Course:
    """A copy of the kit that git does not know, without much of what is in no handout."""
    too_much = ("__pycache__", "*.egg-info", ".*", "kit", "alternatives", "mutants")
    ignored = shutil.ignore_patterns(*too_much)
    return load_course(Path(shutil.copytree(KIT, tmp_path / "kit", ignore=ignored)))


def litter(kit: Path) -> None:
    """What lies about in the folder of somebody who works in it."""
    for name in (
        ".env",
        ".venv/lib/thing.py",
        ".workshop/progress.json",
        "class.csv",
        "exercises/ex02_upload.py.2026-01-01-120000.bak",
        "exercises/notes.txt",
        "gradebook/index.html",
        "notebooks/.ipynb_checkpoints/01_event_loop-checkpoint.ipynb",
        "notebooks/scratch.ipynb",
        "tests/graded/ex02_upload/__pycache__/test_mock.cpython-311.pyc",
        "tests/graded/ex02_upload/mutants/another.py",
        "workshop/__pycache__/course.cpython-311.pyc",
        "workshop/.secret.py",
        "workshop/course.py.bak",
    ):
        path = kit / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("private", encoding="utf-8")
    for exercise in COURSE.exercises:
        (kit / "exercises" / exercise.file_name).write_text("our answer", encoding="utf-8")


def test_what_lies_about_in_a_kit_is_not_in_it(scratch):
    before = contents(scratch)
    litter(scratch.kit)

    assert contents(scratch) == before


def test_in_a_git_repository_only_what_git_tracks_is_in_it(scratch):
    git = ["git", "-C", str(scratch.kit)]
    before = contents(scratch)
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    (scratch.kit / "workshop" / "private_notes.toml").write_text("no", encoding="utf-8")
    (scratch.kit / "workshop" / "elsewhere.py").symlink_to(KIT / "README.md")
    subprocess.run([*git, "add", "workshop/elsewhere.py"], check=True)

    assert contents(scratch) == before


def test_twice_the_same_bytes_and_the_zip_is_the_folder(handed_out, tmp_path):
    again, archive = write(COURSE, tmp_path / "other" / "async-workshop")
    first_archive = handed_out.with_name("async-workshop.zip")

    assert tree(again) == tree(handed_out)
    assert archive.read_bytes() == first_archive.read_bytes()
    with zipfile.ZipFile(archive) as packed:
        assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {name: packed.read(name) for name in packed.namelist()} == {
            f"async-workshop/{name}": content for name, content in tree(again).items()
        }


# Where it may go


@pytest.mark.parametrize(
    ("place", "says"),
    [
        (".", "holds the kit itself"),
        ("..", "holds the kit itself"),
        ("exercises", "among the kit's own files"),
        ("notebooks/handout", "among the kit's own files"),
        ("docs/../tests/new", "among the kit's own files"),
        (".git/handout", "among the kit's own files"),
        ("course.toml", "is a file"),
        ("../full", "is not empty, and no handout"),
        ("../other", "is not empty, and no handout"),
        ("../taken", "is there, and is no handout"),
        ("../" + "x" * 300, "File name too long"),
    ],
)
def test_a_place_that_would_do_harm_is_refused(tmp_path, monkeypatch, place, says):
    kit, around = tmp_path / "kit", tmp_path
    (kit / "exercises").mkdir(parents=True)
    shutil.copy(KIT / "course.toml", kit)
    (around / "full").mkdir()
    (around / "full" / "thesis.txt").write_text("my thesis", encoding="utf-8")
    shutil.copytree(kit, around / "other")
    (around / "taken.zip").write_bytes(b"something else")
    before = tree(around)
    monkeypatch.chdir(kit)

    answer = workshop("handout", "--out", place)

    assert answer.exit_code == 1
    assert says in answer.stderr
    assert tree(around) == before


def test_an_older_handout_is_replaced_unless_somebody_has_worked_in_it(tmp_path):
    out = tmp_path / "handout"
    out.mkdir()
    write(COURSE, out)
    (out / "notebooks" / "99_old.ipynb").write_text("{}", encoding="utf-8")
    write(COURSE, out)
    assert not (out / "notebooks" / "99_old.ipynb").exists()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["handout", "handout.zip"]

    (out / "exercises" / "ex02_upload.py").write_text("my answer", encoding="utf-8")
    with pytest.raises(HandoutError, match="somebody has worked"):
        write(COURSE, out)
    assert (out / "exercises" / "ex02_upload.py").read_text("utf-8") == "my answer"


def test_who_cannot_write_it_leaves_what_was_there(tmp_path, monkeypatch):
    out, archive = write(COURSE, tmp_path / "handout")
    before = tree(tmp_path)

    def full(files: object, folder: str, draft: Path) -> None:
        draft.write_bytes(b"the first half")
        raise OSError(28, "No space left on device", str(archive))

    monkeypatch.setattr(handout, "_pack", full)
    with pytest.raises(HandoutError, match=r"handout\.zip cannot be written: No space"):
        write(COURSE, out)

    assert tree(tmp_path) == before


# What a learner does with it


def test_a_handout_of_a_handout_is_refused(mine, tmp_path):
    answer = workshop("handout", "--out", str(tmp_path / "again"))

    assert answer.exit_code == 1
    assert "is a handout itself" in answer.stderr


def test_a_class_is_marked_in_the_whole_kit(mine):
    answer = workshop("grade", "exercises")

    assert answer.exit_code == 2
    assert "mark it in the kit that the handout was made from" in answer.stderr


def test_its_course_says_what_it_is(mine):
    course = load_course(mine)

    assert course.handout and not COURSE.handout
    assert (mine / "course.toml").read_text("utf-8").startswith(HANDED_OUT)
    assert [one.name for one in course.checked_here] == [one.name for one in CODE]
    assert COURSE.checked_here == COURSE.exercises


def test_solution_sends_to_the_instructor(mine):
    answer = workshop("solution", "ex02")

    assert answer.exit_code == 1
    assert "ask your instructor for the solution of ex02_upload" in answer.stderr


def test_check_of_learners_tests_says_who_marks_them(mine):
    one, several = workshop("check", "ex06"), workshop("check", "ex06", "ex07")

    assert (one.exit_code, several.exit_code) == (1, 1)
    assert "ex06_markers: your instructor marks" in one.stderr
    assert "`pytest exercises/test_ex06_markers.py` runs them on your own modules" in one.stderr
    assert "ex06_markers and ex07_fixtures: your instructor marks" in several.stderr
    assert "`pytest exercises`" in several.stderr
    assert one.stdout == several.stdout == ""


def test_the_next_thing_is_never_one_that_cannot_be_done_here(mine):
    passed = {"status": "pass", "passed": True, "points": 4, "max_points": 4}
    (mine / ".workshop").mkdir()
    (mine / ".workshop" / "progress.json").write_text(
        json.dumps({"exercises": {one.name: passed for one in CODE}}), encoding="utf-8"
    )
    for exercise in TESTS:
        answer = workshop()
        assert f"5 of {len(CODE)} exercises passed" in answer.stdout
        assert f"exercises/{exercise.file_name}" in " ".join(answer.stdout.split())
        (mine / "exercises" / exercise.file_name).write_text("written", encoding="utf-8")

    last = workshop().stdout
    assert last.count("your instructor marks it") == len(TESTS)
    assert "hand in your folder exercises/" in " ".join(last.split())


def test_its_tests_mark(mine):
    exercise = load_course(mine).exercise("ex02_upload")

    verdict = mark(exercise, KIT / "solutions")
    assert verdict.status == "pass"
    assert verdict.points == verdict.max_points > 0


@pytest.mark.skipif(not FORKS, reason="one platform is enough: nothing here differs")
def test_a_bare_pytest_runs_the_tests_that_a_learner_has_written(mine):
    for name in ("ex02_upload.py", "ex03_save.py", "test_ex06_markers.py"):
        shutil.copy(KIT / "solutions" / name, mine / "exercises")
    for exercise in TESTS[1:]:
        (mine / "exercises" / exercise.file_name).unlink()

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q"],
        cwd=mine,
        env=os.environ | {"PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "7 passed" in ran.stdout
