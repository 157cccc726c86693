"""`workshop grade`: a folder of submissions in, a gradebook out, and nothing marked in vain.

Most of it is about a course of one exercise whose graded tests take no time.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from workshop.course import Course, load_course
from workshop.gradebook import as_json, units
from workshop.gradebook.batch import Batch, Wanted
from workshop.gradebook.book import Gradebook, Late, Learner, Marked
from workshop.gradebook.digest import SHOWS, digest
from workshop.gradebook.intake import Handed
from workshop.gradebook.store import Store
from workshop.gradebook.units import Unit, close_runner, mark_unit, unit_of
from workshop.grading import mark
from workshop.grading.verdict import Diagnosis, TestResult, Verdict, out_of_time
from workshop.grading.warm import GradingError

KIT = Path(__file__).parents[2]
COURSE = load_course(KIT)
RIGHT = b"async def double(number):\n    return 2 * number\n"
WRONG = b"async def double(number):\n    return number\n"
HANGS = b"async def double(number):\n    while True: pass\n"
FILE = "ex01_double.py"
NAME = "ex01_double"
PATIENCE = 120
"""Seconds after which a command is taken to hang. It takes a second or two."""
SKEWED = "zoe \x1b[31m\x1b]0;owned\x07"


class Class:
    """A kit of one exercise, and what learners have handed in."""

    def __init__(self, kit: Path) -> None:
        self.kit = kit
        self.folder = kit / "submissions"
        self.out = kit / "gradebook"

    def hand_in(self, learner: str, source: bytes | None = RIGHT) -> None:
        folder = self.folder / learner
        folder.mkdir(parents=True, exist_ok=True)
        if source is not None:
            (folder / FILE).write_bytes(source)

    @contextmanager
    def start(self, *args: object) -> Iterator[subprocess.Popen[str]]:
        with subprocess.Popen(
            [sys.executable, "-m", "workshop", "grade", "submissions", *map(str, args)],
            cwd=self.kit,
            env=os.environ | {"COLUMNS": "100"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def grade(self, *args: object) -> subprocess.CompletedProcess[str]:
        with self.start(*args) as process:
            out, err = process.communicate(timeout=PATIENCE)
        assert "Traceback" not in out + err
        return subprocess.CompletedProcess(args, process.returncode, out, err)

    def points(self) -> dict[str, int | None]:
        """As in the gradebook; None for one who is not marked."""
        book = json.loads((self.out / "gradebook.json").read_text(encoding="utf-8"))
        return {
            one["learner"]: None if "unmarked" in one else one["points"]
            for one in book["submissions"]
        }


@pytest.fixture
def school(small_kit: Path) -> Class:
    return Class(small_kit)


def made(done: subprocess.CompletedProcess[str]) -> tuple[int, int]:
    """How many verdicts were made in a run, and how many were known."""
    found = re.search(r"Verdicts: (\d+) made now, (\d+) known", done.stdout)
    assert found, done.stdout + done.stderr
    return int(found[1]), int(found[2])


# --- what comes out ------------------------------------------------------------------------------


def test_a_class_is_marked_alike_whoever_marks_what_when(school: Class) -> None:
    for name, source in {"anna": RIGHT, "bob": RIGHT, "carl": WRONG, "dora": None}.items():
        school.hand_in(name, source)
    school.hand_in(SKEWED, b"\x00")
    alone = school.grade("--jobs", 1)
    assert alone.returncode == 0, alone.stderr
    assert made(alone) == (4, 1)
    assert sorted(alone.stderr.splitlines()) == [
        "anna  6 of 6 points",
        "bob  6 of 6 points",
        "carl  0 of 6 points",
        "dora  0 of 6 points",
        "zoe  0 of 6 points",
    ]
    assert "5 learners: 2 passed everything, 3 did not, 0 not wholly marked." in alone.stdout
    assert "\n  gradebook/gradebook.json\n" in alone.stdout
    first = (school.out / "gradebook.json").read_bytes()

    beside = school.grade("--jobs", 3, "--out", "another")
    assert made(beside) == (4, 1)
    assert (school.kit / "another" / "gradebook.json").read_bytes() == first

    again = school.grade()
    assert made(again) == (0, 5)
    assert (school.out / "gradebook.json").read_bytes() == first

    verdicts = {one["learner"]: one["exercises"][0] for one in json.loads(first)["submissions"]}
    exercise = load_course(school.kit).exercise(NAME)
    assert verdicts["anna"] == mark(exercise, school.folder / "anna").as_dict()
    assert verdicts["carl"] == mark(exercise, school.folder / "carl").as_dict()
    assert verdicts["dora"]["status"] == "error"
    assert verdicts["dora"]["message"].startswith(f"There is no {FILE}")
    assert {(t["status"], t["message"], t["points"]) for t in verdicts["dora"]["tests"]} == {
        ("error", verdicts["dora"]["message"], 0)
    }
    assert verdicts["dora"]["max_points"] == 6


def test_only_what_has_changed_is_marked_again(school: Class) -> None:
    for name in ("anna", "bob"):
        school.hand_in(name, RIGHT + f"# {name}\n".encode())
    assert made(school.grade()) == (2, 0)
    school.hand_in("bob", WRONG)
    assert made(school.grade()) == (1, 1)
    assert school.points() == {"anna": 6, "bob": 0}
    tests = school.kit / "tests" / "graded" / NAME / "test_mock.py"
    tests.write_text(tests.read_text(encoding="utf-8").replace("== -4", "== -3"), encoding="utf-8")
    assert made(school.grade()) == (2, 0)
    assert school.points() == {"anna": 5, "bob": 0}
    assert made(school.grade("--force")) == (2, 0)
    assert made(school.grade()) == (0, 2)


def test_one_learner_is_marked_anew_and_nobody_else_is_lost(school: Class) -> None:
    for name, source in {"anna": RIGHT, "bob": WRONG, "carl": RIGHT}.items():
        school.hand_in(name, source + f"# {name}\n".encode())
    unknown = school.grade("--learner", "ana")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert unknown.stderr == "Nobody called 'ana' has handed anything in. Did you mean 'anna'?\n"
    assert not school.out.exists()

    first = school.grade("--learner", "anna")
    assert first.returncode == 0
    assert made(first) == (1, 0)
    assert "Learners whom you did not name have 2 empty cells" in first.stdout
    assert school.points() == {"anna": 6, "bob": None, "carl": None}

    assert made(school.grade()) == (2, 1)
    school.hand_in("bob", RIGHT)
    school.hand_in("dora", RIGHT)
    again = school.grade("--learner", "anna", "--learner", "dora")
    assert made(again) == (2, 1)
    assert "Learners whom you did not name have 1 verdict from before" in again.stdout
    assert school.points() == {"anna": 6, "bob": 0, "carl": 6, "dora": 6}
    assert made(school.grade()) == (0, 4), "bob's file equals dora's"
    assert school.points() == {"anna": 6, "bob": 6, "carl": 6, "dora": 6}


def test_what_cannot_be_marked_is_no_zero_and_is_marked_when_it_can(school: Class) -> None:
    school.hand_in("anna")
    tests = school.kit / "tests" / "graded" / NAME / "test_mock.py"
    source = tests.read_text(encoding="utf-8")
    tests.write_text(f"import no_such_module\n{source}", encoding="utf-8")
    done = school.grade()
    assert done.returncode == 1
    assert done.stderr == "anna  0 of 0 points, 1 exercise not marked\n"
    assert "1 exercise could not be marked, which is not the learners' fault" in done.stdout
    [anna] = json.loads((school.out / "gradebook.json").read_bytes())["submissions"]
    assert anna["exercises"] == []
    assert list(anna["unmarked"]) == [NAME]
    assert "no_such_module" in anna["unmarked"][NAME]
    tests.write_text(source, encoding="utf-8")
    assert made(school.grade()) == (1, 0)
    assert school.points() == {"anna": 6}


def test_who_was_late_loses_what_the_course_says(school: Class) -> None:
    school.hand_in("anna")
    school.hand_in("bob")
    late = school.kit / "late.csv"
    head, row = "learner,exercise,due,submitted\n", "2026-03-01T18:00:00Z,2026-03-02T18:00:00Z\n"
    late.write_text(f"{head}anna,double,{row}boob,,{row}", encoding="utf-8")
    wrong = school.grade("--late", "late.csv")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "late.csv, line 3: Nobody called 'boob'" in wrong.stderr
    assert not school.out.exists()
    late.write_text(f"{head}anna,double,{row}", encoding="utf-8")
    done = school.grade("--late", "late.csv")
    assert "anna  5 of 6 points" in done.stderr
    assert school.points() == {"anna": 5, "bob": 6}
    [anna, _] = json.loads((school.out / "gradebook.json").read_bytes())["submissions"]
    assert anna["late"] == [{"exercise": NAME, "days": 1, "percent": 25, "points": 1}]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--walls", "moat"), "There is no wall 'moat'"),
        (("--exercise", "77"), "There is no exercise called '77'"),
        (("--out", "course.toml"), "cannot be written to"),
        (("--late", "nowhere.csv"), "nowhere.csv cannot be read"),
        (("--jobs", "0"), "0 is not in the range"),
        (("--max-seconds", "nan"), "nan is not"),
        (("--max-seconds", "inf"), "inf is not in the range"),
        (("--out", "submissions/../submissions"), "where the submissions are"),
        (("--format", "excel"), "There is no format 'excel'; the formats are canvas, "),
    ],
)
def test_what_cannot_be_done_as_typed_is_a_sentence(
    school: Class, args: tuple[str, ...], says: str
) -> None:
    school.hand_in("anna")
    done = school.grade(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert not school.out.exists()


# --- an end in the middle ------------------------------------------------------------------------


def _until(process: subprocess.Popen[str], line: str) -> None:
    assert process.stderr
    for said in process.stderr:
        if said.startswith(line):
            return
    raise AssertionError(f"it ended and never said {line!r}")


@pytest.mark.skipif(os.name != "posix", reason="signals are sent")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_asked_to_end_it_finishes_what_is_under_way_and_says_how_to_go_on(
    school: Class, number: signal.Signals, status: int
) -> None:
    for name in ("anna", "bob", "carl", "dora"):
        school.hand_in(name, RIGHT + f"# {name}\n".encode())
    with school.start("--jobs", 1) as process:
        _until(process, "anna  6")
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == status, err
    assert out == ""
    assert "Stopping: what is under way is still marked." in err
    assert "To go on: `python -m workshop grade submissions --jobs 1`" in err
    assert "dora" not in err
    assert not (school.out / "gradebook.json").exists()
    known = 1 + len(re.findall(r"^(bob|carl)  6", err, re.MULTILINE))
    assert made(school.grade("--jobs", 1)) == (4 - known, known)
    assert school.points() == dict.fromkeys(("anna", "bob", "carl", "dora"), 6)


@pytest.mark.skipif(os.name != "posix", reason="signals are sent")
def test_asked_twice_it_ends_at_once_and_leaves_no_process(school: Class) -> None:
    school.hand_in("anna")
    school.hand_in("bob", HANGS)
    with school.start("--jobs", 1) as process:
        _until(process, "anna  6")
        below = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        _until(process, "Stopping")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (130, "")
    assert err.startswith("Ended; what is marked is kept. To go on: `")
    assert below
    assert not psutil.wait_procs(below, timeout=60)[1]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_ended_before_marking_has_begun_it_says_so_too(school: Class) -> None:
    school.hand_in("anna")
    late = school.kit / "late.csv"
    os.mkfifo(late)
    # Opening the pipe waits until somebody reads.
    with school.start("--late", "late.csv") as process, late.open("w"):
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (130, "")
    assert err.startswith("Ended; what is marked is kept. To go on: `")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no file here is always full")
@pytest.mark.parametrize(
    ("to", "status"), [(">&-", 0), (">/dev/null 2>&-", 0), (">/dev/full", 1), ("| true", None)]
)
def test_what_cannot_be_printed_is_no_traceback(school: Class, to: str, status: int | None) -> None:
    school.hand_in("anna")
    command = f"exec {sys.executable} -m workshop grade submissions {to}"
    done = subprocess.run(
        ["sh", "-c", command], cwd=school.kit, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == status or status is None
    assert "The gradebook is in gradebook;" in done.stderr or status != 1
    assert school.points() == {"anna": 6}


def test_the_folder_that_the_gradebook_goes_to_is_no_submission(school: Class) -> None:
    school.hand_in("anna")
    Store(school.folder / "marks").__exit__(None, None, None)  # of a run that was killed
    done = school.grade("--out", "submissions/marks")
    assert "1 learner: 1 passed everything" in done.stdout


def test_two_at_once_are_refused(school: Class) -> None:
    school.hand_in("anna")
    with Store(school.out):
        done = school.grade()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Another `workshop grade` is at work in gradebook: ")


# --- units ---------------------------------------------------------------------------------------


@pytest.fixture
def small(small_kit: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Course]:
    """The course of one exercise, marked in this process."""
    monkeypatch.chdir(small_kit)
    yield load_course(small_kit)
    close_runner()


def unit(course: Course, files: dict[str, bytes], **more: Any) -> Unit:
    return unit_of(course, course.exercises[0], files, **more)


def test_a_runner_that_dies_is_replaced(small: Course) -> None:
    right = mark_unit(unit(small, {FILE: RIGHT}))
    assert right["status"] == "pass"
    with units._RUNNERS.lend(small) as runner:
        processes = [psutil.Process(pid) for pid in runner.pids]
    assert processes
    for process in processes:
        process.kill()
    assert mark_unit(unit(small, {FILE: RIGHT})) == right


def test_a_unit_of_another_kit_or_machine_is_refused(small: Course) -> None:
    whole = unit(small, {FILE: RIGHT})
    with pytest.raises(GradingError, match="use the same version of everything"):
        mark_unit(replace(whole, kit="0" * 64))
    with pytest.raises(GradingError, match="Other walls stand here"):
        mark_unit(replace(whole, walls=("audit",)))


def test_the_key_is_of_all_that_a_verdict_depends_on() -> None:
    by_name = {one.name: one for one in COURSE.exercises}
    upload, together, markers = (
        by_name[n] for n in ("ex02_upload", "ex05_together", "ex06_markers")
    )
    files = {
        "ex02_upload.py": b"2",
        "ex05_together.py": b"from ex02_upload import upload_file\n",
        "ex03_save.py": b"3",
        "test_ex06_markers.py": b"6",
        "mine.py": b"m",
    }

    def seen(exercise: Any) -> set[str]:
        return set(unit_of(COURSE, exercise, files).files)

    assert seen(upload) == {"ex02_upload.py", "mine.py"}
    assert seen(together) == {"ex05_together.py", "ex02_upload.py", "mine.py"}
    assert seen(markers) == {"test_ex06_markers.py"}
    one = unit_of(COURSE, upload, files)
    others = [
        unit_of(COURSE, upload, files, seconds=3),
        unit_of(COURSE, upload, files, "It is empty."),
        unit_of(COURSE, upload, files | {"mine.py": b"n"}),
        unit_of(COURSE, together, files),
        replace(one, walls=("audit",)),
        replace(one, kit="another"),
        replace(one, files={"ex02_upload.py": b"2m", "mine.py": b""}),
        replace(one, files={"ex02_upload.py": b"2", "min.py": b"m"}),
    ]
    assert len({one.key, *(other.key for other in others)}) == 1 + len(others)
    assert unit_of(COURSE, upload, dict(reversed(files.items()))).key == one.key


def test_the_digest_of_an_exercise_is_of_its_subjects_too(scratch_kit: Path) -> None:
    for folder in ("solutions", "tests/graded"):
        shutil.copytree(KIT / folder, scratch_kit / folder)

    def digests() -> dict[str, str]:
        digest.cache_clear()
        course = load_course(scratch_kit)
        return {one.name: digest(scratch_kit, one.name) for one in course.exercises}

    before = digests()
    assert digests() == before
    assert len(set(before.values())) == len(before)
    path = scratch_kit / "tests" / "graded" / "ex04_cat_fact" / "mutants"
    mutant = next(path.glob("*.py"))
    mutant.write_text(mutant.read_text(encoding="utf-8") + "# new\n", encoding="utf-8")
    after = digests()
    changed = {name for name in before if before[name] != after[name]}
    tests = {one.name for one in COURSE.exercises if "ex04_cat_fact" in one.subjects}
    assert changed == {"ex04_cat_fact"} | tests
    course = scratch_kit / "course.toml"
    late = course.read_text(encoding="utf-8").replace("percent_per_day = 10", "percent_per_day = 9")
    course.write_text(late, encoding="utf-8")
    assert digests() == after
    digest.cache_clear()


def test_marking_uses_nothing_that_its_digest_leaves_out() -> None:
    code = (
        "import importlib, pkgutil, sys\n"
        "import workshop.proof, workshop.grading, workshop.isolation, workshop.services\n"
        "for room in (workshop.grading, workshop.isolation, workshop.services):\n"
        "    for one in pkgutil.iter_modules(room.__path__, room.__name__ + '.'):\n"
        "        importlib.import_module(one.name)\n"
        "print(*(name for name in sys.modules if name.startswith('workshop.')))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    tops = {name.split(".")[1] for name in done.stdout.split()}
    assert "grading" in tops
    assert not tops & {name.removesuffix(".py") for name in SHOWS}


# --- so many seconds -----------------------------------------------------------------------------


def test_what_takes_too_long_is_a_timeout_in_one_sentence(small: Course, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(HANGS)
    verdict = mark(small.exercises[0], tmp_path, seconds=0.5)
    assert {(t.status, t.message) for t in verdict.tests} == {("timeout", out_of_time(0.5))}
    assert (verdict.points, verdict.max_points, len(verdict.tests)) == (0, 6, 6)
    assert mark(small.exercises[0], small.kit / "solutions", seconds=60).status == "pass"


def test_wrong_modules_that_were_not_reached_in_time_are_timeouts() -> None:
    exercise = COURSE.exercise("ex07_fixtures")
    whole = mark(exercise, KIT / "solutions", seconds=0.2)
    assert whole.message in (
        out_of_time(0.2),
        "Your file took too long in all while it was being imported.",
    )
    assert whole.points == 0
    assert whole.max_points > 0


# --- batch ---------------------------------------------------------------------------------------


class Source:
    """A submission that tells when it is opened."""

    def __init__(self, number: int, opened: list[int]) -> None:
        self.learner = Learner(f"learner {number:03d}")
        self._number = number
        self._opened = opened

    def open(self, course: Course) -> Handed:
        self._opened.append(self._number)
        return Handed(self.learner, {FILE: b"# %d" % self._number}, {})


class Slow(Executor):
    """Does a unit when there is room for no more, the last that came first."""

    def __init__(self, most: int, ends: Callable[[Unit], dict[str, Any]]) -> None:
        self._most = most
        self._ends = ends
        self._waiting: list[tuple[Future[Any], Unit]] = []
        self.longest = 0

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._waiting.append((future, args[0]))
        self.longest = max(self.longest, len(self._waiting))
        if len(self._waiting) == self._most:
            self.finish()
        return future

    def finish(self) -> None:
        while self._waiting:
            future, unit = self._waiting.pop()
            try:
                future.set_result(self._ends(unit))
            except Exception as error:
                future.set_exception(error)


class Silent:
    """Watches, and says nothing."""

    def __init__(self) -> None:
        self.told: Counter[str] = Counter()

    def unit(self) -> None:
        self.told["unit"] += 1

    def learner(self, marked: Marked) -> None:
        self.told["learner"] += 1

    def stopping(self) -> None:
        self.told["stopping"] += 1


def verdict_of(unit: Unit) -> dict[str, Any]:
    points = len(unit.files[FILE]) % 3
    tests = [TestResult("test_doubles", "mock", "fail", points, 3, "no")]
    return Verdict(NAME, "code", "fail", "", [], tests).as_dict()


def test_submissions_are_opened_no_faster_than_they_are_marked(
    small: Course, tmp_path: Path
) -> None:
    opened: list[int] = []
    sources: Any = [Source(number, opened) for number in range(40)]
    ahead: list[int] = []

    def ends(unit: Unit) -> dict[str, Any]:
        ahead.append(len(opened) - len(ahead))
        return verdict_of(unit)

    executor, watcher = Slow(5, ends), Silent()
    with Store(tmp_path) as store:
        batch = Batch(small, Wanted(small.exercises), store, executor, watcher, most=5)
        book = batch.run(sources)
    assert max(ahead) <= 5
    assert executor.longest == 5
    assert [one.learner.name for one in book.submissions] == [one.learner.name for one in sources]
    assert [one.points for one in book.submissions[8:12]] == [0, 0, 1, 1]
    assert watcher.told == {"unit": 40, "learner": 40}


def test_whatever_marking_raises_costs_nobody_anything(small: Course, tmp_path: Path) -> None:
    def ends(unit: Unit) -> dict[str, Any]:
        if unit.files[FILE] == b"# 1":
            raise GradingError("The process has\nended.\x1b[31m")
        if unit.files[FILE] == b"# 2":
            raise ZeroDivisionError("by zero")
        return verdict_of(unit)

    sources: Any = [Source(number, []) for number in range(4)]
    with Store(tmp_path) as store:
        batch = Batch(small, Wanted(small.exercises), store, Slow(1, ends), Silent(), most=1)
        book = batch.run(sources)
        assert [one.unmarked for one in book.submissions] == [
            {},
            {NAME: "The process has ended."},
            {NAME: "ZeroDivisionError: by zero"},
            {},
        ]
        assert (batch.counts.made, batch.counts.failed) == (2, 2)
        again = Batch(small, Wanted(small.exercises), store, Slow(1, verdict_of), Silent(), most=1)
        assert not any(one.unmarked for one in again.run(sources).submissions)
        assert (again.counts.made, again.counts.kept) == (2, 2)


def test_marking_anew_goes_on_where_it_was_stopped(small: Course, tmp_path: Path) -> None:
    sources: Any = [Source(number, []) for number in range(6)]

    def batch(store: Store, ends: Any = verdict_of, **wanted: Any) -> Batch:
        asked = Wanted(small.exercises, **wanted)
        return Batch(small, asked, store, Slow(1, ends), Silent(), most=1)

    with Store(tmp_path) as store:
        batch(store).run(sources)

        def breaks(unit: Unit) -> dict[str, Any]:
            if unit.files[FILE] == b"# 3":
                raise KeyboardInterrupt
            return verdict_of(unit)

        with pytest.raises(KeyboardInterrupt):
            batch(store, breaks, anew=True).run(sources)
        rest = batch(store, anew=True)
        rest.run(sources)
        assert (rest.counts.made, rest.counts.kept) == (3, 3)
        whole = batch(store, anew=True)
        whole.run(sources)
        assert (whole.counts.made, whole.counts.kept) == (6, 0)


# --- the file ------------------------------------------------------------------------------------


@pytest.mark.parametrize("learners", [0, 1, 3])
def test_the_file_holds_the_book_and_a_line_for_each_submission(
    learners: int, tmp_path: Path
) -> None:
    why = Diagnosis("wrong-shape", "why\nso", "“look”", 3, "x = '\\'")
    tests = [TestResult("t", "mock", "fail", 1, 2, "a\n  b\ud800\x1b\u2028", "[\n]", why)]
    verdict = Verdict("ex02_upload", "code", "fail", "", ["audit"], tests)
    marked = Marked(
        Learner("Ä\n{}"), (verdict,), (Late("ex02_upload", 1, 10, 0),), {"ex03_save": "no"}
    )
    book = Gradebook("A course", ("ex02_upload", "ex03_save"), (marked,) * learners)
    [path] = as_json.write(book, tmp_path)
    text = path.read_bytes().decode("ascii")
    assert json.loads(text) == {
        "version": 1,
        "submissions": [one.as_dict() for one in book.submissions],
    }
    assert len(text.splitlines()) == learners + 2
