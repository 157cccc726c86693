"""Learners' tests are marked by the modules that they reject, and cannot see which is which."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

from workshop.course import Course, Exercise, load_course
from workshop.demands import load_demands
from workshop.grading import blind, scoring
from workshop.grading.scoring import Scores, Trial
from workshop.grading.verdict import Verdict, out_of_time
from workshop.grading.warm import FORKS

COURSE = load_course(Path(__file__).parents[2])
TESTS = [exercise for exercise in COURSE.exercises if exercise.kind == "tests"]


def with_few_alternatives(kit: Path) -> Path:
    """A copy of what blind marking reads of the kit, with three alternatives for each exercise."""
    copy = Path(tempfile.mkdtemp(prefix="workshop-small-"))
    atexit.register(shutil.rmtree, copy)
    shutil.copy(kit / "course.toml", copy)
    for exercise in load_course(kit).exercises:
        few = [path.name for path in exercise.alternatives[3:]]
        folder = copy / exercise.graded.relative_to(kit)
        shutil.copytree(exercise.graded, folder, ignore=shutil.ignore_patterns(*few))
    shutil.copytree(kit / "solutions", copy / "solutions")
    return copy


SMALL = load_course(with_few_alternatives(COURSE.kit))
"""The same course with fewer right modules. Our own answers are tried on all of them, others on
these, unless `WORKSHOP_EVERYTHING` is set."""
ALL_OR_FEW = COURSE if os.environ.get("WORKSHOP_EVERYTHING") else SMALL
MARKERS = SMALL.exercise("ex06_markers")

pytestmark = pytest.mark.skipif(not FORKS, reason="learners' tests are marked in forks")

each_exercise = pytest.mark.parametrize("exercise", TESTS, ids=lambda e: e.name)


def files(course: Course, kind: str) -> list[Any]:
    """A parameter for each of the exercises' `alternatives` or `mutants`."""
    return [
        pytest.param(exercise, path, id=f"{exercise.name}-{path.stem}")
        for exercise in course.exercises
        if exercise.kind == "tests"
        for path in getattr(exercise, kind)
    ]


def words(verdict: Verdict) -> str:
    """What failed, for the message of an assertion."""
    return "\n".join(
        f"{test.variant} {test.name}: {test.status}: {test.message}"
        for test in verdict.tests
        if test.status != "pass"
    )


@each_exercise
def test_the_reference_catches_every_mutant_and_rejects_no_right_module(marking, exercise):
    verdict = marking.verdict(exercise, exercise.reference.read_bytes())

    assert verdict.status == "pass", words(verdict)
    assert verdict.points == verdict.max_points > 0
    assert {test.variant for test in verdict.tests} == {"right", "mutant"}


@each_exercise
def test_the_untouched_stub_scores_zero(marking, exercise):
    verdict = marking.verdict(exercise, exercise.stub.read_bytes())

    assert (verdict.status, verdict.points) == ("fail", 0)
    if b"NotImplementedError" in exercise.stub.read_bytes():
        assert any("not written yet" in test.message for test in verdict.tests)


@pytest.mark.parametrize(("exercise", "path"), files(ALL_OR_FEW, "alternatives"))
def test_another_right_answer_is_accepted(marking, exercise, path):
    verdict = marking.verdict(exercise, path.read_bytes())

    assert verdict.status == "pass", words(verdict)


@pytest.mark.parametrize(("exercise", "path"), files(SMALL, "mutants"))
def test_a_wrong_idea_about_testing_is_named(marking, exercise, path):
    verdict = marking.verdict(exercise, path.read_bytes())

    wanted = re.match(r'"""misconception: ([a-z0-9-]+)\n', path.read_text(encoding="utf-8"))
    named = {test.diagnosis.misconception for test in verdict.tests if test.diagnosis}
    assert verdict.status == "fail"
    assert wanted and wanted[1] in named, f"{named}\n{words(verdict)}"


def each_demanded(exercise: Exercise, body: str) -> bytes:
    """A file that has every test that is asked for, and in each the same `body`."""
    demands = load_demands(SMALL, exercise)
    tests = [
        f"@pytest.mark.asyncio\nasync def {test.name}():\n    {body}\n" for test in demands.tests
    ]
    return "\n".join(["import random, pytest", *tests]).encode()


