"""Submissions that try to win without a solution, or to harm: all score zero, none does harm.

Each attack in `attacks/` is an exercise's file, or a folder with one in it, and bears no working
solution. Its docstring's first line names the exercise, the second says what it tries, and a
third, `says: …`, what some message of the verdict has to tell. An attack that gets something it
must not have prints a line that begins with `breach`. In a folder, `.attack` at the end of a
name keeps our own pytest from reading a file that is meant for the marking.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import psutil
import pytest

from workshop.course import Exercise, load_course
from workshop.grading import mark
from workshop.grading.verdict import Verdict
from workshop.grading.warm import Warm
from workshop.isolation import walls

KIT = Path(__file__).parents[2]
COURSE = load_course(KIT)
SAVE = COURSE.exercise("ex03_save")
CODE = [exercise for exercise in COURSE.exercises if exercise.kind == "code"]
ATTACKS = sorted(
    path
    for path in (KIT / "tests" / "kit" / "attacks").iterdir()
    if path.suffix == ".py" or (path.is_dir() and path.name != "__pycache__")
)
GUARDED = ("exercises", "solutions", "tests/graded", "course.toml")
JOBS = 8
LONGEST_MESSAGE = 8000

pytestmark = [
    # Without these two the attacks would really reach what they aim at.
    pytest.mark.skipif(
        not {"landlock", "seccomp"} <= set(walls.standing()),
        reason="This machine lacks the walls that these attacks are to be stopped by.",
    ),
]


@dataclass(frozen=True)
class Attack:
    """What an attack's docstring declares."""

    exercise: Exercise
    says: str

    @staticmethod
    def read(path: Path) -> Attack:
        source = next(path.glob("ex0*.py")) if path.is_dir() else path
        match = re.match(
            r'"""exercise: (\w+)\n(?P<sentence>[A-Z].+[.])\n(?:says: (.+)\n)?"""',
            source.read_text(encoding="utf-8"),
        )
        assert match, f"{path.name}: its docstring does not begin as it should"
        return Attack(COURSE.exercise(match[1]), match[3] or "")


@dataclass(frozen=True)
class Outcome:
    """What came of marking an attack."""

    verdict: Verdict
    left: list[str]
    """Processes that the marking left."""


class Attacks:
    """Marks all attacks ahead of the tests that ask for the outcomes, on both cores."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._threads = ThreadPoolExecutor(JOBS)
        self._runners: SimpleQueue[Warm] = SimpleQueue()
        self._outcomes: dict[Path, Future[Outcome]] = {}

    def start(self, attacks: list[Path]) -> None:
        for _ in range(JOBS):
            self._runners.put(_new_runner())
        for path in attacks:
            self._outcomes[path] = self._threads.submit(self._run, path)

    def stop(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        while not self._runners.empty():
            self._runners.get().__exit__()

    def outcome(self, path: Path) -> Outcome:
        return self._outcomes[path].result()

    def right(self) -> list[Verdict]:
        """Our own answers, marked by each of the runners when all attacks are over."""
        for future in self._outcomes.values():
            future.exception()
        runners = [self._runners.get() for _ in range(JOBS)]
        for runner in runners:
            self._runners.put(runner)
        return [mark(SAVE, SAVE.reference.parent, runner) for runner in runners]

    def _run(self, path: Path) -> Outcome:
        exercise = Attack.read(path).exercise
        runner = self._runners.get()
        try:
            before = _below(runner)
            verdict = mark(exercise, self._submission(path, exercise), runner)
            left = _staying(_below(runner) - before)
        except BaseException:
            # Whatever it has done to its runner is no trouble of the next attack.
            runner.__exit__()
            runner = _new_runner()
            raise
        finally:
            self._runners.put(runner)
        return Outcome(verdict, left)

    def _submission(self, path: Path, exercise: Exercise) -> Path:
        submission = self._folder / path.stem
        submission.mkdir()
        shutil.copy(KIT / "tests" / "kit" / "attacker.py", submission)
        if not path.is_dir():
            shutil.copyfile(path, submission / exercise.file_name)
            return submission
        for file in path.iterdir():
            if file.is_file():
                shutil.copyfile(file, submission / file.name.removesuffix(".attack"))
        return submission


def _new_runner() -> Warm:
    """A runner with all the processes that it is going to keep."""
    runner = Warm(KIT, CODE)
    mark(CODE[0], CODE[0].reference.parent, runner)
    return runner


def _below(runner: Warm) -> set[psutil.Process]:
    """The processes that the runner keeps, and all below them."""
    return {
        process for pid in runner.pids for process in psutil.Process(pid).children(recursive=True)
    }


def _staying(processes: set[psutil.Process]) -> list[str]:
    """Those that go on running. What is ending is given some seconds; it ends in milliseconds."""
    for _ in range(100):
        processes = {one for one in processes if one.is_running() and not _has_ended(one)}
        if not processes:
            break
        psutil.wait_procs(processes, timeout=0.1)
    return [str(one) for one in processes]


def _has_ended(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def _orphans() -> list[int]:
    """Processes that a zygote forked and that have outlived it."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline", "ppid"])
        if "workshop.isolation.zygote" in (process.info["cmdline"] or ())
        and process.info["ppid"] == 1
    ]


