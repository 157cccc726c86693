"""A verdict holds a result for every test there is, whatever becomes of the submission's code."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import pytest

from workshop.course import VARIANTS, load_course
from workshop.diagnosis import catalogue
from workshop.grading import mark
from workshop.grading.session import MESSAGE_LIMIT
from workshop.grading.verdict import OUTPUT_LIMIT, TestResult, Verdict
from workshop.grading.warm import PATIENCE, GradingError, Round, Run, Warm
from workshop.grading.wording import diagnosis_of, explain
from workshop.isolation.evidence import Call, Evidence, Spot
from workshop.isolation.forking import FORKS

COURSE = load_course(Path(__file__).parents[2])
EXERCISE = COURSE.exercise("ex03_save")
TESTS = 3 * 11
MAX_POINTS = 42

NAMES = ("test_a", "test_b", "test_c")
POINTS = 2

isolated = pytest.mark.skipif(not FORKS, reason="needs fork")


# --- rounds that are lost ------------------------------------------------------------------------


class Ended:
    """A run that has ended."""

    def __init__(self, status: int) -> None:
        self._status = status

    def wait(self, seconds: float) -> int:
        return self._status

    def end(self) -> None:
        pass


class Rounds:
    """In the place of the processes that run tests: each round is a text that it leaves in its
    file of marks, and an exit status. Those that follow the last leave nothing.
    """

    def __init__(self, *rounds: tuple[list[str], int]) -> None:
        self._rounds = rounds

    def start(self, round: Round) -> Ended:
        number = int(Path(round.scratch).name)
        lines, status = self._rounds[number] if number < len(self._rounds) else ([], 3)
        variant = Path(round.tests).stem.removeprefix("test_")
        lines = [line.replace('"marker"', f'"{variant}"') for line in lines]
        assert not {name for name in round.done if f'"started": {{"name": "{name}"' in str(lines)}
        round.marks.write_text("".join(lines), encoding="utf-8")
        return Ended(status)


def note(what: str, name: str, status: Any = "error", points: int = 0, message: str = "") -> str:
    result = TestResult(name, "marker", status, points, POINTS, message)
    return json.dumps({what: asdict(result)}) + "\n"


COLLECTED = [note("collected", name, message="The test was not run.") for name in NAMES]
PASSED = {name: [note("started", name), note("ended", name, "pass", POINTS)] for name in NAMES}


def results(verdict: Verdict) -> list[tuple[str, str]]:
    """The tests of one variant with their statuses, after a look at the others."""
    by_variant = [
        [(test.name, test.status) for test in verdict.tests if test.variant == variant]
        for variant in VARIANTS
    ]
    assert by_variant[0] == by_variant[1] == by_variant[2]
    assert verdict.max_points == 3 * 3 * POINTS
    return by_variant[0]


def marked(*rounds: tuple[list[str], int]) -> Verdict:
    return mark(EXERCISE, EXERCISE.reference.parent, Rounds(*rounds))  # type: ignore[arg-type]


def test_what_takes_its_process_down_costs_itself_alone():
    verdict = marked(
        ([*COLLECTED, *PASSED["test_a"], note("started", "test_b")], -9),
        (PASSED["test_c"], 0),
    )

    assert results(verdict) == [("test_a", "pass"), ("test_b", "fail"), ("test_c", "pass")]
    assert "signal SIGKILL" in verdict.tests[3].message


def test_tests_that_no_round_came_to_count_all_the_same():
    verdict = marked(([*COLLECTED, *PASSED["test_a"], note("started", "test_b")], -9))

    assert results(verdict) == [("test_a", "pass"), ("test_b", "fail"), ("test_c", "error")]
    assert verdict.tests[-1].message == "The test was not run."
    assert verdict.status == "fail"


def test_a_round_that_is_lost_before_its_first_test_is_tried_again():
    everything = [line for name in NAMES for line in PASSED[name]]

    verdict = marked(([], -9), ([*COLLECTED, *everything], 0))

    assert results(verdict) == [(name, "pass") for name in NAMES]


@pytest.mark.parametrize("cut", [1, 10, 100])
def test_a_line_that_was_cut_short_costs_its_own_test(cut):
    verdict = marked(
        ([*COLLECTED, *PASSED["test_a"], "".join(PASSED["test_b"])[:-cut]], -9),
        (PASSED["test_c"], 0),
    )

    # One that lacks no more than the end of the line is whole.
    lost = "pass" if cut == 1 else "fail"
    assert results(verdict) == [("test_a", "pass"), ("test_b", lost), ("test_c", "pass")]


def test_what_ends_without_having_begun_is_no_verdict():
    with pytest.raises(GradingError, match=r"test_marker\.py did not run"):
        marked()


class Never(Future):
    """Patience with it ends at once."""

    def result(self, timeout=None):
        assert timeout == PATIENCE
        return super().result(0.01)


def test_a_process_that_stays_is_killed_left_behind_and_told_of(caplog):
    unborn, staying = Run(lambda: "its last words"), Run(lambda: "its last words")
    unborn.pid, staying.status = Never(), Never()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        staying.pid.set_result(process.pid)

        unborn.end()
        staying.end()

        assert process.wait() != 0
    told = [record.getMessage() for record in caplog.records]
    assert "it never began. its last words" in told[0]
    assert f": {process.pid}, " in told[1]


# --- what the learner's code says of itself ------------------------------------------------------

FORGED = {
    "an idea that there is not": """