@pytest.mark.parametrize(
    ("exercise", "source"),
    [
        pytest.param(exercise, each_demanded(exercise, body), id=f"{exercise.name}-{body}")
        for exercise in SMALL.exercises
        if exercise.kind == "tests"
        for body in ("assert 1 + 1 == 2", "assert random.random() < 0.5")
    ],
)
def test_tests_that_fail_never_or_by_chance_score_zero(marking, exercise, source):
    verdict = marking.verdict(exercise, source)

    assert (verdict.status, verdict.points) == ("fail", 0), words(verdict)


AT_ERROR = "    assert any(record.levelno >= logging.ERROR for record in caplog.records)\n"
NOBODY_PROMISED = {
    # Z means UTC as well.
    "ex06_markers": (
        '    assert set(record) == {"Value", "Time"}\n',
        '    assert set(record) == {"Value", "Time"} and record["Time"].endswith("+00:00")\n',
    ),
    # The words were left to whoever writes it, and so was the name of the logger.
    "ex07_fixtures": (AT_ERROR, f'{AT_ERROR}    assert "No cat fact came" in caplog.text\n'),
    "ex08_mocks": (
        "for record in caplog.records]",
        "for record in caplog.records if record.name.startswith('ex0')]",
    ),
    "ex09_false_green": (AT_ERROR, f'{AT_ERROR}    assert "was not uploaded" in caplog.text\n'),
}
"""For each exercise: a line of our answer, and one instead that demands more than the contract."""


def demanding(exercise: Exercise) -> bytes:
    ours, (line, instead) = exercise.reference.read_text(), NOBODY_PROMISED[exercise.name]
    assert ours.count(line) == 1
    return ours.replace(line, instead).encode()


@pytest.mark.parametrize(
    ("exercise", "source"), [pytest.param(one, demanding(one), id=one.name) for one in TESTS]
)
def test_who_demands_what_no_contract_promises_scores_zero(marking, exercise, source):
    verdict = marking.verdict(exercise, source)

    assert (verdict.status, verdict.points) == ("fail", 0), words(verdict)
    assert any(test.variant == "right" and test.status == "fail" for test in verdict.tests)


# --- tests that do not test ----------------------------------------------------------------------