Kit = dict[Path, tuple[bytes, int, int, int]]


def _kit() -> Kit:
    """Each guarded file: what is in it, its mode, its owner and when it changed."""
    places = [KIT / name for name in GUARDED]
    paths = {path for place in places for path in (place, *place.rglob("*")) if path.is_file()}
    stats = {path: path.stat() for path in paths if "__pycache__" not in path.parts}
    return {
        path: (path.read_bytes(), stat.st_mode, stat.st_uid, stat.st_mtime_ns)
        for path, stat in stats.items()
    }


def _put_back(kit: Kit) -> None:
    for path, (_, mode, owner, changed) in kit.items():
        if path.exists():
            os.chown(path, owner, -1)
            os.chmod(path, mode & 0o7777)
            os.utime(path, ns=(changed, changed))


@dataclass(frozen=True)
class Surroundings:
    """What lay around the marking before it began."""

    scratch: Path
    kit: Kit


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    scratch = tmp_path_factory.mktemp("scratch")
    before, tempfile.tempdir = tempfile.tempdir, str(scratch)
    around = Surroundings(scratch, _kit())
    yield around
    tempfile.tempdir = before
    # Not by Python: where an attack has dug deeper than it recurses, pytest would stumble next.
    subprocess.run(["rm", "-rf", str(scratch)], check=True)
    if _kit() != around.kit:
        _put_back(around.kit)


@pytest.fixture(scope="module")
def attacks(
    request: pytest.FixtureRequest,
    surroundings: Surroundings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Attacks]:
    attacks = Attacks(tmp_path_factory.mktemp("submissions"))
    params = [getattr(item, "callspec", None) for item in request.session.items]
    wanted = [spec.params["attack"] for spec in params if spec and "attack" in spec.params]
    attacks.start(list(dict.fromkeys(wanted)))
    yield attacks
    attacks.stop()


def graded_tests(exercise: Exercise, variant: str) -> list[str]:
    """The names of the tests in one of its files."""
    text = (exercise.graded / f"test_{variant}.py").read_text(encoding="utf-8")
    return re.findall(r"^async def (test_\w+)", text, re.MULTILINE)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda path: path.stem)
def test_an_attack_scores_nothing_and_harms_nobody(attacks, attack):
    outcome = attacks.outcome(attack)

    results = outcome.verdict.tests
    texts = [outcome.verdict.message, *(f"{test.message}\n{test.output}" for test in results)]
    breaches = {line for text in texts for line in text.splitlines() if line.startswith("breach")}
    assert outcome.verdict.points == 0, [test.name for test in results if test.points]
    assert outcome.verdict.status != "pass"
    assert breaches == set()
    assert {(test.name, test.variant) for test in results} == {
        (name, variant)
        for variant in ("marker", "fixture", "mock")
        for name in graded_tests(Attack.read(attack).exercise, variant)
    }, "a verdict on every test"
    assert outcome.left == [], "nothing that goes on running"


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda path: path.stem)
def test_the_verdict_on_an_attack_can_be_read(attacks, attack):
    messages = [test.message for test in attacks.outcome(attack).verdict.tests]

    says = Attack.read(attack).says
    assert any(says in message for message in messages), messages[:3]
    assert all(messages), "a message for each test"
    assert max(map(len, messages)) <= LONGEST_MESSAGE
    assert "\n".join(messages).encode("utf-8"), "text that can be written to a file"


def test_after_all_attacks_everything_is_as_it_was(attacks, surroundings):
    right = attacks.right()

    after = _kit()
    changed = [
        str(path.relative_to(KIT))
        for path in surroundings.kit.keys() | after.keys()
        if surroundings.kit.get(path) != after.get(path)
    ]
    assert [verdict.status for verdict in right] == ["pass"] * JOBS, "our own answer still passes"
    assert changed == [], "no file of the kit changed in content, mode, owner or time"
    assert _orphans() == []
    assert list(surroundings.scratch.iterdir()) == [], "no scratch folder left"


def test_there_are_attacks_enough():
    assert len(ATTACKS) >= 50