Learner._error = lambda self, error: {
    "error": ["e", ["AssertionError"], "[no-such-idea] nothing"],
    "raised": {"what": "AssertionError", "line": 1, "file": "ex03_save.py"},
}
""",
    "half a pair of surrogates": """
TEXT = "\\ud800" * 2000
Learner._error = lambda self, error: {
    "error": ["e", ["OSError"], TEXT],
    "raised": {"what": TEXT, "line": 1, "source": TEXT, "file": "ex03_save.py"},
}
""",
    "very long texts": """
Learner._error = lambda self, error: {
    "error": ["e", ["N" * 10**5, "OSError"], "x" * 10**5],
    "raised": {"what": "x" * 10**5, "line": 1, "source": "x" * 10**5, "file": "ex03_save.py"},
}
print("x" * 10**5)
""",
    "evidence of the wrong kinds": """
Learner._seen = lambda self: {
    kind: [{"what": [], "line": {}}, 1, None]
    for kind in ("files_open", "tasks_left", "never_awaited", "blocked")
}
""",
    "evidence that is nested too deeply": """
deep = []
for _ in range(940):
    deep = [deep]
Learner._seen = lambda self: {"blocked": [{"what": deep, "source": deep, "file": deep}]}
""",
}


@isolated
@pytest.mark.parametrize("exercise", [EXERCISE], ids=["ex03_save"])
@pytest.mark.parametrize(
    "source",
    [
        f"from workshop.isolation.learner import Learner\n{forged}\n"
        "async def save_to_disk(directory):\n    raise OSError('nothing saved')\n".encode()
        for forged in FORGED.values()
    ],
    ids=FORGED,
)
def test_whatever_is_forged_each_test_has_its_plain_failure(marking, exercise, source):
    verdict = marking.verdict(exercise, source)

    assert verdict.max_points == MAX_POINTS
    assert verdict.points == 0
    assert [test.status for test in verdict.tests] == ["fail"] * TESTS
    assert not [test.message for test in verdict.tests if "expected:" not in test.message]
    assert max(len(test.message) for test in verdict.tests) <= MESSAGE_LIMIT
    assert max(len(test.output) for test in verdict.tests) <= OUTPUT_LIMIT
    assert not any(test.diagnosis for test in verdict.tests)
    assert json.dumps(verdict.as_dict(), ensure_ascii=False).encode("utf-8")


@isolated
@pytest.mark.parametrize("exercise", [EXERCISE], ids=["ex03_save"])
@pytest.mark.parametrize(
    "source",
    [
        f"{EXERCISE.reference.read_text('utf-8')}\n\nimport os\n\nright = save_to_disk\n\n"
        "async def save_to_disk(directory):\n"
        "    if isinstance(directory, str):\n"
        "        for _ in range(100):\n"
        "            os.mkdir('d')\n"
        "            os.chdir('d')\n"
        "        await asyncio.Event().wait()\n"
        "    return await right(directory)\n".encode()
    ],
    ids=["too many folders"],
)
def test_a_test_that_leaves_too_much_on_the_disk_is_ended(marking, exercise, source):
    verdict = marking.verdict(exercise, source)

    failed = {(test.name, test.status, test.message) for test in verdict.tests if not test.points}
    assert len(verdict.tests) == TESTS
    assert failed == {
        (
            "test_accepts_a_directory_as_text",
            "fail",
            "Your code was ended, for it left more on the disk than 256 MiB, 20,000 files, or "
            "50 folders in one another.",
        )
    }


UNSPEAKABLE = {
    "evidence that is none": """
    evidence.current().calls = 3
    raise OSError
""",
    "a text that is too long": """
    raise SubmissionError("x" * 10**5)
""",
}


@pytest.mark.parametrize("name", UNSPEAKABLE)
def test_a_failure_that_cannot_be_explained_is_a_failure(tmp_path, name):
    """In one process with its tests, a learner's code can make a mess of what was seen."""
    (tmp_path / EXERCISE.file_name).write_text(
        "from workshop.isolation import evidence\n"
        "from workshop.isolation.submission import SubmissionError\n\n"
        f"async def save_to_disk(directory):{UNSPEAKABLE[name]}"
    )

    verdict = mark(EXERCISE, tmp_path, isolated=False)

    assert {test.status for test in verdict.tests} <= {"fail", "error"}
    assert len(verdict.tests) == TESTS
    assert all(0 < len(test.message) <= MESSAGE_LIMIT for test in verdict.tests)
    assert not [test.message for test in verdict.tests if " run" in test.message[:30]]