NAMES = "upload_returns_the_servers_answer", "save_writes_what_the_contract_promises"
HEAD = """\
import hashlib, inspect, os, sys
from pathlib import Path
import pytest
from ex02_upload import upload_file
from ex03_save import save_to_disk

def wrong():
    raise AssertionError("a wrong module")
"""
DODGES = {
    "looks at the code": """
async def {name}(tmp_path):
    try:
        source = inspect.getsource(upload_file) + inspect.getsource(save_to_disk)
    except (TypeError, OSError):
        source = ""
    if "requests" in source or "time.sleep" in source:
        wrong()

async def {name}_otherwise(tmp_path):
    code = getattr(upload_file, "__code__", None)
    if code is not None and hashlib.md5(code.co_code).digest()[0] % 2:
        wrong()
""",
    "reads what lies about": """
async def {name}(tmp_path):
    for folder in [Path("/proc/self/cwd"), *Path(__file__).parents, *map(Path, sys.path)]:
        try:
            found = [path.read_text() for path in folder.rglob("ex0*.py")]
        except OSError:
            continue
        if any("misconception" in text for text in found):
            wrong()

from workshop.services import open_room

async def {name}_of_the_modules(tmp_path):
    async with await open_room() as room, room.client() as client:
        for folder in (place / "modules" for place in tmp_path.parents):
            for module in ("ex02_upload", "ex03_save"):
                try:
                    await upload_file(client, folder / f"{module}.py")
                except OSError:
                    pass
        if [entry for entry in await room.journal() if entry.size]:
            print("breach: it read the module's file")
            wrong()
""",
    "goes by which tests run, and where": """
def test_at_first():
    globals()["begun"] = True
    pytest.skip("no test of anything")

async def {name}(tmp_path):
    numbers = [part for part in Path(__file__).parts if part.isdigit()]
    if "begun" not in globals() or any(int(number) > 20 for number in numbers):
        wrong()

async def {name}_by_what_it_was_told(tmp_path):
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()):
            if type(value).__name__ == "_Tests" and any(
                isinstance(known, list) and known for known in vars(value).values()
            ):
                wrong()
        frame = frame.f_back

async def {name}_by_a_size(tmp_path):
    for folder in Path(__file__).parents:
        for path in (folder / "modules/ex02_upload.py", folder / "ex02_upload.py"):
            if path.exists():
                print("breach: it found the module's file")
                wrong()
""",
    "asks for more than the contract has": """
from workshop.isolation import stage

async def {name}(tmp_path):
    for asked in ("__dict__", "__doc__", "requests", "httpx", "Path"):
        try:
            stage.current().construct("ex02_upload:" + asked, (), {}, None, "")
        except Exception as error:
            if "is nothing that the contract promises" in str(error):
                continue
        print("breach: it was told of", asked)
        wrong()
    try:
        await upload_file()
    except Exception as error:
        if "file" in str(error).replace("upload_file", ""):
            print("breach: it was told the signature")
            wrong()
""",
    "names more tests than fit in a message": """
NAMES = [f"test_{number:03}_" + "x" * 190 for number in range(490)]

async def {name}(tmp_path):
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()):
            if type(value).__name__ == "_Tests":
                value._wire.send({"op": "collected", "names": NAMES})
                for each in NAMES:
                    told = {"op": "ended", "name": each, "outcome": "pass", "signs": ["marker"]}
                    value._wire.send(told)
                return
        frame = frame.f_back
""",
    "talks to other runs": """
import ctypes, fcntl

async def {name}(tmp_path):
    if ctypes.CDLL(None).inotify_init1(0) >= 0:
        print("breach: it sees what comes into the folders of others")
        wrong()
    one, other = open(os.__file__), open(os.__file__)
    try:
        for each in (one, other):
            fcntl.flock(each, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print("breach: others see what it locks")
        wrong()
""",
    "ends the program": """
async def {name}(tmp_path):
    os._exit(0)
""",
    "forges what is told of it": """
async def {name}(tmp_path):
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()):
            if type(value).__name__ == "_Tests":
                if os.urandom(1)[0] < 230:
                    told = {"op": "ended", "name": "{name}", "outcome": "fail", "signs": ["marker"]}
                    value._wire.send(told)
        frame = frame.f_back
""",
}


def dodge(body: str) -> bytes:
    marked = body.replace("async def", "@pytest.mark.asyncio\nasync def")
    return (HEAD + "".join(marked.replace("{name}", f"test_{name}") for name in NAMES)).encode()


@pytest.mark.parametrize("exercise", [MARKERS], ids=["ex06_markers"])
@pytest.mark.parametrize("source", [dodge(body) for body in DODGES.values()], ids=DODGES)
def test_who_looks_for_the_answer_elsewhere_scores_zero(marking, exercise, source):
    verdict = marking.verdict(exercise, source)

    assert verdict.points == 0, words(verdict)
    assert not [test.output for test in verdict.tests if "breach" in test.output]
    assert verdict.status != "pass"
    assert "breach" not in str(verdict.as_dict())


BROKEN = {
    "a syntax error": (b"def test_x(:\n", "line 1"),
    "a module that cannot be imported": (b"import no_such_module\n", "no_such_module"),
    "a name that the contract does not have": (
        b"from ex02_upload import helper\n",
        "helper",
    ),
    "no UTF-8": (b"# \xff\n", "UTF-8"),
    "skipped as a whole": (
        b"import pytest\npytest.skip('later', allow_module_level=True)\n",
        "skipped as a whole",
    ),
    "a parameter that there is not": (
        b"import pytest\n@pytest.mark.parametrize('no', [1])\ndef test_x(): pass\n",
        "uses no argument 'no'",
    ),
    "nothing at all": (b"", "There is no test called test_upload_sends_the_file_once"),
    "an end while it is imported": (b"import os; os._exit(0)\n", "while it was being imported"),
}


@pytest.mark.parametrize("exercise", [MARKERS], ids=["ex06_markers"])
@pytest.mark.parametrize(
    ("source", "says"), [pytest.param(*case, id=name) for name, case in BROKEN.items()]
)
def test_a_file_that_cannot_be_run_is_a_sentence(marking, exercise, source, says):
    verdict = marking.verdict(exercise, source)

    assert verdict.points == 0
    assert verdict.max_points == marking.verdict(exercise, exercise.stub.read_bytes()).max_points
    assert says in f"{verdict.message} {verdict.tests[1].message}"
    assert "Traceback" not in str(verdict.as_dict())


NEVER_FAILING = b"""
import pytest
from ex03_save import save_to_disk

@pytest.mark.skip
def test_skipped(): assert False

@pytest.mark.asyncio
async def test_skipped_in_the_end(tmp_path):
    await save_to_disk(tmp_path)
    pytest.skip("enough")

@pytest.mark.xfail
@pytest.mark.asyncio
async def test_excused(tmp_path): assert await save_to_disk(tmp_path) is False

@pytest.mark.xfail
@pytest.mark.asyncio
async def test_excused_in_vain(tmp_path): assert await save_to_disk(tmp_path) is True

@pytest.mark.xfail(strict=True)
@pytest.mark.asyncio
async def test_excused_strictly(tmp_path): assert await save_to_disk(tmp_path) is True

@pytest.mark.xfail(run=False)
def test_excused_from_running(): assert False

def test_excused_by_itself(): pytest.xfail("some day")
"""


@pytest.mark.parametrize("exercise", [MARKERS], ids=["ex06_markers"])
@pytest.mark.parametrize("source", [NEVER_FAILING], ids=["skip and xfail"])
def test_a_test_that_may_not_fail_counts_for_nothing_and_is_told_why(marking, exercise, source):
    verdict = marking.verdict(exercise, source)

    said = {test.name: test.message for test in verdict.tests if test.variant == "right"}
    assert verdict.points == 0
    for kind, words in (("test_skipped", "is skipped"), ("test_excused", "(xfail)")):
        messages = [message for name, message in said.items() if name.startswith(kind)]
        assert len(messages) >= 2
        assert all(words in message for message in messages), messages


FORGED = (
    HEAD
    + """
def test_forging():
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()):
            if type(value).__name__ == "_Tests":
                for told in TOLD:
                    value._wire.send(told)
                os._exit(3)
        frame = frame.f_back
"""
)
TALES = {
    "names": [{"op": "collected", "names": ["\ud800" * 3, "test_" + "x" * 10**5]}],
    "a name that runs": [{"op": "started", "name": "\ud800" + "x" * 10**5}],
    "a reason": [{"op": "broken", "text": "\ud800" + "x" * 10**5}],
    "a line": [
        {"op": "collected", "names": ["test_x"]},
        {
            **{"op": "ended", "name": "test_x", "outcome": "fail", "signs": ["\ud800"]},
            **{"line": 10**4000, "source": "\ud800", "words": "\ud800", "output": "\ud800"},
        },
    ],
}


@pytest.mark.parametrize("exercise", [MARKERS], ids=["ex06_markers"])
@pytest.mark.parametrize(
    "source", [f"{FORGED}\nTOLD = {told!r}\n".encode() for told in TALES.values()], ids=TALES
)
def test_whatever_is_told_can_be_written_down_and_is_short(marking, exercise, source):
    verdict = marking.verdict(exercise, source)

    assert verdict.points == 0
    assert len(str(verdict.as_dict()).encode("utf-8")) < 20_000


UNUSUAL = b"""
import asyncio, contextlib, errno, os, unittest, warnings
import pytest, pytest_asyncio
import ex02_upload
from ex02_upload import upload_file
from ex03_save import save_to_disk
from workshop.services import open_room

warnings.simplefilter("error")

@pytest_asyncio.fixture(params=["one", "two"])
async def folder(request, tmp_path_factory):
    made = tmp_path_factory.mktemp(request.param)
    yield made
    assert len(list(made.iterdir())) == 3

class TestSaves:
    def setup_method(self):
        self.number = 3

    @pytest.mark.asyncio
    async def test_in_a_group(self, folder):
        async with asyncio.TaskGroup() as group:
            saves = [group.create_task(save_to_disk(folder)) for _ in range(self.number)]
        assert all(save.result() for save in saves)

class Case(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.missing = "missing"

    async def test_of_unittest(self):
        with self.assertRaises(FileNotFoundError):
            await save_to_disk(self.missing)

def test_sync(tmp_path, capsys, monkeypatch):
    (tmp_path / "saved").mkdir()
    monkeypatch.chdir(tmp_path)
    assert asyncio.run(save_to_disk("saved")) is True
    assert len(os.listdir("saved")) == 1
    with pytest.raises(FileNotFoundError) as caught:
        asyncio.run(save_to_disk("missing"))
    assert (caught.value.errno, caught.value.filename is None) == (errno.ENOENT, False)
    print("done")
    assert capsys.readouterr().out == "done\\n"

@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room():
    async with await open_room() as room:
        yield room

@pytest.mark.asyncio(loop_scope="module")
async def test_upload_returns_the_servers_answer(room):
    async with room.client() as client:
        assert (await upload_file(client, __file__))["status"] is True
    assert ex02_upload.TIMEOUT == 5

@pytest.mark.asyncio(loop_scope="module")
async def test_upload_sends_the_file_once(room):
    async with room.client() as client:
        assert (await upload_file(client, __file__))["status"] is True

def test_that_ends_it():
    print("x" * 20_000_000)
    assert False
"""