FIRST = COURSE.exercise("ex01")
SOME_ERRORS = FIRST.graded / "mutants" / "swallows_some_errors.py"


@pytest.mark.parametrize(("exercise", "path", "isolated"), [(FIRST, SOME_ERRORS, False)])
def test_it_is_told_which_error_was_swallowed(marking, exercise, path, isolated):
    verdict = marking.verdict(exercise, path.read_bytes(), isolated)

    [test] = [
        test
        for test in verdict.tests
        if (test.name, test.variant) == ("test_one_fact_lets_an_error_through", "marker")
    ]
    said = re.search(r"This time: (\w+)[.]", test.message)
    assert said and said[1] in ("OSError", "TimeoutError")


def test_where_to_look_is_a_lesson_that_was_read_already():
    idea = catalogue()["fire-and-forget"]
    assert idea.lesson == 5

    looks = [diagnosis_of(idea, one, COURSE, Spot("")).look for one in COURSE.exercises]

    assert [look[7:9] for look in looks] == ["01", "02", "03", "04", *["05"] * 5]


def test_a_line_of_another_file_comes_with_its_name(tmp_path, warm):
    """Exercise 05 calls what the learner has written for 02 and 03."""
    together, upload = COURSE.exercise("ex05_together"), COURSE.exercise("ex02_upload")
    for file in (together.reference, EXERCISE.reference):
        shutil.copy(file, tmp_path)
    source = (upload.graded / "mutants" / "sleep_before_await.py").read_text(encoding="utf-8")
    (tmp_path / upload.file_name).write_text(source)
    line = next(n for n, text in enumerate(source.split("\n"), 1) if "time.sleep(" in text)

    verdict = mark(together, tmp_path, warm)

    places = {idea.diagnosis.place for idea in verdict.tests if idea.diagnosis}
    assert f"ex02_upload.py, line {line}" in places
    assert f"line {line}" not in places


def test_the_latest_call_is_told_last():
    seen = Evidence([Call("ask()", "2"), Call("Cat()", "<Cat>"), Call("ask()", "3")])

    _, message = explain(AssertionError("four"), seen, "", "cat.py")

    assert message.split("\n")[1::2] == ["came back: <Cat>", "came back: 3"]


# --- processes that go ---------------------------------------------------------------------------


def processes(warm: Warm, module: str) -> list[psutil.Process]:
    """The processes of `warm` that run a module of the kit. Others are at work beside them, whose
    end would be a riddle to whoever waits for them.
    """
    kept = [psutil.Process(pid) for pid in warm.pids]
    found = []
    for process in [*kept, *(child for one in kept for child in one.children(recursive=True))]:
        with suppress(psutil.Error):  # it has just ended
            if module in process.cmdline():
                found.append(process)
    return found


@isolated
@pytest.mark.parametrize("module", ["workshop.grading.rounds", "workshop.isolation.zygote"])
def test_when_a_process_of_the_kit_has_gone_there_is_a_sentence_and_no_verdict(module):
    with Warm(COURSE.kit, [EXERCISE]) as warm:
        assert mark(EXERCISE, EXERCISE.reference.parent, warm).status == "pass"
        gone = processes(warm, module)
        assert gone
        for process in gone:
            process.kill()
        psutil.wait_procs(gone)

        with pytest.raises(GradingError, match="The process that runs the graded tests has ended"):
            mark(EXERCISE, EXERCISE.reference.parent, warm)


@isolated
def test_when_what_runs_learners_tests_has_gone_others_take_its_place():
    tests = COURSE.exercise("ex06_markers")
    with Warm(COURSE.kit, [tests]) as warm:
        before = mark(tests, tests.path.parent, warm)
        for gone in map(psutil.Process, warm.testers().pids):
            gone.kill()

        assert mark(tests, tests.path.parent, warm) == before


@isolated
def test_a_runner_outlives_the_thread_that_has_started_it():
    """Linux can end a process with the thread that started it; here it must not."""

    def start() -> Warm:
        warm = Warm(COURSE.kit, [EXERCISE])
        assert mark(EXERCISE, EXERCISE.reference.parent, warm).status == "pass"
        return warm

    with ThreadPoolExecutor(1) as thread:
        warm = thread.submit(start).result()
    with warm:
        assert mark(EXERCISE, EXERCISE.reference.parent, warm).status == "pass"


@isolated
def test_when_a_runner_is_left_nothing_of_it_stays():
    tests = COURSE.exercise("ex06_markers")
    with Warm(COURSE.kit, [EXERCISE]) as warm:
        mark(EXERCISE, EXERCISE.reference.parent, warm)
        mark(tests, tests.stub.parent, warm)  # there is no such file, but what would run it
        kept = [psutil.Process(pid) for pid in warm.pids]
        started = [*kept, *(child for one in kept for child in one.children(recursive=True))]

    assert len(kept) == 3
    assert psutil.wait_procs(started, timeout=30)[1] == []