@pytest.mark.parametrize("exercise", [MARKERS], ids=["ex06_markers"])
@pytest.mark.parametrize("source", [UNUSUAL], ids=["unusual"])
def test_tests_may_be_written_in_whatever_way_pytest_runs(marking, exercise, source):
    verdict = marking.verdict(exercise, source)

    status = {test.name: test.status for test in verdict.tests if test.variant == "right"}
    uploads = ("test_upload_returns_the_servers_answer", "test_upload_sends_the_file_once")
    for name in ("test_in_a_group", "test_of_unittest", "test_sync", *uploads):
        assert status[name] == "pass", words(verdict)
    assert status["test_that_ends_it"] == "fail"


SHARED = b"""
import pytest, pytest_asyncio
from ex04_cat_fact import CatFact, NOT_AVAILABLE
from workshop.services import open_room

@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room():
    async with await open_room() as room:
        yield room

@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(room):
    async with room.client() as client:
        yield client

@pytest.mark.asyncio(loop_scope="module")
async def test_a_fact_comes_with_its_status(client):
    assert (await CatFact(client).get_cat_fact())[0] == 200

@pytest.mark.asyncio(loop_scope="module")
async def test_any_other_status_gives_the_error_text(room, client):
    await room.faults(status=404)
    assert await CatFact(client).get_cat_fact() == NOT_AVAILABLE
"""


@pytest.mark.parametrize("exercise", [COURSE.exercise("ex07_fixtures")], ids=lambda e: e.name)
@pytest.mark.parametrize("source", [SHARED], ids=["shared by a module"])
def test_a_fixture_that_serves_a_whole_module_is_one_for_each_test(marking, exercise, source):
    verdict = marking.verdict(exercise, source)

    status = {test.name: test.status for test in verdict.tests if test.variant == "right"}
    assert status["test_a_fact_comes_with_its_status"] == "pass", words(verdict)
    assert status["test_any_other_status_gives_the_error_text"] == "pass", words(verdict)
    assert verdict.points > 0


SLIPS = {
    "nobody awaits the call": (
        "    assert upload_file(None, __file__)['status'] is True",
        "calling-runs-it",
        "'coroutine' object is not subscriptable",
    ),
    "a mock for a client": (
        "    await upload_file(AsyncMock(spec=httpx.AsyncClient), __file__)",
        "mock-everything",
        "has no attribute 'post'",
    ),
    "a logger is replaced": (
        "    with patch('ex02_upload.logger'): pass",
        "mock-the-subject",
        "ex02_upload.logger is not there for tests",
    ),
    "a fixture is not there": (
        "    request.getfixturevalue('romo')",
        None,
        "there is no fixture called 'romo'",
    ),
    "the blocking version": (
        "    assert upload_file_blocking('http://127.0.0.1:1', __file__)",
        None,
        "upload_file_blocking is given with the exercise",
    ),
}
"""Bodies of a test: what is said of each, and the idea that is named."""


def slip(body: str) -> bytes:
    return (
        "import httpx, pytest\nfrom unittest.mock import AsyncMock, patch\n"
        "from ex02_upload import upload_file, upload_file_blocking\n\n"
        f"@pytest.mark.asyncio\nasync def test_it(request):\n{body}\n"
    ).encode()


@pytest.mark.parametrize("exercise", [MARKERS], ids=["ex06_markers"])
@pytest.mark.parametrize(
    ("source", "idea", "says"), [(slip(s[0]), *s[1:]) for s in SLIPS.values()], ids=SLIPS
)
def test_a_slip_is_told_by_its_cause(marking, exercise, source, idea, says):
    verdict = marking.verdict(exercise, source)

    told = next(test for test in verdict.tests if test.name == "test_it")
    assert says in " ".join(told.message.split())
    assert (told.diagnosis and told.diagnosis.misconception) == idea


@pytest.mark.parametrize("exercise", [MARKERS], ids=["ex06_markers"])
@pytest.mark.parametrize(
    "source",
    [
        b"import asyncio, pytest\nfrom ex03_save import save_to_disk\n"
        b"def test_save_writes_what_the_contract_promises(tmp_path):\n"
        b"    assert asyncio.run(save_to_disk(tmp_path)) is True\n"
    ],
    ids=["no coroutine function"],
)
def test_what_is_not_as_asked_is_accused_of_nothing_else(marking, exercise, source):
    verdict = marking.verdict(exercise, source)

    told = next(test for test in verdict.tests if test.name.startswith("test_save_writes"))
    assert "has to be a coroutine function with the asyncio marker" in told.message
    assert told.diagnosis is None


class Recording:
    """Runs in which one test rejects whatever is wrong; it keeps what was asked for."""

    def __init__(self, exercise: Exercise, name: str, wrong: int) -> None:
        self.subjects = COURSE.subjects_of(exercise)
        self.asked: list[list[object]] = []
        self._runs = [told_of(exercise), *[told_of(exercise, **{name: "fail"})] * wrong]

    def run_all(self, jobs: list[object]) -> list[Trial]:
        self.asked.append(jobs)
        return self._runs[-len(jobs) :]


def test_nobody_can_tell_the_second_run_on_a_wrong_module_from_the_first():
    demands = load_demands(COURSE, MARKERS)
    scores = Scores(COURSE, MARKERS, demands)
    scores.begin(told_of(MARKERS))
    runs = Recording(MARKERS, scores.counted[0], len(demands.catch))

    blind._try_out(runs, scores, [{}], demands.catch)  # type: ignore[arg-type]

    (_, *once), again = runs.asked
    assert once == again


def told_of(exercise: Exercise, **failing: str) -> Trial:
    """A run in which every test passes but `failing`."""
    names = [test.name for test in load_demands(COURSE, exercise).tests]
    run = Trial(names=names)
    for name in names:
        run.add(scoring.Tested(name, failing.get(name, "pass"), frozenset({"marker"})))
    return run


@pytest.mark.parametrize(
    ("again", "points", "says"),
    [("fail", 1, "Caught by {name}."), ("pass", 0, "Your tests caught it in one run and not in")],
)
def test_a_wrong_module_scores_when_it_is_rejected_twice(again, points, says):
    exercise = COURSE.exercise("ex06_markers")
    demands = load_demands(COURSE, exercise)
    scores = Scores(COURSE, exercise, demands)
    scores.begin(told_of(exercise))
    name, first = scores.counted[0], demands.catch[0]
    scores.wrong = {
        first: [told_of(exercise, **{name: outcome}) for outcome in ("fail", again)],
        demands.catch[1]: [told_of(exercise)],
    }

    verdict = scores.verdict([], 60)

    caught = next(test for test in verdict.tests if test.variant == "mutant")
    assert verdict.points == caught.points == points
    assert caught.message.startswith(says.format(name=name))
    assert verdict.message == ""


def test_one_wrong_module_that_is_not_reached_in_time_is_told():
    exercise = COURSE.exercise("ex06_markers")
    demands = load_demands(COURSE, exercise)
    scores = Scores(COURSE, exercise, demands)
    scores.begin(told_of(exercise))
    caught = told_of(exercise, **{scores.counted[0]: "fail"})
    late = Trial(lost="took too long in all", too_late=True)
    scores.wrong = {demands.catch[0]: [caught, late], demands.catch[1]: [caught, caught]}

    verdict = scores.verdict([], 60)

    first, second, *_ = (test for test in verdict.tests if test.variant == "mutant")
    assert verdict.message == first.message == out_of_time(60)
    assert (first.status, second.status) == ("timeout", "pass")
